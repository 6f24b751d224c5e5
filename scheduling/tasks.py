"""Keeping calendars in step, beside everything else. The rows know what is to be done; see sync.py."""

from celery import shared_task
from django.utils import timezone

from scheduling import calendar_audit, channels, sync


@shared_task(name="scheduling.tasks.push_calendar")
def push_calendar(appointment_id: int) -> None:
    sync.push_due(timezone.now(), appointment_id=appointment_id)


@shared_task(name="scheduling.tasks.push_calendars")
def push_calendars() -> None:
    sync.push_due(timezone.now())


@shared_task(name="scheduling.tasks.pull_calendar")
def pull_calendar(connection_id: int) -> None:
    sync.pull_due(timezone.now(), connection_id=connection_id)


@shared_task(name="scheduling.tasks.pull_calendars")
def pull_calendars() -> None:
    sync.pull_due(timezone.now())


@shared_task(name="scheduling.tasks.watch_calendars")
def watch_calendars() -> None:
    channels.watch_due(timezone.now())


@shared_task(name="scheduling.tasks.audit_calendars")
def audit_calendars() -> None:
    """Each in a task of its own: a slow one keeps the others from nothing."""
    for connection_id in calendar_audit.due(timezone.now()):
        audit_calendar.delay(connection_id)


@shared_task(name="scheduling.tasks.audit_calendar")
def audit_calendar(connection_id: int) -> None:
    calendar_audit.audit_by_night(connection_id, timezone.now())
