"""When Google is slow, busy or talks nonsense: how long we wait, and when a person is asked."""

from datetime import timedelta

import pytest

from crm.models import Rooftop
from scheduling import outbox, sync
from scheduling.calendars import google as google_calendar
from scheduling.models import BusySpan, CalendarConnection, CalendarOutbox, Technician
from tests.emulators.base import Fault
from tests.emulators.google import Google
from tests.scheduling.calendars import NOW, PAT, at, book, connect, make_store

pytestmark = [pytest.mark.django_db, pytest.mark.integration]


@pytest.fixture
def store() -> Rooftop:
    return make_store()


@pytest.fixture
def shop(store: Rooftop, google: Google) -> CalendarConnection:
    return connect(store)


@pytest.fixture
def row(store: Rooftop, shop: CalendarConnection) -> CalendarOutbox:
    book(store, at(store, 24, 9))
    return CalendarOutbox.objects.get()


def test_those_that_failed_together_do_not_come_back_together() -> None:
    for attempts, span in ((1, 2.0), (5, 32.0), (30, outbox.LONGEST_WAIT_SECONDS)):
        waits = {outbox.backoff(attempts, 7.0) for _ in range(50)}
        assert len(waits) > 40
        assert all(7.0 <= wait <= 7.0 + span for wait in waits)
        assert max(waits) - min(waits) > span / 4


def test_a_google_that_is_down_is_asked_when_it_said(row: CalendarOutbox, google: Google) -> None:
    google.faults = [Fault("refuse", "insert", status=503, seconds=90, times=1)]
    sync.push_due(NOW)
    row.refresh_from_db()
    assert NOW + timedelta(seconds=90) <= row.due_at <= NOW + timedelta(seconds=92)
    assert sync.push_due(NOW + timedelta(seconds=89)) == 0
    assert sync.push_due(row.due_at) == 1


def test_after_two_hours_of_trying_it_is_parked_for_staff(row: CalendarOutbox, google: Google) -> None:
    CalendarOutbox.objects.update(attempts=outbox.MOST_ATTEMPTS - 2)
    google.faults = [Fault("refuse", "insert", status=503)]
    sync.push_due(NOW)
    row.refresh_from_db()
    assert not CalendarOutbox.objects.filter(parked_at__isnull=False).exists()
    late = row.due_at
    sync.push_due(late)
    assert CalendarOutbox.objects.get(parked_at=late).trouble == "http_503"
    assert sync.push_due(late + timedelta(days=1)) == 0


def test_a_google_that_says_nothing_is_waited_for_as_long_as_we_said(
    row: CalendarOutbox, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google_calendar, "ANSWER_SECONDS", 0.3)
    google.faults = [Fault("stall", "insert")]
    sync.push_due(NOW)
    row.refresh_from_db()
    assert (row.trouble, row.parked_at) == ("timeout", None)


@pytest.mark.parametrize("code", ["internalError", "empty"])
def test_an_error_in_an_answer_that_says_200_means_unknown_and_not_free(
    store: Rooftop, google: Google, code: str
) -> None:
    pat = connect(store, Technician.objects.get(name="Pat"))
    hers = google.calendar(PAT)
    hers.add("Dentist", at(store, 24, 9), at(store, 24, 10))
    sync.pull(pat, NOW)
    assert BusySpan.objects.count() == 1

    CalendarConnection.objects.update(sync_token="")  # all is listed: what is not there is forgotten
    google.faults = [Fault("error", "list", code=code, times=1)]
    sync.pull(pat, NOW)
    pat.refresh_from_db()
    assert (pat.trouble, pat.sync_token) == ("garbage", "")
    assert BusySpan.objects.count() == 1
    sync.pull(pat, NOW)
    pat.refresh_from_db()
    assert (pat.trouble, pat.sync_token != "", BusySpan.objects.count()) == ("", True, 1)
