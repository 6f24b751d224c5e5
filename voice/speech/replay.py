"""The caller's audio that may have to be heard again, and the clock of whoever hears it (pure).

    caller ──add──▶ waiting ──take──▶ sent, not yet sure ──cover──▶ forgotten
                       ▲                     │
                       └───────rewind────────┘

Positions are bytes of mulaw since the call began; at the border they are seconds.
"""

from bisect import bisect_right
from dataclasses import dataclass

BYTES_PER_SECOND = 8000
SENT_SECONDS = 10.0
# More than a loss of hearing may last (hearing.py), so that nothing of one is forgotten.
WAITING_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Piece:
    """The next audio for the recogniser; position is where in the call it begins."""

    position: int
    mulaw: bytes


class Replay:
    """Keeps what was not sent, and of what was sent the last 10 s that final results do not cover.

    A lead-in before that is kept too: a recogniser that begins in the middle of a word mishears it.
    """

    def __init__(self, lead_in_seconds: float = 0.0) -> None:
        self._lead_in = int(lead_in_seconds * BYTES_PER_SECOND)
        self._audio = bytearray()
        self._begins = 0  # position of _audio[0]
        self._sent = 0
        self._covered = 0

    @property
    def end(self) -> int:
        """Position of the next audio."""
        return self._begins + len(self._audio)

    @property
    def waiting_bytes(self) -> int:
        return self.end - self._sent

    def add(self, mulaw: bytes) -> None:
        self._audio += mulaw
        if self.waiting_bytes > WAITING_SECONDS * BYTES_PER_SECOND:
            self._sent = self.end - int(WAITING_SECONDS * BYTES_PER_SECOND)
            self._forget()

    def take(self) -> Piece | None:
        """All that waits; None when nothing does."""
        if not self.waiting_bytes:
            return None
        piece = Piece(self._sent, bytes(self._audio[self._sent - self._begins :]))
        self._sent = self.end
        self._forget()
        return piece

    def cover(self, until: float) -> None:
        """Final results reach to this second of the call."""
        self._covered = max(self._covered, min(round(until * BYTES_PER_SECOND), self._sent))
        self._forget()

    def uncovered(self) -> bytes:
        """What was kept of the audio that no final result covers."""
        return bytes(self._audio[max(0, self._covered - self._begins) :])

    def rewind(self) -> float:
        """Let take() begin anew where nothing is sure, or as near to it as audio was kept.

        Returns that second of the call. Some audio comes before it, as a lead-in.
        """
        oldest_missed = max(self._covered, self._begins)
        self._sent = max(self._begins, self._covered - self._lead_in)
        return oldest_missed / BYTES_PER_SECOND

    def _forget(self) -> None:
        keep_from = max(
            self._covered - self._lead_in,
            self._sent - int(SENT_SECONDS * BYTES_PER_SECOND),
        )
        if keep_from > self._begins:
            del self._audio[: keep_from - self._begins]
            self._begins = keep_from


class Timeline:
    """Translates the clock of one connection, which counts the audio it was given, to the call's."""

    def __init__(self) -> None:
        self._given = 0
        self._from: list[int] = []  # of the connection's clock
        self._positions: list[int] = []  # of the call, at the same moments

    def give(self, position: int, length: int) -> None:
        """So many bytes were given; position is theirs in the call, or where the call stands, when they
        are silence that fills a gap."""
        if not self._from or self._positions[-1] + self._given - self._from[-1] != position:
            self._from.append(self._given)
            self._positions.append(position)
        self._given += length

    def call_seconds(self, connection_seconds: float) -> float:
        if not self._from:
            return connection_seconds
        at = connection_seconds * BYTES_PER_SECOND
        stretch = max(0, bisect_right(self._from, at) - 1)
        position = self._positions[stretch] + at - self._from[stretch]
        if stretch + 1 < len(self._positions):
            position = min(position, self._positions[stretch + 1])
        return round(position / BYTES_PER_SECOND, 3)
