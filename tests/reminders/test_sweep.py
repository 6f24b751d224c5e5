"""What is due is handed out: all of it, each once, by any number of sweeps at once."""

import os
import resource
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from crm.models import Customer, Rooftop, Vehicle
from dealership import heartbeat
from dealership.tasks import heartbeat as beat
from reminders import sweep
from reminders.models import Reminder, Text
from reminders.tasks import carry_out
from scheduling.models import Appointment
from tests.reminders.visits import make_call, make_visit
from tests.voice.small import make_small_store

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

MANY = int(os.environ.get("DUE", "3000"))  # make reminders-kill: 100000
# A minute for a hundred thousand. A few are not measured closely: the machine may have other work.
WITHIN_SECONDS = 60 * max(MANY, 25_000) / 100_000
SWEEPS = 4
NOW = timezone.now()
DAY = timedelta(days=1)


@pytest.fixture
def otto() -> Rooftop:
    return make_small_store()


def make_due(rooftop: Rooftop, count: int) -> None:
    """Appointments whose confirmation is due, and nothing else."""
    customer = Customer.objects.get(rooftop=rooftop)
    vehicle = Vehicle.objects.create(rooftop=rooftop)
    for start in range(0, count, 5000):
        Appointment.objects.bulk_create(
            Appointment(
                rooftop=rooftop,
                customer=customer,
                vehicle=vehicle,
                confirmation_number=f"{number:06}",
                arrives_at=NOW + DAY / 2,
                ready_at=NOW + DAY,
                source=Appointment.Source.PHONE,
                created_at=NOW - timedelta(minutes=1),
            )
            for number in range(start, min(start + 5000, count))
        )


def sweep_once(handed: list[int]) -> None:
    try:
        sweep.sweep(NOW, hand_out=handed.extend, look_for=lambda pk: None)
    finally:
        connection.close()


@pytest.fixture
def two_cores() -> Iterator[None]:
    """This process and the database's server have two between them, as many as the promise is about."""
    before = os.sched_getaffinity(0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    server = int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])
    for process in (0, server):
        os.sched_setaffinity(process, sorted(before)[:2])
    yield
    for process in (0, server):
        os.sched_setaffinity(process, before)


@pytest.mark.usefixtures("two_cores")
def test_several_sweeps_at_once_hand_everything_out_once(otto: Rooftop) -> None:
    make_due(otto, MANY)
    connection.close()  # the next one is another process of the server's
    handed: list[int] = []
    memory, began = peak_megabytes(), time.monotonic()
    with ThreadPoolExecutor(SWEEPS) as pool:
        list(pool.map(lambda _: sweep_once(handed), range(SWEEPS)))
    sweep_once(handed)  # what one sweep had planned while another was claiming
    seconds = time.monotonic() - began
    print(f"{MANY} due rows in {seconds:.1f} s, {peak_megabytes() - memory} MB more")
    assert seconds < WITHIN_SECONDS
    assert Counter(handed) == Counter(Reminder.objects.values_list("pk", flat=True))
    assert len(handed) == MANY
    assert peak_megabytes() - memory < 100


def peak_megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def test_a_claim_whose_worker_died_lapses(otto: Rooftop) -> None:
    call = make_call(make_visit(otto, NOW + DAY, booked_at=NOW - 9 * DAY), due_at=NOW)
    handed: list[int] = []
    for moment in (NOW, NOW, NOW + sweep.LEASE, NOW + sweep.LEASE + timedelta(seconds=1)):
        sweep.claim(moment, hand_out=handed.extend)
    assert handed == [call.pk, call.pk]


def test_nothing_is_handed_out_before_its_claim_is_committed(otto: Rooftop) -> None:
    make_call(make_visit(otto, NOW + DAY, booked_at=NOW - 9 * DAY), due_at=NOW)

    def hand_out(ids: list[int]) -> None:
        assert not connection.in_atomic_block
        assert Reminder.objects.get(pk__in=ids).state == "claimed"

    assert sweep.claim(NOW, hand_out=hand_out) == 1


def test_one_reminder_that_breaks_does_not_hold_up_the_others(
    otto: Rooftop, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = make_visit(otto, NOW + DAY, booked_at=NOW - 9 * DAY)
    broken = make_call(visit, due_at=NOW, kind="nonsense", state="claimed")
    good = make_call(visit, due_at=NOW, kind="confirmation", state="claimed")
    carry_out([broken.pk, good.pk])
    assert Text.objects.get().reminder == good
    broken.refresh_from_db()
    assert broken.state == "claimed"


def test_one_that_breaks_until_its_visit_is_near_is_given_up_for_staff_to_see(otto: Rooftop) -> None:
    now = timezone.now()
    visit = make_visit(otto, now + timedelta(hours=1), booked_at=now - 9 * DAY)
    broken = make_call(visit, due_at=now, kind="nonsense", state="claimed")
    carry_out([broken.pk])
    broken.refresh_from_db()
    assert (broken.state, broken.reason) == ("failed", "It could not be carried out.")


def test_what_waits_is_found_by_its_index(otto: Rooftop) -> None:
    visit = make_visit(otto, NOW + DAY, booked_at=NOW - 9 * DAY)
    Reminder.objects.bulk_create(
        Reminder(appointment=visit, version=n, kind="call", due_at=NOW, state="answered") for n in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE reminders_reminder")
    waiting = Reminder.objects.filter(state="pending", due_at__lte=NOW).order_by("due_at")
    assert "reminder_by_state" in waiting.explain()


def test_the_worker_says_that_it_works(otto: Rooftop) -> None:
    cache.delete(heartbeat.KEY)
    assert heartbeat.silence(timezone.now()) is None
    beat()
    silence = heartbeat.silence(timezone.now() + timedelta(minutes=5))
    assert silence is not None
    assert silence > heartbeat.SILENT_AFTER
