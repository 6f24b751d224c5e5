"""The worker as the Procfile starts it: what becomes of its tasks when it is killed, or asked to leave."""

import os
import signal
from typing import Any

import pytest
import redis
from django.conf import settings

from dealership.celery import app
from tests.background import background
from tests.hurry import linger

pytestmark = [
    pytest.mark.integration,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),  # three workers on a busy machine
]

WITHIN = 30


@pytest.fixture
def told() -> Any:
    """Where lingering tasks say what they do."""
    app.control.purge()
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2 * WITHIN) as client:
        client.delete(*(f"{name}:{what}" for name in "abcd" for what in ("began", "go", "done")))
        yield client
    app.control.purge()


def next_of(told: Any, key: str) -> int:
    """The process in which this happened next; it is waited for."""
    happened = told.blpop([key], timeout=WITHIN)
    assert happened, f"{key} never happened"
    return int(happened[1])


def test_a_task_comes_back_when_its_process_or_its_worker_dies_and_ends_before_its_worker_leaves(
    told: Any,
) -> None:
    with background("worker", WORKER_CONCURRENCY="1") as worker:
        linger.delay("a")
        first = next_of(told, "a:began")
        told_of_itself = app.control.inspect(timeout=10, limit=1).stats()
        os.kill(first, signal.SIGKILL)
        assert next_of(told, "a:began") != first
        told.rpush("a:go", 1)
        next_of(told, "a:done")

        # Told to leave, it first lets what has begun end; what has not is left to the next one.
        linger.delay("b")
        next_of(told, "b:began")
        linger.delay("c")
        worker.send_signal(signal.SIGTERM)
        told.rpush("b:go", 1)
        next_of(told, "b:done")
        worker.wait(WITHIN)
    assert told.llen("c:began") == 0

    assert told_of_itself
    (at_work,) = told_of_itself.values()
    _, time_limit = at_work["pool"]["timeouts"]
    assert time_limit < at_work["broker"]["transport_options"]["visibility_timeout"]
    assert at_work["prefetch_count"] == 1

    with background("worker", WORKER_CONCURRENCY="1") as worker:
        next_of(told, "c:began")
        worker.kill()

    with background("worker", WORKER_CONCURRENCY="1", LOST_AFTER_SECONDS="1", ACKS_EARLY="1"):
        next_of(told, "c:began")
        told.rpush("c:go", 1, 1)  # the dead worker's process may live on, and wait, too
        next_of(told, "c:done")

        # The control: acknowledged before it is done, a task dies with its process.
        linger.delay("a")
        os.kill(next_of(told, "a:began"), signal.SIGKILL)
        linger.delay("d")
        next_of(told, "d:began")
        told.rpush("d:go", 1)
        next_of(told, "d:done")
    assert told.llen("a:began") == 0
