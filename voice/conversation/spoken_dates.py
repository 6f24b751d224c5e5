"""Written days and times → words: 2026-12-01, 12/1, Dec. 1, 10:30 AM, 14:00. Pure.

The weekday is said where the year leaves no doubt about it and nobody has named one.
"""

import re
from datetime import date

from voice.conversation.dates import MONTHS, WEEKDAYS
from voice.conversation.number_words import cardinal, ordinal, year

NEAR_DAYS = 300  # a day within so many needs no year, and its weekday helps
MONTH_NAMES = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
WEEKDAY_NAMES = r"(?:Mon(?:day)?|Tue(?:s(?:day)?)?|Wed(?:nesday)?|Thu(?:r(?:s(?:day)?)?)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)"
NAMED_DAY = re.compile(rf"\b(?:{'|'.join(WEEKDAYS)}|today|tomorrow|yesterday)\b", re.IGNORECASE)

ISO = re.compile(
    r"(?<![\w/.-])([12][0-9]{3})-([01]?[0-9])-([0-3]?[0-9])"
    r"(?:[T ]([0-2][0-9]:[0-5][0-9])(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?(?![\w/-])"
)
NUMERIC = re.compile(
    r"(?<![\w/.-])([01]?[0-9])([/-])([0-3]?[0-9])\2((?:[12][0-9])?[0-9]{2})(?![\w/-]|\.[0-9])"
)
MONTH_AND_DAY = re.compile(r"(?<![\w/.$-])(1[0-2]|0?[1-9])/(3[01]|[12][0-9]|0?[1-9])(?![\w/%-]|\.[0-9])")
NAMED_MONTH = re.compile(
    rf"\b({MONTH_NAMES})\.? ([0-3]?[0-9])(?:st|nd|rd|th)?(?:,? ((?:19|20)[0-9]{{2}}))?(?![\w:/%-]|[.,][0-9]| ?[ap]\.?m\b)",
)
NO_DAY_OF_MAY = re.compile(r"(?:^|[.!?] )$")
OF_A_DATE = re.compile(
    r"(?:\b(?:on|by|until|till|through|from|since|before|after|dated?|for|to|and|or|is|was)|day,?) $"
)
ORDINAL = re.compile(r"(?<![\w.,/$-])([1-9][0-9]?)(?:st|nd|rd|th)\b")
WEEKDAYS_TO = re.compile(rf"\b({WEEKDAY_NAMES})\.? ?[–—-] ?({WEEKDAY_NAMES})\b\.?(?!\w)")
SHORT_WEEKDAY = re.compile(
    rf"\b({WEEKDAY_NAMES})(?<!day)(\.?,?) (?={MONTH_NAMES}\b|[0-9]{{1,2}}(?:[/:]|(?: ?[AaPp]\.?[Mm]\b)))"
)

# What a fraction is and a date is not, unless words before it say so.
FRACTIONS = {(1, 2), (1, 3), (2, 3), (1, 4), (3, 4), (1, 8), (3, 8), (5, 8), (7, 8)}
OF_A_FRACTION = re.compile(r"\s?(?:inch|in\.|\"|of\b|miles?\b|hours?\b|tanks?\b|quarts?\b|turns?\b|stars?\b)")
FRACTION = re.compile(
    r"(?<![\w/.$-])(?:([0-9]{1,3})[ -])?([1-9]|[1-9][0-9])/(2|3|4|8|10|16|32|64)(?![\w/%-]|\.[0-9])"
)
PART_NAMES = {2: "half", 4: "quarter"}
GLYPHS = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "⅛": "1/8"}

HALF = r"(?:[ap]\.m\.?|[ap]m\b)"
CLOCK = r"([01]?[0-9]|2[0-3])(?::([0-5][0-9]))?"
TIMES = re.compile(
    rf"(?<![\w:.,$/#-]){CLOCK} ?({HALF})? ?(?:[–—-]|to) ?{CLOCK} ?({HALF})(?!\w)", re.IGNORECASE
)
CLOCKS = re.compile(
    r"(?<![\w:.,$/#-])([01]?[0-9]|2[0-3]):([0-5][0-9]) ?[–—-] ?([01]?[0-9]|2[0-3]):([0-5][0-9])(?![\w:])"
)
TIME = re.compile(rf"(?<![\w:.,$/#-]){CLOCK} ?({HALF})(?!\w)", re.IGNORECASE)
BARE_TIME = re.compile(r"(?<![\w:.,$/#-])([01]?[0-9]|2[0-3]):([0-5][0-9])(?![\w:]|\.[0-9])")
LOOSE_HALF = re.compile(r"\b([ap])\.m\b\.?", re.IGNORECASE)


def say_dates(text: str, today: date) -> str:
    """today is the store's calendar day."""
    for glyph, written in GLYPHS.items():
        text = re.sub(rf"(?<=[0-9]){glyph}", f" {written}", text).replace(glyph, written)
    text = WEEKDAYS_TO.sub(lambda m: f"{_weekday(m[1])} through {_weekday(m[2])}{_stop(m)}", text)
    text = SHORT_WEEKDAY.sub(lambda m: f"{_weekday(m[1])}, ", text)
    with_weekday = not NAMED_DAY.search(text)

    def say(day: date) -> str:
        name = f"{MONTHS[day.month - 1].capitalize()} {ordinal(day.day)}"
        if abs((day - today).days) > NEAR_DAYS:
            return f"{name}, {year(day.year)}"
        return f"{day:%A}, {name}" if with_weekday else name

    def say_iso(match: re.Match[str]) -> str:
        day = _day(int(match[1]), int(match[2]), int(match[3]))
        return match[0] if day is None else say(day) + (f" at {match[4]}" if match[4] else "")

    def say_numeric(match: re.Match[str]) -> str:
        written = int(match[4])
        day = _day(written if written > 99 else 2000 + written, int(match[1]), int(match[3]))
        return say(day) if day else match[0]

    def say_named(match: re.Match[str]) -> str:
        month = _month(match[1])
        if match[1] == "May" and NO_DAY_OF_MAY.search(match.string[: match.start()]) and not match[3]:
            return match[0]  # "May 5 of us come along?"
        day = _day(int(match[3] or 2000), month, int(match[2]))
        if day is None:
            return match[0]
        return say(day) if match[3] else f"{MONTHS[month - 1].capitalize()} {ordinal(day.day)}"

    text = NUMERIC.sub(say_numeric, ISO.sub(say_iso, text))
    text = MONTH_AND_DAY.sub(_say_month_and_day, NAMED_MONTH.sub(say_named, text))
    text = text.replace("24/7", "twenty-four seven")
    return ORDINAL.sub(lambda m: ordinal(int(m[1])), FRACTION.sub(_say_fraction, text))


def say_times(text: str) -> str:
    text = TIMES.sub(_say_times, text)
    text = CLOCKS.sub(lambda m: f"{_clock(m[1], m[2])} to {_clock(m[3], m[4])}", text)
    text = TIME.sub(lambda m: _clock(m[1], m[2], m[3]) + _stop(m), text)
    text = BARE_TIME.sub(lambda m: _clock(m[1], m[2]), text)
    text = re.sub(r"\b12 noon\b", "noon", text)
    return LOOSE_HALF.sub(lambda m: f"{m[1].upper()}M{_stop(m)}", text)


# --- days ---------------------------------------------------------------------------------


def _say_month_and_day(match: re.Match[str]) -> str:
    """ "12/1" without a year has no weekday that is certain; "3/4" may be a part of something."""
    month, number = int(match[1]), int(match[2])
    before, after = match.string[: match.start()], match.string[match.end() :]
    is_part = (month, number) in FRACTIONS and not OF_A_DATE.search(before)
    if is_part or OF_A_FRACTION.match(after) or re.search(r"[0-9][ -]$", before):
        return match[0]
    day = _day(2000, month, number)
    return f"{MONTHS[month - 1].capitalize()} {ordinal(number)}" if day else match[0]


def _say_fraction(match: re.Match[str]) -> str:
    above, below = int(match[2]), int(match[3])
    if above >= below:
        return match[0]
    name = PART_NAMES.get(below) or ordinal(below)
    if not match[1]:
        return f"{cardinal(above)} {name}{'s' if above > 1 else ''}"
    part = f"a {name}" if above == 1 else f"{cardinal(above)} {name}s"
    return f"{cardinal(int(match[1]))} and {part}"


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month(name: str) -> int:
    return next(number for number, month in enumerate(MONTHS, 1) if month.startswith(name[:3].lower()))


def _weekday(name: str) -> str:
    return next(day for day in WEEKDAYS if day.startswith(name[:3].lower())).capitalize()


# --- times --------------------------------------------------------------------------------


def _say_times(match: re.Match[str]) -> str:
    """ "10-11 am": the first half of the day is said only where it was written."""
    if not match[6]:
        return match[0]
    first = _clock(match[1], match[2], match[3]) if match[3] else _hour_and_minute(int(match[1]), match[2])
    return f"{first} to {_clock(match[4], match[5], match[6])}{_stop(match)}"


def _clock(hour: str, minute: str | None, half: str | None = None) -> str:
    number, is_sharp = int(hour), not int(minute or 0)
    is_military = number > 12 or number == 0 or (hour.startswith("0") and not half)
    if is_military:
        half = "p" if number >= 12 else "a"
    is_late = bool(half) and str(half)[0].lower() == "p"
    if is_sharp and number % 12 == 0 and (half or number == 12):
        return "noon" if is_late or not half else "midnight"
    words = _hour_and_minute(number, minute)
    if half:
        return f"{words} {'PM' if is_late else 'AM'}"
    return f"{words} o'clock" if is_sharp else words


def _hour_and_minute(hour: int, minute: str | None) -> str:
    words = cardinal((hour - 1) % 12 + 1)
    if not minute or minute == "00":
        return words
    return (
        f"{words} oh {cardinal(int(minute))}"
        if minute.startswith("0")
        else f"{words} {cardinal(int(minute))}"
    )


def _stop(match: re.Match[str]) -> str:
    """The dot of "a.m." ends the sentence, too, where nothing follows."""
    return "." if match[0].endswith(".") and not match.string[match.end() :].strip() else ""
