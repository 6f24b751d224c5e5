"""A connection that is given up when patience has run out. See crm/patience.py."""

from typing import Any, TypeVar

import psycopg
from django.db.backends.postgresql import base
from psycopg.abc import PQGen

from crm.patience import seconds_left

Result = TypeVar("Result")
LEAST_SECONDS = 0.001


class Connection(psycopg.Connection[Any]):
    def wait(self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None) -> Result:
        """Every answer of the server is waited for here."""
        left = seconds_left()
        if left is None or (timeout is not None and timeout < left):
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, max(left, LEAST_SECONDS))
        except psycopg.OperationalError:
            if not _is_over():
                raise
            # What comes of it nobody can tell any more, and an answer might still come.
            self.close()
            raise psycopg.OperationalError("PostgreSQL did not answer in time") from None


def _is_over() -> bool:
    left = seconds_left()
    return left is not None and left <= 0


class _Driver:
    """psycopg, with our connections."""

    connect = staticmethod(Connection.connect)

    def __getattr__(self, name: str) -> Any:
        return getattr(psycopg, name)


class DatabaseWrapper(base.DatabaseWrapper):
    Database = _Driver()  # type: ignore[assignment]  # a module, to all who use it

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
        if pool := settings_dict["OPTIONS"].get("pool"):
            pool.setdefault("connection_class", Connection)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if _is_over():
            raise psycopg.OperationalError("There is no time left to connect to PostgreSQL")
        return super().get_new_connection(conn_params)
