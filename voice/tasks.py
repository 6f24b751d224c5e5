"""Work after and beside calls."""

from datetime import datetime, timedelta

from celery import shared_task
from django.utils import timezone

from voice.models import Call

LONGEST_CALL = timedelta(minutes=20)


def lost_calls(now: datetime) -> int:
    """Close calls whose process died before it could; returns how many."""
    lost = Call.objects.filter(ended_at__isnull=True, started_at__lt=now - LONGEST_CALL)
    return lost.update(ended_at=now, outcome=Call.Outcome.FAILED)


@shared_task(name="voice.tasks.close_lost_calls")
def close_lost_calls() -> int:
    return lost_calls(timezone.now())
