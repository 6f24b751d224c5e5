"""The desk's mouth: clauses become audio in a buffer, and the buffer is played to the line.

What is sent is at most AHEAD_BYTES ahead of the caller's ear and has a mark behind every piece, so
that an interruption has little to take back. An utterance can be paused when the caller seems to
speak and goes on from the last word that was heard. What was heard is the playout clock's to say.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from itertools import count

from voice.playout import BYTES_PER_SECOND, Playout, Script
from voice.ports import Caption, LineCommand, Mark, Play, Synthesizer

PIECE_BYTES = 1600  # 200 ms: one message, one mark
AHEAD_BYTES = BYTES_PER_SECOND  # never more than a second in the carrier's buffer
UNSENT_BYTES = 4 * BYTES_PER_SECOND  # synthesized beforehand; an interruption throws it away
LAST_MARK_GRACE_SECONDS = 1.0  # the carrier's clock runs a little behind ours
LONGEST_PAUSE_SECONDS = 8.0  # endless noise must not silence the desk


@dataclass(slots=True)
class Utterance:
    """One answer of the desk on its way to the caller's ear. Positions are bytes of its audio."""

    name: int  # its marks carry it; never used twice in a call, for old marks come back late
    must_be_said: bool = False  # even when the caller spoke before it began
    audio: bytearray = field(default_factory=bytearray)
    script: Script = field(default_factory=Script)
    playout: Playout = field(default_factory=Playout)  # since it began, or went on after a pause
    sent: int = 0
    is_complete: bool = False  # nothing more will be said
    is_paused: bool = False
    paused_at: float = 0.0  # monotonic: the last time that it was
    is_over: bool = False  # the caller has heard the last word
    starts_at: float | None = None  # monotonic: its first frame
    since: float = 0.0  # monotonic: when the caller's speech ended; latencies count from here
    released: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _run: int = 0
    _run_from: int = 0
    _stamps: dict[str, float] = field(default_factory=dict)

    @property
    def has_begun(self) -> bool:
        return self.starts_at is not None

    @property
    def latencies(self) -> dict[str, int]:
        """Milliseconds since the caller's speech ended; below zero is what was drafted before."""
        return {name: round((at - self.since) * 1000) for name, at in self._stamps.items()}

    def stamp(self, name: str) -> None:
        self._stamps.setdefault(name, time.monotonic())

    def release(self, since: float, told_at: float | None = None) -> None:
        """The caller has finished: it may be heard. since: monotonic, the end of the caller's speech.

        told_at: when the recogniser had told all of it, which is before we take the turn for over.
        """
        self.since = since
        if told_at is not None:
            self._stamps["transcript"] = told_at
        self.stamp("final")
        self.released.set()

    def complete(self) -> None:
        self.is_complete = True
        self.changed.set()

    def pause(self) -> None:
        """The carrier was told to drop its buffer; what was not heard by now is kept."""
        self.paused_at = time.monotonic()
        self.playout.clear(self.paused_at)
        self.is_paused = True

    def go_on(self) -> None:
        """Say the rest, from the last word that was heard."""
        self.sent = self._run_from = self.script.word_before(self.heard)
        self._run += 1
        self.playout = Playout()
        self.is_paused = False
        self.changed.set()

    @property
    def heard(self) -> int:
        """How far the caller has heard it."""
        return self._run_from + self.playout.heard(time.monotonic())

    @property
    def is_silent(self) -> bool:
        """Has the caller heard everything there is so far?"""
        return self.sent >= len(self.audio) and self.playout.ahead(time.monotonic()) == 0

    def mark(self) -> str:
        """Note a mark behind everything sent; its name."""
        name = f"{self.name}-{self._run}-{self.sent}"
        self.playout.mark(name)
        return name


class Speaker:
    """Speaks one utterance at a time; the current one is None while the desk is silent."""

    def __init__(self, synthesizer: Synthesizer, send: Callable[[LineCommand], Awaitable[None]]) -> None:
        self.synthesizer = synthesizer
        self.current: Utterance | None = None
        self._send = send
        self._names = count(1)

    @property
    def ahead(self) -> int:
        """Bytes that were sent and that the caller has not heard yet, by the clock."""
        return self.current.playout.ahead(time.monotonic()) if self.current else 0

    def new_utterance(self, *, must_be_said: bool = False) -> Utterance:
        return Utterance(next(self._names), must_be_said)

    def mark_reached(self, name: str) -> None:
        """The carrier played what lies before this mark; late marks of another utterance prove nothing."""
        utterance = self.current
        if utterance and utterance.playout.reached(name, time.monotonic()):
            utterance.stamp("first_mark")
            utterance.changed.set()

    async def say(self, utterance: Utterance, clause: str) -> None:
        """Synthesize one clause into the utterance's buffer. Cancelling stops the synthesis.

        Raises ProviderError.
        """
        start = len(utterance.audio)
        utterance.script.add(clause, start, start)
        async with aclosing(self.synthesizer.speak(clause)) as audio:
            async for mulaw in audio:
                utterance.stamp("first_audio")
                utterance.audio += mulaw
                utterance.script.add(clause, start, len(utterance.audio), is_whole=False)
                utterance.changed.set()
                while len(utterance.audio) - utterance.sent > UNSENT_BYTES:
                    await _change(utterance)
        utterance.script.add(clause, start, len(utterance.audio))
        utterance.changed.set()

    async def play(self, utterance: Utterance, may_begin: Callable[[], Awaitable[bool]]) -> bool:
        """Send the utterance as it is heard, once it is released, until its last word was heard.

        may_begin is asked before the first sound; False when it said no: nothing was said.
        Cancelling stops sending.
        """
        await utterance.released.wait()
        self.current = utterance
        while not (utterance.audio or utterance.is_complete):
            await _change(utterance)
        if not await may_begin():
            return False
        while not utterance.is_over:
            await self._play_on(utterance)
        return True

    async def _play_on(self, utterance: Utterance) -> None:
        """Send the next piece, or wait for what stands against it."""
        now = time.monotonic()
        if utterance.is_paused:
            if not await _change(utterance, LONGEST_PAUSE_SECONDS) and utterance.is_paused:
                utterance.go_on()
        elif utterance.sent >= len(utterance.audio):
            await self._play_out(utterance)
        elif (ahead := utterance.playout.ahead(now) - AHEAD_BYTES) > 0:
            await _change(utterance, ahead / BYTES_PER_SECOND)
        else:
            await self._send_piece(utterance)

    async def _play_out(self, utterance: Utterance) -> None:
        """Everything there is was sent: wait for more, or for the last mark."""
        if not utterance.is_complete:
            await _change(utterance)
        elif ahead := utterance.playout.ahead(time.monotonic()):
            await _change(utterance, ahead / BYTES_PER_SECOND)
        elif utterance.playout.is_acknowledged:
            utterance.is_over = True
        elif not await _change(utterance, LAST_MARK_GRACE_SECONDS):
            utterance.is_over = not utterance.is_paused

    async def _send_piece(self, utterance: Utterance) -> None:
        start = utterance.sent
        end = min(start + PIECE_BYTES, utterance.script.clause_end(start, len(utterance.audio)))
        now = time.monotonic()
        if utterance.starts_at is None:
            utterance.starts_at = now
        utterance.sent = end
        utterance.playout.sent(end - start, now)
        mark = utterance.mark()
        if clause := utterance.script.clause_at(start):
            await self._send(Caption("desk", clause, is_final=True))
        if utterance.is_paused:  # while the line was slow; it is sent again when it goes on
            return
        await self._send(Play(bytes(utterance.audio[start:end])))
        await self._send(Mark(mark))
        utterance.stamp("first_frame")
        utterance.changed.set()


async def _change(utterance: Utterance, seconds: float | None = None) -> bool:
    """Wait until something happened to the utterance, at most so long; whether it did."""
    utterance.changed.clear()
    with suppress(TimeoutError):
        async with asyncio.timeout(None if seconds is None else max(seconds, 0.001)):
            await utterance.changed.wait()
            return True
    return False
