"""A small store whose customer Maria comes on Tuesday, and what is texted about it."""

from datetime import UTC, datetime, time
from typing import Any, ClassVar

from django.test import Client

from crm import consent
from crm.models import Customer, Ownership, Rooftop, Vehicle
from reminders.models import Text
from scheduling import booking
from scheduling.models import Appointment, Bay, OpCode, Shift, Technician
from tests.factories import SATURDAY
from tests.talking import MARIA, OTTO_NUMBER
from tests.voice.small import make_small_store
from voice.carriers import twilio

HOOKS = "/api/v1/webhooks"
TUESDAY = datetime(2026, 11, 24, 13, 45, tzinfo=UTC)  # 8:45 in the morning
WEDNESDAY = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
WHEN = "Tue, Nov 24 at 8:45 AM"


def make_store() -> Rooftop:
    """Otto's Auto with one technician and one bay."""
    otto = make_small_store()
    technician = Technician.objects.create(rooftop=otto, name="Sam", skills=["express"])
    Shift.objects.bulk_create(
        Shift(technician=technician, weekday=weekday, starts=time(7), ends=time(18)) for weekday in range(6)
    )
    Bay.objects.create(rooftop=otto, name="1", bay_type="express")
    OpCode.objects.create(
        rooftop=otto,
        code="LOF",
        name="Oil change",
        minutes=30,
        price_min=50,
        price_max=90,
        skill="express",
        bay_types=["express"],
    )
    return otto


def maria() -> Customer:
    return Customer.objects.get(first_name="Maria")


def make_visit(arrives_at: datetime = TUESDAY, customer: Customer | None = None) -> Appointment:
    customer = customer or maria()
    vehicle = Vehicle.objects.create(
        rooftop=customer.rooftop, year=2019, make="Honda", model="Civic", plate="KLM 1234"
    )
    Ownership.objects.create(customer=customer, vehicle=vehicle)
    services = list(OpCode.objects.filter(rooftop=customer.rooftop))
    return booking.book(
        customer.rooftop, customer, vehicle, services, arrives_at, actor="test", source="phone", now=SATURDAY
    )


def agree(is_granted: bool = True, number: str = MARIA, customer: Customer | None = None) -> None:
    consent.note(
        customer or maria(), number, is_granted, wording="May we? Sure.", source="test", now=SATURDAY
    )


def text_in(body: str, *, number: str = MARIA, sid: str = "", **extra: str) -> None:
    """A text to the store, as the carrier brings it."""
    sid = sid or f"SM{Text.objects.count():032d}"
    post(f"{HOOKS}/sms", MessageSid=sid, From=number, To=OTTO_NUMBER, Body=body, **extra)


def post(path: str, **fields: str) -> Any:
    answer = Client().post(path, fields, headers={"X-Twilio-Signature": twilio.sign(path, fields)})
    assert answer.status_code in (200, 204), answer.content
    return answer


def written() -> list[str]:
    """What we wrote, oldest first."""
    ours = Text.objects.filter(direction=Text.Direction.OUTBOUND).order_by("pk")
    return list(ours.values_list("body", flat=True))


class FakeTexter:
    """Keeps what it is told to send, and fails when told to. Named in settings."""

    sent: ClassVar[list[tuple[str, str, str]]] = []  # (from, to, body)
    fails_with: ClassVar[Exception | None] = None

    def text(self, to: str, body: str, *, own_number: str, status_path: str) -> str:
        if FakeTexter.fails_with:
            raise FakeTexter.fails_with
        self.sent.append((own_number, to, body))
        return f"SM{len(self.sent)}"


def forget() -> None:
    FakeTexter.sent.clear()
    FakeTexter.fails_with = None
