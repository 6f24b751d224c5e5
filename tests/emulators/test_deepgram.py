"""Emulated listen v1 and every fault, by the real SDK."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from deepgram.core.api_error import ApiError
from deepgram.listen.v1.types import ListenV1Configure
from websockets.exceptions import ConnectionClosed, ConnectionClosedError

from tests.emulators.base import Fault
from tests.emulators.deepgram import Deepgram
from tests.emulators.deepgram_sdk import PHONE, client, mouth, nova, spoken, until_closed
from tests.emulators.ear import Said
from tests.emulators.speech import utter
from tests.voice.sound import silence, voice

pytestmark = pytest.mark.integration


async def nova_hears(deepgram: Deepgram, audio: bytes, **options: Any) -> list[Any]:
    async with nova(deepgram, **options) as socket:
        await socket.send_media(audio)
        await socket.send_close_stream()
        return await until_closed(socket)


def text_of(message: Any) -> str:
    return str(message.channel.alternatives[0].transcript)


def finals(messages: list[Any]) -> list[tuple[str, bool]]:
    """(words, speech_final) of every final result."""
    return [(text_of(m), m.speech_final) for m in messages if m.type == "Results" and m.is_final]


# --- listen v1 ----------------------------------------------------------------------------


async def test_interim_final_and_end_come_in_the_time_of_the_audio(deepgram: Deepgram) -> None:
    messages = await nova_hears(deepgram, silence(0.4) + utter("I need an oil change.") + silence(1.2))

    started, *between, final, end, _, metadata = messages
    assert (started.type, started.timestamp) == ("SpeechStarted", pytest.approx(0.4, abs=0.03))
    interim = [text_of(message) for message in between]
    assert interim[1:] == ["I", "I need", "I need an", "I need an oil", "I need an oil change."]
    assert (text_of(final), final.is_final, final.speech_final) == ("I need an oil change.", True, True)
    words = final.channel.alternatives[0].words
    assert [word.punctuated_word for word in words] == ["I", "need", "an", "oil", "change."]
    assert (words[1].start, words[1].end) == (pytest.approx(0.7, abs=0.03), pytest.approx(1.0, abs=0.03))
    assert (end.type, end.last_word_end) == ("UtteranceEnd", pytest.approx(1.9, abs=0.03))
    assert (metadata.type, metadata.duration) == ("Metadata", pytest.approx(3.1, abs=0.03))


async def test_a_long_utterance_is_several_segments_and_one_end(deepgram: Deepgram) -> None:
    deepgram.segment_ms = 1000
    audio = utter("one two three four five six seven eight") + silence(0.4)

    said = [final for final in finals(await nova_hears(deepgram, audio)) if final[0]]

    assert " ".join(words for words, _ in said) == "one two three four five six seven eight"
    assert [is_end for _, is_end in said] == [False, False, True]


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ("speech_final", [("Tuesday.", True)]),
        ("empty", [("Tuesday.", False), ("", True)]),
        ("utterance_end", [("Tuesday.", False)]),
    ],
)
async def test_an_utterance_ends_in_each_of_three_ways(
    deepgram: Deepgram, ends: Any, expected: list[tuple[str, bool]]
) -> None:
    deepgram.say(Said("Tuesday.", ends=ends))

    messages = await nova_hears(deepgram, voice(0.5) + silence(1.1))

    assert finals(messages)[: len(expected)] == expected
    assert [message.type for message in messages].count("UtteranceEnd") == 1


async def test_without_endpointing_only_utterance_end_ends(deepgram: Deepgram) -> None:
    audio = utter("Tuesday.") + silence(1.1)
    assert finals(await nova_hears(deepgram, audio, endpointing=False))[0] == ("Tuesday.", False)


async def test_interim_words_may_be_rewritten(deepgram: Deepgram) -> None:
    deepgram.say(Said("Ford Focus.", mishears="four focuses"))

    messages = await nova_hears(deepgram, voice(1) + silence(0.4))

    interim = [text_of(m) for m in messages if m.type == "Results" and not m.is_final]
    assert interim[-1] == "four focuses"
    assert finals(messages)[0] == ("Ford Focus.", True)


async def test_empty_finals_come_in_silence(deepgram: Deepgram) -> None:
    assert finals(await nova_hears(deepgram, silence(3))) == [("", False)] * 3


async def test_finalize_answers_what_is_buffered_and_nothing_when_nothing_is(deepgram: Deepgram) -> None:
    async with nova(deepgram, interim_results=True) as socket:
        await socket.send_finalize()
        await socket.send_media(utter("five five five"))
        await socket.send_finalize()
        await socket.send_close_stream()
        results = [m for m in await until_closed(socket) if m.type == "Results" and m.is_final]

    assert [(text_of(m), m.from_finalize) for m in results] == [("five five five", True)]


async def test_an_empty_frame_ends_the_stream(deepgram: Deepgram) -> None:
    async with nova(deepgram) as socket:
        await socket.send_media(b"")
        assert [message.type for message in await until_closed(socket)] == ["Metadata"]


async def test_ten_silent_seconds_close_with_net_0001(deepgram: Deepgram) -> None:
    deepgram.idle_seconds = 0.15
    async with nova(deepgram) as socket:
        await socket.send_finalize()  # no sign of life
        with pytest.raises(ConnectionClosedError) as caught:
            await until_closed(socket)
    assert (caught.value.rcvd and caught.value.rcvd.code, caught.value.rcvd and caught.value.rcvd.reason) == (
        1011,
        "NET-0001",
    )


async def test_keep_alive_keeps_it_open_and_has_no_answer(deepgram: Deepgram) -> None:
    deepgram.idle_seconds = 0.2
    async with nova(deepgram) as socket:
        async with asyncio.timeout(2):
            while deepgram.counts["KeepAlive"] < 6:
                await socket.send_keep_alive()
                await asyncio.sleep(0.08)
        await socket.send_close_stream()
        assert [message.type for message in await until_closed(socket)] == ["Metadata"]


@pytest.mark.parametrize("nonsense", ["{not json", '{"type":"Weather"}', b'{"type":"KeepAlive"}'])
async def test_what_it_cannot_read_closes_with_1008(deepgram: Deepgram, nonsense: str | bytes) -> None:
    async with nova(deepgram) as socket:
        await socket._send(nonsense)
        with pytest.raises(ConnectionClosedError) as caught:
            await until_closed(socket)
    assert caught.value.rcvd is not None
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1008, "DATA-0000")


async def test_keyterms_change_on_nova_3_only(deepgram: Deepgram) -> None:
    kinds = []
    for model, keyterms in (("nova-3", ["Outlander"]), ("nova-3", ["word"] * 501), ("nova-2", ["Civic"])):
        async with nova(deepgram, model=model) as socket:
            await socket.send_configure(ListenV1Configure(keyterms=keyterms))
            answer = await socket.recv()
            kinds.append(getattr(answer, "code", None) or answer.type)
    assert kinds == [
        "ConfigureSuccess",
        "CONFIGURE_KEYTERM_LIMIT_EXCEEDED",
        "CONFIGURE_KEYTERMS_NOT_SUPPORTED",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "flux-general-en"},
        {"encoding": "linear16"},
        {"model": "nova-2", "keyterm": "Civic"},
        {"utterance_end_ms": 500},
        {"interim_results": False},
    ],
    ids=str,
)
async def test_a_bad_option_is_refused_with_400(deepgram: Deepgram, wrong: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        async with nova(deepgram, **wrong):
            pass
    assert caught.value.status_code == 400


async def test_a_wrong_key_is_refused_with_401(deepgram: Deepgram) -> None:
    with pytest.raises(ApiError) as caught:
        async with client(deepgram, key="wrong").listen.v1.connect(**PHONE):
            pass
    assert caught.value.status_code == 401


async def test_every_connection_has_its_own_script_and_its_own_ears(deepgram: Deepgram) -> None:
    deepgram.sentences = ["Hello."]
    async with nova(deepgram) as first, nova(deepgram) as second, nova(deepgram) as third:
        deepgram.say("I am the first.", at=0)
        deepgram.say("I am the third.")
        for socket in (third, first):
            await socket.send_media((voice(0.5) + silence(0.4)) * 2)
        await second.send_media(utter("I am the second.") + silence(0.4))
        for socket in (first, second, third):
            await socket.send_close_stream()
        heard = [
            [words for words, _ in finals(await until_closed(s)) if words] for s in (first, second, third)
        ]

    assert heard == [["Hello.", "I am the first."], ["I am the second."], ["Hello.", "I am the third."]]


async def test_results_take_their_time_without_holding_up_the_audio(deepgram: Deepgram) -> None:
    deepgram.result_seconds = 0.1
    began = asyncio.get_running_loop().time()
    messages = await nova_hears(deepgram, (utter("Tuesday.") + silence(0.4)) * 10)
    assert [words for words, is_end in finals(messages) if is_end] == ["Tuesday."] * 10
    assert 0.1 <= asyncio.get_running_loop().time() - began < 0.5


# --- faults -------------------------------------------------------------------------------


async def test_it_counts_what_it_was_asked(deepgram: Deepgram) -> None:
    await nova_hears(deepgram, silence(0.1))
    await deepgram.until(lambda: deepgram.open_connections == 0)

    assert deepgram.counts == {"listen": 1, "CloseStream": 1}
    assert (deepgram.connections, deepgram.audio_bytes) == (1, 800)
    assert 800 < deepgram.bytes_in < 850
    assert deepgram.bytes_out > 100


@pytest.mark.parametrize("status", [400, 401, 402, 403, 429, 503])
async def test_refuse(deepgram: Deepgram, status: int) -> None:
    deepgram.faults.append(Fault("refuse", "listen", status=status, times=1))
    with pytest.raises(ApiError) as caught:
        async with nova(deepgram):
            pass
    assert caught.value.status_code == status
    assert await nova_hears(deepgram, silence(0.1))  # the next one is served


async def test_the_connection_itself_can_be_refused(deepgram: Deepgram) -> None:
    async with deepgram.unreachable():
        with pytest.raises(ConnectionRefusedError):
            async with nova(deepgram):
                pass
    assert await nova_hears(deepgram, silence(0.1))


def leave_at_once(socket: Any) -> None:
    """Without the SDK's ten seconds for a goodbye."""
    socket._websocket.transport.abort()


async def test_stall_at_the_handshake_and_after_a_message(deepgram: Deepgram) -> None:
    deepgram.faults += [Fault("stall", times=1), Fault("stall", after=1, times=1)]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2), nova(deepgram):
            pass
    with suppress(ConnectionClosedError):
        async with nova(deepgram) as socket:
            await socket.send_media(utter("Hello.") + silence(1))
            assert (await socket.recv()).type == "SpeechStarted"
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.recv(), 0.1)
            leave_at_once(socket)
    await deepgram.until(lambda: deepgram.open_connections == 0)  # no handler outlives its client


async def test_drop_and_cut(deepgram: Deepgram) -> None:
    deepgram.faults += [Fault("drop", after=1, times=1), Fault("cut", after=1, times=1)]
    with pytest.raises(ConnectionClosedError) as caught:
        await nova_hears(deepgram, utter("Hello.") + silence(1))
    assert caught.value.rcvd is None
    assert len(await nova_hears(deepgram, utter("Hello.") + silence(1))) == 1


async def test_slow(deepgram: Deepgram) -> None:
    deepgram.faults.append(Fault("slow", seconds=0.05))
    began = asyncio.get_running_loop().time()
    messages = await nova_hears(deepgram, utter("Hello.") + silence(0.4))
    assert asyncio.get_running_loop().time() - began >= 0.05 * len(messages)


async def test_garbage_and_error(deepgram: Deepgram) -> None:
    deepgram.faults += [Fault("garbage", after=1, times=1), Fault("error", code="SchemaError", times=1)]
    async with nova(deepgram) as socket:
        await socket.send_media(silence(2))
        assert (await socket.recv()).type == "Results"
        assert await socket.recv() is None  # a message of no known type
    messages = await nova_hears(deepgram, b"")
    assert (messages[0].type, messages[0].variant) == ("Error", "SchemaError")


@pytest.mark.parametrize("kind", ["drop", "cut", "stall", "error"])
async def test_open_sockets_can_be_struck(deepgram: Deepgram, kind: Any) -> None:
    async with mouth(deepgram) as other:
        await other.recv()
        with suppress(ConnectionClosed):
            async with nova(deepgram) as ear:
                await deepgram.strike(Fault(kind, "listen"))
                await ear.send_media(utter("Hello.") + silence(0.4))
                with suppress(TimeoutError):
                    first = await asyncio.wait_for(ear.recv(), 0.2)
                    assert (kind, first.type) == ("error", "Error")
                leave_at_once(ear)
        assert (await spoken(other, "Still here."))[1].type == "Flushed"
