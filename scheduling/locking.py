"""Waiting for the store's days, and trying again what another transaction prevented."""

import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from crm.models import Rooftop
from scheduling.models import OpeningHours
from scheduling.refusals import Refusal, local_time

Result = TypeVar("Result")

LOCK_TIMEOUT_MS = 3000
ATTEMPTS = 3


def days_between(rooftop: Rooftop, starts_at: datetime, ends_at: datetime) -> list[datetime]:
    """One moment in each of the store's days that the span touches."""
    length = ends_at - starts_at
    return [starts_at + timedelta(days=n) for n in range(length.days + 1)] + [ends_at]


def lock_days(rooftop: Rooftop, *moments: datetime) -> None:
    """Wait for the store's days, in one order for everybody, and not longer than LOCK_TIMEOUT_MS.

    Where the store is open over midnight a moment may belong to the day before.
    """
    dates = {moment.astimezone(rooftop.zone).date().toordinal() for moment in moments}
    if OpeningHours.objects.filter(rooftop=rooftop, closes__lte=F("opens")).exists():
        dates |= {day - 1 for day in dates}
    days = sorted(dates)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
        for day in days:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [rooftop.pk, day])


def in_transaction(write: Callable[[], Result], rooftop: Rooftop, moment: datetime) -> Result:
    """Run write in one transaction; what another one prevented is tried again, then refused."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return write()
        except IntegrityError as error:
            # The constraints have the last word, whatever was checked before.
            if attempt == ATTEMPTS:
                raise Refusal("slot_taken", f"{local_time(rooftop, moment)} is taken.") from error
        except (OperationalError, InterfaceError) as error:
            # Deadlock, serialization failure, a lock that did not come, a server that went away.
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
            if attempt == ATTEMPTS:
                raise Refusal("busy", "The calendar is busy. Try again in a moment.") from error
        time.sleep(secrets.randbelow(50) / 1000)
    raise AssertionError("unreachable")
