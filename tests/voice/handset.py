"""A telephone on the call's own clock: it plays what it is sent at the pace of speech, and sends sound all the time.

For the virtual clock (tests/virtual.py) and a desk whose ear is tests.fakes.FakeTranscriber. Like a carrier
it has a buffer, returns a mark when all before it was played, and drops the buffer at a clear.
"""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.emulators.playback import FRAME, SILENCE, Playback
from tests.fakes import FakeTranscriber
from tests.voice.phone import InProcess, Phone, Wire, open_call
from tests.voice.sound import voice
from voice.models import Call
from voice.ports import HearingEvent, SpeechEnded, SpeechStarted, Words

FRAME_SECONDS = 0.02
WORD_SECONDS = COUGH_SECONDS = 0.3
ONSET_SECONDS = 0.2  # from the voice to the recogniser's word of it
TOLD_SECONDS = 0.36  # from a sound to its text
PAUSE_SECONDS = 0.64  # from the last sound to the recogniser's word that it was the last
CLAUSE = "clause:"


class Handset(Phone):
    """`heard` and `said` are (seconds of the call, clause or sentence), each by its first sound."""

    def __init__(self, wire: Wire, call: Call, *, sends_sound: bool = True) -> None:
        super().__init__(wire, call)
        self.heard: list[tuple[float, str]] = []
        self.said: list[tuple[float, str]] = []
        self.cleared_at: list[float] = []
        self._playback = Playback()
        self._is_playing = asyncio.Event()
        self._sends_sound = sends_sound
        self._sound = b""

    @property
    def now(self) -> float:
        """Seconds of the call: its clock starts with the test's, and the database takes no time on it."""
        return asyncio.get_running_loop().time()

    @property
    def transcript(self) -> list[tuple[float, str, str]]:
        """Both sides in order: (seconds, who, words)."""
        both = [(at, "desk", text) for at, text in self.heard] + [
            (at, "caller", text) for at, text in self.said
        ]
        return sorted(both)

    async def speak(self, sentence: str, *, at: float) -> None:
        """Say it at this second of the call; returns when the desk has been told the last word."""
        words = sentence.split()
        seconds = WORD_SECONDS * len(words)
        await self._sound_like(sentence, seconds, at=at)
        await self._tell(at + ONSET_SECONDS, SpeechStarted(at))
        half = Words(" ".join(words[: len(words) // 2 or 1]), False, at, at + seconds / 2)
        await self._tell(at + seconds / 2 + TOLD_SECONDS, half)
        await self._tell(at + seconds + TOLD_SECONDS, Words(sentence, True, at, at + seconds))
        self._later = asyncio.create_task(self._tell(at + seconds + PAUSE_SECONDS, SpeechEnded(at + seconds)))

    async def cough(self, *, at: float) -> None:
        """A sound in which a recogniser finds no word."""
        await self._sound_like("(coughs)", COUGH_SECONDS, at=at)

    async def _sound_like(self, sentence: str, seconds: float, *, at: float) -> None:
        await asyncio.sleep(at - self.now)
        self._sound = voice(seconds)
        self.said.append((at, sentence))

    async def _tell(self, at: float, event: HearingEvent) -> None:
        await asyncio.sleep(at - self.now)
        FakeTranscriber.made[-1].hear(event)

    # --- the line -------------------------------------------------------------------------

    async def pace(self) -> None:
        """20 ms in each direction, 50 times a second; a phone that sends nothing plays five times as much."""
        frames = 1 if self._sends_sound else 5
        while True:
            if self._sends_sound:
                mulaw, self._sound = self._sound[:FRAME].ljust(FRAME, SILENCE), self._sound[FRAME:]
                await self.send_audio(mulaw)
            elif not self._playback.buffered:
                self._is_playing.clear()
                await self._is_playing.wait()
            for _ in range(frames):
                await self._reach(self._playback.play()[1])
            await asyncio.sleep(frames * FRAME_SECONDS)

    async def _take(self, message: dict[str, Any]) -> None:
        match message:
            case {"event": "media", "media": {"payload": payload}}:
                self._playback.add(b64decode(payload))
                self._is_playing.set()
            case {"event": "mark", "mark": {"name": name}}:
                await self._reach(self._playback.mark(name))
            case {"event": "clear"}:
                self.cleared_at.append(self.now)
                await self._reach(self._playback.clear(), is_played=False)
            case {"event": "caption", "caption": {"speaker": "desk", "text": text}}:
                await self._reach(self._playback.mark(CLAUSE + text))  # its sound follows
            case _:
                await super()._take(message)

    async def _reach(self, marks: list[str], *, is_played: bool = True) -> None:
        for name in marks:
            if not name.startswith(CLAUSE):
                await self.send("mark", name=name)
            elif is_played:
                self.heard.append((self.now, name.removeprefix(CLAUSE)))


@asynccontextmanager
async def handset(number: str, *, sends_sound: bool = True) -> AsyncIterator[Handset]:
    """A call that was let in, as tests.voice.phone.ringing makes it. A phone that sends no sound works less."""
    wire = InProcess()
    phone = Handset(wire, await open_call(number), sends_sound=sends_sound)
    await phone.start()
    tasks = [asyncio.create_task(phone.listen()), asyncio.create_task(phone.pace())]
    try:
        yield phone
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await wire.drop()
        await wire.desk
