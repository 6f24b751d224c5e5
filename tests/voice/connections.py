"""Database connections that outlive a query, for tests that hold hundreds of calls.

The suite has no pool, so that each look into the database opens a connection of its own: that takes
longer than whatever is looked for.
"""

from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from threading import Barrier

from django.db import connection, connections

from voice.database import THREADS, begin_in_database

CLOSE_SECONDS = 10.0


@contextmanager
def kept_connections() -> Iterator[None]:
    """Inside, each of the calls' threads keeps its connection; after, none does."""
    settings = connections.settings["default"]
    before, settings["CONN_MAX_AGE"] = settings["CONN_MAX_AGE"], None
    try:
        yield
    finally:
        settings["CONN_MAX_AGE"] = before
        everybody = Barrier(THREADS)  # so that no thread closes twice, and none is left out

        def close() -> None:
            everybody.wait(CLOSE_SECONDS)
            connection.close()

        wait([begin_in_database(close) for _ in range(THREADS)], CLOSE_SECONDS)
