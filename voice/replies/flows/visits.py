"""An appointment that is there already: tell of it, move it, cancel it. Only for whom it is."""

from voice.conversation import choices, phrases, questions, saying
from voice.conversation.meaning import Meaning, forget_offers
from voice.conversation.states import DayWish, Intent, Offer, State, Visit
from voice.ports import ToolResult
from voice.replies.flows import booking, openings, persons, verifying
from voice.replies.flows.turn import GO_ON, Turn

INTENTS = {Intent.CANCEL, Intent.RESCHEDULE, Intent.CHECK}


async def next_step(turn: Turn) -> str:
    conversation = turn.conversation
    if conversation.is_reached and not conversation.caller.is_verified:
        conversation.visit = conversation.about  # no other is known to them yet
    is_theirs = conversation.caller.is_verified or conversation.visit is not None
    if not is_theirs and (said := await verifying.next_step(turn)) != GO_ON:
        return said
    if conversation.visit is None and (said := await _find(turn)) != GO_ON:
        return said
    visit = conversation.visit
    if visit is None or conversation.intent is Intent.CHECK:
        return turn.ask_anything_else(phrases.say_visits([visit] if visit else conversation.visits))
    if conversation.intent is Intent.CANCEL:
        return _next_of_cancelling(turn, visit)
    return await _next_of_moving(turn, visit)


async def _find(turn: Turn) -> str:
    """Which of the caller's appointments is meant; GO_ON once that is clear, or for all of them."""
    conversation = turn.conversation
    result = await turn.use("get_upcoming_appointments")
    if result.code == "none":
        conversation.intent = Intent.UNKNOWN
        return turn.ask_anything_else(result.spoken)
    if not result.is_ok:
        return await persons.fetch_person(turn, "Asked about an appointment.", first=result.spoken)
    if len(conversation.visits) == 1:
        conversation.visit = conversation.visits[0]
        return GO_ON
    if conversation.intent is Intent.CHECK:
        return GO_ON
    return f"{result.spoken} {turn.ask(questions.ASK_WHICH_VISIT, State.SLOTS)}"


def _next_of_cancelling(turn: Turn, visit: Visit) -> str:
    conversation = turn.conversation
    if not conversation.has_offered_move:
        conversation.has_offered_move = True
        return f"{phrases.say_visits([visit])} {turn.ask(questions.ASK_MOVE_INSTEAD, State.SLOTS)}"
    return turn.ask(questions.ASK_CANCEL_IT, State.CONFIRMATION)


async def _next_of_moving(turn: Turn, visit: Visit) -> str:
    conversation = turn.conversation
    if conversation.slots.wish.is_empty:
        first = "" if _has_told(turn, visit) else f"{phrases.say_visits([visit])} "
        return first + turn.ask(questions.ASK_NEW_DAY, State.SLOTS)
    if conversation.chosen is None:
        said = await openings.offer(turn)
        if said != GO_ON or conversation.chosen is None:
            return said
    turn.ask(questions.ASK_MOVE_IT, State.CONFIRMATION)
    return phrases.read_back_move(visit, conversation.chosen)


def _has_told(turn: Turn, visit: Visit) -> bool:
    moment = saying.say_moment(visit.local)
    return any(moment in message.text for message in turn.conversation.history if message.speaker == "desk")


# --- answers ------------------------------------------------------------------------------


def take_which(turn: Turn, meaning: Meaning) -> str | None:
    """Named by its day, its place in the list, its car or its service."""
    conversation = turn.conversation
    visit = choose(turn, meaning)
    if visit is None:
        return None
    conversation.visit = visit
    return GO_ON


def choose(turn: Turn, meaning: Meaning) -> Visit | None:
    visits = turn.conversation.visits
    by_place = choices.find_choice(meaning.text, [_as_offer(visit) for visit in visits], turn.today)
    if by_place:
        return next(visit for visit in visits if visit.handle == by_place.handle)
    text = meaning.text.lower()
    named = [
        visit
        for visit in visits
        if set(meaning.services) & set(visit.services)
        or any(word.lower() in text for word in visit.vehicle.split() if not word.isdigit())
    ]
    return named[0] if len(named) == 1 else None


def _as_offer(visit: Visit) -> Offer:
    return Offer(handle=visit.handle, arrives_at=visit.local, local=visit.local)


def take_move_instead(turn: Turn, meaning: Meaning) -> str | None:
    conversation = turn.conversation
    if meaning.intent is Intent.CANCEL or (meaning.is_no and meaning.wish.is_empty):
        return GO_ON
    if meaning.is_yes or not meaning.wish.is_empty or meaning.intent is Intent.RESCHEDULE:
        conversation.intent = Intent.RESCHEDULE
        conversation.slots.wish = meaning.wish.model_copy(deep=True)
        return GO_ON
    return None


async def take_cancellation(turn: Turn, meaning: Meaning) -> str | None:
    conversation = turn.conversation
    visit = conversation.visit
    if visit is None:
        return GO_ON
    if meaning.is_no and meaning.wish.is_empty:
        return _leave_it(turn)
    if not (meaning.is_yes or meaning.intent is Intent.CANCEL):
        return None
    result = await turn.use(
        "cancel_appointment", appointment=visit.handle, reason=conversation.slots.concern[:200]
    )
    return await _done(turn, result)


async def take_move(turn: Turn, meaning: Meaning) -> str | None:
    conversation = turn.conversation
    visit = conversation.visit
    if (other := await openings.other_choice(turn, meaning)) is not None:
        return other
    if visit is None or conversation.chosen is None or not meaning.wish.is_empty:
        return None
    if meaning.transport not in ("", conversation.chosen.way):
        return None
    if meaning.is_yes and not choices.CORRECTION.search(meaning.text):
        result = await turn.use(
            "reschedule_appointment", appointment=visit.handle, offer=conversation.chosen.handle
        )
        return await _done(turn, result)
    if not meaning.is_no:
        return None
    forget_offers(conversation)
    conversation.slots.wish = DayWish()
    return turn.ask(questions.ASK_NEW_DAY, State.SLOTS)


def _leave_it(turn: Turn) -> str:
    turn.start_over()
    turn.conversation.intent = Intent.UNKNOWN
    return turn.ask_anything_else(phrases.LEFT_AS_IT_IS)


async def _done(turn: Turn, result: ToolResult) -> str:
    conversation = turn.conversation
    if result.is_ok:
        said = booking.announce(turn)
        conversation.visits, conversation.visit = [], None
        return said
    if result.code == "not_agreed":  # it was cut off before it was read whole
        return turn.and_the_question("")
    if result.code == "stale_version":
        conversation.visits, conversation.visit = [], None
        return await next_step(turn)
    if conversation.chosen and result.code not in ("unavailable", "busy"):
        forget_offers(conversation)
        conversation.slots.wish.exactly = None
        return await openings.offer(turn, because=result.spoken)
    return await persons.fetch_person(turn, f"{conversation.intent}: {result.code}", first=result.spoken)
