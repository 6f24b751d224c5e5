"""Visits to be reminded of, made in a few milliseconds, and a carrier to ring them with."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

from django.test import Client

from crm import consent
from crm.models import Customer, Phone, Rooftop, Vehicle
from reminders.models import Reminder
from scheduling.models import Appointment
from tests.emulators.twilio import Twilio
from tests.talking import MARIA
from voice.carriers import twilio as carrier

# Monday in Albany, 10:00 in the morning.
MONDAY = datetime(2027, 3, 1, 15, 0, tzinfo=UTC)
_numbers = count(100_000)


def make_visit(
    rooftop: Rooftop,
    arrives_at: datetime,
    *,
    booked_at: datetime,
    number: str = MARIA,
    agrees: bool | None = True,
) -> Appointment:
    """agrees: what the customer said about calls and texts; None: was never asked."""
    phone, _ = Phone.objects.get_or_create(number=number)
    customer = Customer.objects.filter(rooftop=rooftop, phones=phone).first()
    if customer is None:
        customer = Customer.objects.create(rooftop=rooftop, first_name="Maria", last_name="Lopez")
        customer.phones.add(phone)
    if agrees is not None:
        consent.note(customer, number, agrees, wording="Yes.", source="test", now=booked_at)
    return Appointment.objects.create(
        rooftop=rooftop,
        customer=customer,
        vehicle=Vehicle.objects.create(rooftop=rooftop, make="Honda", model="Civic"),
        confirmation_number=str(next(_numbers)),
        arrives_at=arrives_at,
        ready_at=arrives_at + timedelta(hours=1),
        source=Appointment.Source.PHONE,
        created_at=booked_at,
    )


def make_call(appointment: Appointment, *, due_at: datetime, **changes: object) -> Reminder:
    """A reminder call as it is planned."""
    fields: dict[str, object] = {
        "version": appointment.version,
        "arrives_at": appointment.arrives_at,
        "kind": Reminder.Kind.CALL,
        "due_at": due_at,
        **changes,
    }
    return Reminder.objects.create(appointment=appointment, **fields)


@contextmanager
def ringing_carrier() -> Iterator[Twilio]:
    """Emulated Twilio on a thread of its own, for tests that wait for nobody."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    twilio = asyncio.run_coroutine_threadsafe(Twilio(keeps_audio=False).__aenter__(), loop).result(5)
    try:
        yield twilio
    finally:
        asyncio.run_coroutine_threadsafe(twilio.__aexit__(None, None, None), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def rung(twilio: Twilio) -> list[str]:
    """Whom the carrier was asked to ring, in order."""
    return [call.to for call in twilio.calls.values() if call.direction == "outbound-api"]


def tell(client: Client, path: str, **fields: str) -> str:
    """Post one of the carrier's callbacks, signed; the answer's text."""
    everything = {"CallSid": "CA1", "From": "+12125550100", "To": MARIA, **fields}
    headers = {"X-Twilio-Signature": carrier.sign(path, everything)}
    response = client.post(path, everything, headers=headers)
    assert response.status_code in (200, 204), response.content
    return response.content.decode()
