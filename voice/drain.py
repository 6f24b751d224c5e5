"""Leaving without cutting a call: a process that is to end takes no new calls and waits for its own.

SIGTERM starts it (dealership/serve.py): /ready answers 503, so that the load balancer sends calls
elsewhere; one that arrives all the same is connected to the service desk.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_is_draining = False
_calls = 0
_empty: set[asyncio.Event] = set()


def begin() -> None:
    global _is_draining
    _is_draining = True


def is_draining() -> bool:
    return _is_draining


@contextmanager
def live_call() -> Iterator[None]:
    """Wrap a call's media stream: it is waited for. Event loop only."""
    global _calls
    _calls += 1
    try:
        yield
    finally:
        _calls -= 1
        if not _calls:
            for event in _empty:
                event.set()


async def until_empty(seconds: float) -> bool:
    """Wait for the last live call, at most so long; whether none is left."""
    event = asyncio.Event()
    _empty.add(event)
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while _calls:
                    event.clear()
                    await event.wait()
    finally:
        _empty.discard(event)
    return not _calls
