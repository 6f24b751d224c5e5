"""Watching running calls: who may, asked again and again while they do, and what they are told.

The words come from voice/captions.py. Without Redis there is nothing to watch; calls go on. Whoever
also wants to hear a call is served by voice/listening_in.py, by the same rules.
"""

import asyncio
import json
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import User
from django.db import close_old_connections
from django.http import HttpRequest

from crm.patience import patience
from crm.rights import rooftops_of
from voice.captions import group_of
from voice.line import Message

log = logging.getLogger(__name__)

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

NO_RIGHT = 4403  # close codes; the page knows them
TRY_LATER = 1013
MAY_WATCH = "voice.view_call"
ANSWER_SECONDS = 2.0
OPEN_SECONDS = 3.0
CHECKED_EVERY_SECONDS = 3.0
FRESH_SECONDS = 1.0  # nothing is told on an older answer
SEND_SECONDS = 5.0  # a page that takes longer is gone
MOST_WATCHERS = 50  # of one process, those who listen among them
# Not those in which calls ask their questions: a crowd of watchers keeps no caller waiting.
_executor = ThreadPoolExecutor(2, thread_name_prefix="watch")


@dataclass(frozen=True, slots=True)
class Rights:
    """The stores whose calls somebody may watch; none: nobody, or not any more."""

    rooftops: frozenset[int] = frozenset()


def is_from_here(scope: dict[str, Any]) -> bool:
    """Does one of our own pages ask? A browser tells the origin; whoever tells none is no page."""
    headers = dict(scope["headers"])
    origin = urlsplit(headers.get(b"origin", b"").decode("latin-1")).netloc
    ours = (headers.get(b"host", b"").decode("latin-1"), urlsplit(settings.PUBLIC_BASE_URL).netloc)
    return bool(origin) and origin in ours


def session_key(scope: dict[str, Any]) -> str:
    """The log-in that the socket was opened with; "" without one."""
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(dict(scope["headers"]).get(b"cookie", b"").decode("latin-1"))
    except CookieError:
        return ""
    found = cookies.get(settings.SESSION_COOKIE_NAME)
    return found.value if found else ""


async def ask(
    question: Callable[Arguments, Answer], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Answer:
    """Ask the database, in a thread of the watchers'. Raises DatabaseError within ANSWER_SECONDS or so."""

    def put() -> Answer:
        close_old_connections()
        try:
            with patience(ANSWER_SECONDS):
                return question(*args, **kwargs)
        finally:
            close_old_connections()

    return await sync_to_async(put, thread_sensitive=False, executor=_executor)()


def person(key: str) -> User | None:
    """Whose log-in this is. Logged out, expired, with a new password, deactivated: each is nobody's."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = auth.get_user(request)
    return user if isinstance(user, User) and user.is_active and user.is_staff else None


def rights_of(key: str) -> Rights:
    """What this log-in may watch now."""
    user = person(key)
    if user is None or not user.has_perm(MAY_WATCH):
        return Rights()
    return Rights(frozenset(rooftops_of(user).values_list("pk", flat=True)))


class LivePage(ABC):
    """An open page that is told of running calls until it leaves or may not be told any more."""

    def __init__(
        self, key: str, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ):
        self._key = key
        self._receive = receive
        self._send = send
        self._checked_at = 0.0

    @abstractmethod
    async def run(self) -> None:
        """Open the socket, or refuse it, and serve it to its end."""

    @abstractmethod
    async def look(self) -> int:
        """Ask the database now: 0, or the code with which the page is closed. Raises DatabaseError."""

    async def check(self) -> int:
        code = await self.look()
        self._checked_at = time.monotonic()
        return code

    async def check_unless_fresh(self) -> int:
        """Before each thing that is told."""
        is_old = time.monotonic() - self._checked_at > FRESH_SECONDS
        return await self.check() if is_old else 0

    async def serve(self, job: Coroutine[Any, Any, int]) -> int:
        """Do the job while it lasts and the page may; what the socket is closed with."""
        jobs = (job, self._check_again(), self._until_gone())
        tasks = [asyncio.create_task(each, name="watch") for each in jobs]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            task = done.pop()
            return TRY_LATER if task.exception() else task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=SEND_SECONDS)

    async def tell(self, **content: str | bytes) -> None:
        async with asyncio.timeout(SEND_SECONDS):
            await self._send({"type": "websocket.send", **content})

    async def close(self, code: int) -> None:
        with suppress(OSError, RuntimeError, TimeoutError):
            async with asyncio.timeout(SEND_SECONDS):
                await self._send({"type": "websocket.close", "code": code})

    async def accept(self) -> None:
        await self._send({"type": "websocket.accept"})

    async def _check_again(self) -> int:
        while True:
            await asyncio.sleep(CHECKED_EVERY_SECONDS)
            if code := await self.check():
                return code

    async def _until_gone(self) -> int:
        """A page has nothing to say: whatever comes ends it."""
        await self._receive()
        return 1000


class Watcher(LivePage):
    """Tells the words of its stores' calls."""

    _rights = Rights()

    async def run(self) -> None:
        """Until either side leaves. Whoever may not is refused before the socket opens."""
        layer = get_channel_layer()
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                if code := await self.check():
                    return await self.close(code)
                channel = await layer.new_channel()
                for rooftop in self._rights.rooftops:
                    await layer.group_add(group_of(rooftop), channel)
        except Exception as error:  # the database's, Redis's, its client's
            log.info("nobody can watch calls now: %s", type(error).__name__)
            return await self.close(TRY_LATER)
        try:
            await self.accept()
            await self.close(await self.serve(self._forward(layer, channel)))
        finally:
            await self._leave(layer, channel)

    async def look(self) -> int:
        self._rights = await ask(rights_of, self._key)
        return 0 if self._rights.rooftops else NO_RIGHT

    async def _forward(self, layer: Any, channel: str) -> int:
        while True:
            message = await layer.receive(channel)
            if code := await self.check_unless_fresh():
                return code
            if message["rooftop"] in self._rights.rooftops:
                await self.tell(text=json.dumps({"call": message["call"], "news": message["news"]}))

    async def _leave(self, layer: Any, channel: str) -> None:
        with suppress(Exception):
            async with asyncio.timeout(SEND_SECONDS):
                for rooftop in self._rights.rooftops:
                    await layer.group_discard(group_of(rooftop), channel)


_watchers = 0


@contextmanager
def place() -> Iterator[bool]:
    """Room for one more watcher, while there is some. Event loop only."""
    global _watchers
    if _watchers >= MOST_WATCHERS:
        yield False
        return
    _watchers += 1
    try:
        yield True
    finally:
        _watchers -= 1
