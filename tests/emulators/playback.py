"""What Twilio has buffered for the caller's ear: audio and marks, played in order (pure)."""

from collections import deque
from dataclasses import dataclass, field

FRAME = 160  # bytes of mulaw: 20 ms
SILENCE = b"\xff"


@dataclass(slots=True)
class Playback:
    _queue: deque[bytes | str] = field(default_factory=deque)  # audio, and marks between it
    buffered: int = 0  # bytes still to be played

    def add(self, mulaw: bytes) -> None:
        if mulaw:
            self._queue.append(mulaw)
            self.buffered += len(mulaw)

    def mark(self, name: str) -> list[str]:
        """Put a mark behind everything; it comes back at once when there is nothing before it."""
        self._queue.append(name)
        return self._reached()

    def clear(self) -> list[str]:
        """Drop what was not played; return the marks that were waiting."""
        marks = [item for item in self._queue if isinstance(item, str)]
        self._queue.clear()
        self.buffered = 0
        return marks

    def play(self) -> tuple[bytes, list[str]]:
        """The next 20 ms, silence where nothing is buffered, and the marks reached with them."""
        played = bytearray()
        marks = self._reached()
        while len(played) < FRAME and self._queue:
            audio = self._queue.popleft()
            assert isinstance(audio, bytes)
            room = FRAME - len(played)
            played += audio[:room]
            if len(audio) > room:
                self._queue.appendleft(audio[room:])
            marks += self._reached()
        self.buffered -= len(played)
        return bytes(played).ljust(FRAME, SILENCE), marks

    def _reached(self) -> list[str]:
        marks = []
        while self._queue and isinstance(self._queue[0], str):
            marks.append(str(self._queue.popleft()))
        return marks
