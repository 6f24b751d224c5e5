"""The address under which a customer sees one appointment: signed, not stored, and no log-in.

The token names the appointment, so that a link from before a move still leads to it. It ends with the
appointment: LASTS after the arrival it opens nothing any more.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from scheduling.models import Appointment

LASTS = timedelta(days=30)
SALT = "reminders.visit_links"


class Expired(Exception):
    """The link was ours, and is too old."""


def path_to(appointment: Appointment) -> str:
    return reverse("visit", args=[token_of(appointment.pk)])


def address_of(appointment: Appointment) -> str:
    return f"{settings.PUBLIC_BASE_URL}{path_to(appointment)}"


def token_of(appointment_id: int) -> str:
    """The signature first: telephones leave a dash at the end of an address out of it."""
    return f"{Signer(salt=SALT).signature(str(appointment_id))}.{appointment_id}"


def appointment_of(token: str, *, now: datetime) -> Appointment | None:
    """The appointment that a token of ours names, as it stands; None for anything else.

    Raises Expired when it was too long ago.
    """
    signature, _, number = token.rpartition(".")
    try:
        pk = int(Signer(salt=SALT).unsign(f"{number}:{signature}"))
    except (BadSignature, ValueError):
        return None
    found = Appointment.objects.select_related("rooftop", "customer", "vehicle").filter(pk=pk).first()
    if found and now > found.arrives_at + LASTS:
        raise Expired
    return found
