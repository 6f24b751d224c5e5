"""Customers, vehicles, tasks and log-ins in the staff site, from the outside."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.models import Customer, FollowUpTask, Ownership, Phone, Rooftop, Vehicle
from tests.factories import SATURDAY, make_demo_store
from voice.models import Call

pytestmark = pytest.mark.django_db

LIST = "/admin/crm/customer/"


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


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def count_queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        text(client, address)
    return len(queries)


def customer_form(store: Rooftop, **changes: Any) -> dict[str, Any]:
    return {
        "first_name": "Nora",
        "last_name": "Bell",
        "phone_numbers": "",
        "language": "en",
        "rooftop": store.pk,
        "ownerships-TOTAL_FORMS": 0,
        "ownerships-INITIAL_FORMS": 0,
        **changes,
    }


@pytest.mark.parametrize(
    "query", ["Lopez", "maria lopez", "(212) 555-0143", "212-555-0143", "0143", "hwk", "2HGFC2F59"]
)
def test_a_customer_is_found_by_name_phone_plate_or_vin(advisor: Client, store: Rooftop, query: str) -> None:
    maria = store.customers.get(first_name="Maria")
    maria.vehicles.update(plate="HWK 2041", vin="2HGFC2F59KH512345")

    page = text(advisor, f"{LIST}?q={query}")
    assert f"{LIST}{maria.pk}/change/" in page
    assert "James Carter" not in page


def test_the_list_shows_phones_and_present_vehicles(advisor: Client, store: Rooftop) -> None:
    maria = store.customers.get(first_name="Maria")
    sold = Vehicle.objects.create(rooftop=store, make="Saab")
    Ownership.objects.create(customer=maria, vehicle=sold, until=SATURDAY.date() - timedelta(days=1))

    page = text(advisor, f"{LIST}?q=Maria")
    assert "(212) 555-0143" in page
    assert "2019 Honda Civic" in page
    assert "Saab" not in page


def test_the_list_costs_the_same_for_one_and_for_many(advisor: Client, store: Rooftop) -> None:
    few = count_queries(advisor, LIST)
    phone = Phone.objects.get(number="+12125550143")
    for number in range(20):
        customer = Customer.objects.create(rooftop=store, first_name=f"Customer {number}")
        customer.phones.add(phone)
        vehicle = Vehicle.objects.create(rooftop=store, make="Kia")
        Ownership.objects.create(customer=customer, vehicle=vehicle)

    assert count_queries(advisor, LIST) == few <= 15


def test_a_customers_page_costs_the_same_for_one_vehicle_and_for_many(
    advisor: Client, store: Rooftop
) -> None:
    maria = store.customers.get(first_name="Maria")
    address = f"{LIST}{maria.pk}/change/"
    text(advisor, address)  # the first one looks up content types
    few = count_queries(advisor, address)
    for number in range(10):
        vehicle = Vehicle.objects.create(rooftop=store, make="Kia", model=f"Number {number}")
        Ownership.objects.create(customer=maria, vehicle=vehicle)

    assert "Kia Number 9" in text(advisor, address)
    assert count_queries(advisor, address) == few <= 26


def test_a_vehicles_page_costs_the_same_for_one_owner_and_for_many(advisor: Client, store: Rooftop) -> None:
    civic = store.vehicles.filter(model="Civic")[0]
    address = f"/admin/crm/vehicle/{civic.pk}/change/"
    text(advisor, address)
    few = count_queries(advisor, address)
    for number in range(10):
        owner = Customer.objects.create(rooftop=store, first_name=f"Owner {number}")
        Ownership.objects.create(customer=owner, vehicle=civic)

    assert "Owner 9" in text(advisor, address)
    assert count_queries(advisor, address) == few <= 20


def test_words_of_a_model_and_of_its_owner_are_found_together(advisor: Client, store: Rooftop) -> None:
    page = text(advisor, "/admin/crm/vehicle/?q=2019 civic lopez")
    assert "2HG" in page or "Honda Civic" in page
    assert "Accord" not in page
    assert "0 vehicles" in text(advisor, "/admin/crm/vehicle/?q=civic nobody")


def test_customers_who_do_not_speak_english_can_be_listed(advisor: Client, store: Rooftop) -> None:
    store.customers.filter(first_name="Maria").update(language="es")
    store.customers.filter(first_name="James").update(language="en")
    page = text(advisor, f"{LIST}?language=other")
    assert "Maria Lopez" in page
    assert "James Carter" not in page


def test_phones_are_written_as_people_write_them(advisor: Client, store: Rooftop) -> None:
    form = customer_form(store, phone_numbers="(212) 555-0143\n917.555.0122")
    advisor.post(f"{LIST}add/", form)

    nora = Customer.objects.get(first_name="Nora")
    assert set(nora.phones.values_list("number", flat=True)) == {"+12125550143", "+19175550122"}
    assert Phone.objects.filter(number="+12125550143").count() == 1  # shared with Maria
    assert "(917) 555-0122" in text(advisor, f"{LIST}{nora.pk}/change/")


def test_a_phone_that_is_taken_away_is_gone(advisor: Client, store: Rooftop) -> None:
    advisor.post(f"{LIST}add/", customer_form(store, phone_numbers="917 555 0122"))
    nora = Customer.objects.get(first_name="Nora")
    advisor.post(f"{LIST}{nora.pk}/change/", customer_form(store, phone_numbers=""))

    assert not nora.phones.exists()


def test_what_is_no_number_is_an_error_and_nothing_is_saved(advisor: Client, store: Rooftop) -> None:
    answer = advisor.post(f"{LIST}add/", customer_form(store, phone_numbers="call me"))

    assert "call me is not a telephone number" in answer.content.decode()
    assert not Customer.objects.filter(first_name="Nora").exists()


def test_vehicles_are_added_on_the_customers_page(advisor: Client, store: Rooftop) -> None:
    vehicle = Vehicle.objects.create(rooftop=store, make="Kia", plate="ABC 123")
    form = customer_form(
        store,
        **{
            "ownerships-TOTAL_FORMS": 1,
            "ownerships-0-vehicle": vehicle.pk,
            "ownerships-0-since": "2026-01-31",
            "ownerships-0-until": "",
        },
    )
    advisor.post(f"{LIST}add/", form)

    owned = Ownership.objects.get(vehicle=vehicle)
    assert owned.customer.first_name == "Nora"
    page = text(advisor, f"{LIST}{owned.customer_id}/change/")
    assert "ABC 123" in page
    assert 'value="2026-01-31"' in page


def test_the_customers_page_leads_to_their_calls(advisor: Client, store: Rooftop) -> None:
    maria = store.customers.get(first_name="Maria")
    call = Call.objects.create(
        rooftop=store, sid="CA1", carrier="browser", customer=maria, started_at=SATURDAY
    )

    assert f'href="/calls/{call.pk}/"' in text(advisor, f"{LIST}{maria.pk}/change/")


# --- tasks --------------------------------------------------------------------------------


def make_task(store: Rooftop, summary: str, **fields: Any) -> FollowUpTask:
    return FollowUpTask.objects.create(
        rooftop=store,
        kind="callback",
        summary=summary,
        **{"due_at": SATURDAY + timedelta(hours=1), **fields},
    )


TASKS = "/admin/crm/followuptask/"


def test_tasks_show_when_they_are_due_and_whom_to_call(advisor: Client, store: Rooftop) -> None:
    make_task(store, "Wants a person", phone_number="+12125550143")
    make_task(store, "Forgotten", due_at=SATURDAY - timedelta(hours=1))

    page = text(advisor, TASKS)
    for shown in ("Sat, Nov 21, 11:00 AM", "(212) 555-0143", "Overdue"):
        assert shown in page


@pytest.mark.parametrize(
    ("state", "shown"),
    [("open", {"fresh", "late"}), ("overdue", {"late"}), ("done", {"past"}), ("", {"fresh", "late", "past"})],
)
def test_tasks_are_filtered_by_state(advisor: Client, store: Rooftop, state: str, shown: set[str]) -> None:
    make_task(store, "task fresh")
    make_task(store, "task late", due_at=SATURDAY - timedelta(hours=1))
    make_task(store, "task past", done_at=SATURDAY)

    page = text(advisor, f"{TASKS}?state={state}")
    assert {word for word in ("fresh", "late", "past") if f"task {word}" in page} == shown


def test_tasks_are_ticked_off_together(advisor: Client, store: Rooftop) -> None:
    tasks = [make_task(store, "one"), make_task(store, "two")]
    advisor.post(TASKS, {"action": "mark_done", "_selected_action": [task.pk for task in tasks]})

    assert FollowUpTask.objects.filter(done_at=SATURDAY).count() == 2


def test_a_task_leads_to_its_call(advisor: Client, store: Rooftop) -> None:
    call = Call.objects.create(rooftop=store, sid="CA1", carrier="browser", started_at=SATURDAY)
    task = make_task(store, "Wants a person", call_sid="CA1")

    assert f'href="/calls/{call.pk}/"' in text(advisor, f"{TASKS}{task.pk}/change/")


def test_the_task_list_costs_the_same_for_one_and_for_many(advisor: Client, store: Rooftop) -> None:
    maria = store.customers.get(first_name="Maria")
    make_task(store, "one", customer=maria)
    few = count_queries(advisor, TASKS)
    for number in range(20):
        make_task(store, f"task {number}", customer=maria)

    assert count_queries(advisor, TASKS) == few


# --- the rest -----------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["vehicle", "rooftop", "staff"])
def test_every_list_and_form_opens_in_few_queries(store: Rooftop, model: str) -> None:
    owner = Client()
    owner.force_login(User.objects.get(username="owner"))
    assert count_queries(owner, f"/admin/crm/{model}/") <= 15
    assert "<form" in text(owner, f"/admin/crm/{model}/add/")


def test_log_ins_wear_the_same_look(store: Rooftop) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))

    assert "advisor" in text(client, "/admin/auth/user/")
    assert "manager" in text(client, "/admin/auth/group/")
    assert "<form" in text(client, "/admin/auth/user/add/")


@pytest.mark.security
def test_an_advisor_changes_no_log_ins(advisor: Client) -> None:
    assert advisor.get("/admin/auth/user/").status_code == 403
