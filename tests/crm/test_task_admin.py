"""Follow-up tasks as staff work through them."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from crm.models import FollowUpTask, Rooftop, Staff
from tests.factories import SATURDAY, make_demo_store

pytestmark = pytest.mark.django_db

TASKS = "/admin/crm/followuptask/"


@pytest.fixture(autouse=True)
def saturday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: SATURDAY)


@pytest.fixture
def store() -> Rooftop:
    return make_demo_store()


@pytest.fixture
def dana(store: Rooftop) -> Staff:
    person = Staff.objects.get(rooftop=store, name="Dana Brooks")
    person.user = User.objects.get(username="advisor")
    person.save()
    return person


@pytest.fixture
def client(dana: Staff) -> Client:
    client = Client()
    assert dana.user
    client.force_login(dana.user)
    return client


def make_task(store: Rooftop, summary: str, **fields: Any) -> FollowUpTask:
    due_at = SATURDAY + timedelta(hours=1)
    return FollowUpTask.objects.create(
        **{"rooftop": store, "kind": "callback", "summary": summary, "due_at": due_at, **fields}
    )


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def press(client: Client, task: FollowUpTask, name: str, **fields: Any) -> str:
    answer = client.post(f"{TASKS}{task.pk}/{name}/", {"owner": task.owner_id or "", **fields}, follow=True)
    return " ".join(answer.content.decode().split())


def test_tabs_show_mine_overdue_open_and_done(client: Client, store: Rooftop, dana: Staff) -> None:
    other = Staff.objects.get(rooftop=store, name="Mike Chen")
    make_task(store, "task mine", owner=dana)
    make_task(store, "task late", owner=other, due_at=SATURDAY - timedelta(hours=1))
    make_task(store, "task past", owner=dana, done_at=SATURDAY)

    def shown(state: str) -> set[str]:
        page = text(client, f"{TASKS}?state={state}")
        return {word for word in ("mine", "late", "past") if f"task {word}" in page}

    assert shown("mine") == {"mine"}
    assert shown("overdue") == {"late"}
    assert shown("open") == {"mine", "late"}
    assert shown("done") == {"past"}
    assert f'<a href="{TASKS}?state=mine" aria-current="page">Mine</a>' in text(client, f"{TASKS}?state=mine")


def test_a_task_is_taken_and_ended_from_its_row(client: Client, store: Rooftop, dana: Staff) -> None:
    task = make_task(store, "Ring Maria back")
    assert f'formaction="{TASKS}{task.pk}/take/"' in text(client, f"{TASKS}?state=open")

    assert "Yours now: Ring Maria back" in press(client, task, "take")
    task.refresh_from_db()
    assert task.owner == dana
    assert "Done: Ring Maria back" in press(client, task, "done")
    task.refresh_from_db()
    assert task.done_at == SATURDAY
    assert "It was done already." in press(client, task, "done")


def test_a_task_that_a_colleague_took_meanwhile_stays_theirs(client: Client, store: Rooftop) -> None:
    task = make_task(store, "Ring Maria back")
    mike = Staff.objects.get(rooftop=store, name="Mike Chen")
    FollowUpTask.objects.filter(pk=task.pk).update(owner=mike)

    assert "Somebody else took it" in press(client, task, "take")
    task.refresh_from_db()
    assert task.owner == mike
    assert "Yours now" in press(client, task, "take")  # seen as Mike's, and taken over knowingly


def test_who_is_on_no_staff_and_who_may_not_are_told_so(client: Client, store: Rooftop, dana: Staff) -> None:
    task = make_task(store, "Ring Maria back")
    Staff.objects.update(user=None)
    User.objects.get(username="advisor").groups.set([Group.objects.get(name="administrator")])
    assert f"belongs to nobody on the staff of {store}".replace("'", "&#x27;") in press(client, task, "take")
    User.objects.get(username="advisor").groups.clear()
    assert client.post(f"{TASKS}{task.pk}/done/").status_code in (403, 404)
    assert Client().post(f"{TASKS}{task.pk}/done/").status_code == 302
    task.refresh_from_db()
    assert (task.owner, task.done_at) == (None, None)


def test_a_task_made_by_hand_is_mine_and_due_in_an_hour(client: Client, store: Rooftop, dana: Staff) -> None:
    page = text(client, f"{TASKS}add/")
    assert 'value="2026-11-21T11:00"' in page
    assert f'<option value="{dana.pk}" selected>Dana Brooks' in page

    foreign = Staff.objects.exclude(rooftop=store)[0]
    sent = {"kind": "callback", "summary": "Order mats", "due_at": "2026-11-21T12:00", "rooftop": store.pk}
    refused = client.post(f"{TASKS}add/", {**sent, "owner": foreign.pk}).content.decode()
    assert f"{foreign} works at" in refused
    client.post(f"{TASKS}add/", {**sent, "owner": dana.pk})
    assert FollowUpTask.objects.get(summary="Order mats").owner == dana
