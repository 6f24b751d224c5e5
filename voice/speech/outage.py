"""How hearing fares: there, lost and waited for, or given up (pure).

    connecting ──▶ there ──lost──▶ away ──reached further──▶ there
        │                            │
        └── two tries failed         └── 5.5 s: given up

now is monotonic seconds; positions are seconds of the call.
"""

import random
from collections import deque

from voice.ports import ProviderError

START_ATTEMPTS = 2
# Results come each second of audio at the latest. Much later than this, and the one line that is
# said while hearing is away would come after more than 4 s of silence.
STALL_SECONDS = 2.5
# As long as a caller waits who was told to hold on; then the session has to find another way.
AWAY_SECONDS = 5.5
# A provider whose results come later and later is lost too, and after a second time soon after, hopeless.
LATE_SECONDS, LATER_SECONDS = 2.0, 0.5
LATE_AGAIN_SECONDS = 30.0
BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS = 0.1, 1.0


class Outage:
    """Told of every connection, failure and result. reached: as far as any result went."""

    def __init__(self) -> None:
        self.reached = 0.0
        self._has_connected = False
        self._failures = 0  # without progress in between
        self._lost_at: float | None = None
        self._late_at: float | None = None

    def connected(self) -> None:
        self._has_connected = True

    def failed(self, error: ProviderError, now: float) -> bool:
        """True when hearing is lost with this. Raises error when another try is not worth the wait."""
        self._failures += 1
        if not self._has_connected:
            if self._failures >= START_ATTEMPTS:
                raise error
            return False
        if self._lost_at is None:
            self._lost_at = now
            return True
        if now - self._lost_at >= AWAY_SECONDS:
            raise error
        return False

    def fell_behind(self, error: ProviderError, now: float) -> bool:
        """Like failed(). Raises error when it was so a moment ago: another connection is as slow."""
        earlier, self._late_at = self._late_at, now
        if earlier is not None and now - earlier < LATE_AGAIN_SECONDS:
            raise error
        return self.failed(error, now)

    def progressed(self, position: float) -> bool:
        """A result goes as far as position; true when hearing is back with it.

        It is back when it goes further than it had come: a provider that can only repeat itself and
        fails at the same place again and again is not.
        """
        if position <= self.reached:
            return False
        was_away = self._lost_at is not None
        self.reached, self._lost_at, self._failures = position, None, 0
        return was_away

    def seconds_left(self, now: float) -> float | None:
        """Until it is given up; None while there is no hurry."""
        return None if self._lost_at is None else self._lost_at + AWAY_SECONDS - now

    def patience(self, since: float) -> float:
        """How many seconds to wait for a message since then: fewer, when hearing has been away for long."""
        left = self.seconds_left(since)
        return STALL_SECONDS if left is None else min(STALL_SECONDS, max(0.0, left))

    def backoff(self) -> float:
        """Seconds before the next try. Full jitter: the calls of a lost provider do not return in step."""
        longest = min(LONGEST_BACKOFF_SECONDS, BACKOFF_SECONDS * 2**self._failures)
        return random.uniform(0, longest)


class Pace:
    """Do results keep up with the caller's audio? They may begin late, as after a loss, but not become later."""

    def __init__(self) -> None:
        self._came: deque[tuple[float, float]] = deque()  # end of a piece of audio, when it was there
        self._first_late: float | None = None

    def connected(self) -> None:
        self._first_late = None

    def came(self, position: float, now: float) -> None:
        """The caller's audio is here as far as position."""
        if not self._came or position - self._came[-1][0] >= 0.1:
            self._came.append((position, now))

    def falls_behind(self, position: float, now: float) -> bool:
        """A result that reaches to position came now."""
        while len(self._came) > 1 and self._came[1][0] <= position:
            self._came.popleft()
        late = now - self._came[0][1] if self._came else 0.0
        if self._first_late is None:
            self._first_late = late
        return late > max(LATE_SECONDS, self._first_late + LATER_SECONDS)
