"""The texts of one telephone, as its screen shows them."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from crm.models import Rooftop
from reminders import delivery
from reminders.models import Text

LATEST = 20
WENT = [Text.Status.QUEUED, Text.Status.SENT, Text.Status.DELIVERED, Text.Status.RECEIVED]


def of(number: str, *, among: QuerySet[Rooftop], now: datetime) -> list[dict[str, Any]]:
    """The latest texts between number (E.164) and these stores, oldest first. What is shown is delivered."""
    found = Text.objects.filter(number=number, rooftop__in=among, status__in=WENT).select_related("rooftop")
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
