"""A new appointment: what, which car, when, for whom; read back, and booked after a yes."""

import re
from typing import Any

from voice.conversation import choices, name_parts, names, numbers, phrases, questions, vehicles
from voice.conversation.meaning import (
    Meaning,
    forget_offers,
    take_identity,
    take_name,
    take_number_is_best,
    take_phone_check,
)
from voice.conversation.states import Conversation, DayWish, Deed, Intent, Offer, State
from voice.ports import ToolResult
from voice.replies.flows import openings, persons, rung
from voice.replies.flows.turn import GO_ON, Turn


async def next_step(turn: Turn) -> str:
    """Ask for what is missing; with everything there, offer and read back."""
    conversation = turn.conversation
    filled, caller = conversation.slots, conversation.caller
    if not filled.services:
        return _greet_and_ask(turn, questions.ASK_NEED if not filled.vehicle else questions.ASK_SERVICE)
    conversation.intent = Intent.BOOK
    if caller.first_name and caller.is_confirmed is None:
        return _ask_next(turn, questions.ASK_IS_CALLER, State.VERIFICATION)
    if filled.vehicle is None:
        return _ask_next(turn, questions.ASK_VEHICLE)
    if filled.wish.is_empty:
        return _ask_next(turn, questions.ASK_DAY)
    if conversation.chosen is None:
        said = await openings.offer(turn)
        if said != GO_ON or conversation.chosen is None:
            return said
    if not caller.is_confirmed and (missing := missing_contact(turn)):
        return missing
    return await _read_back(turn, conversation.chosen)


def _greet_and_ask(turn: Turn, question: str) -> str:
    caller, asked = turn.conversation.caller, turn.conversation.asked
    is_met = caller.is_confirmed and caller.first_name and asked == questions.ASK_IS_CALLER
    return (f"Hi {caller.first_name}. " if is_met and not turn.was_aside else "") + turn.ask(
        question, State.INTENT
    )


def _ask_next(turn: Turn, question: str, state: State = State.SLOTS) -> str:
    said = _acknowledge(turn, question)
    return f"{said} {turn.ask(question, state)}".strip()


def _acknowledge(turn: Turn, question: str) -> str:
    """Name the service once, so that the caller hears it was understood; later only that an answer was taken."""
    conversation = turn.conversation
    if turn.was_aside:
        return ""  # the answer to it comes first
    services = [turn.store.item(code).name for code in conversation.slots.services]
    if not all(_was_said(conversation, name) for name in services):
        return phrases.sure(conversation, services)
    return phrases.taken(conversation) if conversation.asked not in ("", question) else ""


def _was_said(conversation: Conversation, words: str) -> bool:
    return any(words in message.text for message in conversation.history if message.speaker == "desk")


def missing_contact(turn: Turn) -> str:
    """The question for a name, and for a number where it is not known; "" when nothing is missing."""
    conversation = turn.conversation
    filled, caller = conversation.slots, conversation.caller
    if not filled.name:
        return _ask_next(turn, questions.ASK_NAME)
    first_name = questions.QUESTIONS[questions.ASK_FIRST_NAME]
    if name_parts.surname_alone(filled.name) and not _was_said(conversation, first_name):
        return _ask_next(turn, questions.ASK_FIRST_NAME)
    if not filled.phone:
        is_known = caller.number and conversation.asked != questions.ASK_PHONE
        return _ask_next(turn, questions.ASK_NUMBER_IS_BEST if is_known else questions.ASK_PHONE)
    return ""


async def _read_back(turn: Turn, chosen: Offer) -> str:
    """Keep the opening while the caller thinks; when it is gone already, offer another at once."""
    conversation = turn.conversation
    result = await turn.use("hold_offer", offer=chosen.handle, services=conversation.slots.services)
    # A calendar that cannot be reached is told of at the booking: nothing is promised here.
    if result.is_ok or result.code in ("unavailable", "busy"):
        turn.ask(questions.ASK_CONFIRM, State.CONFIRMATION)
        return phrases.read_back(conversation, turn.store, chosen, in_one=turn.was_aside)
    return await _after_refusal(turn, result)


# --- answers ------------------------------------------------------------------------------


def take_is_caller(turn: Turn, meaning: Meaning) -> str | None:
    conversation = turn.conversation
    if conversation.purpose:
        return rung.take_is_caller(turn, meaning)
    take_identity(conversation, meaning)
    if conversation.earlier and conversation.caller.is_confirmed and meaning.is_empty:
        return turn.ask(questions.ASK_GO_ON, State.VERIFICATION)
    return None


def take_contact_name(turn: Turn, meaning: Meaning) -> None:
    take_name(turn.conversation, meaning)


def take_first_name(turn: Turn, meaning: Meaning) -> str | None:
    """Asked of somebody who has said "Mr. Wood"; who says so again is called that."""
    filled = turn.conversation.slots
    said = names.find_name(meaning.text, was_asked=True)
    if not said:
        return None
    filled.name = name_parts.completed(filled.name, said)
    return GO_ON


def take_phone(turn: Turn, meaning: Meaning) -> str | None:
    """Every number that is said is read back; a wrong length is asked for again in groups."""
    conversation = turn.conversation
    number = numbers.find_phone(meaning.text)
    if number and number != conversation.slots.phone:
        conversation.slots.phone = number
        turn.ask(questions.ASK_PHONE_CHECK, State.SLOTS)
        return phrases.check_phone(number)
    if conversation.asked == questions.ASK_NUMBER_IS_BEST:
        take_number_is_best(conversation, meaning)
    elif conversation.asked == questions.ASK_PHONE_CHECK:
        take_phone_check(conversation, meaning)
    elif not number and len(numbers.spoken_digits(meaning.text)) > 2:
        return phrases.NUMBER_INCOMPLETE
    return None


def take_wants_it(turn: Turn, meaning: Meaning) -> str | None:
    if not (meaning.is_no and meaning.is_empty):
        return None
    turn.start_over()
    return turn.ask_anything_else("")


async def take_confirmation(turn: Turn, meaning: Meaning) -> str | None:
    conversation = turn.conversation
    if (other := await openings.other_choice(turn, meaning)) is not None:
        return other
    if not meaning.wish.is_empty or meaning.services or conversation.chosen is None:
        return None
    if meaning.transport not in ("", conversation.chosen.way):
        return None
    is_correcting = bool(choices.CORRECTION.search(meaning.text))
    if meaning.is_yes and not is_correcting:
        return await _book(turn, conversation.chosen)
    names_a_slot = vehicles.find_vehicle(meaning.text) or names.find_name(meaning.text, was_asked=False)
    if names_a_slot or not (meaning.is_no or is_correcting):
        return None
    return turn.ask(questions.ASK_CHANGE, State.CONFIRMATION)


def take_change(turn: Turn, meaning: Meaning) -> str | None:
    """What is to be changed, when only its name was said; a new value is read like anywhere else."""
    conversation = turn.conversation
    if not meaning.wish.is_empty or meaning.services or vehicles.find_vehicle(meaning.text):
        return None
    text = meaning.text.lower()
    if re.search(r"\b(car|vehicle|truck)\b", text):
        conversation.slots.vehicle = None
        return turn.ask(questions.ASK_VEHICLE, State.SLOTS)
    if re.search(r"\bname\b", text) and not names.find_name(meaning.text, was_asked=False):
        conversation.slots.name = ""
        return turn.ask(questions.ASK_NAME, State.SLOTS)
    if re.search(r"\bservice\b", text):
        conversation.slots.services = []
        forget_offers(conversation)
        return turn.ask(questions.ASK_SERVICE, State.SLOTS)
    if re.search(r"\b(time|day|date|when)\b", text):
        conversation.slots.wish = DayWish()
        forget_offers(conversation)
        return turn.ask(questions.ASK_DAY, State.SLOTS)
    return None


# --- writing ------------------------------------------------------------------------------


def caller_said(turn: Turn) -> dict[str, Any]:
    """For whom, and with which car: as the tools that write take it."""
    filled, vehicle = turn.conversation.slots, turn.conversation.slots.vehicle
    return {
        "name": filled.name or turn.conversation.caller.first_name,
        "phone": filled.phone,
        "email": filled.email,
        "year": vehicle.year if vehicle else None,
        "make": vehicle.make if vehicle else "",
        "model": vehicle.model if vehicle else "",
    }


async def _book(turn: Turn, chosen: Offer) -> str:
    conversation = turn.conversation
    filled = conversation.slots
    result = await turn.use(
        "book_appointment",
        offer=chosen.handle,
        services=filled.services,
        concern=filled.concern,
        **caller_said(turn),
    )
    if result.is_ok:
        return announce(turn)
    if result.code == "not_agreed":  # the read-back was cut off: a yes counts only for what was heard
        return phrases.read_back(conversation, turn.store, chosen)
    if result.code in ("unavailable", "busy"):
        wanted = f"Wanted {chosen.local:%c}: {filled.concern}"
        return await persons.fetch_person(turn, wanted, first=result.spoken)
    return await _after_refusal(turn, result)


async def _after_refusal(turn: Turn, result: ToolResult) -> str:
    """The opening is not to be had: say so and offer others."""
    filled = turn.conversation.slots
    forget_offers(turn.conversation)
    if result.code == "already_booked_that_day":
        filled.wish = DayWish()
        return f"{result.spoken} {turn.ask(questions.ASK_DAY, State.SLOTS)}"
    filled.wish.exactly = None
    return await openings.offer(turn, because=result.spoken)


def announce(turn: Turn) -> str:
    """Say what was written: only ever reached after the commit."""
    booked = turn.conversation.booked
    if booked is None:
        raise RuntimeError("nothing was written")
    said = phrases.written(booked)
    if booked.deed is not Deed.BOOKED or turn.conversation.has_consent is not None:
        return turn.ask_anything_else(said)
    return f"{said} {turn.ask(questions.ASK_CONSENT, State.CLOSING)}"
