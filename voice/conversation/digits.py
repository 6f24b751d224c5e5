"""Strings of digits as people say them: "double eight four", "five fifty-five", "twenty-one hundred". Pure.

Not what they amount to: "forty three twenty one" is 4321, as in a telephone number or a VIN.
"""

import re
from collections.abc import Sequence

UNITS = {
    "zero": "0", "oh": "0", "o": "0", "nought": "0", "naught": "0", "one": "1", "two": "2", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "niner": "9", "fife": "5",
}  # fmt: skip
TEENS = {
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16",
    "seventeen": "17", "eighteen": "18", "nineteen": "19",
}  # fmt: skip
TENS = {
    "twenty": "2", "thirty": "3", "forty": "4", "fourty": "4", "fifty": "5", "sixty": "6", "seventy": "7",
    "eighty": "8", "ninety": "9", "ninty": "9",
}  # fmt: skip
# "three fives" and "two zeros"
SEVERAL = {
    "zeros": "0", "zeroes": "0", "ohs": "0", "ones": "1", "twos": "2", "threes": "3", "fours": "4", "fives": "5",
    "sixes": "6", "sevens": "7", "eights": "8", "nines": "9",
}  # fmt: skip
REPEATS = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
LARGE = {"hundred": "00", "thousand": "000"}
# What a recogniser writes for a digit where it expects a sentence.
SOUND_LIKE_DIGITS = {"to": "2", "too": "2", "for": "4", "fore": "4", "ate": "8", "won": "1", "tree": "3"}
WORD = re.compile(r"\d+|[a-z]+(?:'[a-z]+)?|[^\s\w]")


def words_of(text: str) -> list[str]:
    """Lower-case words, runs of digits and single signs; a hyphen inside a word ("forty-three") is gone."""
    return WORD.findall(re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text.lower().replace("’", "'")))


def read_group(words: Sequence[str], at: int, *, adds_up: bool = False) -> tuple[str, int]:
    """The digits of the one number that begins at a place, and how many words it took; ("", 0) for none.

    "eight hundred twelve" begins with 800 unless adds_up, which reads 812; with "and" it is 812 either way.
    """
    word = words[at] if at < len(words) else ""
    if word in REPEATS:
        digits, used = read_group(words, at + 1)
        return (digits[0] * REPEATS[word] + digits[1:], used + 1) if digits else ("", 0)
    following = words[at + 1] if at + 1 < len(words) else ""
    if following in SEVERAL and UNITS.get(word, "0") in "234":
        return SEVERAL[following] * int(UNITS[word]), 2
    digits, used = _below_hundred(words, at)
    if not digits:
        return "", 0
    large = words[at + used] if at + used < len(words) else ""
    if large not in LARGE or len(digits) > 2 or digits == "0":
        return digits, used
    return _with_rest(digits, LARGE[large], words, at, used + 1, adds_up)


def _with_rest(
    digits: str, zeros: str, words: Sequence[str], at: int, used: int, adds_up: bool
) -> tuple[str, int]:
    """ "five hundred" and what may be added to it: "and twelve"."""
    has_and = at + used < len(words) and words[at + used] == "and"
    if has_and or adds_up:
        rest, taken = _below_hundred(words, at + used + has_and)
        if rest and len(rest) <= 2:
            return digits + rest.rjust(len(zeros), "0"), used + has_and + taken
    return digits + zeros, used


def _below_hundred(words: Sequence[str], at: int) -> tuple[str, int]:
    word = words[at] if at < len(words) else ""
    if word.isdigit():
        return word, 1
    if word in TENS:
        unit = UNITS.get(words[at + 1], "0") if at + 1 < len(words) else "0"
        return (TENS[word] + unit, 2) if unit != "0" else (TENS[word] + "0", 1)
    digits = UNITS.get(word) or TEENS.get(word, "")
    return digits, 1 if digits else 0


def spoken_digits(text: str) -> str:
    """All digits said one after the other: "double eight four, oh 3" → "88403"."""
    words = words_of(text)
    digits: list[str] = []
    at = 0
    while at < len(words):
        group, used = read_group(words, at)
        digits.append(group)
        at += used or 1
    return "".join(digits)
