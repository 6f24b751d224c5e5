"""What calendars have not been told yet: a row for each change, written in the change's own transaction.

    note → claim → done | later | park

A claim ends by itself, so a worker that died loses nothing. Rows of one visit go in their order.
"""

import random
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from crm import faults
from crm.errands import run_soon
from scheduling.models import Appointment, CalendarConnection, CalendarOutbox

PUSH = "scheduling.tasks.push_calendar"
CLAIM = timedelta(minutes=3)  # longer than a task may take
LONGEST_WAIT_SECONDS = 300.0
MOST_ATTEMPTS = 30  # two hours of trying


def note(appointment: Appointment, now: datetime) -> None:
    """The visit has changed. Within its transaction; nothing where the store has no calendar."""
    connection = CalendarConnection.objects.filter(rooftop=appointment.rooftop_id, technician=None).first()
    if connection is None:
        return
    CalendarOutbox.objects.create(appointment=appointment, connection=connection, created_at=now, due_at=now)
    run_soon(PUSH, appointment.pk)


def claim(
    now: datetime, *, appointment_id: int | None = None, but: Collection[int] = ()
) -> CalendarOutbox | None:
    """The next row to do, for CLAIM; None when none is due. but: connections that are left alone."""
    with transaction.atomic():
        due = _due(now).exclude(connection__in=but)
        if appointment_id is not None:
            due = due.filter(appointment=appointment_id)
        row = due.select_for_update(skip_locked=True, of=("self",)).first()
        if row is None:
            return None
        row.claimed_until, row.attempts = now + CLAIM, row.attempts + 1
        row.save(update_fields=["claimed_until", "attempts"])
    return row


def _due(now: datetime) -> QuerySet[CalendarOutbox]:
    before = CalendarOutbox.objects.filter(
        appointment=OuterRef("appointment"), pk__lt=OuterRef("pk"), parked_at=None
    )
    return (
        CalendarOutbox.objects.select_related("connection__rooftop")
        .filter(
            Q(claimed_until=None) | Q(claimed_until__lte=now),
            Q(connection__slow_until=None) | Q(connection__slow_until__lte=now),
            ~Exists(before),
            due_at__lte=now,
            parked_at=None,
            connection__state=CalendarConnection.State.CONNECTED,
        )
        .order_by("due_at", "pk")
    )


def done(row: CalendarOutbox) -> None:
    """The calendar shows the visit. Earlier rows that were parked have come true with this one."""
    CalendarOutbox.objects.filter(appointment=row.appointment_id, pk__lte=row.pk).delete()


def later(row: CalendarOutbox, now: datetime, *, code: str, after: float | None = None) -> None:
    """Try again after so many seconds at least; without them nothing was tried and the attempt is forgotten."""
    if after is not None and row.attempts >= MOST_ATTEMPTS:
        park(row, now, code=code)
        return
    row.claimed_until, row.trouble = None, code
    if after is None:
        row.attempts -= 1
    else:
        row.due_at = now + timedelta(seconds=backoff(row.attempts, after))
    row.save(update_fields=["claimed_until", "trouble", "attempts", "due_at"])


def park(row: CalendarOutbox, now: datetime, *, code: str) -> None:
    """Give up until a person or the night's audit tries again."""
    row.claimed_until, row.trouble, row.parked_at = None, code, now
    row.save(update_fields=["claimed_until", "trouble", "parked_at"])
    faults.record(
        faults.Source.CALENDAR,
        code,
        "A visit could not be written into the calendar: see its page, and try again there.",
        rooftop=row.connection.rooftop,
        at=now,
    )


def try_again(now: datetime, appointment: Appointment) -> int:
    """Tell this visit's changes now, parked or not; returns how many rows there are."""
    return _anew(CalendarOutbox.objects.filter(appointment=appointment), now)


def try_parked_again(now: datetime, connection: CalendarConnection) -> int:
    """Take up what this calendar was not told; returns how many rows there are."""
    return _anew(CalendarOutbox.objects.filter(connection=connection).exclude(parked_at=None), now)


def _anew(rows: QuerySet[CalendarOutbox], now: datetime) -> int:
    return rows.update(parked_at=None, attempts=0, due_at=now)


def backoff(attempts: int, at_least: float) -> float:
    """Seconds: any time within a span that doubles, so that those who failed together do not return so."""
    return at_least + random.uniform(0, min(2.0**attempts, LONGEST_WAIT_SECONDS))
