"""Where anybody may be rung, whenever a test runs (pure)."""

from datetime import UTC, datetime

NUMBER = "+1684555{:04}"  # of an area code that tells no zone


def where_it_is_noon(now: datetime) -> str:
    return f"Etc/GMT{now.astimezone(UTC).hour - 12:+d}"
