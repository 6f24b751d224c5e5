"""The texts of one telephone, as its screen shows them."""

from datetime import datetime
from typing import Any

from reminders import delivery
from reminders.models import Text

LATEST = 20
WENT = [Text.Status.QUEUED, Text.Status.SENT, Text.Status.DELIVERED, Text.Status.RECEIVED]


def of(number: str, *, now: datetime) -> list[dict[str, Any]]:
    """The latest texts to and from number (E.164), oldest first. What is shown here has been delivered."""
    found = Text.objects.filter(number=number, status__in=WENT).select_related("rooftop")
    latest = sorted(
        found.order_by("-created_at", "-pk")[:LATEST], key=lambda text: (text.created_at, text.pk)
    )
    for text in latest:
        if text.status in (Text.Status.QUEUED, Text.Status.SENT):
            delivery.note(text.sid, "delivered", now=now)
    return [
        {
            "id": text.pk,
            "is_from_store": text.direction == Text.Direction.OUTBOUND,
            "store": text.rooftop.name,
            "body": text.body,
            "at": f"{text.created_at.astimezone(text.rooftop.zone):%a %-I:%M %p}",
        }
        for text in latest
    ]
