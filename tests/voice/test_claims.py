"""What a model may not say: it is replaced by the truth, and kept as a defect."""

from datetime import UTC, datetime, timedelta

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
        ("I've booked it and you will get a text.", "deed"),
        ("You're booked and can relax.", "deed"),
        ("Yes, I can do that, and I've booked it.", "deed"),
        ("I can confirm that you're booked.", "deed"),
        ("Great, booked for ten.", "deed"),
        ("Booked!", "deed"),
        ("Okay, moved to Wednesday.", "deed"),
        ("I just cancelled it.", "deed"),
        ("We went ahead and rescheduled that.", "deed"),
        ("Your appointment on Tuesday, November 24th at 10 AM is cancelled.", "deed"),
        ("Your appointment has been cancelled.", "deed"),
        ("It's been moved to Wednesday.", "deed"),
        ("Your oil change is scheduled.", "deed"),
        ("I have 9:45 AM open.", "time"),
        ("I have nine forty five AM open.", "time"),
        ("How about Tuesday, November 24th at 11 AM?", "time"),
        ("I have 7 AM for you.", "time"),
        ("Would Tuesday, November 24th at 6 PM work?", "time"),
        ("That's Monday, November 24th.", "date"),
        ("Somebody will be here on December 9th.", "date"),
        ("See you on November 31st.", "date"),
        ("It costs $19.", "price"),
        ("That will be 70 to 90 dollars.", "price"),
        ("An oil change runs from 130 to 200 dollars.", "price"),
        ("A wheel alignment is a hundred thirty to three hundred dollars.", "price"),
        ("Thanks, Pedro.", "name"),
        ("It sounds like your alternator is going bad.", "advice"),
        ("That's probably just a loose gas cap.", "advice"),
        ("A blinking light usually means a misfire.", "advice"),
        ("Your battery is dead.", "advice"),
        ("It's fine to keep driving until then.", "advice"),
        ("You can keep driving it for now.", "advice"),
        ("That is covered under your warranty.", "advice"),
        ("The warranty will cover it.", "advice"),
        ("There are no open recalls on your car.", "advice"),
        ("Your Civic doesn't have any recalls.", "advice"),
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
        "As soon as I have your name, it's booked.",
        "Shall I get it booked for you?",
        "I haven't booked anything.",
        "That can be moved, cancelled or confirmed at any time.",
        "Tuesday morning is fully booked.",
        "I'd like to have it booked before we go on.",
        "On Tuesday, November 24th, I have 10 AM.",
        "We're closed on Thursday, November 26th.",
        "Please leave it with us until 6 PM.",
        "Do you mean Friday, December 4th?",
        "Would Wednesday suit you better?",
        "An oil change is eighty to a hundred thirty dollars.",
        "Both together are 210 to 330 dollars.",
        "A wheel alignment usually runs from 130 to 200 dollars.",
        "It isn't booked yet.",
        "I can get that scheduled for you.",
        "An oil change runs from 80 to 130 dollars.",
        "Hi Maria, how can I help?",
        "Thanks, Rosa.",
        "It sounds like you'd like a battery test.",
        "That sounds like a brake inspection.",
        "I can't say whether it's safe to drive.",
        "Is it safe to drive?",
        "You can drive it in on Tuesday.",
        "I can't tell you whether it's covered.",
        "Do you know whether it is still under warranty?",
        "I found none for cars like yours, but only your VIN can tell.",
        "Our technician will look at the alternator and the battery.",
        "We can look at your brakes and your battery.",
        "Thank you so much.",
        "Is there anything else?",
        "That's all set in our system?",
    ],
)
def test_what_is_known_may_be_said(clause: str) -> None:
    assert defect(clause) is None


def test_a_part_that_the_caller_named_may_be_named_again() -> None:
    clause = "It sounds like the alternator, then."
    assert defect(clause) is not None
    said = [Message(speaker="caller", text="My brother says it's the alternator.")]
    assert defect(clause, history=said) is None


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


BOOKED = Booked(confirmation_number="4711", local=AT_TEN)


@pytest.mark.parametrize(
    ("clause", "is_so"),
    [
        ("You're booked for Tuesday, November 24th at 10 AM.", True),
        ("You're booked for Tuesday at ten.", True),
        ("You're booked, that's the 24th.", True),
        ("See you on Tuesday at 10 AM.", True),
        ("You're booked for Tuesday, and we close at 6 PM.", True),
        ("You're all set for Tuesday; please leave it with us until 6 PM.", True),
        ("I don't have Wednesday at 10 AM.", True),
        ("You're booked for Wednesday, November 25th at 10 AM.", False),
        ("You're booked for Wednesday.", False),
        ("You're booked for tomorrow.", False),
        ("You're booked for Tuesday at nine.", False),
        ("You're booked for Tuesday at 2:30 PM.", False),
        ("Great, booked for November 25th.", False),
        ("You're booked, that's Wednesday at ten.", False),
        ("See you on Wednesday.", False),
        ("Your appointment is on Tuesday at 9 AM.", False),
        ("I have you down for 7 AM.", False),
    ],
)
def test_what_is_written_agrees_with_one_appointment_day_and_time_together(clause: str, is_so: bool) -> None:
    """Wednesday at ten was offered, 2:30 PM was said, 7 AM is when the store opens: none of it is booked."""
    wednesday = AT_TEN + timedelta(days=1)
    other = Offer(handle="offer-2", arrives_at=wednesday.astimezone(UTC), local=wednesday)
    known = conversation(booked=BOOKED, offers=[OFFER, other])
    known.history.append(Message(speaker="caller", text="Or on Wednesday at 2:30 PM?"))
    found = claims.check(clause, known, OTTOS, TODAY)
    assert (found is None) is is_so
    if found:
        assert found.kind in ("time", "date")
        assert found.truth.startswith("You're booked for Tuesday, November 24th at 10 AM.")
        assert claims.check(found.truth, known, OTTOS, TODAY) is None


def test_two_bookings_of_a_call_may_both_be_told_and_what_was_moved_holds_no_more() -> None:
    talk, both = conversation(), "You're booked for Tuesday at 10 AM and Wednesday at 10 AM."
    tuesday, wednesday, friday = (AT_TEN + timedelta(days=days) for days in (0, 1, 3))
    talk.note_written(BOOKED)
    talk.note_written(Booked(confirmation_number="4712", local=wednesday))
    assert claims.check(both, talk, OTTOS, TODAY) is None
    talk.note_written(Booked(confirmation_number="4711", local=friday, deed=Deed.MOVED), was=tuesday)
    assert claims.check(both, talk, OTTOS, TODAY)
    moved = "It's moved from Tuesday at 10 AM to Friday at 10 AM."
    assert claims.check(moved, talk, OTTOS, TODAY) is None
    talk.note_written(Booked(confirmation_number="4711", local=friday, deed=Deed.CANCELLED), was=friday)
    assert claims.check("Your appointment on Friday at 10 AM is cancelled.", talk, OTTOS, TODAY) is None
    assert claims.check("Your appointment on Wednesday is cancelled.", talk, OTTOS, TODAY)


def test_a_price_belongs_to_the_service_that_is_spoken_of() -> None:
    talk = conversation()
    talk.slots.services = ["LOF"]
    assert claims.check("It's 130 to 200 dollars.", talk, OTTOS, TODAY)
    talk.history.append(Message(speaker="caller", text="And how much is a wheel alignment?"))
    assert claims.check("It's 130 to 200 dollars.", talk, OTTOS, TODAY) is None
    found = claims.check("The alignment is 80 dollars.", talk, OTTOS, TODAY)
    assert found
    assert found.truth == "A wheel alignment usually runs from 130 to 200 dollars."


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
