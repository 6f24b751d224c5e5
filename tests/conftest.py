"""Fixtures for the whole suite."""

import asyncio
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test import TransactionTestCase
from pytest_django import Settings

from tests.virtual import VirtualLoop
from voice.breaker import Breaker
from voice.replies import fallback
from voice.speech.cached import spoken_texts


# Written by migrate and changed by nobody: what exists, and who may do what with it.
KEPT = {
    *("django_migrations", "django_content_type"),
    *("auth_permission", "auth_group", "auth_group_permissions"),
}


def _empty_tables(case: TransactionTestCase) -> None:
    """After a test that commits. Django truncates seventy tables and then writes all rights anew.

    The constraints between tables are checked at the end, so their order does not matter.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        tables = set(connection.introspection.django_table_names(only_existing=True)) - KEPT
        cursor.execute("; ".join(f'DELETE FROM "{table}"' for table in sorted(tables)))


TransactionTestCase._fixture_teardown = _empty_tables


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that a test runs on."""
    if item.get_closest_marker("virtual_time"):
        return {"virtual": VirtualLoop}
    return {"real": asyncio.new_event_loop}


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    """The real hasher takes half a second on purpose; the demo store has two log-ins."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def nothing_spoken_before() -> None:
    """What one test's synthesizer said is not served to another's."""
    spoken_texts.clear()


@pytest.fixture(autouse=True)
def every_model_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """That models failed in one test keeps nobody from asking them in the next."""
    monkeypatch.setattr(fallback, "breaker", Breaker())
