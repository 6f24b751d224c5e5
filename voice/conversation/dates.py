"""When a caller would like to come: English phrases → days and wall times of the store. Pure.

Rules, because people disagree about them (the desk always reads the date back):
- "Tuesday" and "this Tuesday" are the next one after today; "next Tuesday" is the one in the
  calendar week (from Monday) after this one.
- A bare hour is the one a workshop means: 7 to 11 are before noon, 12 is noon, 1 to 6 after it.
- A day and month that have passed this year are next year's.
"""

import re
from dataclasses import dataclass
from datetime import date, time, timedelta

from voice.conversation.numbers import words_to_digits
from voice.conversation.states import DayWish

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
WEEKDAY = r"(?P<weekday>mon|tues?|wednes|wed|thurs?|fri|satur|sat|sun)(?:day)?s?"
MONTH = r"(?P<month>jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
REFUSED_DAY = re.compile(
    rf"\b(?:(?:but |just )?not|except(?: for)?|anything but) (?:on |a |this |next )?{WEEKDAY}\b"
)
NOON = time(12)
PARTS = {
    "morning": (None, time(11, 59)),
    "afternoon": (NOON, time(17)),
    "evening": (time(16), None),
    "after work": (time(16), None),
    "lunch": (time(11, 30), time(13, 30)),
    "first thing": (None, time(9)),
    "early": (None, time(10)),
    "end of the day": (time(15), None),
    "late in the day": (time(15), None),
}
CLOCK = r"(?P<hour>\d{1,2})(?:[:. ](?P<minute>[0-5]\d))?\s*(?:o'?clock)?\s*(?P<half>a\.?m\b\.?|p\.?m\b\.?)?"


class ContradictoryDate(ValueError):
    """The weekday and the date that were said do not fit: "Tuesday the 25th" is a Wednesday."""

    def __init__(self, day: date, weekday: int) -> None:
        super().__init__(f"{day} is not a {WEEKDAYS[weekday]}")
        self.day = day
        self.weekday = weekday


@dataclass(frozen=True, slots=True)
class _Days:
    first: date
    last: date


def find_wish(text: str, today: date) -> DayWish:
    """The days and times wished for in text; an empty wish when there are none.

    today is the store's calendar day. Raises ContradictoryDate.
    """
    said, not_on = _take_out_refused_days(words_to_digits(text))
    days = _find_days(said, today)
    wish = DayWish(said=text, not_on=not_on)
    if days:
        wish.first, wish.last = days.first, days.last
    _find_time(said, wish)
    return wish


def _take_out_refused_days(said: str) -> tuple[str, list[int]]:
    """ "next week but not Wednesday" → "next week", [2]: a day that is refused is no wish."""
    refused = [_weekday(match["weekday"]) for match in REFUSED_DAY.finditer(said)]
    return REFUSED_DAY.sub(" ", said), refused


# --- days ---------------------------------------------------------------------------------


def _find_days(said: str, today: date) -> _Days | None:
    exact = _find_date(said, today)
    if exact:
        return _Days(exact, exact)
    if re.search(r"\bday after tomorrow\b", said):
        return _one(today + timedelta(days=2))
    if re.search(r"\btomorrow\b", said):
        return _one(today + timedelta(days=1))
    if re.search(r"\b(today|tonight|this (morning|afternoon|evening))\b", said):
        return _one(today)
    return _find_relative(said, today) or _find_weekday(said, today) or _find_week(said, today)


def _find_date(said: str, today: date) -> date | None:
    """A day of a month: "november 24", "the 24th of november", "11/24", "the 24th"."""
    patterns = (
        rf"\b{MONTH}\s+(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{MONTH}\b",
        r"\b(?P<number>\d{1,2})/(?P<day>\d{1,2})\b",
        r"\b(?:the\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th)\b",
        r"\bthe (?P<day>\d{1,2})\b(?! o'?clock| ?[ap]\.?m|[:.]\d)",
    )
    spelled = re.sub(r"\bthe (first|second|third)\b(?! one| option)(?= of|\W*$| at| in)", _ordinal, said)
    for pattern in patterns:
        match = re.search(pattern, spelled)
        if not match:
            continue
        groups = match.groupdict()
        month = int(groups["number"]) if groups.get("number") else _month(groups.get("month"))
        day = _in_the_future(today, month, int(groups["day"]))
        if day:
            _check_weekday(said, day)
            return day
    return None


def _ordinal(match: re.Match[str]) -> str:
    return {"first": "1st", "second": "2nd", "third": "3rd"}[match[1]]


def _month(name: str | None) -> int | None:
    if not name:
        return None
    return next(number for number, month in enumerate(MONTHS, 1) if month.startswith(name[:3]))


def _in_the_future(today: date, month: int | None, day: int) -> date | None:
    """The next such day from today; without a month, this month's or next month's."""
    for ahead in range(13):
        index = today.month - 1 + ahead
        candidate_month = index % 12 + 1
        if month is not None and candidate_month != month:
            continue
        try:
            candidate = date(today.year + index // 12, candidate_month, day)
        except ValueError:
            continue
        if candidate >= today:
            return candidate
    return None


def _check_weekday(said: str, day: date) -> None:
    match = re.search(rf"\b{WEEKDAY}\b", said)
    if match and _weekday(match["weekday"]) != day.weekday():
        raise ContradictoryDate(day, _weekday(match["weekday"]))


def _find_relative(said: str, today: date) -> _Days | None:
    match = re.search(rf"\b(?P<count>a|1|2|3|4) weeks? from {WEEKDAY}\b", said)
    if match:
        weeks = 1 if match["count"] == "a" else int(match["count"])
        return _one(_coming(today, _weekday(match["weekday"])) + timedelta(weeks=weeks))
    if re.search(r"\ba week from (today|now)\b", said):
        return _one(today + timedelta(weeks=1))
    match = re.search(r"\bin (?P<count>a|an|a couple of|a few|\d{1,2}) (?P<unit>day|week)s?\b", said)
    if not match:
        return None
    count = {"a": 1, "an": 1, "a couple of": 2, "a few": 3}.get(match["count"]) or int(match["count"])
    day = today + (timedelta(days=count) if match["unit"] == "day" else timedelta(weeks=count))
    return _one(day)


def _find_weekday(said: str, today: date) -> _Days | None:
    match = re.search(rf"\b(?P<next>next\s+)?(?:this\s+)?{WEEKDAY}\b(?P<behind> after next| week)?", said)
    if not match:
        return None
    weekday = _weekday(match["weekday"])
    if match["next"]:
        monday = today - timedelta(days=today.weekday())
        return _one(monday + timedelta(weeks=1, days=weekday))
    return _one(_coming(today, weekday))


def _find_week(said: str, today: date) -> _Days | None:
    monday = today - timedelta(days=today.weekday())
    if re.search(r"\bweek after next\b", said):
        return _Days(monday + timedelta(weeks=2), monday + timedelta(weeks=2, days=6))
    if re.search(r"\bnext week\b", said):
        return _Days(monday + timedelta(weeks=1), monday + timedelta(weeks=1, days=6))
    if re.search(r"\bthis week\b", said):
        return _Days(today, monday + timedelta(days=6))
    if re.search(r"\bweekend\b", said):
        saturday = _coming(today - timedelta(days=1), 5)
        return _Days(saturday, saturday + timedelta(days=1))
    if re.search(
        r"\b(as soon as possible|asap|earliest|soonest|any ?time|any day|whenever|next available)\b", said
    ):
        return _Days(today, today + timedelta(days=14))
    return None


def _weekday(name: str) -> int:
    return next(index for index, weekday in enumerate(WEEKDAYS) if weekday.startswith(name[:3]))


def _coming(today: date, weekday: int) -> date:
    """The next such weekday after today."""
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _one(day: date) -> _Days:
    return _Days(day, day)


# --- times --------------------------------------------------------------------------------


def _find_time(said: str, wish: DayWish) -> None:
    for words, (start, end) in PARTS.items():
        if re.search(rf"\b{words}\b", said):
            wish.not_before, wish.not_after = start, end
            break
    part_is_late = bool(wish.not_before and wish.not_before >= NOON)
    spoken = _half_and_quarter(said)
    bound = re.search(
        rf"\b(?P<side>after|before|by|from|no later than|no earlier than)\s+{CLOCK}(?!\d|/|th|st|nd|rd)",
        spoken,
    )
    if bound and (moment := _clock(bound, part_is_late)):
        is_upper = bound["side"] in {"before", "by", "no later than"}
        wish.not_before, wish.not_after = (wish.not_before, moment) if is_upper else (moment, wish.not_after)
        return
    wish.exactly = find_clock_time(spoken, is_late=part_is_late)
    if wish.exactly is None and re.search(r"\b(noon|midday)\b", spoken):
        wish.exactly = NOON


def find_clock_time(said: str, *, is_late: bool = False) -> time | None:
    """The clock time in said ("at 10", "10:30", "2 pm", "9 o'clock"); None when there is none.

    Bare numbers count only behind "at", "around" or "about", so that years, prices and streets do not.
    """
    patterns = (
        rf"\b(?:at|around|about|say|like|maybe)\s+(?:around |about )?{CLOCK}(?![\d/]|th|st|nd|rd| ?(?:%|miles|dollars|days|weeks|years))",
        r"\b(?P<hour>\d{1,2})(?:[:.](?P<minute>[0-5]\d))\s*(?P<half>a\.?m\b\.?|p\.?m\b\.?)?(?![\d/])",
        r"\b(?P<hour>\d{1,2})(?: (?P<minute>[0-5]\d))?\s*(?P<half>a\.?m\b\.?|p\.?m\b\.?)",
        r"\b(?P<hour>\d{1,2})(?P<minute>)(?P<half>)\s*o'?clock",
    )
    for pattern in patterns:
        for match in re.finditer(pattern, said):
            moment = _clock(match, is_late)
            if moment:
                return moment
    return None


def _half_and_quarter(said: str) -> str:
    """ "half past 2" → "at 2:30"; "quarter to 9" → "at 8:45"."""
    said = re.sub(r"\bhalf past (\d{1,2})\b", r"at \1:30", said)
    said = re.sub(r"\b(?:a )?quarter (?:past|after) (\d{1,2})\b", r"at \1:15", said)
    return re.sub(
        r"\b(?:a )?quarter (?:to|till|of) (\d{1,2})\b", lambda m: f"at {(int(m[1]) - 2) % 12 + 1}:45", said
    )


def _clock(match: re.Match[str], is_late: bool) -> time | None:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half = (match["half"] or "")[:1]
    if not 0 < hour < 24 or (half and hour > 12):
        return None
    if half == "p" and hour < 12:
        hour += 12
    elif half == "a" and hour == 12:
        hour = 0
    elif not half and (hour < 7 or (is_late and hour < 12)):
        hour += 12
    return time(hour, minute)
