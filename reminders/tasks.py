"""Work before an appointment, off the callers' time."""

from celery import shared_task
from django.utils import timezone

from reminders import texts


@shared_task(name="reminders.tasks.send_text")
def send_text(text_id: int) -> None:
    texts.send(text_id, now=timezone.now())


@shared_task(name="reminders.tasks.send_texts")
def send_texts() -> None:
    texts.send_due(now=timezone.now())
