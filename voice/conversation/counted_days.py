"""The phrases that count days from today or from another day: "in two weeks", "a week from Friday". Pure.

"In a week" and "a week from today" are one day; "within a week" and "the next two days" are spans.
"""

import re
from datetime import date, timedelta

from voice.conversation import calendar_days
from voice.conversation.calendar_days import (
    HOLIDAY,
    ONE_DAY,
    SATURDAY,
    WEEKDAYS,
    coming,
    monday_of,
    months_later,
)
from voice.conversation.date_spelling import WEEKDAY
from voice.conversation.day_forms import (
    UNIT,
    Days,
    one,
    phrase,
)

NAMED = rf"(?P<weekday>{WEEKDAY})"
BASE = rf"(?P<base>(?:the )?day after tomorrow|today|tomorrow|now|tonight|{WEEKDAY}|{HOLIDAY})"
COUNT = r"\b(?P<count>[1-9]\d?)(?: (?:to|or) (?P<last>\d{1,2}))?"


def _later(day: date, count: int, unit: str) -> date:
    """count units after day; of working days only Monday to Friday count."""
    if unit in {"business day", "working day", "weekday", "week day"}:
        for _ in range(count):
            day += ONE_DAY
            while day.weekday() >= SATURDAY:
                day += ONE_DAY
        return day
    if unit in {"month", "year"}:
        return months_later(day, count * (12 if unit == "year" else 1))
    return day + count * timedelta(days={"day": 1, "week": 7, "fortnight": 14}[unit])


def base_of(name: str, today: date) -> date:
    """The day that others are counted from: "now", "tomorrow", "Friday", "Thanksgiving"."""
    if name in WEEKDAYS:
        return coming(today, WEEKDAYS.index(name))
    if name in {"today", "now", "tonight"}:
        return today
    if name == "tomorrow":
        return today + ONE_DAY
    if "after tomorrow" in name:
        return today + 2 * ONE_DAY
    return calendar_days.holiday(name, today)


def _counted(match: re.Match[str], today: date) -> Days | None:
    """ "A week from Friday", "three days before Christmas", "two to three weeks from now"."""
    base, unit = base_of(match["base"], today), match["unit"]
    count = int(match["count"] or 1)
    if match["side"] in {"before", "ahead of", "prior to"}:
        back = months_later(base, -count) if unit == "month" else base - (_later(base, count, unit) - base)
        return one(back if back >= today else None)
    return Days(_later(base, count, unit), _later(base, int(match["last"] or count), unit))


def _ahead(match: re.Match[str], today: date) -> Days | None:
    """ "In two days", "in one to two weeks"."""
    count, unit = int(match["count"]), match["unit"]
    return Days(_later(today, count, unit), _later(today, int(match["last"] or count), unit))


def _within(match: re.Match[str], today: date) -> Days | None:
    """ "Within a week" begins today, "the next two days" begin tomorrow."""
    first = today + ONE_DAY if match["next"] else today
    return Days(first, _later(today, int(match["count"]), match["unit"]))


def _weekday_in_weeks(match: re.Match[str], today: date) -> Days | None:
    """ "Tuesday in two weeks", "two weeks from now on a Tuesday": that one of that calendar week."""
    weekday = WEEKDAYS.index(match["weekday"])
    day = monday_of(today) + timedelta(days=weekday, weeks=int(match["count"]))
    return Days(day, day, weekday)


def _weeks_behind_weekday(match: re.Match[str], today: date) -> Days | None:
    """ "Two weeks on Tuesday"."""
    return one(coming(today, WEEKDAYS.index(match["weekday"])) + timedelta(weeks=int(match["count"])))


def _weeks_and_days(match: re.Match[str], today: date) -> Days | None:
    return one(today + timedelta(weeks=int(match["weeks"]), days=int(match["days"])))


def _today(match: re.Match[str], today: date) -> Days | None:
    return one(today)


COUNTED = (
    phrase("week", r"\b(?:in )?(?P<weeks>\d{1,2}) weeks?,? and (?P<days>\d) days?(?: from (?:now|today)| later)?\b", _weeks_and_days),
    phrase("week", rf"(?<!in )\b(?P<count>\d) weeks? (?:on )?{NAMED}\b", _weeks_behind_weekday),
    phrase("weeks from in", rf"\b(?:in )?(?P<count>\d) weeks?(?: from (?:now|today))?,? (?:on )?(?:a )?{NAMED}\b", _weekday_in_weeks),
    phrase("weeks", rf"\b{NAMED},? (?:in )?(?P<count>\d) weeks?(?: from (?:now|today))?\b(?! from| after)", _weekday_in_weeks),
    phrase("from after before ahead prior later", rf"\b(?:in )?{COUNT} {UNIT} (?P<side>from|after|before|ahead of|prior to|past) (?:this |next |coming |this coming )?{BASE}\b",
           _counted),
    phrase("week", rf"(?<!next )(?<!this )\bweek (?P<side>from) (?:this |coming )?(?P<base>today|tomorrow|{WEEKDAY})\b(?P<count>)(?P<last>)(?P<unit>)",
           lambda match, today: one(base_of(match["base"], today) + timedelta(weeks=1))),
    phrase("within next coming under less", rf"\b(?:(?:within|(?:in )?(?:under|less than))(?: about)?(?: the)?|(?:(?:in|over|during|within) )?(?:the )?(?P<next>next|coming|following)) "
           rf"{COUNT} {UNIT}\b(?! (?:old|later|from|after))", _within),
    phrase("next", rf"\b(?:the |over )?(?P<count>[1-9]\d?) (?P<next>next) {UNIT}\b", _within),
    phrase("in", rf"\b(?:in|maybe|about|around) (?:about |around |like |maybe |another |just )?{COUNT}(?: more)? {UNIT}(?:'s?)?(?: time)?\b(?! (?:old|ago))", _ahead),
    phrase("later out", rf"\b{COUNT} {UNIT} (?:later|out|from here)\b", _ahead),
    phrase("next", r"\b(?:in |within |over )?(?:the )?(?:next|coming) (?:\d{1,2} |few )?(?:hours?|minutes?)\b", _today),
    phrase("hour minute", r"\b(?:in|within) (?:about |around |like |maybe |just )?(?:half (?:an|a|1) hour|(?:\d{1,2}|#) ?(?:hours?|minutes?)(?: and a half)?)\b"
           r"|\b(?:half (?:an|a|1) hour|\d{1,2} (?:hours?|minutes?)) from now\b", _today),
)  # fmt: skip
