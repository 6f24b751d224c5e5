"""The phrases that name a day of a month: "March 5th", "the 24th", "11/24". Pure.

Rules, because people disagree about them: a day and month that have passed this year are next year's, "the
24th" is the next one, and a date of a past year is no wish.
"""

import re
from datetime import date

from voice.conversation.calendar_days import (
    month_of,
    months_later,
    next_date,
    real_date,
)
from voice.conversation.date_spelling import MONTH
from voice.conversation.day_forms import (
    BEHIND_A_DAY,
    DAY,
    MONTH_HERE,
    NO_CLOCK,
    NTH,
    YEAR,
    Days,
    number,
    one,
    phrase,
)


def year_of(match: re.Match[str], today: date) -> int | None:
    """The year said behind a date, if any."""
    if match["which"]:
        return today.year + (match["which"] == "next")
    return int(match["year"].replace(" ", "")) if match["year"] else None


def _dated(today: date, year: int | None, month: int, day: int) -> date | None:
    """That date; None when there is none, or when it is over."""
    if year is None:
        return next_date(today, day, month)
    found = real_date(year, month, day)
    return found if found and found >= today else None


def _year_first(match: re.Match[str], today: date) -> Days | None:
    month = int(match[2]) if match[2].isdigit() else month_of(match[2])
    return one(_dated(today, int(match[1]), month, int(match[3])))


def _month_and_day(match: re.Match[str], today: date) -> Days | None:
    return one(_dated(today, year_of(match, today), month_of(match["month"]), number(match["day"])))


def _days_of_one_month(match: re.Match[str], today: date) -> Days | None:
    """ "March 5th through 9th", "the 5th or the 7th of March"."""
    year, month = year_of(match, today), month_of(match["month"])
    last = _dated(today, year, month, number(match["last"]))
    first = last and real_date(last.year, month, number(match["day"]))
    if not first or not last or last <= first:
        return one(last)
    is_choice = match["link"] in {"or", "and"} and not match["between"]
    return Days(max(first, today), last, choices=(first, last) if is_choice else (), is_range=not is_choice)


def _figures(match: re.Match[str], today: date) -> Days | None:
    """ "11/24", "11/24/26"; "24/11" can only mean the day first."""
    month, day = int(match[1]), int(match[2])
    if month > 12 >= day:
        month, day = day, month
    year = int(match[3]) + (2000 if len(match[3]) == 2 else 0) if match[3] else None
    return one(_dated(today, year, month, day)) if 1 <= month <= 12 else None


def _day_of_this_month(match: re.Match[str], today: date) -> Days | None:
    """ "The 12th of this month", "the 1st of the month", "the 5th of next month"."""
    if match["which"] not in {"next", "following", "coming"}:
        return one(next_date(today, number(match["day"])))
    start = months_later(today.replace(day=1), 1)
    return one(real_date(start.year, start.month, number(match["day"])))


def _days_of_this_month(match: re.Match[str], today: date) -> Days | None:
    """ "From the 4th to the 10th of next month"."""
    first = _day_of_this_month(match, today)
    last = first and real_date(first.first.year, first.first.month, number(match["last"]))
    return Days(first.first, last, is_range=True) if first and last and last > first.first else first


def _some_day(match: re.Match[str], today: date) -> Days | None:
    """ "The 24th": of this month or the next one that has it."""
    day = next_date(today, number(match["day"]))
    return Days(day, day, is_loose=True) if day else None


DATES = (
    phrase("20", rf"\b(20\d\d)/(\d{{1,2}})/(\d{{1,2}})\b|\b(?P<y>20\d\d) (?P<m>{MONTH}) (?P<d>\d{{1,2}})\b",
           lambda match, today: _year_first(match, today) if match[1] else one(
               _dated(today, int(match["y"]), month_of(match["m"]), int(match["d"])))),
    phrase("to through until and or", rf"\b(?P<between>between )?{MONTH_HERE} (?:the )?(?P<day>{DAY}),? (?P<link>to|through|until|and|or|thru)"
           rf"(?: the)? (?P<last>{DAY}){NO_CLOCK}\b{YEAR}", _days_of_one_month),
    phrase("to through until and or", rf"\b(?P<between>between )?(?:the )?(?P<day>{DAY}),? (?P<link>to|through|until|and|or)"
           rf"(?: the)? (?P<last>{DAY})(?: of)? (?P<month>{MONTH})\b{YEAR}", _days_of_one_month),
    phrase("", rf"\b{MONTH_HERE},? (?:the )?(?P<day>\d{{1,2}}(?:st|nd|rd|th)?|first|second|third)\b{NO_CLOCK}{YEAR}", _month_and_day),
    phrase("", rf"\b(?:the )?(?P<day>{NTH})(?: day)?(?: of)? (?P<month>{MONTH})\b{YEAR}", _month_and_day),
    phrase("", rf"\b(?:the )?(?P<day>\d{{1,2}})(?: of)? (?P<month>{MONTH})\b(?<! may)(?<! march){YEAR}", _month_and_day),
    phrase("may march", rf"\b(?P<day>\d{{1,2}})(?: of)? (?P<month>may|march)\b{BEHIND_A_DAY}{YEAR}", _month_and_day),
    phrase("month", rf"\b(?P<between>between )?(?:the )?(?P<day>{DAY}) (?P<link>to|through|until|and|or)(?: the)? (?P<last>{DAY}),? (?:of |in )?(?:the )?(?P<which>this|next|following|coming) month\b",
           _days_of_this_month),
    phrase("month", rf"\b(?:the )?(?P<day>{DAY}) (?:day )?of (?P<which>this|next|the following|the|following|coming|the current|current) month\b",
           _day_of_this_month),
    phrase("/", r"(?<![\d/.$])(\d{1,2})/(\d{1,2})(?:/((?:20)?\d\d))?(?![\d/]|\.\d)", _figures),
)  # fmt: skip
ORDINALS = (
    phrase("th st nd rd", rf"\b(?:on |for |by )?the (?P<day>\d{{1,2}}(?:st|nd|rd|th))\b(?! and [a-z]+ ?(?:st|street|ave)\b){BEHIND_A_DAY}", _some_day),
    phrase("th st nd rd", rf"(?:^|(?<=[,.;:!?] )|(?<=\bon )|(?<=\bof )|(?<=\bor )|(?<=\bby )|(?<=\bto )|(?<=\band )|(?<=\bfor )|(?<=\bfrom )|(?<=until )|(?<=through )|(?<=before )|(?<=after )|(?<=between )|(?<=~ ))"
           rf"(?P<day>\d{{1,2}}(?:st|nd|rd|th)){BEHIND_A_DAY}", _some_day),
    phrase("the", rf"\b(?:(?:on|for|by|until|before|after|from|about) )the (?P<day>\d{{1,2}})\b{NO_CLOCK}(?! in the){BEHIND_A_DAY}", _some_day),
    phrase("the", rf"\b(?:back|come|in|there|here|off) the (?P<day>\d{{1,2}})\b{NO_CLOCK}(?=\W*$)", _some_day),
    phrase("the", rf"(?:^|(?<=[,.;] ))(?:how about |maybe |let's (?:do|say) )?the (?P<day>\d{{1,2}}){NO_CLOCK}(?=\s*(?:$|[,.;?!]|please|works|would|at\b))", _some_day),
    phrase("the", r"\b(?:(?:on|by|until|before) the (?P<day>first|second|third)\b(?! (?:one|option|\w+ (?:one|option)|floor|visit|time|day|week|offer|slot|of))(?=\s*(?:$|[,.;?!~]|at\b|in\b|or\b|and\b|please|if|around\b|for\b)))",
           _some_day),
    phrase("the", r"\bthe (?P<day>first|second|third)\b(?! one| option)(?=\W*$| at\b| in\b)", _some_day),
)  # fmt: skip
