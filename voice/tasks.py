"""Work after and beside calls."""

from functools import partial

from celery import shared_task
from django.utils import timezone

from voice import after_calls, mentions, recordings, retention, ringing, watchdog
from voice.ports import ProviderError

# The carrier may be out of reach for a while; what stays undone is found by tend_recordings.
persistent_task = partial(
    shared_task, autoretry_for=(ProviderError,), retry_backoff=5, retry_backoff_max=120, max_retries=5
)


@shared_task(name="voice.tasks.close_lost_calls")
def close_lost_calls() -> int:
    return watchdog.close_lost_rows(timezone.now())


@shared_task(name="voice.tasks.tend_lines")
def tend_lines() -> None:
    ringing.stop_old(now=timezone.now())
    watchdog.tend_lines(timezone.now())


@shared_task(name="voice.tasks.tend_recordings")
def tend_recordings() -> None:
    recordings.tend(now=timezone.now())


@shared_task(name="voice.tasks.look_back_at_calls")
def look_back_at_calls() -> None:
    after_calls.look_back(now=timezone.now())


@shared_task(name="voice.tasks.tell_mentioned")
def tell_mentioned() -> None:
    mentions.tell(now=timezone.now())


@shared_task(name="voice.tasks.forget_old_calls")
def forget_old_calls() -> None:
    retention.forget_old(now=timezone.now())
    retention.forget_old_consent(now=timezone.now())


@shared_task(name="voice.tasks.start_recording")
def start_recording(call_id: int) -> None:
    recordings.start(call_id)


@persistent_task(name="voice.tasks.stop_recordings")
def stop_recordings(call_id: int) -> None:
    recordings.stop(call_id)


@persistent_task(name="voice.tasks.drop_recordings")
def drop_recordings(call_id: int) -> None:
    recordings.drop(call_id)


@persistent_task(name="voice.tasks.fetch_recording")
def fetch_recording(recording_id: int) -> None:
    recordings.fetch(recording_id)
