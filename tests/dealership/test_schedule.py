"""What the beat asks for: tasks that there are, as often as was promised."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from dealership.celery import app
from scheduling import sync
from tests.emulators.google import Google
from tests.scheduling.calendars import connect, make_store
from tests.scheduling.conftest import google, google_server

__all__ = ["google", "google_server"]

SCHEDULE: dict[str, Any] = settings.CELERY_BEAT_SCHEDULE
PERIODS = {  # seconds, at most
    "push-calendars": 15,
    "pull-calendars": 60,  # what is due; due is each calendar every five minutes
    "watch-calendars": 3600,
    "audit-calendars": 3600,
    "sweep-reminders": 30,
    "send-texts": 15,
    "worker-heartbeat": 30,
}


def test_every_name_in_the_schedule_is_a_task() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in SCHEDULE.values()} <= set(app.tasks)


def test_what_was_promised_comes_as_often() -> None:
    for name, seconds in PERIODS.items():
        assert SCHEDULE[name]["schedule"] <= seconds, name


def test_no_entry_waits_for_an_hour_of_the_day() -> None:
    for name, entry in SCHEDULE.items():
        assert isinstance(entry["schedule"], float), f"{name} is no interval"
        assert entry["schedule"] <= 3600, f"a beat that is replaced daily never comes to {name}"


def test_a_worker_that_is_replaced_ends_what_it_has_begun() -> None:
    assert app.conf.worker_soft_shutdown_timeout >= 10
    assert app.conf.task_time_limit < app.conf.broker_transport_options["visibility_timeout"]
    assert (app.conf.task_acks_late, app.conf.task_reject_on_worker_lost) == (True, True)
    assert app.conf.worker_prefetch_multiplier == 1


@pytest.mark.django_db
@pytest.mark.integration
def test_a_calendar_is_read_every_five_minutes(google: Google) -> None:
    now = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)
    shop = connect(make_store())
    sync.pull_due(now)
    shop.refresh_from_db()
    assert (shop.pulled_at, shop.pull_due_at) == (now, now + timedelta(minutes=5))
    sync.pull_due(now + timedelta(minutes=4))
    assert google.counts["list"] == 1
    sync.pull_due(now + timedelta(minutes=5))
    assert google.counts["list"] == 2
