"""Fixtures for tests about customers and vehicles."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from crm import cache
from tests.crm.valkey import Valkey


@pytest.fixture(scope="session")
def running_valkey() -> Iterator[Valkey]:
    """One server for all tests that leave it running."""
    server = Valkey()
    yield server
    server.stop()


@pytest.fixture
def valkey(running_valkey: Valkey, settings: Settings) -> Valkey:
    """An empty cache of the test's own. It may be frozen, but not stopped."""
    running_valkey.client.flushall()
    settings.REDIS_URL = running_valkey.url
    settings.CACHE_ANSWER_SECONDS = 2  # a busy machine is no reason to miss; tests of slowness set it back
    cache.start_afresh()
    return running_valkey


@pytest.fixture(autouse=True)
def no_provider(settings: Settings) -> None:
    """The discard port answers nobody: no test reaches the real NHTSA."""
    settings.NHTSA_BASE_URL = "http://127.0.0.1:9/api"
    settings.NHTSA_RECALLS_BASE_URL = "http://127.0.0.1:9"
