"""Fixtures for tests of the emulators themselves."""

from collections.abc import AsyncIterator, Iterator

import pytest
from deepgram import transport

from tests.emulators.deepgram import Deepgram
from tests.emulators.desk import Desk
from tests.emulators.twilio import Twilio

NUMBER = "+12125550100"
CALLER = "+12125550143"


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with Desk() as server:
        yield server


@pytest.fixture
async def twilio(desk: Desk) -> AsyncIterator[Twilio]:
    async with Twilio() as carrier:
        carrier.serve(
            NUMBER,
            voice_url=f"{desk.base_url}/voice",
            fallback_url=f"{desk.base_url}/fallback",
            status_callback=f"{desk.base_url}/status",
            sms_url=f"{desk.base_url}/text",
        )
        yield carrier


@pytest.fixture
def sdk_s_own_sockets() -> Iterator[None]:
    """The product replaces the SDK's transport for the whole process; here it is the original."""
    replaced = transport._active_async_factory
    transport.restore_transport()
    yield
    if replaced is not None:
        transport.install_transport(async_factory=replaced)


@pytest.fixture
async def deepgram(sdk_s_own_sockets: None) -> AsyncIterator[Deepgram]:
    async with Deepgram(key="secret") as server:
        yield server
