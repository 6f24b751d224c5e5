"""A PostgreSQL that was away and is back costs nobody more than a moment."""

import asyncio
import time

import pytest
from django.db import connection

from crm.postgresql.base import Connection
from tests.emulators.base import Fault
from tests.voice.outages import postgresql_behind, proxy_to_postgresql
from voice.database import THREADS, in_database

pytestmark = [pytest.mark.integration, pytest.mark.performance, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def fresh(transactional_db: None) -> None:
    connection.close()  # it knows of no pool yet


def ask(seconds: float = 0.0) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])
        return cursor.fetchone() is not None


async def seconds_of_the_first_after_a_loss() -> float:
    """A connection of each thread lies in the pool, then all are lost at once."""
    async with proxy_to_postgresql() as proxy, postgresql_behind(proxy):
        await asyncio.gather(*(in_database(ask, 0.2) for _ in range(THREADS)))
        assert proxy.open_connections >= THREADS
        await proxy.strike(Fault("drop", times=0))
        began = time.monotonic()
        assert await in_database(ask)
        return time.monotonic() - began


async def test_after_a_loss_whoever_asks_first_waits_for_one_connection_only() -> None:
    assert await seconds_of_the_first_after_a_loss() < 0.5


async def test_left_to_itself_the_pool_would_offer_one_lost_connection_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Connection, "_give_up_the_others", lambda lost: None)
    with pytest.raises(Exception, match="couldn't get a connection"):
        await seconds_of_the_first_after_a_loss()
