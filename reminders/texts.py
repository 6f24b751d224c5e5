"""Texts before an appointment: their wording, and the rows that the sending goes through."""

from datetime import datetime

from reminders.models import Text
from scheduling.models import Appointment


def write(appointment: Appointment, kind: Text.Kind, *, key: str, now: datetime) -> Text:
    """Write a text about the appointment, to be sent soon; a second time the same key is the same text."""
    number = appointment.customer.phones.order_by("pk").values_list("number", flat=True).first()
    when = f"{appointment.local_arrival:%A, %B %-d, at %-I:%M %p}"
    text, _ = Text.objects.get_or_create(
        key=key,
        defaults={
            "rooftop": appointment.rooftop,
            "customer": appointment.customer,
            "appointment": appointment,
            "direction": Text.Direction.OUTBOUND,
            "kind": kind,
            "number": number or "",
            "body": f"{appointment.rooftop}: your appointment on {when}.",
            "created_at": now,
        },
    )
    return text
