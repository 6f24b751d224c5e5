"""The web process itself looks for what is down: nobody has to have a page open, and no task has to run."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import uvicorn
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.utils import timezone

from crm.models import FaultEpisode
from dealership import heartbeat, outage_watch, serve
from dealership.models import OutageWatch
from tests.factories import SATURDAY
from voice.database import in_database


@pytest.fixture(autouse=True)
def nobody_works() -> Iterator[None]:
    cache.delete(heartbeat.KEY)
    yield
    cache.delete(heartbeat.KEY)


@pytest.mark.django_db
def test_whoever_comes_first_in_a_minute_looks() -> None:
    # A server of another test may have looked, too, up to its end.
    FaultEpisode.objects.all().delete()
    OutageWatch.objects.all().delete()
    User.objects.create_superuser("owner", "owner@example.com")
    assert outage_watch.look_in_turn(SATURDAY)
    assert [message.subject for message in mail.outbox] == ["Service desk: Worker down"]
    assert not outage_watch.look_in_turn(SATURDAY + timedelta(seconds=59))  # another process
    assert outage_watch.look_in_turn(SATURDAY + timedelta(seconds=60))
    assert len(mail.outbox) == 1  # it is one episode

    later = SATURDAY + timedelta(minutes=20)
    heartbeat.beat(later)
    assert outage_watch.look_in_turn(later)
    assert FaultEpisode.objects.get().ended_at == later


class _Server(serve.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The signals belong to pytest."""
        yield


async def nothing(scope: object, receive: object, send: object) -> None:
    """An application that nobody asks."""


@pytest.mark.django_db(transaction=True)
async def test_a_server_that_nobody_asks_tells_administrators(monkeypatch: pytest.MonkeyPatch) -> None:
    await in_database(lambda: User.objects.create_superuser("owner", "owner@example.com"))
    hasty = outage_watch.Watch(timedelta(milliseconds=20))
    monkeypatch.setattr(outage_watch, "Watch", lambda: hasty)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = _Server(uvicorn.Config(nothing, lifespan="off", log_level="warning"))
        serving = asyncio.create_task(server.serve([listening]))
        async with asyncio.timeout(10):
            while not mail.outbox:
                await asyncio.sleep(0.02)
        server.should_exit = True
        await serving
        while any(thread.name == "outages" for thread in threading.enumerate()):
            await asyncio.sleep(0.02)
    assert mail.outbox[0].subject == "Service desk: Worker down"
    assert mail.outbox[0].to == ["owner@example.com"]
    assert (await in_database(FaultEpisode.objects.get)).began_at <= timezone.now()
