"""Fixtures for tests that phone."""

from collections.abc import Iterator

import pytest

from tests.voice.live import served_by


@pytest.fixture(scope="session")
def uvicorn_url(django_db_setup: None) -> Iterator[str]:
    """The desk on uvicorn, one process for all tests: its models take seconds to load."""
    with served_by("uvicorn") as url:
        yield url
