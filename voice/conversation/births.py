"""Dates of birth as people say them, American order: month, day, year. Pure.

Rules:
- A year of two digits is the latest that makes somebody who drives: "oh two" is 2002, "eighty-two" 1982.
- A first number above twelve is the day: "13/3/82" is the thirteenth of March.
- After "no wait" or "sorry" what is said anew replaces what it names: a day, a month, a year, or all three.
- A date that does not exist, is to come, or is more than 120 years ago is none: the desk asks again.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from voice.conversation.digits import TEENS, TENS, UNITS

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = re.compile(
    r"^(?:jan(?:uary)?|feb(?:ruary|uary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)$"
)
ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
WORD = re.compile(r"\d+(?:st|nd|rd|th)?|[a-z]+")
CORRECTION = re.compile(
    r"\b(?:no,? wait|wait|sorry|i mean|i meant|scratch that|correction|actually|no)\b[\s,.!]*"
)
CLOCK = re.compile(
    r"\b(?:at |around |about )+\d{1,2}(?::\d\d)?\b|\b\d{1,2}:\d\d\b|\b\d{1,2}\s*[ap]\.?m\b|\b\d{1,2} in the (?:morning|afternoon|evening)\b"
)
YOUNGEST, OLDEST = 14, 120  # years


@dataclass(frozen=True, slots=True)
class _Number:
    value: int
    figures: str  # as digits, with the zeros in front
    is_ordinal: bool = False


@dataclass(frozen=True, slots=True)
class _Parts:
    month: int | None = None
    day: int | None = None
    year: int | None = None


def find_birth_date(text: str, today: date) -> date | None:
    """The date of birth said in text; None when it is incomplete or cannot be one."""
    known = _Parts()
    for piece in CORRECTION.split(CLOCK.sub(" ", text.lower().replace("’", "'"))):
        said = _read(piece, today, known)
        known = _Parts(said.month or known.month, said.day or known.day, said.year or known.year)
    if not (known.month and known.day and known.year):
        return None
    try:
        born = date(known.year, known.month, known.day)
    except ValueError:
        return None
    return born if born <= today and today.year - born.year <= OLDEST else None


def _read(piece: str, today: date, known: _Parts) -> _Parts:
    words = WORD.findall(re.sub(r"(?<=[a-z])-(?=[a-z])", " ", piece))
    month, at = _month(words)
    numbers = list(_numbers(words))
    if month:
        before = len(list(_numbers(words[:at])))
        return replace(_day_and_year(numbers, before, today), month=month)
    ordinals = [number for number in numbers if number.is_ordinal]
    if known.month and (ordinals or len(numbers) < 3):
        return _correction(numbers, today)
    return _figures(numbers, today)


def _month(words: Sequence[str]) -> tuple[int | None, int]:
    """The last month named, and where; "may" in front of a verb or pronoun is none."""
    for at in range(len(words) - 1, -1, -1):
        if MONTH.match(words[at]) and words[at + 1 : at + 2] not in (["i"], ["we"], ["be"], ["have"]):
            return MONTHS.index(words[at][:3]) + 1, at
    return None, 0


def _numbers(words: Sequence[str]) -> Iterator[_Number]:
    """ "twenty third" → 23rd, "two thousand five" → 2005, "oh three" → 03."""
    at = 0
    while at < len(words):
        number, used = _number(words, at)
        if number:
            yield number
        at += used or 1


def _number(words: Sequence[str], at: int) -> tuple[_Number | None, int]:
    word, following = words[at], words[at + 1] if at + 1 < len(words) else ""
    if figures := re.match(r"\d+", word):
        return _Number(int(figures[0]), figures[0], is_ordinal=not word.isdigit()), 1
    if word in ORDINALS:
        return _Number(ORDINALS[word], str(ORDINALS[word]), is_ordinal=True), 1
    if word in TENS:
        if ORDINALS.get(following, 10) < 10:
            value = int(TENS[word]) * 10 + ORDINALS[following]
            return _Number(value, str(value), is_ordinal=True), 2
        unit = UNITS.get(following, "0")
        figures_of = TENS[word] + unit
        return _Number(int(figures_of), figures_of), 1 + (unit != "0")
    if following == "thousand" and word in ("one", "two"):
        return _thousands(words, at, int(UNITS[word]) * 1000)
    if following == "hundred" and word in TEENS:
        return _thousands(words, at, int(TEENS[word]) * 100)
    if word in ("oh", "o", "zero", "aught", "ought"):
        digit = UNITS.get(following, "") or (following if re.fullmatch(r"\d", following) else "")
        return (_Number(int(digit), f"0{digit}"), 2) if digit else (_Number(0, "0"), 1)
    value_of = UNITS.get(word) or TEENS.get(word, "")
    return (_Number(int(value_of), value_of), 1) if value_of else (None, 0)


def _thousands(words: Sequence[str], at: int, base: int) -> tuple[_Number, int]:
    """ "two thousand and five": the year as a whole."""
    behind = at + 2 + (words[at + 2 : at + 3] == ["and"])
    rest, used = _number(words, behind) if behind < len(words) else (None, 0)
    if rest and rest.value < 100 and not rest.is_ordinal:
        return _Number(base + rest.value, str(base + rest.value)), behind + used - at
    return _Number(base, str(base)), 2


def _day_and_year(numbers: Sequence[_Number], before: int, today: date) -> _Parts:
    """What stands around the name of a month; before: how many numbers stand in front of it."""
    rest = list(numbers)
    ordinals = {number.value for number in rest if number.is_ordinal}
    if len(ordinals) > 1:
        return _Parts()  # "from the first through the fifth"
    day = next((number for number in rest if number.is_ordinal), None)
    if day is None and before and rest[before - 1].value <= 31:
        day = rest[before - 1]
    if day is None:
        day = next((number for number in rest[before:] if 0 < number.value <= 31), None)
    if day is None:
        return _Parts(year=_year(rest, today))
    rest.remove(day)
    return _Parts(day=day.value, year=_year(rest, today))


def _correction(numbers: Sequence[_Number], today: date) -> _Parts:
    """Behind "no wait": an ordinal is the day, anything else the year."""
    day = next((number for number in numbers if number.is_ordinal), None)
    rest = [number for number in numbers if number is not day]
    return _Parts(day=day.value if day else None, year=_year(rest, today))


def _figures(numbers: Sequence[_Number], today: date) -> _Parts:
    """Numbers only: 3/3/82, "oh three oh three eighty two", 1982-03-03, 03031982."""
    if len(numbers) == 1 and len(numbers[0].figures) in (6, 8):
        figures = numbers[0].figures
        parts = (figures[:2], figures[2:4], figures[4:])
        numbers = [_Number(int(part), part) for part in parts]
    if len(numbers) < 3:
        return _Parts()
    if len(numbers[0].figures) == 4:
        return _Parts(numbers[1].value, numbers[2].value, _year(numbers[:1], today))
    month, day, year = numbers[0].value, numbers[1].value, _year(numbers[2:], today)
    if month > 12 >= day:
        month, day = day, month
    return _Parts(month, day, year)


def _year(numbers: Sequence[_Number], today: date) -> int | None:
    """ "nineteen eighty two", "twenty oh five", "eighty-two", "one nine eight two", "2005"."""
    figures = "".join(number.figures for number in numbers if not number.is_ordinal)
    if len(figures) == 4 and figures[:2] in ("18", "19", "20"):
        return int(figures)
    if len(figures) == 2:
        year = today.year // 100 * 100 + int(figures)
        return year if year <= today.year - YOUNGEST else year - 100
    return None
