"""Hearing with Flux: the real Deepgram SDK against a server that speaks listen v2."""

import asyncio

import pytest
from pytest_django import Settings

from tests.emulators.base import Fault
from tests.emulators.deepgram import Deepgram
from tests.emulators.speech import utter
from tests.voice.ears import ends, finals, heard, interims, kinds
from tests.voice.leaks import nothing_left_running
from tests.voice.sound import silence
from voice.ports import HearingEvent, SpeechEnded, SpeechPaused, SpeechResumed, SpeechStarted, Words
from voice.speech import flux
from voice.speech.flux import DeepgramFluxTranscriber
from voice.speech.messages import TurnInfo

pytestmark = pytest.mark.integration

SENTENCE = utter("I need an oil change.")


@pytest.fixture(autouse=True)
def model(settings: Settings) -> None:
    settings.DEEPGRAM_STT_MODEL = "flux-general-en"


async def test_a_sentence_is_heard_from_onset_to_end(deepgram: Deepgram) -> None:
    events = await heard(DeepgramFluxTranscriber(), silence(0.4), SENTENCE, silence(0.6))

    assert kinds(events) == ["SpeechStarted", "Words", "SpeechPaused", "final", "SpeechEnded"]
    assert isinstance(events[0], SpeechStarted)
    assert events[0].at == pytest.approx(0.7, abs=0.1)  # with the first word
    assert interims(events)[0] == "I"
    assert finals(events) == ["I need an oil change."]
    assert isinstance(events[-1], SpeechEnded)
    assert events[-1].at == pytest.approx(1.9, abs=0.3)


async def test_the_request_names_the_phone_s_audio_and_when_a_turn_ends(deepgram: Deepgram) -> None:
    await heard(DeepgramFluxTranscriber(), silence(0.1))

    request = deepgram.requests[0]
    assert request.path == "/v2/listen"
    assert request.query == {
        "model": "flux-general-en",
        "encoding": "mulaw",
        "sample_rate": "8000",
        "eot_threshold": "0.7",
        "eager_eot_threshold": "0.4",
        "eot_timeout_ms": "2500",
    }


async def test_a_caller_who_goes_on_takes_the_pause_back(deepgram: Deepgram) -> None:
    events = await heard(
        DeepgramFluxTranscriber(),
        *(utter("My number is"), silence(0.4), utter("four zero eight."), silence(0.6)),
    )

    assert kinds(events) == [
        "SpeechStarted",
        "Words",
        "SpeechPaused",
        "SpeechResumed",
        "Words",
        "SpeechPaused",
        "final",
        "SpeechEnded",
    ]
    assert finals(events) == ["My number is four zero eight."]


async def test_a_caller_who_stops_in_the_middle_is_answered_before_four_seconds(deepgram: Deepgram) -> None:
    events = await heard(DeepgramFluxTranscriber(), utter("My number is"), silence(3))

    assert finals(events) == ["My number is"]
    assert isinstance(events[-1], SpeechEnded)
    assert not events[-1].is_certain
    assert events[-1].silence == pytest.approx(2.5, abs=0.3)


async def test_finish_brings_the_words_still_in_the_air(deepgram: Deepgram) -> None:
    assert finals(await heard(DeepgramFluxTranscriber(), SENTENCE)) == ["I need an oil change."]
    assert [kind for kind, _ in deepgram.messages] == ["ForceEndTurn", "CloseStream"]


async def test_a_noise_without_words_is_nothing(deepgram: Deepgram) -> None:
    assert await heard(DeepgramFluxTranscriber(), silence(0.3), b"\x90\x10" * 2000, silence(1)) == []


async def test_audio_goes_out_in_chunks_of_80_ms(deepgram: Deepgram) -> None:
    async with nothing_left_running(), DeepgramFluxTranscriber() as ear:
        await deepgram.until(lambda: deepgram.open_connections == 1)
        for _ in range(3):
            await ear.send(silence(0.02))
        await asyncio.sleep(0.02)
        assert deepgram.audio_bytes == 0
        await ear.send(silence(0.02))
        await deepgram.until(lambda: deepgram.audio_bytes == 640)


async def test_a_line_that_falls_quiet_is_fed_silence_and_its_turn_ends(
    deepgram: Deepgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flux, "SILENCE_SECONDS", 0.02)
    deepgram.idle_seconds = 1.0
    async with nothing_left_running(), DeepgramFluxTranscriber() as ear:
        await ear.send(SENTENCE + b"\xff" * 100)  # not a whole chunk
        events: list[HearingEvent] = []
        async with asyncio.timeout(3):
            async for event in ear.events():
                events.append(event)
                if isinstance(event, SpeechEnded):
                    break

        assert finals(events) == ["I need an oil change."]
        assert ear.replay.end == len(SENTENCE) + 100

        # What is said after it has its place on the call's clock, not on that of the silence.
        await ear.send(SENTENCE)
        await ear.finish()
        rest = [event async for event in ear.events()]
    (final,) = [event for event in rest if isinstance(event, Words) and event.is_final]
    assert final.ends_at == pytest.approx(2 * len(SENTENCE) / 8000, abs=0.3)


async def test_of_a_turn_longer_than_the_replay_the_beginning_is_remembered(deepgram: Deepgram) -> None:
    words = [f"word{number}" for number in range(50)]
    told: list[HearingEvent] = []
    async with nothing_left_running(), DeepgramFluxTranscriber() as ear:
        for word in words:
            await ear.send(utter(word))
            await deepgram.until(lambda: deepgram.audio_bytes >= ear.replay.end - 640)
            await asyncio.sleep(0)
        async with asyncio.timeout(5):
            async for event in ear.events():
                told.append(event)
                if isinstance(event, Words) and event.text.endswith("word46"):
                    break
        await deepgram.strike(Fault("drop"))
        await ear.finish()
        told += [event async for event in ear.events()]

    assert len(deepgram.requests) == 2
    assert " ".join(finals(told)).split() == words
    assert ends(told) == 1


# --- message by message -------------------------------------------------------------------


def told(*messages: tuple[str, str]) -> list[HearingEvent]:
    """What follows from these events and transcripts, a quarter of a second apart."""
    ear = DeepgramFluxTranscriber()
    return [
        event
        for at, (kind, text) in enumerate(messages, 1)
        for event in ear.hear(TurnInfo(kind, text, 0.0, at / 4))
    ]


def test_the_same_text_again_says_nothing_new() -> None:
    assert kinds(told(("StartOfTurn", "Yes"), ("Update", "Yes"), ("Update", "Yes"))) == [
        "SpeechStarted",
        "Words",
    ]


def test_a_turn_resumed_takes_the_pause_back_even_before_new_words() -> None:
    events = told(("StartOfTurn", "Yes"), ("EagerEndOfTurn", "Yes"), ("TurnResumed", "Yes"))

    assert [type(event) for event in events[-2:]] == [SpeechPaused, SpeechResumed]


def test_new_words_take_the_pause_back_without_being_told() -> None:
    events = told(("StartOfTurn", "Yes"), ("EagerEndOfTurn", "Yes"), ("Update", "Yes and"))

    assert kinds(events)[-3:] == ["SpeechPaused", "SpeechResumed", "Words"]


def test_an_event_of_a_newer_protocol_still_tells_its_words() -> None:
    assert interims(told(("StartOfTurn", "Yes"), ("Whisper", "Yes please"))) == ["Yes", "Yes please"]


def test_a_word_ends_where_it_was_first_told_not_where_the_silence_did() -> None:
    events = told(("StartOfTurn", "Yes."), ("Update", "Yes."), ("Update", "Yes."), ("EndOfTurn", "Yes."))

    assert events[-1] == SpeechEnded(0.25, silence=0.75, is_certain=True)


def test_a_turn_that_ends_without_a_start_is_one_all_the_same() -> None:
    assert kinds(told(("EndOfTurn", "Yes."))) == ["SpeechStarted", "Words", "final", "SpeechEnded"]


def test_an_empty_turn_is_nothing() -> None:
    assert told(("Update", ""), ("EndOfTurn", "")) == []
