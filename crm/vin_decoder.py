"""Which car a VIN belongs to: its own characters first, then what we remember, then NHTSA.

NHTSA may take three seconds in all and is asked about a VIN once in seven days. Whatever goes wrong
there, the VIN's own characters answer: a call never waits longer and never hears of it.
"""

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeVar

from django.db import connection
from pydantic import TypeAdapter, ValidationError

from crm import cache, nhtsa, vin
from crm.nhtsa import Recall
from crm.vin_makers import MAKES

log = logging.getLogger(__name__)

LIFETIME = timedelta(days=7)
RECALLS_LIFETIME = timedelta(days=1)
# vPIC names a make and a model even for a misread VIN, so these of its codes say: ask again.
CHECK_DIGIT_WRONG = 1
MISREAD = {CHECK_DIGIT_WRONG, 2, 3, 4, 5, 11, 400}


@dataclass(frozen=True, slots=True)
class Decoded:
    """What is known of a VIN's car; "" and None where nothing is.

    source: network and cache are NHTSA's word; vin is only what the characters themselves tell.
    is_doubtful: NHTSA takes the VIN for misread: ask again. suggestion is for reading back, never to be
    accepted silently. country is where the maker is registered.
    """

    vin: str
    source: Literal["network", "cache", "vin"]
    year: int | None = None
    make: str = ""
    model: str = ""
    trim: str = ""
    body: str = ""
    country: str = ""
    warning: str = ""
    is_doubtful: bool = False
    suggestion: str = ""


DECODED = TypeAdapter(Decoded)
RECALLS = TypeAdapter(tuple[Recall, ...])


def decode(text: str, *, said_year: int | None = None, now: datetime | None = None) -> Decoded:
    """What is known of the car with this VIN. Raises vin.InvalidVin, and asks nobody about such a one.

    Takes three seconds at most. Inside a transaction the network is not asked: others would wait for
    its locks. said_year is the year that its owner speaks of; now is aware.
    """
    number = vin.parse(text)
    own = _by_its_characters(number, said_year, now or datetime.now(UTC))
    name = cache.key("vin", number.number)
    kept = _kept(name, DECODED)
    if kept:
        return replace(kept, source="cache")
    if _is_in_transaction():
        return own
    try:
        facts = nhtsa.decode_vin(number.number)
    except nhtsa.Unanswered:
        return own
    decoded = _judged(number, own, facts)
    if decoded.source == "network":
        cache.write(name, DECODED.dump_json(decoded), LIFETIME)
    return decoded


def recalls(make: str, model: str, year: int) -> tuple[Recall, ...] | None:
    """Campaigns for such cars, do-not-drive first; None when NHTSA does not answer.

    Empty means "none found", never "your car is clear": make or model may be spelt differently, and
    nobody was asked about one car. Takes three seconds at most; remembered for a day.
    """
    name = cache.key("recalls", make.upper(), model.upper(), year)
    kept = _kept(name, RECALLS)
    if kept is not None:
        return kept
    if _is_in_transaction():
        return None
    try:
        found = nhtsa.recalls(make, model, year)
    except nhtsa.Unanswered:
        return None
    cache.write(name, RECALLS.dump_json(found), RECALLS_LIFETIME)
    return found


def _by_its_characters(number: vin.Vin, said_year: int | None, now: datetime) -> Decoded:
    return Decoded(
        vin=number.number,
        source="vin",
        year=vin.model_year(number.number, today=now.date(), said=said_year),
        make=number.make,
        country=number.country,
        warning=number.warning,
    )


def _judged(number: vin.Vin, own: Decoded, facts: nhtsa.VehicleFacts) -> Decoded:
    """vPIC's answer where it can be believed, else what the characters tell."""
    # Only North American cars have to keep to the check digit.
    misread = MISREAD if number.is_north_american else MISREAD - {CHECK_DIGIT_WRONG}
    if facts.codes & misread:
        return replace(own, is_doubtful=True, suggestion=_suggestion(number, facts.suggestion))
    if not facts.make:
        return own
    return replace(
        own,
        source="network",
        year=facts.year or own.year,
        make=_spelt(facts.make),
        model=facts.model,
        trim=facts.trim,
        body=facts.body,
    )


def _suggestion(number: vin.Vin, text: str) -> str:
    """A whole VIN other than the one asked about; vPIC marks an open place by an exclamation mark."""
    try:
        suggested = vin.parse(text).number
    except vin.InvalidVin:
        return ""
    return suggested if suggested != number.number else ""


_SPELLINGS = {make.upper(): make for make in MAKES}


def _spelt(make: str) -> str:
    """HONDA → Honda, BMW → BMW: as it is written and spoken, for vPIC shouts."""
    return _SPELLINGS.get(make.upper()) or (make if len(make) <= 3 else make.title())


Kept = TypeVar("Kept")


def _kept(name: str, shape: TypeAdapter[Kept]) -> Kept | None:
    found = cache.read(name)
    if found is None:
        return None
    try:
        return shape.validate_json(found, strict=True)
    except ValidationError:
        return None  # not ours, or from another release


def _is_in_transaction() -> bool:
    if connection.in_atomic_block:
        log.warning("NHTSA is not asked inside a transaction")
    return connection.in_atomic_block
