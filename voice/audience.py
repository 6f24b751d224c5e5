"""The sound of a running call for those of the staff who listen in, through Redis: fire and forget.

A listener (voice/listening_in.py) subscribes to the call's channel, and that is all there is of them: once a
second a process asks Redis, in one question, which of its calls' channels have subscribers. A call
that nobody listens to gathers nothing. What Redis does not take in time is lost to the listeners and
to nobody else. Plain Redis, not the channel layer, whose queues are not made for sound.
"""

import asyncio
import logging
import time
from contextlib import suppress
from types import TracebackType

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from voice.models import Call
from voice.ports import LineCommand
from voice.tracks import Tracks

log = logging.getLogger(__name__)

ASKED_EVERY_SECONDS = 1.0
ANSWER_SECONDS = 1.0
PAUSE_SECONDS = 5.0  # without Redis
PIECE_SECONDS = 0.2
OVER = b""  # in place of sound: the call's process has left it


def channel_of(call_id: int) -> str:
    """Where the sound of a call is told."""
    return f"sound.{call_id}"


def connect() -> Redis:
    """A client of this event loop; use it with `async with`. Each step takes ANSWER_SECONDS at most."""
    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        driver_info=None,
    )


async def count(redis: Redis, *call_ids: int) -> dict[int, int]:
    """How many listen to each of these calls. Raises what Redis and its client raise."""
    numbers = await redis.pubsub_numsub(*(channel_of(call_id) for call_id in call_ids))
    return {call_id: int(number) for call_id, (_, number) in zip(call_ids, numbers, strict=True)}


class Audience:
    """Whoever listens to a call. Use: `async with Audience(call) as audience`.

    Then, while is_there, tell it what is heard: from the event loop, at once, never raising.
    """

    def __init__(self, call: Call) -> None:
        self.is_there = False
        self.call_id = call.pk
        # Else the caller was not told that anybody but the desk may hear them.
        self._may_be = call.rooftop.records_calls
        self._tracks = Tracks()
        self._began = 0.0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Audience":
        if self._may_be:
            _roll.enter(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        was_there = self.is_there
        _roll.leave(self)
        self.end()
        if was_there:
            with suppress(Exception):
                async with connect() as redis:
                    await redis.publish(channel_of(self.call_id), OVER)

    def hear_caller(self, mulaw: bytes) -> None:
        self._tracks.hear_caller(mulaw, self._now())

    def hear_desk(self, command: LineCommand, ahead: int) -> None:
        """ahead: bytes that the caller has not heard yet, the command's own among them."""
        self._tracks.hear_desk(command, ahead, self._now())

    def begin(self, redis: Redis) -> None:
        """Somebody listens."""
        if self.is_there:
            return
        self._tracks, self._began, self.is_there = Tracks(), time.monotonic(), True
        self._task = asyncio.create_task(self._publish(redis), name="audience")

    def end(self) -> None:
        """Nobody does."""
        self.is_there = False
        if self._task:
            self._task.cancel()
            self._task = None

    async def _publish(self, redis: Redis) -> None:
        """Until nobody takes it, or Redis does not."""
        try:
            while self.is_there:
                await asyncio.sleep(PIECE_SECONDS)
                for piece in self._tracks.pieces(self._now()):
                    if not await redis.publish(channel_of(self.call_id), piece):
                        self.is_there = False
        except Exception as error:  # whatever Redis and its client raise
            self.is_there = False
            log.info("call %s: its sound is lost: %s", self.call_id, type(error).__name__)

    def _now(self) -> float:
        return time.monotonic() - self._began


class _Roll:
    """This process's calls that may be listened to, and who asks whether somebody does."""

    def __init__(self) -> None:
        self._calls: set[Audience] = set()
        self._asking: asyncio.Task[None] | None = None

    def enter(self, audience: Audience) -> None:
        self._calls.add(audience)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_again(), name="audiences")

    def leave(self, audience: Audience) -> None:
        self._calls.discard(audience)
        if self._asking and not self._calls:
            self._asking.cancel()
            self._asking = None

    async def _ask_again(self) -> None:
        async with connect() as redis:
            while True:
                await asyncio.sleep(ASKED_EVERY_SECONDS if await self._ask(redis) else PAUSE_SECONDS)

    async def _ask(self, redis: Redis) -> bool:
        """Begin and end what is to be; whether Redis answered."""
        calls = list(self._calls)
        try:
            numbers = await count(redis, *(each.call_id for each in calls))
        except Exception as error:  # whatever Redis and its client raise
            log.info("nobody can listen to calls now: %s", type(error).__name__)
            numbers = {}
        for each in calls:
            if numbers.get(each.call_id) and each in self._calls:
                each.begin(redis)
            else:
                each.end()
        return bool(numbers)


_roll = _Roll()
