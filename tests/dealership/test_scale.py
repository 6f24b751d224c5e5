"""The scaled demo store: counts, and rooftops that can be booked like any other."""

import re
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from crm.models import Customer, Ownership, Phone, Rooftop, Vehicle
from crm.vin import check_digit
from scheduling import booking
from scheduling.models import Allocation, Appointment, AppointmentLine, OpCode
from tests.factories import SATURDAY
from voice.models import Call, Turn

pytestmark = pytest.mark.django_db

CUSTOMERS = 200


def constraints() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE convalidated"
            " UNION SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        )
        # PostgreSQL writes the casts of an array one by one when it reads its own text again.
        return {(name, re.sub(r"::[a-z ]+(\[\])?|[() ]", "", what)) for name, what in cursor.fetchall()}


@pytest.fixture
def scaled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rooftop]:
    monkeypatch.setattr(timezone, "now", lambda: SATURDAY)
    before = constraints()
    call_command("demo_store", scale=CUSTOMERS, stdout=StringIO())
    assert constraints() == before
    yield Rooftop.objects.get()


def test_it_writes_what_was_asked_for(scaled: Rooftop) -> None:
    assert Customer.objects.count() == CUSTOMERS
    assert Vehicle.objects.count() == Ownership.objects.count() == CUSTOMERS * 9 // 8
    assert Phone.objects.count() == CUSTOMERS - (CUSTOMERS - 1) // 10  # households
    past = Appointment.objects.filter(arrives_at__lt=SATURDAY)
    assert past.count() == 2 * CUSTOMERS
    assert past.active().count() == 0
    assert past.earliest("arrives_at").arrives_at < SATURDAY - timedelta(days=700)
    assert Appointment.objects.active().count() == CUSTOMERS // 20
    assert AppointmentLine.objects.count() == Appointment.objects.count()
    assert Call.objects.count() == CUSTOMERS // 5
    assert Turn.objects.count() > Call.objects.count()


def test_every_row_passes_its_own_validation(scaled: Rooftop) -> None:
    for customer in Customer.objects.all()[:20]:
        customer.full_clean()
    for phone in Phone.objects.all()[:20]:
        phone.full_clean()
    for vehicle in Vehicle.objects.all():
        vehicle.full_clean()
        assert vehicle.vin[8] == check_digit(vehicle.vin)
    for allocation in Allocation.objects.select_related("technician", "bay", "advisor"):
        allocation.full_clean()


def test_visits_ahead_take_people_and_bays_within_their_hours(scaled: Rooftop) -> None:
    ahead = Appointment.objects.active().order_by("arrives_at")
    days = {visit.local_arrival.date() for visit in ahead}
    assert min(days) > SATURDAY.date()
    taken = Allocation.objects.filter(appointment__in=ahead)
    assert taken.filter(kind=Allocation.Kind.WRITE_UP).exists()
    work = taken.filter(kind=Allocation.Kind.WORK)
    assert work.exists()
    for each in work:
        assert 7 <= each.starts_at.astimezone(scaled.zone).hour < 18


def test_such_a_rooftop_can_be_asked_and_booked(scaled: Rooftop) -> None:
    oil_change = OpCode.objects.get(rooftop=scaled, code="LOF")
    first = SATURDAY.date()
    slots = booking.openings(scaled, [oil_change], first, first + timedelta(days=14), now=SATURDAY)
    assert slots
    customer = Customer.objects.all()[0]
    vehicle = customer.vehicles.all()[0]
    booked = booking.book(
        scaled,
        customer,
        vehicle,
        [oil_change],
        slots[-1].arrives_at,
        actor="test",
        source=Appointment.Source.STAFF,
        now=SATURDAY,
    )
    assert booked.is_active


def test_a_second_time_is_refused(scaled: Rooftop) -> None:
    with pytest.raises(CommandError, match="holds a scaled store already"):
        call_command("demo_store", scale=CUSTOMERS, stdout=StringIO())
