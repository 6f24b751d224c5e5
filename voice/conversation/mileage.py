"""How many miles a car has, and what would be due by that. Pure."""

import re
from collections.abc import Iterable

from voice.conversation.facts import MenuItem
from voice.conversation.numbers import words_to_digits

DIGITS = re.compile(r"\b(\d{1,3}(?:,\d{3})+|\d{4,6})\b")
THOUSANDS = re.compile(
    r"\b(?:(\d{1,2}) hundred(?: and)? )?(\d{1,3})(?:\.\d)? ?(?:k|thousand)\b(?: (?:and )?(\d) hundred)?"
)
MILES = re.compile(r"\b(?:miles?|mileage|odometer|on it)\b", re.IGNORECASE)
MOST_MILES = 999_999
# A service is due a little before its miles are full, and a little after.
BEFORE, AFTER = 1000, 1500


def find_miles(text: str, *, was_asked: bool) -> int | None:
    """The odometer's reading; a bare number counts only when it was asked for."""
    said = words_to_digits(text)
    if not was_asked and not MILES.search(said):
        return None
    if match := THOUSANDS.search(said):
        hundreds = int(match[1] or 0) * 100 + int(match[2])
        return _possible(hundreds * 1000 + int(match[3] or 0) * 100)
    if match := DIGITS.search(said):
        return _possible(int(match[1].replace(",", "")))
    return None


def due_at(miles: int, menu: Iterable[MenuItem]) -> list[MenuItem]:
    """Two lines of the menu at most whose interval is full about now: the biggest, and the most usual.

    What the big one includes, people sort out: a caller cannot keep six services in mind.
    """
    due = [item for item in menu if item.every_miles and _is_full(miles, item.every_miles)]
    due.sort(key=lambda item: (-(item.every_miles or 0), -item.minutes))
    return due if len(due) < 2 else [due[0], due[-1]]


def _is_full(miles: int, every: int) -> bool:
    if miles < every - BEFORE:
        return False
    since = miles % every
    return since <= AFTER or every - since <= BEFORE


def _possible(miles: int) -> int | None:
    return miles if 0 < miles <= MOST_MILES else None
