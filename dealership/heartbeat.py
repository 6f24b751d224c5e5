"""Does the worker work? It completes a task twice a minute, and leaves word of it in Redis.

A worker that answers pings may still take no tasks: after a lost connection some have done so.
"""

from datetime import datetime, timedelta

from django.core.cache import cache

KEY = "worker-heartbeat"
SILENT_AFTER = timedelta(minutes=3)
KEPT = timedelta(days=7)


def beat(now: datetime) -> None:
    cache.set(KEY, now.timestamp(), timeout=int(KEPT.total_seconds()))


def silence(now: datetime) -> timedelta | None:
    """How long ago the worker last completed a task; None when it has not for a week. Needs Redis."""
    last = cache.get(KEY)
    return timedelta(seconds=max(0.0, now.timestamp() - last)) if isinstance(last, float) else None
