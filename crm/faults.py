"""Note what failed, from anywhere: a view, a task, the event loop of a call, a broken transaction.

record() only puts the fault into a queue. One thread of this process writes it through a connection of
its own, so that no caller waits for the database and no rollback takes the fault away. While PostgreSQL
is down faults wait; those that no longer fit, or wait longer than KEPT_SECONDS, are only in the log.
"""

import atexit
import logging
import os
import queue
import threading
import time
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from crm.models import Rooftop, SystemFault

log = logging.getLogger(__name__)

Source = SystemFault.Source

WAITING_AT_MOST = 2000  # faults of one process; more than that says nothing new
KEPT_SECONDS = 60.0
PAUSE_SECONDS = 0.5  # between two attempts while PostgreSQL is down
EXIT_SECONDS = 2.0


def record(
    source: Source,
    code: str,
    sentence: str,
    *,
    rooftop: Rooftop | None = None,
    call_sid: str = "",
    at: datetime | None = None,
) -> None:
    """Note a fault; at is aware and defaults to now. Never raises and never waits for the database.

    sentence is for staff and must hold no personal data: no name, number, VIN or words spoken.
    """
    log.warning("%s failed: %s", source, code)
    try:
        _writer.put(
            SystemFault(
                source=source,
                code=_fitting(code, "code"),
                sentence=_fitting(sentence, "sentence"),
                at=at or timezone.now(),
                rooftop_id=rooftop.pk if rooftop else None,
                call_sid=_fitting(call_sid, "call_sid"),
            )
        )
    except Exception as error:  # a note about a failure must not become a second one
        log.warning("A fault is only in the log: %s", type(error).__name__)


def flush(seconds: float) -> bool:
    """Wait until all that was recorded in this process is written or given up; False after seconds."""
    deadline = time.monotonic() + seconds
    while _writer.waiting.unfinished_tasks:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _fitting(text: str, field: str) -> str:
    """text as its column can hold it; PostgreSQL stores no NUL."""
    column: Any = SystemFault._meta.get_field(field)
    return str(text).replace("\0", "")[: column.max_length]


# --- the writer ---------------------------------------------------------------------------


class _Writer:
    """The queue of this process and the thread that empties it, started by the first fault."""

    def __init__(self) -> None:
        self.waiting: queue.Queue[SystemFault] = queue.Queue(WAITING_AT_MOST)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def put(self, fault: SystemFault) -> None:
        """Raises queue.Full."""
        self.waiting.put_nowait(fault)
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_all, name="faults", daemon=True)
                self._thread.start()

    def _write_all(self) -> None:
        while True:
            fault = self.waiting.get()
            try:
                _write(fault)
            except Exception as error:  # the next one may fare better
                log.warning("A fault is only in the log: %s", type(error).__name__)
            finally:
                if self.waiting.empty():
                    connection.close()  # back into the pool
                self.waiting.task_done()


def _write(fault: SystemFault) -> None:
    """Insert fault, one row and transaction each: nothing here can deadlock or spoil another's row."""
    deadline = time.monotonic() + KEPT_SECONDS
    while True:
        try:
            fault.save(force_insert=True)
            return
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)


_writer = _Writer()


def _begin_afresh() -> None:
    """A forked process has neither the thread nor the right to write its parent's faults once more."""
    global _writer
    _writer = _Writer()


os.register_at_fork(after_in_child=_begin_afresh)
atexit.register(flush, EXIT_SECONDS)
