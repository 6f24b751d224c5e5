"""Digits → the words for them, the other way round than numbers.py. Pure."""

from crm.phone import DIGIT_WORDS
from voice.conversation.numbers import ORDINALS, TENS, UNITS

SMALL = {value: word for word, value in UNITS.items() if word != "oh"}
ROUND = {value: word for word, value in TENS.items()}
ORDINAL_WORDS = {value: word for word, value in ORDINALS.items()}
LARGE = ((1_000_000_000, "billion"), (1_000_000, "million"), (1_000, "thousand"), (100, "hundred"))


def cardinal(number: int) -> str:
    """1249 → "one thousand two hundred forty-nine". number is not below zero."""
    for size, word in LARGE:
        if number >= size:
            many, rest = divmod(number, size)
            return f"{cardinal(many)} {word}" + (f" {cardinal(rest)}" if rest else "")
    if number in SMALL:
        return SMALL[number]
    unit = number % 10
    return ROUND[number - unit] + (f"-{SMALL[unit]}" if unit else "")


def ordinal(number: int) -> str:
    """21 → "twenty-first"."""
    if number in ORDINAL_WORDS:
        return ORDINAL_WORDS[number]
    *before, last = cardinal(number).replace("-", "- ").split(" ")
    last = ORDINAL_WORDS[UNITS[last]] if last in UNITS else f"{last.removesuffix('y')}ieth"
    return " ".join([*before, last]).replace("- ", "-")


def decimal(figure: str) -> str:
    """ "1,249" and "1.5" → words; what stands behind the point digit by digit."""
    whole, _, part = figure.replace(",", "").partition(".")
    words = cardinal(int(whole or "0"))
    return f"{words} point {' '.join(digit_words(part))}" if part else words


def year(number: int) -> str:
    """2026 → "twenty twenty-six", 2005 → "two thousand five", 1999 → "nineteen ninety-nine"."""
    century, rest = divmod(number, 100)
    if century % 10 == 0 and rest < 10:
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {cardinal(rest) if rest > 9 else f'oh {cardinal(rest)}'}"


def digit_words(digits: str) -> list[str]:
    return [DIGIT_WORDS[int(digit)] for digit in digits]
