"""A machine answers a call of ours: the message it gets, by Twilio's own SDK against the emulator over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from pytest_django import Settings

from crm.models import Customer, Rooftop
from scheduling import booking
from scheduling.models import Appointment, OpCode
from tests.emulators.base import Fault
from tests.emulators.desk import Desk
from tests.emulators.twilio import ACCOUNT, TOKEN, Twilio
from tests.emulators.twilio_call import Call, Phone
from tests.factories import make_demo_store
from tests.talking import MARIA, OTTO_NUMBER
from voice import calls, outbound
from voice.carriers.twilio import TwilioDialer
from voice.database import in_database
from voice.models import Call as Row

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

MONDAY = datetime(2026, 11, 23, 15, tzinfo=UTC)  # ten in the morning at the store
TUESDAY_AT_NINE = datetime(2026, 11, 24, 14, tzinfo=UTC)


@pytest.fixture
async def twilio(settings: Settings) -> AsyncIterator[Twilio]:
    async with Twilio() as carrier, Desk() as desk:
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, TOKEN
        settings.TWILIO_API_BASE_URL, settings.PUBLIC_BASE_URL = carrier.base_url, desk.base_url
        desk.answers["/voice"] = '<Pause length="60"/>'  # in the conversation's place
        carrier.serve(OTTO_NUMBER)
        carrier.phones[MARIA] = Phone(seconds=60, answered_by="machine_end_beep")
        yield carrier


def _book(rooftop: Rooftop) -> Appointment:
    maria = Customer.objects.get(first_name="Maria")
    oil_change = list(OpCode.objects.filter(rooftop=rooftop, code="LOF"))
    return booking.book(
        rooftop,
        maria,
        maria.vehicles.get(),
        oil_change,
        TUESDAY_AT_NINE,
        actor="staff",
        source=Appointment.Source.STAFF,
        now=MONDAY,
    )


async def ring(twilio: Twilio) -> tuple[Call, Row]:
    """The desk rings Maria about Tuesday, and her machine has answered."""
    visit = await in_database(lambda: _book(make_demo_store(MONDAY)))
    paths = {"answer_path": "/voice", "status_path": "/status", "machine_path": "/machine"}
    sid = await asyncio.to_thread(lambda: TwilioDialer().ring(MARIA, own_number=OTTO_NUMBER, **paths))
    row = await in_database(
        calls.open_outbound, visit, MARIA, carrier=Row.Carrier.TWILIO, sid=sid, purpose="reminder", now=MONDAY
    )
    call = twilio.calls[sid]
    async with asyncio.timeout(5):
        while "Pause" not in call.verbs:
            await asyncio.sleep(0.01)
    return call, row


async def leave_message(row: Row) -> bool:
    return await in_database(outbound.machine_answered, row, answered_by="machine_end_beep", now=MONDAY)


async def test_the_machine_hears_the_message_once_and_the_line_is_let_go(twilio: Twilio) -> None:
    call, row = await ring(twilio)
    assert await leave_message(row)
    assert not await leave_message(row), "told of twice, it is left alone"
    assert await call.over() == "completed"
    (message,) = call.said
    assert "Hello Maria, this is Otto's Auto service" in message
    assert "Tuesday, November 24th at 9 AM" in message
    assert "two one two, five five five" in message
    assert "Civic" not in message
    await in_database(row.refresh_from_db)
    assert (row.outcome, row.answered_by, row.ended_at) == (
        Row.Outcome.VOICEMAIL,
        "machine_end_beep",
        MONDAY,
    )


@pytest.mark.parametrize("fault", [Fault("refuse", status=503), Fault("refuse", status=0)])
async def test_where_the_carrier_refuses_the_conversation_goes_on(twilio: Twilio, fault: Fault) -> None:
    call, row = await ring(twilio)
    twilio.faults = [fault]
    assert not await leave_message(row)
    await in_database(row.refresh_from_db)
    assert (row.outcome, row.ended_at, call.is_over) == (Row.Outcome.RUNNING, None, False)
    twilio.faults = []
    assert await leave_message(row), "and the next news of it is heard"
    await call.over()
    assert len(call.said) == 1


async def test_a_machine_that_hung_up_meanwhile_gets_nothing(twilio: Twilio) -> None:
    call, row = await ring(twilio)
    await call.hang_up()
    assert not await leave_message(row)
    assert call.said == []
