"""Appointments and the store's resources in the staff site, from the outside."""

import re
from datetime import datetime

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.models import Customer, Ownership, Rooftop, Vehicle
from dealership import demo
from scheduling import booking
from scheduling.models import Allocation, Appointment, AppointmentEvent, Closure, OpCode, Technician
from scheduling.refusals import Refusal
from tests.factories import SATURDAY, make_demo_store, make_staff
from voice.models import Call, ToolCall

pytestmark = pytest.mark.django_db

LIST = "/admin/scheduling/appointment/"


@pytest.fixture(autouse=True)
def saturday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: SATURDAY)


@pytest.fixture
def store() -> Rooftop:
    return make_demo_store()


@pytest.fixture
def advisor(store: Rooftop) -> Client:
    client = Client()
    client.force_login(User.objects.get(username="advisor"))
    return client


@pytest.fixture
def manager(store: Rooftop) -> Client:
    client = Client()
    client.force_login(User.objects.get(username="manager"))
    return client


@pytest.fixture
def maria(store: Rooftop) -> Customer:
    return store.customers.get(first_name="Maria")


def at(day: int, hour: int, minute: int = 0, *, store: Rooftop) -> datetime:
    """A wall time of the store in November 2026."""
    return datetime(2026, 11, day, hour, minute, tzinfo=store.zone)


def make_appointment(
    store: Rooftop,
    arrives_at: datetime,
    *,
    first_name: str = "Maria",
    code: str = "LOF",
    source: str = "phone",
) -> Appointment:
    customer = store.customers.get(first_name=first_name)
    vehicle = customer.vehicles.first()
    assert vehicle
    op_codes = [OpCode.objects.get(rooftop=store, code=code)]
    return booking.book(
        store, customer, vehicle, op_codes, arrives_at, actor="test", source=source, now=SATURDAY
    )


def fill_express(store: Rooftop, arrives_at: datetime) -> Appointment:
    """Take every express technician at this time; returns the first visit."""
    first = make_appointment(store, arrives_at, first_name="James")
    while True:
        try:
            make_appointment(store, arrives_at, first_name="Carlos")
        except Refusal:
            return first


def page_of(appointment: Appointment) -> str:
    return f"{LIST}{appointment.pk}/change/"


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def count_queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        text(client, address)
    return len(queries)


# --- looking up ---------------------------------------------------------------------------


def test_the_list_shows_the_visit_on_the_stores_clock(advisor: Client, store: Rooftop) -> None:
    make_appointment(store, at(24, 9, 15, store=store))

    page = text(advisor, LIST)
    for shown in (
        "Tue, Nov 24, 9:15 AM",
        "Maria Lopez",
        "2019 Honda Civic",
        "oil change",
        "Express",
        "Booked",
    ):
        assert shown in page


def test_the_list_costs_the_same_for_one_and_for_many(advisor: Client, store: Rooftop) -> None:
    make_appointment(store, at(24, 7, 15, store=store))
    few = count_queries(advisor, LIST)
    for day in (23, 24, 25, 27, 30):
        make_appointment(store, at(day, 13, 30, store=store), first_name="James")

    assert count_queries(advisor, LIST) == few <= 20


@pytest.mark.parametrize(
    ("day", "shown"),
    [("today", {21}), ("tomorrow", set()), ("week", {21, 23, 24}), ("past", set()), ("", {21, 23, 24, 30})],
)
def test_days_are_those_of_the_store(advisor: Client, store: Rooftop, day: str, shown: set[int]) -> None:
    for date in (21, 23, 24, 30):
        make_appointment(store, at(date, 13, store=store))

    page = text(advisor, f"{LIST}?day={day}")
    assert {date for date in (21, 23, 24, 30) if f"Nov {date}, 1:00 PM" in page} == shown


def test_today_ends_at_the_stores_midnight(
    advisor: Client, store: Rooftop, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_appointment(store, at(23, 8, store=store))
    # Already Monday in UTC, still Sunday evening in Albany.
    monkeypatch.setattr(timezone, "now", lambda: at(22, 22, store=store))

    assert "8:00 AM" not in text(advisor, f"{LIST}?day=today")
    assert "8:00 AM" in text(advisor, f"{LIST}?day=tomorrow")


def test_visits_from_a_call_are_told_from_others(advisor: Client, store: Rooftop) -> None:
    make_appointment(store, at(24, 9, store=store))
    make_appointment(store, at(24, 13, store=store), first_name="James", source="staff")

    assert "James" not in text(advisor, f"{LIST}?from_call=yes")
    assert "Maria" not in text(advisor, f"{LIST}?from_call=no")


def test_status_is_a_filter(advisor: Client, store: Rooftop) -> None:
    appointment = make_appointment(store, at(24, 9, store=store))
    booking.cancel(appointment, reason="sold it", actor="test", now=SATURDAY)

    assert "Maria" not in text(advisor, f"{LIST}?status__exact=booked")
    assert "Maria" in text(advisor, f"{LIST}?status__exact=cancelled")


@pytest.mark.parametrize("query", ["Lopez", "maria lopez", "(212) 555-0143", "5550143", "HWK"])
def test_a_visit_is_found_by_whatever_the_caller_says(advisor: Client, store: Rooftop, query: str) -> None:
    mine = make_appointment(store, at(24, 9, store=store))
    Vehicle.objects.filter(pk=mine.vehicle_id).update(plate="HWK 2041")
    make_appointment(store, at(24, 13, store=store), first_name="James")

    page = text(advisor, f"{LIST}?q={query}")
    assert page_of(mine) in page
    assert "James" not in page


# --- moving -------------------------------------------------------------------------------


def move(client: Client, appointment: Appointment, arrival: str, version: int | None = None) -> str:
    """Send the form; the text of the page that follows."""
    answer = client.post(
        page_of(appointment),
        {"arrival": arrival, "seen_version": version or appointment.version},
        follow=True,
    )
    return " ".join(answer.content.decode().split())


def test_the_form_shows_the_arrival_on_the_stores_clock(advisor: Client, store: Rooftop) -> None:
    appointment = make_appointment(store, at(24, 9, 15, store=store))

    assert 'value="2026-11-24T09:15"' in text(advisor, page_of(appointment))


def test_an_advisor_moves_a_visit(advisor: Client, store: Rooftop) -> None:
    appointment = make_appointment(store, at(24, 9, 15, store=store))

    move(advisor, appointment, "2026-11-25T10:30")

    appointment.refresh_from_db()
    assert appointment.arrives_at == at(25, 10, 30, store=store)
    assert appointment.version == 2
    assert appointment.allocations.get(kind="work").starts_at == at(25, 10, 45, store=store)
    event = AppointmentEvent.objects.get(appointment=appointment, what__startswith="moved")
    assert event.actor == "advisor"


def test_a_visit_in_another_zone_moves_on_its_own_clock(advisor: Client, store: Rooftop) -> None:
    phoenix = Rooftop.objects.get(name=demo.BART)
    customer = Customer.objects.create(rooftop=phoenix, first_name="Ana")
    vehicle = Vehicle.objects.create(rooftop=phoenix, make="Kia")
    Ownership.objects.create(customer=customer, vehicle=vehicle)
    appointment = make_appointment(phoenix, at(24, 9, store=phoenix), first_name="Ana")

    assert 'value="2026-11-24T09:00"' in text(advisor, page_of(appointment))
    move(advisor, appointment, "2026-11-24T13:00")

    appointment.refresh_from_db()
    assert appointment.arrives_at == at(24, 13, store=phoenix)


def test_a_clash_is_an_error_that_names_the_other_visit_and_changes_nothing(
    advisor: Client, store: Rooftop
) -> None:
    wanted = at(24, 9, store=store)
    other = fill_express(store, wanted)
    appointment = make_appointment(store, at(25, 9, store=store))
    before = Appointment.objects.filter(pk=appointment.pk).values().get()
    allocations = list(Allocation.objects.order_by("pk").values())

    page = move(advisor, appointment, "2026-11-24T09:00")

    assert "Tuesday, November 24, 9:00 AM is taken by" in page
    assert other.confirmation_number in page
    assert "James Carter" in page
    assert "Open: Tue, Nov 24" in page
    assert Appointment.objects.filter(pk=appointment.pk).values().get() == before
    assert list(Allocation.objects.order_by("pk").values()) == allocations


@pytest.mark.parametrize(
    ("arrival", "sentence"),
    [
        ("2026-11-22T09:00", "the store is closed"),
        ("2026-11-21T10:30", "is too soon"),
        ("2027-11-24T09:00", "days ahead"),
        ("", "This field is required."),
    ],
)
def test_what_booking_refuses_stands_in_the_form(
    advisor: Client, store: Rooftop, arrival: str, sentence: str
) -> None:
    appointment = make_appointment(store, at(24, 9, store=store))

    assert sentence in move(advisor, appointment, arrival)
    appointment.refresh_from_db()
    assert appointment.version == 1


def test_a_form_that_somebody_overtook_is_refused(advisor: Client, store: Rooftop) -> None:
    appointment = make_appointment(store, at(24, 9, store=store))
    booking.reschedule(appointment, at(24, 13, store=store), actor="phone desk", now=SATURDAY)

    assert "Somebody else changed this appointment" in move(
        advisor, appointment, "2026-11-24T10:00", version=1
    )
    appointment.refresh_from_db()
    assert appointment.arrives_at == at(24, 13, store=store)


def test_nothing_else_of_a_visit_can_be_written(advisor: Client, store: Rooftop) -> None:
    appointment = make_appointment(store, at(24, 9, store=store))
    advisor.post(
        page_of(appointment),
        {
            "arrival": "2026-11-24T09:00",
            "seen_version": 1,
            "status": "completed",
            "confirmation_number": "1",
            "concern": "hacked",
        },
    )

    appointment.refresh_from_db()
    assert (appointment.status, appointment.concern, appointment.version) == ("booked", "", 1)


# --- cancelling ---------------------------------------------------------------------------


def test_an_advisor_cancels_with_a_reason(advisor: Client, store: Rooftop) -> None:
    appointment = make_appointment(store, at(24, 9, store=store))
    address = f"{LIST}{appointment.pk}/cancel/"

    assert "Tuesday, November 24, 9:00 AM" in text(advisor, address)
    answer = advisor.post(address, {"reason": "Car was sold", "seen_version": 1}, follow=True)

    appointment.refresh_from_db()
    assert (appointment.status, appointment.cancel_reason) == ("cancelled", "Car was sold")
    assert not appointment.allocations.exists()
    assert f"Appointment {appointment.confirmation_number} is cancelled." in answer.content.decode()


def test_a_cancellation_needs_a_reason_and_the_present_version(advisor: Client, store: Rooftop) -> None:
    appointment = make_appointment(store, at(24, 9, store=store))
    address = f"{LIST}{appointment.pk}/cancel/"

    assert b"This field is required." in advisor.post(address, {"seen_version": 1}).content
    booking.reschedule(appointment, at(24, 13, store=store), actor="phone desk", now=SATURDAY)
    stale = advisor.post(address, {"reason": "Car was sold", "seen_version": 1}).content.decode()
    assert "Changed by the phone desk just now: moved to Tuesday, November 24, 1:00 PM." in stale
    assert '<td data-label="You saw">Tuesday, November 24, 9:00 AM</td>' in stale
    assert '<td data-label="Stands now">Tuesday, November 24, 1:00 PM</td>' in stale
    appointment.refresh_from_db()
    assert appointment.status == "booked"
    # Both versions were on the screen: the same button now means the newer one, and nothing is typed anew.
    (again,) = re.findall(r'name="seen_version" value="(\d+)"', stale)
    assert 'value="Car was sold"' in stale
    advisor.post(address, {"reason": "Car was sold", "seen_version": again})
    appointment.refresh_from_db()
    assert appointment.status == "cancelled"


def test_who_cancels_what_somebody_else_cancelled_is_told_by_whom(advisor: Client, store: Rooftop) -> None:
    appointment = make_appointment(store, at(24, 9, store=store))
    booking.cancel(appointment, reason="Moved away", actor="customer, by text", now=SATURDAY)

    typed = {"reason": "Car was sold", "seen_version": 1}
    answer = advisor.post(f"{LIST}{appointment.pk}/cancel/", typed, follow=True)
    assert "Changed by the customer, by text just now: cancelled: Moved away." in answer.content.decode()
    appointment.refresh_from_db()
    assert appointment.cancel_reason == "Moved away"


def test_a_cancelled_visit_can_only_be_read(advisor: Client, store: Rooftop) -> None:
    appointment = make_appointment(store, at(24, 9, store=store))
    booking.cancel(appointment, reason="Car was sold", actor="test", now=SATURDAY)

    page = text(advisor, page_of(appointment))
    assert "Car was sold" in page
    assert 'name="arrival"' not in page
    posted = advisor.post(page_of(appointment), {"arrival": "2026-11-25T09:00", "seen_version": 2})
    assert posted.status_code == 403
    assert advisor.get(f"{LIST}{appointment.pk}/cancel/").status_code == 403


def test_a_visit_is_never_deleted(advisor: Client, store: Rooftop) -> None:
    appointment = make_appointment(store, at(24, 9, store=store))
    manager = Client()
    manager.force_login(User.objects.get(username="manager"))

    assert manager.post(f"{LIST}{appointment.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Appointment.objects.filter(pk=appointment.pk).exists()


# --- booking ------------------------------------------------------------------------------


def let_overbook(name: str) -> None:
    User.objects.get(username=name).user_permissions.add(Permission.objects.get(codename="overbook"))


def test_who_may_moves_beyond_the_lane_and_the_reason_is_kept(advisor: Client, store: Rooftop) -> None:
    appointment = make_appointment(store, at(24, 9, store=store))
    beyond = {"arrival": "2026-11-29T09:00", "seen_version": 1, "overbook_reason": "Tow truck comes then"}
    refused = advisor.post(page_of(appointment), beyond).content.decode()
    assert "the store is closed" in refused

    let_overbook("advisor")
    past = {**beyond, "arrival": "2026-11-20T09:00"}
    assert "That time is over." in advisor.post(page_of(appointment), past).content.decode()
    advisor.post(page_of(appointment), beyond)
    appointment.refresh_from_db()
    assert (appointment.version, appointment.overbook_reason) == (2, "Tow truck comes then")
    assert "beyond capacity: Tow truck comes then" in text(advisor, page_of(appointment))
    move(advisor, appointment, "2026-11-25T10:30")
    appointment.refresh_from_db()
    assert (appointment.version, appointment.overbook_reason) == (3, "Tow truck comes then")


def test_a_visit_is_booked_on_its_own_page(advisor: Client) -> None:
    assert advisor.get(f"{LIST}add/")["Location"] == "/book/"


def test_the_customers_page_leads_to_booking_and_to_the_visits(
    advisor: Client, store: Rooftop, maria: Customer
) -> None:
    visit = make_appointment(store, at(24, 9, store=store))
    page = text(advisor, f"/admin/crm/customer/{maria.pk}/change/")

    assert f"/book/?customer={maria.pk}" in page
    assert page_of(visit) in page
    assert f"{LIST}?customer__id__exact={maria.pk}" in page
    listed = text(advisor, f"{LIST}?customer__id__exact={maria.pk}")
    assert "Maria Lopez" in listed


def test_the_visit_leads_to_the_call_that_booked_it(advisor: Client, store: Rooftop) -> None:
    appointment = make_appointment(store, at(24, 9, store=store))
    call = Call.objects.create(rooftop=store, sid="CA1", carrier="browser", started_at=SATURDAY)
    ToolCall.objects.create(
        call=call, key="1", name="book", code="ok", at_ms=0, duration_ms=1, appointment=appointment
    )

    page = text(advisor, page_of(appointment))
    assert f'href="/calls/{call.pk}/"' in page
    assert "Call of Nov 21, 10:00 AM" in page


# --- who may, and the rest of the store ---------------------------------------------------


@pytest.mark.security
def test_who_may_only_look_cannot_move_or_cancel(store: Rooftop) -> None:
    appointment = make_appointment(store, at(24, 9, store=store))
    client = Client()
    client.force_login(make_staff("viewer", store, "view_appointment"))

    assert client.get(page_of(appointment)).status_code == 200
    assert client.post(page_of(appointment), {"arrival": "2026-11-25T09:00"}).status_code == 403
    assert client.post(f"{LIST}{appointment.pk}/cancel/", {"reason": "x"}).status_code == 403
    appointment.refresh_from_db()
    assert (appointment.status, appointment.version) == ("booked", 1)


@pytest.mark.parametrize("model", ["opcode", "openinghours", "closure", "bay", "technician"])
def test_every_list_and_form_of_the_store_opens_in_few_queries(
    manager: Client, store: Rooftop, model: str
) -> None:
    address = f"/admin/scheduling/{model}/"

    assert count_queries(manager, address) <= 12
    assert "<form" in text(manager, f"{address}add/")


def test_a_closure_is_written_on_the_stores_clock(manager: Client, store: Rooftop) -> None:
    phoenix = Rooftop.objects.get(name=demo.BART)
    manager.post(
        "/admin/scheduling/closure/add/",
        {
            "reason": "Inventory",
            "starts_at": "2026-12-01T08:00",
            "ends_at": "2026-12-01T12:00",
            "rooftop": phoenix.pk,
            "agreed": "",
        },
    )

    closure = Closure.objects.get(reason="Inventory")
    assert closure.starts_at == datetime(2026, 12, 1, 8, tzinfo=phoenix.zone)
    page = text(manager, f"/admin/scheduling/closure/{closure.pk}/change/")
    assert "Dec. 1, 2026, 8 a.m." in page


def test_a_technician_keeps_skills_and_shifts(manager: Client, store: Rooftop) -> None:
    person = Technician.objects.filter(rooftop=store).first()
    assert person
    page = text(manager, f"/admin/scheduling/technician/{person.pk}/change/")

    assert 'type="time"' in page
    assert page.count('name="skills"') == 6
