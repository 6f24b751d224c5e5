"""Lists of the staff site ask the database as often for fifty rows as for one."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.models import FollowUpTask, Rooftop
from reminders.models import Reminder, Text
from tests.factories import SATURDAY, make_demo_store
from voice.models import Call

pytestmark = pytest.mark.django_db


def make_task(otto: Rooftop, number: int) -> None:
    owner = otto.staff.all()[number % 3]
    customer = otto.customers.all()[number % 5]
    FollowUpTask.objects.create(
        rooftop=otto, kind="callback", summary="Ring.", due_at=SATURDAY, owner=owner, customer=customer
    )


def make_text(otto: Rooftop, number: int) -> None:
    visit = otto.appointments.all()[number % 5]
    Text.objects.create(
        rooftop=otto,
        customer=visit.customer,
        appointment=visit,
        direction="outbound",
        kind="confirmation",
        number="+12125550143",
        body="You're booked.",
        key=str(number),
    )


def make_reminder(otto: Rooftop, number: int) -> None:
    visit = otto.appointments.all()[number % 5]
    Reminder.objects.create(appointment=visit, version=number, kind="call", due_at=SATURDAY)


def make_call(otto: Rooftop, number: int) -> None:
    customer = otto.customers.all()[number % 5]
    Call.objects.create(rooftop=otto, sid=f"CA{number}", carrier="twilio", customer=customer)


@pytest.mark.parametrize(
    ("address", "make"),
    [
        ("/admin/crm/followuptask/", make_task),
        ("/admin/reminders/text/", make_text),
        ("/admin/reminders/reminder/", make_reminder),
        ("/calls/?counted=ended&since=2026-11-01", make_call),
    ],
)
def test_a_longer_list_costs_no_more_queries(
    address: str, make: Callable[[Rooftop, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: SATURDAY)
    otto = make_demo_store(with_appointments=True)
    staff = Client()
    staff.force_login(User.objects.create_superuser("boss"))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert staff.get(address).status_code == 200
        return len(captured)

    make(otto, 0)
    queries()  # what is asked once
    few = queries()
    for number in range(1, 45):
        make(otto, number)
    assert queries() <= few <= 16
