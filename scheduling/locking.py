"""Waiting for the store's days, and trying again what another transaction prevented."""

import secrets
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from psycopg import errors

from crm.models import Rooftop
from scheduling.models import OpeningHours
from scheduling.refusals import Refusal, local_time

Result = TypeVar("Result")
StoreDay = tuple[int, int]  # Rooftop id, ordinal of the date

# A caller hears nothing meanwhile: three tries together stay under four seconds.
ATTEMPTS = 3
DAYS_WAIT_SECONDS = 1.0  # for all days of one try
ROW_WAIT_SECONDS = 0.2  # for anything else; only who writes beside the door is in the way there


def days_between(rooftop: Rooftop, starts_at: datetime, ends_at: datetime) -> list[datetime]:
    """Noon of each of the store's days that the span touches."""
    first, last = (moment.astimezone(rooftop.zone) for moment in (starts_at, ends_at))
    noon = first.replace(hour=12, minute=0, second=0, microsecond=0)
    return [noon + timedelta(days=n) for n in range((last.date() - first.date()).days + 1)]


def days_of(rooftop: Rooftop, *moments: datetime) -> set[StoreDay]:
    """The store's days to lock for what happens at these moments.

    Where the store is open over midnight a moment may belong to the day before.
    """
    dates = {moment.astimezone(rooftop.zone).date().toordinal() for moment in moments}
    if OpeningHours.objects.filter(rooftop=rooftop, closes__lte=F("opens")).exists():
        dates |= {day - 1 for day in dates}
    return {(rooftop.pk, day) for day in dates}


def lock_days(days: Iterable[StoreDay]) -> None:
    """Wait for these days, in one order for everybody, until the end of this transaction.

    Raises OperationalError when they do not all come within DAYS_WAIT_SECONDS.
    """
    deadline = time.monotonic() + DAYS_WAIT_SECONDS
    with connection.cursor() as cursor:
        for rooftop, day in sorted(days):
            cursor.execute(
                "SELECT set_config('lock_timeout', %s, true), pg_advisory_xact_lock(%s, %s)",
                [_milliseconds(deadline - time.monotonic()), rooftop, day],
            )
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_milliseconds(ROW_WAIT_SECONDS)])


def _milliseconds(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))  # zero would wait for ever


def in_transaction(write: Callable[[], Result], rooftop: Rooftop, *moments: datetime) -> Result:
    """Run write in one transaction with the days of moments locked.

    What another transaction prevented is tried again, then refused. Inside somebody else's
    transaction it is refused at once: waiting there would keep the locks of that one.
    """
    attempts = 1 if connection.in_atomic_block else ATTEMPTS
    for attempt in range(1, attempts + 1):
        try:
            with transaction.atomic():
                lock_days(days_of(rooftop, *moments))
                return write()
        except IntegrityError as error:
            # The constraints have the last word, whatever was checked before.
            if not isinstance(error.__cause__, errors.ExclusionViolation | errors.UniqueViolation):
                raise
            if attempt == attempts:
                raise _refusal(error, rooftop, moments[0]) from error
        except (OperationalError, InterfaceError) as error:
            # Deadlock, serialization failure, a lock that did not come, a server that went away.
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
            if attempt == attempts:
                raise _busy() from error
        time.sleep(secrets.randbelow(50) / 1000)
    raise AssertionError("unreachable")


def _refusal(error: IntegrityError, rooftop: Rooftop, moment: datetime) -> Refusal:
    if isinstance(error.__cause__, errors.ExclusionViolation):
        return Refusal("slot_taken", f"{local_time(rooftop, moment)} is taken.")
    return _busy()  # a number or key that somebody else took just now


def _busy() -> Refusal:
    return Refusal("busy", "The calendar is busy. Try again in a moment.")
