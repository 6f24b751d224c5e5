"""Who is late: one rule for the board and for the list."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from scheduling.models import Appointment, Transport

LATE_AFTER = timedelta(minutes=10)
EXPECTED = (Appointment.Status.BOOKED, Appointment.Status.CONFIRMED)
# Keys lie in the box at any hour: nobody is awaited.
AWAITS_NOBODY = Transport.KEY_DROP


def is_late(visit: Appointment, now: datetime) -> bool:
    is_awaited = visit.status in EXPECTED and visit.transport != AWAITS_NOBODY
    return is_awaited and is_past(visit.arrives_at, now)


def is_past(arrives_at: datetime, now: datetime) -> bool:
    return arrives_at + LATE_AFTER <= now


def late(rows: QuerySet[Appointment], now: datetime) -> QuerySet[Appointment]:
    """Those of the rows for which is_late holds."""
    awaited = rows.filter(status__in=EXPECTED).exclude(transport=AWAITS_NOBODY)
    return awaited.filter(arrives_at__lte=now - LATE_AFTER)
