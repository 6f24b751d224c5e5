"""What happened to a visit last, and who did it, in words for staff."""

from datetime import datetime, timedelta

from scheduling.models import Appointment

# Those who are no person with a log-in.
THE = ("phone desk", "calendar", "customer")


def last_change(visit: Appointment, now: datetime) -> str:
    """Changed by the phone desk 20 seconds ago: moved to Tuesday, November 24, 9:15 AM."""
    event = visit.events.last()
    if event is None:
        return "Changed by somebody else."
    actor = f"the {event.actor}" if event.actor.startswith(THE) else event.actor
    return f"Changed by {actor} {ago(now - event.at)}: {event.what}."


def ago(length: timedelta) -> str:
    """20 seconds ago, 3 minutes ago, 2 hours ago, 4 days ago."""
    seconds = max(0, int(length.total_seconds()))
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            return _counted(seconds // size, unit)
    return _counted(seconds, "second")


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'} ago"
