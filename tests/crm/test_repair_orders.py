"""A repair order's way from write-up to pick-up, and two people who move it at once."""

import html
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from crm.models import Customer, RepairOrder, Rooftop, Vehicle
from crm.repair_orders import StatusRefused, set_status
from tests.factories import make_staff

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)
OPENED = NOON - timedelta(hours=3)
ORDERS = "/admin/crm/repairorder/"
Status = RepairOrder.Status


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOON)


@pytest.fixture
def otto() -> Rooftop:
    return Rooftop.objects.create(name="Otto's Auto", time_zone="America/New_York")


@pytest.fixture
def order(otto: Rooftop) -> RepairOrder:
    return RepairOrder.objects.create(
        rooftop=otto,
        number="R1",
        customer=Customer.objects.create(rooftop=otto, first_name="Nora"),
        vehicle=Vehicle.objects.create(rooftop=otto),
        status=Status.IN_WORK,
        opened_at=OPENED,
        status_changed_at=OPENED,
    )


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def form(order: RepairOrder, **changes: Any) -> dict[str, Any]:
    """What the page of the order sends when somebody changes these fields."""
    opened = order.opened_at.astimezone(order.rooftop.zone)
    return {
        "number": order.number,
        "status": order.status,
        "seen_status": order.status,
        "customer": order.customer_id,
        "vehicle": order.vehicle_id,
        "rooftop": order.rooftop_id,
        "opened_at": f"{opened:%Y-%m-%dT%H:%M}",
        **changes,
    }


def send(client: Client, order: RepairOrder, fields: dict[str, Any]) -> str:
    """The page that one then sees; order is as it is afterwards."""
    address = f"{ORDERS}{order.pk}/change/" if order.pk else f"{ORDERS}add/"
    page = html.unescape(client.post(address, fields, follow=True).content.decode())
    if order.pk:
        order.refresh_from_db()
    return " ".join(page.split())


# --- in the staff site --------------------------------------------------------------------


def test_the_page_sends_the_status_that_it_showed(client: Client, order: RepairOrder) -> None:
    page = client.get(f"{ORDERS}{order.pk}/change/").content.decode()
    assert '<input type="hidden" name="seen_status" value="in_work"' in page


def test_closing_an_order_keeps_the_time_and_reopening_forgets_it(client: Client, order: RepairOrder) -> None:
    send(client, order, form(order, status="closed", correction="Changed the oil."))
    assert (order.status, order.closed_at, order.status_changed_at) == (Status.CLOSED, NOON, NOON)
    assert order.correction == "Changed the oil."

    send(client, order, form(order, status="waiting_parts"))
    assert (order.status, order.closed_at) == (Status.WAITING_PARTS, None)


def test_a_change_of_something_else_is_no_change_of_status(client: Client, order: RepairOrder) -> None:
    send(client, order, form(order, complaint="Squeals."))
    assert (order.complaint, order.status, order.status_changed_at) == ("Squeals.", Status.IN_WORK, OPENED)


def test_the_second_of_two_who_move_it_is_told_and_nothing_is_lost(
    client: Client, order: RepairOrder
) -> None:
    mine, theirs = form(order, status="waiting_parts", complaint="Mine."), form(order, status="ready")
    send(client, order, theirs)
    page = send(client, order, mine)

    assert "Somebody else moved this order meanwhile: it is ready now. Open the page again." in page
    assert (order.status, order.complaint) == (Status.READY, "")


def test_whoever_did_not_touch_the_status_does_not_take_another_s_back(
    client: Client, order: RepairOrder
) -> None:
    mine, theirs = form(order, cause="Worn pads."), form(order, status="ready")
    send(client, order, theirs)
    send(client, order, mine)
    assert (order.status, order.cause) == (Status.READY, "Worn pads.")


def test_both_may_have_meant_the_same(client: Client, order: RepairOrder) -> None:
    both = form(order, status="ready")
    for _ in range(2):
        assert "Somebody else" not in send(client, order, both)
    assert order.status == Status.READY


def test_an_order_may_be_written_down_after_it_was_closed(client: Client, order: RepairOrder) -> None:
    fields = form(order, number="R2", status="closed", seen_status="checked_in")
    send(client, RepairOrder(rooftop=order.rooftop), fields)
    late = RepairOrder.objects.get(number="R2")
    assert (late.status, late.closed_at, late.opened_at) == (Status.CLOSED, NOON, OPENED)


def test_an_order_is_not_closed_before_it_was_opened(client: Client, order: RepairOrder) -> None:
    page = send(client, order, form(order, status="closed", opened_at="2026-11-22T09:00"))
    assert "It cannot be closed before it was opened. Write the earlier time." in page
    assert (order.status, order.opened_at) == (Status.IN_WORK, OPENED)


def test_a_number_that_is_taken_is_refused_at_its_field(client: Client, order: RepairOrder) -> None:
    page = send(client, RepairOrder(rooftop=order.rooftop), form(order))
    assert "Another repair order of this rooftop has this number. Write a new one." in page
    assert RepairOrder.objects.count() == 1


def test_somebody_who_may_only_look_sees_the_order(order: RepairOrder) -> None:
    client = Client()
    client.force_login(make_staff("viewer", order.rooftop, "view_repairorder"))
    assert "R1" in client.get(f"{ORDERS}{order.pk}/change/").content.decode()


# --- the verb -----------------------------------------------------------------------------


def test_the_verb_writes_over_what_was_seen_and_nothing_else(order: RepairOrder) -> None:
    seen_by_two = [RepairOrder.objects.get(pk=order.pk) for _ in range(2)]
    set_status(seen_by_two[0], Status.READY, now=NOON)
    with pytest.raises(StatusRefused, match="it is ready now"):
        set_status(seen_by_two[1], Status.QC, now=NOON)
    assert set_status(seen_by_two[1], Status.READY, now=NOON + timedelta(hours=1)).status_changed_at == NOON


@pytest.mark.parametrize(
    ("to", "now", "said"), [("lost", NOON, "lost is no status"), ("closed", OPENED - timedelta(1), "before")]
)
def test_the_verb_refuses_what_cannot_be(order: RepairOrder, to: str, now: datetime, said: str) -> None:
    with pytest.raises(StatusRefused, match=said):
        set_status(order, to, now=now)
    order.refresh_from_db()
    assert order.status == Status.IN_WORK
