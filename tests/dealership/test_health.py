"""What a load balancer learns at /health."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from dealership import heartbeat

pytestmark = pytest.mark.integration


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.django_db
def test_all_is_well_when_both_answer(client: Client) -> None:
    heartbeat.beat(timezone.now())
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "background": "working"})


@pytest.mark.django_db
def test_a_dead_worker_or_beat_is_told_and_takes_no_calls_away(client: Client) -> None:
    heartbeat.beat(timezone.now() - timedelta(minutes=4))
    for _ in range(2):
        answer = client.get("/health")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok", "background": "late"})
        cache.delete(heartbeat.KEY)
    assert heartbeat.last_beat() is None


@pytest.mark.django_db
def test_redis_is_named_when_it_is_gone(client: Client, settings: Settings, closed_port: int) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{closed_port}/0"
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "failing", "failing": ["redis"]})


@pytest.mark.django_db
def test_database_is_named_when_it_is_gone(
    client: Client, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", closed_port)
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "failing", "failing": ["database"]})


@pytest.mark.django_db
@pytest.mark.performance
def test_servers_that_say_nothing_are_not_waited_for(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch, silent_port: int
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{silent_port}/0"
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", silent_port)
    begun = time.monotonic()
    answer = client.get("/health")
    assert time.monotonic() - begun < 5
    assert answer.json() == {"status": "failing", "failing": ["database", "redis"]}


@pytest.mark.security
@pytest.mark.django_db
def test_strangers_learn_no_addresses(client: Client, settings: Settings, closed_port: int) -> None:
    settings.REDIS_URL = f"redis://:a-password@127.0.0.1:{closed_port}/0"
    assert str(closed_port) not in client.get("/health").content.decode()


def test_health_only_answers_reading(client: Client) -> None:
    assert client.post("/health").status_code == 405
