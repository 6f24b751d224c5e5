"""Offering real openings, and the caller's choice among them: for a booking and for a move."""

from datetime import datetime
from typing import Any

from voice.conversation import choices, phrases, questions
from voice.conversation.meaning import Meaning
from voice.conversation.states import DayWish, Intent, State
from voice.ports import ToolResult
from voice.replies.flows import persons
from voice.replies.flows.turn import GO_ON, Turn


async def offer(
    turn: Turn, *, after: datetime | None = None, before: datetime | None = None, because: str = ""
) -> str:
    """Say what is open for the wish. GO_ON when exactly what was wished for is chosen.

    because: why something else is offered, in a sentence.
    """
    conversation = turn.conversation
    wish = conversation.slots.wish
    result = await turn.use("get_available_slots", **_search(turn, after, before))
    if not result.is_ok:
        return await _nothing(turn, result, after, before)
    fits = bool(result.data["fits_the_wish"])
    is_as_wished = fits and not result.data["is_another_way"]
    if len(conversation.offers) == 1 and is_as_wished and wish.exactly and not because:
        conversation.chosen = conversation.offers[0]
        return GO_ON
    is_explained = fits or after or before or turn.was_aside or result.data["is_another_way"]
    opening = because or ("" if is_explained else _why_not_exactly(turn, wish))
    return f"{opening} {say_offers(turn, result.spoken)}".strip()


def _search(turn: Turn, after: datetime | None, before: datetime | None) -> dict[str, Any]:
    conversation = turn.conversation
    wish = conversation.slots.wish
    is_move = conversation.intent is Intent.RESCHEDULE and conversation.visit is not None
    search: dict[str, Any] = {
        "services": [] if is_move else conversation.slots.services,
        "transport": conversation.slots.transport or None,
        "appointment": conversation.visit.handle if is_move and conversation.visit else "",
        "first_day": wish.first,
        "last_day": wish.last,
        "not_before": wish.not_before,
        "not_after": wish.not_after,
        "exactly": wish.exactly,
        "days": wish.days,
        "moments": wish.moments,
        "not_on": wish.not_on,
        "not_days": wish.not_days,
        "after": after,
        "before": before,
    }
    if after or before:  # the comparison with what was offered replaces the wished time
        search |= {"exactly": None, "not_before": None, "not_after": None, "moments": []}
    return search


async def _nothing(turn: Turn, result: ToolResult, after: datetime | None, before: datetime | None) -> str:
    if result.code == "nothing_open" and (after or before):
        return f"{phrases.nothing_more(is_later=bool(after))} {turn.ask(questions.ASK_OFFER, State.SLOTS)}"
    services = ", ".join(turn.conversation.slots.services)
    return await persons.fetch_person(turn, f"{result.spoken} Services: {services}", first=result.spoken)


def _why_not_exactly(turn: Turn, wish: DayWish) -> str:
    if wish.first and wish.first == wish.last and turn.store.is_closed_on(wish.first):
        return phrases.closed_on(wish.first)
    return phrases.NOT_EXACTLY


def say_offers(turn: Turn, spoken: str) -> str:
    question = turn.ask(questions.ASK_OFFER, State.SLOTS)
    is_one = len(turn.conversation.offers) == 1
    return f"{spoken} {phrases.does_it_work(turn.conversation) if is_one else question}"


async def take_offer(turn: Turn, meaning: Meaning) -> str | None:
    conversation = turn.conversation
    if not meaning.contradiction:
        chosen = choices.find_choice(meaning.text, conversation.offers, turn.today)
        if len(conversation.offers) == 1 and meaning.is_yes and meaning.is_empty:
            chosen = conversation.offers[0]
        if chosen:
            conversation.chosen = chosen
            return GO_ON
    if other := await other_times(turn, meaning):
        return other
    if choices.OTHER_DAY.search(meaning.text) or (meaning.is_no and meaning.is_empty):
        conversation.slots.wish = DayWish()
        conversation.offers = []
        return turn.ask(questions.ASK_DAY, State.SLOTS)
    time_of_day = choices.find_bare_time(meaning.text) if meaning.wish.is_empty else None
    if time_of_day:
        conversation.slots.wish.exactly = time_of_day
        return await offer(turn)
    if meaning.is_yes and meaning.is_empty:
        return say_offers(turn, phrases.say_offers(conversation.offers, turn.today))
    return None


async def other_times(turn: Turn, meaning: Meaning) -> str:
    """ "Anything later?" compares with what was offered; "" when nothing of the kind was said."""
    offers = turn.conversation.offers
    if not offers or not meaning.wish.is_empty:
        return ""
    if choices.LATER.search(meaning.text):
        return await offer(turn, after=offers[-1].local)
    if choices.EARLIER.search(meaning.text):
        return await offer(turn, before=offers[0].local)
    return ""


async def other_choice(turn: Turn, meaning: Meaning) -> str | None:
    """Another opening in place of the one that was read back."""
    conversation = turn.conversation
    if times := await other_times(turn, meaning):
        conversation.chosen = None
        return times
    offers = [] if meaning.contradiction else conversation.offers
    other = choices.find_choice(meaning.text, offers, turn.today)
    if other and other != conversation.chosen:
        conversation.chosen = other
        return GO_ON
    return None
