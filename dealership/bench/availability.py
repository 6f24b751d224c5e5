"""How long does it take to know what is open, and does it grow with what is past?"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import connection, models, transaction

from crm.models import Rooftop
from dealership.bench import store
from dealership.bench.figures import Figure, Goal, milliseconds
from dealership.bench.store import at_leisure
from scheduling import booking
from scheduling.models import Allocation, Appointment, Demand, OpCode

SERVICE = "LOF"
PER_ROUND = 10
TIMES_THE_PAST = 10
DAYS_APART = 735  # more than the two years that are copied, so that no copy meets another
GOALS = {1: Goal("p95", 20), 14: Goal("p95", 20), 90: Goal("p95", 60)}


async def measure(*, rounds: int) -> list[Figure]:
    return await at_leisure(_measure, rounds)


def _measure(rounds: int) -> list[Figure]:
    rooftop, now = store.first_rooftop(), store.now()
    past = Appointment.objects.filter(rooftop=rooftop, arrives_at__lt=now).count()
    figures = _figures(rooftop, now, rounds, f"{past:,} past visits")
    with _longer_past(rooftop, now):
        return [*figures, *_figures(rooftop, now, rounds, f"{past * TIMES_THE_PAST:,} past visits")]


def _figures(rooftop: Rooftop, now: datetime, rounds: int, past: str) -> list[Figure]:
    service = OpCode.objects.get(rooftop=rooftop, code=SERVICE)
    visits = Appointment.objects.active().filter(rooftop=rooftop, arrives_at__gt=now).order_by("arrives_at")
    # The days right after today are 95 % full; see dealership/demo/scale.py.
    first = visits[0].local_arrival.date()
    names = {1: "openings, a day 95 % full", 14: "openings, 14 days", 90: "openings, 90 days"}
    samples: dict[int, list[float]] = {days: [] for days in names}
    for turn in range(rounds * PER_ROUND + 1):
        for days, costs in samples.items():
            last = first + timedelta(days=days - 1)
            cost = milliseconds(lambda last=last: booking.openings(rooftop, [service], first, last, now=now))  # type: ignore[misc]
            if turn:
                costs.append(cost)
    return [
        Figure(f"{names[days]}, {past}", "ms", costs, "all openings for an oil change", GOALS[days])
        for days, costs in samples.items()
    ]


@contextmanager
def _longer_past(rooftop: Rooftop, now: datetime) -> Iterator[None]:
    """This rooftop's past several times over, further and further back; taken away again at the end."""
    tables = (Appointment, Allocation, Demand)
    with transaction.atomic():
        for exclusion in (
            each for each in Allocation._meta.constraints if isinstance(each, ExclusionConstraint)
        ):
            _execute(
                f"ALTER TABLE {Allocation._meta.db_table} DROP CONSTRAINT {exclusion.name}"
            )  # checking them takes a minute
        shift = f"k * interval '{DAYS_APART} days'"
        number = "'x' || lpad(to_hex(k * 65536 + row_number() OVER (PARTITION BY k)), 5, '0')"
        _copy(
            Appointment, rooftop, now, "arrives_at", shift, confirmation_number=number, idempotency_key="NULL"
        )
        _copy(Allocation, rooftop, now, "ends_at", shift)
        _copy(Demand, rooftop, now, "day", f"k * {DAYS_APART}")
        for model in tables:
            _execute(f"ANALYZE {model._meta.db_table}")
        yield
        transaction.set_rollback(True)
    for model in tables:
        _execute(f"VACUUM {model._meta.db_table}")


def _copy(
    model: type[models.Model], rooftop: Rooftop, now: datetime, until: str, shift: str, **columns: str
) -> None:
    """Copy the rows of model whose until lies before now, each DAYS_APART before the one before."""
    fields = [field for field in model._meta.concrete_fields if field.name != "id"]
    values = {str(field.column): str(field.column) for field in fields}
    values |= {
        str(field.column): f"{field.column} - {shift}"
        for field in fields
        if isinstance(field, models.DateField)
    }
    values |= columns
    table = model._meta.db_table
    _execute(
        f"INSERT INTO {table} ({', '.join(values)}) SELECT {', '.join(values.values())}"  # noqa: S608 — a model's
        f" FROM {table}, generate_series(1, {TIMES_THE_PAST - 1}) AS k WHERE rooftop_id = %s AND {until} < %s",
        rooftop.pk,
        now,
    )


def _execute(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
