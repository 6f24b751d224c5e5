"""The search on every page of the staff site."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm.models import Customer, Rooftop, Vehicle
from dealership import demo
from scheduling import booking
from scheduling.models import Appointment, OpCode
from tests.factories import SATURDAY, works_only_at
from tests.scheduling.counter import advisor, saturday, store, user

__all__ = ["advisor", "saturday", "store", "user"]  # fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(store: Rooftop) -> Appointment:
    maria = store.customers.get(first_name="Maria")
    car = maria.vehicles.get()
    oil = OpCode.objects.get(rooftop=store, code="LOF")
    slot = booking.openings(store, [oil], SATURDAY.date(), SATURDAY.date(), now=SATURDAY)[0]
    return booking.book(store, maria, car, [oil], slot.arrives_at, actor="x", source="staff", now=SATURDAY)


def found(client: Client, text: str) -> str:
    answer = client.get("/admin/search/", {"extended": "1", "s": text})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_anything_of_a_customer_finds_them_and_their_visit(advisor: Client, visit: Appointment) -> None:
    vin = visit.vehicle.vin
    for text in (
        *("Lopez", "maria lopez", "LOPEZ maria"),
        *("(212) 555-0143", "212-555-0143", "+1 212 555 0143", "2125550143", "555-0143"),
        *("JKL 2041", "jkl2041", "jkl-2041", vin, vin[-6:].lower(), "maria.lopez@example"),
    ):
        page = found(advisor, text)
        assert f"/admin/crm/customer/{visit.customer_id}/change/" in page, text
        assert f"/admin/scheduling/appointment/{visit.pk}/change/" in page, text
    by_number = found(advisor, visit.confirmation_number)
    assert f"/admin/scheduling/appointment/{visit.pk}/change/" in by_number
    assert visit.confirmation_number in by_number
    assert "Nothing is called that" in found(advisor, "zzzz qqq")
    assert "Waitlist entries" in found(advisor, "waitlist")


def test_what_was_written_a_moment_ago_is_found(advisor: Client, store: Rooftop) -> None:
    assert "Quill" not in found(advisor, "Quillfeather")
    Customer.objects.create(rooftop=store, first_name="Ann", last_name="Quillfeather")
    assert "Ann Quillfeather" in found(advisor, "Quillfeather")


@pytest.mark.security
def test_only_ones_own_stores_and_rights_are_searched(
    advisor: Client, user: User, visit: Appointment
) -> None:
    works_only_at("advisor", visit.rooftop)
    bart = Rooftop.objects.get(name=demo.BART)
    elsewhere = Customer.objects.create(rooftop=bart, first_name="Maria", last_name="Lopez")
    car = Vehicle.objects.create(rooftop=bart, plate="JKL 2041")
    elsewhere.ownerships.create(vehicle=car)
    for text in ("Lopez", "jkl2041"):
        assert f"/customer/{elsewhere.pk}/" not in found(advisor, text)

    user.groups.clear()
    for text in ("Lopez", visit.confirmation_number, "waitlist"):
        assert "Nothing is called that" in found(advisor, text)
    assert Client().get("/admin/search/?s=Lopez").status_code == 302


def test_a_search_costs_the_same_whatever_it_finds(
    advisor: Client, store: Rooftop, visit: Appointment
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            found(advisor, "Lopez")
        return len(queries)

    one = cost()
    for n in range(6):
        Customer.objects.create(rooftop=store, first_name=f"Kin {n}", last_name="Lopez")
    assert cost() == one <= 16
