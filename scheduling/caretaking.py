"""Who looks after a visit, and what is noted about it. Part of scheduling/booking.py, the one door."""

from datetime import datetime

from crm.models import Staff
from scheduling.models import Appointment, AppointmentEvent
from scheduling.placing import place

LONGEST_NOTE = 300  # characters, as its column


def reassign(
    appointment: Appointment, advisor: Staff, *, actor: str, now: datetime, version: int | None = None
) -> Appointment:
    """Give the visit to another advisor, with its write-up when that is still to come.

    Raises Refusal: slot_taken when the advisor writes up another car then, wrong_store for somebody who
    is no advisor there. Who has the visit already keeps it, and nothing changes.
    """
    return place(appointment, appointment.arrives_at, advisor=advisor, actor=actor, now=now, version=version)


def annotate(appointment: Appointment, note: str, *, actor: str, now: datetime) -> AppointmentEvent:
    """Keep a note, at most LONGEST_NOTE characters, in the visit's history. The visit itself stays as it is."""
    return AppointmentEvent.objects.create(
        appointment=appointment,
        actor=actor,
        what=note.strip()[:LONGEST_NOTE],
        at=now,
        kind=AppointmentEvent.Kind.NOTE,
        version=appointment.version,
    )
