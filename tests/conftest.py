"""Fixtures for the whole suite."""

import asyncio
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker, Settings

from dealership.bench import store
from tests.services import FOLDER
from tests.virtual import VirtualLoop
from voice.breaker import Breaker
from voice.replies import fallback
from voice.speech.cached import spoken_texts

MIGRATED = "test_migrated"
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
        tables = sorted(set(connection.introspection.django_table_names(only_existing=True)) - KEPT)
        names = [connection.ops.quote_name(table) for table in tables]
        # Whoever still writes, like a thread that outlives its test, is waited for.
        locking = f"LOCK TABLE {', '.join(names)} IN SHARE ROW EXCLUSIVE MODE"
        deleting = (f"DELETE FROM {name}" for name in names)  # noqa: S608 — Django's names
        cursor.execute("; ".join([locking, *deleting]))


TransactionTestCase._fixture_teardown = _empty_tables  # type: ignore[attr-defined]  # Django's own


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """To run all migrations takes ten seconds: the first of several processes does, the others copy."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    is_done = Path(os.environ[FOLDER]) / "migrated"
    with (Path(os.environ[FOLDER]) / "migrating").open("w") as lock, django_db_blocker.unblock():
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_done.exists():
            migrate_into(MIGRATED)
            is_done.touch()
    connection.settings_dict["TEST"]["TEMPLATE"] = MIGRATED


def migrate_into(name: str) -> None:
    """A database of this name, new and with all tables."""
    configured: dict[str, Any] = connection.get_connection_params()
    with psycopg.connect(**configured | {"dbname": "postgres"}, autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')
    with store.switched_to(name):
        call_command("migrate", verbosity=0)
    connection.close()


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
