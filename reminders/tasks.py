"""Reminders in the background: one sweep and what it hands out; and texts."""

import logging

from celery import shared_task
from django.db import DatabaseError
from django.utils import timezone

from crm import faults
from reminders import dialing, outcomes, sweep, texts

log = logging.getLogger(__name__)


@shared_task(name="reminders.tasks.sweep_reminders")
def sweep_reminders() -> int:
    return sweep.sweep(timezone.now(), hand_out=carry_out.delay, look_for=look_for.delay)


@shared_task(name="reminders.tasks.carry_out")
def carry_out(reminder_ids: list[int]) -> None:
    broken = []
    for pk in reminder_ids:
        try:
            dialing.carry_out(pk, clock=timezone.now)
        except DatabaseError:
            raise  # the others would not fare better; their claims lapse
        except Exception:
            log.exception("reminder %s was not carried out", pk)
            faults.record(faults.Source.WORKER, "reminder", "A reminder could not be carried out.")
            broken.append(pk)
    for pk in broken:
        dialing.give_up(pk, now=timezone.now())


@shared_task(name="reminders.tasks.look_for")
def look_for(reminder_id: int) -> None:
    outcomes.look_for(reminder_id, now=timezone.now())


@shared_task(name="reminders.tasks.send_text")
def send_text(text_id: int) -> None:
    texts.send(text_id, now=timezone.now())


@shared_task(name="reminders.tasks.send_texts")
def send_texts() -> None:
    texts.send_due(now=timezone.now())
