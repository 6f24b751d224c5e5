"""Do 50 threads at once all get a database connection, and are all given back, also after an error?"""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import DatabaseError, connection, transaction

from dealership.bench.figures import NONE, Figure, milliseconds
from voice.database import in_database

TAKERS = 50
EVERY_NTH_FAILS = 5
PATIENCE_SECONDS = 10.0  # a server ends a closed connection a moment later


async def measure(*, rounds: int) -> list[Figure]:
    return await in_database(_measure, rounds)


def _measure(rounds: int) -> list[Figure]:
    took: list[float] = []
    kept: list[float] = []
    for _ in range(rounds):
        before = _out()
        together = Barrier(TAKERS)

        def take(number: int, together: Barrier = together) -> float:
            together.wait()
            return milliseconds(lambda: _take(number))

        with ThreadPoolExecutor(TAKERS) as threads:
            took += threads.map(take, range(TAKERS))
        kept.append(float(_left_out(before)))
    what = f"{TAKERS} threads at once, each {EVERY_NTH_FAILS}th fails in a transaction"
    return [
        Figure("connection taken, used and given back", "ms", took, what),
        Figure("connections not given back", "", kept, f"{TAKERS} takers", NONE),
    ]


def _take(number: int) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            if number % EVERY_NTH_FAILS == 0:
                cursor.execute("SELECT no_such_column")
    except DatabaseError:
        pass
    finally:
        connection.close()  # as every request and voice.database do at their end


def _left_out(before: int) -> int:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (more := _out() - before) > 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    return max(0, more)


def _out() -> int:
    """Connections taken from this process's pool; without a pool all that are open."""
    pool: Any = getattr(connection, "pool", None)  # a property only PostgreSQL's connections have
    if pool:
        connection.ensure_connection()
        stats = pool.get_stats()
        return int(stats["pool_size"] - stats["pool_available"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])
