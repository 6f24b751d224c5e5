"""Write millions of rows: COPY into tables whose indexes and constraints come back afterwards."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Field, Model

NULL = r"\N"


class Table:
    """The rows of one model to be copied, in the columns that are named; the rest get their defaults.

    Values are written in PostgreSQL's text form and must hold no tab, newline or backslash.
    """

    def __init__(self, model: type[Model], *fields: str) -> None:
        self.name = model._meta.db_table
        given = [model._meta.get_field(field) for field in fields]
        others = [field for field in model._meta.concrete_fields if field not in given and field.name != "id"]
        columns = ", ".join(str(field.column) for field in (*given, *others) if isinstance(field, Field))
        self._copy = f'COPY "{self.name}" (id, {columns}) FROM STDIN'
        self._tail = "".join(f"\t{_default(field)}" for field in others) + "\n"
        self._rows: list[str] = []
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT coalesce(max(id), 0) + 1 FROM "{self.name}"')  # noqa: S608 — a model's
            self.next_id: int = cursor.fetchone()[0]

    def add(self, *values: object) -> int:
        """Take a row for the next write(); its id."""
        key = self.next_id
        self.next_id = key + 1
        self._rows.append(f"{key}\t" + "\t".join(map(str, values)) + self._tail)
        return key

    def write(self) -> None:
        if not self._rows:
            return
        with connection.cursor() as cursor:
            with cursor.copy(self._copy) as copy:
                for start in range(0, len(self._rows), 1000):
                    copy.write("".join(self._rows[start : start + 1000]))
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{self.name}', 'id'), %s)", [self.next_id])
        self._rows.clear()


def _default(field: Any) -> str:
    """A field's default in PostgreSQL's text form. Raises ValueError when it has none."""
    value = field.get_default()
    if value is None and not field.null:
        raise ValueError(f"{field} has no default: name it among the columns to write.")
    if value is None:
        return NULL
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, list):
        return "{" + ",".join(map(str, value)) + "}"
    return str(value)


@contextlib.contextmanager
def without_indexes(tables: Sequence[str], *, note: Callable[[str], None]) -> Iterator[None]:
    """Drop what slows down writing and put it back, checked, at the end.

    Within a transaction only: the tables are locked meanwhile, and an error leaves them as they were.
    Primary keys stay.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        names = list(tables)
        cursor.execute(
            """
            SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
            FROM pg_constraint WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('f', 'u', 'x')
            ORDER BY contype = 'f', 1, 2
            """,
            [names],
        )
        constraints = cursor.fetchall()
        cursor.execute(
            """
            SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
            WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary AND NOT EXISTS (
                SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('u', 'x'))
            ORDER BY 1
            """,
            [names],
        )
        indexes = cursor.fetchall()
        for table, name, _ in reversed(constraints):
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        for name, definition in indexes:
            note(f"index {name}")
            cursor.execute(definition)
        for table, name, definition in constraints:
            note(f"constraint {name}")
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
