"""Fixtures for tests that phone."""

from collections.abc import AsyncIterator, Iterator

import pytest
from pytest_django import Settings

from tests.emulators.deepgram import Deepgram
from tests.voice.live import served_by


@pytest.fixture(scope="session")
def uvicorn_url(django_db_setup: None) -> Iterator[str]:
    """The desk on uvicorn, one process for all tests: its models take seconds to load."""
    with served_by("uvicorn") as url:
        yield url


@pytest.fixture
async def deepgram(settings: Settings) -> AsyncIterator[Deepgram]:
    """Deepgram on loopback, with a key and the models of the default settings."""
    async with Deepgram(key="secret") as server:
        settings.DEEPGRAM_API_KEY = "secret"
        settings.DEEPGRAM_BASE_URL = server.base_url
        yield server
