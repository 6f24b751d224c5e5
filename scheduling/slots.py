"""Hours, capacity and what is taken → the arrivals that can really be kept. Pure.

A visit is a chain of steps; each step needs one technician with the skill and one bay of a
fitting type, without a gap, from the end of the advisor's write-up. Wall-clock rules (hours,
shifts) are the store's; everything compared or returned is aware UTC.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WRITE_UP = timedelta(minutes=15)  # the advisor takes the car in before work can begin
SETUP_MINUTES = 10  # once a visit: moving the car, paperwork

Span = tuple[datetime, datetime]  # half-open, aware UTC


@dataclass(frozen=True, slots=True)
class Step:
    skill: str
    bay_types: frozenset[str]
    minutes: int


@dataclass(frozen=True, slots=True)
class DayRule:
    """Wall times of one weekday on which the store takes vehicles."""

    opens: time
    closes: time
    first_arrival: time
    last_arrival: time


@dataclass(frozen=True, slots=True)
class TechnicianFacts:
    id: int
    skills: frozenset[str]
    shifts: tuple[tuple[int, time, time], ...]  # weekday, from, until


@dataclass(frozen=True, slots=True)
class BayFacts:
    id: int
    bay_type: str


@dataclass(frozen=True, slots=True)
class Lane:
    """Everything that decides what is open, for the days that are asked about."""

    zone: ZoneInfo
    grid: timedelta
    lead: timedelta
    horizon_days: int
    days: dict[int, DayRule]  # by weekday, 0 is Monday
    closures: tuple[Span, ...]
    technicians: tuple[TechnicianFacts, ...]
    bays: tuple[BayFacts, ...]
    technician_taken: dict[int, list[Span]] = field(default_factory=dict)
    bay_taken: dict[int, list[Span]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Work:
    technician_id: int
    bay_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Slot:
    """An arrival that can be kept, with the work that would be allocated for it."""

    arrives_at: datetime
    ready_at: datetime
    work: tuple[Work, ...]


def chain(services: Iterable[Step]) -> tuple[Step, ...]:
    """Join services that the same technician can do in one bay; setup is added once, at the front.

    Raises ValueError when there is no service.
    """
    joined: list[Step] = []
    for service in services:
        for index, step in enumerate(joined):
            if (step.skill, step.bay_types) == (service.skill, service.bay_types):
                joined[index] = Step(step.skill, step.bay_types, step.minutes + service.minutes)
                break
        else:
            joined.append(service)
    if not joined:
        raise ValueError("A visit needs at least one service.")
    first = joined[0]
    return (Step(first.skill, first.bay_types, first.minutes + SETUP_MINUTES), *joined[1:])


def open_slots(
    steps: Sequence[Step], lane: Lane, first: date, last: date, *, now: datetime
) -> Iterator[Slot]:
    """Yield the arrivals that can be kept from first to last (the store's days), earliest first."""
    today = now.astimezone(lane.zone).date()
    day = max(first, today)
    while day <= min(last, today + timedelta(days=lane.horizon_days)):
        for arrives_at in _arrivals(lane, day):
            if arrives_at < now + lane.lead:
                continue
            slot = slot_at(steps, lane, arrives_at)
            if slot:
                yield slot
        day += timedelta(days=1)


def slot_at(steps: Sequence[Step], lane: Lane, arrives_at: datetime) -> Slot | None:
    """The slot for exactly this arrival, or None when the lane cannot keep it.

    Looks at hours, closures, shifts and what is taken; not at grid, lead time or horizon.
    """
    local = arrives_at.astimezone(lane.zone)
    rule = lane.days.get(local.weekday())
    if rule is None or not rule.first_arrival <= local.time() <= rule.last_arrival:
        return None
    closes_at = to_utc(local.date(), rule.closes, lane.zone)
    ready_at = arrives_at + WRITE_UP + timedelta(minutes=sum(step.minutes for step in steps))
    if closes_at is None or ready_at > closes_at or overlaps((arrives_at, ready_at), lane.closures):
        return None
    work = _allocate(steps, lane, arrives_at + WRITE_UP)
    return Slot(arrives_at, ready_at, work) if work else None


def _allocate(steps: Sequence[Step], lane: Lane, starts_at: datetime) -> tuple[Work, ...] | None:
    work: list[Work] = []
    for step in steps:
        span = (starts_at, starts_at + timedelta(minutes=step.minutes))
        technician = _free_technician(step, lane, span)
        bay = _free_bay(step, lane, span)
        if technician is None or bay is None:
            return None
        work.append(Work(technician.id, bay.id, *span))
        starts_at = span[1]
    return tuple(work)


def _free_technician(step: Step, lane: Lane, span: Span) -> TechnicianFacts | None:
    """The free technician with the fewest other skills, then the least taken: rare skills last."""
    free = [
        person
        for person in lane.technicians
        if step.skill in person.skills
        and _is_on_shift(person, lane.zone, span)
        and not overlaps(span, lane.technician_taken.get(person.id, ()))
    ]
    return min(
        free,
        key=lambda person: (len(person.skills), len(lane.technician_taken.get(person.id, ())), person.id),
        default=None,
    )


def _free_bay(step: Step, lane: Lane, span: Span) -> BayFacts | None:
    free = (
        bay
        for bay in lane.bays
        if bay.bay_type in step.bay_types and not overlaps(span, lane.bay_taken.get(bay.id, ()))
    )
    return next(free, None)


def _is_on_shift(person: TechnicianFacts, zone: ZoneInfo, span: Span) -> bool:
    start, end = (moment.astimezone(zone) for moment in span)
    return any(
        weekday == start.weekday()
        and begins <= start.time()
        and end.date() == start.date()
        and end.time() <= ends
        for weekday, begins, ends in person.shifts
    )


def _arrivals(lane: Lane, day: date) -> Iterator[datetime]:
    """The grid of one day in UTC; wall times that the clocks skip that night are left out."""
    rule = lane.days.get(day.weekday())
    if rule is None:
        return
    wall = datetime.combine(day, rule.first_arrival)
    while wall.date() == day and wall.time() <= rule.last_arrival:
        moment = to_utc(day, wall.time(), lane.zone)
        if moment is not None:
            yield moment
        wall += lane.grid


def to_utc(day: date, wall: time, zone: ZoneInfo) -> datetime | None:
    """A wall time of the store in UTC (the first of two on a repeated hour); None if clocks skip it."""
    local = datetime.combine(day, wall, tzinfo=zone)
    moment = local.astimezone(UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None) else None


def overlaps(span: Span, others: Iterable[Span]) -> bool:
    """Does span share any moment with one of the others? Half-open: touching is not sharing."""
    return any(span[0] < end and start < span[1] for start, end in others)


def choose_offers(
    slots: Sequence[Slot], zone: ZoneInfo, *, wanted: time | None = None, count: int = 3
) -> list[Slot]:
    """At most count of the openings, in time order: the ones nearest a wished time of day, else spread.

    Without a wished time the first opening of each half-day comes first, then others at least an
    hour apart, so that the caller hears real alternatives.
    """
    if wanted is not None:
        first_day = [
            s
            for s in slots
            if s.arrives_at.astimezone(zone).date() == slots[0].arrives_at.astimezone(zone).date()
        ]
        nearest = sorted(
            first_day, key=lambda slot: abs(_minutes(slot, zone) - wanted.hour * 60 - wanted.minute)
        )
        return sorted(nearest[:count], key=lambda slot: slot.arrives_at)
    chosen: list[Slot] = []
    for is_same_half_allowed in (False, True):
        for slot in slots:
            apart = all(abs(slot.arrives_at - other.arrives_at) >= timedelta(hours=1) for other in chosen)
            new_half = all(_half_day(slot, zone) != _half_day(other, zone) for other in chosen)
            if len(chosen) < count and apart and (new_half or is_same_half_allowed):
                chosen.append(slot)
    return sorted(chosen, key=lambda slot: slot.arrives_at)


def _half_day(slot: Slot, zone: ZoneInfo) -> tuple[date, bool]:
    local = slot.arrives_at.astimezone(zone)
    return local.date(), local.hour >= 12


def _minutes(slot: Slot, zone: ZoneInfo) -> int:
    local = slot.arrives_at.astimezone(zone)
    return local.hour * 60 + local.minute
