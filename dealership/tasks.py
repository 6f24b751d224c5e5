"""Work that says that work is done, and that something is down."""

from celery import shared_task
from django.utils import timezone

from dealership import heartbeat as heart
from dealership import outages


@shared_task(name="dealership.tasks.heartbeat")
def heartbeat() -> None:
    heart.beat(timezone.now())


@shared_task(name="dealership.tasks.watch_outages")
def watch_outages() -> None:
    now = timezone.now()
    outages.see_to(outages.look(now), now)
