"""Licence plates and ZIP codes as they are said. Pure.

A plate has no check digit: what is found is read back. "Oh" between digits is a zero, else the letter.
"""

import re

from voice.conversation.digits import words_of
from voice.conversation.phones import joined_runs
from voice.conversation.spelling import read_runs

SHORTEST, LONGEST = 4, 8
WRITTEN_ZIP = re.compile(r"(?<![\d-])(\d{5})(?:[- ](\d{4}))?(?![\d-])")
ZIP, ZIP_AND_FOUR = 5, 9
PLATE_TALK = re.compile(r"\b(?:licen[cs]e|plates?|tags?|registration)\b", re.IGNORECASE)


def find_plate(text: str, *, was_asked: bool = False) -> str | None:
    """The plate said in text, upper case without spaces; None when there is none.

    Unless the plate was asked for or is spoken of, nothing is one: a name or a number is spelled alike.
    """
    if not (was_asked or PLATE_TALK.search(text)):
        return None
    plates = [_settle_ohs(run.text) for run in read_runs(PLATE_TALK.sub(" ; ", text))]
    whole = [plate for plate in plates if SHORTEST <= len(plate) <= LONGEST]
    mixed = [plate for plate in whole if not plate.isalpha() and not plate.isdigit()]
    return (mixed or whole)[-1] if whole else None


def find_zip(text: str) -> str | None:
    """A ZIP code said in text, as "12205" or "12205-1234"; None for any other count of digits."""
    written = WRITTEN_ZIP.findall(text)
    if written:
        five, four = written[-1]
        return f"{five}-{four}" if four else str(five)
    for run in reversed(joined_runs(words_of(text))):
        if len(run) == ZIP:
            return run
        if len(run) == ZIP_AND_FOUR:
            return f"{run[:ZIP]}-{run[ZIP:]}"
    return None


def _settle_ohs(plate: str) -> str:
    """A row of the letter O with nothing but digits beside it is a row of zeros."""
    return re.sub(r"(?<![A-Z])O+(?![A-Z])", lambda row: "0" * len(row[0]), plate)
