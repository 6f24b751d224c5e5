"""Nobody waits for a PostgreSQL that does not answer longer than they said they would."""

import asyncio
import time

import psycopg
import pytest
from django.db import connection

from crm.patience import patience, seconds_left
from crm.postgresql.base import Connection
from tests.emulators.base import Fault
from tests.voice.outages import proxy_to_postgresql

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def ask(port: int, seconds: float) -> str:
    options = {
        "host": "127.0.0.1",
        "port": port,
        "dbname": connection.settings_dict["NAME"],
        "user": "postgres",
    }
    with Connection.connect(**options) as server:
        server.execute("SELECT 'stall'")
        began = time.monotonic()
        try:
            with patience(seconds):
                server.execute("SELECT 'never'")
        except psycopg.OperationalError:
            assert server.closed
            assert time.monotonic() - began < seconds + 2
            return "given up"
        return "answered"


async def test_a_server_that_falls_silent_is_given_up_in_time() -> None:
    async with proxy_to_postgresql() as proxy:
        assert await asyncio.to_thread(ask, proxy.port, 5.0) == "answered"
        await proxy.strike(Fault("stall"), at=b"never")
        assert await asyncio.to_thread(ask, proxy.port, 0.2) == "given up"


def test_patience_within_patience_is_the_shorter_one() -> None:
    assert seconds_left() is None
    with patience(1.0):
        with patience(60.0):
            assert 0 < (seconds_left() or 0) <= 1.0
        with patience(0.1):
            assert (seconds_left() or 0) <= 0.1
        assert 0.1 < (seconds_left() or 0) <= 1.0
    assert seconds_left() is None
