"""What a request changed in the database: asked of the rows, not of the code."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

# A lock ("for update") writes nothing, nor does what follows "on conflict do".
WRITES = re.compile(r'(?:INSERT INTO|(?<!FOR )(?<!KEY )(?<!DO )UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)
# Log-ins themselves, and the staff site's list of who did what.
BESIDES = {"django_session", "django_admin_log"}


@contextmanager
def written_tables() -> Iterator[set[str]]:
    """The tables that statements wrote to meanwhile, whatever became of the rows."""
    written: set[str] = set()

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        written.update(WRITES.findall(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield written
    written -= BESIDES


def contents(table: str) -> str:
    """A word that is another one when any row of the table is."""
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(table)
        cursor.execute(f"SELECT md5(string_agg(row::text, ' ' ORDER BY row::text)) FROM {name} AS row")  # noqa: S608
        return str(cursor.fetchone()[0])


class Baseline:
    """The database as it is now; every request is compared with it, and undone by whoever asked."""

    def __init__(self) -> None:
        self.now = {table: contents(table) for table in connection.introspection.table_names()}

    def changed(self, written: set[str]) -> set[str]:
        """Of the tables that were written to, those that hold other rows than then."""
        return {table for table in written if contents(table) != self.now[table]}
