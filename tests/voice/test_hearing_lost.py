"""Losing the listen socket: what the caller says meanwhile is heard all the same, and only once."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from pytest_django import Settings

from tests.emulators import nova as emulated_nova
from tests.emulators.base import Fault
from tests.emulators.deepgram import Deepgram
from tests.emulators.speech import utter
from tests.voice.ears import ends, finals, heard, kinds
from tests.voice.leaks import nothing_left_running
from tests.voice.sound import silence, voice
from voice.ports import HearingBack, HearingEvent, HearingLost, ProviderError, SpeechStarted, Words
from voice.speech import nova, outage, sockets
from voice.speech.flux import DeepgramFluxTranscriber
from voice.speech.hearing import Hearing
from voice.speech.messages import Onset, Results
from voice.speech.nova import DeepgramTranscriber
from voice.speech.replay import Replay
from voice.speech.utterances import Word

pytestmark = pytest.mark.integration

SENTENCES = ("I need an oil change.", "My number is four zero eight, five five five.", "Tuesday at ten.")
WORDS = " ".join(SENTENCES)
CLIP = b"".join(silence(0.6) + utter(sentence) + silence(0.8) for sentence in SENTENCES)
FRAME = 160

Ear = Callable[[], Hearing]  # type: ignore[type-arg]
EARS: dict[str, Ear] = {"nova": DeepgramTranscriber, "flux": DeepgramFluxTranscriber}


@pytest.fixture(params=EARS)
def new_ear(request: pytest.FixtureRequest, settings: Settings) -> Ear:
    """Each of the two ways in which Deepgram hears."""
    if request.param == "flux":
        settings.DEEPGRAM_STT_MODEL = "flux-general-en"
    return EARS[request.param]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    assert outage.STALL_SECONDS < 3.5  # or the caller, who is told then, would hear 4 s of silence
    assert outage.AWAY_SECONDS == 5.5
    monkeypatch.setattr(outage, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(outage, "STALL_SECONDS", 0.3)


class Listener:
    """A transcriber under test and the events that it has reported so far."""

    def __init__(self, ear: Hearing) -> None:  # type: ignore[type-arg]
        self.ear = ear
        self.events: list[HearingEvent] = []
        self._news = asyncio.Event()

    async def listen(self) -> None:
        async for event in self.ear.events():
            self.events.append(event)
            self._news.set()

    async def until(self, kind: type[HearingEvent], count: int = 1) -> None:
        async with asyncio.timeout(5):
            while sum(isinstance(event, kind) for event in self.events) < count:
                self._news.clear()
                await self._news.wait()

    async def play(self, mulaw: bytes) -> None:
        """As a line does, frame by frame, but as fast as everybody else can follow."""
        for at in range(0, len(mulaw), FRAME):
            await self.ear.send(mulaw[at : at + FRAME])
            await asyncio.sleep(0)


@asynccontextmanager
async def listening(new_ear: Ear) -> AsyncIterator[Listener]:
    """Leaving it finishes, and waits for the last words."""
    async with nothing_left_running(), new_ear() as ear:
        listener = Listener(ear)
        async with asyncio.TaskGroup() as group:
            group.create_task(listener.listen())
            yield listener
            await ear.finish()


def text(events: list[HearingEvent]) -> str:
    return " ".join(finals(events))


def places(events: list[HearingEvent]) -> list[tuple[float, float]]:
    return [
        (event.starts_at, event.ends_at) for event in events if isinstance(event, Words) and event.is_final
    ]


# --- no word lost, none doubled -----------------------------------------------------------


@pytest.mark.parametrize("after", [0, 3, 6, 13, 22])
@pytest.mark.parametrize("kind", ["drop", "cut", "error"])
async def test_a_socket_lost_anywhere_costs_no_word_and_repeats_none(
    deepgram: Deepgram, new_ear: Ear, kind: str, after: int
) -> None:
    deepgram.faults.append(Fault(kind, "listen", after=after, times=1))  # type: ignore[arg-type]

    events = await heard(new_ear(), CLIP)

    assert text(events) == WORDS
    assert len(deepgram.requests) == 2


@pytest.mark.performance
async def test_a_socket_lost_again_and_again_costs_no_word(deepgram: Deepgram, new_ear: Ear) -> None:
    deepgram.faults += [Fault("drop", "listen", after=after, times=1) for after in (4, 9, 8, 7)]

    events = await heard(new_ear(), CLIP)

    assert text(events) == WORDS
    assert len(deepgram.requests) == 5


async def test_without_the_replay_words_are_lost(
    deepgram: Deepgram, new_ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the tests above would notice."""
    monkeypatch.setattr(Replay, "rewind", lambda replay: replay._sent / 8000)
    deepgram.faults.append(Fault("drop", "listen", after=6, times=1))

    events = await heard(new_ear(), CLIP)

    assert len(text(events).split()) < len(WORDS.split())


async def test_without_places_words_are_doubled(deepgram: Deepgram, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control for the other half: the lead-in alone would repeat words."""
    monkeypatch.setattr(DeepgramTranscriber, "resume", lambda *_: None)
    deepgram.segment_ms = 600
    deepgram.faults.append(Fault("drop", "listen", after=9, times=1))

    events = await heard(DeepgramTranscriber(), CLIP)

    assert len(text(events).split()) > len(WORDS.split())


@pytest.mark.parametrize("after", range(1, 24, 4))
async def test_segments_of_one_utterance_are_not_repeated(deepgram: Deepgram, after: int) -> None:
    deepgram.segment_ms = 600
    undisturbed = await heard(DeepgramTranscriber(), CLIP)
    deepgram.faults.append(Fault("drop", "listen", after=after, times=1))

    events = await heard(DeepgramTranscriber(), CLIP)

    assert text(events) == text(undisturbed) == WORDS
    assert ends(events) == ends(undisturbed) == 3


@pytest.mark.parametrize("after", [2, 9, 15])
async def test_positions_stay_on_the_call_s_clock(deepgram: Deepgram, new_ear: Ear, after: int) -> None:
    undisturbed = places(await heard(new_ear(), CLIP))
    deepgram.faults.append(Fault("drop", "listen", after=after, times=1))

    disturbed = places(await heard(new_ear(), CLIP))

    assert len(disturbed) == len(undisturbed) == 3
    for (starts_at, ends_at), (started_at, ended_at) in zip(disturbed, undisturbed, strict=True):
        assert starts_at == pytest.approx(started_at, abs=0.35)
        assert ends_at == pytest.approx(ended_at, abs=0.35)


@pytest.mark.parametrize("after", [2, 9, 15])
async def test_an_utterance_begins_and_ends_once(deepgram: Deepgram, new_ear: Ear, after: int) -> None:
    deepgram.faults.append(Fault("drop", "listen", after=after, times=1))

    events = await heard(new_ear(), CLIP)

    assert sum(isinstance(event, SpeechStarted) for event in events) == ends(events) == 3
    guesses = [event.ends_at for event in events if isinstance(event, Words) and not event.is_final]
    assert guesses == sorted(guesses)  # no caption goes back to what was guessed before


@pytest.mark.parametrize("lead_in", [0.0, 1.0])
async def test_a_pause_that_nobody_saw_still_ends_the_utterance(
    deepgram: Deepgram, monkeypatch: pytest.MonkeyPatch, lead_in: float
) -> None:
    monkeypatch.setattr(nova, "LEAD_IN_SECONDS", lead_in)
    deepgram.segment_ms = 900
    async with listening(DeepgramTranscriber) as listener:
        await listener.play(utter("I need an"))
        await listener.until(Words, 3)
        await deepgram.strike(Fault("drop", "listen"))
        await listener.play(silence(4))
        await listener.until(HearingBack)

    assert ends(listener.events) == 1
    assert text(listener.events) == "I need an"


async def test_a_segment_that_ended_within_a_word_does_not_swallow_it() -> None:
    """Final results reached to 1.78 s, the word from 1.6 to 1.9 s was in none of them."""
    ear = DeepgramTranscriber()
    before = [Word("an", 1.0, 1.3), Word("oil", 1.3, 1.6)]
    ear.hear(Results(before, 1.0, 1.78, is_final=True, is_end=False))
    ear.resume(missed_from=1.78, known_until=1.78)

    after = [*before, Word("change", 1.6, 1.9)]
    events = ear.hear(Results(after, 1.0, 2.0, is_final=True, is_end=True))

    assert finals(list(events)) == ["change"]


async def test_an_utterance_that_had_only_begun_does_not_begin_again() -> None:
    ear = DeepgramTranscriber()
    assert len(ear.hear(Onset(0.38))) == 1

    ear.resume(missed_from=0.0, known_until=0.0)

    assert ear.hear(Onset(0.40)) == ()
    assert len(ear.hear(Onset(3.0))) == 1  # as the provider tells it without a loss


# --- while hearing is away ----------------------------------------------------------------


async def test_what_is_said_while_nobody_answers_is_heard_afterwards(
    deepgram: Deepgram, new_ear: Ear
) -> None:
    async with listening(new_ear) as listener:
        await listener.play(CLIP[: len(CLIP) // 3])
        await listener.until(SpeechStarted)
        async with deepgram.unreachable():
            await deepgram.strike(Fault("drop", "listen"))
            await listener.until(HearingLost)
            await listener.play(CLIP[len(CLIP) // 3 :])
        await listener.until(HearingBack)

    assert text(listener.events) == WORDS
    names = kinds(listener.events)
    assert names.count("HearingLost") == names.count("HearingBack") == 1
    assert names.index("HearingLost") < names.index("HearingBack")


async def test_a_provider_that_falls_silent_is_left(deepgram: Deepgram, new_ear: Ear) -> None:
    deepgram.faults.append(Fault("stall", "listen", after=5, times=1))
    began = time.monotonic()
    async with listening(new_ear) as listener:
        await listener.play(CLIP)
        await listener.until(HearingBack)

    assert text(listener.events) == WORDS
    assert time.monotonic() - began < 2.5


async def test_a_slow_provider_is_not_left(deepgram: Deepgram, new_ear: Ear) -> None:
    deepgram.faults.append(Fault("slow", "listen", seconds=0.02))
    async with listening(new_ear) as listener:
        await listener.play(CLIP)
        await deepgram.until(lambda: deepgram.audio_bytes >= len(CLIP) - 640)

    assert text(listener.events) == WORDS
    assert "HearingLost" not in kinds(listener.events)


async def test_a_provider_that_cannot_keep_up_is_left_and_then_given_up(
    deepgram: Deepgram, new_ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "LATE_SECONDS", 0.3)
    monkeypatch.setattr(outage, "LATER_SECONDS", 0.1)
    deepgram.faults.append(Fault("slow", "listen", seconds=0.1))
    events: list[HearingEvent] = []
    async with nothing_left_running(), new_ear() as ear:
        await ear.send(CLIP)
        with pytest.raises(ProviderError, match="cannot keep up"):
            async for event in ear.events():
                events.append(event)

    assert kinds(events).count("HearingLost") == 1
    assert len(deepgram.requests) == 2


async def test_garbage_on_the_second_socket_is_passed_over(deepgram: Deepgram, new_ear: Ear) -> None:
    deepgram.faults += [Fault("drop", "listen", after=6, times=1), Fault("garbage", "listen")]

    assert text(await heard(new_ear(), CLIP)) == WORDS


@pytest.mark.parametrize("status", [429, 503, 0])
async def test_a_provider_that_refuses_for_a_while_is_asked_again(
    deepgram: Deepgram, new_ear: Ear, status: int
) -> None:
    deepgram.faults += [
        Fault("drop", "listen", after=6, times=1),
        Fault("refuse", "listen", status=status, times=3),
    ]

    assert text(await heard(new_ear(), CLIP)) == WORDS
    assert len(deepgram.requests) == 5


async def test_a_handshake_that_never_ends_is_given_up(
    deepgram: Deepgram, new_ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "CONNECT_SECONDS", 0.2)
    deepgram.faults += [Fault("drop", "listen", after=6, times=1), Fault("stall", "listen", times=1)]

    assert text(await heard(new_ear(), CLIP)) == WORDS


async def test_hanging_up_while_hearing_is_away_still_brings_the_last_words(
    deepgram: Deepgram, new_ear: Ear
) -> None:
    async with listening(new_ear) as listener:
        await listener.play(CLIP[: len(CLIP) // 2])
        await listener.until(SpeechStarted)
        async with deepgram.unreachable():
            await deepgram.strike(Fault("drop", "listen"))
            await listener.until(HearingLost)
            await listener.play(CLIP[len(CLIP) // 2 :])
            await listener.ear.finish()

    assert text(listener.events) == WORDS


# --- giving up ----------------------------------------------------------------------------

HOPELESS = {
    "refuse": Fault("refuse", "listen", skip=1),
    "no handshake": Fault("stall", "listen", skip=1),
    "stall": Fault("stall", "listen", after=3),
    "drop": Fault("drop", "listen", after=3),
    "cut": Fault("cut", "listen", after=3),
    "error": Fault("error", "listen", after=3),
}


@pytest.mark.parametrize("name", HOPELESS)
async def test_hearing_that_stays_away_ends_in_an_error(
    deepgram: Deepgram, new_ear: Ear, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "AWAY_SECONDS", 0.5)
    fault = HOPELESS[name]
    deepgram.faults.append(
        Fault(fault.kind, fault.where, after=fault.after, skip=fault.skip, status=fault.status)
    )
    if fault.skip:
        deepgram.faults.insert(0, Fault("drop", "listen", after=3, times=1))
        deepgram.faults[1].skip = 0
    events: list[HearingEvent] = []
    began = time.monotonic()
    async with nothing_left_running(), new_ear() as ear:
        await ear.send(CLIP)
        with pytest.raises(ProviderError):
            async for event in ear.events():
                events.append(event)

    assert time.monotonic() - began < 2.0
    assert kinds(events).count("HearingLost") == 1
    assert "HearingBack" not in kinds(events)


async def test_a_key_that_is_taken_away_is_not_tried_again(deepgram: Deepgram, new_ear: Ear) -> None:
    deepgram.faults += [Fault("drop", "listen", after=3, times=1), Fault("refuse", "listen", status=401)]

    with pytest.raises(ProviderError, match="401") as caught:
        await heard(new_ear(), CLIP, then_finish=False)

    assert not caught.value.retryable
    assert len(deepgram.requests) == 2


async def test_a_line_without_audio_is_not_taken_for_a_lost_one(
    deepgram: Deepgram, new_ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "STALL_SECONDS", 0.05)
    async with listening(new_ear) as listener:
        await listener.play(voice(0.02))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.4):
                await listener.until(HearingLost)

    assert len(deepgram.requests) == 1


async def test_a_voice_after_a_long_silence_is_given_as_much_patience(
    deepgram: Deepgram, new_ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recogniser that told nothing of the silence is not lost at the first sound."""
    monkeypatch.setattr(emulated_nova, "EMPTY_RESULT_MS", 10**9)
    deepgram.result_seconds = 0.2
    async with listening(new_ear) as listener:
        await listener.play(silence(3.0))
        await asyncio.sleep(outage.STALL_SECONDS * 3)
        await listener.play(CLIP)
        await listener.until(SpeechStarted)
    assert text(listener.events) == WORDS
    assert "HearingLost" not in kinds(listener.events)
