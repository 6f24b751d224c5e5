"""The virtual clock itself: what takes time on it, and what does not."""

import asyncio
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests import virtual
from tests.virtual import Standstill, VirtualLoop, held_up

pytestmark = pytest.mark.virtual_time


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_hours_pass_at_once_and_in_order() -> None:
    began, log = time.perf_counter(), []

    async def wait(seconds: float) -> None:
        await asyncio.sleep(seconds)
        log.append(now())

    await asyncio.gather(wait(7200), wait(0.02), wait(60))
    assert log == [0.02, 60, 7200]
    assert time.monotonic() == 7200
    assert time.perf_counter() - began < 1


async def test_a_limit_is_kept_to_the_moment() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(8):
            await asyncio.Event().wait()
    assert now() == 8


async def test_work_in_a_thread_takes_no_time() -> None:
    """Neither a limit on it nor anybody's timer goes off meanwhile."""
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.001)
            ticks += 1

    ticking = asyncio.create_task(tick())
    async with asyncio.timeout(0.01):
        told = await asyncio.to_thread(work_for_a_while)
    ticking.cancel()
    assert (told, now(), ticks) == (0.0, 0.0, 0)


def work_for_a_while() -> float:
    time.sleep(0.05)
    return time.monotonic()


async def test_whoever_waits_for_a_thread_is_told_before_time_goes_on() -> None:
    with ThreadPoolExecutor(4) as executor:
        for number in range(300):
            async with asyncio.timeout(0.01):
                assert await asyncio.wrap_future(executor.submit(abs, number)) == number
    assert now() == 0


async def test_an_error_in_a_thread_is_raised_and_cancelled_work_is_not_done() -> None:
    may_end = threading.Event()
    with ThreadPoolExecutor(1) as executor:
        first = executor.submit(may_end.wait, 5)
        second = executor.submit(pytest.fail)
        assert second.cancel()
        may_end.set()
        assert await asyncio.wrap_future(first)
        with pytest.raises(ZeroDivisionError):
            await asyncio.wrap_future(executor.submit(lambda: 1 / 0))
    await asyncio.sleep(1)  # the clock does not wait for the one that was never begun
    assert now() == 1


async def test_time_passes_beside_a_thread_that_the_test_holds_up() -> None:
    may_end = threading.Event()
    working = asyncio.create_task(asyncio.to_thread(may_end.wait, 5))
    with held_up():
        await asyncio.sleep(30)
        assert not working.done()
    may_end.set()
    await asyncio.wait_for(working, 0.01)
    assert now() == 30


async def test_a_socket_is_refused() -> None:
    with pytest.raises(RuntimeError, match="opens no sockets"):
        await asyncio.open_connection("127.0.0.1", 9)


def test_with_nothing_left_to_wait_for_it_fails_and_says_who_waits_where() -> None:
    async def deaf() -> None:
        await asyncio.Event().wait()

    async def waits_for_the_deaf() -> None:
        await asyncio.create_task(deaf(), name="the deaf")

    with pytest.raises(Standstill, match=r"nothing is left(.|\n)*the deaf: tests/test_virtual.py:\d+, deaf"):
        run(waits_for_the_deaf())


def test_with_a_thread_that_never_ends_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual, "THREAD_SECONDS", 0.05)
    may_end = threading.Event()
    with pytest.raises(Standstill, match="A thread has not ended"):
        run(asyncio.wait_for(asyncio.to_thread(may_end.wait, 5), 1))
    may_end.set()


def run(job: Coroutine[Any, Any, object]) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(job)
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.call_soon(loop.stop)
        loop.run_forever()
        loop.close()
