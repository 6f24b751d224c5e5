"""Shows that a call's part leaves nothing running."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def nothing_left_running(within: float = 1.0) -> AsyncIterator[None]:
    """Every task that the block started ends within so many seconds after it.

    The emulators' own connection handlers do not count.
    """
    before = asyncio.all_tasks()
    yield
    started = {task for task in asyncio.all_tasks() - before if not _is_an_emulators(task)}
    if started:
        await asyncio.wait(started, timeout=within)
    left = [task for task in started if not task.done()]
    assert not left, left


def _is_an_emulators(task: "asyncio.Task[object]") -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    where = code.co_filename if code else ""
    return "/tests/emulators/" in where or "/aiohttp/" in where
