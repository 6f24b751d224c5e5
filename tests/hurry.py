"""The product's Celery app in a hurry, for processes of tests: minutes of its schedule become a second.

    celery --app tests.hurry worker …    as the Procfile has it, but for the name of the app

linger is a task that a test holds up. LOST_AFTER_SECONDS is when a task of a worker that died comes back.
ACKS_EARLY=1 takes the guard away that brings lost tasks back.
"""

import os

import redis
from django.conf import settings

from dealership.celery import app

SECONDS = 1.0
LONGEST_SECONDS = 30  # that linger waits to be let go

for entry in app.conf.beat_schedule.values():
    if entry["schedule"] <= 60:
        entry["schedule"] = SECONDS
app.conf.beat_max_loop_interval = SECONDS / 2
app.conf.worker_lost_wait = 0.1  # for a last word of a process that died
if lost_after := os.environ.get("LOST_AFTER_SECONDS"):
    app.conf.broker_transport_options["visibility_timeout"] = int(lost_after)
if os.environ.get("ACKS_EARLY"):
    app.conf.task_acks_late = app.conf.task_reject_on_worker_lost = False


@app.task(name="tests.linger")
def linger(name: str) -> None:
    """Say that it began, and in which process; wait to be let go; say that it is done."""
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2 * LONGEST_SECONDS) as told:
        told.rpush(f"{name}:began", os.getpid())
        told.blpop([f"{name}:go"], timeout=LONGEST_SECONDS)
        told.rpush(f"{name}:done", os.getpid())
