"""Work that says that work is done."""

from celery import shared_task
from django.utils import timezone

from dealership import heartbeat as heart


@shared_task(name="dealership.tasks.heartbeat")
def heartbeat() -> None:
    heart.beat(timezone.now())
