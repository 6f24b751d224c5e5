"""Do the worker and the beat work? Together they complete a task twice a minute, which leaves word in Redis.

A worker that answers pings may still take no tasks: after a lost connection some have done so. Whichever of
the two is dead, the word grows old.
"""

from datetime import UTC, datetime, timedelta

from django.core.cache import cache

KEY = "worker-heartbeat"
SILENT_AFTER = timedelta(minutes=3)
KEPT = timedelta(days=7)


def beat(now: datetime) -> None:
    cache.set(KEY, now.timestamp(), timeout=int(KEPT.total_seconds()))


def last_beat() -> datetime | None:
    """When a task was last completed (UTC); None when none was for a week. Needs Redis."""
    last = cache.get(KEY)
    return datetime.fromtimestamp(last, UTC) if isinstance(last, float) else None


def silence(now: datetime) -> timedelta | None:
    """For how long no task has been completed; None when that is for a week. Needs Redis."""
    last = last_beat()
    return max(timedelta(), now - last) if last else None


def is_late(now: datetime) -> bool:
    """Has no task been completed for so long that the worker or the beat must be down? Needs Redis."""
    silent_for = silence(now)
    return silent_for is None or silent_for > SILENT_AFTER
