"""What a media socket reads though nobody takes it: some, and no more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from django.utils import timezone
from pytest_django import Settings

from dealership.bench.relay_wire import PING, TEXT, frame, opening
from dealership.sockets import FRAMES_AT_ONCE, LATE_BYTES
from tests.factories import make_demo_store
from tests.voice.exchange import served

pytestmark = [pytest.mark.integration, pytest.mark.security, pytest.mark.django_db(transaction=True)]

PATIENCE_SECONDS = 3.0  # uvicorn's own is ten
STOP = frame(TEXT, b'{"event":"stop"}', is_masked=True)
CONTINUED = 0


@pytest.fixture
def otto(transactional_db: None, settings: Settings) -> None:
    make_demo_store(timezone.now())


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """The bare connection of a media socket, its handshake done."""
    async with served() as url:
        address = url.removeprefix("http://")
        host, _, port = address.partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(opening(address, "/ws/media", {}))
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        yield reader, writer
        writer.transport.abort()


async def is_cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes) -> bool:
    """Does the desk end the connection while data is written again and again?"""

    async def write() -> None:
        while not writer.is_closing():
            writer.write(data)
            await writer.drain()
            await asyncio.sleep(0.01)

    async def read() -> None:
        while await reader.read(65536):
            pass

    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(write(), read())
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


FLOODS = {
    "pings": frame(PING, b"", is_masked=True) * 400,
    "pongs": frame(10, b"", is_masked=True) * 400,
    # One text message that never comes to its end.
    "pieces": bytes([CONTINUED, 0x80, 0, 0, 0, 0]) * 400,
}


@pytest.mark.parametrize("kind", FLOODS)
async def test_frames_that_are_no_messages_cannot_flood(otto: None, kind: str) -> None:
    async with opened() as (reader, writer):
        writer.write(bytes([TEXT, 0x80, 0, 0, 0, 0]) if kind == "pieces" else b"")
        assert await is_cut(reader, writer, FLOODS[kind])


async def test_as_many_pings_as_a_carrier_sends_are_answered(otto: None) -> None:
    async with opened() as (reader, writer):
        writer.write(frame(PING, b"", is_masked=True) * (FRAMES_AT_ONCE - 1))
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await reader.readexactly(2 * (FRAMES_AT_ONCE - 1)) == b"\x8a\x00" * (FRAMES_AT_ONCE - 1)


async def test_who_writes_on_after_our_close_is_cut_off(otto: None) -> None:
    async with opened() as (reader, writer):
        writer.write(STOP)  # no start, so the desk closes with 1008
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await reader.readexactly(4) == b"\x88\x02\x03\xf0"
        assert await is_cut(reader, writer, frame(TEXT, b"x" * 1000, is_masked=True) * 20)


async def test_what_was_on_its_way_at_our_close_is_let_pass(otto: None) -> None:
    async with opened() as (reader, writer):
        writer.write(STOP)
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await reader.readexactly(4) == b"\x88\x02\x03\xf0"
        message = frame(TEXT, b"x" * 400, is_masked=True)
        writer.write(message * (LATE_BYTES // len(message) - 1))
        writer.write(frame(8, b"\x03\xf0", is_masked=True))
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await reader.read() == b""  # closed in order, not reset
