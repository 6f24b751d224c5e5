"""Notes what a language model understood where the built-in replies would look for it. Pure.

The model keeps its understanding in its tool calls. Written into the slots, it survives the model:
whoever goes on with the conversation knows what the caller wants.
"""

from typing import Any

from pydantic import ValidationError

from voice.conversation import questions
from voice.conversation.intents import NO_RECORDING
from voice.conversation.meaning import NOTHING_TO_DO, Meaning, merge, take_identity, take_pickup
from voice.conversation.names import find_name
from voice.conversation.numbers import find_phone
from voice.conversation.said_numbers import said_number
from voice.conversation.states import Conversation, DayWish, Intent, Offer, State, VehicleSlot
from voice.conversation.vehicles import find_vehicle


def note_turn(conversation: Conversation, meaning: Meaning) -> None:
    """Before the model thinks: who is it, and what for? Fills what is still empty."""
    heard = meaning.text
    if meaning.intent not in NOTHING_TO_DO:
        conversation.intent = meaning.intent
    if _was_asked_who_calls(conversation) and not NO_RECORDING.search(heard):
        take_who = take_pickup if conversation.purpose else take_identity
        take_who(conversation, meaning)
    slots = conversation.slots
    slots.services = slots.services or meaning.services
    slots.concern = slots.concern or (meaning.text if meaning.services else "")
    slots.vehicle = slots.vehicle or find_vehicle(heard)
    if not (slots.name or conversation.caller.is_confirmed):
        slots.name = find_name(heard, was_asked=False)
    if not meaning.wish.is_empty:
        slots.wish = merge(slots.wish, meaning.wish)
    slots.transport = meaning.transport or slots.transport
    if not conversation.caller.number:
        slots.phone = find_phone(heard) or slots.phone
    conversation.asked = ""
    if conversation.state in (State.GREETING, State.VERIFICATION):
        conversation.enter(State.INTENT)


def _was_asked_who_calls(conversation: Conversation) -> bool:
    """By the greeting, or later in the model's own words."""
    caller = conversation.caller
    is_answered = caller.is_confirmed if conversation.purpose else caller.is_confirmed is not None
    if is_answered or not caller.first_name:  # whom we ring may still be fetched
        return False
    return conversation.asked == questions.ASK_IS_CALLER or (
        f"{caller.first_name}?" in conversation.last_heard_from_desk()
    )


def note_search(conversation: Conversation, arguments: dict[str, Any]) -> None:
    """What get_available_slots was asked for."""
    conversation.turn_to(State.SLOTS)
    if _text(arguments, "appointment"):
        conversation.intent = Intent.RESCHEDULE
    else:
        conversation.intent = Intent.BOOK
        conversation.slots.services = _codes(arguments)
        conversation.slots.transport = _text(arguments, "transport") or conversation.slots.transport
    wish = {
        "first": arguments.get("first_day"),
        "last": arguments.get("last_day") or arguments.get("first_day"),
        "not_before": arguments.get("not_before"),
        "not_after": arguments.get("not_after"),
        "exactly": arguments.get("exactly"),
    }
    try:
        conversation.slots.wish = DayWish.model_validate(wish)
    except ValidationError:
        return  # the tool has refused the same values


def note_hold(conversation: Conversation, arguments: dict[str, Any]) -> None:
    """What hold_offer was asked for: it is about to be read back."""
    conversation.chosen = _offered(conversation, arguments)
    if conversation.chosen:
        conversation.turn_to(State.CONFIRMATION)


def note_booking(conversation: Conversation, arguments: dict[str, Any]) -> None:
    """What book_appointment was asked for, whether it could or not."""
    slots = conversation.slots
    slots.services = _codes(arguments) or slots.services
    slots.name = _text(arguments, "name") or slots.name
    slots.phone = said_number(conversation, _text(arguments, "phone")) or slots.phone
    slots.concern = _text(arguments, "concern") or slots.concern
    make, model, year = _text(arguments, "make"), _text(arguments, "model"), arguments.get("year")
    if make or model or isinstance(year, int):
        slots.vehicle = VehicleSlot(year=year if isinstance(year, int) else None, make=make, model=model)
    conversation.chosen = _offered(conversation, arguments)


def note_end_of_turn(conversation: Conversation) -> None:
    """After the model said everything: what it must have asked, for whoever answers the next turn."""
    if conversation.state is State.EXECUTION and conversation.booked:
        conversation.enter(State.CLOSING)
        conversation.asked = questions.ASK_ANYTHING_ELSE
    elif conversation.state is State.CONFIRMATION and conversation.chosen:
        conversation.asked = questions.ASK_CONFIRM
    elif conversation.state is State.SLOTS and conversation.offers:
        conversation.asked = questions.ASK_OFFER


def _offered(conversation: Conversation, arguments: dict[str, Any]) -> Offer | None:
    handle = arguments.get("offer")
    return next((offer for offer in conversation.offers if offer.handle == handle), None)


def _codes(arguments: dict[str, Any]) -> list[str]:
    services = arguments.get("services")
    return [code for code in services if isinstance(code, str)] if isinstance(services, list) else []


def _text(arguments: dict[str, Any], name: str) -> str:
    value = arguments.get(name)
    return value if isinstance(value, str) else ""
