"""Reminders in the staff site: seen, filtered, and asked for now."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from crm import consent
from crm.models import Rooftop
from reminders import planning
from reminders.models import Reminder
from scheduling import booking
from scheduling.models import Appointment
from tests.factories import make_staff
from tests.reminders.visits import MONDAY, make_call, make_visit
from tests.talking import MARIA
from tests.voice.small import make_small_store

REMINDERS = "/admin/reminders/reminder/"
DAY = timedelta(days=1)


@pytest.fixture
def otto(db: None) -> Rooftop:
    return make_small_store()


@pytest.fixture
def visit(otto: Rooftop) -> Appointment:
    now = timezone.now()
    return make_visit(otto, now + 3 * DAY, booked_at=now - 9 * DAY)


@pytest.fixture
def staff(client: Client, otto: Rooftop) -> Client:
    rights = ("view_reminder", "view_appointment", "change_appointment")
    client.force_login(make_staff("dana", otto, *rights))
    return client


def now_page(visit: Appointment) -> str:
    return f"{REMINDERS}now/{visit.pk}/"


def test_what_was_not_told_is_found_with_its_reason(staff: Client, visit: Appointment) -> None:
    make_call(visit, due_at=timezone.now(), state="skipped", reason="Opted out of calls.")
    make_call(visit, due_at=timezone.now(), attempt=2, state="answered")
    page = staff.get(REMINDERS, {"state__exact": "skipped"}).content.decode()
    assert "Opted out of calls." in page
    assert "Maria Lopez" in page
    assert page.count("field-result") == 1
    assert staff.get(f"{REMINDERS}{Reminder.objects.first().pk}/change/").status_code == 200  # type: ignore[union-attr]


def test_nobody_writes_a_reminder_by_hand(staff: Client, visit: Appointment) -> None:
    call = make_call(visit, due_at=timezone.now())
    assert staff.get(f"{REMINDERS}add/").status_code == 403
    assert staff.post(f"{REMINDERS}{call.pk}/change/", {"state": "answered"}).status_code == 403
    assert staff.post(f"{REMINDERS}{call.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_appointments_page_leads_to_a_reminder_now(staff: Client, visit: Appointment) -> None:
    assert now_page(visit) in staff.get(f"/admin/scheduling/appointment/{visit.pk}/change/").content.decode()
    assert "Maria Lopez" in staff.get(now_page(visit)).content.decode()
    assert not Reminder.objects.exists()  # looking changes nothing
    staff.post(now_page(visit))
    call = Reminder.objects.get()
    assert (call.kind, call.state, call.arrives_at) == ("call", "pending", visit.arrives_at)
    assert call.due_at <= timezone.now()


def test_who_wants_no_calls_is_not_rung_and_staff_hear_why(staff: Client, visit: Appointment) -> None:
    consent.revoke(visit.rooftop, MARIA, wording="Stop.", source="test", now=timezone.now())
    page = staff.post(now_page(visit), follow=True).content.decode()
    assert "Opted out of calls." in page
    assert not Reminder.objects.exists()


def test_asking_twice_is_one_call_and_the_planned_one(staff: Client, visit: Appointment) -> None:
    planning.plan_all(timezone.now())
    for _ in range(2):
        staff.post(now_page(visit))
    call = Reminder.objects.get(kind="call")
    assert call.due_at <= timezone.now()


def test_after_one_that_reached_nobody_there_is_a_second_attempt(staff: Client, visit: Appointment) -> None:
    make_call(visit, due_at=timezone.now(), state="no_answer")
    staff.post(now_page(visit))
    assert list(Reminder.objects.values_list("attempt", "state")) == [(1, "no_answer"), (2, "pending")]


def test_while_it_rings_and_after_it_is_off_nobody_is_rung(staff: Client, visit: Appointment) -> None:
    call = make_call(visit, due_at=timezone.now(), state="dialing")
    assert "being rung already" in staff.post(now_page(visit), follow=True).content.decode()
    call.delete()
    booking.cancel(visit, reason="sold", actor="test", now=timezone.now())
    assert "is cancelled" in staff.post(now_page(visit), follow=True).content.decode()
    assert not Reminder.objects.exists()


NINE = datetime(2027, 3, 1, 2, 0, tzinfo=UTC)  # Sunday in Albany, at night
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("now", "ahead", "dialed", "answer", "is_kept"),
    [
        (MONDAY, 30 * HOUR, None, "Maria Lopez is rung within a minute.", True),
        (NINE, 30 * HOUR, None, "Maria Lopez is rung on Mon, Mar 1, 9:00 AM.", True),
        (NINE, 11 * HOUR, None, "no decent hour was left", False),
        (MONDAY, HOUR, None, "nobody is rung in the two hours before a visit", False),
        (MONDAY, 30 * HOUR, MONDAY - HOUR, "rung today already; once a day is the most", False),
    ],
)
def test_who_asks_hears_when_it_rings_or_why_it_does_not(
    client: Client,
    otto: Rooftop,
    monkeypatch: pytest.MonkeyPatch,
    now: datetime,
    ahead: timedelta,
    dialed: datetime | None,
    answer: str,
    is_kept: bool,
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: now)
    client.force_login(make_staff("dana", otto, "view_appointment", "change_appointment"))
    visit = make_visit(otto, now + ahead, booked_at=now - 9 * DAY)
    if dialed:
        make_call(visit, due_at=dialed, state="no_answer", number=MARIA, dialed_at=dialed)
    assert answer in client.post(now_page(visit), follow=True).content.decode()
    assert Reminder.objects.filter(state="pending").exists() is is_kept


def test_who_may_not_change_appointments_rings_nobody(staff: Client, visit: Appointment) -> None:
    User.objects.get().user_permissions.remove(Permission.objects.get(codename="change_appointment"))
    assert staff.post(now_page(visit)).status_code == 403
    assert not Reminder.objects.exists()
