"""Notes what a language model understood where the built-in replies would look for it. Pure.

The model keeps its understanding in its tool calls. Written into the slots, it survives the model:
whoever goes on with the conversation knows what the caller wants.
"""

from typing import Any

from pydantic import ValidationError

from voice.conversation import phrases
from voice.conversation.intents import find_intent
from voice.conversation.slots import is_no, is_yes
from voice.conversation.states import Conversation, DayWish, Intent, State, VehicleSlot


def note_turn(conversation: Conversation, heard: str) -> None:
    """Before the model thinks: who is it, and what for?"""
    intent = find_intent(heard)
    if intent is not Intent.UNKNOWN:
        conversation.intent = intent
    if conversation.asked == phrases.ASK_IS_CALLER and (is_yes(heard) or is_no(heard)):
        conversation.caller.is_confirmed = is_yes(heard)
    conversation.asked = ""
    if conversation.state in (State.GREETING, State.VERIFICATION):
        conversation.state = State.INTENT


def note_search(conversation: Conversation, arguments: dict[str, Any]) -> None:
    """What get_available_slots was asked for."""
    conversation.intent = Intent.BOOK
    conversation.state = State.SLOTS
    conversation.slots.services = _codes(arguments)
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


def note_booking(conversation: Conversation, arguments: dict[str, Any]) -> None:
    """What book_appointment was asked for, whether it could or not."""
    slots = conversation.slots
    slots.services = _codes(arguments) or slots.services
    slots.name = _text(arguments, "name") or slots.name
    slots.phone = _text(arguments, "phone") or slots.phone
    slots.concern = _text(arguments, "concern") or slots.concern
    make, model, year = _text(arguments, "make"), _text(arguments, "model"), arguments.get("year")
    if make or model or isinstance(year, int):
        slots.vehicle = VehicleSlot(year=year if isinstance(year, int) else None, make=make, model=model)
    handle = arguments.get("offer")
    conversation.chosen = next((offer for offer in conversation.offers if offer.handle == handle), None)


def note_end_of_turn(conversation: Conversation) -> None:
    """After the model said everything: a booking that was announced is no longer news."""
    if conversation.state is State.EXECUTION and conversation.booked:
        conversation.state = State.CLOSING
        conversation.asked = phrases.ASK_ANYTHING_ELSE


def _codes(arguments: dict[str, Any]) -> list[str]:
    services = arguments.get("services")
    return [code for code in services if isinstance(code, str)] if isinstance(services, list) else []


def _text(arguments: dict[str, Any], name: str) -> str:
    value = arguments.get(name)
    return value if isinstance(value, str) else ""
