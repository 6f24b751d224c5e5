"""The bridge from the event loop to the ORM: one small bounded executor for all calls.

Django's own database_sync_to_async runs everything on a single thread, so that one slow query
would hold up every caller.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections

from crm.patience import patience

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

THREADS = 8
# Less than a tool may take, and more than a writer waits for the store's days.
ANSWER_SECONDS = 6.0
PAUSE_SECONDS = 0.5  # between two attempts while the database is away
_executor = ThreadPoolExecutor(THREADS, thread_name_prefix="orm")


async def in_database(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Run a synchronous domain function in a thread with its own connection, given back after.

    Cancelling the awaiting task does not stop a function that has begun. Raises OperationalError when
    the database has not answered within ANSWER_SECONDS: a frozen server must not keep the few threads.
    """
    return await asyncio.wrap_future(begin_in_database(function, *args, **kwargs))


async def in_database_at_last(
    seconds: float,
    function: Callable[Arguments, Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """The same for what must not be lost: tried again for so many seconds while the database is away.

    An attempt whose answer was lost may have succeeded, so function must bear to be run twice.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            return await in_database(function, *args, **kwargs)
        except (OperationalError, InterfaceError):
            if time.monotonic() > until:
                raise
        await asyncio.sleep(PAUSE_SECONDS)


def begin_in_database(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> "Future[Result]":
    """Like in_database, for whoever wants to take it back before it has begun."""

    def run() -> Result:
        close_old_connections()
        try:
            with patience(ANSWER_SECONDS):
                return function(*args, **kwargs)
        finally:
            close_old_connections()

    return _executor.submit(run)
