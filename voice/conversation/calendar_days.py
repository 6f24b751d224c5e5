"""The calendar that callers speak of: weekdays, months and the holidays of the United States. Pure."""

import re
from collections.abc import Callable
from datetime import date, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
ONE_DAY = timedelta(days=1)
MONDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = 0, 3, 4, 5, 6


def coming(today: date, weekday: int) -> date:
    """The next such weekday after today."""
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def monday_of(day: date) -> date:
    """The first day of the calendar week of day."""
    return day - timedelta(days=day.weekday())


def month_of(name: str) -> int:
    """ "march" → 3; only the first three letters count."""
    return next(number for number, month in enumerate(MONTHS, 1) if month.startswith(name[:3]))


def last_day_of(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - ONE_DAY


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or the last one of a month that is too short for it."""
    index = day.month - 1 + months
    end = last_day_of(day.year + index // 12, index % 12 + 1)
    return end.replace(day=min(day.day, end.day))


def real_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def next_date(today: date, day: int, month: int | None = None) -> date | None:
    """The next such day from today; without a month the next month that has one. None: there is none."""
    for ahead in range(12 * 8 + 1 if (month, day) == (2, 29) else 13):
        index = today.month - 1 + ahead
        if month is not None and index % 12 + 1 != month:
            continue
        found = real_date(today.year + index // 12, index % 12 + 1, day)
        if found and found >= today:
            return found
    return None


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth such weekday of a month; -1 is the last one."""
    if nth < 0:
        end = last_day_of(year, month)
        return end - timedelta(days=(end.weekday() - weekday) % 7)
    start = date(year, month, 1)
    return start + timedelta(days=(weekday - start.weekday()) % 7, weeks=nth - 1)


def easter(year: int) -> date:
    """Easter Sunday, by the Gregorian rule of golden number, full moon and Sunday."""
    century, golden = year // 100, year % 19
    skipped, leap_centuries = century - century // 4 - (8 * century + 13) // 25, century // 4
    moon = (19 * golden + skipped + 15) % 30
    moon -= (moon + golden // 11) // 29
    weekday = (year + year // 4 + moon + 2 - century + leap_centuries) % 7
    days = moon - weekday
    month = 3 + (days + 40) // 44
    return date(year, month, days + 28 - 31 * (month // 4))


def _fixed(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


def _nth(month: int, weekday: int, nth: int, later: int = 0) -> Callable[[int], date]:
    return lambda year: nth_weekday(year, month, weekday, nth) + timedelta(days=later)


def _from_easter(days: int) -> Callable[[int], date]:
    return lambda year: easter(year) + timedelta(days=days)


# Names as they are said, in the spelling of `date_spelling.plain`; "day" behind them may be left out.
HOLIDAYS: dict[str, Callable[[int], date]] = {
    r"new year'?s?'? eve": _fixed(12, 31),
    r"new year'?s?'?(?: day)?": _fixed(1, 1),
    r"(?:martin luther king(?:,? (?:jr|junior))?\.?'?s?|mlk)(?: day)?": _nth(1, MONDAY, 3),
    r"groundhog day": _fixed(2, 2),
    r"valentine'?s?(?: day)?": _fixed(2, 14),
    r"president'?s?'?s? day": _nth(2, MONDAY, 3),
    r"(?:st\.?|saint) patrick'?s?(?: day)?": _fixed(3, 17),
    r"palm sunday": _from_easter(-7),
    r"ash wednesday": _from_easter(-46),
    r"good friday": _from_easter(-2),
    r"easter monday": _from_easter(1),
    r"easter(?: sunday)?": _from_easter(0),
    r"(?:april fools?'?s?|april fool's)(?: day)?": _fixed(4, 1),
    r"tax day": _fixed(4, 15),
    r"earth day": _fixed(4, 22),
    r"cinco de mayo": _fixed(5, 5),
    r"mother'?s?'? day": _nth(5, SUNDAY, 2),
    r"memorial day": _nth(5, MONDAY, -1),
    r"flag day": _fixed(6, 14),
    r"father'?s?'? day": _nth(6, SUNDAY, 3),
    r"juneteenth": _fixed(6, 19),
    r"independence day|(?:the )?(?:fourth|4th) of july": _fixed(7, 4),
    r"labou?r day": _nth(9, MONDAY, 1),
    r"(?:columbus|indigenous peoples?'?s?'?) day": _nth(10, MONDAY, 2),
    r"halloween": _fixed(10, 31),
    r"election day": _nth(11, MONDAY, 1, later=1),
    r"veteran'?s?'?s? day": _fixed(11, 11),
    r"black friday": _nth(11, THURSDAY, 4, later=1),
    r"cyber monday": _nth(11, THURSDAY, 4, later=4),
    r"thanksgiving(?: day)?": _nth(11, THURSDAY, 4),
    r"(?:christmas|xmas) eve": _fixed(12, 24),
    r"(?:christmas|xmas)(?: day)?": _fixed(12, 25),
    r"boxing day": _fixed(12, 26),
}
HOLIDAY = "(?:" + "|".join(f"(?:{name})" for name in HOLIDAYS) + ")"
_EACH = [(re.compile(name), rule) for name, rule in HOLIDAYS.items()]


def holiday(name: str, today: date, year: int | None = None) -> date:
    """The holiday of that name in year, else the next one from today. name matched HOLIDAY."""
    rule = next(rule for pattern, rule in _EACH if pattern.fullmatch(name))
    if year is not None:
        return rule(year)
    this_year = rule(today.year)
    return this_year if this_year >= today else rule(today.year + 1)
