"""A customer at a glance: what every app knows of them, at a cost that does not grow."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm import consent
from crm.models import Customer, DeclinedService, FollowUpTask, RepairOrder, Rooftop
from reminders.models import Text
from scheduling import booking
from scheduling.models import OpCode
from tests.factories import SATURDAY, make_demo_store, make_staff
from voice.models import Call

pytestmark = pytest.mark.django_db

NUMBER = "+12125550143"


@pytest.fixture(autouse=True)
def saturday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: SATURDAY)


@pytest.fixture
def store() -> Rooftop:
    return make_demo_store()


@pytest.fixture
def maria(store: Rooftop) -> Customer:
    maria = store.customers.get(first_name="Maria")
    maria.consents.all().delete()
    return maria


@pytest.fixture
def advisor(store: Rooftop) -> Client:
    client = Client()
    client.force_login(User.objects.get(username="advisor"))
    return client


def page_of(client: Client, customer: Customer) -> str:
    answer = client.get(f"/admin/crm/customer/{customer.pk}/change/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def something_of_everything(customer: Customer, n: int) -> None:
    store, car = customer.rooftop, customer.vehicles.get()
    oil = OpCode.objects.get(rooftop=store, code="LOF")
    day = SATURDAY.date() + timedelta(days=2 + n)
    for slot in booking.openings(store, [oil], day, day, now=SATURDAY)[:1]:
        booking.book(store, customer, car, [oil], slot.arrives_at, actor="x", source="staff", now=SATURDAY)
    RepairOrder.objects.create(
        rooftop=store, number=f"R{n}", customer=customer, vehicle=car, correction="Brakes done"
    )
    DeclinedService.objects.create(
        vehicle=car, description="Cabin filter", amount=70, follow_up_on=SATURDAY.date()
    )
    FollowUpTask.objects.create(
        rooftop=store,
        kind="callback",
        summary="Ring about the brakes",
        customer=customer,
        due_at=SATURDAY - timedelta(hours=1),
    )
    Call.objects.create(
        rooftop=store,
        sid=f"CA{n}",
        carrier="browser",
        customer=customer,
        started_at=SATURDAY,
        summary="Asked for a price",
    )
    Text.objects.create(
        rooftop=store,
        customer=customer,
        direction="inbound",
        kind="received",
        number=NUMBER,
        body="Running late",
        key=f"t{n}",
    )


def test_everything_of_a_customer_is_seen_at_a_glance(advisor: Client, maria: Customer) -> None:
    bare = page_of(advisor, maria)
    for empty in ("No visit yet.", "No call yet.", "No text yet.", "Nobody has asked them yet."):
        assert empty in bare
    something_of_everything(maria, 0)
    consent.note(maria, NUMBER, True, wording="w", source="form", now=SATURDAY - timedelta(days=1))
    consent.note(maria, NUMBER, False, wording="w", source="call CA0", now=SATURDAY)

    page = page_of(advisor, maria)
    for shown in (
        *("oil change", "Booked", "Brakes done", "Cabin filter ($70)", "Due"),
        *("Ring about the brakes", "Overdue", "Asked for a price", "Running late"),
        *("Voice to (212) 555-0143", "SMS to (212) 555-0143", "Refused", "call CA0"),
        f"/book/?customer={maria.pk}",
        f"/customers/{maria.pk}/merge/",
    ):
        assert shown in page, shown
    assert "Agreed" not in page  # the newest answer counts


@pytest.mark.security
def test_only_what_one_may_look_at_is_told(store: Rooftop, maria: Customer) -> None:
    something_of_everything(maria, 0)
    client = Client()
    client.force_login(make_staff("reader", store, "view_customer"))
    page = page_of(client, maria)
    for hidden in ("oil change", "Brakes done", "Ring about", "Asked for a price", "Running late"):
        assert hidden not in page
    assert "/merge/" not in page


def test_the_page_costs_the_same_for_much(advisor: Client, maria: Customer) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            page_of(advisor, maria)
        return len(queries)

    something_of_everything(maria, 0)
    once = cost()
    for n in range(1, 5):
        something_of_everything(maria, n)
    assert cost() == once <= 28


# --- may we call and text -----------------------------------------------------------------


def say(client: Client, customer: Customer, answer: str, **typed: object) -> str:
    """What the page says to an answer on the customer's first number."""
    fields = {"answer": answer, "about": "both", "phone": customer.phones.order_by("pk")[0].pk, **typed}
    sent = client.post(f"/customers/{customer.pk}/consent/", fields, follow=True)
    return " ".join(sent.content.decode().split())


def holds(customer: Customer) -> dict[str, bool]:
    return consent.latest(customer, customer.phones.order_by("pk")[0].number)


@pytest.mark.security
def test_anybody_writes_down_a_no_and_a_yes_over_it_is_a_managers(
    advisor: Client, store: Rooftop, maria: Customer
) -> None:
    page = advisor.get(f"/customers/{maria.pk}/consent/").content.decode()
    assert "Nobody has asked them yet." in page and "written down by a manager" in page

    # The first yes is asked for at the desk.
    assert "Write what they said" in say(advisor, maria, "yes")
    assert "Kept: Maria Lopez agreed." in say(advisor, maria, "yes", words="Sure, text me")
    assert holds(maria) == {"voice": True, "sms": True}
    # No more calls; texts may go on.
    assert "Kept: no more" in say(advisor, maria, "no", about="voice", words="Stop calling me")
    assert holds(maria) == {"voice": False, "sms": True}
    row = maria.consents.latest("pk")
    assert (row.source, row.at) == ("staff advisor", SATURDAY)
    assert "Customer: Stop calling me" in row.wording

    before = maria.consents.count()
    assert "Only a manager can write down" in say(advisor, maria, "yes", words="Never mind")
    assert maria.consents.count() == before
    manager = Client()
    manager.force_login(User.objects.get(username="manager"))
    assert "Kept: Maria Lopez agreed." in say(manager, maria, "yes", words="Call me again")
    assert holds(maria) == {"voice": True, "sms": True}


def test_a_no_is_the_whole_households(advisor: Client, store: Rooftop) -> None:
    david, susan = (store.customers.get(first_name=name) for name in ("David", "Susan"))
    assert set(david.phones.all()) & set(susan.phones.all())
    shared = (david.phones.all() & susan.phones.all()).get()
    assert "Choose what they say." in say(advisor, susan, "", phone=shared.pk)
    say(advisor, susan, "no", phone=shared.pk)
    for each in (david, susan):
        assert consent.latest(each, shared.number) == {"voice": False, "sms": False}
    elsewhere = store.customers.get(first_name="Maria").phones.get()
    assert "Select a valid choice" in say(advisor, susan, "no", phone=elsewhere.pk)
    susan.phones.clear()
    assert "No telephone number" in advisor.get(f"/customers/{susan.pk}/consent/").content.decode()
