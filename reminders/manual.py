"""A person asks for a reminder now: the same call, under the same rules, due at once."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from reminders import dialing, planning
from reminders.models import Reminder
from scheduling.models import Appointment


class NotNow(Exception):
    """No reminder was made; the sentence says why, for staff."""


@transaction.atomic
def remind_now(appointment: Appointment, *, now: datetime) -> datetime:
    """Make the planned call due now, or add one; the sweep hands it out. Returns when it rings: now, or
    at the next decent hour. Raises NotNow when it would not ring at all.

    The same is asked again when it is carried out, as for any other.
    """
    current = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if current.status not in planning.EXPECTED:
        raise NotNow(f"This appointment is {current.get_status_display().lower()}.")
    if current.arrives_at <= now:
        raise NotNow("This appointment has begun.")
    call = _due_now(current, now)
    try:
        dialing.number_for(call, now=now)
    except dialing.Refused as refused:
        if refused.later is None:
            raise NotNow(refused.why) from refused
        return refused.later
    return now


def _due_now(current: Appointment, now: datetime) -> Reminder:
    """The planned call, or another one, under the appointment's lock."""
    rows = Reminder.objects.filter(appointment=current, kind=Reminder.Kind.CALL)
    if rows.filter(state__in=[Reminder.State.DIALING, Reminder.State.PLACED]).exists():
        raise NotNow("The customer is being rung already.")
    planned = rows.select_for_update().filter(state__in=planning.OPEN, arrives_at=current.arrives_at).first()
    if planned:
        planned.appointment, planned.due_at = current, min(planned.due_at, now)
        planned.save(update_fields=["due_at"])
        return planned
    latest = rows.filter(version=current.version).aggregate(latest=Max("attempt"))["latest"] or 0
    return Reminder.objects.create(
        appointment=current,
        version=current.version,
        arrives_at=current.arrives_at,
        kind=Reminder.Kind.CALL,
        attempt=latest + 1,
        due_at=now,
        created_at=now,
    )
