"""A VIN as it is said: joined, checked, and one unclear letter repaired. Pure.

Rules:
- "oh" is zero: no VIN has the letters I, O and Q. A said I or Q is taken for 1 or 0, and read back.
- Where the check digit does not fit, one character that sounds like another may have been misheard. Only one
  that was not made sure ("B as in boy") comes into question, and only where the other gives a VIN that can be:
  the ninth place is a digit or X, the tenth a model year, the last four are digits.
- Of several that would do, the likeliest kind of mishearing counts; if that leaves several, the desk asks.
A repaired VIN is read back and never taken silently.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from crm.vin import CHECK_PLACE, LENGTH, NOT_IN_A_VIN, YEAR_LETTERS, YEAR_PLACE, InvalidVin, last_six, parse
from crm.vin_makers import make_of
from voice.conversation.alphabets import SOUNDS_LIKE
from voice.conversation.spelling import Run, Sign, read_runs

SERIAL_PLACE = 13  # from here on, counted from 0, digits only
AT_LEAST = 6  # fewer characters are no beginning of a VIN, unless it was asked for
AT_LEAST_WHEN_ASKED = 2
MAKER = 3  # characters that say who made it
MOST_CANDIDATES = 4
# The mishearings that happen on every line; the rest of SOUNDS_LIKE needs a bad one.
_PAIRS = "BD BV BP BE DT DE PT PB CZ VZ MN FS GJ AK AJ A8 H8 59 EB TD TP SF VB ZC NM DB JG KA JA 8A 95"
LIKELY = frozenset(_PAIRS.split())
LAST_SIX = re.compile(
    r"\b(?:last|final) (?:six|eight|6|8)(?: (?:digits?|characters?|numbers?|ones))?\b", re.IGNORECASE
)
SHORT = (6, 8)  # how many characters people give instead of all


class Outcome(StrEnum):
    HEARD = "heard"
    REPAIRED = "repaired"  # to be read back
    UNCLEAR = "unclear"  # seventeen, but at least one is wrong
    INCOMPLETE = "incomplete"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class HeardVin:
    """What was said of a VIN.

    number: as understood, upper case; when repaired, the repaired one. missing: characters still to come, below
    zero when there are too many. place (from 1), heard and meant: the repaired character. candidates: VINs that
    would pass, when unclear. warning: why a VIN from abroad may yet be wrong.
    """

    outcome: Outcome
    number: str
    missing: int = 0
    place: int = 0
    heard: str = ""
    meant: str = ""
    candidates: tuple[str, ...] = ()
    warning: str = ""

    @property
    def is_whole(self) -> bool:
        return self.outcome in (Outcome.HEARD, Outcome.REPAIRED)


def find_vin(text: str, *, was_asked: bool = False) -> HeardVin | None:
    """The VIN said in text, or as much of it as there is; None when nothing was spelled.

    Unless it was asked for, a beginning must have letters and digits: a telephone number is none.
    """
    signs = _likeliest(read_runs(text))
    if len(signs) < (AT_LEAST_WHEN_ASKED if was_asked else AT_LEAST):
        return None
    if not was_asked and len(signs) != LENGTH and len({sign.character.isdigit() for sign in signs}) == 1:
        return None
    if len(signs) == LENGTH:
        return _judge(signs)
    outcome = Outcome.INCOMPLETE if len(signs) < LENGTH else Outcome.TOO_LONG
    return HeardVin(outcome, _number(signs), missing=LENGTH - len(signs))


def find_last_six(text: str) -> str | None:
    """The serial number by which people name a car: its last six characters, alone or with more before them."""
    runs = read_runs(LAST_SIX.sub(" ; ", text))
    vin = _likeliest(runs)
    if len(vin) == LENGTH:
        return last_six(_judge(vin).number)
    for run in reversed(runs):
        number = last_six(_number(run.signs))
        if len(run.signs) in SHORT and number[2:].isdigit():
            return number
    return None


def _likeliest(runs: Sequence[Run]) -> tuple[Sign, ...]:
    """The run that is as long as a VIN, or all of them when together they are; else the longest."""
    together = tuple(sign for run in runs for sign in run.signs)
    for signs in (*(run.signs for run in reversed(runs)), together):
        for variant in (signs, _without_article(signs)):
            if len(variant) == LENGTH:
                return variant
    return max((run.signs for run in runs), key=len, default=())


def _without_article(signs: tuple[Sign, ...]) -> tuple[Sign, ...]:
    """ "It's a one H G": that "a" was none of it."""
    return signs[1:] if signs[:1] == (Sign("A"),) else signs


def _number(signs: Sequence[Sign]) -> str:
    return "".join(NOT_IN_A_VIN.get(sign.character, sign.character) for sign in signs)


def _judge(signs: Sequence[Sign]) -> HeardVin:
    number = _number(signs)
    strange = [place for place, sign in enumerate(signs) if sign.character in "IQ"]
    warning = ""
    try:
        warning = parse(number).warning
    except InvalidVin as problem:
        if problem.code != "check_digit":
            return HeardVin(Outcome.UNCLEAR, number)
    else:
        if not warning:
            return _repaired(signs, number, strange[0]) if strange else HeardVin(Outcome.HEARD, number)
    found = _repairs(signs, number)
    if len(found) == 1:
        return _repaired(signs, *found[0])
    if warning and not found:
        return HeardVin(Outcome.HEARD, number, warning=warning)
    candidates = tuple(repaired for repaired, _ in found[:MOST_CANDIDATES])
    return HeardVin(Outcome.UNCLEAR, number, candidates=candidates, warning=warning)


def _repaired(signs: Sequence[Sign], number: str, place: int) -> HeardVin:
    return HeardVin(
        Outcome.REPAIRED, number, place=place + 1, heard=signs[place].character, meant=number[place]
    )


def _repairs(signs: Sequence[Sign], number: str) -> list[tuple[str, int]]:
    """VINs that differ in one unclear character, each with its place: only the likeliest kind."""
    odd = [place for place, character in enumerate(number) if not _may_stand(character, place)]
    if len(odd) > 1:
        return []
    places = odd or [place for place, sign in enumerate(signs) if not sign.is_sure]
    found = [
        (f"{number[:place]}{other}{number[place + 1 :]}", place)
        for place in places
        for other in _others(signs[place].character)
        if other != number[place] and _may_stand(other, place)
    ]
    found = [(vin, place) for vin, place in found if _passes(vin) and not _loses_its_make(number, vin)]
    likely = [(vin, place) for vin, place in found if signs[place].character + vin[place] in LIKELY]
    return likely or found


def _others(character: str) -> Iterator[str]:
    for other in SOUNDS_LIKE.get(character, ""):
        if other not in NOT_IN_A_VIN:
            yield other


def _may_stand(character: str, place: int) -> bool:
    if place == CHECK_PLACE:
        return character in "0123456789X"
    if place == YEAR_PLACE:
        return character in YEAR_LETTERS
    return place < SERIAL_PLACE or character.isdigit()


def _passes(number: str) -> bool:
    try:
        return not parse(number).warning
    except InvalidVin:
        return False


def _loses_its_make(number: str, other: str) -> bool:
    return number[:MAKER] != other[:MAKER] and bool(make_of(number)) and not make_of(other)
