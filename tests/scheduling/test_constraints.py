"""What PostgreSQL refuses by itself, whoever writes: the locks and checks of booking.py are not asked."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from crm.models import Customer, Rooftop
from scheduling.models import (
    Allocation,
    Appointment,
    Bay,
    OpeningHours,
    Technician,
    WaitlistEntry,
)
from tests.factories import SATURDAY, make_demo_store

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def otto() -> Rooftop:
    return make_demo_store()


def refuses(name: str, write: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        write()


@pytest.mark.parametrize("thing", ["technician", "bay", "advisor", "loaner"])
def test_nothing_is_taken_twice_at_a_moment(otto: Rooftop, thing: str) -> None:
    things: dict[str, Any] = {
        "technician": otto.technicians.first(),
        "bay": otto.bays.first(),
        "advisor": otto.staff.filter(role="advisor").first(),
        "loaner": otto.loaners.first(),
    }

    def take(after: timedelta, what: Any = things[thing]) -> Allocation:
        starts_at = SATURDAY + after
        return Allocation.objects.create(
            rooftop=otto, starts_at=starts_at, ends_at=starts_at + HOUR, **{thing: what}
        )

    take(timedelta(0))
    for overlap in (timedelta(0), timedelta(minutes=59), -timedelta(minutes=59)):
        refuses(f"{thing}_not_double_booked", lambda after=overlap: take(after))  # type: ignore[misc]
    assert take(HOUR).pk, "half-open: the next may begin when the last ends"
    assert take(-HOUR).pk


def test_an_allocation_takes_something_and_ends_after_it_starts(otto: Rooftop) -> None:
    row = {"rooftop": otto, "starts_at": SATURDAY, "ends_at": SATURDAY + HOUR}
    refuses("allocation_takes_something", lambda: Allocation.objects.create(**row))
    row |= {"bay": Bay.objects.filter(rooftop=otto).first(), "ends_at": SATURDAY}
    refuses("allocation_ends_after_start", lambda: Allocation.objects.create(**row))


def test_a_key_belongs_to_one_active_visit(otto: Rooftop) -> None:
    maria = Customer.objects.get(rooftop=otto, first_name="Maria")
    visit = {
        "rooftop": otto,
        "customer": maria,
        "vehicle": maria.vehicles.get(),
        "arrives_at": SATURDAY,
        "ready_at": SATURDAY + HOUR,
        "source": "staff",
        "idempotency_key": "call-1",
    }
    Appointment.objects.create(**visit, confirmation_number="1", status="cancelled")
    Appointment.objects.create(**visit, confirmation_number="2")
    refuses("one_active_visit_per_key", lambda: Appointment.objects.create(**visit, confirmation_number="3"))


@pytest.mark.parametrize("proficiency", ["0", "0.69", "1.31"])
def test_nobody_works_at_no_speed_or_at_twice_the_usual(otto: Rooftop, proficiency: str) -> None:
    rows = Technician.objects.filter(rooftop=otto)
    refuses("proficiency_is_human", lambda: rows.update(proficiency=proficiency))
    assert rows.update(proficiency="0.70")


def test_a_weekday_has_one_stretch_at_a_time(otto: Rooftop) -> None:
    hours = {
        "rooftop": otto,
        "weekday": 1,
        "opens": time(8),
        "closes": time(12),
        "first_arrival": time(8),
        "last_arrival": time(11),
    }
    refuses("one_stretch_per_weekday", lambda: OpeningHours.objects.create(**hours))
    hours |= {"valid_from": date(2026, 12, 1), "valid_to": date(2026, 11, 30)}
    refuses("hours_end_after_start", lambda: OpeningHours.objects.create(**hours))
    assert OpeningHours.objects.create(**{**hours, "valid_to": date(2026, 12, 1)}).pk


def test_a_wish_on_the_waitlist_ends_after_it_starts(otto: Rooftop) -> None:
    maria = Customer.objects.get(rooftop=otto, first_name="Maria")
    span = {"first_day": date(2026, 12, 2), "last_day": date(2026, 12, 1)}
    entry = {"rooftop": otto, "customer": maria, "vehicle": maria.vehicles.get()}
    refuses("waitlist_ends_after_start", lambda: WaitlistEntry.objects.create(**entry, **span))
