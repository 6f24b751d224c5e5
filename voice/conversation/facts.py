"""What the desk may say about the store: read once at the start of a call, never changed."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class MenuItem:
    code: str
    name: str  # as customers say it: "oil change"
    synonyms: tuple[str, ...]
    minutes: int
    price_min: int  # whole US dollars
    price_max: int


@dataclass(frozen=True, slots=True)
class DayHours:
    """Opening of one weekday (0 is Monday) in the store's wall time."""

    weekday: int
    opens: time
    closes: time


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

    def today(self, now: datetime) -> date:
        """The store's calendar day at now (aware)."""
        return now.astimezone(self.zone).date()

    def item(self, code: str) -> MenuItem:
        """The menu line with this op code. Raises KeyError when the menu has none."""
        for item in self.menu:
            if item.code == code:
                return item
        raise KeyError(code)

    def is_closed_on(self, day: date) -> bool:
        """Has the service department no hours on this day of the store, or a closure over all of them?"""
        hours = next((hours for hours in self.hours if hours.weekday == day.weekday()), None)
        if hours is None:
            return True
        opens, closes = (
            datetime.combine(day, wall, tzinfo=self.zone) for wall in (hours.opens, hours.closes)
        )
        return any(span.starts_at <= opens and closes <= span.ends_at for span in self.closures)

    def is_open_at(self, now: datetime) -> bool:
        """Is the service department open at now (aware)?"""
        local = now.astimezone(self.zone)
        if any(span.starts_at <= local < span.ends_at for span in self.closures):
            return False
        return any(
            day.weekday == local.weekday() and day.opens <= local.time() < day.closes for day in self.hours
        )
