"""What the forms of the staff site take, and how they refuse: the field, and what would be right."""

import html
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from crm.models import Customer, FollowUpTask, Ownership, Rooftop, Staff, Vehicle

pytestmark = pytest.mark.django_db

# 21:00 on Saturday the 21st in Albany; in Greenwich it is Sunday already.
EVENING = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
CUSTOMERS = "/admin/crm/customer/"
VEHICLES = "/admin/crm/vehicle/"
ACCORD = "1HGCM82633A004352"
GOLF = "WVWZZZ1KZ8W000123"  # made in Germany: its ninth character is no check digit


@pytest.fixture(autouse=True)
def evening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: EVENING)


@pytest.fixture
def otto() -> Rooftop:
    return Rooftop.objects.create(name="Otto's Auto", time_zone="America/New_York")


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def send(client: Client, address: str, form: dict[str, Any]) -> str:
    """The page that one then sees."""
    page = client.post(address, form, follow=True).content.decode()
    return " ".join(html.unescape(page).split())


def customer_form(otto: Rooftop, **changes: Any) -> dict[str, Any]:
    return {
        "first_name": "Nora",
        "language": "en",
        "phone_numbers": "",
        "rooftop": otto.pk,
        "ownerships-TOTAL_FORMS": 0,
        "ownerships-INITIAL_FORMS": 0,
        **changes,
    }


def vehicle_form(otto: Rooftop, **changes: Any) -> dict[str, Any]:
    inlines = ("ownerships", "odometer_readings", "declined_services", "recall_checks")
    counts = {f"{name}-{count}_FORMS": 0 for name in inlines for count in ("TOTAL", "INITIAL")}
    return {"make": "Honda", "rooftop": otto.pk, **counts, **changes}


# --- customers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "wrong", "said"),
    [
        ("state", "New York", "Write the state as two letters, like NY."),
        ("state", "ZZ", "Write the state as two letters, like NY."),
        ("zip_code", "1220", "Write the ZIP code as 12207 or 12207-1234."),
        ("zip_code", "12207-12", "Write the ZIP code as 12207 or 12207-1234."),
        ("email", "nora", "Write the e-mail address like nora@example.com."),
        ("email", "nora@", "Write the e-mail address like nora@example.com."),
        ("date_of_birth", "05/17", "Date of birth: 05/17 is not a day with its year in four digits."),
        ("date_of_birth", "5/17/84", "Date of birth: 5/17/84 is not a day with its year in four digits."),
        ("date_of_birth", "84-05-17", "is not a day with its year in four digits. Write it like 1984-05-17."),
        ("date_of_birth", "May 17 1984", "Write it like 1984-05-17."),
        ("date_of_birth", "1984-02-30", "1984-02-30 is not in the calendar. Write it like 1984-05-17."),
        ("date_of_birth", "0084-05-17", "0084-05-17 lies before 1900. Write it like 1984-05-17."),
        ("date_of_birth", "1899-12-31", "1899-12-31 lies before 1900."),
        ("date_of_birth", "2027-01-01", "A date of birth lies at least 15 years back."),
        ("date_of_birth", "2011-11-22", "A date of birth lies at least 15 years back."),
        ("phone_numbers", "12", "12 is not a telephone number. Write it like (212) 555-0143."),
    ],
)
def test_a_wrong_customer_is_refused_with_what_would_be_right(
    client: Client, otto: Rooftop, field: str, wrong: str, said: str
) -> None:
    assert said in send(client, f"{CUSTOMERS}add/", customer_form(otto, **{field: wrong}))
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("field", "written", "kept"),
    [
        ("state", "ny", "NY"),
        ("zip_code", "12207-1234", "12207-1234"),
        ("email", "nora@example.com", "nora@example.com"),
        ("date_of_birth", "5/17/1984", date(1984, 5, 17)),
        ("date_of_birth", "1900-01-01", date(1900, 1, 1)),
        ("date_of_birth", "2011-11-21", date(2011, 11, 21)),  # fifteen today on the store's clock
    ],
)
def test_what_people_write_is_kept_in_one_form(
    client: Client, otto: Rooftop, field: str, written: str, kept: Any
) -> None:
    send(client, f"{CUSTOMERS}add/", customer_form(otto, **{field: written}))
    assert getattr(Customer.objects.get(), field) == kept


@pytest.mark.parametrize(
    ("born", "today", "is_old_enough"),
    [
        ("2011-10-31", datetime(2026, 10, 31, 15, tzinfo=UTC), True),  # the 31st: no day is cut off
        ("2011-10-31", datetime(2026, 10, 30, 15, tzinfo=UTC), False),
        ("2012-02-29", datetime(2027, 2, 28, 15, tzinfo=UTC), False),
        ("2012-02-29", datetime(2027, 3, 1, 15, tzinfo=UTC), True),
    ],
)
def test_fifteen_is_counted_to_the_day(
    client: Client,
    otto: Rooftop,
    monkeypatch: pytest.MonkeyPatch,
    born: str,
    today: datetime,
    is_old_enough: bool,
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: today)
    client.force_login(User.objects.get())  # the session began in another month
    page = send(client, f"{CUSTOMERS}add/", customer_form(otto, date_of_birth=born))
    assert Customer.objects.exists() == is_old_enough
    assert ("at least 15 years back" in page) != is_old_enough


def test_an_advisor_of_another_rooftop_is_not_preferred(client: Client, otto: Rooftop) -> None:
    bart = Rooftop.objects.create(name="Bart's Automotive", time_zone="America/Phoenix")
    dana, mike = (
        Staff.objects.create(rooftop=rooftop, name=name, role=Staff.Role.ADVISOR)
        for rooftop, name in ((otto, "Dana Brooks"), (bart, "Mike Chen"))
    )
    page = send(client, f"{CUSTOMERS}add/", customer_form(otto, preferred_advisor=mike.pk))
    assert "Mike Chen works at Bart's Automotive. Choose one of Otto's Auto: Dana Brooks." in page
    assert not Customer.objects.exists()

    send(client, f"{CUSTOMERS}add/", customer_form(otto, preferred_advisor=dana.pk))
    assert Customer.objects.get().preferred_advisor == dana


def test_a_car_is_not_sold_before_it_was_bought(client: Client, otto: Rooftop) -> None:
    civic = Vehicle.objects.create(rooftop=otto, make="Honda")
    owned = {
        "ownerships-TOTAL_FORMS": 1,
        "ownerships-0-vehicle": civic.pk,
        "ownerships-0-since": "2026-02-01",
    }
    form = customer_form(otto, **owned, **{"ownerships-0-until": "2026-01-31"})
    page = send(client, f"{CUSTOMERS}add/", form)
    assert '"Until" lies before "since". Write the day of the sale, or leave it empty' in page
    assert not Ownership.objects.exists()

    form["ownerships-0-until"] = "1/31/26"
    assert "Until: 1/31/26 is not a day with its year in four digits." in send(
        client, f"{CUSTOMERS}add/", form
    )


# --- vehicles -----------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["1hgcm82633a004352", " 1HG CM826-3 3A-004352 ", ACCORD])
def test_a_vin_is_kept_in_capitals_without_spaces(client: Client, otto: Rooftop, written: str) -> None:
    page = send(client, f"{VEHICLES}add/", vehicle_form(otto, vin=written))
    assert Vehicle.objects.get().vin == ACCORD
    assert "check digit" not in page


@pytest.mark.parametrize(
    ("vin", "said"),
    [
        ("1HGCM82643A004352", "The ninth character is 4; with the other sixteen as given it would be 3"),
        ("7FARW2H53KE000123", "The ninth character is 3"),  # the United States' newer codes
        ("1HGCM82633A00435", "A VIN has 17 characters; this one has 16."),
        ("1HGCM82633A0043522", "A VIN has 17 characters; this one has 18."),
        ("1HGCM82633AOO4352", f"it is probably the digit 0. That would be {ACCORD}."),
        ("11111111111111111", "A VIN is not one character repeated."),
    ],
)
def test_a_wrong_vin_is_refused_with_what_would_be_right(
    client: Client, otto: Rooftop, vin: str, said: str
) -> None:
    assert said in send(client, f"{VEHICLES}add/", vehicle_form(otto, vin=vin))
    assert not Vehicle.objects.exists()


def test_a_vin_from_elsewhere_with_another_ninth_character_is_kept_with_a_warning(
    client: Client, otto: Rooftop
) -> None:
    page = send(client, f"{VEHICLES}add/", vehicle_form(otto, vin=GOLF.lower()))
    golf = Vehicle.objects.get(vin=GOLF)
    assert f"VIN {GOLF}: The check digit would be" in page
    # Said once, not whenever something else is changed.
    page = send(client, f"{VEHICLES}{golf.pk}/change/", vehicle_form(otto, vin=GOLF, make="VW"))
    golf.refresh_from_db()
    assert golf.make == "VW"
    assert "The check digit would be" not in page


def test_a_second_car_with_the_same_vin_is_refused_at_its_field(client: Client, otto: Rooftop) -> None:
    Vehicle.objects.create(rooftop=otto, vin=ACCORD)
    page = send(client, f"{VEHICLES}add/", vehicle_form(otto, vin=ACCORD))
    assert "Another vehicle of this rooftop has this VIN. Find it by its VIN" in page
    assert "Constraint" not in page
    assert Vehicle.objects.count() == 1


@pytest.mark.parametrize("year", ["19", "2101"])
def test_a_model_year_has_four_digits(client: Client, otto: Rooftop, year: str) -> None:
    page = send(client, f"{VEHICLES}add/", vehicle_form(otto, year=year))
    assert "Write the model year with four digits, like 2019." in page
    assert not Vehicle.objects.exists()


# --- tasks --------------------------------------------------------------------------------


def test_a_tasks_number_and_time_are_read_as_people_write_them(client: Client, otto: Rooftop) -> None:
    task = {"kind": "callback", "summary": "Call back.", "rooftop": otto.pk}
    wrong = {"phone_number": "12", "due_at": "11/23/26 9:15"}
    page = send(client, "/admin/crm/followuptask/add/", {**task, **wrong})
    assert "12 is not a telephone number. Write it like (212) 555-0143." in page
    assert "Write a day and time like 2027-03-15 09:15." in page
    assert not FollowUpTask.objects.exists()

    send(
        client,
        "/admin/crm/followuptask/add/",
        {**task, "phone_number": "(212) 555-0143", "due_at": "11/23/2026 9:15"},
    )
    written = FollowUpTask.objects.get()
    assert written.phone_number == "+12125550143"
    assert written.due_at == datetime(2026, 11, 23, 9, 15, tzinfo=otto.zone)
    assert "(212) 555-0143" in client.get(f"/admin/crm/followuptask/{written.pk}/change/").content.decode()
