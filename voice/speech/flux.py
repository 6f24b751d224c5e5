"""Deepgram hears with Flux (listen v2), which knows turns: eager ends, resumed and certain ones."""

from collections import deque
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from voice.ports import (
    HearingEvent,
    SpeechEnded,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Words,
)
from voice.speech import deepgram
from voice.speech.deepgram import FluxSocket
from voice.speech.hearing import Hearing
from voice.speech.messages import Heard, TurnInfo
from voice.speech.replay import BYTES_PER_SECOND

LISTEN_OPTIONS: dict[str, Any] = {
    "eot_threshold": 0.7,
    # Drafts are cheap to throw away and never write: the more eager end of the useful range.
    "eager_eot_threshold": 0.4,
    # A caller who stops in the middle of a sentence is answered before 4 s of silence.
    "eot_timeout_ms": 2500,
}
CHUNK_BYTES = 640  # 80 ms: what the provider advises
# Without audio Flux ends no turn and at last hangs up, and it has no KeepAlive.
SILENCE_SECONDS = 0.5
SILENCE = b"\xff" * int(SILENCE_SECONDS * BYTES_PER_SECOND)
# At four updates a second these reach back further than the audio that is kept.
UPDATES_KEPT = 64


class DeepgramFluxTranscriber(Hearing[FluxSocket]):
    """Flux tells the whole turn again and again, without the places of its words.

    So a replay begins exactly where the last turn ended; of a turn that is longer than the replay (10 s
    without an end), the beginning is taken from what an earlier connection had told, and the word on
    which the replay begins may be lost.
    """

    least_bytes = most_bytes = CHUNK_BYTES
    tells_its_end = False

    def __init__(self) -> None:
        super().__init__(lead_in_seconds=0.0)  # a turn begins after silence
        self.idle_seconds = SILENCE_SECONDS
        self._started_at: float | None = None  # of the turn in progress; positions on the call's clock
        self._is_paused = False
        self._beginning = ""  # of the turn, when the replay begins in the middle of it
        self._told: deque[tuple[float, str]] = deque(maxlen=UPDATES_KEPT)  # the turn's text, and how far
        self._known_until = 0.0

    def connect(self) -> AbstractAsyncContextManager[FluxSocket]:
        return deepgram.flux(**LISTEN_OPTIONS)

    def resume(self, missed_from: float, known_until: float) -> None:
        before = [text for until, text in self._told if until <= missed_from]
        self._beginning = before[-1] if before else ""
        self._known_until = known_until

    async def idle(self, link: FluxSocket) -> None:
        if self.replay.waiting_bytes:  # less than a chunk
            self.wake()
            return
        self.timeline.give(self.replay.end, len(SILENCE))
        await link.send_audio(SILENCE)

    def last_words(self) -> Sequence[HearingEvent]:
        return self._end(self._told[-1][0], is_certain=False) if self._told else ()

    def hear(self, message: Heard) -> Sequence[HearingEvent]:
        if not isinstance(message, TurnInfo):
            return ()
        at = self.seconds(message.ends_at)
        text = f"{self._beginning} {message.transcript}".strip() if message.transcript else ""
        if message.event == "EndOfTurn":
            return self._end_of_turn(text, at, is_certain=message.trigger != "timeout")
        if at <= self._known_until:
            return ()  # a replayed guess would take back what the last connection had guessed
        events = self._update(text, at)
        if message.event == "EagerEndOfTurn" and not self._is_paused:
            self._is_paused = True
            events.append(SpeechPaused(at))
        elif message.event == "TurnResumed" and self._is_paused:
            self._is_paused = False
            events.append(SpeechResumed(at))
        return events

    def _update(self, text: str, at: float) -> list[HearingEvent]:
        """Text that is new; it also shows that a paused caller goes on."""
        if not text or text == self._text:
            return []
        events: list[HearingEvent] = []
        if self._started_at is None:
            self._started_at = at
            events.append(SpeechStarted(at))
        if self._is_paused:
            self._is_paused = False
            events.append(SpeechResumed(at))
        self._told.append((at, text))
        return [*events, Words(text, is_final=False, starts_at=self._started_at, ends_at=at)]

    def _end_of_turn(self, text: str, at: float, *, is_certain: bool) -> list[HearingEvent]:
        events = [] if self._started_at is not None else self._update(text, at)
        if text:
            self._told.append((self._told[-1][0] if text == self._text else at, text))
        self.cover(at)
        return [*events, *self._end(at, is_certain=is_certain)]

    def _end(self, at: float, *, is_certain: bool) -> list[HearingEvent]:
        """The turn as last told is final, by what was heard until at."""
        started_at, told = self._started_at, self._told[-1] if self._told else None
        self._started_at, self._is_paused, self._beginning = None, False, ""
        self._told.clear()
        if started_at is None or told is None:
            return []
        ended_at, text = told
        return [
            Words(text, is_final=True, starts_at=started_at, ends_at=ended_at),
            SpeechEnded(ended_at, silence=max(0.0, at - ended_at), is_certain=is_certain),
        ]

    @property
    def _text(self) -> str:
        return self._told[-1][1] if self._told else ""
