"""Work that crosses all apps, and work that says that work is done or something is down."""

from datetime import date

from celery import shared_task
from django.utils import timezone

from crm.models import Rooftop
from dealership import heartbeat as heart
from dealership import outages
from dealership.dashboard import summary


@shared_task(name="dealership.tasks.heartbeat")
def heartbeat() -> None:
    heart.beat(timezone.now())


@shared_task(name="dealership.tasks.watch_outages")
def watch_outages() -> None:
    now = timezone.now()
    outages.see_to(outages.look(now), now)


@shared_task(name="dealership.tasks.send_daily_summaries")
def send_daily_summaries() -> None:
    """Each store's in a task of its own: a slow mail server keeps the others from nothing."""
    for rooftop_id, day in summary.due(now=timezone.now()):
        send_daily_summary.delay(rooftop_id, day.isoformat())


@shared_task(name="dealership.tasks.send_daily_summary")
def send_daily_summary(rooftop_id: int, day: str) -> None:
    if rooftop := Rooftop.objects.filter(pk=rooftop_id).first():
        summary.send(rooftop, date.fromisoformat(day), now=timezone.now())
