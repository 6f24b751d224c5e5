"""A store's facts without a database."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from voice.conversation.facts import ClosedSpan, DayHours, MenuItem, Store

NEW_YORK = ZoneInfo("America/New_York")
# Tuesday, 9:30 PM in New York, Wednesday in UTC.
NOW = datetime(2026, 11, 18, 2, 30, tzinfo=UTC)

OTTOS = Store(
    name="Otto's Auto",
    zone=NEW_YORK,
    address="100 Main Street, Springfield",
    phone_number="+15185550100",
    hours=(*(DayHours(day, time(7), time(18)) for day in range(5)), DayHours(5, time(8), time(16))),
    closures=(
        ClosedSpan(
            datetime(2026, 11, 26, tzinfo=NEW_YORK), datetime(2026, 11, 27, tzinfo=NEW_YORK), "Thanksgiving"
        ),
    ),
    menu=(
        MenuItem("LOF", "oil change", ("synthetic oil",), 45, 80, 130),
        MenuItem("ALGN", "wheel alignment", ("alignment",), 75, 130, 200),
        MenuItem("RCL", "recall repair", (), 60, 0, 0),
    ),
)
