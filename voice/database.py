"""The bridge from the event loop to the ORM: one small bounded executor for all calls.

Django's own database_sync_to_async runs everything on a single thread, so that one slow query
would hold up every caller.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

THREADS = 8
_executor = ThreadPoolExecutor(THREADS, thread_name_prefix="orm")


async def in_database(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Run a synchronous domain function in a thread with its own connection, given back after.

    Cancelling the awaiting task does not stop a function that has begun.
    """

    def run() -> Result:
        close_old_connections()
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_executor, run)
