"""Smaller errands, each with a question or two: a message, a late arrival, a recall, what is due, the waitlist."""

import re
from collections.abc import Awaitable, Callable

from voice.conversation import lane_phrases, phrases, questions
from voice.conversation.intents import find_intent
from voice.conversation.meaning import Meaning
from voice.conversation.mileage import due_at, find_miles
from voice.conversation.numbers import words_to_digits
from voice.conversation.states import Intent, State
from voice.conversation.transports import DROP_OFF
from voice.replies.flows import booking, persons, verifying
from voice.replies.flows.turn import GO_ON, Turn

MINUTES = re.compile(r"\b(\d{1,3})\s*(?:more )?(?:minutes?|mins?)\b")
LEAVES_IT = re.compile(r"\b(?:leav(?:e|ing)|drop(?:ping)?) (?:it|the|my)\b", re.IGNORECASE)
HOURS = re.compile(r"\b(?:an|1|one|half an|\d) hours?\b")


# --- is my car ready? ---------------------------------------------------------------------


async def is_it_ready(turn: Turn) -> str:
    if not turn.conversation.caller.is_verified and (said := await verifying.next_step(turn)) != GO_ON:
        return said
    result = await turn.use("get_repair_status")
    return turn.ask_anything_else(result.spoken)


# --- a message ----------------------------------------------------------------------------


async def leave_message(turn: Turn) -> str:
    return turn.ask(questions.ASK_MESSAGE, State.SLOTS)


async def take_message(turn: Turn, meaning: Meaning) -> str | None:
    if meaning.is_no and meaning.is_empty:
        return turn.ask_anything_else("")
    return await persons.leave_message(turn, meaning.text)


# --- running late -------------------------------------------------------------------------


async def run_late(turn: Turn) -> str:
    said = turn.conversation.history[-1].text if turn.conversation.history else ""
    minutes = _minutes(said)
    if minutes is None:
        return turn.ask(questions.ASK_HOW_LATE, State.SLOTS)
    return await _tell_of_lateness(turn, said, minutes)


async def take_how_late(turn: Turn, meaning: Meaning) -> str | None:
    minutes = _minutes(meaning.text)
    if minutes is None:
        bare = re.search(r"\b\d{1,3}\b", words_to_digits(meaning.text))
        minutes = int(bare[0]) if bare else None
    return None if minutes is None else await _tell_of_lateness(turn, meaning.text, minutes)


async def _tell_of_lateness(turn: Turn, said: str, minutes: int) -> str:
    result = await turn.use("report_lateness", minutes=minutes, text=said[:400])
    if result.code == persons.NEEDS_NUMBER:
        return persons.ask_number(turn, result)
    if not result.is_ok:
        return await persons.fetch_person(turn, f"Runs late: {said}", first=result.spoken)
    if result.data["within_grace"]:
        return turn.ask_anything_else(result.spoken)
    return f"{result.spoken} {turn.ask(questions.ASK_OTHER_TIME, State.SLOTS)}"


async def take_other_time(turn: Turn, meaning: Meaning) -> str | None:
    if meaning.transport == DROP_OFF or LEAVES_IT.search(meaning.text):
        result = await turn.use("take_message", text="Will leave the car instead of waiting.")
        return turn.ask_anything_else(lane_phrases.WILL_LEAVE_IT if result.is_ok else result.spoken)
    if meaning.is_no and meaning.wish.is_empty:
        return turn.ask_anything_else("")
    if not meaning.is_yes and meaning.wish.is_empty:
        return None
    turn.conversation.intent = Intent.RESCHEDULE
    turn.conversation.slots.wish = meaning.wish.model_copy(deep=True)
    return GO_ON


def _minutes(text: str) -> int | None:
    said = words_to_digits(text)
    if match := MINUTES.search(said):
        return int(match[1])
    if match := HOURS.search(said):
        return 30 if match[0].startswith("half") else 60
    return None


# --- recalls ------------------------------------------------------------------------------


async def recalls(turn: Turn) -> str:
    vehicle = turn.conversation.slots.vehicle
    if vehicle is None or not (vehicle.make and vehicle.model and vehicle.year):
        return turn.ask(questions.ASK_WHICH_CAR, State.SLOTS)
    result = await turn.use("check_recalls", make=vehicle.make, model=vehicle.model, year=vehicle.year)
    if result.code == "do_not_drive":
        reason = f"Do-not-drive recall for a {vehicle}."
        return await persons.fetch_person(turn, reason, first=result.spoken, ringing=phrases.RIGHT_AWAY)
    return turn.ask_anything_else(result.spoken)


# --- what is due --------------------------------------------------------------------------


async def what_is_due(turn: Turn) -> str:
    filled = turn.conversation.slots
    said = turn.conversation.history[-1].text if turn.conversation.history else ""
    filled.miles = filled.miles or find_miles(said, was_asked=False)
    if filled.miles is None:
        return turn.ask(questions.ASK_MILEAGE, State.SLOTS)
    due = due_at(filled.miles, turn.store.menu)
    if not due:
        return turn.ask_anything_else(phrases.NOTHING_DUE)
    filled.services = [item.code for item in due]
    question = turn.ask(questions.ASK_WANTS_DUE, State.INTENT)
    return f"{phrases.due([item.name for item in due], filled.miles)} {question}"


async def take_mileage(turn: Turn, meaning: Meaning) -> str | None:
    miles = find_miles(meaning.text, was_asked=True)
    if miles is None:
        return None
    turn.conversation.slots.miles = miles
    return GO_ON


def take_wants_due(turn: Turn, meaning: Meaning) -> str | None:
    if meaning.is_no and meaning.is_empty:
        turn.start_over()
        return turn.ask_anything_else("")
    if meaning.is_yes or not meaning.wish.is_empty:
        turn.conversation.intent = Intent.BOOK
        return None  # a day that was named goes into its slot
    return None


# --- the waitlist -------------------------------------------------------------------------


async def wait(turn: Turn) -> str:
    conversation = turn.conversation
    filled = conversation.slots
    if not filled.services:
        return turn.ask(questions.ASK_SERVICE, State.SLOTS)
    if filled.vehicle is None:
        return turn.ask(questions.ASK_VEHICLE, State.SLOTS)
    if filled.wish.first is None:
        return turn.ask(questions.ASK_DAY, State.SLOTS)
    if not conversation.caller.is_confirmed and (missing := booking.missing_contact(turn)):
        return missing
    return turn.ask(questions.ASK_WAITLIST, State.CONFIRMATION)


async def take_waitlist(turn: Turn, meaning: Meaning) -> str | None:
    conversation = turn.conversation
    filled = conversation.slots
    if meaning.is_no:
        return turn.ask_anything_else(phrases.ALL_RIGHT)
    if not meaning.is_yes or filled.wish.first is None:
        return None
    result = await turn.use(
        "join_waitlist",
        services=filled.services,
        first_day=filled.wish.first,
        last_day=filled.wish.last or filled.wish.first,
        **booking.caller_said(turn),
    )
    if result.code == "not_agreed":  # it was cut off before it was heard whole
        return turn.and_the_question("")
    return turn.ask_anything_else(result.spoken)


# --- consent ------------------------------------------------------------------------------


async def take_consent(turn: Turn, meaning: Meaning) -> str | None:
    if not (meaning.is_yes or meaning.is_no):
        return None
    result = await turn.use("keep_consent", is_granted=meaning.is_yes)
    if result.code in ("not_asked", "not_agreed"):  # the question was cut off before it was heard whole
        return turn.and_the_question("")
    return turn.ask_anything_else(result.spoken)


# --- a call that was cut off --------------------------------------------------------------


def take_go_on(turn: Turn, meaning: Meaning) -> str | None:
    conversation = turn.conversation
    if meaning.is_no:
        conversation.earlier = None
        return None
    if not meaning.is_yes:
        return None
    conversation.goes_on = True
    return GO_ON


async def go_on(turn: Turn) -> str:
    """Take up what the earlier call had come to, once it is sure who calls; GO_ON when that is done."""
    conversation = turn.conversation
    if not conversation.caller.is_verified and (said := await verifying.next_step(turn)) != GO_ON:
        return said
    if conversation.earlier is not None:
        proof = conversation.slots.proof
        conversation.slots, conversation.earlier = conversation.earlier, None
        conversation.slots.proof = proof
        conversation.intent = conversation.earlier_intent
    conversation.goes_on = False
    return GO_ON


# --- no more calls ------------------------------------------------------------------------


async def stop_calling_at_once(turn: Turn, meaning: Meaning) -> str:
    return await _stop_calling(turn, meaning.text)


async def stop_calling(turn: Turn) -> str:
    """Once more, with the number that was asked for."""
    said = [message.text for message in turn.conversation.history if message.speaker == "caller"]
    wished = [text for text in said if find_intent(text) is Intent.STOP_CALLING]
    return await _stop_calling(turn, wished[-1] if wished else said[-1])


async def _stop_calling(turn: Turn, words: str) -> str:
    result = await turn.use("opt_out", text=words[:500])
    if result.code != "which_number":
        return turn.ask_anything_else(result.spoken)
    turn.conversation.intent = Intent.STOP_CALLING
    turn.ask(questions.ASK_PHONE, State.SLOTS)
    return result.spoken


ERRANDS: dict[Intent, Callable[[Turn], Awaitable[str]]] = {
    Intent.READY: is_it_ready,
    Intent.MESSAGE: leave_message,
    Intent.LATE: run_late,
    Intent.RECALL: recalls,
    Intent.DUE: what_is_due,
    Intent.WAITLIST: wait,
    Intent.STOP_CALLING: stop_calling,
}
