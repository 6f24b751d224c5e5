"""A clock that moves only when everybody waits for it: a telephone call of three minutes in milliseconds.

    @pytest.mark.virtual_time                  or in a module's pytestmark
    async def test_…

Such a test and the desk in it run on an event loop of their own. Its time stands still as long as
anybody has something to do, and jumps to the next timer when nobody has. time.monotonic() tells the
same time, in every thread, so that the desk's own limits hold and need not be shortened for a test.
The wall clock goes on as ever.

Work in threads (the database, Redis, asyncio.to_thread: whatever a ThreadPoolExecutor does) takes no
time at all: the clock waits for it. Where the test itself keeps a thread from ending, it says so:
`with held_up():`.

Nobody can know whether a socket is waited for or merely open, so this loop opens none: the desk's
providers are handwritten here (tests/fakes.py), its stores are reached by threads.

It never hangs: with no timer and no thread left to wait for the test fails, and says who waits where.
"""

import asyncio
import selectors
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
THREAD_SECONDS = 60.0  # of real time: longer than a busy machine keeps anybody waiting
submit = ThreadPoolExecutor.submit


class Standstill(Exception):
    """Everybody waits, and nothing will ever happen. Says for what."""


@contextmanager
def held_up(threads: int = 1) -> Iterator[None]:
    """So many threads cannot go on before the test lets them: time passes beside them. Else no effect.

    Let them go on only after this block, or time might still pass while they work.
    """
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        yield
        return
    loop.held_up += threads
    try:
        yield
    finally:
        loop.held_up -= threads


class VirtualLoop(asyncio.SelectorEventLoop):
    """See above. Starts at zero, so that a test runs alike every time."""

    def __init__(self) -> None:
        self.held_up = 0
        self._now = 0.0
        self._working = 0  # threads
        self._lock = threading.Lock()
        self._opens_sockets = True  # one pair, by which threads wake the loop
        super().__init__(_Selector(self._wait))
        self._opens_sockets = False

    def time(self) -> float:
        return self._now

    def run_forever(self) -> None:
        with (
            mock.patch("time.monotonic", self.time),
            mock.patch.object(
                ThreadPoolExecutor,
                "submit",
                lambda executor, function, /, *args, **kwargs: self._submit(executor, function, args, kwargs),
            ),
        ):
            super().run_forever()

    # --- time -----------------------------------------------------------------------------

    def _wait(self, select: "Select", seconds: float | None) -> list[Any]:
        """Nobody has anything to do for so many seconds (None: for ever)."""
        if self._working > self.held_up:
            if woken := select(THREAD_SECONDS):
                return woken
            raise Standstill(f"A thread has not ended within {THREAD_SECONDS:.0f} s.\n{self._who_waits()}")
        if seconds is None:
            raise Standstill(f"Everybody waits, and nothing is left to wait for.\n{self._who_waits()}")
        self._now += seconds
        return []

    def _who_waits(self) -> str:
        return "\n".join(f"  {task.get_name()}: {_place(task)}" for task in asyncio.all_tasks(self))

    # --- threads --------------------------------------------------------------------------

    def _submit(
        self, executor: ThreadPoolExecutor, function: Callable[..., Any], args: Any, kwargs: Any
    ) -> Future[Any]:
        """As the executor's own, but its end is counted only when whoever waits for it was told."""
        told: Future[Any] = Future()

        def work() -> None:
            try:
                if told.set_running_or_notify_cancel():
                    told.set_result(function(*args, **kwargs))
            except BaseException as error:
                told.set_exception(error)
            finally:
                with suppress(RuntimeError):  # the test is over
                    self.call_soon_threadsafe(self._count, -1)

        self._count(1)
        submit(executor, work)
        return told

    async def shutdown_default_executor(self, *args: Any) -> None:
        """It waits in a thread of no executor."""
        self._count(1)
        try:
            await super().shutdown_default_executor(*args)
        finally:
            self._count(-1)

    def _count(self, threads: int) -> None:
        with self._lock:
            self._working += threads

    # --- sockets --------------------------------------------------------------------------

    def _add_reader(self, *args: Any) -> Any:
        self._refuse_sockets()
        return super()._add_reader(*args)  # type: ignore[misc]

    def _add_writer(self, *args: Any) -> Any:
        self._refuse_sockets()
        return super()._add_writer(*args)  # type: ignore[misc]

    def _refuse_sockets(self) -> None:
        if not self._opens_sockets:
            raise RuntimeError("A test on the virtual clock opens no sockets: see tests/virtual.py.")


Select = Callable[[float], list[Any]]


class _Selector(selectors.DefaultSelector):
    def __init__(self, wait: Callable[[Select, float | None], list[Any]]) -> None:
        super().__init__()
        self._wait = wait

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        return self._wait(super().select, timeout)


def _place(task: asyncio.Task[Any]) -> str:
    """The line of ours on which the task waits."""
    waiting: Any = task.get_coro()
    place = "somewhere"
    while waiting is not None:
        frame = getattr(waiting, "cr_frame", None) or getattr(waiting, "ag_frame", None)
        if frame and Path(frame.f_code.co_filename).is_relative_to(ROOT):
            file = Path(frame.f_code.co_filename).relative_to(ROOT)
            place = f"{file}:{frame.f_lineno}, {frame.f_code.co_name}"
        waiting = getattr(waiting, "cr_await", None) or getattr(waiting, "ag_await", None)
    return place
