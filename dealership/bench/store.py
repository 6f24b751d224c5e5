"""The store that figures are measured on: a database beside the ordinary one, kept for the next run.

It is never brought up to date: its "today" is the day on which it was written, and questions take
that for now. What they write there they delete again.
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

import psycopg
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import close_old_connections, connection
from django.utils import timezone

from crm.models import Customer, Rooftop
from dealership.demo.scale import write_scale

SEED = 3
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


async def at_leisure(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Like voice.database.in_database, without its limit: here nobody waits at a telephone."""

    def run() -> Result:
        close_old_connections()
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return await asyncio.to_thread(run)


@contextmanager
def big_store(customers: int, *, note: Callable[[str], None], fresh: bool = False) -> Iterator[None]:
    """Everything within asks the database of so many customers, written now if it is not there yet.

    note gets a line when that takes long. Raises ValueError for a number that cannot be written.
    """
    name = f"bench_{customers}"
    with _alone(name) as server:
        if fresh or _written(name) is None:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            server.execute(f'CREATE DATABASE "{name}"')
        with switched_to(name):
            call_command("migrate", verbosity=0)
            if _written(name) is None:
                note(
                    f"Writing {customers:,} customers into the database {name}; a million takes six minutes ..."
                )
                _write(name, customers)
    with switched_to(name):
        yield


@contextmanager
def _alone(name: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the server itself; whoever wants to write the same store waits until it is closed."""
    configured: dict[str, Any] = connection.get_connection_params()
    # Advisory locks are a database's own: all meet in this one.
    with psycopg.connect(**configured | {"dbname": "postgres"}, autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        yield server


def _write(name: str, customers: int) -> None:
    moment = timezone.now()
    write_scale(customers, now=moment, note=lambda line: None)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(f"COMMENT ON DATABASE \"{name}\" IS '{moment.isoformat()}'")


@contextmanager
def switched_to(name: str) -> Iterator[None]:
    """Every connection of this process that is opened within goes to the database of this name."""
    ordinary = connection.settings_dict["NAME"]
    try:
        _point_to(name)
        yield
    finally:
        _point_to(ordinary)


def name() -> str:
    """The database that is asked at present."""
    return str(connection.settings_dict["NAME"])


def now() -> datetime:
    """When the present database was written: its questions' now."""
    written = _written(name())
    if written is None:
        raise LookupError(f"{name()} is not a store that bench has written.")
    return written


def some_customers(count: int) -> list[Customer]:
    """At most count customers with their rooftops and telephones, the same ones for each count."""
    newest = Customer.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    keys = random.Random(SEED).sample(range(1, newest + 1), min(count, newest))
    rows = (
        Customer.objects.filter(pk__in=keys).select_related("rooftop").prefetch_related("phones", "vehicles")
    )
    return sorted(rows, key=lambda customer: keys.index(customer.pk))


def first_rooftop() -> Rooftop:
    return Rooftop.objects.order_by("pk")[0]


def _point_to(database: str) -> None:
    # As Django's own test runner does: all threads share these settings.
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # only PostgreSQL's have one
    connection.settings_dict["NAME"] = database
    ContentType.objects.clear_cache()  # other ids there


def _written(database: str) -> datetime | None:
    """When this database was completed; None when it is not there or was left half-written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [database]
        )
        row = cursor.fetchone()
    return datetime.fromisoformat(row[0]) if row and row[0] else None
