"""What a call's desk said, held against the book and the menu: what does not agree, and what was put right."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scheduling.models import OpCode
from voice.conversation import claims, saying
from voice.models import Call, Defect, ToolCall, Turn

VISIT = "visit"  # the kind of what is said to be written and is not
NOTHING_WRITTEN = "This call wrote nothing into the book."
NOT_ON_THE_MENU = "No price of the menu, and no tool's answer."
# These tell what is open, or what may still be agreed on: not what stands in the book.
ONLY_OFFERS = ("get_available_slots", "hold_slot")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """said does not agree with truth. A turn's words were heard by the caller, a defect's were not."""

    kind: str
    said: str
    truth: str
    at_ms: int
    turn: Turn | None = None


def check(
    call: Call, turns: Iterable[Turn], tool_calls: Sequence[ToolCall], defects: Iterable[Defect]
) -> list[Disagreement]:
    """What was heard and is not so, then what was caught before it was heard; each in order."""
    turns = list(turns)
    visits = _visits(call, tool_calls)
    amounts = _known_amounts(call, turns, tool_calls)
    heard = [found for turn in turns if turn.speaker == "desk" for found in _heard(turn, visits, amounts)]
    return heard + [Disagreement(each.kind, each.said, each.truth, each.at_ms) for each in defects]


def contradictions(call: Call) -> list[Disagreement]:
    """Each time that the caller heard what is not so."""
    tool_calls = list(call.tool_calls.select_related("appointment__rooftop"))
    return check(call, call.turns.all(), tool_calls, [])


def _heard(turn: Turn, visits: list[datetime], amounts: set[int]) -> Iterator[Disagreement]:
    for sentence in re.split(r"(?<=[.?!])\s+", turn.text):
        if claims.says_it_is_written(sentence) and (truth := _not_so(sentence, visits)):
            yield Disagreement(VISIT, sentence, truth, turn.starts_ms, turn)
        if claims.amounts_in(sentence) - amounts:
            yield Disagreement("price", sentence, NOT_ON_THE_MENU, turn.starts_ms, turn)


def _not_so(sentence: str, visits: list[datetime]) -> str:
    """What stands in the book, when that is not what was said; else nothing."""
    if not visits:
        return NOTHING_WRITTEN
    times, days = claims.times_in(sentence), claims.days_in(sentence)
    is_so = any(
        (not times or visit.time() in times) and (not days or (visit.month, visit.day) in days)
        for visit in visits
    )
    return "" if is_so else f"In the book: {saying.say_list([saying.say_moment(visit) for visit in visits])}."


def _visits(call: Call, tool_calls: Sequence[ToolCall]) -> list[datetime]:
    """The store-local times that the call wrote or read in the book, and those they have now."""
    found = [call.appointment.local_arrival] if call.appointment else []
    for used in tool_calls:
        if used.code == "ok" and used.name not in ONLY_OFFERS:
            found += _moments(used.result.get("data"))
        if used.appointment:
            found.append(used.appointment.local_arrival)
    return list(dict.fromkeys(moment.replace(tzinfo=None, second=0, microsecond=0) for moment in found))


def _moments(data: Any) -> list[datetime]:
    """Every value called "local" in a tool's answer."""
    if isinstance(data, list):
        return [moment for item in data for moment in _moments(item)]
    if not isinstance(data, dict):
        return []
    found = [moment for name, value in data.items() if name != "local" for moment in _moments(value)]
    try:
        return [datetime.fromisoformat(data["local"]), *found]
    except (KeyError, TypeError, ValueError):
        return found


def _known_amounts(call: Call, turns: Iterable[Turn], tool_calls: Iterable[ToolCall]) -> set[int]:
    """In dollars: the menu's, what tools answered, and what the caller named first."""
    menu = OpCode.objects.filter(rooftop=call.rooftop_id).values_list("price_min", "price_max")
    known = {int(price) for prices in menu for price in prices if price is not None}
    for text in (*(turn.text for turn in turns if turn.speaker == "caller"), *_answers(tool_calls)):
        known |= claims.amounts_in(text)
    return known


def _answers(tool_calls: Iterable[ToolCall]) -> Iterator[str]:
    for used in tool_calls:
        yield str(used.result.get("spoken", ""))
