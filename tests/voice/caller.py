"""A caller who knows what to say to each question, and a listener who judges what was heard.

Both stand outside: they know the carrier's playout and the TwiML that it followed, nothing else.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

from tests.emulators.base import Lost
from tests.emulators.media_stream import Stream
from tests.emulators.playback import FRAME, SILENCE
from tests.emulators.twilio_call import Call
from tests.voice.exchange import brisk

Line = tuple[str, str]  # a question's pattern, what is answered to it

LOOK_SECONDS = 0.05
PAUSE_SECONDS = 0.4  # that a caller waits before answering
GIVES_UP_SECONDS = 25.0  # of one turn of the desk
LONGEST_SECONDS = 70.0
SILENT_FRAME = SILENCE * FRAME
AUDIBLE = {"Say", "Play", "Gather", "Dial"}  # nobody hears a <Redirect> or a <Connect>


@dataclass(slots=True)
class Caller:
    """lines: the first that fits the desk's last words is said. before: what happens as a line is said,
    by its pattern. turns: the desk's turns to speak, in seconds of the line's clock."""

    call: Call
    lines: Sequence[Line]
    before: dict[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    turns: list[tuple[float, float]] = field(default_factory=list)

    async def hold(self) -> None:
        """Talk until the call is over, or the desk says nothing to answer for GIVES_UP_SECONDS."""
        begins = await self._answered()
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_SECONDS):
                while (line := await self._listen(begins)) is not None:
                    begins = await self._speak(line)
        await self.call.end("completed")
        await self.call.callbacks_sent()

    async def _answered(self) -> float:
        """The moment at which the carrier did the first thing that the desk had told it."""
        while not (self.call.verb_times or self.call.is_over):
            await asyncio.sleep(LOOK_SECONDS)
        return self.call.verb_times[0] if self.call.verb_times else self._now

    async def _speak(self, line: Line) -> float:
        pattern, sentence = line
        stream = self.call.streams[-1]
        self.said.append(sentence)
        sound = brisk(sentence)
        with suppress(Lost):
            if strike := self.before.pop(pattern, None):
                half = len(sound) // 2 // FRAME * FRAME
                await stream.say(sound[:half])
                await strike()
                sound = sound[half:]
            await stream.say(sound)
        return self._now

    async def _listen(self, begins: float) -> Line | None:
        """The line to say next; None when the call is over, or nothing is left to be waited for."""
        stream, known = self._stream(), self._words()
        while self._now - begins < GIVES_UP_SECONDS:
            await asyncio.sleep(LOOK_SECONDS)
            if self.call.is_over:
                break
            if self._stream() is not stream:  # the call goes on in another stream
                stream, known = self._stream(), 0
            if stream is None or not _is_quiet(stream):
                continue
            text = stream.text(known)
            if line := next((line for line in self.lines if re.search(line[0], text, re.IGNORECASE)), None):
                self._keep(begins, stream.began + stream.words[-1][0], text)
                return line
        self._keep(begins, self.call.verb_times[-1] if self.call.is_over else self._now, "")
        return None

    def _keep(self, begins: float, ends: float, text: str) -> None:
        self.turns.append((begins, max(begins, ends)))
        self.heard.append(text)

    def _stream(self) -> Stream | None:
        return self.call.streams[-1] if self.call.streams else None

    def _words(self) -> int:
        stream = self._stream()
        return len(stream.words) if stream else 0

    @property
    def _now(self) -> float:
        return self.call.twilio.clock.now()

    # --- what was heard -------------------------------------------------------------------

    @property
    def longest_silence(self) -> float:
        """Seconds of nothing at all while it was the desk's turn. TwiML is heard from where it begins."""
        aloud = [
            at for verb, at in zip(self.call.verbs, self.call.verb_times, strict=True) if verb in AUDIBLE
        ]
        sounds = sorted([*aloud, *self._audible()])
        silences = [0.0]
        for begins, ends in self.turns:
            within = [moment for moment in sounds if begins < moment < ends]
            silences += [later - earlier for earlier, later in pairwise([begins, *within, ends])]
        return max(silences)

    def _audible(self) -> list[float]:
        return [
            stream.began + at / FRAME * 0.02
            for stream in self.call.streams
            for at in range(0, len(stream.heard), FRAME)
            if stream.heard[at : at + FRAME] != SILENT_FRAME
        ]


def _is_quiet(stream: Stream) -> bool:
    return bool(
        stream.words
        and not stream.playback.buffered
        and stream.heard.endswith(SILENT_FRAME * round(PAUSE_SECONDS / 0.02))
    )
