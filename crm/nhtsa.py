"""NHTSA's two free services on the wire: vPIC, which decodes VINs, and recalls by make and model.

No key and no SDK. httpx is pinned in requirements.txt (Deepgram's SDK needs it) and, unlike requests'
session, its client may be shared by threads, so that connections stay open between calls.

https://vpic.nhtsa.dot.gov/api/ and https://www.nhtsa.gov/nhtsa-datasets-and-apis

Errors:
    Unanswered      nothing usable came within LIMIT_SECONDS
"""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

import httpx
from django.conf import settings
from pydantic import AliasChoices, BaseModel, BeforeValidator, Field, ValidationError

log = logging.getLogger(__name__)

LIMIT_SECONDS = 3.0
ATTEMPTS = 2
PAUSE_SECONDS = 0.1  # before the second one
LARGEST_BYTES = 1024 * 1024
USER_AGENT = "dealership-service-desk"

# httpx limits each step on its own; a thread lets us stop waiting for the sum of them, whatever it is
# that takes so long.
_askers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="nhtsa")


class Unanswered(Exception):
    """Nothing usable came in time."""


@dataclass(frozen=True, slots=True)
class VehicleFacts:
    """vPIC's answer; "" and None where it knows nothing. codes: see its table, 0 is clean."""

    year: int | None
    make: str
    model: str
    trim: str
    body: str
    codes: frozenset[int]
    suggestion: str


@dataclass(frozen=True, slots=True)
class Recall:
    """A campaign for cars like this one; whether it concerns this very car, NHTSA does not say."""

    campaign: str
    component: str
    summary: str
    remedy: str
    received_on: date | None
    must_not_drive: bool
    must_park_outside: bool


def decode_vin(number: str) -> VehicleFacts:
    """Ask vPIC about a whole VIN. Raises Unanswered after LIMIT_SECONDS at the latest."""
    # Without format the answer is XML.
    url = f"{settings.NHTSA_BASE_URL}/vehicles/DecodeVinValues/{quote(number, safe='')}"
    return _within_limit(url, {"format": "json"}, {200}, _vehicle_facts)


def recalls(make: str, model: str, year: int) -> tuple[Recall, ...]:
    """Campaigns for these cars, do-not-drive first; empty when none is found by these names.

    Raises Unanswered after LIMIT_SECONDS at the latest.
    """
    url = f"{settings.NHTSA_RECALLS_BASE_URL}/recalls/recallsByVehicle"
    # "None found" comes with 400 at times.
    return _within_limit(
        url, {"make": make, "model": model, "modelYear": str(year)}, {200, 400}, _found_recalls
    )


# --- what they answer ---------------------------------------------------------------------


def _said(value: Any) -> str:
    """vPIC's values are strings, and these words where it knows nothing."""
    text = str(value).strip() if value is not None else ""
    return "" if text == "Not Applicable" else text


def _is_true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"


def _day_first(value: Any) -> date | None:
    """24/03/2021; the documentation shows month first, the answers do not."""
    with suppress(ValueError):
        return datetime.strptime(str(value), "%d/%m/%Y").date()  # noqa: DTZ007  a date has no zone
    return None


Said = Annotated[str, BeforeValidator(_said)]
Truth = Annotated[bool, BeforeValidator(_is_true)]
DayFirst = Annotated[date | None, BeforeValidator(_day_first)]


class _Row(BaseModel):
    year: Said = Field("", alias="ModelYear")
    make: Said = Field("", alias="Make")
    model: Said = Field("", alias="Model")
    trim: Said = Field("", alias="Trim")
    body: Said = Field("", alias="BodyClass")
    codes: Said = Field(alias="ErrorCode")
    suggestion: Said = Field("", alias="SuggestedVIN")


class _Decoded(BaseModel):
    rows: list[_Row] = Field(alias="Results", min_length=1)


class _Campaign(BaseModel):
    campaign: Said = Field(alias="NHTSACampaignNumber")
    component: Said = Field("", alias="Component")
    summary: Said = Field("", alias="Summary")
    remedy: Said = Field("", alias="Remedy")
    received_on: DayFirst = Field(None, alias="ReportReceivedDate")
    must_not_drive: Truth = Field(False, alias="parkIt")
    must_park_outside: Truth = Field(False, alias="parkOutSide")


class _Campaigns(BaseModel):
    rows: list[_Campaign] = Field(validation_alias=AliasChoices("results", "Results"))


def _vehicle_facts(body: bytes) -> VehicleFacts:
    row = _Decoded.model_validate_json(body).rows[0]
    return VehicleFacts(
        year=int(row.year) if row.year.isdecimal() else None,
        make=row.make,
        model=row.model,
        trim=row.trim,
        body=row.body,
        # Several codes are joined by commas: "4,6,14".
        codes=frozenset(int(code) for code in row.codes.split(",") if code.strip().isdecimal()),
        suggestion=row.suggestion,
    )


def _found_recalls(body: bytes) -> tuple[Recall, ...]:
    found = [Recall(**row.model_dump()) for row in _Campaigns.model_validate_json(body).rows]
    return tuple(sorted(found, key=lambda recall: not (recall.must_not_drive or recall.must_park_outside)))


# --- asking -------------------------------------------------------------------------------

Answer = TypeVar("Answer")


def _within_limit(
    url: str, query: Mapping[str, str], statuses: set[int], read: Callable[[bytes], Answer]
) -> Answer:
    deadline = time.monotonic() + LIMIT_SECONDS
    asking = _askers.submit(_ask, url, query, statuses, read, deadline)
    try:
        return asking.result(LIMIT_SECONDS)
    except TimeoutError:
        asking.cancel()
        log.warning("NHTSA did not answer within %.0f s", LIMIT_SECONDS)
        raise Unanswered from None


def _ask(
    url: str,
    query: Mapping[str, str],
    statuses: set[int],
    read: Callable[[bytes], Answer],
    deadline: float,
) -> Answer:
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_SECONDS)
        try:
            return read(_get(url, query, statuses, deadline))
        except (httpx.HTTPError, httpx.InvalidURL, ValidationError, Unanswered) as error:
            # Its text may hold the VIN.
            log.warning("NHTSA failed: %s", error if isinstance(error, Unanswered) else type(error).__name__)
        if time.monotonic() > deadline - PAUSE_SECONDS:
            break
    raise Unanswered


def _get(url: str, query: Mapping[str, str], statuses: set[int], deadline: float) -> bytes:
    left = max(deadline - time.monotonic(), 0.01)
    with _client().stream("GET", url, params=query, timeout=left) as response:
        if response.status_code not in statuses:
            raise Unanswered(f"status {response.status_code}")
        body = b""
        for piece in response.iter_bytes():
            body += piece
            if len(body) > LARGEST_BYTES or time.monotonic() > deadline:
                raise Unanswered("an answer without end")
    return body


@cache
def _client() -> httpx.Client:
    return httpx.Client(headers={"User-Agent": USER_AGENT, "Accept": "application/json"})
