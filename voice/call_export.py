"""Calls as a spreadsheet reads them (CSV)."""

import csv
from collections.abc import Iterable, Iterator

from voice.models import Call

COLUMNS = (
    "Began",
    "Store",
    "Direction",
    "Number",
    "Customer",
    "Wish",
    "Outcome",
    "Seconds",
    "Sentiment",
    "Slowest answer ms",
    "Review",
    "Summary",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    def write(self, line: str) -> str:
        return line


def rows(calls: Iterable[Call]) -> Iterator[str]:
    """One line at a time, the head first, of calls that call_search.find() found.

    Times are the store's own, with their offset.
    """
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for call in calls:
        yield writer.writerow([harmless(value) for value in _values(call)])


def _values(call: Call) -> tuple[object, ...]:
    return (
        call.started_at.astimezone(call.rooftop.zone).isoformat(timespec="seconds"),
        call.rooftop.name,
        call.get_direction_display(),
        call.caller_number,
        call.customer or "",
        getattr(call, "intent", "") or "",
        call.get_outcome_display(),
        round(call.duration.total_seconds()) if call.duration else "",
        call.get_sentiment_display(),
        "" if call.slowest_ms is None else call.slowest_ms,
        getattr(call, "review", ""),
        call.summary,
    )


def harmless(value: object) -> str:
    """A spreadsheet takes a cell that begins so for a formula: an apostrophe makes it text (ASVS 1.2.10)."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
