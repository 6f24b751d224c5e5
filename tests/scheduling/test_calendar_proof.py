"""However the calendar fails and whatever people do in it: when all is quiet, both sides agree.

CALENDAR_STEPS says how long to walk (`make calendar-proof`: 5,000).
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from pytest_django import Settings

from scheduling import calendar_edits, sync
from scheduling.calendars import google as google_calendar
from scheduling.models import Appointment, CalendarConnection, CalendarLink
from scheduling.ports import Calendar, SeenEvent
from tests.emulators.base import Fault
from tests.emulators.google import Google, running_google
from tests.scheduling.calendar_walk import Walk
from tests.scheduling.calendars import use

pytestmark = [pytest.mark.django_db, pytest.mark.integration]

STEPS = int(os.environ.get("CALENDAR_STEPS", "300"))
SEED = int(os.environ.get("CALENDAR_SEED", "1"))
QUIET_EVERY = 100


@pytest.fixture
def google(settings: Settings) -> Iterator[Google]:
    with running_google() as server:
        use(server, settings)
        settings.IS_SERVED_BY_TLS = True
        yield server
        google_calendar._grants.clear()


def test_both_calendars_agree_when_all_is_quiet(google: Google) -> None:
    walk = Walk(google, SEED)
    for number in range(1, STEPS + 1):
        walk.step()
        if number % QUIET_EVERY == 0:
            walk.check()
    assert google.writes > STEPS / 20


def walk_until_it_fails(walk: Walk, google: Google) -> None:
    for number in range(1, 121):
        if number % 10 == 0:
            google.faults.append(Fault("cut", "insert", times=2))
        walk.step()
        if number % 30 == 0:
            walk.check()


def test_the_walk_finds_a_desk_that_takes_its_echo_for_a_persons_wish(
    google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: blind for etags and stamps, it answers itself for ever."""
    take = calendar_edits.take

    def blind(connection: CalendarConnection, event: SeenEvent, now: datetime) -> None:
        if event.stamp:
            event = replace(event, stamp=replace(event.stamp, span=(now, now)))
        take(connection, event, now)

    monkeypatch.setattr(calendar_edits, "_is_known", lambda link, event: False)
    monkeypatch.setattr(calendar_edits, "take", blind)
    with pytest.raises(AssertionError):
        walk_until_it_fails(Walk(google, SEED), google)


def test_the_walk_finds_a_desk_that_tries_again_under_another_id(
    google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with a new id for every attempt a lost answer leaves a second event."""
    write = sync._write

    def with_new_id(calendar: Calendar, link: CalendarLink, visit: Appointment) -> None:
        if not link.etag:
            calendar_edits.renew(link)
        write(calendar, link, visit)

    monkeypatch.setattr(sync, "_write", with_new_id)
    with pytest.raises(AssertionError):
        walk_until_it_fails(Walk(google, SEED), google)
