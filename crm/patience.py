"""How long this thread may wait for PostgreSQL, where somebody is on the telephone meanwhile.

    with patience(2.0):
        ...                  every statement in here together; then OperationalError

PostgreSQL's own limits (statement_timeout, lock_timeout) are kept by a server that is alive. One that
is frozen, or behind a network that lost it, keeps whoever asks it for ever: crm/postgresql ends that.
Where no patience was set, for migrations, tasks and the staff's pages, it waits as long as it takes.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Wait no longer than so many seconds from now, nor than is allowed already."""
    deadline = time.monotonic() + seconds
    allowed = _deadline.get()
    token = _deadline.set(deadline if allowed is None else min(allowed, deadline))
    try:
        yield
    finally:
        _deadline.reset(token)


def seconds_left() -> float | None:
    """Below zero when patience has run out; None when there is no end to it."""
    deadline = _deadline.get()
    return None if deadline is None else deadline - time.monotonic()
