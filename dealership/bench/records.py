"""Do a thousand calls and five hundred system errors at once all reach the database, and how soon?"""

import secrets
from typing import Any

from django.db import connection

from crm.models import SystemFault
from dealership.bench import crowd, store
from dealership.bench.figures import NONE, Figure
from dealership.bench.store import at_leisure
from voice.models import Call

CALLS = 1000
ERRORS = 500
CALLERS = 50


async def measure(*, rounds: int) -> list[Figure]:
    wish = await at_leisure(_wish)
    deadlocks = await at_leisure(_deadlocks)
    outcomes = await crowd.at_once("write_records", **wish)
    return await at_leisure(_judge, wish, outcomes, deadlocks)


def _wish() -> dict[str, Any]:
    """What crowd.write_records asks for."""
    rooftop = store.first_rooftop()
    return {
        "calls": CALLS,
        "errors": ERRORS,
        "sid": f"bench-{secrets.token_hex(6)}",
        "called_number": rooftop.numbers.all()[0].number,
        "callers": [customer.phones.all()[0].number for customer in store.some_customers(CALLERS)],
    }


def _judge(wish: dict[str, Any], outcomes: list[dict[str, Any]], deadlocks_before: int) -> list[Figure]:
    calls = Call.objects.filter(sid__startswith=wish["sid"])
    errors = SystemFault.objects.filter(code="bench")
    missing = CALLS - calls.count() + ERRORS - errors.count()
    failed = sum(outcome["failed"] for outcome in outcomes) + _deadlocks() - deadlocks_before
    calls.delete()
    errors.delete()
    opened, noted = ([cost for outcome in outcomes for cost in outcome[what]] for what in ("calls", "errors"))
    together = f"{CALLS:,} calls, {ERRORS} errors, {crowd.PROCESSES} processes"
    return [
        Figure("call record opened, all at once", "ms", opened, together),
        Figure("system error noted, all at once", "ms", noted, "what the one who notes it waits"),
        Figure(
            "calls and errors lost, failed or in deadlock", "rows", [float(missing + failed)], together, NONE
        ),
    ]


def _deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        row = cursor.fetchone()
    return int(row[0]) if row else 0
