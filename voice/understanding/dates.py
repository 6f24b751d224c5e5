"""Dates and times: the desk's reading against phrases and sentences whose meaning is known."""

import math
import re
from datetime import date, datetime, time, timedelta
from pathlib import Path
from time import thread_time
from typing import Any

from voice.conversation.dates import ContradictoryDate, find_wish
from voice.conversation.states import DayWish
from voice.understanding.score import Score, rows_of

PHRASES = "sgd_datetime_phrases_dev.jsonl"
SLOTS = "taskmaster_auto_repair_slots_dev.jsonl"
DIALOGUES = "sgd_appointments_dev.jsonl"
SENTENCES = "recognizers_datetime_en_dev.jsonl"
SOME_DAY = date(2026, 11, 18)
LIMIT_MS = 1.5


def sources(folder: Path) -> list[Score]:
    """Every score of this module. Raises FileNotFoundError."""
    return [*phrases(folder), *slots(folder), *turns(folder), *sentences(folder), speed(folder)]


# --- phrases ------------------------------------------------------------------------------


def phrases(folder: Path) -> list[Score]:
    """Single phrases of people who make appointments."""
    days = Score("dates, Schema-Guided", goal=0.95)
    times = Score("times, Schema-Guided", goal=0.93)
    for row in rows_of(folder, PHRASES):
        wish = _read(row["text"], _day(row["reference"]))
        if row["kind"] == "date":
            days.count(_is_day(wish, row["accept"]), _miss(row["text"], row["accept"], wish))
        else:
            times.count(_is_time(wish, row["accept"]), _miss(row["text"], row["accept"], wish))
    return [days, times]


def slots(folder: Path) -> list[Score]:
    """What people who booked at a garage said for day and time, as far as its meaning is known."""
    days = Score("dates, Taskmaster", goal=0.95)
    times = Score("times, Taskmaster", goal=0.93)
    for row in rows_of(folder, SLOTS):
        gold, text = row["gold"], row["text"]
        if not gold:
            continue
        if row["slot"] == "appt_date":
            wish = _read(text, _day(gold["reference"]))
            conflicts = gold.get("weekday_conflict", False)
            is_right = (
                isinstance(wish, ContradictoryDate) if conflicts else _is_day(wish, gold["accept_dates"])
            )
            days.count(is_right, _miss(text, gold["accept_dates"], wish))
        elif row["slot"] == "appt_time":
            wish = _read(text, SOME_DAY)
            times.count(_is_wished_time(wish, gold), _miss(text, [gold["kind"], gold["accept_times"]], wish))
    return [days, times]


def _is_wished_time(wish: DayWish | ContradictoryDate, gold: dict[str, Any]) -> bool:
    """Exact and rough times, bounds, parts of the day, and "as soon as possible", which is a wish for days."""
    if isinstance(wish, ContradictoryDate):
        return False
    accepted = [time.fromisoformat(moment) for moment in gold["accept_times"] or ()]
    match gold["kind"]:
        case "exact" | "around":
            return wish.exactly in accepted
        case "before":
            return wish.exactly is None and wish.not_after in accepted
        case "after":
            return wish.exactly is None and wish.not_before in accepted
        case "part_of_day":
            return wish.exactly is None and bool(wish.not_before or wish.not_after)
    return wish.exactly is None and wish.first is not None


# --- turns --------------------------------------------------------------------------------


def turns(folder: Path) -> list[Score]:
    """What people say in a dialogue, with the day and time they were found to name, or without any."""
    wishes = Score("wishes in whole turns", goal=0.95)
    others = Score("no false wish in other turns", goal=0.97)
    for row in rows_of(folder, DIALOGUES):
        meant = {
            phrase["text"]: phrase["canonical"]
            for kind in ("requested_date_phrases", "requested_time_phrases")
            for phrase in row["gold"][kind]
        }
        today = _day(row["gold"]["reference_date"])
        for turn in _said(row):
            days, times = _marked(turn, "appointment_date"), _marked(turn, "appointment_time")
            wish = _read(turn["text"], today)
            wanted = [meant[text] for text in (*days[:1], *times[:1]) if text in meant]
            if wanted:
                is_right = all(_has(wish, one) for one in wanted)
                wishes.count(is_right, _miss(turn["text"], wanted, wish))
            elif not days and not times:
                is_none = isinstance(wish, DayWish) and wish.is_empty
                others.count(is_none, _miss(turn["text"], [], wish))
    return [wishes, others]


def _said(dialogue: dict[str, Any]) -> list[dict[str, Any]]:
    return [turn for turn in dialogue["turns"] if turn["speaker"] == "USER"]


def _marked(turn: dict[str, Any], annotation: str) -> list[str]:
    return [segment["text"] for segment in turn["segments"] if annotation in segment["annotations"]]


def _has(wish: DayWish | ContradictoryDate, wanted: str) -> bool:
    """wanted is a day ("2019-03-07") or a time, which may be the bound that was said ("after 3")."""
    if "-" in wanted:
        return _is_day(wish, [wanted])
    return isinstance(wish, DayWish) and time.fromisoformat(wanted) in (
        wish.exactly,
        wish.not_before,
        wish.not_after,
    )


# --- sentences ----------------------------------------------------------------------------


def sentences(folder: Path) -> list[Score]:
    """Sentences in which dates and times were marked, and ordinary ones without any."""
    relevant = Score("dates and times in sentences", goal=0.85)
    ordinary = Score("no false date in ordinary sentences", goal=0.97)
    rows = list(rows_of(folder, SENTENCES))
    # Read by other rules of the source, the same words hold a date: they are no ordinary sentence.
    dated = {row["text"] for row in rows if row["expected"]}
    for row in rows:
        text, moment = row["text"], datetime.fromisoformat(row["reference"])
        wish = _read(text, moment.date(), moment.time())
        if row["booking_relevant"]:
            is_right = all(_is_meant(wish, entity, moment) for entity in _wished(row["expected"]))
            relevant.count(is_right, _miss(text, _values(row["expected"]), wish))
        elif not row["expected"] and text not in dated:
            ordinary.count(isinstance(wish, DayWish) and wish.is_empty, _miss(text, [], wish))
    return [relevant, ordinary]


def _wished(entities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of several days the desk may take the first: of each kind one is enough."""
    return list({entity["type"]: entity for entity in reversed(entities)}.values())


def _values(entities: list[dict[str, Any]]) -> list[str]:
    return [
        str(value.get("value") or (value.get("start"), value.get("end")))
        for entity in entities
        for value in entity["values"]
    ]


def _is_meant(wish: DayWish | ContradictoryDate, entity: dict[str, Any], moment: datetime) -> bool:
    if isinstance(wish, ContradictoryDate):
        return False
    return any(_is_value(wish, entity["type"], value, moment) for value in entity["values"])


def _is_value(wish: DayWish, kind: str, value: dict[str, Any], moment: datetime) -> bool:
    match kind:
        case "date":
            return _is_span(wish, value["value"], value["value"])
        case "time":
            return wish.exactly == _time(value["value"])
        case "datetime":
            day, _, clock = value["value"].partition(" ")
            return _is_span(wish, day, day) and _is_clock(wish, clock)
        case "daterange":
            return _is_range(wish, value, moment.date())
        case "timerange":
            return _are_hours(wish, value.get("start"), value.get("end"), value["timex"])
        case "datetimerange":
            return _is_time_range(wish, value)
    return False


def _is_span(wish: DayWish, first: str, last: str) -> bool:
    """Of several days that were said each is one of those wished for."""
    return (wish.first, wish.last) == (_day(first), _day(last)) or (
        first == last and _day(first) in wish.days
    )


def _is_clock(wish: DayWish, clock: str) -> bool:
    """The end of a day is an hour of no workshop: there the last part of the day is meant."""
    if clock == "23:59:59":
        return bool(wish.not_before and not wish.not_after)
    return wish.exactly == _time(clock)


def _is_range(wish: DayWish, value: dict[str, Any], today: date) -> bool:
    """The end of a range is the day behind it; what of it has passed is no wish."""
    if not (wish.first and wish.last):
        return False
    start, end = value.get("start"), value.get("end")
    if start and wish.first != max(_day(start), today) and value.get("Mod") != "after":
        return False
    return not end or wish.last == _day(end) - timedelta(days=1) or _day(end) == wish.last


def _are_hours(wish: DayWish, start: str | None, end: str | None, timex: str) -> bool:
    """Both ends of clock times; a part of the day where most of the shorter one lies in the other."""
    if "TME" in timex:  # a meal: when it is over everybody sees differently
        return wish.exactly is None and bool(wish.not_before if start else wish.not_after)
    if re.search(r"T\d", timex):
        return (not start or wish.not_before == _time(start)) and (not end or wish.not_after == _time(end))
    start, end = start or "00:00:00", end or "23:59:59"
    begin, finish = _minutes(wish.not_before or time(7)), _minutes(wish.not_after or time(23, 59))
    other_begin, other_finish = _minutes(_time(start)), _minutes(_time(end)) or 24 * 60
    common = min(finish, other_finish) - max(begin, other_begin)
    has_part = bool(wish.not_before or wish.not_after) and wish.exactly is None
    return has_part and common >= min(finish - begin, other_finish - other_begin) / 2


def _is_time_range(wish: DayWish, value: dict[str, Any]) -> bool:
    start_day, _, start = (value.get("start") or "").partition(" ")
    end_day, _, end = (value.get("end") or "").partition(" ")
    if start_day and wish.first != _day(start_day):
        return False
    if end_day and wish.last and end_day != start_day and end != "00:00:00" and wish.last != _day(end_day):
        return False
    return _are_hours(wish, start or None, "23:59:59" if end == "00:00:00" else end or None, value["timex"])


# --- how long it takes --------------------------------------------------------------------


def speed(folder: Path) -> Score:
    """Every turn and sentence, read once: in time or not. Other programs' share of the processor is not counted."""
    texts = [row["text"] for row in rows_of(folder, SENTENCES)]
    texts += [turn["text"] for row in rows_of(folder, DIALOGUES) for turn in _said(row)]
    spent = [(_milliseconds(text), text) for text in texts]
    score = Score(f"read within {LIMIT_MS} ms (p95 {_p95([took for took, _ in spent]):.2f} ms)", goal=0.95)
    for took, text in spent:
        score.count(took < LIMIT_MS, f"{text!r} took {took:.2f} ms")
    return score


def _milliseconds(text: str) -> float:
    begun = thread_time()
    _read(text, SOME_DAY)
    return (thread_time() - begun) * 1000


def _p95(values: list[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


# --- shared -------------------------------------------------------------------------------


def _read(text: str, today: date, now: time | None = None) -> DayWish | ContradictoryDate:
    try:
        return find_wish(text, today, now)
    except ContradictoryDate as error:
        return error


def _is_day(wish: DayWish | ContradictoryDate, accepted: list[str]) -> bool:
    return isinstance(wish, DayWish) and wish.first == wish.last and str(wish.first) in accepted


def _is_time(wish: DayWish | ContradictoryDate, accepted: list[str]) -> bool:
    return isinstance(wish, DayWish) and wish.exactly in [time.fromisoformat(moment) for moment in accepted]


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])


def _time(text: str) -> time:
    return time.fromisoformat(text)


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _miss(text: str, wanted: list[Any], wish: DayWish | ContradictoryDate) -> str:
    understood = (
        f"contradiction about {wish.day}"
        if isinstance(wish, ContradictoryDate)
        else ", ".join(f"{name} {value}" for name, value in wish if value and name != "said")
    )
    return f"{text!r} wanted {wanted}, understood {understood or 'nothing'}"
