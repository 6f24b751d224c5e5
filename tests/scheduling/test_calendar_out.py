"""From a visit to its event: through booking.py, the outbox, the real SDK and an emulated Google."""

import base64
import json
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from crm import faults
from crm.models import FollowUpTask, Rooftop, SystemFault
from scheduling import booking, outbox, sync
from scheduling.models import (
    Appointment,
    CalendarConnection,
    CalendarLink,
    CalendarOutbox,
    Technician,
)
from tests.emulators.base import Fault
from tests.emulators.google import Google
from tests.emulators.google_events import CalendarEvents
from tests.scheduling.calendars import NOW, SHOP, at, book, connect, make_store

pytestmark = [pytest.mark.django_db, pytest.mark.integration]
LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def events(google: Google) -> CalendarEvents:
    return google.calendar(SHOP)


@pytest.fixture
def store() -> Rooftop:
    return make_store()


@pytest.fixture
def link(store: Rooftop, google: Google) -> CalendarConnection:
    return connect(store)


def only(events: CalendarEvents) -> dict[str, Any]:
    (event,) = events.standing()
    return event


# --- what is written ----------------------------------------------------------------------


def test_a_visit_becomes_an_event_with_no_more_than_it_needs(
    link: CalendarConnection, store: Rooftop, events: CalendarEvents
) -> None:
    visit = book(store, at(store, 24, 9))
    assert sync.push_due(NOW) == 1

    event = only(events)
    assert event["summary"] == "Maria: oil change (2019 Honda Civic)"
    assert event["start"]["dateTime"] == "2026-11-24T14:00:00+00:00"
    assert event["start"]["timeZone"] == "America/New_York"
    assert event["end"]["dateTime"] == visit.ready_at.isoformat()
    private = event["extendedProperties"]["private"]
    assert (private["visit"], private["version"], private["desk"]) == (str(visit.pk), "1", link.key.hex)
    assert "Lopez" not in str(event)
    assert not CalendarOutbox.objects.exists()


def test_moving_and_cancelling_are_followed(
    link: CalendarConnection, store: Rooftop, google: Google, events: CalendarEvents
) -> None:
    visit = book(store, at(store, 24, 9))
    sync.push_due(NOW)
    visit = booking.reschedule(visit, at(store, 25, 10), actor="test", now=NOW)
    sync.push_due(NOW)
    assert only(events)["start"]["dateTime"] == "2026-11-25T15:00:00+00:00"
    booking.cancel(visit, reason="sold", actor="test", now=NOW)
    sync.push_due(NOW)
    assert events.standing() == []
    assert (google.counts["insert"], google.counts["patch"], google.counts["delete"]) == (1, 1, 1)


def test_several_changes_are_told_as_one(
    link: CalendarConnection, store: Rooftop, google: Google, events: CalendarEvents
) -> None:
    visit = book(store, at(store, 24, 9))
    booking.confirm(visit, actor="test", now=NOW)
    booking.reschedule(visit, at(store, 25, 10), actor="test", now=NOW)
    assert sync.push_due(NOW) == 3
    assert google.writes == 1
    assert only(events)["extendedProperties"]["private"]["version"] == "3"


def test_what_never_was_written_and_is_cancelled_is_never_written(
    link: CalendarConnection, store: Rooftop, google: Google
) -> None:
    booking.cancel(book(store, at(store, 24, 9)), reason="sold", actor="test", now=NOW)
    sync.push_due(NOW)
    assert google.writes == 0


def test_without_a_calendar_booking_writes_nothing_and_asks_once(store: Rooftop) -> None:
    with CaptureQueriesContext(database) as queries:
        book(store, at(store, 24, 9))
    assert sum("calendarconnection" in query["sql"] for query in queries) == 1
    assert not CalendarOutbox.objects.exists()


def test_the_row_goes_with_a_booking_that_is_rolled_back(link: CalendarConnection, store: Rooftop) -> None:
    with transaction.atomic():
        book(store, at(store, 24, 9))
        transaction.set_rollback(True)
    assert not CalendarOutbox.objects.exists()


# --- what goes wrong ----------------------------------------------------------------------


@pytest.mark.parametrize("where", ["insert", "patch", "delete"])
def test_an_answer_that_is_lost_makes_no_second_event(
    link: CalendarConnection, store: Rooftop, google: Google, events: CalendarEvents, where: str
) -> None:
    visit = book(store, at(store, 24, 9))
    if where != "insert":
        sync.push_due(NOW)
        visit = booking.reschedule(visit, at(store, 25, 10), actor="test", now=NOW)
    if where == "delete":
        sync.push_due(NOW)
        booking.cancel(visit, reason="sold", actor="test", now=NOW)
    google.faults = [Fault("cut", where, times=2)]
    sync.push_due(NOW)
    assert CalendarOutbox.objects.get().trouble
    written = google.writes
    assert sync.push_due(LATER) == 1
    assert len(events.events) == 1
    assert len(events.standing()) == (0 if where == "delete" else 1)
    # It is seen that the event is there already: nothing is written over it.
    assert google.writes == written + 1
    assert not FollowUpTask.objects.exists()


def test_an_id_that_is_taken_by_a_deleted_event_gets_another_generation(
    link: CalendarConnection, store: Rooftop, google: Google, events: CalendarEvents
) -> None:
    visit = book(store, at(store, 24, 9))
    sync.push_due(NOW)
    events.delete(only(events)["id"])
    CalendarLink.objects.all().delete()
    booking.confirm(visit, actor="test", now=NOW)
    sync.push_due(NOW)
    assert CalendarLink.objects.get().generation == 1
    assert len(events.standing()) == 1


def test_a_strangers_event_with_our_id_is_left_alone(
    link: CalendarConnection, store: Rooftop, events: CalendarEvents
) -> None:
    from scheduling.calendar_edits import event_id

    visit = book(store, at(store, 24, 9))
    events.add("Not ours", at(store, 24, 9), at(store, 24, 10), id=event_id(link, visit.pk, 0))
    sync.push_due(NOW)
    assert sorted(event["summary"] for event in events.standing()) == [
        "Maria: oil change (2019 Honda Civic)",
        "Not ours",
    ]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("refuse", "insert", status=503), "http_503"),
        (Fault("refuse", "insert", status=500), "http_500"),
        (Fault("garbage", "insert"), "garbage"),
        (Fault("drop", "insert"), ""),
        (Fault("refuse", "token", status=400, code="x"), ""),
    ],
)
def test_a_bad_moment_is_waited_out_and_the_visit_stays(
    link: CalendarConnection, store: Rooftop, google: Google, events: CalendarEvents, fault: Fault, code: str
) -> None:
    visit = book(store, at(store, 24, 9))
    google.faults = [fault]
    if fault.where == "token":
        google.access_tokens.clear()
    assert sync.push_due(NOW) == 0 or code == ""
    google.faults = []
    row = CalendarOutbox.objects.first()
    if row:
        assert row.trouble == code or not code
        assert row.due_at <= NOW + timedelta(seconds=2)
        sync.push_due(LATER)
    assert len(events.standing()) == 1
    visit.refresh_from_db()
    assert (visit.status, visit.version) == ("booked", 1)


def test_a_used_up_quota_slows_all_calendars_of_the_store_down(
    link: CalendarConnection, store: Rooftop, google: Google
) -> None:
    pat = connect(store, Technician.objects.get(name="Pat"))
    for hour in (9, 11, 13):
        book(store, at(store, 24, hour))
    google.faults = [Fault("refuse", "insert", status=403, code="rateLimitExceeded", seconds=40, times=1)]
    sync.push_due(NOW)
    assert google.counts["insert"] == 1
    link.refresh_from_db()
    assert link.slow_until and link.slow_until >= NOW + timedelta(seconds=40)
    pat.refresh_from_db()
    assert pat.slow_until == link.slow_until
    assert sync.push_due(NOW + timedelta(seconds=39)) == 0
    sync.pull_due(NOW + timedelta(seconds=39))
    assert (google.counts["insert"], google.counts["list"]) == (1, 0)
    assert sync.push_due(LATER) == 3
    assert {row.attempts for row in CalendarOutbox.objects.all()} == set()


def test_what_cannot_be_written_is_parked_and_does_not_hold_the_others_up(
    link: CalendarConnection, store: Rooftop, google: Google, events: CalendarEvents
) -> None:
    poison = book(store, at(store, 24, 9))
    book(store, at(store, 24, 11))
    google.faults = [Fault("refuse", "insert", status=400, code="invalid", times=1)]
    assert sync.push_due(NOW) == 2
    row = CalendarOutbox.objects.get()
    assert (row.appointment, row.trouble, row.parked_at) == (poison, "http_400", NOW)
    assert sync.push_due(LATER) == 0
    assert len(events.standing()) == 1

    outbox.try_again(LATER, poison)
    assert sync.push_due(LATER) == 1
    assert len(events.standing()) == 2


@pytest.mark.django_db(transaction=True)
def test_a_revoked_grant_disconnects_the_calendar_and_booking_goes_on(
    link: CalendarConnection, store: Rooftop, google: Google
) -> None:
    google.revoke()
    book(store, at(store, 24, 9))
    sync.push_due(NOW)
    link.refresh_from_db()
    assert (link.state, link.trouble) == ("disconnected", "invalid_grant")
    assert faults.flush(5)
    assert SystemFault.objects.get(source="calendar").code == "invalid_grant"
    task = FollowUpTask.objects.get(rooftop=store)
    assert task.summary.startswith("Calendar of Small is disconnected: connect it again")
    assert NOW < task.due_at < NOW + timedelta(days=1)

    book(store, at(store, 24, 11))
    asked = len(google.requests)
    sync.push_due(LATER)
    sync.pull_due(LATER)
    sync.disconnect(link, "invalid_grant", LATER)  # another worker saw it too
    assert len(google.requests) == asked
    assert CalendarOutbox.objects.count() == 2
    assert FollowUpTask.objects.count() == 1


def test_a_calendar_that_is_not_there_is_disconnected(
    link: CalendarConnection, store: Rooftop, google: Google
) -> None:
    del google.calendars[SHOP]
    book(store, at(store, 24, 9))
    sync.push_due(NOW)
    link.refresh_from_db()
    assert (link.state, link.trouble) == ("disconnected", "not_found")


def test_no_network_is_a_bad_moment(
    link: CalendarConnection, store: Rooftop, google: Google, settings: Settings
) -> None:
    settings.GOOGLE_API_BASE_URL = "http://127.0.0.1:9/calendar/v3/"
    book(store, at(store, 24, 9))
    assert sync.push_due(NOW) == 0
    assert CalendarOutbox.objects.get().attempts == 1
    link.refresh_from_db()
    assert link.state == "connected"


# --- workers ------------------------------------------------------------------------------


def test_a_claimed_row_is_nobody_elses_until_the_claim_ends(link: CalendarConnection, store: Rooftop) -> None:
    book(store, at(store, 24, 9))
    assert outbox.claim(NOW)
    assert outbox.claim(NOW) is None
    assert outbox.claim(NOW + outbox.CLAIM)


def test_rows_of_one_visit_go_in_their_order(link: CalendarConnection, store: Rooftop) -> None:
    visit = book(store, at(store, 24, 9))
    booking.confirm(visit, actor="test", now=NOW)
    first = outbox.claim(NOW)
    assert first
    assert outbox.claim(NOW) is None
    outbox.done(first)
    second = outbox.claim(NOW)
    assert second and second.pk > first.pk


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_write_each_visit_once(
    link: CalendarConnection, store: Rooftop, google: Google, events: CalendarEvents
) -> None:
    push_by_four_workers(store, google)
    assert len(events.standing()) == google.counts["insert"] == 6
    assert not CalendarOutbox.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_without_claims_four_workers_write_the_same_visit_several_times(
    link: CalendarConnection,
    store: Rooftop,
    google: Google,
    events: CalendarEvents,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control. Even so the ids leave one event for each visit."""

    def look_only(now: datetime, **options: Any) -> CalendarOutbox | None:
        return outbox._due(now).exclude(connection__in=options["but"]).first()

    monkeypatch.setattr(outbox, "claim", look_only)
    push_by_four_workers(store, google)
    assert google.counts["insert"] > 6
    assert len(events.standing()) == 6


def push_by_four_workers(store: Rooftop, google: Google) -> None:
    for hour in (8, 9, 10, 11, 12, 13):
        book(store, at(store, 24, hour))
    google.faults = [Fault("slow", "insert", seconds=0.1)]
    together = threading.Barrier(4)

    def work() -> None:
        together.wait(10)
        sync.push_due(NOW)
        database.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)


def test_a_booking_wakes_a_worker_once_it_is_committed(
    link: CalendarConnection, store: Rooftop, settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    queue = redis.Redis.from_url(settings.REDIS_URL)
    queue.delete("celery")
    with django_capture_on_commit_callbacks(execute=True):
        visit = book(store, at(store, 24, 9))
        assert queue.llen("celery") == 0
    message = queue.blpop(["celery"], timeout=5)
    assert message
    told = json.loads(message[1])
    assert told["headers"]["task"] == "scheduling.tasks.push_calendar"
    assert json.loads(base64.b64decode(told["body"]))[0] == [visit.pk]


def test_connecting_queues_what_is_ahead(store: Rooftop, google: Google, events: CalendarEvents) -> None:
    book(store, at(store, 24, 9))
    booking.cancel(book(store, at(store, 24, 11)), reason="sold", actor="test", now=NOW)
    sync.show_all(connect(store), NOW)
    sync.push_due(NOW)
    assert len(events.standing()) == 1
    assert Appointment.objects.count() == 2
