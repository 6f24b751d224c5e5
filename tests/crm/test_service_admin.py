"""Repair orders, consent and a vehicle's record in the staff site."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.models import Consent, RepairOrder, Rooftop
from tests.factories import SATURDAY, make_demo_store

pytestmark = pytest.mark.django_db

ORDERS = "/admin/crm/repairorder/"
CONSENTS = "/admin/crm/consent/"


@pytest.fixture(autouse=True)
def saturday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: SATURDAY)


@pytest.fixture
def store() -> Rooftop:
    return make_demo_store(with_appointments=True)


@pytest.fixture
def manager(store: Rooftop) -> Client:
    client = Client()
    client.force_login(User.objects.get(username="manager"))
    return client


def count_queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_orders_are_found_by_number_and_by_telephone(manager: Client) -> None:
    joyce = RepairOrder.objects.get(customer__first_name="Joyce")
    for query in (joyce.number, "(212) 555-0158", "JOK"):
        page = manager.get(ORDERS, {"q": query}).content.decode()
        assert "Joyce Okafor" in page
        assert "Samuel Green" not in page
    assert joyce.complaint in manager.get(f"{ORDERS}{joyce.pk}/change/").content.decode()


def test_the_list_of_orders_costs_the_same_for_few_and_for_many(manager: Client) -> None:
    few = count_queries(manager, f"{ORDERS}?q=Joyce")
    assert count_queries(manager, ORDERS) <= few


def test_consent_is_read_and_never_written_here(manager: Client) -> None:
    frank = Consent.objects.filter(customer__first_name="Frank")[0]
    assert "Stop calling me" in manager.get(f"{CONSENTS}{frank.pk}/change/").content.decode()
    assert manager.get(f"{CONSENTS}add/").status_code == 403
    assert manager.post(f"{CONSENTS}{frank.pk}/change/", {"is_granted": "on"}).status_code == 403
    assert manager.post(f"{CONSENTS}{frank.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "Frank Miller" in manager.get(CONSENTS).content.decode()


def test_a_vehicles_page_shows_its_readings_declined_work_and_recalls(
    manager: Client, store: Rooftop
) -> None:
    for name, shown in (("Alan", ["51460", "Front brake pads and rotors"]), ("Emily", ["26V-417"])):
        vehicle = store.customers.get(first_name=name).vehicles.order_by("pk")[0]
        page = manager.get(f"/admin/crm/vehicle/{vehicle.pk}/change/").content.decode()
        assert all(text in page for text in ["odometer", *shown]), name


def test_a_customers_page_shows_where_they_live_and_whom_they_prefer(manager: Client, store: Rooftop) -> None:
    maria = store.customers.get(first_name="Maria")
    page = manager.get(f"/admin/crm/customer/{maria.pk}/change/").content.decode()
    for text in ("1984-05-17", "27 Elm Street", "12207", "Dana Brooks"):
        assert text in page
