"""The store's own time in the staff site: closures, time off, blocked bays, lists."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.models import FollowUpTask, Rooftop
from scheduling import booking
from scheduling.models import Allocation, Appointment, Closure, OpCode, WaitlistEntry
from tests.factories import SATURDAY, make_demo_store

pytestmark = pytest.mark.django_db

CLOSURES = "/admin/scheduling/closure/"
BLOCKS = "/admin/scheduling/allocation/"


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


@pytest.fixture
def visit(store: Rooftop) -> Appointment:
    maria = store.customers.get(first_name="Maria")
    return booking.book(
        store,
        maria,
        maria.vehicles.all()[0],
        [OpCode.objects.get(rooftop=store, code="LOF")],
        datetime(2026, 11, 24, 9, 15, tzinfo=store.zone),
        actor="test",
        source=Appointment.Source.STAFF,
        now=SATURDAY,
    )


def span(store: Rooftop, starts: str, ends: str, **facts: Any) -> dict[str, Any]:
    return {"starts_at": starts, "ends_at": ends, "reason": "Inventory", "rooftop": store.pk, **facts}


def test_a_closure_makes_a_task_of_every_visit_it_touches(
    manager: Client, store: Rooftop, visit: Appointment
) -> None:
    form = span(store, "2026-11-24T08:00", "2026-11-24T12:00")
    page = " ".join(manager.post(f"{CLOSURES}add/", form).content.decode().split())
    for shown in ("Who is affected", "Maria Lopez", "(212) 555-0143", "Tue, Nov 24, 9:15 AM", "make 1 task"):
        assert shown in page
    assert not Closure.objects.filter(reason="Inventory").exists()

    for _ in range(2):  # pressing the button twice closes once
        answer = manager.post(f"{CLOSURES}add/", {**form, "agreed": visit.pk}, follow=True)
        assert "1 appointment need" in answer.content.decode()
    assert Closure.objects.filter(reason="Inventory").count() == 1
    task = FollowUpTask.objects.get(kind=FollowUpTask.Kind.CONFLICT)
    assert visit.confirmation_number in task.summary
    assert (task.owner, task.phone_number) == (visit.advisor, "+12125550143")
    assert task.due_at == SATURDAY + timedelta(days=1)
    visit.refresh_from_db()
    assert visit.is_active
    page = manager.get(f"/admin/crm/followuptask/{task.pk}/change/").content.decode()
    assert f'href="/admin/scheduling/appointment/{visit.pk}/change/"' in page


def test_a_visit_that_was_booked_meanwhile_is_shown_before_the_store_closes(
    manager: Client, store: Rooftop, visit: Appointment
) -> None:
    form = span(store, "2026-11-24T08:00", "2026-11-24T12:00", agreed="")
    page = manager.post(f"{CLOSURES}add/", form).content.decode()

    assert "The appointments changed meanwhile." in page
    assert visit.confirmation_number in page
    assert not Closure.objects.filter(reason="Inventory").exists()


def test_a_closure_that_touches_nobody_says_so(manager: Client, store: Rooftop) -> None:
    form = span(store, "2026-11-24T08:00", "2026-11-24T12:00")
    assert "Nobody has to be rung." in manager.post(f"{CLOSURES}add/", form).content.decode()
    manager.post(f"{CLOSURES}add/", {**form, "agreed": ""})
    assert Closure.objects.filter(reason="Inventory").count() == 1


def test_a_closure_ends_after_its_start(manager: Client, store: Rooftop) -> None:
    answer = manager.post(f"{CLOSURES}add/", span(store, "2026-11-24T12:00", "2026-11-24T08:00"))
    assert "The end must be after the start." in answer.content.decode()


def test_time_off_is_written_and_shown(manager: Client, store: Rooftop) -> None:
    person = store.technicians.get(name="Priya Nair")
    manager.post(f"{BLOCKS}add/", span(store, "2026-11-25T08:00", "2026-11-25T12:00", technician=person.pk))

    block = Allocation.objects.get(kind=Allocation.Kind.TIME_OFF)
    assert block.starts_at == datetime(2026, 11, 25, 8, tzinfo=store.zone)
    assert "Wed, Nov 25, 8:00 AM" in manager.get(BLOCKS).content.decode()


def test_time_off_over_a_visit_is_refused_in_the_form(
    manager: Client, store: Rooftop, visit: Appointment
) -> None:
    work = visit.allocations.get(kind=Allocation.Kind.WORK)
    answer = manager.post(
        f"{BLOCKS}add/", span(store, "2026-11-24T08:00", "2026-11-24T12:00", technician=work.technician_id)
    )

    assert f"(number {visit.confirmation_number}) first." in answer.content.decode()
    assert not Allocation.objects.filter(kind=Allocation.Kind.TIME_OFF).exists()


def test_a_block_takes_one_thing_of_its_own_store(manager: Client, store: Rooftop) -> None:
    form = span(store, "2026-11-24T08:00", "2026-11-24T12:00")
    assert (
        "Choose either a technician, a bay or an advisor."
        in manager.post(f"{BLOCKS}add/", form).content.decode()
    )
    bay = Rooftop.objects.exclude(pk=store.pk).get().bays.all()[0]
    page = manager.post(f"{BLOCKS}add/", {**form, "bay": bay.pk}).content.decode()
    assert "is not at Otto" in page


def test_what_visits_take_is_not_among_the_blocks(manager: Client, visit: Appointment) -> None:
    work = visit.allocations.get(kind=Allocation.Kind.WORK)
    assert manager.get(f"{BLOCKS}{work.pk}/change/").status_code == 404
    assert manager.post(f"{BLOCKS}{work.pk}/delete/", {"post": "yes"}).status_code == 404
    assert Allocation.objects.filter(pk=work.pk).exists()


@pytest.mark.parametrize("model", ["closure", "allocation", "transportoption", "loaner", "waitlistentry"])
def test_lists_and_forms_open(manager: Client, model: str) -> None:
    assert manager.get(f"/admin/scheduling/{model}/").status_code == 200
    assert manager.get(f"/admin/scheduling/{model}/add/").status_code == 200


def test_the_waitlist_costs_the_same_for_one_and_for_many(manager: Client, store: Rooftop) -> None:
    def add(name: str) -> None:
        person = store.customers.get(first_name=name)
        day = SATURDAY.date()
        WaitlistEntry.objects.create(
            rooftop=store, customer=person, vehicle=person.vehicles.all()[0], first_day=day, last_day=day
        )

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert manager.get("/admin/scheduling/waitlistentry/").status_code == 200
        return len(queries)

    add("Maria")
    few = count()
    for name in ("James", "Susan", "Emily"):
        add(name)
    assert count() == few


def test_the_sidebar_leads_to_the_store(manager: Client) -> None:
    page = manager.get("/admin/", follow=True).content.decode()
    for address in (
        CLOSURES,
        BLOCKS,
        "/admin/scheduling/bay/",
        "/admin/crm/rooftop/",
        "/admin/crm/repairorder/",
    ):
        assert f'href="{address}"' in page
