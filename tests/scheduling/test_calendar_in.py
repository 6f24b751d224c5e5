"""From what people do in a calendar to the store's rows: through an emulated Google and the real SDK."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from crm.models import FollowUpTask, Rooftop
from scheduling import booking, closing, sync
from scheduling.calendar_audit import audit
from scheduling.models import (
    Allocation,
    Appointment,
    BusySpan,
    CalendarConnection,
    CalendarLink,
    CalendarOutbox,
    OpCode,
    Technician,
)
from tests.emulators.base import Fault
from tests.emulators.google import Google
from tests.emulators.google_events import CalendarEvents
from tests.scheduling.calendars import NOW, PAT, SHOP, at, book, connect, make_store, settle

pytestmark = [pytest.mark.django_db, pytest.mark.integration]
LATER = NOW + timedelta(minutes=10)
HOUR = timedelta(hours=1)


@pytest.fixture
def events(google: Google) -> CalendarEvents:
    return google.calendar(SHOP)


@pytest.fixture
def hers(google: Google) -> CalendarEvents:
    return google.calendar(PAT)


@pytest.fixture
def store() -> Rooftop:
    return make_store()


@pytest.fixture
def shop(store: Rooftop, google: Google) -> CalendarConnection:
    return connect(store)


@pytest.fixture
def pat(store: Rooftop, google: Google) -> CalendarConnection:
    return connect(store, Technician.objects.get(name="Pat"))


@pytest.fixture
def visit(store: Rooftop, shop: CalendarConnection) -> Appointment:
    """A visit that the calendar shows, after the calendar was read once."""
    booked = book(store, at(store, 24, 9))
    sync.push_due(NOW)
    sync.pull_due(NOW)
    return booked


def event_of(visit: Appointment) -> str:
    return CalendarLink.objects.get(appointment=visit).event_id


def pull(connection: CalendarConnection) -> None:
    CalendarConnection.objects.update(pull_due_at=LATER)
    sync.pull_due(LATER, connection_id=connection.pk)


def time_off(store: Rooftop) -> list[tuple[str, str]]:
    """On the store's clock."""
    rows = Allocation.objects.filter(kind="time_off").order_by("starts_at")
    return [
        (f"{row.starts_at.astimezone(store.zone):%d %H:%M}", f"{row.ends_at.astimezone(store.zone):%d %H:%M}")
        for row in rows
    ]


# --- our own events -----------------------------------------------------------------------


def test_our_own_echo_changes_and_writes_nothing(
    shop: CalendarConnection, visit: Appointment, google: Google
) -> None:
    booking.confirm(visit, actor="test", now=NOW)
    sync.push_due(NOW)
    written = google.writes
    pull(shop)
    sync.push_due(LATER)
    assert google.writes == written
    assert not CalendarOutbox.objects.exists()
    visit.refresh_from_db()
    assert visit.version == 2


def test_an_event_that_a_person_moves_moves_the_visit(
    shop: CalendarConnection, visit: Appointment, store: Rooftop, events: CalendarEvents
) -> None:
    events.move(event_of(visit), at(store, 25, 10))
    pull(shop)
    visit.refresh_from_db()
    assert visit.arrives_at == at(store, 25, 10)
    assert visit.events.filter(actor="calendar", what__startswith="moved").count() == 1
    assert not FollowUpTask.objects.exists()
    settle(LATER)
    assert audit(shop, LATER) == []


def test_a_move_that_cannot_be_kept_is_put_back_with_a_task(
    shop: CalendarConnection, visit: Appointment, store: Rooftop, events: CalendarEvents
) -> None:
    events.move(event_of(visit), at(store, 25, 20))
    pull(shop)
    visit.refresh_from_db()
    assert (visit.arrives_at, visit.version) == (at(store, 24, 9), 1)
    task = FollowUpTask.objects.get(kind="conflict")
    assert "closed" in task.summary and task.customer == visit.customer
    settle(LATER)
    assert events.get(event_of(visit))["start"]["dateTime"] == "2026-11-24T14:00:00+00:00"
    assert audit(shop, LATER) == []
    assert FollowUpTask.objects.count() == 1


def test_a_longer_event_is_put_back_without_a_word(
    shop: CalendarConnection, visit: Appointment, store: Rooftop, events: CalendarEvents
) -> None:
    events.move(event_of(visit), at(store, 24, 9), at(store, 24, 17))
    settle(LATER)
    assert events.get(event_of(visit))["end"]["dateTime"] == visit.ready_at.isoformat()
    assert not FollowUpTask.objects.exists()


def test_a_visit_that_became_a_whole_day_is_put_back(
    shop: CalendarConnection, visit: Appointment, events: CalendarEvents
) -> None:
    events.edit(event_of(visit), start={"date": "2026-11-25"}, end={"date": "2026-11-26"})
    settle(LATER)
    assert events.get(event_of(visit))["start"].keys() == {"dateTime", "timeZone"}
    assert FollowUpTask.objects.count() == 1


def test_words_are_the_persons_own(
    shop: CalendarConnection, visit: Appointment, google: Google, events: CalendarEvents
) -> None:
    events.edit(event_of(visit), summary="Maria, be nice", colorId="5")
    written = google.writes
    settle(LATER)
    assert google.writes == written
    assert events.get(event_of(visit))["summary"] == "Maria, be nice"


def test_a_deleted_event_is_a_task_and_comes_back(
    shop: CalendarConnection, visit: Appointment, events: CalendarEvents
) -> None:
    before = event_of(visit)
    events.delete(before)
    pull(shop)
    visit.refresh_from_db()
    assert visit.status == "booked"
    assert "deleted it" in FollowUpTask.objects.get().summary
    settle(LATER)
    assert [event["id"] for event in events.standing()] == [event_of(visit)] != [before]
    assert FollowUpTask.objects.count() == 1


@pytest.mark.parametrize("what", ["move", "delete"])
def test_a_change_here_meets_a_persons_change_there(
    shop: CalendarConnection, visit: Appointment, store: Rooftop, events: CalendarEvents, what: str
) -> None:
    """The event was changed, we do not know it yet, and write: the database wins, staff hear of it."""
    if what == "move":
        events.move(event_of(visit), at(store, 26, 10))
    else:
        events.delete(event_of(visit))
    booking.reschedule(visit, at(store, 25, 11), actor="test", now=NOW)
    sync.push_due(NOW)
    visit.refresh_from_db()
    assert visit.arrives_at == at(store, 25, 11)
    assert FollowUpTask.objects.filter(kind="conflict").count() == 1
    settle(LATER)
    assert audit(shop, LATER) == []


def test_a_persons_move_survives_our_confirmation(
    shop: CalendarConnection, visit: Appointment, store: Rooftop, events: CalendarEvents
) -> None:
    events.move(event_of(visit), at(store, 25, 10))
    booking.confirm(visit, actor="test", now=NOW)
    sync.push_due(NOW)
    visit.refresh_from_db()
    assert visit.arrives_at == at(store, 25, 10)
    settle(LATER)
    assert audit(shop, LATER) == []


def test_a_copy_of_our_event_is_told_by_the_audit_and_moves_nothing(
    shop: CalendarConnection, visit: Appointment, store: Rooftop, events: CalendarEvents
) -> None:
    copy = {key: value for key, value in events.get(event_of(visit)).items() if key != "id"}
    events.move(events.insert(copy)["id"], at(store, 26, 10))
    settle(LATER)
    visit.refresh_from_db()
    assert visit.arrives_at == at(store, 24, 9)
    assert [one.code for one in audit(shop, LATER)] == ["extra"]


# --- sync tokens --------------------------------------------------------------------------


def test_an_old_sync_token_means_reading_everything(
    shop: CalendarConnection, visit: Appointment, store: Rooftop, google: Google, events: CalendarEvents
) -> None:
    lost = book(store, at(store, 24, 11))
    sync.push_due(NOW)
    pull(shop)
    events.token_age += 1
    events.move(event_of(visit), at(store, 25, 10))
    events.delete(event_of(lost))  # a full listing does not name it
    google.page_size = 1
    settle(LATER)
    visit.refresh_from_db()
    assert visit.arrives_at == at(store, 25, 10)
    assert "deleted it" in FollowUpTask.objects.get().summary
    assert audit(shop, LATER) == []


def test_what_is_missing_is_looked_up_before_the_token_is_kept(
    shop: CalendarConnection, visit: Appointment, google: Google, events: CalendarEvents
) -> None:
    events.token_age += 1
    events.delete(event_of(visit))
    google.faults = [Fault("refuse", "get", status=503, times=1)]
    pull(shop)
    assert not FollowUpTask.objects.exists()
    settle(LATER)
    assert "deleted it" in FollowUpTask.objects.get().summary
    assert audit(shop, LATER) == []


def test_the_token_is_kept_only_when_every_page_was_read(
    pat: CalendarConnection, store: Rooftop, google: Google, hers: CalendarEvents
) -> None:
    sync.pull_due(NOW)
    pat.refresh_from_db()
    before = pat.sync_token
    assert before
    for hour in (9, 11, 13):
        hers.add("Dentist", at(store, 24, hour), at(store, 24, hour) + HOUR)
    google.page_size = 2
    google.faults = [Fault("refuse", "list", status=503, skip=1, times=1)]
    pull(pat)
    pat.refresh_from_db()
    assert (pat.sync_token, pat.trouble) == (before, "http_503")
    assert BusySpan.objects.count() == 2
    pull(pat)
    pat.refresh_from_db()
    assert pat.sync_token != before
    assert len(time_off(store)) == 3


# --- technicians' calendars ---------------------------------------------------------------


def test_busy_time_is_time_off_and_no_opening(
    pat: CalendarConnection, store: Rooftop, hers: CalendarEvents
) -> None:
    Technician.objects.filter(name="Sam").delete()
    event = hers.add("Dentist", at(store, 24, 9), at(store, 24, 12))
    pull(pat)
    assert time_off(store) == [("24 09:00", "24 12:00")]

    def first() -> str:
        codes = list(OpCode.objects.all())
        day = date(2026, 11, 24)
        offered = [slot.arrives_at for slot in booking.openings(store, codes, day, day, now=NOW)]
        return f"{min(m for m in offered if m >= at(store, 24, 9)).astimezone(store.zone):%H:%M}"

    assert first() == "11:45"
    hers.move(event["id"], at(store, 24, 10))
    pull(pat)
    assert time_off(store) == [("24 10:00", "24 13:00")]
    hers.delete(event["id"])
    pull(pat)
    assert time_off(store) == []


def test_whole_days_zones_repetitions_and_what_keeps_nobody_busy(
    pat: CalendarConnection, store: Rooftop, hers: CalendarEvents
) -> None:
    hers.add("Vacation", date(2026, 11, 27), date(2026, 11, 29))
    los_angeles = ZoneInfo("America/Los_Angeles")
    hers.add(
        "Call",
        at(store, 24, 9).astimezone(los_angeles),
        at(store, 24, 10).astimezone(los_angeles),
    )
    lunch = at(store, 30, 12).astimezone(store.zone)
    hers.add("Lunch", lunch, lunch + HOUR, recurrence=["RRULE:FREQ=WEEKLY;COUNT=2"])
    hers.add("Birthday", date(2026, 11, 25), date(2026, 11, 26), transparency="transparent")
    declined = [{"email": PAT, "self": True, "responseStatus": "declined"}]
    hers.add("Party", at(store, 25, 9), at(store, 25, 10), attendees=declined)
    hers.add("Years ahead", at(store, 25, 9) + timedelta(days=900), at(store, 25, 10) + timedelta(days=900))
    hers.add("Over", at(store, 20, 9), at(store, 20, 10))
    pull(pat)
    assert time_off(store) == [
        ("24 09:00", "24 10:00"),
        ("27 00:00", "29 00:00"),
        ("30 12:00", "30 13:00"),
        ("07 12:00", "07 13:00"),
    ]
    assert audit(pat, LATER) == []


def test_a_series_loses_one_of_its_dates(
    pat: CalendarConnection, store: Rooftop, hers: CalendarEvents
) -> None:
    lunch = at(store, 24, 12).astimezone(store.zone)
    series = hers.add("Lunch", lunch, lunch + HOUR, recurrence=["RRULE:FREQ=DAILY;COUNT=3"])
    pull(pat)
    assert len(time_off(store)) == 3
    hers.edit(series["id"], recurrence=["RRULE:FREQ=DAILY;COUNT=2"])
    pull(pat)
    assert time_off(store) == [("24 12:00", "24 13:00"), ("25 12:00", "25 13:00")]


def test_events_that_overlap_are_taken_once(
    pat: CalendarConnection, store: Rooftop, hers: CalendarEvents
) -> None:
    first = hers.add("One", at(store, 24, 9), at(store, 24, 11))
    hers.add("Two", at(store, 24, 10), at(store, 24, 12))
    pull(pat)
    assert time_off(store) == [("24 09:00", "24 12:00")]
    hers.delete(first["id"])
    pull(pat)
    assert time_off(store) == [("24 10:00", "24 12:00")]


def test_busy_time_over_work_is_a_task_and_takes_the_rest(
    pat: CalendarConnection, store: Rooftop, hers: CalendarEvents
) -> None:
    Technician.objects.filter(name="Sam").update(skills=["ev"])
    visit = book(store, at(store, 24, 10))
    work = visit.allocations.get(kind="work")
    hers.add("Dentist", at(store, 24, 9), at(store, 24, 12))
    pull(pat)
    pull(pat)
    task = FollowUpTask.objects.get(kind="conflict")
    assert visit.confirmation_number in task.summary
    assert [span[0] for span in time_off(store)] == [
        "24 09:00",
        f"{work.ends_at.astimezone(store.zone):%d %H:%M}",
    ]
    visit.refresh_from_db()
    assert visit.status == "booked"
    assert audit(pat, LATER) == []

    booking.reschedule(visit, at(store, 24, 14), actor="test", now=NOW)
    pull(pat)
    assert time_off(store) == [("24 09:00", "24 12:00")]


def test_time_off_that_staff_entered_stays_theirs(
    pat: CalendarConnection, store: Rooftop, hers: CalendarEvents
) -> None:
    technician = Technician.objects.get(name="Pat")
    closing.block(store, at(store, 24, 9), at(store, 24, 10), reason="School", now=NOW, technician=technician)
    event = hers.add("School", at(store, 24, 9), at(store, 24, 11))
    pull(pat)
    assert time_off(store) == [("24 09:00", "24 10:00"), ("24 10:00", "24 11:00")]
    hers.delete(event["id"])
    pull(pat)
    assert time_off(store) == [("24 09:00", "24 10:00")]


def test_our_visits_in_a_technicians_calendar_are_not_time_off(
    shop: CalendarConnection, pat: CalendarConnection, visit: Appointment, google: Google
) -> None:
    google.calendars[PAT] = google.calendars[SHOP]
    pull(pat)
    assert not BusySpan.objects.exists()


def test_one_worker_reads_a_calendar_at_a_time(pat: CalendarConnection, google: Google) -> None:
    CalendarConnection.objects.update(pulling_until=NOW + HOUR)
    sync.pull(pat, NOW)
    assert google.counts["list"] == 0
    sync.pull(pat, NOW + 2 * HOUR)
    assert google.counts["list"] == 1
