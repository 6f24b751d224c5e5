"""The desk's mouth: a clause becomes audio, and audio becomes frames that are never far ahead.

A piece is sent with a mark behind it, at most AHEAD_BYTES before it is played, so that an
interruption has little to take back. What the caller has heard is the playout clock's to say.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import count

from voice.playout import BYTES_PER_SECOND, Playout, Script
from voice.ports import Caption, LineCommand, Mark, Play, Synthesizer

PIECE_BYTES = 1600  # 200 ms: one message, one mark
AHEAD_BYTES = BYTES_PER_SECOND  # never more than a second in the carrier's buffer
LAST_MARK_GRACE_SECONDS = 1.0  # the carrier's clock runs a little behind ours


@dataclass(slots=True)
class Utterance:
    """One answer of the desk on its way to the caller's ear."""

    since: float  # monotonic: when the caller's speech ended; latencies count from here
    name: int  # its marks carry it; never used twice in a call, for old marks come back late
    must_be_said: bool  # even when the caller spoke before it began
    playout: Playout = field(default_factory=Playout)
    script: Script = field(default_factory=Script)
    starts_at: float | None = None  # monotonic
    latencies: dict[str, int] = field(default_factory=dict)
    progress: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def has_begun(self) -> bool:
        return self.starts_at is not None

    def stamp(self, name: str) -> None:
        self.latencies.setdefault(name, round((time.monotonic() - self.since) * 1000))


class Speaker:
    """Speaks one utterance at a time; the current one is None while the desk is silent."""

    def __init__(self, synthesizer: Synthesizer, send: Callable[[LineCommand], Awaitable[None]]) -> None:
        self.synthesizer = synthesizer
        self.current: Utterance | None = None
        self._send = send
        self._names = count(1)

    def begin(self, since: float, *, must_be_said: bool) -> Utterance:
        self.current = Utterance(since, next(self._names), must_be_said)
        self.current.stamp("final")
        return self.current

    def mark_reached(self, name: str) -> None:
        """The carrier played what lies before this mark; late marks of another utterance prove nothing."""
        utterance = self.current
        if utterance and utterance.playout.reached(name, time.monotonic()):
            utterance.stamp("first_mark")
            utterance.progress.set()

    async def say(self, utterance: Utterance, clause: str, may_begin: Callable[[], Awaitable[bool]]) -> bool:
        """Synthesize one clause and send it. Cancelling stops the synthesis.

        may_begin is asked before the utterance's first sound; False when it said no: nothing was said.
        """
        if not (utterance.has_begun or await may_begin()):
            return False
        playout = utterance.playout
        start = playout.sent_bytes
        utterance.script.add(clause, start, start)
        async with aclosing(self.synthesizer.speak(clause)) as audio:
            async for mulaw in audio:
                utterance.stamp("first_audio")
                if not (utterance.has_begun or await may_begin()):
                    return False
                for offset in range(0, len(mulaw), PIECE_BYTES):
                    await self._pace(utterance)
                    if playout.sent_bytes == start:
                        await self._send(Caption("desk", clause, is_final=True))
                    await self._send_piece(utterance, mulaw[offset : offset + PIECE_BYTES])
                    utterance.script.add(clause, start, playout.sent_bytes, is_whole=False)
        utterance.script.add(clause, start, playout.sent_bytes)
        return True

    async def heard_out(self, utterance: Utterance) -> None:
        """Wait until the caller has heard the last word."""
        while (ahead := utterance.playout.ahead(time.monotonic())) > 0:
            await self._progress(utterance, ahead / BYTES_PER_SECOND)
        if not utterance.playout.is_acknowledged:
            await self._progress(utterance, LAST_MARK_GRACE_SECONDS)

    async def _send_piece(self, utterance: Utterance, piece: bytes) -> None:
        playout, now = utterance.playout, time.monotonic()
        if utterance.starts_at is None:
            utterance.starts_at = now
        playout.sent(len(piece), now)
        name = f"{utterance.name}-{playout.sent_bytes}"
        playout.mark(name)
        await self._send(Play(piece))
        await self._send(Mark(name))
        utterance.stamp("first_frame")

    async def _pace(self, utterance: Utterance) -> None:
        while (ahead := utterance.playout.ahead(time.monotonic()) - AHEAD_BYTES) > 0:
            await self._progress(utterance, ahead / BYTES_PER_SECOND)

    async def _progress(self, utterance: Utterance, seconds: float) -> None:
        """Wait for the next mark, but not longer than seconds."""
        utterance.progress.clear()
        try:
            async with asyncio.timeout(max(seconds, 0.001)):
                await utterance.progress.wait()
        except TimeoutError:
            return
