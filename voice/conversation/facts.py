"""What the desk may say about the store: read once at the start of a call, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduling.hours import rule_for
from scheduling.lane import stretch_of


@dataclass(frozen=True, slots=True)
class MenuItem:
    code: str
    name: str  # as customers say it: "oil change"
    synonyms: tuple[str, ...]
    minutes: int
    price_min: int  # whole US dollars
    price_max: int
    every_miles: int | None = None  # when it is due again


@dataclass(frozen=True, slots=True)
class DayHours:
    """Opening of one weekday (0 is Monday) in the store's wall time."""

    weekday: int
    opens: time
    closes: time
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class ClosedSpan:
    """A closure in the store's own zone; both ends are aware."""

    starts_at: datetime
    ends_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Store:
    name: str
    zone: ZoneInfo
    address: str
    phone_number: str  # E.164
    hours: tuple[DayHours, ...]
    closures: tuple[ClosedSpan, ...]
    menu: tuple[MenuItem, ...]
    records_calls: bool = False
    rides: Mapping[str, tuple[time, ...]] = field(default_factory=dict)  # scheduling Transport → departures

    def today(self, now: datetime) -> date:
        """The store's calendar day at now (aware)."""
        return now.astimezone(self.zone).date()

    def item(self, code: str) -> MenuItem:
        """The menu line with this op code. Raises KeyError when the menu has none."""
        for item in self.menu:
            if item.code == code:
                return item
        raise KeyError(code)

    def hours_on(self, day: date) -> DayHours | None:
        """The hours of this day of the store, but for closures."""
        return rule_for(self.hours, day)

    def is_closed_on(self, day: date) -> bool:
        """Has the service department no hours on this day of the store, or a closure over all of them?"""
        stretch = self._stretch_of(day)
        return stretch is None or any(
            span.starts_at <= stretch[0] and stretch[1] <= span.ends_at for span in self.closures
        )

    def is_open_at(self, now: datetime) -> bool:
        """Is the service department open at now (aware)?"""
        if any(span.starts_at <= now < span.ends_at for span in self.closures):
            return False
        today = self.today(now)
        # Yesterday's hours may go on after midnight.
        stretches = [self._stretch_of(day) for day in (today - timedelta(days=1), today)]
        return any(stretch[0] <= now < stretch[1] for stretch in stretches if stretch)

    def _stretch_of(self, day: date) -> tuple[datetime, datetime] | None:
        hours = self.hours_on(day)
        return stretch_of(day, hours.opens, hours.closes, self.zone) if hours else None
