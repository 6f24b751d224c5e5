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
def remind_now(appointment: Appointment, *, now: datetime) -> Reminder:
    """Make the planned call due now, or add one; the sweep hands it out. Raises NotNow.

    Who has not agreed to calls is refused at once. All else is asked when it is carried out, as for any other.
    """
    current = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if current.status not in planning.EXPECTED:
        raise NotNow(f"This appointment is {current.get_status_display().lower()}.")
    if current.arrives_at <= now:
        raise NotNow("This appointment has begun.")
    try:
        dialing.number_to_ring(current)
    except dialing.Refused as refused:
        raise NotNow(refused.why) from refused
    rows = Reminder.objects.filter(appointment=current, kind=Reminder.Kind.CALL)
    if rows.filter(state__in=[Reminder.State.DIALING, Reminder.State.PLACED]).exists():
        raise NotNow("The customer is being rung already.")
    planned = rows.select_for_update().filter(state__in=planning.OPEN, arrives_at=current.arrives_at).first()
    if planned:
        planned.due_at = min(planned.due_at, now)
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
