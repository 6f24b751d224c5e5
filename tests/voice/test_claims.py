"""What a model may not say: it is replaced by the truth, and kept as a defect."""

from datetime import UTC, datetime

import pytest

from tests.voice.stores import OTTOS
from voice.conversation import claims
from voice.conversation.states import Booked, Caller, Conversation, DayWish, Deed, Message, Offer, Visit

TODAY = datetime(2026, 11, 21, tzinfo=OTTOS.zone).date()
AT_TEN = datetime(2026, 11, 24, 10, tzinfo=OTTOS.zone)
OFFER = Offer(handle="offer-1", arrives_at=AT_TEN.astimezone(UTC), local=AT_TEN)
VISIT = Visit(handle="visit-1", appointment_id=1, version=1, local=AT_TEN.replace(hour=14, minute=30))


def conversation(**known: object) -> Conversation:
    talk = Conversation(call_sid="CA1", offers=[OFFER], caller=Caller(first_name="Maria"))
    talk.history = [Message(speaker="caller", text="This is Rosa, could I come at 3:15 PM?")]
    for name, value in known.items():
        setattr(talk, name, value)
    return talk


def defect(clause: str, **known: object) -> claims.Defect | None:
    return claims.check(clause, conversation(**known), OTTOS, TODAY)


@pytest.mark.parametrize(
    ("clause", "kind"),
    [
        ("You're all set for Tuesday.", "deed"),
        ("I've booked that for you.", "deed"),
        ("Your appointment has been cancelled.", "deed"),
        ("It's been moved to Wednesday.", "deed"),
        ("Your oil change is scheduled.", "deed"),
        ("I have 9:45 AM open.", "time"),
        ("I have nine forty five AM open.", "time"),
        ("How about Tuesday, November 24th at 11 AM?", "time"),
        ("That's Monday, November 24th.", "date"),
        ("See you on November 31st.", "date"),
        ("It costs $19.", "price"),
        ("That will be 70 to 90 dollars.", "price"),
        ("Thanks, Pedro.", "name"),
    ],
)
def test_what_nothing_bears_out_is_a_defect(clause: str, kind: str) -> None:
    found = defect(clause)
    assert found is not None
    assert (found.kind, found.said) == (kind, clause)
    assert found.truth != clause
    assert claims.check(found.truth, conversation(), OTTOS, TODAY) is None  # the truth stands


@pytest.mark.parametrize(
    "clause",
    [
        "I have Tuesday, November 24th at 10 AM.",
        "We open at 7 AM and close at 6 PM.",
        "You said 3:15 PM, but I have 10 AM.",
        "Shall I book it for 10 AM?",
        "Once it's booked you'll get a confirmation number.",
        "It isn't booked yet.",
        "I can get that scheduled for you.",
        "An oil change runs from 80 to 130 dollars.",
        "Hi Maria, how can I help?",
        "Thanks, Rosa.",
        "Thank you so much.",
        "Is there anything else?",
        "That's all set in our system?",
    ],
)
def test_what_is_known_may_be_said(clause: str) -> None:
    assert defect(clause) is None


def test_after_a_booking_it_may_be_said_and_only_that() -> None:
    booked = Booked(confirmation_number="4711", local=AT_TEN)
    assert defect("You're booked for 10 AM.", booked=booked) is None
    found = defect("Your appointment is cancelled.", booked=booked)
    assert found is not None
    assert found.truth.startswith("You're booked for Tuesday, November 24th at 10 AM.")
    moved = Booked(confirmation_number="4711", local=AT_TEN, deed=Deed.MOVED)
    assert defect("It's been moved.", booked=moved) is None


def test_an_appointment_that_was_read_may_be_told() -> None:
    assert defect("You're booked for 2:30 PM.", visits=[VISIT]) is None
    assert defect("You're booked for 2:30 PM.") is not None


def test_what_a_tool_told_may_be_said() -> None:
    told = ["Somebody will call you by 4:45 PM. It's 55 dollars."]
    assert defect("They will call by 4:45 PM, and it's 55 dollars.", told=told) is None


def test_the_wish_may_be_said_back() -> None:
    talk = conversation()
    talk.slots.wish = DayWish(exactly=AT_TEN.replace(hour=8, minute=20).time())
    assert claims.check("I don't have 8:20 AM.", talk, OTTOS, TODAY) is None


def test_a_price_is_replaced_by_the_menus() -> None:
    talk = conversation()
    talk.slots.services = ["LOF"]
    found = claims.check("That's 20 dollars.", talk, OTTOS, TODAY)
    assert found is not None
    assert found.truth == "An oil change usually runs from 80 to 130 dollars."
