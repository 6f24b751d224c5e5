"""A connection that is given up when patience has run out (crm/patience.py), and a pool that lost one."""

import time
from typing import Any, TypeVar

import psycopg
from django.db.backends.postgresql import base
from psycopg.abc import PQGen

from crm.patience import seconds_left

Result = TypeVar("Result")
LEAST_SECONDS = 0.001


class Connection(psycopg.Connection[Any]):
    _drained_at = 0.0  # monotonic, of the process's pool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._made_at = time.monotonic()

    def wait(self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None) -> Result:
        """Every answer of the server is waited for here."""
        left = seconds_left()
        is_patient = left is None or (timeout is not None and timeout < left)
        try:
            return super().wait(gen, interval, timeout if is_patient else max(left or 0, LEAST_SECONDS))
        except psycopg.OperationalError:
            if self.broken:
                self._give_up_the_others()
            if is_patient or not _is_over():
                raise
            # What comes of it nobody can tell any more, and an answer might still come.
            self.close()
            raise psycopg.OperationalError("PostgreSQL did not answer in time") from None

    def _give_up_the_others(self) -> None:
        """A server that ended this connection has ended the pool's others too, most likely: all made anew.

        Else each is found out by somebody who asks next, and the pool makes them wait longer for each.
        """
        pool = getattr(self, "_pool", None)  # only what a pool has made has one
        if pool is not None and self._made_at > Connection._drained_at:
            Connection._drained_at = time.monotonic()
            pool.drain()


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
