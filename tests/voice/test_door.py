"""Twelve ways to open the media socket of a carrier's call without being the carrier; all end with 1008."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from twilio.request_validator import RequestValidator

from crm.models import Rooftop
from tests.fakes import FakeTranscriber
from tests.talking import MARIA, OTTO_NUMBER, STRANGER
from tests.voice.phone import InProcess, Phone, open_call
from tests.voice.small import BART_NUMBER, make_small_store
from voice import calls, consumers
from voice.carriers import twilio
from voice.database import in_database
from voice.models import Call

pytestmark = [pytest.mark.security, pytest.mark.virtual_time, pytest.mark.django_db(transaction=True)]

MEDIA = "/ws/media"
INBOUND = "/api/v1/webhooks/inbound-call"
REFUSED = [{"type": "websocket.accept"}, {"type": "websocket.close", "code": 1008}]


@pytest.fixture(autouse=True)
def otto(transactional_db: None, settings: Settings) -> Rooftop:
    settings.PUBLIC_BASE_URL = "https://desk.example.com"
    settings.TRANSCRIBER = "tests.fakes.FakeTranscriber"
    settings.SYNTHESIZER = "tests.fakes.FakeSynthesizer"
    FakeTranscriber.made.clear()
    return make_small_store()


def ring(sid: str = "CA1", number: str = MARIA, to: str = OTTO_NUMBER) -> Call:
    """The webhook as Twilio posts it."""
    fields = {"CallSid": sid, "From": number, "To": to, "CallStatus": "ringing"}
    answer = Client().post(
        INBOUND, fields, headers={"X-Twilio-Signature": twilio.sign(INBOUND, fields)}, secure=True
    )
    assert answer.status_code == 200
    return Call.objects.get(sid=sid)


@pytest.fixture
async def call(otto: Rooftop) -> Call:
    return await in_database(ring)


def signature(address: str = "wss://desk.example.com/ws/media", token: str = "") -> str:
    """As Twilio computes it: address is what it was told to open."""
    validator = RequestValidator(token or "0123456789abcdef0123456789abcdef")
    return str(validator.compute_signature(address, {}))


def wire(signed_with: str | None = None, **scope: Any) -> InProcess:
    """A socket with this signature; None is Twilio's own, "" is none."""
    value = signature() if signed_with is None else signed_with
    headers = [(b"x-twilio-signature", value.encode())] if value else []
    return InProcess(headers=headers, **scope)


async def is_refused(wire: InProcess) -> bool:
    await asyncio.wait_for(wire.desk, 6)
    return wire.sent == REFUSED and not FakeTranscriber.made


async def knock(call: Call, wire: InProcess, **start: Any) -> bool:
    """Send a start over this socket; was it refused before a word was spoken?"""
    await Phone(wire, call).start(**start)
    return await is_refused(wire)


@asynccontextmanager
async def answered(call: Call, wire: InProcess) -> AsyncIterator[None]:
    """The carrier's own socket is let in and hears the desk."""
    phone = Phone(wire, call)
    listening = asyncio.create_task(phone.listen())
    try:
        await phone.start()
        await phone.until(lambda: len(phone.audio) > 0, within=5)
        yield
    finally:
        await wire.drop()
        await wire.desk
        listening.cancel()
        await asyncio.wait({listening})


async def test_the_carrier_s_own_socket_is_let_in(call: Call) -> None:
    async with answered(call, wire()):
        assert len(FakeTranscriber.made) == 1


async def test_1_no_token(call: Call) -> None:
    assert await knock(call, wire(), customParameters={})


async def test_2_a_wrong_token(call: Call) -> None:
    assert await knock(call, wire(), customParameters={"token": "f" * 64})


async def test_3_an_expired_token(call: Call) -> None:
    before = timezone.now() - timedelta(seconds=31)
    await in_database(Call.objects.filter(pk=call.pk).update, started_at=before)
    call.started_at = before
    assert await knock(call, wire())


async def test_4_a_token_used_before(call: Call) -> None:
    async with answered(call, wire()):
        pass
    FakeTranscriber.made.clear()
    assert await knock(call, wire())


async def test_5_a_second_socket_beside_the_first(call: Call) -> None:
    async with answered(call, wire()):
        FakeTranscriber.made.clear()
        assert await knock(call, wire())


async def test_6_the_sid_of_another_call(call: Call) -> None:
    other = await in_database(ring, "CA2", STRANGER)
    assert await knock(call, wire(), callSid=other.sid)
    assert (await in_database(Call.objects.get, sid="CA2")).stream_opened_at is None


async def test_7_the_token_of_a_call_to_another_store(call: Call) -> None:
    await in_database(make_small_store, name="Bart's Automotive", number=BART_NUMBER)
    other = await in_database(ring, "CA2", STRANGER, BART_NUMBER)
    assert other.rooftop_id != call.rooftop_id
    assert await knock(call, wire(), customParameters={"token": calls.stream_token(other)})


async def test_8_a_replayed_webhook_gives_no_second_token(call: Call) -> None:
    async with answered(call, wire()):
        pass
    FakeTranscriber.made.clear()
    again = await in_database(ring)
    assert calls.stream_token(again) == calls.stream_token(call)
    assert await knock(again, wire())


async def test_9_a_call_that_is_over(call: Call) -> None:
    await in_database(Call.objects.filter(pk=call.pk).update, ended_at=timezone.now())
    assert await knock(call, wire())


async def test_10_a_handshake_without_the_carrier_s_signature(call: Call) -> None:
    own = signature()
    for forged in ("", "AAAA", "é", signature(token="another account's"), own[:-1], own.lower()):
        assert await knock(call, wire(forged)), forged
    async with answered(call, wire()):  # the token was not spent on the stranger
        pass


async def test_11_a_signature_of_another_address(call: Call) -> None:
    for address in (
        "https://desk.example.com/ws/media",
        "ws://desk.example.com/ws/media",
        "wss://desk.example.com/ws/media/",
        "wss://desk.example.com/ws/media?x=1",
        "wss://desk.example.com:8443/ws/media",
        "wss://desk.example.com./ws/media",
        "wss://DESK.example.com/ws/media",
        "wss://testserver/ws/media",
        "wss://desk.example.com/ws/Media",
    ):
        assert await knock(call, wire(signature(address))), address


async def test_11_an_address_with_a_query(call: Call) -> None:
    assert await knock(call, wire(query_string=b"x=1"))
    assert await knock(call, wire(signature(f"wss://desk.example.com{MEDIA}?x=1"), query_string=b"x=1"))


async def test_12_no_start_in_time(call: Call) -> None:
    assert await is_refused(wire())


async def test_a_page_s_call_needs_no_signature_and_gains_nothing_by_one() -> None:
    call = await open_call(MARIA)
    assert await knock(call, wire(), customParameters={})
    async with answered(call, wire("")):
        pass


async def test_a_refusal_costs_little(call: Call) -> None:
    before = time.process_time()
    for _ in range(10):
        assert await knock(call, wire(""))
    assert time.process_time() - before < 10 * 0.05


# --- the waiting room ---------------------------------------------------------------------


def stranger(address: str) -> InProcess:
    return wire("", client=(address, 50000))


async def crowd(*addresses: str) -> list[InProcess]:
    """Sockets that say nothing."""
    sockets = [stranger(address) for address in addresses]
    await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    return sockets


async def leave(sockets: list[InProcess]) -> None:
    for socket in sockets:
        await socket.drop()
    await asyncio.gather(*(socket.desk for socket in sockets))
    assert len(consumers.waiting_room) == 0


async def test_one_address_cannot_fill_the_waiting_room(settings: Settings) -> None:
    settings.MEDIA_WAITING_SOCKETS_PER_ADDRESS = 3
    crowded = await crowd("198.51.100.7", "198.51.100.7", "198.51.100.7")

    assert await is_refused(stranger("198.51.100.7"))
    call = await open_call(MARIA)
    async with answered(call, stranger("198.51.100.8")):
        pass
    await leave(crowded)


async def test_strangers_together_cannot_keep_the_carrier_out(call: Call, settings: Settings) -> None:
    settings.MEDIA_WAITING_SOCKETS = 3
    crowded = await crowd("198.51.100.1", "198.51.100.2", "198.51.100.3")

    assert await is_refused(stranger("198.51.100.4"))
    async with answered(call, wire(client=("198.51.100.1", 50001))):
        pass
    await leave(crowded)


async def test_a_place_is_free_again_once_the_socket_is_gone(settings: Settings) -> None:
    settings.MEDIA_WAITING_SOCKETS = 1
    await leave(await crowd("198.51.100.1"))
    call = await open_call(MARIA)
    async with answered(call, stranger("198.51.100.1")):
        assert len(consumers.waiting_room) == 0  # a call does not wait any more
