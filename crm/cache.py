"""A small cache in Redis that can only help: down, slow or full of garbage, it is merely empty.

Callers wait for people's answers on the telephone, so Redis gets CACHE_ANSWER_SECONDS (0.02) for each step. A first
read takes four steps at most (connect, AUTH, SELECT, read) and a write one more: 0.1 s together. After
a failure this process leaves Redis alone for PAUSE_SECONDS.

Django's own cache is not used here: it pickles, so that whoever writes to Redis runs code in our
processes, and its time limit is meant for pages.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TypeVar

import redis
from django.conf import settings
from django.utils.crypto import salted_hmac
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

PAUSE_SECONDS = 3.0
LARGEST_BYTES = 64 * 1024
FAILURES = (redis.RedisError, OSError, ValueError)  # ValueError: what answers does not speak Redis


@dataclass(slots=True)
class Server:
    client: redis.Redis
    paused_until: float = 0.0  # by time.monotonic()

    def fail(self, error: Exception) -> None:
        self.paused_until = time.monotonic() + PAUSE_SECONDS
        log.warning("Redis failed (%s): doing without for %.0f s", type(error).__name__, PAUSE_SECONDS)

    @property
    def is_paused(self) -> bool:
        return time.monotonic() < self.paused_until

    def ask(self, question: Callable[[redis.Redis], Answer]) -> Answer | None:
        """What Redis answers; None when it is not at hand."""
        if self.is_paused:
            return None
        try:
            return question(self.client)
        except FAILURES as error:
            self.fail(error)
            return None


def key(kind: str, *parts: object) -> str:
    """A key that tells nobody what it was made of: telephone numbers could be guessed from a plain hash."""
    secret = salted_hmac("crm.cache", repr(parts), algorithm="sha256").hexdigest()
    return f"{kind}:{secret}"


def read(name: str) -> bytes | None:
    """What was written under this key, if Redis has it at hand. Check it: it may be garbage."""
    at_hand = server(settings.REDIS_URL, settings.CACHE_ANSWER_SECONDS)
    if at_hand.is_paused:
        return None
    try:
        # Not GET: whatever somebody has put there, no more than this comes over the wire.
        found = at_hand.client.getrange(name, 0, LARGEST_BYTES)
    except redis.ResponseError as error:
        if str(error).startswith("WRONGTYPE"):
            return None
        at_hand.fail(error)
        return None
    except FAILURES as error:
        at_hand.fail(error)
        return None
    return found if isinstance(found, bytes) and 0 < len(found) <= LARGEST_BYTES else None


def write(name: str, value: bytes, lifetime: timedelta) -> None:
    """Keep value, if Redis is at hand."""
    at_hand = server(settings.REDIS_URL, settings.CACHE_ANSWER_SECONDS)
    if at_hand.is_paused or len(value) > LARGEST_BYTES:
        return
    try:
        at_hand.client.set(name, value, ex=lifetime)
    except FAILURES as error:
        at_hand.fail(error)


def start_afresh() -> None:
    """Forget connections and failures."""
    server.cache_clear()


@cache
def server(url: str, answer_seconds: float) -> Server:
    """One pool of connections and one memory of failures per address and process."""
    client = redis.Redis.from_url(
        url,
        socket_timeout=answer_seconds,
        socket_connect_timeout=answer_seconds,
        retry=Retry(NoBackoff(), 0),
        # Without these the handshake has three steps more.
        protocol=2,
        driver_info=None,
    )
    return Server(client)
