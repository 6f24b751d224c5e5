"""What proves who is calling: the VIN's end, a plate, a date of birth, a ZIP code. Pure."""

import re
from datetime import date

from dateutil import parser  # type: ignore[import-untyped]

from voice.conversation.numbers import words_to_digits
from voice.conversation.states import Proof

LAST_SIX = 6
NAMES_ONE = re.compile(r"\b(?:vin|plate|licen[sc]e|tag)\b", re.IGNORECASE)
PLATE = re.compile(r"\b(?:plate|licen[sc]e|tag)\b", re.IGNORECASE)

UNABLE = re.compile(
    r"\b(?:don'?t|do not|can'?t|cannot|haven'?t)\b.{0,25}\b(?:know|have|find|remember|got)\b|\bno idea\b|\bnot with me\b",
    re.IGNORECASE,
)


def is_unable(text: str) -> bool:
    """Has the caller nothing of that at hand?"""
    return bool(UNABLE.search(text))


def find_proof(text: str, *, today: date, was_asked: bool) -> Proof:
    """Whatever of it is said in text. A bare code counts only when it was asked for."""
    born = find_birth_date(text, today)
    if born:
        return Proof(date_of_birth=born)
    if not was_asked and not NAMES_ONE.search(text):
        return Proof()
    code = characters(text)
    if PLATE.search(text) and 2 <= len(code) <= 8:
        return Proof(plate=code)
    if len(code) == 17:
        return Proof(vin_end=code[-LAST_SIX:])
    return Proof(vin_end=code) if len(code) == LAST_SIX else Proof()


def find_birth_date(text: str, today: date) -> date | None:
    """ "March 3rd 1982", "3/3/82", "the third of March eighty two"."""
    said = words_to_digits(text)
    year = re.search(r"\b(?:19|20) ?\d{2}\b", said)
    if not year:
        return None
    try:
        day = parser.parse(said.replace(year[0], year[0].replace(" ", "")), fuzzy=True).date()
    except (ValueError, OverflowError):
        return None
    return day if date(1900, 1, 1) < day < today else None


def characters(text: str) -> str:
    """Letters and digits said one by one."""
    found = []
    for word in words_to_digits(text).replace("-", " ").split():
        bare = word.strip(".,")
        if bare.isdigit() or len(bare) == 1 or re.fullmatch(r"(?=.*\d)[a-z0-9]+", bare):
            found.append(bare)
    return "".join(found).upper()
