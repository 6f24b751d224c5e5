"""When it is the desk that rang: who answers, the appointment it is about, and whether they come."""

from voice.conversation import lane_phrases, phrases, pickups, questions, ringing, vehicles
from voice.conversation.intents import find_services
from voice.conversation.meaning import Meaning, take_pickup
from voice.conversation.states import Conversation, DayWish, Ending, Intent, Purpose, State, Visit
from voice.replies.flows import persons
from voice.replies.flows.turn import GO_ON, Turn

# Where somebody may say that the moment is wrong, or that the person is not there.
AT_THE_DOOR = (questions.ASK_IS_CALLER, questions.ASK_FETCH, questions.ASK_COUNT_ON)
MOST_OPENINGS = 3
OTHER_WISHES = {Intent.RESCHEDULE, Intent.CANCEL}


def next_step(turn: Turn) -> str:
    """Who is it, and do they come? GO_ON once that is dealt with, or when the desk was rung."""
    conversation = turn.conversation
    if conversation.purpose is None or conversation.is_settled:
        return GO_ON
    if not conversation.is_reached:
        return turn.ask(questions.ASK_IS_CALLER, State.VERIFICATION)
    about = conversation.about
    if about is None:
        conversation.is_settled = True
        return turn.ask_anything_else(ringing.NO_LONGER_THERE)
    if conversation.intent in OTHER_WISHES:
        conversation.is_settled = True
        return GO_ON
    if conversation.purpose is Purpose.FOLLOW_UP:
        return _follow_up(turn, about)
    turn.ask(questions.ASK_COUNT_ON, State.CONFIRMATION)
    return ringing.tell(about)


def _follow_up(turn: Turn, about: Visit) -> str:
    """The car is ready; or something was recommended; or how was it?"""
    conversation = turn.conversation
    if conversation.order:
        conversation.is_settled = True
        return turn.ask_anything_else(lane_phrases.say_orders([conversation.order]))
    if services := _recommended(turn):
        names = [turn.store.item(code).name for code in services]
        turn.ask(questions.ASK_WANTS_RECOMMENDED, State.INTENT)
        return ringing.recommend(names, about.vehicle)
    turn.ask(questions.ASK_HOW_WAS_IT, State.INTENT)
    return ringing.ask_how_it_was(about)


def _recommended(turn: Turn) -> list[str]:
    """The op codes of what is on the menu."""
    found = (find_services(words, turn.store.menu) for words in turn.conversation.recommended)
    return list(dict.fromkeys(code for codes in found for code in codes))


# --- at any moment ------------------------------------------------------------------------


async def at_any_moment(turn: Turn, meaning: Meaning) -> str:
    """What only somebody says who was rung; "" when nothing of the kind was said."""
    conversation = turn.conversation
    if meaning.intent is Intent.STOP_CALLING or pickups.wants_no_calls(meaning.text):
        return await _stop_calling(turn, meaning)
    if said := ringing.answer_machine(conversation, meaning.text, turn.store):
        return said
    if not conversation.is_reached and pickups.is_somebody_elses_phone(meaning.text):
        return await _wrong_person(turn, meaning)
    if conversation.asked in AT_THE_DOOR and pickups.wants_a_later_call(meaning.text):
        return await _when(turn, meaning)
    return "" if conversation.is_reached else _whoever_it_is(turn, meaning)


async def _stop_calling(turn: Turn, meaning: Meaning) -> str:
    result = await turn.use("opt_out", text=meaning.text[:500])
    return _leave(turn, ringing.OPTED_OUT if result.is_ok else result.spoken)


async def _wrong_person(turn: Turn, meaning: Meaning) -> str:
    result = await turn.use("report_wrong_person", text=meaning.text[:300])
    return _leave(turn, result.spoken)


def _whoever_it_is(turn: Turn, meaning: Meaning) -> str:
    """Somebody who has not said that they are the person."""
    conversation, text = turn.conversation, meaning.text
    if conversation.asked not in (questions.ASK_IS_CALLER, questions.ASK_FETCH):
        return ""
    if pickups.will_fetch(text) and not pickups.is_not_there(text):
        return _hold(conversation, phrases.take_your_time(conversation))
    if pickups.asks_who_and_why(text):
        take_pickup(conversation, meaning)
        conversation.is_being_fetched = conversation.is_reached  # "yes, who is this?" has to hear it again
        return _meet(turn) if conversation.is_reached else ringing.who_and_why(turn.store, conversation)
    if meaning.intent is Intent.GREETING and not pickups.answers_to(text, conversation.caller.first_name):
        conversation.is_being_fetched = False
        return _open_again(turn)
    return ""


def _open_again(turn: Turn) -> str:
    """Twice at most: what says hello for ever is no person."""
    said = [message.text for message in turn.conversation.history if message.speaker == "desk"]
    words = ringing.opening(turn.store, turn.conversation)
    return words if said.count(words) < MOST_OPENINGS else ""


def _hold(conversation: Conversation, said: str) -> str:
    conversation.asked = questions.ASK_IS_CALLER
    conversation.caller.is_confirmed = None
    conversation.is_being_fetched = conversation.is_holding = True
    return said


# --- who answers --------------------------------------------------------------------------


def take_is_caller(turn: Turn, meaning: Meaning) -> str | None:
    conversation = turn.conversation
    take_pickup(conversation, meaning)
    if conversation.is_reached:
        return _meet(turn)
    if conversation.caller.is_confirmed is None:
        return None
    if pickups.is_not_there(meaning.text):
        return turn.ask(questions.ASK_CALL_WHEN, State.SLOTS)
    return turn.ask(questions.ASK_FETCH, State.VERIFICATION)


def _meet(turn: Turn) -> str:
    """It is them; who came to the telephone later has not heard yet who speaks."""
    conversation = turn.conversation
    conversation.came_of = None
    if not conversation.is_being_fetched:
        return GO_ON
    conversation.is_being_fetched = False
    said = ringing.introduce(turn.store, conversation)
    step = next_step(turn)
    return f"{said} {step}" if step != GO_ON else GO_ON


async def take_fetch(turn: Turn, meaning: Meaning) -> str | None:
    """Whether somebody else gets them to the telephone, or is them after all."""
    conversation = turn.conversation
    if pickups.is_not_there(meaning.text) or meaning.is_no:
        return turn.ask(questions.ASK_CALL_WHEN, State.SLOTS)
    if meaning.is_yes:
        return _hold(conversation, ringing.THANKS_I_WILL_HOLD)
    if pickups.answers_to(meaning.text, conversation.caller.first_name):
        conversation.caller.is_confirmed = True
        return _meet(turn)
    return None


# --- another time -------------------------------------------------------------------------


async def _when(turn: Turn, meaning: Meaning) -> str:
    """They cannot talk now: when can they? Not asked when it was said already."""
    if pickups.when_to_ring(meaning.text, meaning.wish, local=turn.local):
        return await ring_later(turn, meaning.text, meaning)
    turn.ask(questions.ASK_CALL_WHEN, State.SLOTS)
    return ringing.say_when(turn.conversation)


async def take_call_when(turn: Turn, meaning: Meaning) -> str:
    """Any answer will do: who says no time is called when the store thinks fit, who says no is not."""
    if meaning.is_no and meaning.wish.is_empty:
        return _leave(turn, phrases.goodbye(turn.conversation))
    return await ring_later(turn, meaning.text, meaning)


async def ring_later(turn: Turn, words: str, meaning: Meaning | None = None) -> str:
    local = pickups.when_to_ring(words, meaning.wish, local=turn.local) if meaning else None
    result = await turn.use("call_again_later", local=local, words=words[:300])
    said = result.spoken if local else ""
    return _leave(turn, f"{said} Goodbye!" if said and result.is_ok else ringing.ANOTHER_TIME)


def _leave(turn: Turn, said: str) -> str:
    """The last words of a call that has come to its end."""
    turn.conversation.enter(State.CLOSING)
    turn.conversation.ending = Ending.GOODBYE
    return said


# --- do they come? ------------------------------------------------------------------------


async def take_count_on(turn: Turn, meaning: Meaning) -> str | None:
    conversation = turn.conversation
    visit = conversation.about
    if visit is None:
        return GO_ON
    if meaning.intent is not Intent.CANCEL and _wishes_otherwise(meaning, visit):
        conversation.intent = Intent.RESCHEDULE
        conversation.slots.wish = meaning.wish.model_copy(deep=True)
        return GO_ON
    if meaning.intent in OTHER_WISHES:
        return GO_ON
    if pickups.agrees_to_come(meaning.text):
        return await _confirm(turn, visit)
    if meaning.is_no or pickups.does_not_come(meaning.text):
        return _offer_to_move(turn)
    if meaning.intent is Intent.MAYBE:
        conversation.is_settled = True
        return turn.ask_anything_else(phrases.LEFT_AS_IT_IS)
    return None


def _wishes_otherwise(meaning: Meaning, visit: Visit) -> bool:
    """Another day or hour than the appointment's: naming its own only says it back."""
    wish = meaning.wish
    other_day = wish.first is not None and not wish.first <= visit.local.date() <= (wish.last or wish.first)
    other_time = wish.exactly is not None and wish.exactly != visit.local.time()
    return other_day or other_time


def _offer_to_move(turn: Turn) -> str:
    """Once; whoever does not want that is asked whether to cancel."""
    conversation = turn.conversation
    conversation.intent = Intent.CANCEL
    conversation.is_settled = conversation.has_offered_move = True
    conversation.visit = conversation.about
    return f"{phrases.ALL_RIGHT} {turn.ask(questions.ASK_MOVE_INSTEAD, State.SLOTS)}"


async def _confirm(turn: Turn, visit: Visit) -> str:
    conversation = turn.conversation
    result = await turn.use("confirm_appointment", appointment=visit.handle)
    if result.is_ok and conversation.booked:
        return turn.ask_anything_else(phrases.written(conversation.booked))
    if result.code == "not_agreed":  # it was cut off before it was heard whole
        return turn.and_the_question("")
    conversation.is_settled = True
    return await persons.fetch_person(turn, f"Confirming: {result.code}", first=result.spoken)


# --- how was it, and what was recommended -------------------------------------------------


async def take_how_was_it(turn: Turn, meaning: Meaning) -> str | None:
    """Praise is thanked for; anything else an advisor hears, word for word."""
    turn.conversation.is_settled = True
    if pickups.went_well(meaning.text):
        return turn.ask_anything_else(ringing.GLAD)
    return await persons.leave_message(
        turn, f"About the last visit: {meaning.text}", first=ringing.SORRY_TO_HEAR
    )


def take_wants_recommended(turn: Turn, meaning: Meaning) -> str | None:
    """Into the booking with what was recommended, or goodbye."""
    conversation = turn.conversation
    if meaning.is_no and meaning.wish.is_empty:
        conversation.is_settled = True
        return _leave(turn, phrases.goodbye(conversation))
    if not meaning.is_yes and meaning.wish.is_empty:
        return None
    filled = conversation.slots
    filled.services, filled.concern = _recommended(turn), "As recommended on the last visit."
    filled.vehicle = vehicles.find_vehicle(conversation.about.vehicle) if conversation.about else None
    filled.wish = meaning.wish.model_copy(deep=True) if not meaning.wish.is_empty else DayWish()
    conversation.intent, conversation.is_settled = Intent.BOOK, True
    return GO_ON
