"""Hand work to the workers without ever making a caller wait for Redis.

Nothing may depend on an errand alone: what it is about stands in a row, and a beat task looks for
rows that were left behind.
"""

import logging
from functools import partial
from threading import Thread

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)


def run_soon(task: str, *args: int | str) -> None:
    """Enqueue the task of this name once the present transaction is committed.

    Returns at once and never raises.
    """
    transaction.on_commit(partial(_set_out, task, args))


def _set_out(task: str, args: tuple[int | str, ...]) -> None:
    """A thread for each of these few: a Redis that says nothing must not keep a process from ending."""
    Thread(target=_enqueue, args=(task, args), name="errand", daemon=True).start()


def _enqueue(task: str, args: tuple[int | str, ...]) -> None:
    try:
        current_app.send_task(task, args, retry=False)
    except Exception as error:  # whatever the broker's library raises: a beat will find the row
        log.warning("%s waits for its beat: %s", task, type(error).__name__)
