"""What proves who is calling: the VIN's end, a plate, a date of birth, a ZIP code. Pure."""

import re
from datetime import date

from voice.conversation.births import find_birth_date
from voice.conversation.plates import PLATE_TALK, find_plate, find_zip
from voice.conversation.states import Proof
from voice.conversation.vins import find_last_six

UNABLE = re.compile(
    r"\b(?:don'?t|do not|can'?t|cannot|haven'?t|not)\b.{0,25}\b(?:know|have|find|remember|got|with me|at hand|handy)\b"
    r"|\bno (?:idea|clue)\b",
    re.IGNORECASE,
)
NAMES_ONE = re.compile(r"\b(?:vins?|serial|last six|licen[sc]e|plates?|tags?|born|birth\w*)\b", re.IGNORECASE)
LETTER = re.compile(r"\b[b-hj-z]\b", re.IGNORECASE)  # spelled; "a" and "I" are words
ZIP_TALK = re.compile(r"\bzip\b", re.IGNORECASE)


def is_unable(text: str) -> bool:
    """Has the caller nothing of that at hand?"""
    return bool(UNABLE.search(text))


def find_proof(text: str, *, today: date, was_asked: bool) -> Proof:
    """Whatever of it is said in text. A bare code or date counts only when it was asked for."""
    if not (was_asked or NAMES_ONE.search(text)):
        return Proof()
    zip_code = (find_zip(text) or "") if ZIP_TALK.search(text) else ""
    if PLATE_TALK.search(text):
        return Proof(plate=find_plate(text, was_asked=True) or "", zip_code=zip_code)
    # "P N O 2 2 0 1" is no second of February.
    if not LETTER.search(text) and (born := find_birth_date(text, today)):
        return Proof(date_of_birth=born, zip_code=zip_code)
    if vin_end := find_last_six(text):
        return Proof(vin_end=vin_end)
    return Proof(plate=find_plate(text, was_asked=True) or "") if was_asked and not zip_code else Proof()
