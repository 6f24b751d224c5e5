"""Vehicle identification numbers: parse, check, read, speak. Pure; no network, no database.

The seventeen places (ISO 3779; 49 CFR 565 in North America):

    1-3  who made it (WMI)      9   check digit, binding only in North America
    4-8  what it is             10  model year        11  plant        12-17  serial number
"""

import re
from dataclasses import dataclass
from datetime import date

from crm import phone
from crm.vin_makers import country_of, is_north_american, make_of

LENGTH = 17
NOT_IN_A_VIN = {"I": "1", "O": "0", "Q": "0"}  # left out of the alphabet because of these digits
VALUES = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMN", range(1, 6), strict=True)),
    "P": 7,
    "R": 9,
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
}
WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
CHECK_PLACE = 8  # counted from 0, like the next two
DECIDES_YEAR_PLACE = 6
YEAR_PLACE = 9
YEAR_LETTERS = "ABCDEFGHJKLMNPRSTVWXY123456789"
FIRST_YEAR = 1980
YEAR_CYCLE = len(YEAR_LETTERS)
SEPARATORS = re.compile(r"[\s.\-/_]+")
SPOKEN_GROUPS = (3, 5, 3, 3, 3)


class InvalidVin(ValueError):
    """A VIN that cannot be. code is for programs, the sentence says what would be right.

    Codes: length, alphabet, repeated, check_digit. suggestion is a VIN that would pass, to read back
    and never to accept silently; "" when there is none.
    """

    def __init__(self, code: str, sentence: str, suggestion: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class Vin:
    """Seventeen characters that may be a VIN. warning: why they may yet be wrong, else ""."""

    number: str
    warning: str = ""

    def __str__(self) -> str:
        return self.number

    @property
    def last_six(self) -> str:
        return last_six(self.number)

    @property
    def is_north_american(self) -> bool:
        return is_north_american(self.number)

    @property
    def country(self) -> str:
        """Where its maker is registered: a country, else a continent, else ""."""
        return country_of(self.number)

    @property
    def make(self) -> str:
        """The make, where the maker's code stands for only one; else ""."""
        return make_of(self.number)


def normalise(text: str) -> str:
    """Upper case without spaces and the signs that people put between groups."""
    return SEPARATORS.sub("", text).upper()


def parse(text: str) -> Vin:
    """Read a VIN in any usual writing. Raises InvalidVin.

    A wrong check digit refuses a North American VIN; elsewhere, where makers need not keep to it,
    it only warns.
    """
    number = normalise(text)
    _check_alphabet(number)
    if len(number) != LENGTH:
        raise InvalidVin("length", f"A VIN has {LENGTH} characters; this one has {len(number)}.")
    if len(set(number)) == 1:
        raise InvalidVin("repeated", "A VIN is not one character repeated. It is on the registration.")
    expected = check_digit(number)
    if number[CHECK_PLACE] == expected:
        return Vin(number)
    if is_north_american(number):
        raise InvalidVin(
            "check_digit",
            f"The ninth character is {number[CHECK_PLACE]}; with the other sixteen as given it would be "
            f"{expected}. At least one character is wrong: read it again from the registration.",
        )
    return Vin(
        number,
        f"The check digit would be {expected}. Cars made outside North America need not keep to it, but read "
        "the VIN again.",
    )


def check_digit(number: str) -> str:
    """What the ninth of seventeen characters has to be, whatever it is now."""
    total = sum(VALUES[character] * weight for character, weight in zip(number, WEIGHTS, strict=True))
    return "0123456789X"[total % 11]


def model_year(number: str, *, today: date, said: int | None = None) -> int | None:
    """The model year, or None when the tenth character is none.

    The character comes round every thirty years. said, what the owner says, chooses when it fits.
    Else the seventh character decides for North American cars (a digit: up to 2009, a letter: after).
    A year later than the next one is never meant; elsewhere it is the latest year that can be.
    """
    code = number[YEAR_PLACE]
    if code not in YEAR_LETTERS:
        return None
    early = FIRST_YEAR + YEAR_LETTERS.index(code)
    late = early + YEAR_CYCLE
    if said in (early, late):
        return said
    if late > today.year + 1:
        return early
    if is_north_american(number) and number[DECIDES_YEAR_PLACE].isdigit():
        return early
    return late


def last_six(number: str) -> str:
    """The serial number's six characters, by which people at the counter call a car."""
    return number[-6:]


def speak(characters: str) -> str:
    """For the ear: 1HGCM82633A004352 → "one H G, C M eight two six, three three A, zero zero four, …".

    Any part of a VIN will do; parts go in groups of three.
    """
    groups, rest = [], normalise(characters)
    for size in SPOKEN_GROUPS if len(rest) == LENGTH else [3] * len(rest):
        groups.append(rest[:size])
        rest = rest[size:]
    return ", ".join(" ".join(_word(character) for character in group) for group in groups if group)


def _word(character: str) -> str:
    return phone.DIGIT_WORDS[int(character)] if character in "0123456789" else character


def _check_alphabet(number: str) -> None:
    wrong = next((character for character in number if character not in VALUES), None)
    if wrong is None:
        return
    likely = NOT_IN_A_VIN.get(wrong)
    if likely is None:
        raise InvalidVin("alphabet", f"{wrong} is in no VIN: only the letters A to Z and digits are.")
    suggestion = _passing("".join(NOT_IN_A_VIN.get(character, character) for character in number))
    raise InvalidVin(
        "alphabet",
        f"No VIN has the letter {wrong}; it is probably the digit {likely}."
        + (f" That would be {suggestion}." if suggestion else ""),
        suggestion,
    )


def _passing(number: str) -> str:
    try:
        return "" if parse(number).warning else number
    except InvalidVin:
        return ""
