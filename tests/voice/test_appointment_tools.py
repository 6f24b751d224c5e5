"""The tools that write appointments, called as a mind would."""

from datetime import timedelta
from typing import Any

import pytest

from crm import consent
from crm.models import Consent, Customer, Rooftop
from scheduling.models import Appointment
from tests.factories import SATURDAY, make_demo_store
from tests.talking import MARIA, STRANGER, agree
from voice.conversation import phrases
from voice.conversation.states import Conversation, Message
from voice.models import Call
from voice.tools.appointments import Booking, SlotSearch, book_appointment, get_available_slots
from voice.tools.registry import Desk
from voice.tools.store import load_store

pytestmark = pytest.mark.django_db

CIVIC = {"year": 2019, "make": "Honda", "model": "Civic"}
ESCAPE = {"year": 2020, "make": "Ford", "model": "Escape"}


@pytest.fixture
def desk() -> Desk:
    otto: Rooftop = make_demo_store()
    call = Call.objects.create(rooftop=otto, carrier="browser", sid="CA1")
    return Desk(call, load_store(otto, now=SATURDAY), Conversation(call_sid="CA1"), SATURDAY)


def book(desk: Desk, offer: str, **car: Any) -> str:
    """The confirmation number."""
    person = {"name": "Rosa Diaz", "phone": "+12125550199"}
    desk.conversation.history.append(Message(speaker="caller", text="It's 212 555 0199."))
    local = next(o.local for o in desk.conversation.offers if o.handle == offer)
    agree(desk.conversation, local, "a thirty thousand mile service")
    result = book_appointment(desk, Booking(offer=offer, services=["M30"], **person, **car))
    assert result.is_ok, result
    return str(result.data["confirmation_number"])


def test_a_second_car_at_the_same_time_is_a_second_booking(desk: Desk) -> None:
    get_available_slots(desk, SlotSearch(services=["M30"]))
    offer = desk.conversation.offers[0].handle
    first, second = book(desk, offer, **CIVIC), book(desk, offer, **ESCAPE)
    assert first != second
    assert [str(row.vehicle) for row in Appointment.objects.order_by("pk")] == [
        "2019 Honda Civic",
        "2020 Ford Escape",
    ]
    assert book(desk, offer, **CIVIC) == first, "said twice, booked once"


@pytest.mark.parametrize(
    ("days", "rings_from", "may_remind"),
    [(1, STRANGER, True), (91, STRANGER, None), (91, MARIA, True)],
    ids=["agreed lately", "long ago", "long ago, and rings from there"],
)
def test_an_old_yes_for_a_number_they_do_not_ring_from_is_asked_for_again(
    desk: Desk, days: int, rings_from: str, may_remind: bool | None
) -> None:
    maria = Customer.objects.get(first_name="Maria")
    Consent.objects.all().delete()
    consent.note(maria, MARIA, True, wording="Yes.", source="test", now=SATURDAY - timedelta(days=days))
    desk.call.caller_number, desk.conversation.slots.phone = rings_from, MARIA
    desk.conversation.history.append(Message(speaker="caller", text="It's 212 555 0143."))
    get_available_slots(desk, SlotSearch(services=["LOF"]))
    offer = desk.conversation.offers[0]
    agree(desk.conversation, offer.local)
    booking = Booking(offer=offer.handle, services=["LOF"], name="Maria Lopez", phone=MARIA, **CIVIC)
    assert book_appointment(desk, booking).data["may_remind"] is may_remind


@pytest.mark.parametrize(
    ("code", "spoken"),
    [("slot_taken", "somebody"), ("busy", "isn't answering"), ("closed", "can't do that at that time")],
)
def test_a_refusal_is_told_as_what_it_is(code: str, spoken: str) -> None:
    assert spoken in phrases.refused(code)
