"""Is the number still theirs? Who agreed did so for a number, and numbers are given to other people.

A yes older than REASSIGNED_CHECK_DAYS counts only where they were heard from at that number since. The federal
register of reassigned numbers asks the same of a caller; here nobody but the customer is asked.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from crm.models import Consent, Customer
from reminders.models import Reminder, Text
from voice.models import Call

WHY = (
    "They agreed more than {days} days ago, and were not heard from at this number since: "
    "ask whether it is still theirs, and book or note their answer again."
)


def may_be_somebodys(customer: Customer, number: str, *, now: datetime) -> bool:
    """Has the customer not been heard from at number (E.164) for REASSIGNED_CHECK_DAYS? Zero of them: never."""
    days = settings.REASSIGNED_CHECK_DAYS
    since = now - timedelta(days=days)
    return bool(days) and not any(rows.exists() for rows in _signs(customer, number, since))


def why() -> str:
    return WHY.format(days=settings.REASSIGNED_CHECK_DAYS)


def _signs(customer: Customer, number: str, since: datetime) -> list[QuerySet[Any]]:
    """What they said, rang, wrote or answered there."""
    return [
        Consent.objects.filter(customer=customer, phone__number=number, at__gte=since),
        Call.objects.filter(
            customer=customer,
            caller_number=number,
            direction=Call.Direction.INBOUND,
            started_at__gte=since,
        ),
        Text.objects.filter(
            customer=customer, number=number, direction=Text.Direction.INBOUND, created_at__gte=since
        ),
        Reminder.objects.filter(
            appointment__customer=customer,
            number=number,
            state=Reminder.State.ANSWERED,
            dialed_at__gte=since,
        ),
    ]
