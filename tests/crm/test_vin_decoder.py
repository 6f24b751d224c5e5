"""Decoding VINs against NHTSA's wire protocol on loopback: heard, remembered, and done without."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest
from pytest_django import Settings

from crm import vin, vin_decoder
from crm.vin_decoder import Decoded
from tests.crm.valkey import Valkey
from tests.emulators import nhtsa as cars
from tests.emulators.base import Fault
from tests.emulators.nhtsa import Nhtsa

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
UNKNOWN = "1G1ZB5STXKF002627"
# What the Accord's own characters tell.
BARE_ACCORD = Decoded(cars.ACCORD, "vin", year=2020, make="Honda", country="United States")


@pytest.fixture
async def nhtsa(settings: Settings, valkey: Valkey) -> AsyncIterator[Nhtsa]:
    async with Nhtsa() as server:
        settings.NHTSA_BASE_URL = server.vpic_url
        settings.NHTSA_RECALLS_BASE_URL = server.base_url
        yield server


async def decode(text: str) -> Decoded:
    return await asyncio.to_thread(vin_decoder.decode, text, now=NOW)


# --- heard --------------------------------------------------------------------------------


async def test_a_vin_is_decoded_by_nhtsa(nhtsa: Nhtsa) -> None:
    assert await decode("1hgcv1f3 6la 000123") == Decoded(
        cars.ACCORD, "network", 2020, "Honda", "Accord", "EX", "Sedan/Saloon", "United States"
    )
    assert nhtsa.requests[0].path == f"/api/vehicles/DecodeVinValues/{cars.ACCORD}"
    assert nhtsa.requests[0].query == {"format": "json"}


async def test_words_for_nothing_are_nothing(nhtsa: Nhtsa) -> None:
    jeep = await decode(cars.PARTLY_READ)
    assert (jeep.source, jeep.make, jeep.model, jeep.trim) == ("network", "Jeep", "Wrangler", "")


async def test_missing_details_are_no_doubt(nhtsa: Nhtsa) -> None:
    tesla = await decode(cars.NO_DETAILS)
    assert (tesla.source, tesla.model, tesla.body, tesla.is_doubtful) == ("network", "Model 3", "", False)


@pytest.mark.parametrize(
    ("number", "suggestion"),
    [(cars.MISREAD, ""), (cars.CORRECTED, cars.CORRECTION)],
    ids=["several", "corrected"],
)
async def test_a_misread_vin_is_not_believed_although_nhtsa_names_a_model(
    nhtsa: Nhtsa, number: str, suggestion: str
) -> None:
    doubtful = await decode(number)
    assert (doubtful.source, doubtful.is_doubtful, doubtful.model) == ("vin", True, "")
    assert doubtful.suggestion == suggestion
    await decode(number)
    assert nhtsa.asked == [number, number]  # doubts are not remembered


async def test_a_wrong_check_digit_from_elsewhere_is_believed_with_a_warning(nhtsa: Nhtsa) -> None:
    toyota = await decode(cars.FROM_JAPAN)
    assert (toyota.source, toyota.model, toyota.country) == ("network", "RAV4", "Japan")
    assert "check digit" in toyota.warning


@pytest.mark.parametrize(
    ("number", "make"),
    [(UNKNOWN, "Chevrolet"), (cars.UNREGISTERED, "Hyundai")],
    ids=["unknown", "unregistered"],
)
async def test_a_car_that_nhtsa_does_not_know_is_read_from_its_vin(
    nhtsa: Nhtsa, number: str, make: str
) -> None:
    known = await decode(number)
    assert (known.source, known.make, known.model, known.year) == ("vin", make, "", 2019)


async def test_nobody_is_asked_about_a_vin_that_cannot_be(nhtsa: Nhtsa) -> None:
    with pytest.raises(vin.InvalidVin):
        await decode("1HGCV1F35LA000123")
    assert nhtsa.requests == []


# --- remembered ---------------------------------------------------------------------------


async def test_a_vin_is_asked_about_once_in_seven_days(nhtsa: Nhtsa, valkey: Valkey) -> None:
    first = await decode(cars.ACCORD)
    second = await decode(cars.ACCORD)
    assert (first.source, second.source) == ("network", "cache")
    assert (second.make, second.model, second.year) == (first.make, first.model, first.year)
    assert nhtsa.asked == [cars.ACCORD]
    (name,) = valkey.client.scan_iter()
    assert cars.ACCORD.encode() not in name
    assert 604_790 <= valkey.client.ttl(name) <= 604_800


@pytest.mark.parametrize("garbage", [b"\x80\x04\x95", b"{}", b'{"vin": 1}', b"null", ["a", "list"]])
async def test_garbage_in_redis_is_asked_about_again(nhtsa: Nhtsa, valkey: Valkey, garbage: object) -> None:
    await decode(cars.ACCORD)
    assert valkey.overwrite(garbage) == 1
    assert (await decode(cars.ACCORD)).source == "network"
    assert (await decode(cars.ACCORD)).source == "cache"


async def test_without_redis_it_asks_each_time(nhtsa: Nhtsa, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    assert (await decode(cars.ACCORD)).source == "network"
    assert (await decode(cars.ACCORD)).source == "network"


# --- done without -------------------------------------------------------------------------


async def test_when_nobody_listens_the_vin_itself_answers(settings: Settings, valkey: Valkey) -> None:
    assert await decode(cars.ACCORD) == BARE_ACCORD


@pytest.mark.parametrize(
    "fault",
    [
        Fault("refuse"),
        Fault("refuse", status=403),
        Fault("refuse", status=302),
        Fault("garbage"),
        Fault("drop"),
        Fault("error"),
        Fault("cut", after=3),
    ],
    ids=lambda fault: f"{fault.kind} {fault.status}",
)
async def test_when_nhtsa_fails_the_vin_itself_answers(nhtsa: Nhtsa, fault: Fault) -> None:
    nhtsa.faults.append(fault)
    assert await decode(cars.ACCORD) == BARE_ACCORD
    assert len(nhtsa.requests) == 2


async def test_one_failure_is_tried_again(nhtsa: Nhtsa) -> None:
    nhtsa.faults.append(Fault("refuse", times=1))
    assert (await decode(cars.ACCORD)).source == "network"


async def test_a_slow_answer_in_time_is_heard(nhtsa: Nhtsa) -> None:
    nhtsa.faults.append(Fault("slow", seconds=0.5))
    assert (await decode(cars.ACCORD)).source == "network"


@pytest.mark.performance
async def test_the_caller_waits_three_seconds_at_most(nhtsa: Nhtsa) -> None:
    """Whether nothing comes at all, or byte after byte for ever. Both at once, to save time."""
    nhtsa.faults += [Fault("stall", times=1), Fault("cut", after=1000, seconds=0.2)]
    began = time.monotonic()
    stalled, dripped = await asyncio.gather(decode(cars.ACCORD), decode(cars.PICKUP))
    assert 2.5 < time.monotonic() - began < 3.5
    assert stalled == BARE_ACCORD
    assert (dripped.source, dripped.make, dripped.year) == ("vin", "Ford", 2018)


@pytest.mark.django_db
def test_the_network_is_left_alone_inside_a_transaction(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        settings.NHTSA_BASE_URL = settings.NHTSA_RECALLS_BASE_URL = "http://{}:{}".format(
            *server.getsockname()
        )
        assert vin_decoder.decode(cars.ACCORD, now=NOW) == BARE_ACCORD
        assert vin_decoder.recalls("Honda", "Accord", 2020) is None
        with pytest.raises(BlockingIOError):
            server.accept()


# --- recalls ------------------------------------------------------------------------------


async def test_recalls_come_with_do_not_drive_first(nhtsa: Nhtsa) -> None:
    found = await asyncio.to_thread(vin_decoder.recalls, "Honda", "Accord", 2020)
    assert found is not None
    assert [(item.campaign, item.must_not_drive) for item in found] == [
        ("22V402000", True),
        ("21V201000", False),
    ]
    # Day first; a day that cannot be is none.
    assert [item.received_on for item in found] == [None, date(2021, 3, 24)]
    assert nhtsa.requests[0].query == {"make": "Honda", "model": "Accord", "modelYear": "2020"}
    assert await asyncio.to_thread(vin_decoder.recalls, "HONDA", "accord", 2020) == found
    assert len(nhtsa.requests) == 1


@pytest.mark.parametrize(("make", "model", "year"), [("Jeep", "Wrangler", 2021), ("Kia", "Sorento", 2019)])
async def test_none_found_is_an_answer_even_with_an_error_status(
    nhtsa: Nhtsa, make: str, model: str, year: int
) -> None:
    assert await asyncio.to_thread(vin_decoder.recalls, make, model, year) == ()


async def test_no_answer_is_not_none_found(nhtsa: Nhtsa) -> None:
    nhtsa.faults.append(Fault("garbage"))
    assert await asyncio.to_thread(vin_decoder.recalls, "Ford", "F-150", 2018) is None
    nhtsa.faults.clear()
    found = await asyncio.to_thread(vin_decoder.recalls, "Ford", "F-150", 2018)
    assert found is not None
    assert found[0].must_park_outside
