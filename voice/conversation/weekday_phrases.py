"""The phrases that name a weekday: "Tuesday", "next Tuesday", "Tuesday the 24th", "Tuesday after next". Pure.

Rules, because people disagree about them:
- "Tuesday" and "this Tuesday" are the next one after today; "next Tuesday" is the one in the
  calendar week (from Monday) after this one.
- "A week from Tuesday" and "Tuesday week" are a week after "Tuesday".
- "Tuesday the 24th" is in this month or the next where that is a Tuesday; else it contradicts itself.
"""

import re
from datetime import date, timedelta

from voice.conversation.calendar_days import (
    ONE_DAY,
    WEEKDAYS,
    coming,
    monday_of,
    month_of,
    months_later,
    next_date,
    nth_weekday,
)
from voice.conversation.counted_days import NAMED
from voice.conversation.date_spelling import MONTH
from voice.conversation.day_forms import (
    DAY,
    NO_CLOCK,
    NOT_READ,
    NTH,
    Days,
    number,
    one,
    phrase,
)


def _weekday_and_day(match: re.Match[str], today: date) -> Days | None:
    """ "Tuesday the 24th", "Tuesday 24"; of "Tuesday 10" the ten may be an hour."""
    weekday = WEEKDAYS.index(match["weekday"])
    day = next_date(today, number(match["day"] or match["nth"]))
    if not day:
        return one(coming(today, weekday))
    return Days(_fitting(day, weekday), _fitting(day, weekday), weekday)


def _weekday_and_number(match: re.Match[str], today: date) -> Days | None:
    """ "Tuesday 24"; where that is no Tuesday the figure is an hour, and the weekday is read alone."""
    weekday = WEEKDAYS.index(match["weekday"])
    day = next_date(today, number(match["day"]))
    if not day or _fitting(day, weekday).weekday() != weekday:
        return NOT_READ
    return Days(_fitting(day, weekday), _fitting(day, weekday), weekday)


def _fitting(day: date, weekday: int) -> date:
    """day, or the same day of the next month if only that has the weekday."""
    later = next_date(day + ONE_DAY, day.day)
    return later if later and day.weekday() != weekday and later.weekday() == weekday else day


def _weekday_in_week(match: re.Match[str], today: date) -> Days | None:
    """ "Tuesday next week", "next week on Tuesday", "Tuesday of this week"."""
    weekday = WEEKDAYS.index(match["weekday"])
    weeks = 2 if match["more"] else 0 if match["which"] == "this" else 1
    day = monday_of(today) + timedelta(days=weekday, weeks=weeks)
    return Days(day, day, weekday) if day >= today else Days(coming(today, weekday), coming(today, weekday))


def _weekdays_ahead(match: re.Match[str], today: date) -> Days | None:
    """ "Two Tuesdays from now"."""
    return one(coming(today, WEEKDAYS.index(match["weekday"])) + timedelta(weeks=int(match["count"]) - 1))


def _weekday_after_next(match: re.Match[str], today: date) -> Days | None:
    return one(monday_of(today) + timedelta(weeks=2, days=WEEKDAYS.index(match["weekday"])))


def _weekday_week(match: re.Match[str], today: date) -> Days | None:
    return one(coming(today, WEEKDAYS.index(match["weekday"])) + timedelta(weeks=1))


def _this_or_next(match: re.Match[str], today: date) -> Days | None:
    first = coming(today, WEEKDAYS.index(match["weekday"]))
    last = first + timedelta(weeks=1)
    return Days(first, last, choices=(first, last))


def _nth_weekday(match: re.Match[str], today: date) -> Days | None:
    """ "The first Monday of December", "the last Friday of the month"."""
    return one(nth_weekday_said(match, today, WEEKDAYS.index(match["weekday"])))


def nth_weekday_said(match: re.Match[str], today: date, weekday: int) -> date:
    """The nth such weekday of the month that was said, or of the next one where it is over."""
    nth = number(match["nth"])
    month = today.replace(day=1)
    if match["month"]:
        month = month.replace(month=month_of(match["month"]))
    elif match["which"] == "next":
        month = months_later(month, 1)
    day = nth_weekday(month.year, month.month, weekday, nth)
    if day < today:
        month = months_later(month, 12 if match["month"] else 1)
        day = nth_weekday(month.year, month.month, weekday, nth)
    return day


def _weekday(match: re.Match[str], today: date) -> Days | None:
    weekday = WEEKDAYS.index(match["weekday"])
    if match["next"]:
        day = monday_of(today) + timedelta(weeks=1, days=weekday)
        return Days(day, day, weekday)
    day = coming(today, weekday)
    return Days(day, day, weekday, is_loose=True)


PLACED_WEEKDAYS = (
    phrase("of in", rf"\b(?P<nth>{NTH}|last|final) {NAMED} (?:of|in) (?:(?P<month>{MONTH})|(?:the |this )?(?P<which>next|this|the)? ?month)\b", _nth_weekday),
    phrase("from", rf"\b(?P<count>\d) {NAMED}s? from (?:now|today)\b", _weekdays_ahead),
    phrase("after", rf"\b{NAMED} after (?:next|this one)\b", _weekday_after_next),
    phrase("week", rf"\b{NAMED},? (?:of |the |in |on |sometime )?(?:the )?(?P<which>next|this|following|coming) week(?P<more> after next)?\b", _weekday_in_week),
    phrase("week", rf"\b(?P<which>next|this|following|coming) week,? (?:on |maybe |like |say )*(?:a |the )?{NAMED}\b(?P<more>)(?! (?:or|and|to|through) )", _weekday_in_week),
    phrase("week", rf"\b(?P<more>)(?P<which>)week after next,? (?:on )?(?:a )?{NAMED}\b",
           lambda match, today: one(monday_of(today) + timedelta(weeks=2, days=WEEKDAYS.index(match["weekday"])))),
    phrase("week", rf"\b{NAMED} week\b", _weekday_week),
    phrase("after next", rf"\b(?:not )?(?:this )?(?:coming )?{NAMED},? (?:but )?the (?:one|1|next|week|following)(?: one)? after(?: that)?\b", _weekday_week),
    phrase("next", rf"\b(?:this )?(?:coming )?{NAMED} or (?:the )?next(?: one)?\b(?! \w)", _this_or_next),
    phrase("", rf"\b{NAMED},? (?:the (?P<day>{DAY})|(?P<nth>{NTH}))\b{NO_CLOCK}(?! (?:one|half|thing)\b)", _weekday_and_day),
    phrase("", rf"\b{NAMED} (?P<day>\d{{1,2}})\b{NO_CLOCK}(?! (?:to|past|after|before|until|or|thirty|fifteen|minutes?|ish|\d\d)\b)", _weekday_and_number),
)  # fmt: skip
WEEKDAYS_SAID = (
    phrase("", rf"\b(?:(?P<next>next|the following) |(?:this |the )?(?:up)?coming |this (?:next )?)?{NAMED}(?:'s)?\b", _weekday),
)  # fmt: skip
