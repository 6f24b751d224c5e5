"""The phrases that name a span of days: weeks, weekends, months, "as soon as possible". Pure.

Rules, because people disagree about them:
- A week begins on Monday. "This week" is what is left of it; "early", "middle" and "late" are its
  Monday to Wednesday, Tuesday to Thursday, and Wednesday to Sunday.
- This weekend is the Saturday and Sunday of this week, the next weekend those of the next week.
- Early in a month are its days to the 10th, the middle is the 11th to the 20th, the rest is late, and
  the end its last seven days.
- A bare month needs a word before it ("in April"): April and June are names as well.
- "As soon as possible" and "any day" are the next two weeks.
"""

import re
from datetime import date, timedelta

from voice.conversation import calendar_days
from voice.conversation.calendar_days import (
    HOLIDAY,
    ONE_DAY,
    SATURDAY,
    coming,
    last_day_of,
    monday_of,
    month_of,
    months_later,
)
from voice.conversation.date_phrases import year_of
from voice.conversation.date_spelling import MONTH
from voice.conversation.day_forms import MONTH_ALONE, NOT_READ, YEAR, Days, phrase
from voice.conversation.weekday_phrases import nth_weekday_said

SOON_DAYS = 14
PARTS_OF_WEEK = {"begin": (0, 2), "early": (0, 2), "start": (0, 2), "first": (0, 2), "mid": (1, 3), "late": (2, 6), "end": (3, 6), "rest": (0, 6), "latter": (2, 6), "second": (2, 6)}  # fmt: skip
PARTS_OF_MONTH = {"begin": (1, 10), "early": (1, 10), "start": (1, 10), "first": (1, 15), "mid": (11, 20), "late": (20, 31), "rest": (1, 31), "latter": (16, 31), "second": (16, 31)}  # fmt: skip
PART = (
    r"(?:(?:the )?(?P<part>early|earlier|late|later|mid|middle|end|beginning|start|rest|first part|latter part|first half"
    r"|second half|latter half)(?: of| in| on)? )"
)
WHICH = r"(?:(?P<which>this coming|the coming|coming|this|next|the following|following|the) )"
SEASONS = {"spring": 3, "summer": 6, "fall": 9, "autumn": 9, "winter": 12}  # the first of their three months


def _key(part: str | None) -> str:
    return next((key for key in ("begin", "early", "start", "first", "mid", "late", "latter", "end", "rest", "second")
                 if part and part.startswith(key)), "")  # fmt: skip


def _week(match: re.Match[str], today: date) -> Days | None:
    which, part = match["which"] or "", _key(match["part"])
    if which in {"the", ""} and not part:
        return NOT_READ
    weeks = 2 if match["more"] else 1 if which.removeprefix("the ") in {"next", "following"} else 0
    if which in {"coming", "this coming", "the coming"}:
        weeks = 1 if today.weekday() >= 4 else 0
    monday = monday_of(today) + timedelta(weeks=weeks)
    first, last = PARTS_OF_WEEK.get(part, (0, 6))
    if monday + last * ONE_DAY < today and which != "this":
        monday += timedelta(weeks=1)  # the beginning of the week, said at its end
    days = Days(max(monday + first * ONE_DAY, today), monday + last * ONE_DAY)
    return days if days.last >= today else Days(today, monday + 6 * ONE_DAY)


def _next_span(match: re.Match[str], today: date) -> Days | None:
    """ "Within the next week" begins today."""
    return Days(today, months_later(today, 1) if match["unit"] == "month" else today + timedelta(weeks=1))


def _in_a_week_after_next(match: re.Match[str], today: date) -> Days | None:
    monday = monday_of(today) + timedelta(weeks=2)
    return Days(monday, monday + 6 * ONE_DAY)


def _weekend(match: re.Match[str], today: date) -> Days | None:
    weeks = 2 if match["more"] else 1 if (match["which"] or "").endswith(("next", "following")) else 0
    saturday = monday_of(today) + timedelta(weeks=weeks, days=5)
    return Days(max(saturday, today), saturday + ONE_DAY)


def _around_holiday(match: re.Match[str], today: date) -> Days | None:
    """ "The weekend of Thanksgiving", "Christmas week", "the week after New Year's"."""
    day = calendar_days.holiday(match["named"] or match["name"], today)
    monday = monday_of(day) + timedelta(
        weeks={"after": 1, "following": 1, "before": -1}.get(match["side"] or "", 0)
    )
    if "weekend" in match[0]:
        if match["side"]:
            saturday = coming(day if match["side"] != "before" else day - 8 * ONE_DAY, 5)
            return Days(saturday, saturday + ONE_DAY)
        if day == monday:  # a long one
            return Days(day - 2 * ONE_DAY, day)
        return Days(monday + 5 * ONE_DAY, monday + 6 * ONE_DAY)
    return Days(max(monday, today), max(monday + 6 * ONE_DAY, today))


def _part_of_month(month: date, part: str, today: date) -> Days:
    """month is its first day."""
    end = last_day_of(month.year, month.month)
    first, last = (end.day - 6, end.day) if part == "end" else PARTS_OF_MONTH.get(part, (1, 31))
    return Days(max(month.replace(day=first), today), max(month.replace(day=min(last, end.day)), today))


def _month(match: re.Match[str], today: date) -> Days | None:
    """ "Next month", "the end of the month"; the middle of the month, said at its end, is that of the next."""
    which, part = (match["which"] or "").removeprefix("the "), _key(match["part"])
    if which in {"the", ""} and not part:
        return NOT_READ
    ahead = (1 if which in {"next", "following", "coming"} else 0) + bool(match["more"])
    month = months_later(today.replace(day=1), ahead)
    if (
        which != "this"
        and part in PARTS_OF_MONTH
        and today > month.replace(day=min(PARTS_OF_MONTH[part][1], 28))
    ):
        month = months_later(month, 1)
    return _part_of_month(month, part, today)


def _named_month(match: re.Match[str], today: date) -> Days | None:
    """ "In March", "late April", "December 2026"."""
    month = _this_or_next_year(month_of(match["month"]), year_of(match, today), today)
    return _part_of_month(month, _key(match["part"]), today) if month else None


def _this_or_next_year(month: int, year: int | None, today: date) -> date | None:
    """The first day of the next such month; None when it is over in the year that was said."""
    if year is None:
        year = today.year + (month < today.month)
    start = date(year, month, 1)
    return start if last_day_of(year, month) >= today else None


def _months(match: re.Match[str], today: date) -> Days | None:
    """ "May to July", "between November and January"."""
    start = _this_or_next_year(month_of(match["month"]), None, today)
    if start is None:
        return None
    ahead = (month_of(match["last"]) - start.month) % 12
    end = months_later(start, ahead)
    return Days(max(start, today), last_day_of(end.year, end.month), is_range=True)


def _week_of_month(match: re.Match[str], today: date) -> Days | None:
    """ "The first week of December": its days from the 1st, 8th, 15th and 22nd; the last one its last seven."""
    if match["month"]:
        month = _this_or_next_year(month_of(match["month"]), None, today)
    else:
        month = months_later(today.replace(day=1), int(match["which"] == "next"))
    if month is None:
        return None
    end = last_day_of(month.year, month.month)
    nth = {"last": -1, "final": -1, "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3}.get(
        match["nth"], 4
    )
    length = timedelta(weeks=int(match.groupdict().get("count") or 1)) - ONE_DAY
    first = end - length if nth < 0 else month + timedelta(weeks=nth - 1)
    days = Days(max(first, today), max(min(first + length, end), today))
    return days if first + length >= today else None


def _after_the_holidays(match: re.Match[str], today: date) -> Days | None:
    """The holidays are those from Thanksgiving to New Year's Day."""
    first = date(today.year + 1, 1, 2)
    return Days(first, first + timedelta(days=SOON_DAYS - 1), is_range=True)


def _end_of_year(match: re.Match[str], today: date) -> Days | None:
    """The end of a year is its December."""
    return Days(max(date(today.year, 12, 1), today), date(today.year, 12, 31))


def _weekend_of_month(match: re.Match[str], today: date) -> Days | None:
    saturday = nth_weekday_said(match, today, SATURDAY)
    return Days(saturday, saturday + ONE_DAY)


def _season(match: re.Match[str], today: date) -> Days | None:
    start = date(today.year, SEASONS[match["season"]], 1)
    last = months_later(start, 3) - ONE_DAY
    if last < today:
        start, last = months_later(start, 12), months_later(start, 15) - ONE_DAY
    return Days(max(start, today), last)


def _next_year(match: re.Match[str], today: date) -> Days | None:
    return Days(date(today.year + 1, 1, 1), date(today.year + 1, 12, 31))


def _next_week(match: re.Match[str], today: date) -> Days | None:
    """ "The following week" is the next one, "not next week, the week after" the one behind it."""
    monday = monday_of(today) + timedelta(weeks=2 if "after" in match[0] else 1)
    return Days(monday, monday + 6 * ONE_DAY)


def _quarter(match: re.Match[str], today: date) -> Days | None:
    nth = ["first", "second", "third", "4th", "1st", "2nd", "3rd"].index(match["q"] or match["r"]) % 4
    start = date(today.year + 1, 1 + 3 * nth, 1)
    return Days(start, months_later(start, 3) - ONE_DAY)


TELLS_OF_CAR = re.compile(
    r"\b(?:not|n't|dies|stalls|stops?|shuts|starts?|starting|going|overheats?|light|comes?|goes|turns?|fails?|brakes?)\b[^,.;]{0,30}$"
)


def _soon(match: re.Match[str], today: date) -> Days | None:
    """Within two weeks; "it dies immediately" tells of the car."""
    if match[0] in {"immediately", "right away"} and TELLS_OF_CAR.search(match.string, 0, match.start()):
        return None
    return Days(today, today + timedelta(days=SOON_DAYS), is_vague=True)


def _any_weekday(match: re.Match[str], today: date) -> Days | None:
    return Days(today, today + timedelta(days=SOON_DAYS), not_on=(5, 6), is_vague=True)


# "May" is a verb behind "and", "or" and their like.
BARE_MONTH = "(?:{})".format(
    "|".join(
        rf"(?<=\b{word} )"
        for word in (
            "in", "of", "by", "until", "for", "before", "after", "from", "to", "through", "between", "around", "sometime",
            "about", "during", "next", "this", "like", "maybe", "or", "and", "say",
        )
    )
)  # fmt: skip
AROUND_A_DAY = (
    phrase("new year", r"\b(?:early )?in the new year\b|\bearly (?:in )?(?:the )?new year\b", _after_the_holidays),
    phrase("week", rf"\b(?:the )?(?P<nth>first|1st|second|2nd|third|3rd|4th|last|final) (?:full )?week (?:of|in) (?:(?P<month>{MONTH})|(?:the |this )?(?P<which>next|this|the)? ?month)\b",
           _week_of_month),
    phrase("weeks", rf"\b(?:the )?(?P<nth>first|last) (?P<count>[2-4]) weeks (?:of|in) (?:(?P<month>{MONTH})|(?:the |this )?(?P<which>next|this|the)? ?month)\b",
           _week_of_month),
    phrase("weekend", rf"\b(?:the )?(?P<nth>first|1st|second|2nd|third|3rd|4th|last|final) weekend (?:of|in) (?:(?P<month>{MONTH})|(?:the |this )?(?P<which>next|this|the)? ?month)\b",
           _weekend_of_month),
    phrase("week", rf"\b(?:the )?week(?:end)? (?:of|(?P<side>after|before|following)) (?:the )?(?P<name>{HOLIDAY})\b(?P<named>)", _around_holiday),
    phrase("week", rf"\b(?P<named>{HOLIDAY})(?:'s)? week(?:end)?\b(?P<side>)(?P<name>)", _around_holiday),
)  # fmt: skip
WEEKS = (
    phrase("week", r"\b(?:the )?week after next\b|\b(?:the )?week after that\b", _in_a_week_after_next),
    phrase("week", r"\b(?:not next week,? (?:but )?(?:in |maybe )?the (?:week|one|1) after|the week after)\b(?! (?:the |~))|\bthe following week\b", _next_week),
    phrase("next coming", r"\b(?:within|in|over|during|sometime in) the (?:next|coming) (?P<unit>week|month)\b(?! of)", _next_span),
    phrase("coming", r"\b(?:in|over|within) the coming (?:days|weeks)\b", _soon),
    phrase("weekend", rf"\b(?:over |on |at |during )?{WHICH}?weekends?\b(?P<more> after next)?(?! (?:of|beginning|starting) )", _weekend),
    phrase("week", rf"\b{PART}?{WHICH}?week\b(?P<more> after next)?(?! (?:of|beginning|starting|commencing|old|ago))", _week),
    phrase("weekday weeknight", r"\b(?:any |some |next |on |during (?:the )?|a )week ?days?\b|\bweekdays\b|\bduring the week\b", _any_weekday),
)  # fmt: skip
MONTHS_SAID = (
    phrase("holidays", r"\b(?:after|past) the holidays\b|\bafter the (?:first|1st) of the year\b", _after_the_holidays),
    phrase("month", rf"\b{PART}?{WHICH}?month\b(?P<more> after next)?(?! (?:ago|old|from|of))", _month),
    phrase("to through until and", rf"\b(?:from |between )?(?P<month>{MONTH}) (?:to|through|until|and) (?P<last>{MONTH})\b(?! \d)", _months),
    phrase("", rf"\b(?:{PART}(?:(?P<x>this|next) )?|mid |the month of )(?P<month>{MONTH})\b(?! \d{{1,2}}\b){YEAR}", _named_month),
    phrase("", rf"{BARE_MONTH}{MONTH_ALONE}\b(?! \d{{1,2}}\b)(?P<part>){YEAR}", _named_month),
    phrase("", rf"\b(?P<part>)(?P<month>{MONTH}),? (?P<year>20\d\d)\b(?P<which>)", _named_month),
    phrase("", rf"^\W*(?:um+ |uh+ |maybe |sometime |probably )?(?P<part>)(?P<month>{MONTH})\W*$(?P<year>)(?P<which>)", _named_month),
    phrase("spring summer fall autumn winter", r"\b(?:in the|this|next|(?:in )?(?:early|late)|sometime in the|over the|during the|by) (?P<season>spring|summer|fall|autumn|winter)\b(?! (?:tires?|tyres?|coat))", _season),
    phrase("quarter", r"\bnext year's (?P<q>first|second|third|1st|2nd|3rd|4th) quarter\b|\b(?:the )?(?P<r>first|second|third|4th) quarter of next year\b", _quarter),
    phrase("year", r"\b(?:the )?(?:end of (?:the|this) year|year'?s? end)\b", _end_of_year),
    phrase("next year", r"\bnext year\b(?!')", _next_year),
)  # fmt: skip
SOON = (
    phrase("soon sooner asap immediate right earliest first next when any whenever flexible open matter now",
           r"\b(?:as soon as (?:possible|you(?: guys)? (?:can|could|have|are able)|(?:they|we|i|he|she) (?:can|could)|it's possible|we can)|asap|a\.?s\.?a\.?p|soon as (?:possible|you can)"
           r"|(?:the )?sooner the better|soonest|immediately|right away|(?<=in )right now|(?:very|pretty|really|real|fairly) soon|first (?:available|opening|open|appointment|slot|chance|thing available|one available)"
           r"|next (?:available|opening|open|slot|possible|opportunity)|earliest|any ?time(?= (?:works|is|that works|you(?: guys)? (?:can|have|want|like|are)|would|this|next|on|~|soon|will|really|at all|for me)|[,.!?]|$)"
           r"|whenever(?= (?:you|works|is|there|suits|it suits|it works|it's convenient|the next|they|possible|you're)|[,.!?]|$)(?! (?:you|they) (?:brake|turn|stop|start|drive|accelerate|hit|press|push|go|shift))"
           r"|any(?: other)? day(?: of the week| at all)?|any of (?:those|these) days|(?:i'm|i am|we're|my schedule is|pretty|completely|totally|very) (?:flexible|wide open|open)|doesn't matter when|when(?:ever)? (?:you have|there's) (?:an opening|time|room))\b", _soon),
)  # fmt: skip
