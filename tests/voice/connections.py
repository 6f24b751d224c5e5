"""Database connections that outlive a query, for tests that hold hundreds of calls.

The suite has no pool, so that each look into the database opens a connection of its own: that takes
longer than whatever is looked for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


@contextmanager
def kept_connections() -> Iterator[None]:
    """Inside, each of the calls' threads keeps its connection; after, none does.

    Nothing may be under way at the end: the connections are closed from this thread.
    """
    opened: list[BaseDatabaseWrapper] = []

    def note(sender: type, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
        opened.append(connection)

    settings = connections.settings["default"]
    before, settings["CONN_MAX_AGE"] = settings["CONN_MAX_AGE"], None
    connection_created.connect(note)
    try:
        yield
    finally:
        connection_created.disconnect(note)
        settings["CONN_MAX_AGE"] = before
        for connection in opened:
            if connection.connection is not None and connection is not connections["default"]:
                connection.inc_thread_sharing()
                connection.close()
                connection.dec_thread_sharing()
