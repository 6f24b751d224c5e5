"""Two stores with one row of every kind that the staff site has a page for, made in a few milliseconds."""

from datetime import time, timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.utils import timezone

from crm.models import (
    Consent,
    Customer,
    FollowUpTask,
    Ownership,
    Phone,
    RepairOrder,
    Rooftop,
    RooftopNumber,
    Staff,
    SystemFault,
    Vehicle,
)
from reminders.models import Reminder, Text
from scheduling.models import (
    Allocation,
    Appointment,
    Bay,
    CalendarConnection,
    CalendarOutbox,
    Closure,
    Loaner,
    OpCode,
    OpeningHours,
    Technician,
    TransportOption,
    WaitlistEntry,
)
from tests.factories import make_staff
from voice.models import Call, Defect, FailedCheck, Turn

HOUR = timedelta(hours=1)
Rows = dict[type[Model], Any]


def make_store(name: str, area_code: str, surname: str) -> Rows:
    """By model. Everything that has a name carries the surname, so that a page that shows it is seen."""
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    store = Rooftop.objects.create(name=name, time_zone="America/New_York")
    RooftopNumber.objects.create(rooftop=store, number=f"+1{area_code}5550100")
    customer = Customer.objects.create(rooftop=store, first_name="Pat", last_name=surname)
    phone = Phone.objects.create(number=f"+1{area_code}5550143")
    customer.phones.add(phone)
    vehicle = Vehicle.objects.create(rooftop=store, make=surname, year=2020)
    Ownership.objects.create(customer=customer, vehicle=vehicle)
    advisor = Staff.objects.create(rooftop=store, name=f"Advisor {surname}", role="advisor")
    bay = Bay.objects.create(rooftop=store, name=f"Bay {surname}", bay_type="general")
    technician = Technician.objects.create(rooftop=store, name=f"Tech {surname}", skills=["general"])
    op_code = OpCode.objects.create(
        rooftop=store,
        code="LOF",
        name=f"Oil {surname}",
        minutes=30,
        price_min=49,
        price_max=79,
        skill="general",
        bay_types=["general"],
    )
    visit = Appointment.objects.create(
        rooftop=store,
        customer=customer,
        vehicle=vehicle,
        confirmation_number="123456",
        arrives_at=now + 48 * HOUR,
        ready_at=now + 49 * HOUR,
        source="staff",
    )
    waiting = WaitlistEntry.objects.create(
        rooftop=store, customer=customer, vehicle=vehicle, first_day=now.date(), last_day=now.date()
    )
    waiting.op_codes.add(op_code)
    connection = CalendarConnection.objects.create(rooftop=store, calendar_id=f"{area_code}@example.com")
    rows: list[Model] = [
        *(store, customer, vehicle, advisor, bay, technician, op_code, visit, waiting, connection),
        Consent.objects.create(
            customer=customer, phone=phone, channel="voice", is_granted=True, wording=surname, source="test"
        ),
        FollowUpTask.objects.create(rooftop=store, kind="callback", summary=surname, due_at=now),
        RepairOrder.objects.create(
            rooftop=store, number=surname, customer=customer, vehicle=vehicle, opened_at=now
        ),
        SystemFault.objects.create(source="carrier", code="timeout", sentence=surname, rooftop=store),
        OpeningHours.objects.create(
            rooftop=store,
            weekday=now.weekday(),
            opens=time(8),
            closes=time(18),
            first_arrival=time(8),
            last_arrival=time(16),
        ),
        Closure.objects.create(rooftop=store, starts_at=now, ends_at=now + HOUR, reason=surname),
        Allocation.objects.create(
            rooftop=store, kind="block", bay=bay, starts_at=now, ends_at=now + HOUR, reason=surname
        ),
        Loaner.objects.create(rooftop=store, name=f"Loaner {surname}"),
        TransportOption.objects.create(rooftop=store, kind="waiter"),
        Reminder.objects.create(appointment=visit, version=1, kind="call", due_at=now),
        Text.objects.create(
            rooftop=store,
            customer=customer,
            direction="outbound",
            kind="reminder",
            number=phone.number,
            body=surname,
            status="queued",
            sid=f"SM{area_code}",
            key=area_code,
        ),
        Call.objects.create(
            rooftop=store,
            carrier="browser",
            sid=f"CA{area_code}",
            customer=customer,
            started_at=now,
            ended_at=now,
        ),
    ]
    call = rows[-1]
    assert isinstance(call, Call)
    rows += [
        Turn.objects.create(
            call=call, number=1, speaker="caller", text=surname, starts_ms=0, ends_ms=1, state="intent"
        ),
        FailedCheck.objects.create(call=call, caller_number=phone.number),
        Defect.objects.create(call=call, kind="time", said=surname, truth="At ten.", at_ms=1),
        CalendarOutbox.objects.create(appointment=visit, connection=connection),
    ]
    return {type(row): row for row in rows}


def make_person(name: str, group: str, *stores: Rooftop) -> User:
    user = make_staff(name, None)
    user.groups.set([Group.objects.get(name=group)])
    for store in stores:
        Staff.objects.create(rooftop=store, name=name, role=Staff.Role.PARTS, user=user)
    return user
