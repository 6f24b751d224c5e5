"""Both sides of a call as whoever listens in hears them: two tracks on one clock (pure).

Sound is mulaw: bytes, 8 kHz mono. Positions are samples since the clock began, now is seconds on it.
The caller's sound is passed on as it comes. The desk's is sent ahead of the caller's ear, so it waits
here until they hear it: what a clear takes back was never heard by anybody.
"""

from collections.abc import Iterator

from voice.audio import SAMPLE_RATE
from voice.ports import Clear, LineCommand, Play

CALLER, DESK = 0, 1
SLACK = SAMPLE_RATE // 5  # a line's unevenness, which nobody shall hear
MOST_WAITING = 2 * SAMPLE_RATE  # of one side; the oldest makes room


class Track:
    """One side. Sound that follows upon sound has no seam, whenever exactly it came."""

    def __init__(self) -> None:
        self._position = 0  # of the first byte that waits
        self._waiting = bytearray()

    def add(self, mulaw: bytes, at: int) -> None:
        """Take a piece that belongs at this position, or about there; one that is far too early is left."""
        end = self._position + len(self._waiting)
        if not self._waiting and at > end + SLACK:
            self._position = at
        elif at < end - SLACK:  # a line that stalled brings more than there was time for
            return
        self._waiting += mulaw
        if (over := len(self._waiting) - MOST_WAITING) > 0:
            self._skip(over)

    def take(self, until: int | None = None) -> tuple[int, bytes]:
        """(position, mulaw) of what waits, up to a position."""
        size = len(self._waiting) if until is None else max(0, until - self._position)
        position, taken = self._position, bytes(self._waiting[:size])
        self._skip(len(taken))
        return position, taken

    def cut(self, at: int) -> None:
        """Forget what lies behind this position."""
        del self._waiting[max(0, at - self._position) :]

    def _skip(self, size: int) -> None:
        del self._waiting[:size]
        self._position += size


class Tracks:
    """Both sides, from the clock's zero on."""

    def __init__(self) -> None:
        self._caller = Track()
        self._desk = Track()

    def hear_caller(self, mulaw: bytes, now: float) -> None:
        """A frame came from the line."""
        self._caller.add(mulaw, _samples(now) - len(mulaw))

    def hear_desk(self, command: LineCommand, ahead: int, now: float) -> None:
        """A command goes to the line, behind which so many bytes are still to be heard, its own among them."""
        match command:
            case Play(mulaw=mulaw):
                self._desk.add(mulaw, _samples(now) + max(0, ahead - len(mulaw)))
            case Clear():
                self._desk.cut(_samples(now))

    def pieces(self, now: float) -> Iterator[bytes]:
        """What was heard since this was asked last: side (1 byte), position (4, big-endian), mulaw."""
        for side, (position, mulaw) in (
            (CALLER, self._caller.take()),
            (DESK, self._desk.take(_samples(now))),
        ):
            if mulaw:
                yield bytes([side]) + position.to_bytes(4, "big") + mulaw


def _samples(seconds: float) -> int:
    return max(0, round(seconds * SAMPLE_RATE))
