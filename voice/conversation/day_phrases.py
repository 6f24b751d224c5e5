"""The phrases that name one day, in plain text (`date_spelling.plain`), and the day each one means. Pure.

Rules, because people disagree about them:
- "Tuesday" and "this Tuesday" are the next one after today; "next Tuesday" is the one in the
  calendar week (from Monday) after this one.
- "A week from Tuesday" and "Tuesday week" are a week after "Tuesday".
- A day and month that have passed this year are next year's; a date of the past is no wish.
- "Tuesday the 24th" is in this month or the next where that is a Tuesday; else it contradicts itself.
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
    month_of,
    months_later,
    next_date,
    nth_weekday,
    real_date,
)
from voice.conversation.date_spelling import MONTH, WEEKDAY
from voice.conversation.day_forms import (
    BEHIND_A_DAY,
    DAY,
    MONTH_HERE,
    NO_CLOCK,
    NOT_READ,
    NTH,
    UNIT,
    YEAR,
    Days,
    no_wish,
    number,
    one,
    phrase,
)

# --- dates --------------------------------------------------------------------------------


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


# --- counted from today or another day ----------------------------------------------------


def _later(day: date, count: int, unit: str) -> date:
    """count units after day; of working days only Monday to Friday count."""
    if unit in {"business day", "working day"}:
        for _ in range(count):
            day += ONE_DAY
            while day.weekday() >= SATURDAY:
                day += ONE_DAY
        return day
    if unit in {"month", "year"}:
        return months_later(day, count * (12 if unit == "year" else 1))
    return day + count * timedelta(days={"day": 1, "week": 7, "fortnight": 14}[unit])


def _base(name: str, today: date) -> date:
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
    base, unit = _base(match["base"], today), match["unit"]
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


def _today(match: re.Match[str], today: date) -> Days | None:
    return one(today)


def _tomorrow(match: re.Match[str], today: date) -> Days | None:
    return one(today + ONE_DAY)


def _after_tomorrow(match: re.Match[str], today: date) -> Days | None:
    return one(today + 2 * ONE_DAY)


def _tomorrow_or_after(match: re.Match[str], today: date) -> Days | None:
    first, last = today + ONE_DAY, today + 2 * ONE_DAY
    return Days(first, last, choices=(first, last))


# --- weekdays -----------------------------------------------------------------------------


def _weekday_in_week(match: re.Match[str], today: date) -> Days | None:
    """ "Tuesday next week", "next week on Tuesday", "Tuesday of this week"."""
    weekday = WEEKDAYS.index(match["weekday"])
    weeks = 2 if match["more"] else 0 if match["which"] == "this" else 1
    day = monday_of(today) + timedelta(days=weekday, weeks=weeks)
    return Days(day, day, weekday) if day >= today else Days(coming(today, weekday), coming(today, weekday))


def _weekday_in_weeks(match: re.Match[str], today: date) -> Days | None:
    """ "Tuesday in two weeks", "two weeks from now on a Tuesday": that one of that calendar week."""
    weekday = WEEKDAYS.index(match["weekday"])
    day = monday_of(today) + timedelta(days=weekday, weeks=int(match["count"]))
    return Days(day, day, weekday)


def _weekdays_ahead(match: re.Match[str], today: date) -> Days | None:
    """ "Two Tuesdays from now"."""
    return one(coming(today, WEEKDAYS.index(match["weekday"])) + timedelta(weeks=int(match["count"]) - 1))


def _weekday_after_next(match: re.Match[str], today: date) -> Days | None:
    return one(monday_of(today) + timedelta(weeks=2, days=WEEKDAYS.index(match["weekday"])))


def _weekday_week(match: re.Match[str], today: date) -> Days | None:
    return one(coming(today, WEEKDAYS.index(match["weekday"])) + timedelta(weeks=1))


def _weeks_behind_weekday(match: re.Match[str], today: date) -> Days | None:
    """ "Two weeks on Tuesday"."""
    return one(coming(today, WEEKDAYS.index(match["weekday"])) + timedelta(weeks=int(match["count"])))


def _this_or_next(match: re.Match[str], today: date) -> Days | None:
    first = coming(today, WEEKDAYS.index(match["weekday"]))
    last = first + timedelta(weeks=1)
    return Days(first, last, choices=(first, last))


def _weekday_by_a_day(match: re.Match[str], today: date) -> Days | None:
    """ "The Friday after Thanksgiving", "the Monday before Christmas"."""
    weekday, base = WEEKDAYS.index(match["weekday"]), _base(match["base"], today)
    return one(coming(base - 8 * ONE_DAY if match["side"] == "before" else base, weekday))


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


# --- holidays -----------------------------------------------------------------------------


def _holiday(match: re.Match[str], today: date) -> Days | None:
    day = calendar_days.holiday(match["name"], today, year_of(match, today))
    return one(day if day >= today else None)


def _next_to_holiday(match: re.Match[str], today: date) -> Days | None:
    day = calendar_days.holiday(match["name"], today)
    return one(day + ONE_DAY if match["side"] in {"after", "following"} else day - ONE_DAY)


# --- the phrases, the more telling ones first ---------------------------------------------

NAMED = rf"(?P<weekday>{WEEKDAY})"
BASE = rf"(?P<base>(?:the )?day after tomorrow|today|tomorrow|now|tonight|{WEEKDAY}|{HOLIDAY})"
COUNT = r"\b(?P<count>[1-9]\d?)(?: (?:to|or) (?P<last>\d{1,2}))?"
GREETED = r"(?:how are (?:you|things|we)|how's it going|doing|calling|talking|speaking|having|help(?:ing)? (?:me|you|us)(?: out)?|sound)"

NO_WISHES = (
    phrase("yesterday", r"\b(?:the day before )?yesterday(?:'s)?(?: (?:morning|afternoon|evening|night))?\b", no_wish),
    phrase("last past previous", rf"\b(?:last|this past|(?:the )?past|previous) (?:{WEEKDAY}|{MONTH}|weekend|week|month|year|night|spring|summer|fall|winter|evening"
           rf"|{HOLIDAY}|(?:few |couple (?:of )?|\d{{1,2}} )(?:days?|weeks?|months?|hours?|years?|nights?))(?: (?:morning|afternoon|evening|night))?\b"
           rf"(?! (?:of|in) (?:the|this|next|{MONTH})\b)", no_wish),
    phrase("ago", r"\b(?:(?:\d{1,2}|#|several|some) )?(?:(?:days?|weeks?|months?|years?|hours?|minutes?) )?(?:or so )?ago\b", no_wish),
    phrase("every each other", rf"\b(?:(?:{NTH}|{DAY}) of )?(?:every|each)(?: (?:other|single|{NTH}|\d{{1,2}}))? (?:{WEEKDAY}|day|night|morning|afternoon|evening|week|weekend|month"
           rf"|months|weeks|days)\b", no_wish),
    phrase("today", rf"\b{GREETED}(?: \w+)? today\b", no_wish),
    phrase("today now", r"\b(?:all|that's it|that is it|everything|nothing(?: else)?|done|good|looking)(?: that)?(?: i (?:need|needed|want|wanted|have|had|was looking for|am looking for))?(?: for)? (?:today|right now|now)(?=\W*(?:$|[,.!?]|thank))", no_wish),
    phrase("day", r"\bday (?:after|by|to) day\b|\b(?:same|all|one|some|other|every|good) day\b(?! after)", no_wish),
    phrase("march", r"(?:^|[,.;!?] ?|\b(?:to|i'll|will|can|and) )march (?:it|in|over|down|right|back|on)\b", no_wish),
)  # fmt: skip
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
COUNTED = (
    phrase("week", rf"(?<!in )\b(?P<count>\d) weeks? (?:on )?{NAMED}\b", _weeks_behind_weekday),
    phrase("weeks from in", rf"\b(?:in )?(?P<count>\d) weeks?(?: from (?:now|today))?,? (?:on )?(?:a )?{NAMED}\b", _weekday_in_weeks),
    phrase("weeks", rf"\b{NAMED},? (?:in )?(?P<count>\d) weeks?(?: from (?:now|today))?\b(?! from| after)", _weekday_in_weeks),
    phrase("from after before ahead prior later", rf"\b(?:in )?{COUNT} {UNIT} (?P<side>from|after|before|ahead of|prior to|past) (?:this |next |coming |this coming )?{BASE}\b",
           _counted),
    phrase("week", rf"(?<!next )(?<!this )\bweek (?P<side>from) (?:this |coming )?(?P<base>today|tomorrow|{WEEKDAY})\b(?P<count>)(?P<last>)(?P<unit>)",
           lambda match, today: one(_base(match["base"], today) + timedelta(weeks=1))),
    phrase("within next coming under less", rf"\b(?:(?:within|(?:in )?(?:under|less than))(?: about)?(?: the)?|(?:(?:in|over|during|within) )?(?:the )?(?P<next>next|coming|following)) "
           rf"{COUNT} {UNIT}\b(?! (?:old|later|from|after))", _within),
    phrase("next", rf"\b(?:the |over )?(?P<count>[1-9]\d?) (?P<next>next) {UNIT}\b", _within),
    phrase("in", rf"\b(?:in|maybe|about|around) (?:about |around |like |maybe |another |just )?{COUNT}(?: more)? {UNIT}(?:'s?)?(?: time)?\b(?! (?:old|ago))", _ahead),
    phrase("later out", rf"\b{COUNT} {UNIT} (?:later|out|from here)\b", _ahead),
    phrase("next", r"\b(?:in |within |over )?(?:the )?(?:next|coming) (?:\d{1,2} |few )?(?:hours?|minutes?)\b", _today),
    phrase("hour minute", r"\b(?:in|within) (?:about |around |like |maybe |just )?(?:half (?:an|a|1) hour|(?:\d{1,2}|#) ?(?:hours?|minutes?)(?: and a half)?)\b"
           r"|\b(?:half (?:an|a|1) hour|\d{1,2} (?:hours?|minutes?)) from now\b", _today),
)  # fmt: skip
HOLIDAYS_SAID = (
    phrase("day", rf"\bday (?P<side>after|before|following) (?:the )?(?P<name>{HOLIDAY})\b", _next_to_holiday),
    phrase("day", rf"\b(?P<weekday>{WEEKDAY}) (?P<side>after|before) (?:the )?(?P<base>{HOLIDAY})\b", _weekday_by_a_day),
    phrase("", rf"\b(?P<name>{HOLIDAY})(?!'?s? (?:week|vacation|break|tree|gift|present|card|bonus))\b{YEAR}", _holiday),
)  # fmt: skip
WEEKDAYS_SAID = (
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
    phrase("", rf"\b(?:(?P<next>next|the following) |(?:this |the )?(?:up)?coming |this (?:next )?)?{NAMED}(?:'s)?\b", _weekday),
)  # fmt: skip
DAY_WORDS = (
    phrase("tomorrow", r"\btomorrow,? or (?:maybe )?(?:the )?(?:day after(?: that| tomorrow)?|next day|following day)\b", _tomorrow_or_after),
    phrase("tomorrow", r"\b(?:the )?day after (?:tomorrow|next)\b|\b(?:the )?day after that\b", _after_tomorrow),
    phrase("tomorrow", r"\btomorrow(?:'s)?\b", _tomorrow),
    phrase("today tonight this", r"\b(?:today(?:'s)?\b|to(?=night)|this (?=(?:early |late |mid ?)?(?:morning|afternoon|evening|night)))", _today),
    phrase("day next following", r"\bthe day after\b(?=\s*(?:$|[,.?!;]|at\b|or\b|works?\b|please\b|would\b|is\b|around\b))"
           r"|\b(?:the )?(?:next|following) (?:business |working )?day\b|\b(?:the )?(?:following|next) (?=morning|afternoon|evening)", _tomorrow),
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
