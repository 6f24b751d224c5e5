"""Which reminders the sweep derives from appointments, as they are booked, moved, confirmed, cancelled."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from crm.models import Rooftop
from reminders import planning, sweep
from reminders.models import Plan, Reminder
from scheduling import booking
from scheduling.models import Appointment
from tests.reminders.visits import MONDAY, make_visit
from tests.voice.small import make_small_store

SATURDAY = datetime(2027, 3, 6, 15, 30, tzinfo=UTC)  # 10:30 in the morning
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def otto(db: None) -> Rooftop:
    return make_small_store()


@pytest.fixture
def visit(otto: Rooftop) -> Appointment:
    return make_visit(otto, SATURDAY, booked_at=MONDAY)


def planned() -> list[tuple[str, int, str]]:
    rows = Reminder.objects.order_by("version", "due_at")
    return [(row.kind, row.version, row.state) for row in rows]


def test_a_booking_gets_its_reminders_once(visit: Appointment) -> None:
    for _ in range(3):
        planning.plan_all(MONDAY)
    assert planned() == [("confirmation", 1, "pending"), ("call", 1, "pending"), ("text", 1, "pending")]
    call = Reminder.objects.get(kind="call")
    assert (call.due_at, call.arrives_at) == (SATURDAY - DAY, SATURDAY)


def test_who_confirms_is_not_rung_a_second_time(visit: Appointment) -> None:
    planning.plan_all(MONDAY)
    before = planned()
    booking.confirm(visit, actor="test", now=MONDAY)
    visit.refresh_from_db()
    assert visit.version == 2
    assert planning.plan_all(MONDAY + MINUTE) == 1
    assert planned() == before
    assert planning.plan_all(MONDAY + MINUTE) == 0


def test_a_move_takes_the_reminders_along(visit: Appointment) -> None:
    planning.plan_all(MONDAY)
    Appointment.objects.update(arrives_at=SATURDAY + 3 * DAY, ready_at=SATURDAY + 4 * DAY, version=2)
    planning.plan_all(MONDAY + MINUTE)
    assert planned() == [
        ("confirmation", 1, "skipped"),
        ("call", 1, "skipped"),
        ("text", 1, "skipped"),
        ("change", 2, "pending"),
        ("call", 2, "pending"),
        ("text", 2, "pending"),
    ]
    assert Reminder.objects.get(kind="call", version=2).due_at == SATURDAY + 2 * DAY


def test_a_move_there_and_back_between_two_sweeps_is_none(visit: Appointment) -> None:
    planning.plan_all(MONDAY)
    before = planned()
    Appointment.objects.update(version=3)
    planning.plan_all(MONDAY + MINUTE)
    assert planned() == before


def test_a_cancellation_is_told_in_a_text(visit: Appointment) -> None:
    planning.plan_all(MONDAY)
    booking.cancel(visit, reason="sold the car", actor="test", now=MONDAY)
    planning.plan_all(MONDAY + MINUTE)
    assert planned()[-1] == ("change", 2, "pending")
    assert [state for _, version, state in planned() if version == 1] == ["skipped"] * 3


def test_what_was_cancelled_before_anybody_was_told_stays_untold(visit: Appointment) -> None:
    booking.cancel(visit, reason="a slip", actor="test", now=MONDAY)
    planning.plan_all(MONDAY + MINUTE)
    assert planned() == []


def test_a_visit_that_is_over_gets_nothing(visit: Appointment) -> None:
    assert planning.plan_all(SATURDAY + MINUTE) == 0


def test_a_car_that_is_here_is_not_reminded_of(visit: Appointment) -> None:
    planning.plan_all(MONDAY)
    booking.check_in(visit, actor="test", now=MONDAY)
    planning.plan_all(MONDAY + MINUTE)
    assert {state for _, _, state in planned()} == {"skipped"}


def test_a_reminder_that_rings_stays_as_it_is(visit: Appointment) -> None:
    planning.plan_all(MONDAY)
    Reminder.objects.filter(kind="call").update(state="dialing")
    booking.cancel(visit, reason="sold the car", actor="test", now=MONDAY)
    planning.plan_all(MONDAY + MINUTE)
    assert Reminder.objects.get(kind="call").state == "dialing"


def test_bookings_of_weeks_ago_are_not_confirmed_when_reminders_are_turned_on(visit: Appointment) -> None:
    planning.plan_all(MONDAY + 2 * DAY)
    assert [kind for kind, _, _ in planned()] == ["call", "text"]


def test_as_many_questions_for_ten_as_for_one(
    otto: Rooftop, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(10):
        make_visit(otto, SATURDAY, booked_at=MONDAY, number=f"+1212555{number + 200:04}")
    with django_assert_num_queries(9):
        planning.plan_all(MONDAY)
    assert Plan.objects.filter(version=1).count() == 10


def test_more_news_than_one_sweep_can_think_out_is_the_next_ones(
    otto: Rooftop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "RUN_SECONDS", 0.0)
    monkeypatch.setattr(planning, "CHUNK", 2)
    for number in range(5):
        make_visit(otto, SATURDAY, booked_at=MONDAY, number=f"+1212555{number + 200:04}")
    so_far = []
    for _ in range(4):
        sweep.sweep(MONDAY, hand_out=lambda ids: None, look_for=lambda pk: None)
        confirmed = Reminder.objects.filter(kind="confirmation", state="claimed").count()
        so_far.append((Plan.objects.filter(version__gt=0).count(), confirmed))
    assert so_far == [(2, 2), (4, 4), (5, 5), (5, 5)]  # each handed out by the sweep that thought it out
