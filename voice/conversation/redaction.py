"""Card numbers and social security numbers, taken out of what is kept or shown of a call. Pure.

As callers say them and recognisers write them: in digits or words, in one piece, in groups or one by one.
Telephone numbers, VINs and confirmation numbers stay.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from voice.conversation.digits import TEENS, TENS, UNITS, read_group

CARD, SOCIAL = "[card number]", "[social security number]"
WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?", re.IGNORECASE)
# Fewer of these cannot be nine digits or more.
NUMBER = re.compile(rf"\d|\b(?:{'|'.join({*UNITS, *TEENS, *TENS} - {'o'})})\b", re.IGNORECASE)
FEWEST = 5
BETWEEN = re.compile(r"(?:[\s,.\-–]|\b(?:uh|um|er|then|and|dash|hyphen|space)\b)+", re.IGNORECASE)
# How the cards of each scheme begin, and how long they are.
SCHEMES = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|"
    r"(?:35|6\d)\d{14,17}|(?:50|5[6-8])\d{11,17}"
)
SHORTEST_CARD, LONGEST_CARD = 13, 19
LONGEST_PHONE = 11
SOCIAL_SHAPE = [3, 2, 4]
NO_SOCIAL = re.compile(r"000|666|9|\d{3}00|\d{5}0000")  # never given out
SAYS_SOCIAL = re.compile(r"\bsocial\b|\bssn\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Group:
    """Digits said in one breath, and where in the text: "forty one" is 41."""

    digits: str
    starts: int
    ends: int


Run = list[Group]


def mask(text: str, *, is_final: bool = True) -> str:
    """The text, with a name in the place of each such number.

    A text that is not final may end in the middle of one: whatever is longer than a telephone number goes.
    """
    if len(NUMBER.findall(text)) < FEWEST:
        return text
    masked = text
    for run in reversed(list(_runs(text))):
        starts, ends, name = _secret(run, text) if is_final else _perhaps(run, text)
        if name:
            masked = masked[:starts] + name + masked[ends:]
    return masked


def mask_cards_across(texts: Sequence[str]) -> list[str]:
    """What a caller said in turn after turn, with card numbers masked that begin in one and end in another."""
    whole, masked = "\n".join(texts), list(texts)
    starts = [sum(len(text) + 1 for text in texts[:at]) for at in range(len(texts))]
    for run in reversed(list(_runs(whole))):
        begins, ends, name = _secret(run, whole)
        if name != CARD or "\n" not in whole[begins:ends]:
            continue
        for at, text in enumerate(texts):
            first, last = max(begins - starts[at], 0), min(ends - starts[at], len(text))
            if first < last:
                masked[at] = masked[at][:first] + CARD + masked[at][last:]
    return masked


def mask_all(value: Any) -> Any:
    """Every text in a tree of dicts and lists, masked; a copy."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {name: mask_all(each) for name, each in value.items()}
    return [mask_all(each) for each in value] if isinstance(value, list) else value


def _runs(text: str) -> Iterator[Run]:
    """Groups of digits with nothing but signs and pauses between them."""
    run: Run = []
    for group in _groups(text):
        if run and not BETWEEN.fullmatch(text[run[-1].ends : group.starts]):
            yield run
            run = []
        run.append(group)
    if run:
        yield run


def _groups(text: str) -> Iterator[Group]:
    found = list(WORD.finditer(text))
    words = [word[0].lower() for word in found]
    at = 0
    while at < len(words):
        digits, used = read_group(words, at)
        if digits:
            yield Group(digits, found[at].start(), found[at + used - 1].end())
        at += used or 1


def _secret(run: Run, text: str) -> tuple[int, int, str]:
    """Where the run has to be masked, and with what; "" for nowhere. A card's date and code go with it."""
    at = 0
    while at < len(run):
        if phone := _phone_groups(run[at:]):
            at += phone
            continue
        if _begins_with_card(run[at:]):
            return run[at].starts, run[-1].ends, CARD
        at += 1
    return _social(run, text)


def _perhaps(run: Run, text: str) -> tuple[int, int, str]:
    if len(_digits(run)) > LONGEST_PHONE and not _phone_groups(run):
        return run[0].starts, run[-1].ends, CARD
    return _social(run, text)


def _phone_groups(run: Run) -> int:
    """Of how many groups the telephone number consists with which the run begins; 0: it begins with none."""
    lengths = [len(group.digits) for group in run[:4]]
    if lengths[0] in (LONGEST_PHONE - 1, LONGEST_PHONE):
        return 1
    if lengths[:3] == [3, 3, 4]:
        return 3
    if lengths == [1, 3, 3, 4]:
        return 4
    digits = _digits(run)
    return len(run) if digits == digits[:10] * 2 else 0  # said twice


def _begins_with_card(run: Run) -> bool:
    digits = ""
    for group in run:
        digits += group.digits
        if len(digits) > LONGEST_CARD:
            return False
        if len(digits) >= SHORTEST_CARD and SCHEMES.fullmatch(digits) and _adds_up(digits):
            return True
    return False


def _adds_up(digits: str) -> bool:
    """By Luhn's check digit (ISO/IEC 7812-1)."""
    doubled = [int(digit) * 2 for digit in digits[-2::-2]]
    return (sum(int(digit) for digit in digits[::-2]) + sum(n - 9 if n > 9 else n for n in doubled)) % 10 == 0


def _social(run: Run, text: str) -> tuple[int, int, str]:
    digits = _digits(run)
    is_one = len(digits) == 9 and not NO_SOCIAL.match(digits)
    has_shape = [len(group.digits) for group in run] == SOCIAL_SHAPE
    is_dashed = all(re.fullmatch(r"[\s.\-–]+", text[one.ends : next.starts]) for one, next in pairwise(run))
    if is_one and ((has_shape and is_dashed) or SAYS_SOCIAL.search(text)):
        return run[0].starts, run[-1].ends, SOCIAL
    return 0, 0, ""


def _digits(run: Run) -> str:
    return "".join(group.digits for group in run)
