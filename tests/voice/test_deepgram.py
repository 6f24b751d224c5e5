"""Hearing with Nova: the real Deepgram SDK against a server that speaks its wire protocol."""

import time

import pytest
from pytest_django import Settings

from tests.emulators.base import Fault
from tests.emulators.deepgram import Deepgram
from tests.emulators.ear import Said
from tests.voice.ears import ends, finals, interims
from tests.voice.ears import heard as heard_by
from tests.voice.leaks import nothing_left_running
from tests.voice.sound import silence, voice
from voice.ports import HearingEvent, ProviderError, SpeechEnded, SpeechStarted
from voice.speech import nova, sockets
from voice.speech.nova import DeepgramTranscriber

pytestmark = pytest.mark.integration

SENTENCE = voice(1.2) + silence(0.5)


async def heard(*audio: bytes, then_finish: bool = True) -> list[HearingEvent]:
    return await heard_by(DeepgramTranscriber(), *audio, then_finish=then_finish)


async def test_a_sentence_is_heard_from_onset_to_end(deepgram: Deepgram) -> None:
    deepgram.say("I need an oil change.")

    events = await heard(silence(0.4), SENTENCE)

    assert isinstance(events[0], SpeechStarted)
    assert events[0].at == pytest.approx(0.4, abs=0.05)
    assert interims(events)[0] == "I"
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
        "endpointing": "10",
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
    monkeypatch.setattr(nova, "KEEP_ALIVE_SECONDS", 0.05)
    deepgram.idle_seconds = 0.4
    async with DeepgramTranscriber() as ear:
        await deepgram.until(lambda: len(deepgram.said("KeepAlive")) >= 10)

        await ear.finish()
        assert [event async for event in ear.events()] == []


async def test_unknown_and_broken_messages_are_passed_over_and_counted(
    deepgram: Deepgram, caplog: pytest.LogCaptureFixture
) -> None:
    deepgram.say("I need an oil change.")
    deepgram.faults.append(Fault("garbage", "listen"))

    with caplog.at_level("INFO"):
        events = await heard(SENTENCE)

    assert finals(events) == ["I need an oil change."]
    assert ends(events) == 1
    (line,) = [record.getMessage() for record in caplog.records if record.name != "aiohttp.access"]
    assert "'unreadable': " in line
    assert "grey" not in caplog.text


async def test_the_silence_that_makes_a_pause_is_a_setting(deepgram: Deepgram, settings: Settings) -> None:
    settings.DEEPGRAM_ENDPOINTING_MS = 300

    await heard(silence(0.1))

    assert deepgram.requests[0].query["endpointing"] == "300"


# --- when a call begins -------------------------------------------------------------------


@pytest.mark.parametrize(("status", "attempts"), [(401, 1), (400, 1), (429, 2), (503, 2), (0, 2)])
async def test_a_call_that_cannot_be_heard_is_told_so(deepgram: Deepgram, status: int, attempts: int) -> None:
    deepgram.faults.append(Fault("refuse", "listen", status=status))

    with pytest.raises(ProviderError, match=str(status or "hearing|connection")) as caught:
        await heard(SENTENCE, then_finish=False)

    assert caught.value.retryable is (attempts > 1)
    assert "secret" not in str(caught.value)
    assert len(deepgram.requests) == attempts


async def test_a_server_that_accepts_and_says_nothing_is_left_and_tried_once_more(
    deepgram: Deepgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sockets.CONNECT_SECONDS == 2.0
    monkeypatch.setattr(sockets, "CONNECT_SECONDS", 0.2)
    deepgram.faults.append(Fault("stall", "listen"))
    began = time.monotonic()

    with pytest.raises(ProviderError):
        await heard(then_finish=False)

    assert time.monotonic() - began < 1.0
    assert len(deepgram.requests) == 2


@pytest.mark.parametrize(
    "fault",
    [Fault("refuse", "listen", times=1), Fault("stall", "listen", times=1), Fault("drop", "listen", times=1)],
    ids=["refuse", "stall", "drop"],
)
async def test_a_second_try_hears_what_was_said_during_the_first(
    deepgram: Deepgram, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setattr(sockets, "CONNECT_SECONDS", 0.2)
    deepgram.sentences = ["I need an oil change."]
    deepgram.faults.append(fault)

    events = await heard(SENTENCE)

    assert finals(events) == ["I need an oil change."]


async def test_entering_does_not_wait_for_the_provider(deepgram: Deepgram) -> None:
    deepgram.faults.append(Fault("stall", "listen"))
    began = time.monotonic()

    async with nothing_left_running(), DeepgramTranscriber():
        assert time.monotonic() - began < 0.1


async def test_no_server_at_all_is_a_provider_error(settings: Settings) -> None:
    async with Deepgram() as gone:
        settings.DEEPGRAM_BASE_URL = gone.base_url
        settings.DEEPGRAM_API_KEY = "secret"

    with pytest.raises(ProviderError) as caught:
        await heard(then_finish=False)

    assert caught.value.retryable


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
        await heard(then_finish=False)

    assert not caught.value.retryable
