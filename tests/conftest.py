"""Fixtures for the whole suite."""

from collections.abc import Iterator

import pytest
from django.db import connection


@pytest.fixture(scope="session", autouse=True)
def connection_pool(django_db_setup: None) -> Iterator[None]:
    """The pool's idle connections go back before the test database is dropped."""
    yield
    connection.close_pool()
