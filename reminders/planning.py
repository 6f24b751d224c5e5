"""Which reminders there are to be: derived from appointments, again and again.

Whatever is ahead and has changed since it was last thought out is looked at; a confirmation or a
check-in changes the version and no reminder. Scheduling knows nothing of all this.
"""

import time
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import F, Prefetch, Q

from crm import phone
from crm.models import Phone
from reminders import due
from reminders.models import Plan, Reminder
from scheduling.models import Appointment

CHUNK = 500
RUN_SECONDS = 20.0  # of one sweep, less than until the next: a hundred thousand bookings hold no worker up
EXPECTED = (Appointment.Status.BOOKED, Appointment.Status.CONFIRMED)
OPEN = (Reminder.State.PENDING, Reminder.State.CLAIMED)


def rules() -> due.Rules:
    """Raises ValueError, with a sentence, for settings that make no sense."""
    return due.Rules.read(
        settings.CALL_WINDOW, settings.WORKER_REMINDER_HOUR, settings.WORKER_REMINDER_TIMEZONE
    )


def zones_for(appointment: Appointment, number: str = "") -> list[ZoneInfo]:
    """The store's zone, then those of the number, or of the one that is likely to be rung."""
    if not number:
        stored = [found.number for found in appointment.customer.phones.all()]
        number = next(filter(phone.may_be_dialled, stored), "")
    theirs = due.zones_of(number) if number else ()
    return [appointment.rooftop.zone, *theirs]


def plan_all(now: datetime) -> int:
    """Bring the reminders of what is ahead up to date; returns for how many visits.

    After RUN_SECONDS the rest is left to the next sweep, which finds what is due already first.
    """
    ends_at, planned = time.monotonic() + RUN_SECONDS, 0
    for ids in _changed(now):
        planned += plan(ids, now=now)
        if time.monotonic() > ends_at:
            break
    return planned


def _changed(now: datetime) -> Iterator[list[int]]:
    """Appointments ahead whose present version nobody has thought out, in chunks."""
    is_news = Q(reminder_plan__isnull=True, status__in=EXPECTED) | (
        Q(reminder_plan__isnull=False) & ~Q(reminder_plan__version=F("version"))
    )
    ahead = Appointment.objects.filter(is_news, arrives_at__gt=now).order_by("pk")
    last = 0
    while ids := list(ahead.filter(pk__gt=last).values_list("pk", flat=True)[:CHUNK]):
        yield ids
        last = ids[-1]


def plan(ids: list[int], *, now: datetime) -> int:
    """Think these appointments out; those that somebody else is just thinking out are left to them."""
    Plan.objects.bulk_create([Plan(appointment_id=pk) for pk in ids], ignore_conflicts=True)
    in_force = rules()
    stored = Prefetch("appointment__customer__phones", Phone.objects.order_by("pk"))
    with transaction.atomic():
        plans = list(
            Plan.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(appointment__in=ids)
            .exclude(version=F("appointment__version"))
            .select_related("appointment__rooftop", "appointment__customer")
            .prefetch_related(stored)
        )
        wanted = [reminder for row in plans for reminder in _think_out(row, in_force, now)]
        Reminder.objects.bulk_create(wanted, ignore_conflicts=True)
        # One statement for all: they exist, and are brought up to date.
        Plan.objects.bulk_create(
            plans,
            update_conflicts=True,
            unique_fields=["appointment"],
            update_fields=["version", "arrives_at"],
        )
    return len(plans)


def _think_out(row: Plan, in_force: due.Rules, now: datetime) -> list[Reminder]:
    """What is to be told anew; row is brought up to date, and what is out of date is skipped."""
    appointment, told = row.appointment, row.arrives_at
    is_expected = appointment.status in EXPECTED
    row.version = appointment.version
    row.arrives_at = appointment.arrives_at if is_expected else None
    if told == row.arrives_at:
        return []
    if told:
        why = "The appointment was moved." if is_expected else f"The appointment is {appointment.status}."
        open_rows = Reminder.objects.filter(appointment=appointment, state__in=OPEN)
        open_rows.update(state=Reminder.State.SKIPPED, reason=why)
    is_cancelled = appointment.status == Appointment.Status.CANCELLED
    if not is_expected and not is_cancelled:
        return []
    promise = due.Promise(
        arrives_at=appointment.arrives_at,
        made_at=now if told else appointment.created_at,
        is_changed=bool(told),
        is_cancelled=is_cancelled,
    )
    return [
        Reminder(
            appointment=appointment,
            version=appointment.version,
            arrives_at=appointment.arrives_at,
            kind=item.kind,
            due_at=item.at,
            created_at=now,
        )
        for item in due.reminders_for(promise, zones_for(appointment), in_force, now=now)
    ]
