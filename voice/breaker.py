"""A breaker for one outside service: after failures in a row nobody waits for it for a while. Pure."""

from dataclasses import dataclass


@dataclass(slots=True)
class Breaker:
    """One a process, shared by its calls. now is a monotonic clock in seconds.

    When the rest is over one call tries the service; the others follow when that went well.
    """

    failures_at_most: int = 2
    rest_seconds: float = 20.0
    _failures: int = 0
    _rests_until: float = 0.0

    def allows(self, now: float) -> bool:
        if self._failures < self.failures_at_most:
            return True
        if now < self._rests_until:
            return False
        self._rests_until = now + self.rest_seconds
        return True

    def failed(self, now: float) -> None:
        self._failures += 1
        self._rests_until = now + self.rest_seconds

    def succeeded(self) -> None:
        self._failures = 0
