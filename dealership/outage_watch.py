"""Look for what is down from the web process, too: the task that does so is silent when the worker or the beat is.

Several processes share one watch: whoever comes first in a minute looks, and tells administrators.
"""

import logging
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

from django.db import close_old_connections, connection
from django.utils import timezone

from dealership import outages
from dealership.models import OutageWatch

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


def look_in_turn(now: datetime) -> bool:
    """Look, unless another process has within EVERY; whether it was looked."""
    OutageWatch.objects.bulk_create([OutageWatch(pk=1, looked_at=NEVER)], ignore_conflicts=True)
    if not OutageWatch.objects.filter(pk=1, looked_at__lte=now - EVERY).update(looked_at=now):
        return False
    outages.see_to(outages.look(now), now)
    return True


class Watch:
    """Looks again and again, from a thread of its own."""

    def __init__(self, every: timedelta = EVERY) -> None:
        self._seconds = every.total_seconds()
        self._is_over = Event()

    def start(self) -> None:
        Thread(target=self._run, name="outages", daemon=True).start()

    def stop(self) -> None:
        """Returns at once: an e-mail that is under way keeps no process from leaving."""
        self._is_over.set()

    def _run(self) -> None:
        while not self._is_over.wait(self._seconds):
            close_old_connections()
            try:
                look_in_turn(timezone.now())
            except Exception as error:  # the database's, above all: the next look may fare better
                log.warning("nobody looked for what is down: %s", type(error).__name__)
            finally:
                connection.close()  # back into the pool
