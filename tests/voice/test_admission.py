"""Who may open a media stream: one socket, in time, with the token of exactly this call."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from tests.fakes import FakeTranscriber
from tests.talking import MARIA, STRANGER
from tests.voice.phone import InProcess, Phone, open_call, ringing
from tests.voice.small import make_small_store
from voice import calls
from voice.database import in_database
from voice.models import Call

pytestmark = [pytest.mark.security, pytest.mark.virtual_time, pytest.mark.django_db(transaction=True)]

REFUSED = [{"type": "websocket.accept"}, {"type": "websocket.close", "code": 1008}]


@pytest.fixture(autouse=True)
def otto(transactional_db: None, settings: Settings) -> None:
    settings.TRANSCRIBER = "tests.fakes.FakeTranscriber"
    settings.SYNTHESIZER = "tests.fakes.FakeSynthesizer"
    FakeTranscriber.made.clear()
    make_small_store()


@pytest.fixture
async def call(otto: None) -> Call:
    return await open_call(MARIA)


@pytest.fixture
async def phone(call: Call) -> Phone:
    """A socket that has said nothing yet."""
    return Phone(InProcess(), call)


async def is_refused(phone: Phone) -> bool:
    """Closed with 1008 before a word was spoken, and nothing was prepared for it."""
    assert isinstance(phone.wire, InProcess)
    await asyncio.wait_for(phone.wire.desk, 6)  # some of these are no start at all: it waits for one
    return phone.wire.sent == REFUSED and not FakeTranscriber.made


async def change(call: Call, **fields: Any) -> None:
    await in_database(Call.objects.filter(pk=call.pk).update, **fields)


async def test_the_token_of_the_call_lets_it_in() -> None:
    async with ringing(MARIA) as phone:
        assert (await phone.reply()).startswith("Thanks for calling")


@pytest.mark.parametrize(
    "start",
    [
        {"customParameters": {}},
        {"customParameters": None},
        {"customParameters": {"token": ""}},
        {"customParameters": {"token": "0" * 64}},
        {"customParameters": {"token": "pässword"}},
        {"customParameters": {"token": "\ud800"}},
        {"customParameters": {"token": ["0" * 64]}},
        {"callSid": "CB" + "0" * 32},
        {"callSid": ""},
        {"callSid": None},
        {"callSid": "CB\0"},
        {"callSid": "\udfff"},
        {"streamSid": None},
    ],
)
async def test_a_start_without_the_right_word_is_refused(phone: Phone, start: dict[str, Any]) -> None:
    await phone.start(**start)

    assert await is_refused(phone)
    assert (await phone.row()).stream_opened_at is None


async def test_a_start_without_a_call_is_refused(phone: Phone) -> None:
    await phone.send("start", streamSid="MZ1", customParameters={"token": calls.stream_token(phone.call)})
    assert await is_refused(phone)


async def test_the_token_of_another_call_is_refused(phone: Phone) -> None:
    other = await open_call(STRANGER)
    await phone.start(customParameters={"token": calls.stream_token(other)})
    assert await is_refused(phone)


async def test_a_token_opens_one_socket_only(call: Call) -> None:
    """Ten at once, as after a leak: one is the call, nine are nobody."""
    phones = [Phone(InProcess(), call) for _ in range(10)]
    await asyncio.gather(*(phone.start() for phone in phones))
    wires = [phone.wire for phone in phones if isinstance(phone.wire, InProcess)]
    refused: list[InProcess] = []
    for ended in asyncio.as_completed([wire.desk for wire in wires], timeout=5):
        await ended
        refused = [wire for wire in wires if wire.desk.done()]
        if len(refused) == 9:
            break

    (let_in,) = [wire for wire in wires if wire not in refused]
    await let_in.drop()
    await let_in.desk
    assert [wire.sent for wire in refused] == [REFUSED] * 9
    assert len(FakeTranscriber.made) == 1


async def test_a_token_is_of_no_use_when_its_call_is_over(call: Call) -> None:
    await change(call, stream_opened_at=None, ended_at=timezone.now())
    phone = Phone(InProcess(), call)
    await phone.start()
    assert await is_refused(phone)


@pytest.mark.parametrize(("age", "lets_in"), [(28, True), (31, False)])
async def test_a_token_lives_for_30_seconds(call: Call, age: int, *, lets_in: bool) -> None:
    call.started_at = timezone.now() - timedelta(seconds=age)
    await change(call, started_at=call.started_at)
    admitted = await in_database(calls.admit, call.sid, calls.stream_token(call), now=timezone.now())
    assert (admitted is not None) is lets_in
    if not lets_in:
        phone = Phone(InProcess(), call)
        await phone.start()
        assert await is_refused(phone)


@pytest.mark.parametrize(
    ("event", "content"),
    [("media", {"payload": "//8="}), ("mark", {"name": "1"}), ("stop", {}), ("dtmf", {"digit": "0"})],
)
async def test_nothing_may_come_before_the_start(phone: Phone, event: str, content: dict[str, str]) -> None:
    await phone.send(event, **content)
    await phone.start()
    assert await is_refused(phone)


async def test_a_typed_sentence_before_the_start_says_nothing(phone: Phone) -> None:
    """Only the browser's calls take text, and nobody is let in yet."""
    await phone.send("text", body="Book me an oil change.")
    await phone.start(customParameters={})
    assert await is_refused(phone)


async def test_a_socket_that_says_nothing_is_closed(phone: Phone) -> None:
    assert await is_refused(phone)


async def test_a_socket_that_only_chatters_is_closed(phone: Phone) -> None:
    async def chatter() -> None:
        while True:
            await phone.wire.send(json.dumps({"event": "connected"}))
            await asyncio.sleep(0.02)

    chattering = asyncio.create_task(chatter())
    assert await is_refused(phone)
    chattering.cancel()


async def test_a_socket_that_goes_away_before_its_start_is_let_go(phone: Phone) -> None:
    assert isinstance(phone.wire, InProcess)
    await phone.wire.drop()
    await asyncio.wait_for(phone.wire.desk, 1)
    assert phone.wire.sent == REFUSED[:1]
