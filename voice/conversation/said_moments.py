"""The days and times that a sentence of the desk speaks of, each with its own. Pure.

Reads what the desk says, not what callers say: full names of days and months, times with AM or PM. For
callers there is dates.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from voice.conversation.calendar_days import MONTHS, WEEKDAYS

DAY = re.compile(
    rf"\b(?P<near>today|tomorrow)\b"
    rf"|\b(?:(?P<weekday>{'|'.join(WEEKDAYS)})\b,?\s*(?:the )?)?(?P<month>{'|'.join(MONTHS)}) (?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b"
    rf"|\b(?:(?P<on>{'|'.join(WEEKDAYS)})\b,? )?the (?P<nth>\d{{1,2}})(?:st|nd|rd|th)\b(?: of (?P<of>{'|'.join(MONTHS)}))?"
    rf"|\b(?P<alone>{'|'.join(WEEKDAYS)})\b"
)
CLOCK = re.compile(
    r"\b(?P<hour>\d{1,2})(?:[: ](?P<minute>\d{2}))?\s*(?P<half>[ap])\.?\s?m\b|\b(?P<noon>noon)\b"
    # "At ten", with nothing behind it that would make it a house number or a sum.
    rf"|\b(?:at|for) (?P<bare>1[0-2]|[1-9])(?:[: ](?P<past>[0-5]\d))?(?= o'?clock|\s*(?:$|[.,;!?])| (?:on|this|tomorrow|today|{'|'.join(WEEKDAYS)})\b)"
)
# Between a time and the day behind it: "9 AM on Tuesday".
BELONGS = re.compile(r"(?: o'?clock)?,? ?(?:(?:on|this|next|coming) )*")
# What follows is not when somebody is to come.
NOT_THEN = re.compile(
    r"\b(?:until|till|by|before|after|from|between|instead of|rather than)\s+(?:on |the )*$"
)


@dataclass(frozen=True, slots=True)
class Said:
    """A day, a time, or a day with its time; None where nothing was said of it.

    is_then is False for what only bounds or leaves it: "until 6 PM", "from Tuesday". Of half a day nobody spoke
    when is_half_open: "at ten" is either.
    """

    weekday: int | None = None  # 0 is Monday
    month: int | None = None
    day: int | None = None  # of the month
    at: time | None = None
    is_half_open: bool = False
    is_then: bool = True

    def fits(self, moment: datetime) -> bool:
        """May this moment be meant?"""
        return (
            self.weekday in (None, moment.weekday())
            and self.month in (None, moment.month)
            and self.day in (None, moment.day)
            and self._fits_time(moment.time())
        )

    def _fits_time(self, moment: time) -> bool:
        if self.at is None or self.at == moment:
            return True
        is_other_half = (self.at.hour % 12, self.at.minute) == (moment.hour % 12, moment.minute)
        return self.is_half_open and is_other_half

    def is_same(self, other: "Said") -> bool:
        """Is all that other says said here, too?"""
        mine, theirs = (self.weekday, self.month, self.day), (other.weekday, other.month, other.day)
        return self.at == other.at and all(
            day in (None, known) for day, known in zip(theirs, mine, strict=True)
        )

    def near(self, today: date) -> date | None:
        """The day of that name that is nearest to today; None where none or no whole one was said."""
        years = (today.year - 1, today.year, today.year + 1)
        days = [day for year in years if (day := day_of(year, self.month or 0, self.day or 0))]
        return min(days, key=lambda day: abs(day - today), default=None)


class _Token(NamedTuple):
    begins: int
    ends: int
    said: Said


def find_moments(said: str, today: date | None = None) -> list[Said]:
    """Each time with its day, then the days alone; said is lower-case, its numbers are digits (words_to_digits).

    Without today's date "today" and "tomorrow" are no day.
    """
    days = [_Token(*match.span(), _day(match, today)) for match in DAY.finditer(said)]
    times = [_Token(*match.span(), found) for match in CLOCK.finditer(said) if (found := _time(match))]
    return list(_joined(said, days, times))


def day_of(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _joined(said: str, days: list[_Token], times: list[_Token]) -> Iterator[Said]:
    """Each time with the day behind it, or else the last before it; then the days that have none."""
    used: list[_Token] = []
    for each in times:
        day = next((day for day in days if BELONGS.fullmatch(said, each.ends, day.begins)), None)
        day = day or next((day for day in reversed(days) if day.ends <= each.begins), None)
        begins = min(each.begins, day.begins) if day and day not in used else each.begins
        is_then = not any(NOT_THEN.search(said, 0, at) for at in (begins, each.begins))
        yield replace(day.said if day else each.said, **_clock(each.said), is_then=is_then)
        used += [day] if day else []
    for day in days:
        if day not in used:
            yield replace(day.said, is_then=not NOT_THEN.search(said, 0, day.begins))


def _clock(said: Said) -> dict[str, Any]:
    return {"at": said.at, "is_half_open": said.is_half_open}


def _day(match: re.Match[str], today: date | None) -> Said:
    found = match.groupdict()
    if found["near"] and today is None:
        return Said()
    if found["near"] and today:
        near = today + timedelta(days=found["near"] == "tomorrow")
        return Said(near.weekday(), near.month, near.day)
    weekday = found["weekday"] or found["on"] or found["alone"]
    month, day = found["month"] or found["of"], found["day"] or found["nth"]
    return Said(
        WEEKDAYS.index(weekday) if weekday else None,
        MONTHS.index(month) + 1 if month else None,
        int(day) if day else None,
    )


def _time(match: re.Match[str]) -> Said | None:
    """None for what no clock shows."""
    if match["noon"]:
        return Said(at=time(12))
    if match["bare"]:
        return Said(at=time(int(match["bare"]) % 12, int(match["past"] or 0)), is_half_open=True)
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if not 1 <= hour <= 12 or minute > 59:
        return None
    return Said(at=time(hour % 12 + (12 if match["half"] == "p" else 0), minute))
