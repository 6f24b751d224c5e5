"""The night's audit: on the store's clock, once, and of calendars that may be asked."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from crm.models import Rooftop
from scheduling import calendar_audit, sync, tasks
from scheduling.models import CalendarConnection, CalendarOutbox
from tests.emulators.base import Fault
from tests.emulators.google import Google
from tests.scheduling.calendars import SHOP, at, book, connect, make_store

pytestmark = [pytest.mark.django_db, pytest.mark.integration]
NIGHT = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)  # half past two in Albany
HOUR = timedelta(hours=1)


@pytest.fixture
def store() -> Rooftop:
    return make_store()


@pytest.fixture
def shop(store: Rooftop, google: Google) -> CalendarConnection:
    return connect(store)


def audited(hours: int) -> list[int]:
    """When a task of every hour looks at it, counted from midnight in Albany."""
    midnight = NIGHT - 2.5 * HOUR
    found = []
    for hour in range(hours):
        moment = midnight + hour * HOUR
        for pk in calendar_audit.due(moment):
            calendar_audit.audit_by_night(pk, moment)
            found.append(hour)
    return found


def test_each_night_once_on_the_stores_clock(shop: CalendarConnection) -> None:
    assert audited(72) == [2, 26, 50]
    Rooftop.objects.update(time_zone="Pacific/Honolulu")
    CalendarConnection.objects.update(audited_at=None)
    assert audited(24) == [7]


def test_a_night_with_a_bad_hour_is_looked_at_in_the_next(shop: CalendarConnection, google: Google) -> None:
    google.faults = [Fault("refuse", "list", status=503, times=2)]
    assert audited(24) == [2, 3, 4]


def test_staff_see_when_it_was_looked_at(client: Client, shop: CalendarConnection) -> None:
    client.force_login(User.objects.create_superuser("owner"))
    page = f"/admin/scheduling/calendarconnection/{shop.pk}/change/"
    assert "not yet" in client.get(page).content.decode()
    calendar_audit.audit_by_night(shop.pk, NIGHT)
    assert "Mon, Nov 23, 2:30 AM" in client.get(page).content.decode()


def test_two_beats_make_one_audit(
    shop: CalendarConnection, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr("scheduling.tasks.timezone.now", lambda: NIGHT)
    monkeypatch.setattr(tasks.audit_calendar, "delay", asked.append)
    for _ in range(2):
        tasks.audit_calendars()
    assert asked == [shop.pk, shop.pk]
    for pk in asked:
        tasks.audit_calendar(pk)
    assert google.counts["list"] == 1


def test_what_was_parked_is_told_by_night_and_drift_is_set_right(
    shop: CalendarConnection, store: Rooftop, google: Google
) -> None:
    parked = book(store, at(store, 24, 9))
    google.faults = [Fault("refuse", "insert", status=400, code="invalid", times=1)]
    sync.push_due(NIGHT - HOUR)
    assert CalendarOutbox.objects.get().parked_at
    lost = book(store, at(store, 24, 11))
    sync.push_due(NIGHT - HOUR)
    google.calendar(SHOP).delete(google.calendar(SHOP).standing()[0]["id"])

    assert calendar_audit.audit_by_night(shop.pk, NIGHT) == 1
    assert {row.appointment for row in CalendarOutbox.objects.filter(parked_at=None)} == {parked, lost}
    sync.pull_due(NIGHT)
    sync.push_due(NIGHT + HOUR)
    assert len(google.calendar(SHOP).standing()) == 2


def test_a_calendar_that_is_slowed_down_is_not_audited(shop: CalendarConnection, google: Google) -> None:
    google.faults = [Fault("refuse", "list", status=429, seconds=7200, times=1)]
    calendar_audit.audit_by_night(shop.pk, NIGHT)
    shop.refresh_from_db()
    assert shop.slow_until and shop.slow_until >= NIGHT + 2 * HOUR
    assert calendar_audit.due(NIGHT + HOUR) == []
    assert calendar_audit.due(NIGHT + 3 * HOUR) == [shop.pk]
