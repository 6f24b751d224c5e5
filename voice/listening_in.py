"""Listening in on a running call: both sides are played in a page of the staff site, and nobody hears that.

For those who may hear recordings, where the caller was told that calls are recorded and did not
refuse. Both are asked for again while it lasts, as voice/watching.py does; that it began is kept. The
sound comes from voice/audience.py.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from crm.rights import rooftops_of
from voice import audience, watching
from voice.line import Message
from voice.models import Call, RecordingAccess
from voice.progress import OVER
from voice.recordings import why_nobody_may_hear

log = logging.getLogger(__name__)

MAY_LISTEN = ("voice.view_call", "voice.hear_recording")
MOST_LISTENERS = 3  # to one call
NOT_THIS_CALL = 4409  # close codes; the page knows them
CALL_IS_OVER = 4410
FULL = 4429


def is_over(call: Call) -> bool:
    """Has the desk left the line, or the caller?"""
    return bool(call.ended_at) or call.stream_opened_at is None or call.carrier_status in OVER


def hindrance(call: Call) -> str:
    """Why nobody can listen to this call; "" when somebody can who may."""
    return "The call is over." if is_over(call) else why_nobody_may_hear(call)


class Listener(watching.LivePage):
    """Plays one call to one page. A piece of sound is as in voice/tracks.py."""

    def __init__(
        self,
        key: str,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
        call_id: int,
    ) -> None:
        super().__init__(key, receive, send)
        self._call_id = call_id
        self._user_id: int | None = None

    async def run(self) -> None:
        """Whoever may hear no call of this store is refused before the socket opens."""
        try:
            async with asyncio.timeout(watching.OPEN_SECONDS):
                code = await self.check()
        except Exception as error:  # the database's
            log.info("nobody can listen to calls now: %s", type(error).__name__)
            code = watching.TRY_LATER
        if code not in (watching.NO_RIGHT, watching.TRY_LATER):
            await self.accept()
            code = code or await self.serve(self._play())
        await self.close(code)

    async def look(self) -> int:
        self._user_id, code = await watching.ask(_look, self._key, self._call_id)
        return code

    async def _play(self) -> int:
        async with audience.connect() as redis, redis.pubsub() as sound:
            await self._subscribe(sound)
            if not await self._has_place(redis):
                return FULL
            await watching.ask(
                RecordingAccess.objects.create, live_call_id=self._call_id, user_id=self._user_id
            )
            return await self._forward(sound)

    async def _subscribe(self, sound: PubSub) -> None:
        await sound.subscribe(audience.channel_of(self._call_id))
        if await sound.get_message(timeout=audience.ANSWER_SECONDS) is None:
            raise TimeoutError

    async def _has_place(self, redis: Redis) -> bool:
        numbers = await audience.count(redis, self._call_id)
        return numbers[self._call_id] <= MOST_LISTENERS  # this one counts already

    async def _forward(self, sound: PubSub) -> int:
        while True:
            message = await sound.get_message(ignore_subscribe_messages=True, timeout=None)
            piece = message["data"] if message else audience.OVER
            code = await (self.check_unless_fresh() if piece else self.check())
            if code:
                return code
            if piece:
                await self.tell(bytes=piece)


def _look(key: str, call_id: int) -> tuple[int | None, int]:
    """(who asks, 0 or the code with which their page is closed)."""
    user = watching.person(key)
    if user is None or not user.has_perms(MAY_LISTEN):
        return None, watching.NO_RIGHT
    call = Call.objects.filter(pk=call_id, rooftop__in=rooftops_of(user)).select_related("rooftop").first()
    if call is None:
        return None, watching.NO_RIGHT
    if is_over(call):
        return user.pk, CALL_IS_OVER
    return user.pk, NOT_THIS_CALL if why_nobody_may_hear(call) else 0
