"""The real Deepgram SDK against a server that speaks its wire protocol."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from pytest_django import Settings

from tests.emulators.base import Fault
from tests.emulators.deepgram import Deepgram
from tests.emulators.ear import Said
from tests.voice.leaks import nothing_left_running
from tests.voice.sound import silence, voice
from voice.ports import HearingEvent, ProviderError, SpeechEnded, SpeechStarted, Words
from voice.speech import deepgram as provider
from voice.speech.deepgram import DeepgramSynthesizer, DeepgramTranscriber

pytestmark = pytest.mark.integration

SENTENCE = voice(1.2) + silence(0.5)


@pytest.fixture
async def deepgram(settings: Settings) -> AsyncIterator[Deepgram]:
    async with Deepgram(key="secret") as server:
        settings.DEEPGRAM_API_KEY = "secret"
        settings.DEEPGRAM_BASE_URL = server.base_url
        yield server


async def heard(*audio: bytes, then_finish: bool = True) -> list[HearingEvent]:
    """Everything one transcriber reports about this audio."""
    async with nothing_left_running(), DeepgramTranscriber() as ear:
        for piece in audio:
            await ear.send(piece)
        if then_finish:
            await ear.finish()
        return [event async for event in ear.events()]


def finals(events: list[HearingEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Words) and event.is_final]


def ends(events: list[HearingEvent]) -> int:
    return sum(isinstance(event, SpeechEnded) for event in events)


# --- hearing ------------------------------------------------------------------------------


async def test_a_sentence_is_heard_from_onset_to_end(deepgram: Deepgram) -> None:
    deepgram.say("I need an oil change.")

    events = await heard(silence(0.4), SENTENCE)

    assert isinstance(events[0], SpeechStarted)
    assert events[0].at == pytest.approx(0.4, abs=0.05)
    interim = [event.text for event in events if isinstance(event, Words) and not event.is_final]
    assert interim[0] == "I"
    assert finals(events) == ["I need an oil change."]
    assert isinstance(events[-1], SpeechEnded)
    assert events[-1].at == pytest.approx(1.6, abs=0.05)


async def test_the_request_names_the_phone_s_audio_and_the_key(deepgram: Deepgram) -> None:
    await heard(silence(0.1))

    request = deepgram.requests[0]
    assert request.path == "/v1/listen"
    assert request.headers["Authorization"] == "Token secret"
    assert "Sec-WebSocket-Extensions" not in request.headers
    assert request.query == {
        "model": "nova-2-phonecall",
        "encoding": "mulaw",
        "sample_rate": "8000",
        "channels": "1",
        "interim_results": "true",
        "endpointing": "300",
        "utterance_end_ms": "1000",
        "vad_events": "true",
        "smart_format": "true",
    }


async def test_utterance_end_after_speech_final_is_not_a_second_end(deepgram: Deepgram) -> None:
    deepgram.say("Tuesday.", "At ten.")

    events = await heard(voice(0.6), silence(2), voice(0.6), silence(2))

    assert finals(events) == ["Tuesday.", "At ten."]
    assert ends(events) == 2


async def test_utterance_end_alone_ends_a_noisy_utterance(deepgram: Deepgram) -> None:
    deepgram.say(Said("Tuesday at ten.", ends="utterance_end"))

    events = await heard(voice(0.6), silence(2))

    assert finals(events) == ["Tuesday at ten."]
    assert ends(events) == 1


async def test_finish_brings_the_words_still_in_the_air(deepgram: Deepgram) -> None:
    deepgram.say("My number is five five five.")

    events = await heard(voice(0.5))

    assert finals(events) == ["My number is five five five."]
    assert ends(events) == 1
    assert [kind for kind, _ in deepgram.messages] == ["Finalize", "CloseStream"]


async def test_finish_ends_in_time_though_the_provider_is_silent(deepgram: Deepgram) -> None:
    deepgram.say("Can you hear me now please")
    deepgram.faults.append(Fault("stall", "listen", after=3))
    async with nothing_left_running(), DeepgramTranscriber() as ear:
        await ear.send(voice(1))
        events = ear.events()
        first = [await anext(events) for _ in range(3)]

        began = time.monotonic()
        await ear.finish()
        rest = [event async for event in events]

        assert time.monotonic() - began < 1.0
        assert finals([*first, *rest]) == ["Can you"]  # the last interim words are better than none


async def test_empty_audio_is_never_sent(deepgram: Deepgram) -> None:
    deepgram.say("Hello.")

    assert finals(await heard(b"", SENTENCE, b"")) == ["Hello."]


async def test_a_quiet_line_is_kept_alive(deepgram: Deepgram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "KEEP_ALIVE_SECONDS", 0.05)
    deepgram.idle_seconds = 0.4
    async with DeepgramTranscriber() as ear:
        await deepgram.until(lambda: len(deepgram.said("KeepAlive")) >= 10)

        await ear.finish()
        assert [event async for event in ear.events()] == []


async def test_unknown_and_broken_messages_are_passed_over(deepgram: Deepgram) -> None:
    deepgram.say("I need an oil change.")
    deepgram.faults.append(Fault("garbage", "listen"))

    events = await heard(SENTENCE)

    assert finals(events) == ["I need an oil change."]
    assert ends(events) == 1


@pytest.mark.parametrize(("status", "is_retryable"), [(401, False), (400, False), (429, True), (503, True)])
async def test_a_refusal_says_whether_again_may_help(
    deepgram: Deepgram, status: int, is_retryable: bool
) -> None:
    deepgram.faults.append(Fault("refuse", "listen", status=status))

    with pytest.raises(ProviderError, match=str(status)) as caught:
        await heard()

    assert caught.value.retryable is is_retryable
    assert "secret" not in str(caught.value)
    assert len(deepgram.requests) == 1


async def test_a_server_that_accepts_and_says_nothing_is_left_after_two_seconds(deepgram: Deepgram) -> None:
    deepgram.faults.append(Fault("stall", "listen"))
    began = time.monotonic()

    with pytest.raises(ProviderError):
        await heard()

    assert time.monotonic() - began < 2.5


async def test_no_server_at_all_is_a_provider_error(settings: Settings) -> None:
    async with Deepgram() as gone:
        settings.DEEPGRAM_BASE_URL = gone.base_url
        settings.DEEPGRAM_API_KEY = "secret"

    with pytest.raises(ProviderError) as caught:
        await heard()

    assert caught.value.retryable


@pytest.mark.parametrize("kind", ["drop", "cut", "error"])
async def test_hearing_lost_in_the_middle_is_a_provider_error(deepgram: Deepgram, kind: str) -> None:
    deepgram.say("I need an oil change.")
    deepgram.faults.append(Fault(kind, "listen", after=2))  # type: ignore[arg-type]

    with pytest.raises(ProviderError):
        await heard(SENTENCE, then_finish=False)


async def test_leaving_a_dead_server_takes_less_than_a_second(deepgram: Deepgram) -> None:
    deepgram.faults.append(Fault("stall", "listen", after=1))
    async with nothing_left_running(within=0):
        async with DeepgramTranscriber() as ear:
            await ear.send(voice(1))
            await anext(ear.events())
            began = time.monotonic()
        assert time.monotonic() - began < 1.0


async def test_a_flux_model_is_refused_in_words(deepgram: Deepgram, settings: Settings) -> None:
    settings.DEEPGRAM_STT_MODEL = "flux-general-en"

    with pytest.raises(ProviderError, match="nova") as caught:
        await heard()

    assert not caught.value.retryable


# --- speaking -----------------------------------------------------------------------------


def first_letter(text: str) -> bytes:
    """Audio that tells which text it belongs to."""
    return text[:1].encode() * 20_000


async def spoken(mouth: DeepgramSynthesizer, text: str) -> bytes:
    return b"".join([piece async for piece in mouth.speak(text)])


async def test_each_text_sounds_once_over_one_socket(deepgram: Deepgram) -> None:
    async with nothing_left_running(), DeepgramSynthesizer() as mouth:
        first, second = await spoken(mouth, "Good morning."), await spoken(mouth, "See you.")

    assert (len(first), len(second)) == (13 * 480, 8 * 480)
    assert [message["text"] for message in deepgram.said("Speak")] == ["Good morning.", "See you."]
    assert len(deepgram.said("Flush")) == 2
    assert [request.query for request in deepgram.requests] == [
        {"model": "aura-2-asteria-en", "encoding": "mulaw", "sample_rate": "8000"}
    ]


async def test_nothing_to_say_is_not_sent(deepgram: Deepgram) -> None:
    async with DeepgramSynthesizer() as mouth:
        assert await spoken(mouth, "  ") == b""

    assert deepgram.messages == []


async def test_after_an_interruption_no_stale_audio_is_heard(deepgram: Deepgram) -> None:
    deepgram.render = first_letter
    deepgram.audio_after_clear = 5
    async with nothing_left_running(), DeepgramSynthesizer() as mouth:
        async with aclosing(mouth.speak("A long story.")) as story:
            assert set(await anext(story)) == {ord("A")}

        assert await spoken(mouth, "Brief.") == b"B" * 20_000
        assert await spoken(mouth, "Clear.") == b"C" * 20_000

    assert len(deepgram.said("Clear")) == 1
    assert len(deepgram.requests) == 1


async def test_a_reply_left_open_is_fenced_by_the_next_one(deepgram: Deepgram) -> None:
    deepgram.render = first_letter
    async with nothing_left_running(), DeepgramSynthesizer() as mouth:
        left_open = mouth.speak("A long story.")
        await anext(left_open)

        assert await spoken(mouth, "Brief.") == b"B" * 20_000


async def test_cancelling_in_the_middle_fences_too(deepgram: Deepgram) -> None:
    deepgram.render = first_letter
    deepgram.faults.append(Fault("slow", "speak", after=3, seconds=0.05))
    async with nothing_left_running(), DeepgramSynthesizer() as mouth:
        speaking = asyncio.create_task(spoken(mouth, "A long story."))
        await deepgram.until(lambda: bool(deepgram.said("Flush")))
        speaking.cancel()
        await asyncio.wait([speaking])

        assert await spoken(mouth, "Brief.") == b"B" * 20_000


async def test_a_refused_voice_says_so(deepgram: Deepgram) -> None:
    deepgram.faults.append(Fault("refuse", "speak", status=401))

    with pytest.raises(ProviderError, match="401") as caught:
        async with DeepgramSynthesizer():
            pass

    assert not caught.value.retryable


@pytest.mark.parametrize("after", [1, 3], ids=["first byte", "mid-reply"])
async def test_a_voice_that_falls_silent_is_given_up_after_two_seconds(
    deepgram: Deepgram, after: int
) -> None:
    deepgram.faults.append(Fault("stall", "speak", after=after, times=1))
    async with nothing_left_running(), DeepgramSynthesizer() as mouth:
        began = time.monotonic()
        with pytest.raises(ProviderError):
            await spoken(mouth, "Good morning.")
        assert time.monotonic() - began < 2.8

        assert len(await spoken(mouth, "Again.")) == 6 * 480  # over a new socket


@pytest.mark.parametrize("kind", ["drop", "cut", "error"])
async def test_a_voice_lost_in_the_middle_comes_back_for_the_next_text(deepgram: Deepgram, kind: str) -> None:
    deepgram.faults.append(Fault(kind, "speak", after=3, times=1))  # type: ignore[arg-type]
    async with nothing_left_running(), DeepgramSynthesizer() as mouth:
        with pytest.raises(ProviderError):
            await spoken(mouth, "Good morning.")

        assert len(await spoken(mouth, "Again.")) == 6 * 480
    assert len(deepgram.requests) == 2


async def test_garbage_between_the_audio_is_passed_over(deepgram: Deepgram) -> None:
    deepgram.faults.append(Fault("garbage", "speak"))
    async with DeepgramSynthesizer() as mouth:
        assert len(await spoken(mouth, "Good morning.")) == 13 * 480


async def test_brisk_dialogue_never_meets_the_flush_limit(deepgram: Deepgram) -> None:
    async with nothing_left_running(), DeepgramSynthesizer() as mouth:
        for _ in range(25):
            assert await spoken(mouth, "Yes.")

    assert len(deepgram.requests) == 2


async def test_leaving_in_the_middle_of_a_reply_frees_everything(deepgram: Deepgram) -> None:
    deepgram.faults.append(Fault("stall", "speak", after=3))
    async with nothing_left_running(within=0):
        async with DeepgramSynthesizer() as mouth:
            reply = mouth.speak("Good morning.")
            await anext(reply)
            began = time.monotonic()
        assert time.monotonic() - began < 1.0
