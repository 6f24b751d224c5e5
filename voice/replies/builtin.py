"""The mind that needs no key and no network: states, slots and plain English.

A real conversation: slots fill in any order from free speech, a question in the middle is answered
and the flow goes on, nothing is written before it was read back and agreed to. Each turn runs:
understand → what may come at any moment → the open question → fill slots → the flow's next step.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime
from inspect import isawaitable

from voice.conversation import intents, names, numbers, phrases, questions, ringing
from voice.conversation.dangers import find_danger
from voice.conversation.dates import WEEKDAYS
from voice.conversation.facts import Store
from voice.conversation.meaning import Meaning, fill_facts, fill_transport, fill_wish, understand
from voice.conversation.states import Conversation, Intent, State
from voice.ports import Tools
from voice.replies.flows import booking, errands, inquiries, openings, persons, rung, verifying, vins, visits
from voice.replies.flows.turn import GO_ON, Turn

MISSES_UNTIL_A_PERSON = 2  # a question is asked twice, not three times
COULD_NOT_UNDERSTAND = "The desk could not understand the caller."


class BuiltinReplies:
    """See ports.ReplyModel. Holds no state of its own."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def reply(
        self, conversation: Conversation, heard: str, tools: Tools, *, now: datetime
    ) -> AsyncGenerator[str, None]:
        turn = Turn(self.store, conversation, tools, now.astimezone(self.store.zone))
        if heard:
            yield await _answer_or_fetch(turn, heard)
            return
        for clause in _greet(turn):
            yield clause


def _greet(turn: Turn) -> tuple[str, ...]:
    caller = turn.conversation.caller
    if turn.conversation.purpose:
        return (ringing.opening(turn.store, turn.conversation),)
    if caller.first_name:
        turn.ask(questions.ASK_IS_CALLER, State.VERIFICATION)
    else:
        turn.ask(questions.ASK_NEED, State.INTENT)
    return phrases.greeting(turn.store, caller.first_name)


async def _answer_or_fetch(turn: Turn, heard: str) -> str:
    """Whatever comes in between, the same question is not asked a third time: a person comes instead."""
    conversation = turn.conversation
    before, email = _open_question(conversation), conversation.slots.email
    reply = await _answer(turn, heard)
    if conversation.slots.email != email:
        reply = f"{phrases.noted_email(conversation.slots.email)} {reply}"
    if _open_question(conversation) != before:
        conversation.repeats = 0
    elif not turn.was_aside:
        conversation.repeats += 1
        if conversation.repeats >= MISSES_UNTIL_A_PERSON and not conversation.ending:
            return await _give_up(turn)
    return reply


def _open_question(conversation: Conversation) -> tuple[str, ...]:
    """What is asked, and about what: other openings make it another question."""
    chosen = conversation.chosen.handle if conversation.chosen else ""
    visit = conversation.visit.handle if conversation.visit else ""
    return (
        conversation.asked,
        chosen,
        visit,
        conversation.slots.phone,
        *(offer.handle for offer in conversation.offers),
    )


async def _answer(turn: Turn, heard: str) -> str:
    conversation = turn.conversation
    if conversation.state is State.EXECUTION and conversation.booked:
        return booking.announce(turn)  # written, but the caller spoke before it could be said
    meaning = understand(heard, conversation, turn.store, turn.today)
    special = await _at_any_moment(turn, meaning)
    if special:
        turn.was_aside = True
        return await _and_the_flow(turn, special) if turn.goes_on else special
    if conversation.asked == questions.ASK_ANYTHING_ELSE:
        if meaning.is_no and meaning.is_empty:
            return await persons.say_goodbye(turn)
        turn.start_over()
    asked = conversation.asked
    before = conversation.apart()
    _take_intent(conversation, meaning)
    fill_facts(conversation, meaning)
    if (said := await vins.take(turn, meaning)) is not None:
        conversation.misses = 0
        return said or await _say_car(turn)
    reply = await _take_answer(turn, meaning)
    if not reply:
        fill_transport(conversation, meaning)
    if reply is not None:
        conversation.misses = 0
        return reply or await _next_step(turn)
    if meaning.contradiction:
        weekday = WEEKDAYS[meaning.contradiction.weekday].title()
        return phrases.contradictory(meaning.contradiction.day, weekday)
    if conversation.intent not in NAMES_ITS_DAY:
        fill_wish(conversation, meaning)
    if conversation != before or conversation.asked != asked:
        conversation.misses = 0
        return await _next_step(turn)
    if meaning.is_yes or meaning.is_no or meaning.intent is Intent.BOOK:
        return await _not_yet(turn)
    return await _not_understood(turn, meaning)


# --- at any moment ------------------------------------------------------------------------


async def _at_any_moment(turn: Turn, meaning: Meaning) -> str:
    """What leaves the flow where it was; "" when nothing of the kind was said."""
    if intents.NO_RECORDING.search(meaning.text):
        return await persons.stop_recording(turn)
    if turn.conversation.purpose and (said := await rung.at_any_moment(turn, meaning)):
        return said
    if not find_danger(meaning.text):
        if _is_goodbye(turn.conversation, meaning):
            return await persons.say_goodbye(turn)
        if turn.conversation.asked == questions.ASK_MESSAGE and meaning.intent is not Intent.PERSON:
            return ""  # whatever else a message says, it is a message
    return await inquiries.answer(turn, meaning)


async def _and_the_flow(turn: Turn, said: str) -> str:
    """It goes on where it was; with what was said beside the question, from there."""
    return f"{said} {await _next_step(turn)}" if turn.took_in else turn.and_the_question(said)


def _is_goodbye(conversation: Conversation, meaning: Meaning) -> bool:
    """ "That's all" says goodbye only where nothing is under way."""
    if not meaning.is_empty_but_for_intent:
        return False
    nothing_open = conversation.asked in (questions.ASK_ANYTHING_ELSE, questions.ASK_NEED)
    return bool(intents.GOODBYE.search(meaning.text)) or (
        nothing_open and bool(intents.DONE.search(meaning.text))
    )


# --- the open question --------------------------------------------------------------------


async def _take_which_person(turn: Turn, meaning: Meaning) -> str:
    name = names.find_name(meaning.text, was_asked=True)
    return await persons.fetch_person(turn, meaning.text, name=name or meaning.text)


async def _take_phone(turn: Turn, meaning: Meaning) -> str | None:
    """Who gives no number to call back is not asked again."""
    if turn.conversation.unsent and meaning.is_no and not numbers.find_phone(meaning.text):
        return await persons.send(turn, has_number=False)
    return booking.take_phone(turn, meaning)


async def _take_vin_check(turn: Turn, meaning: Meaning) -> str | None:
    said = await vins.take_check(turn, meaning)
    return await _say_car(turn) if said == GO_ON else said


async def _say_car(turn: Turn) -> str:
    """The car that a VIN told, and what comes next."""
    step = await _next_step(turn)
    return f"{phrases.that_is_a(str(turn.conversation.slots.vehicle))} {step}"


Taking = Callable[[Turn, Meaning], str | Awaitable[str | None] | None]
ANSWERS: dict[str, Taking] = {
    questions.ASK_IS_CALLER: booking.take_is_caller,
    questions.ASK_NAME: booking.take_contact_name,
    questions.ASK_FIRST_NAME: booking.take_first_name,
    questions.ASK_NUMBER_IS_BEST: booking.take_phone,
    questions.ASK_PHONE: _take_phone,
    questions.ASK_PHONE_CHECK: booking.take_phone,
    questions.ASK_OFFER: openings.take_offer,
    questions.ASK_CONFIRM: booking.take_confirmation,
    questions.ASK_CHANGE: booking.take_change,
    questions.ASK_WANTS_IT: booking.take_wants_it,
    questions.ASK_WHICH_PERSON: _take_which_person,
    questions.ASK_FULL_NAME: verifying.take_full_name,
    questions.ASK_PROOF: verifying.take_proof,
    questions.ASK_WHICH_VISIT: visits.take_which,
    questions.ASK_MOVE_INSTEAD: visits.take_move_instead,
    questions.ASK_CANCEL_IT: visits.take_cancellation,
    questions.ASK_MOVE_IT: visits.take_move,
    questions.ASK_CONSENT: errands.take_consent,
    questions.ASK_WAITLIST: errands.take_waitlist,
    questions.ASK_MILEAGE: errands.take_mileage,
    questions.ASK_WANTS_DUE: errands.take_wants_due,
    questions.ASK_HOW_LATE: errands.take_how_late,
    questions.ASK_OTHER_TIME: errands.take_other_time,
    questions.ASK_MESSAGE: errands.take_message,
    questions.ASK_GO_ON: errands.take_go_on,
    questions.ASK_VIN_CHECK: _take_vin_check,
    questions.ASK_COUNT_ON: rung.take_count_on,
    questions.ASK_FETCH: rung.take_fetch,
    questions.ASK_CALL_WHEN: rung.take_call_when,
    questions.ASK_HOW_WAS_IT: rung.take_how_was_it,
    questions.ASK_WANTS_RECOMMENDED: rung.take_wants_recommended,
}
# "My appointment on Tuesday" wishes for no other Tuesday.
NAMES_ITS_DAY = {Intent.CANCEL, Intent.CHECK, Intent.LATE, Intent.READY}
# Where a service that is named is an answer.
NAMES_SERVICES = {
    questions.ASK_WHICH_VISIT,
    questions.ASK_MOVE_IT,
    questions.ASK_CANCEL_IT,
    questions.ASK_SERVICE,
    questions.ASK_WANTS_DUE,
    questions.ASK_WAITLIST,
}
FLOWS: dict[Intent, Callable[[Turn], Awaitable[str]]] = {
    **dict.fromkeys(visits.INTENTS, visits.next_step),
    **errands.ERRANDS,
}


async def _take_answer(turn: Turn, meaning: Meaning) -> str | None:
    """Hold the turn against what was asked: None when it is no answer, see flows."""
    take = ANSWERS.get(turn.conversation.asked)
    if take is None:
        return None
    said = take(turn, meaning)
    return await said if isawaitable(said) else said


def _take_intent(conversation: Conversation, meaning: Meaning) -> None:
    """A wish turns the call its way; booking is what there is without one."""
    if conversation.asked in (questions.ASK_MOVE_INSTEAD, questions.ASK_MESSAGE, questions.ASK_CALL_WHEN):
        return
    if meaning.intent in FLOWS:
        conversation.intent = meaning.intent
    elif _turns_to_booking(conversation, meaning):
        conversation.intent = Intent.BOOK


def _turns_to_booking(conversation: Conversation, meaning: Meaning) -> bool:
    """ "The tire rotation" names an appointment where one was asked for, and a wish anywhere else."""
    is_wish = meaning.intent is Intent.BOOK and bool(meaning.services)
    return is_wish and conversation.intent in FLOWS and conversation.asked not in NAMES_SERVICES


async def _next_step(turn: Turn) -> str:
    if (said := await persons.send(turn)) != GO_ON:
        return said
    if turn.conversation.goes_on and (said := await errands.go_on(turn)) != GO_ON:
        return said
    if (said := rung.next_step(turn)) != GO_ON:
        return said
    return await FLOWS.get(turn.conversation.intent, booking.next_step)(turn)


# --- nothing understood -------------------------------------------------------------------


async def _not_yet(turn: Turn) -> str:
    """A yes or a no that answers nothing: go on, but not for ever with the same question."""
    asked = turn.conversation.asked
    reply = await _next_step(turn)
    if turn.conversation.asked != asked:
        turn.conversation.misses = 0
        return reply
    return await _missed(turn) or reply


async def _not_understood(turn: Turn, meaning: Meaning) -> str:
    if person := await _missed(turn):
        return person
    if meaning.is_either_way:
        return turn.and_the_question(phrases.JUST_TO_BE_SURE)
    if turn.conversation.asked in (questions.ASK_NAME, questions.ASK_FULL_NAME):
        return phrases.SPELL_NAME
    return inquiries.out_of_scope(turn, meaning) or turn.and_the_question(
        phrases.not_understood(turn.conversation.misses)
    )


async def _missed(turn: Turn) -> str:
    """Count it; at last, a person."""
    turn.conversation.misses += 1
    if turn.conversation.misses < MISSES_UNTIL_A_PERSON:
        return ""
    return await _give_up(turn)


async def _give_up(turn: Turn) -> str:
    """A person for whoever called us, or is who we rang for; nobody else is troubled any longer."""
    if turn.conversation.purpose and not turn.conversation.is_reached:
        return await rung.ring_later(turn, "")
    if turn.conversation.unsent:
        return await persons.send(turn, has_number=False)
    return await persons.fetch_person(turn, COULD_NOT_UNDERSTAND)
