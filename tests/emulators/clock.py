"""The clocks an emulated telephone line may run on, in seconds."""

import asyncio
import heapq
from itertools import count
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float: ...

    async def sleep_until(self, moment: float) -> None: ...


class RealClock:
    """Time as it passes, or speed times as fast."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed

    def now(self) -> float:
        return asyncio.get_running_loop().time() * self._speed

    async def sleep_until(self, moment: float) -> None:
        await asyncio.sleep(max(0.0, moment - self.now()) / self._speed)


class ManualClock:
    """Time that passes only when a test says `await clock.advance(1.5)`."""

    def __init__(self) -> None:
        self._now = 0.0
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now

    async def sleep_until(self, moment: float) -> None:
        if moment <= self._now:
            return
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (moment, next(self._order), waking))
        await waking

    async def advance(self, seconds: float) -> None:
        """Wake everyone due until then, in order, each before the next."""
        until = self._now + seconds
        await _let_others_run()
        while self._sleepers and self._sleepers[0][0] <= until + 1e-9:
            self._now, _, waking = heapq.heappop(self._sleepers)
            if not waking.done():
                waking.set_result(None)
                await _let_others_run()
        self._now = until


async def _let_others_run() -> None:
    """Whoever was woken does its work and sleeps again within a few rounds of the loop."""
    for _ in range(8):
        await asyncio.sleep(0)
