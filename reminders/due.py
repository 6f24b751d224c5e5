"""Which reminders a promised visit should have, and when. Pure: wall clocks and rules, no rows.

Moments are aware UTC. Zones are those whose clocks must all agree that the hour is decent: the store's
first, then those of the customer's area code.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone as numbering

Kind = Literal["confirmation", "call", "text", "change"]
Span = tuple[datetime, datetime]  # the end is not in it

DAY = timedelta(days=1)
SHORT_NOTICE = DAY  # a visit booked no longer ahead is only confirmed
TEXT_BEFORE = timedelta(hours=2)
LAST_CALL_BEFORE = timedelta(hours=2)  # nobody is rung about a visit that is nearer
NEWS_FOR = DAY  # a confirmation that comes later than this confuses
MOST_ZONES = 4  # a number that could be anywhere says nothing
LEEWAY = timedelta(minutes=15)  # what is due is due so long before the hour ends: it may take a while


@dataclass(frozen=True, slots=True)
class Hours:
    """Wall times between which people may be rung."""

    opens: time
    closes: time


OUTER = Hours(time(8), time(21))  # the widest that any setting may give


@dataclass(frozen=True, slots=True)
class Rules:
    """When to ring. With batch_hour all calls of a store are due at that hour of the day before, in
    batch_zone or the store's own; without, each at the wall time of its visit."""

    hours: Hours = Hours(time(9), time(19))
    batch_hour: int | None = None
    batch_zone: ZoneInfo | None = None

    @classmethod
    def read(cls, window: str, batch_hour: int | None, batch_zone: str) -> Self:
        """From settings; window is like "09:00-19:00". Raises ValueError, with a sentence."""
        try:
            opens, closes = (time.fromisoformat(part.strip()) for part in window.split("-"))
        except ValueError:
            raise ValueError(f"CALL_WINDOW is {window!r}; write it like 09:00-19:00.") from None
        hours = Hours(max(opens, OUTER.opens), min(closes, OUTER.closes))
        if datetime.combine(date.min, hours.opens) + LEEWAY >= datetime.combine(date.min, hours.closes):
            raise ValueError(f"CALL_WINDOW is {window!r}; no quarter of an hour of it is within 08:00-21:00.")
        if batch_hour is not None and not 0 <= batch_hour <= 23:
            raise ValueError(f"WORKER_REMINDER_HOUR is {batch_hour}; write an hour from 0 to 23.")
        try:
            zone = ZoneInfo(batch_zone) if batch_zone else None
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(
                f"WORKER_REMINDER_TIMEZONE is {batch_zone!r}; write a zone like America/New_York."
            ) from None
        return cls(hours, batch_hour, zone)


@dataclass(frozen=True, slots=True)
class Promise:
    """A visit as it was told to the customer; made_at is when it was booked, or moved, or cancelled."""

    arrives_at: datetime
    made_at: datetime
    is_changed: bool = False
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    kind: Kind
    at: datetime


def reminders_for(promise: Promise, zones: Sequence[ZoneInfo], rules: Rules, *, now: datetime) -> list[Due]:
    """What the customer should hear of this promise, earliest first."""
    found: list[Due] = []
    if now - promise.made_at < NEWS_FOR and promise.arrives_at > now:
        found.append(Due("change" if promise.is_changed else "confirmation", promise.made_at))
    if promise.is_cancelled or promise.arrives_at - promise.made_at <= SHORT_NOTICE:
        return found
    call_at = call_due(promise.arrives_at, zones, rules)
    if call_at and call_at > promise.made_at:
        found.append(Due("call", call_at))
    text_at = text_due(promise.arrives_at, zones)
    if text_at > promise.made_at:
        found.append(Due("text", text_at))
    return sorted(found, key=lambda due: due.at)


def call_due(arrives_at: datetime, zones: Sequence[ZoneInfo], rules: Rules) -> datetime | None:
    """When to ring: on the store's day before, at the same wall time or the batch's, as near to it as
    the hours allow. None when no moment of that day is decent everywhere."""
    arrival = arrives_at.astimezone(zones[0])
    day = arrival.date() - DAY
    wanted = _moment(day, arrival.time(), zones[0])
    if rules.batch_hour is not None:
        wanted = _moment(day, time(rules.batch_hour), rules.batch_zone or zones[0])
    near = [_into(span, wanted) for span in decent_spans(day, zones, rules.hours)]
    return min(near, key=lambda moment: abs(moment - wanted), default=None)


def text_due(arrives_at: datetime, zones: Sequence[ZoneInfo]) -> datetime:
    """Two hours before; when that is at night, the evening before."""
    wanted = arrives_at - TEXT_BEFORE
    day = wanted.astimezone(zones[0]).date()
    spans = [span for n in (0, 1) for span in decent_spans(day - n * DAY, zones, OUTER)]
    return max((_into(span, wanted) for span in spans if span[0] <= wanted), default=wanted)


def next_decent(
    moment: datetime, until: datetime, zones: Sequence[ZoneInfo], hours: Hours
) -> datetime | None:
    """The first moment from this one on, and not after until, at which one may ring. moment itself: now."""
    day = moment.astimezone(zones[0]).date()
    for n in (0, 1):
        for starts, ends in decent_spans(day + n * DAY, zones, hours):
            first = max(starts, moment)
            if first < ends and first <= until:
                return first
    return None


def decent_spans(day: date, zones: Sequence[ZoneInfo], hours: Hours) -> list[Span]:
    """When one may ring on this day of the store: within hours on every clock.

    A customer half the world away is rung within OUTER where hours have no quarter of an hour in common.
    """
    for wanted in (hours, OUTER):
        spans = [_span(day, zones[0], wanted)]
        for zone in zones[1:]:
            theirs = [_span(day + n * DAY, zone, wanted) for n in (-1, 0, 1)]
            spans = list(_common(spans, theirs))
        if spans:
            return spans
    return []


def _common(ours: list[Span], theirs: list[Span]) -> Iterator[Span]:
    for one in ours:
        for other in theirs:
            starts, ends = max(one[0], other[0]), min(one[1], other[1])
            if ends - starts > LEEWAY:
                yield starts, ends


def _span(day: date, zone: ZoneInfo, hours: Hours) -> Span:
    return _moment(day, hours.opens, zone), _moment(day, hours.closes, zone)


def _moment(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The wall time in UTC: the first of two in autumn; one that spring skips, an hour later."""
    return datetime.combine(day, wall.replace(fold=0), zone).astimezone(UTC)


def _into(span: Span, moment: datetime) -> datetime:
    return max(span[0], min(moment, span[1] - LEEWAY))


@lru_cache(maxsize=4096)
def zones_of(number: str) -> tuple[ZoneInfo, ...]:
    """The zones in which this E.164 number may be at home, by its area code; none when it tells nothing,
    as a toll-free one."""
    names = numbering.time_zones_for_number(phonenumbers.parse(number))
    if len(names) > MOST_ZONES:
        return ()
    return tuple(ZoneInfo(name) for name in names if name != numbering.UNKNOWN_TIMEZONE)
