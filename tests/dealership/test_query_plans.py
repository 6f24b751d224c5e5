"""How PostgreSQL goes about the questions that `make bench` times: by which index, reading how much.

The plans are those of the statements that the product really sends, on thousands of rows and with
fresh statistics, so that the planner has a choice. What holds here stays true without a clock.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from crm import identity, lookup
from crm.identity import Facts
from crm.models import Customer, Rooftop
from dealership.bench import availability, figures, staff_site, store
from scheduling import booking
from scheduling import lookup as appointments
from scheduling.models import Allocation, Appointment, Demand, OpCode

pytestmark = pytest.mark.integration

CUSTOMERS = 12_000
LONGEST_MILLISECONDS = 300
BIG = {
    *("crm_customer", "crm_customer_phones", "crm_phone", "crm_vehicle", "crm_ownership"),
    *("scheduling_appointment", "scheduling_appointmentline", "scheduling_allocation", "scheduling_demand"),
}
APPOINTMENTS = "/admin/scheduling/appointment/"
PEOPLE = "/admin/crm/customer/"


@dataclass(frozen=True, slots=True)
class Scan:
    """One visit of a statement to a table; rows is what was looked at, kept or not."""

    kind: str
    table: str
    index: str
    rows: float


@pytest.fixture(scope="module", autouse=True)
def filled(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), store.big_store(CUSTOMERS, note=lambda line: None):
        yield


@pytest.fixture
def rooftop() -> Rooftop:
    return store.first_rooftop()


@pytest.fixture
def someone(rooftop: Rooftop) -> Customer:
    return Customer.objects.filter(rooftop=rooftop).order_by("pk")[1234]


@pytest.fixture(scope="module")
def staff(filled: None) -> Client:
    client = Client()
    user, _ = User.objects.get_or_create(username="plans", is_staff=True, is_superuser=True)
    client.force_login(user)
    return client


def statements(ask: Callable[[], object]) -> list[str]:
    """What ask sends to PostgreSQL and could be planned in more than one way; its writes are undone."""
    with transaction.atomic():
        with CaptureQueriesContext(connection) as captured:
            ask()
        transaction.set_rollback(True)
    sent = [query["sql"].strip() for query in captured]
    return [sql for sql in sent if sql.startswith(("SELECT", "WITH", "UPDATE", "DELETE", "("))]


def scans(ask: Callable[[], object]) -> list[Scan]:
    return [scan for sql in statements(ask) for scan in _scans_of(sql)]


def _scans_of(sql: str) -> Iterator[Scan]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        (plan,) = cursor.fetchone()
        transaction.set_rollback(True)
    yield from _nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])


def _nodes(node: dict[str, Any]) -> Iterator[Scan]:
    if "Scan" in node["Node Type"] and ("Relation Name" in node or "Index Name" in node):
        looked_at = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        yield Scan(
            node["Node Type"],
            node.get("Relation Name", ""),
            node.get("Index Name", ""),
            looked_at * node["Actual Loops"],
        )
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def seq_scans(found: list[Scan]) -> list[str]:
    return [scan.table for scan in found if scan.kind == "Seq Scan" and scan.table in BIG]


def indexes(found: list[Scan]) -> set[str]:
    return {scan.index for scan in found if scan.index}


def rows_of(found: list[Scan]) -> float:
    return sum(scan.rows for scan in found if scan.table in BIG)


def named(model: Any, *fields: str) -> str:
    """The plain index on these fields, whose name Django made up."""
    plain = [each for each in model._meta.indexes if each.fields == list(fields) and not each.condition]
    return str(plain[0].name)


# --- callers ------------------------------------------------------------------------------


def test_a_caller_is_found_by_the_index_on_numbers(someone: Customer) -> None:
    number = someone.phones.all()[0].number
    found = scans(lambda: lookup.by_phone(someone.rooftop, number))
    assert "crm_phone_number_key" in indexes(found)
    assert not seq_scans(found)
    assert rows_of(found) < 20


@pytest.mark.parametrize(("fact", "index"), [("vin", "vehicle_by_vin_end"), ("plate", "vehicle_by_plate")])
def test_who_calls_is_proved_by_an_index(someone: Customer, fact: str, index: str) -> None:
    car = someone.vehicles.all()[0]
    said = (
        Facts(str(someone), vin_end=car.vin[-6:]) if fact == "vin" else Facts(str(someone), plate=car.plate)
    )
    assert identity.prove(someone.rooftop, said) == someone
    found = scans(lambda: identity.prove(someone.rooftop, said))
    assert index in indexes(found)
    assert not seq_scans(found)
    assert rows_of(found) < 20


def test_whom_a_wrong_proof_meant_is_found_by_indexes(someone: Customer) -> None:
    """However the name was misheard."""
    misheard = f"{someone.first_name} {someone.last_name[:-1]}e"
    said = Facts(misheard, date_of_birth=date(1931, 1, 1), zip_code=someone.zip_code or "12207")
    assert someone.pk in identity.meant(someone.rooftop, said)
    found = scans(lambda: identity.meant(someone.rooftop, said))
    assert {"customer_search", "customer_by_birth"} <= indexes(found)
    assert not seq_scans(found)


def test_an_appointment_is_found_by_its_number(rooftop: Rooftop) -> None:
    number = Appointment.objects.filter(rooftop=rooftop)[0].confirmation_number
    found = scans(lambda: appointments.by_confirmation_number(rooftop, number))
    assert not seq_scans(found)
    assert rows_of(found) < 20


# --- the lane -----------------------------------------------------------------------------


def test_the_day_board_reads_its_day_by_indexes(rooftop: Rooftop, staff: Client) -> None:
    tomorrow = store.now().astimezone(rooftop.zone).date() + timedelta(days=1)
    busy = next(day for n in range(9) if booked_on(rooftop, day := tomorrow + timedelta(days=n)))

    def look(day: date) -> Callable[[], object]:
        return lambda: staff.get(f"/day/{day}/?rooftop={rooftop.pk}")

    found = scans(look(busy))
    assert not seq_scans(found)
    assert rows_of(found) < 40 * booked_on(rooftop, busy)
    assert not seq_scans(scans(look(busy - timedelta(days=28))))


def booked_on(rooftop: Rooftop, day: date) -> int:
    begins = datetime.combine(day, time(0), rooftop.zone)
    of_day = Appointment.objects.filter(arrives_at__gte=begins, arrives_at__lt=begins + timedelta(days=1))
    return of_day.filter(rooftop=rooftop).count()


def ask_openings(rooftop: Rooftop, days: int) -> Callable[[], object]:
    now = store.now()
    today = now.astimezone(rooftop.zone).date()
    service = OpCode.objects.get(rooftop=rooftop, code="LOF")
    return lambda: booking.openings(rooftop, [service], today, today + timedelta(days=days - 1), now=now)


@pytest.mark.parametrize("days", [14, 90])
def test_openings_read_what_is_ahead_by_one_statement(rooftop: Rooftop, days: int) -> None:
    ask = ask_openings(rooftop, days)
    assert len(statements(ask)) == 1
    found = scans(ask)
    assert not seq_scans(found)
    ahead = {"active_by_arrival", named(Allocation, "rooftop", "ends_at"), named(Demand, "rooftop", "day")}
    assert ahead <= indexes(found)


# Alone: it takes constraints away from tables that another process of the same run may be writing to.
@pytest.mark.performance
def test_openings_read_not_one_row_more_when_the_past_is_longer(
    rooftop: Rooftop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(availability, "TIMES_THE_PAST", 3)
    ask = ask_openings(rooftop, 14)
    before = rows_of(scans(ask))
    with availability._longer_past(rooftop, store.now()):
        found = scans(ask)
    assert not seq_scans(found)
    assert rows_of(found) == before


def test_booking_reads_no_big_table_from_end_to_end(rooftop: Rooftop, someone: Customer) -> None:
    service = OpCode.objects.get(rooftop=rooftop, code="LOF")
    now = store.now()
    today = now.astimezone(rooftop.zone).date()
    slots = booking.openings(rooftop, [service], today, today + timedelta(days=30), now=now)
    vehicle = someone.vehicles.all()[0]
    found = scans(
        lambda: booking.book(
            rooftop, someone, vehicle, [service], slots[-1].arrives_at, actor="test", source="staff", now=now
        )
    )
    assert not seq_scans(found)
    assert rows_of(found) < 500  # the store's visits ahead, none of the past ones


# --- the staff site -----------------------------------------------------------------------


def page(staff: Client, address: str) -> Callable[[], object]:
    def get() -> None:
        assert staff.get(address).status_code in (200, 204)

    return get


BY_ARRIVAL = "scheduling_appointment_arrives_at"
LISTS = {
    "": BY_ARRIVAL,
    "?day=past": BY_ARRIVAL,
    "?status__exact=booked": "appointment_by_status",
    "?from_call=yes": "appointment_by_source",
}


@pytest.mark.parametrize("filtered", LISTS)
def test_the_appointment_list_is_read_in_the_order_of_an_index(staff: Client, filtered: str) -> None:
    found = scans(page(staff, f"{APPOINTMENTS}{filtered}"))
    assert any(index.startswith(LISTS[filtered]) for index in indexes(found)), indexes(found)
    wide = [scan for scan in found if scan.table == "scheduling_appointment" and scan.kind == "Seq Scan"]
    # Counting reads 5,000 rows at most, and on a table this small may do so from its beginning.
    assert all(scan.rows <= 5000 for scan in wide)


@pytest.mark.parametrize("day", ["today", "tomorrow", "week"])
def test_the_visits_of_some_days_are_read_by_their_arrival(staff: Client, day: str) -> None:
    found = scans(page(staff, f"{APPOINTMENTS}?day={day}"))
    assert not seq_scans(found)
    assert rows_of(found) < 5000


def test_the_appointment_list_costs_the_same_on_every_page(staff: Client) -> None:
    counts = {len(statements(page(staff, f"{APPOINTMENTS}?p={number}"))) for number in (1, 2, 50, 100)}
    assert len(counts) == 1
    assert counts.pop() <= 11


def test_the_list_counts_no_further_than_it_has_pages(staff: Client) -> None:
    shown = staff.get(APPOINTMENTS).content.decode()
    assert "or more: search or filter" in shown
    assert "or more" not in staff.get(f"{APPOINTMENTS}?status__exact=booked").content.decode()
    assert Appointment.objects.count() > 5000


def searches(someone: Customer) -> dict[str, tuple[str, str, str]]:
    vehicle = someone.vehicles.all()[0]
    number = someone.phones.all()[0].number[-10:]
    return {
        "customer by telephone": (PEOPLE, number, "phone_search"),
        "customer by e-mail": (PEOPLE, someone.email.partition("@")[0], "customer_search"),
        "customer by plate": (PEOPLE, vehicle.plate, "vehicle_search"),
        "customer by VIN": (PEOPLE, vehicle.vin, "vehicle_search"),
        "appointment by telephone": (APPOINTMENTS, number, "phone_search"),
        "appointment by number": (APPOINTMENTS, "100077", "appointment_by_number"),
        "appointment by plate": (APPOINTMENTS, vehicle.plate, "vehicle_search"),
        "vehicle by plate": ("/admin/crm/vehicle/", vehicle.plate, "vehicle_search"),
    }


@pytest.mark.parametrize(
    "what",
    [
        *("customer by telephone", "customer by e-mail", "customer by plate", "customer by VIN"),
        *("appointment by telephone", "appointment by number", "appointment by plate", "vehicle by plate"),
    ],
)
def test_a_search_asks_an_index(staff: Client, someone: Customer, what: str) -> None:
    address, words, index = searches(someone)[what]
    found = scans(page(staff, f"{address}?q={words}"))
    assert index in indexes(found)
    assert not seq_scans(found)


def test_the_search_on_every_page_asks_indexes(staff: Client, someone: Customer) -> None:
    car, number = someone.vehicles.all()[0], someone.phones.all()[0].number
    for text in (number, number[-7:], car.plate, car.vin[-6:], str(someone), "100077"):
        found = scans(page(staff, f"/admin/search/?extended=1&s={quote(text)}"))
        assert not seq_scans(found), text
        assert rows_of(found) < 2000, text


def test_the_customer_list_is_read_in_the_order_of_names(staff: Client) -> None:
    assert "customer_by_name" in indexes(scans(page(staff, PEOPLE)))
    assert "customer_other_language" in indexes(scans(page(staff, f"{PEOPLE}?language=other")))


def test_a_customers_page_reads_only_what_is_theirs(staff: Client, someone: Customer) -> None:
    found = scans(page(staff, f"{PEOPLE}{someone.pk}/change/"))
    assert not seq_scans(found)
    assert rows_of(found) < 50


def test_time_off_and_blocks_have_an_index_among_millions_of_allocations(staff: Client) -> None:
    found = scans(page(staff, "/admin/scheduling/allocation/"))
    assert "blocks_by_start" in indexes(found)
    assert not seq_scans(found)


@pytest.mark.performance
def test_no_page_takes_long(staff: Client) -> None:
    """As `make bench` measures them among a million customers; here the best of two among thousands."""
    slow = {}
    for name, addresses in staff_site.pages(staff, 3).items():
        for address in dict.fromkeys(islice(addresses, 3)):
            milliseconds = min(figures.milliseconds(page(staff, address)) for _ in range(2))
            if milliseconds > LONGEST_MILLISECONDS:
                slow[name, address] = milliseconds
    assert not slow
