"""How much one side may say: a bucket that fills as time passes. Pure."""


class Budget:
    """at_once is what a full bucket holds, a_second what it gains; it begins full.

    now is seconds of any clock that does not go back.
    """

    def __init__(self, at_once: float, a_second: float) -> None:
        self._at_once = at_once
        self._a_second = a_second
        self._left = at_once
        self._at: float | None = None

    def spend(self, cost: float, now: float) -> float:
        """Take cost out, into debt if need be; returns the seconds until nothing is owed, mostly 0."""
        if self._at is not None:
            self._left = min(self._at_once, self._left + (now - self._at) * self._a_second)
        self._at = now
        self._left -= cost
        return max(0.0, -self._left / self._a_second)

    @property
    def spent(self) -> float:
        """What a full bucket has more, as of the last spend()."""
        return self._at_once - self._left
