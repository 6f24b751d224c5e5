"""Model years, in every form that callers give them. Pure."""

import re
from collections.abc import Sequence

from voice.conversation.numbers import TENS, UNITS

WORD = re.compile(r"'\d\d(?!\d)|[a-z0-9]+(?:'[a-z]+)?|&")
ZERO = ("oh", "o", "zero", "aught", "ought")
LONGEST_TURN = 1000  # characters
OLDEST, NEWEST = 1950, 2035
# Two digits name a year up to here in this century, and from the other on in the last.
LAST_SHORT, FIRST_SHORT = 35, 50
BEFORE_SHORT_YEAR = {"a", "an", "my", "our", "his", "her", "the", "year", "is", "it's", "its", "'s", "model", "wife's", "husband's"}  # fmt: skip


def car_words(text: str) -> list[str]:
    """The lower-case words of text, numbers below a hundred as figures: "F one fifty" → f, 1, 50.

    "oh nine" becomes "09", "fifteen hundred" 1500; "'09" keeps its apostrophe.
    """
    said = text[-LONGEST_TURN:].lower().replace("’", "'").replace("‘", "'").replace("-", " ")
    words = WORD.findall(said)
    out: list[str] = []
    index = 0
    while index < len(words):
        word = words[index]
        following = words[index + 1] if index + 1 < len(words) else ""
        unit = _unit(following)
        if word in TENS:
            out.append(str(TENS[word] + (unit or 0)))
            index += 1 + bool(unit)
        elif word in ZERO and unit:
            out.append(f"0{unit}")
            index += 2
        elif word in UNITS and word != "oh":
            out.append(str(UNITS[word]))
            index += 1
        elif word == "hundred" and out and out[-1].isdigit() and len(out[-1]) <= 2:
            out[-1] += "00"
            index += 1
        else:
            out.append(word.removesuffix("'s") if len(word) > 4 else word)
            index += 1
    return out


def _unit(word: str) -> int | None:
    """1 to 9, said or written; None otherwise."""
    if word in UNITS and 0 < UNITS[word] < 10:
        return UNITS[word]
    return int(word) if len(word) == 1 and word.isdigit() and word != "0" else None


def find_year(text: str) -> int | None:
    """The model year in text: "2014", "twenty fourteen", "two thousand and eight", "'98", a bare "09"."""
    years = years_in(car_words(text))
    return years[0][2] if years else None


def years_in(words: Sequence[str]) -> list[tuple[int, int, int]]:
    """Where in words a year is named without doubt: first word, word behind it, year; in their order."""
    found: list[tuple[int, int, int]] = []
    index = 0
    while index < len(words):
        length, year = _year_at(words, index)
        if year:
            found.append((index, index + length, year))
        index += length or 1
    return found


def short_year(word: str) -> int | None:
    """The year that two digits name: "09", "'98"; None for any other word."""
    digits = word.removeprefix("'")
    if len(digits) != 2 or not digits.isdigit():
        return None
    number = int(digits)
    if number <= LAST_SHORT:
        return 2000 + number
    return 1900 + number if number >= FIRST_SHORT else None


def _year_at(words: Sequence[str], index: int) -> tuple[int, int]:
    """How many words from index on name which year; (0, 0) when they name none."""
    word, rest = words[index], words[index + 1 :]
    if len(word) == 4 and word.isdigit() and OLDEST <= int(word) <= NEWEST:
        return 1, int(word)
    if word == "2" and rest[:1] == ["thousand"]:
        return _after_two_thousand(rest)
    if word == "2000" and rest and rest[0].isdigit() and int(rest[0]) <= LAST_SHORT and len(rest[0]) == 2:
        return 2, 2000 + int(rest[0])
    if word in ("19", "20") and rest and _is_second_half(rest[0]):
        year = int(word) * 100 + int(rest[0])
        return (2, year) if OLDEST <= year <= NEWEST else (0, 0)
    if word.startswith("'"):
        return 1, short_year(word) or 0
    if _stands_for_a_year(words, index) and (year := short_year(word) or 0):
        return 1, year
    return 0, 0


def _after_two_thousand(rest: Sequence[str]) -> tuple[int, int]:
    behind = list(rest[1:3])
    skipped = 2
    if behind[:1] == ["and"]:
        behind, skipped = behind[1:], 3
    if behind and behind[0].isdigit() and int(behind[0]) <= LAST_SHORT:
        return skipped + 1, 2000 + int(behind[0])
    return 2, 2000


def _is_second_half(word: str) -> bool:
    return len(word) == 2 and word.isdigit()


def _stands_for_a_year(words: Sequence[str], index: int) -> bool:
    """Two digits are a year as the whole answer, or as "an oh nine" at the end."""
    if len(words) == 1:
        return True
    is_last = index == len(words) - 1
    return is_last and words[index].startswith("0") and words[index - 1] in BEFORE_SHORT_YEAR
