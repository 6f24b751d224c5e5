"""Appointments in and out as CSV: what comes in goes through the booking door."""

import re
from datetime import date, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.models import Rooftop
from scheduling import booking
from scheduling.models import Allocation, Appointment
from tests.factories import SATURDAY, make_demo_store
from tests.sheets import confirm, export, preview

pytestmark = pytest.mark.django_db

LIST = "/admin/scheduling/appointment/"
HEAD = "rooftop,arrives_at,customer,phone,vehicle,services,transport,concern"
MARIA = "Otto's Auto,2026-11-24 09:15,Maria Lopez,(212) 555-0143,JKL 2041,LOF,waiter,Due by mileage"
JAMES = "Otto's Auto,2026-11-24 10:00,,212-555-0144,2021 Ford F-150,TROT,,"


@pytest.fixture(autouse=True)
def saturday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: SATURDAY)


@pytest.fixture
def store() -> Rooftop:
    return make_demo_store()


@pytest.fixture
def manager(store: Rooftop) -> Client:
    client = Client()
    client.force_login(User.objects.get(username="manager"))
    return client


def test_rows_are_booked_after_the_preview(manager: Client, store: Rooftop) -> None:
    page = preview(manager, LIST, HEAD, MARIA, JAMES)
    assert not Appointment.objects.filter(rooftop=store).exists()

    confirm(manager, LIST, page)
    maria, james = Appointment.objects.filter(rooftop=store)
    assert maria.arrives_at == datetime(2026, 11, 24, 9, 15, tzinfo=store.zone)
    assert maria.concern == "Due by mileage"
    assert str(james.vehicle) == "2021 Ford F-150"
    assert Allocation.objects.filter(appointment=maria, technician__isnull=False).exists()
    assert "booked for" in str(maria.events.get())


def test_importing_the_same_file_twice_books_once(manager: Client, store: Rooftop) -> None:
    confirm(manager, LIST, preview(manager, LIST, HEAD, MARIA))
    said = confirm(manager, LIST, preview(manager, LIST, HEAD, MARIA, JAMES))
    assert "1 new, 0 updated, 0 deleted and 1 skipped" in said
    assert Appointment.objects.filter(rooftop=store).count() == 2


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        (",LOF,", ",TROT,", "This was imported before (NUMBER) and is for LOF. Take the row out, or change"),
        (",LOF,", ",LOF; TROT,", "and is for LOF."),
        ("waiter", "drop_off", "and is waiter."),
        ("Due by mileage", "Squeals", "and has another concern."),
    ],
)
def test_a_row_that_says_something_else_of_an_imported_visit_is_refused(
    manager: Client, store: Rooftop, good: str, bad: str, said: str
) -> None:
    confirm(manager, LIST, preview(manager, LIST, HEAD, MARIA))
    page = preview(manager, LIST, HEAD, MARIA.replace(good, bad))
    number = Appointment.objects.get(rooftop=store).confirmation_number
    assert said.replace("NUMBER", number) in page
    assert "import_file_name" not in page


def test_a_row_whose_visit_has_moved_or_was_cancelled_books_nothing(manager: Client, store: Rooftop) -> None:
    confirm(manager, LIST, preview(manager, LIST, HEAD, MARIA))
    visit = Appointment.objects.get(rooftop=store)
    booking.reschedule(visit, visit.arrives_at + timedelta(days=1), actor="test", now=SATURDAY)
    assert "and has moved to 2026-11-25 09:15. Take the row out" in preview(manager, LIST, HEAD, MARIA)

    booking.cancel(visit, reason="Sold the car.", actor="test", now=SATURDAY)
    assert "This was imported before and is cancelled" in preview(manager, LIST, HEAD, MARIA)
    assert Appointment.objects.filter(rooftop=store).count() == 1


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("2026-11-24 09:15", "2026-11-22 09:15", "the store is closed"),
        ("2026-11-24 09:15", "2026-11-20 09:15", "too soon"),
        ("2026-11-24 09:15", "Tuesday", "Tuesday is not a day and time. Write it like 2027-03-15 09:15."),
        ("LOF", "LOF; lof", "LOF stands there twice. Write each service once."),
        ("LOF", "WASH", "WASH is not on the menu. Write codes like LOF; TROT."),
        ("(212) 555-0143", "(212) 555-0190", "Import the customer first."),
        ("Maria Lopez,(212) 555-0143", ",(212) 555-0145", "Write one of them under customer."),
        ("JKL 2041", "ZZZ 1", "is not one vehicle of Maria Lopez, who has 2019 Honda Civic JKL 2041."),
        ("waiter", "teleport", "teleport is not a way to go on."),
    ],
)
def test_what_booking_would_refuse_stops_the_whole_file(
    manager: Client, store: Rooftop, good: str, bad: str, said: str
) -> None:
    page = preview(manager, LIST, HEAD, JAMES, MARIA.replace(good, bad))
    assert said in page.replace("&#x27;", "'")
    assert "import_file_name" not in page
    assert not Appointment.objects.filter(rooftop=store).exists()
    assert not Allocation.objects.filter(appointment__isnull=False).exists()


def test_the_days_of_a_file_are_locked_in_everybodys_order_before_the_first_row(
    manager: Client, store: Rooftop
) -> None:
    later = JAMES.replace("2026-11-24", "2026-11-27")
    with CaptureQueriesContext(connection) as queries:
        preview(manager, LIST, HEAD, later, MARIA)
    locked = [query["sql"] for query in queries if "pg_advisory" in query["sql"]]
    days = [int(re.findall(r"pg_advisory_xact_lock\(\d+, (\d+)\)", sql)[0]) for sql in locked]
    assert days[:2] == [date(2026, 11, day).toordinal() for day in (24, 27)]


def test_two_rows_for_one_vehicle_and_day_are_refused(manager: Client) -> None:
    page = preview(manager, LIST, HEAD, MARIA, MARIA.replace("09:15", "13:15"))
    assert "This vehicle comes in that day already" in page


def test_a_file_neither_moves_nor_renumbers(manager: Client) -> None:
    page = preview(manager, LIST, f"{HEAD},confirmation_number", f"{MARIA},123456")
    assert "a file only books new visits" in page


def test_visits_leave_on_the_stores_clock(manager: Client, store: Rooftop) -> None:
    confirm(manager, LIST, preview(manager, LIST, HEAD, MARIA))
    (row,) = [row for row in export(manager, LIST) if row["customer"] == "Maria Lopez"]
    assert row["arrives_at"] == "2026-11-24 09:15"
    assert (row["services"], row["status"], row["phone"]) == ("LOF", "booked", "(212) 555-0143")
    assert row["confirmation_number"] == Appointment.objects.get(rooftop=store).confirmation_number


def test_advisors_neither_import_nor_export(store: Rooftop) -> None:
    client = Client()
    client.force_login(User.objects.get(username="advisor"))
    for action in ("import/", "export/"):
        assert client.get(LIST + action).status_code == 403
