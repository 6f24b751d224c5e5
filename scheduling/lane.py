"""The service lane as facts, and one day of it ready to be asked. Pure.

Wall-clock rules (hours, shifts) are the store's; every moment is aware UTC. A day that closes
after midnight belongs to the date on which it opened.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from operator import attrgetter, itemgetter
from zoneinfo import ZoneInfo

from scheduling.capacity import RESERVE, ROUNDING, is_feasible, to_spare
from scheduling.hours import rule_for

Span = tuple[datetime, datetime]  # half-open
ToCome = tuple[datetime, str, float]  # when work can begin, skill, minutes

# How a shift's weekday lies to a date's: today's, yesterday's, tomorrow's; modulo 7.
NEAR = {0: 0, 6: -1, 1: 1}
KEPT = 8192  # wall times worked out already; 90 days of a store have about a thousand

_starts: Callable[[Span], datetime] = itemgetter(0)
_ends: Callable[[Span], datetime] = itemgetter(1)


@dataclass(frozen=True, slots=True)
class DayRule:
    """Wall times of one weekday on which the store takes vehicles; an end before its start is tomorrow's."""

    weekday: int
    opens: time
    closes: time
    first_arrival: time
    last_arrival: time
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class TechnicianFacts:
    id: int
    skills: frozenset[str]
    shifts: tuple[tuple[int, time, time], ...]  # weekday, from, until
    proficiency: float = 1.0  # 1.2 does in 50 minutes what 1.0 does in 60


@dataclass(frozen=True, slots=True)
class BayFacts:
    id: int
    bay_type: str


@dataclass(frozen=True, slots=True)
class TransportRule:
    """How customers go on without their car, and how many can; None means no limit."""

    kind: str
    per_half_hour: int | None = None
    per_day: int | None = None
    departures: tuple[time, ...] = ()  # shuttle: wall times
    seats: int | None = None  # shuttle: on each departure


@dataclass(frozen=True, slots=True)
class Arrival:
    """One vehicle that is already promised: enough to count it against the caps."""

    arrives_at: datetime
    transport: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """What is taken, by resource: sorted, and never the same one twice at a moment."""

    technicians: Mapping[int, Sequence[Span]] = field(default_factory=dict)
    bays: Mapping[int, Sequence[Span]] = field(default_factory=dict)
    advisors: Mapping[int, Sequence[Span]] = field(default_factory=dict)
    loaners: Mapping[int, Sequence[Span]] = field(default_factory=dict)
    # Part of technicians: time off and blocks take a person away, they use up no budget.
    time_off: Mapping[int, Sequence[Span]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lane:
    """Everything that decides what is open, for the days that are asked about."""

    zone: ZoneInfo
    grid: timedelta
    lead: timedelta
    horizon_days: int
    rules: tuple[DayRule, ...]
    technicians: tuple[TechnicianFacts, ...]
    bays: tuple[BayFacts, ...]
    advisors: tuple[int, ...] = ()
    loaners: tuple[int, ...] = ()
    transports: Mapping[str, TransportRule] = field(default_factory=dict)
    closures: tuple[Span, ...] = ()
    taken: Taken = field(default_factory=Taken)
    arrivals: tuple[Arrival, ...] = ()  # earliest first
    # Keys in the box, by the day whose hours they take; the others count where they arrive.
    keys: Mapping[date, Sequence[Arrival]] = field(default_factory=dict)
    # Promised by the day (drop-offs) and left over from before: minutes by date and skill.
    demand: Mapping[date, Mapping[str, float]] = field(default_factory=dict)
    # The part of demand that cannot begin before its car has come.
    to_come: Mapping[date, Sequence[ToCome]] = field(default_factory=dict)
    reserve: float = RESERVE  # part of the hours that is kept for walk-ins and tow-ins
    code_caps: Mapping[str, int] = field(default_factory=dict)  # op code → visits a day

    def day(self, day: date) -> "Day | None":
        """This date, ready to be asked; None when the store has no hours on it."""
        rule = rule_for(self.rules, day)
        return Day(self, day, rule) if rule else None


@dataclass(frozen=True, slots=True)
class Promise:
    """Work that can only begin at since or later, the technicians' minutes from then on, what they can spare."""

    since: datetime
    demand: Mapping[str, float]
    people: Sequence[tuple[frozenset[str], float]]
    spare: Mapping[frozenset[str], float]  # by set of skills, as capacity.to_spare


class Day:
    """One date of a lane: who and what is free when, worked out once for all arrivals."""

    def __init__(self, lane: Lane, day: date, rule: DayRule) -> None:
        self.lane = lane
        self.date = day
        self.rule = rule
        self.opens_at, self.closes_at = stretch_of(day, rule.opens, rule.closes, lane.zone)
        self.open_spans = subtract([(self.opens_at, self.closes_at)], lane.closures)
        # Half a holiday sends the cars home before it begins.
        self.last_open_at = self.open_spans[-1][1] if self.open_spans else self.opens_at
        self.people = {person.id: person for person in lane.technicians}
        shifts = {person.id: self._shift_spans(person) for person in lane.technicians}
        self.technician_gaps = {
            person: self._gaps(spans, lane.taken.technicians.get(person, ()))
            for person, spans in shifts.items()
        }
        self.free_minutes = {
            person: _minutes(length_of(gaps)) for person, gaps in self.technician_gaps.items()
        }
        self._present = {
            person: self._gaps(spans, lane.taken.time_off.get(person, ())) for person, spans in shifts.items()
        }
        self._present_minutes = {
            person: _minutes(length_of(spans)) for person, spans in self._present.items()
        }
        self.bay_gaps = {
            bay.id: self._gaps(self.open_spans, lane.taken.bays.get(bay.id, ())) for bay in lane.bays
        }
        self.advisor_gaps = {
            advisor: self._gaps(self.open_spans, lane.taken.advisors.get(advisor, ()))
            for advisor in lane.advisors
        }
        self.demand = dict(lane.demand.get(day, {}))
        self.arrived = lane.arrivals[
            bisect_left(lane.arrivals, self.opens_at, key=attrgetter("arrives_at")) : bisect_left(
                lane.arrivals, self.closes_at, key=attrgetter("arrives_at")
            )
        ] + tuple(lane.keys.get(day, ()))

    def _gaps(self, spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
        # A lane holds three months: look only at what this day can meet.
        first = bisect_right(taken, self.opens_at, key=_ends)
        return subtract(spans, taken[first : bisect_left(taken, self.closes_at, lo=first, key=_starts)])

    def _shift_spans(self, person: TechnicianFacts) -> list[Span]:
        """The person's hours while the store is open; shifts without a break between them are one."""
        zone = self.lane.zone
        is_over_midnight = self.rule.closes <= self.rule.opens
        shifts = []
        for weekday, begins, ends in person.shifts:
            days = NEAR.get((weekday - self.date.weekday()) % 7)
            # The day before matters when its shift ends today, the next when the store is open into it.
            if days == 0 or (days == -1 and ends <= begins) or (days == 1 and is_over_midnight):
                date_ = self.date + timedelta(days=days)
                shifts.append(stretch_of(date_, begins, ends, zone))
        return [span for shift in join(shifts) for span in intersect(shift, self.open_spans)]

    def arrivals(self) -> list[datetime]:
        """The grid of arrivals that takes_arrival_at allows, in order."""
        moments = grid_between(*self._arrival_bounds(), self.lane.grid, self.lane.zone)
        return [moment for moment in moments if self._is_open_at(moment)]

    def takes_arrival_at(self, moment: datetime) -> bool:
        """Is this within the hours for arrivals, and the store not closed just then?"""
        local = moment.astimezone(self.lane.zone).replace(tzinfo=None)
        first, last = self._arrival_bounds()
        return first <= local <= last and self._is_open_at(moment)

    def _is_open_at(self, moment: datetime) -> bool:
        return any(start <= moment < end for start, end in self.open_spans)

    def _arrival_bounds(self) -> tuple[datetime, datetime]:
        """First and last arrival as wall times; the last may lie after midnight."""
        is_over_midnight = self.rule.closes <= self.rule.opens
        first, last = (
            datetime.combine(self.date, wall) + timedelta(days=is_over_midnight and wall < self.rule.opens)
            for wall in (self.rule.first_arrival, self.rule.last_arrival)
        )
        return first, last

    def budget(self, *, booked: Mapping[int, float] | None = None) -> list[tuple[frozenset[str], float]]:
        """Each technician's skills and the minutes of work that may still be promised of them.

        Hours × proficiency, less the reserve, less what is taken by the hour; booked is extra
        work (minutes by technician) to count as taken too.
        """
        return [
            (person.skills, self.minutes_left(person, (booked or {}).get(person.id, 0.0)))
            for person in self.lane.technicians
        ]

    def minutes_left(self, person: TechnicianFacts, booked: float = 0.0) -> float:
        """What may still be promised of this technician today; below zero is into the reserve."""
        present, free = self._present_minutes[person.id], self.free_minutes[person.id]
        return (present * (1 - self.lane.reserve) - (present - free) - booked) * person.proficiency

    def promisable_minutes(self, person: TechnicianFacts) -> float:
        """All that may be promised of this technician today, taken or not."""
        return self._present_minutes[person.id] * (1 - RESERVE) * person.proficiency

    def load_at(self, moment: datetime) -> float:
        """How much of the technicians' hours in this half of the day is promised already, 0 to 1.

        What is promised by the day counts in both halves alike.
        """
        return self._load_after_noon if moment >= self._noon else self._load_before_noon

    @cached_property
    def _noon(self) -> datetime:
        return at_wall_time(self.date, time(12), self.lane.zone)

    @cached_property
    def _load_before_noon(self) -> float:
        return self._load((self.opens_at, self._noon))

    @cached_property
    def _load_after_noon(self) -> float:
        return self._load((self._noon, self.closes_at))

    def _load(self, half: Span) -> float:
        def minutes(gaps: Mapping[int, Sequence[Span]], span: Span) -> float:
            return sum(_minutes(length_of(intersect(span, spans))) for spans in gaps.values())

        present = minutes(self._present, half)
        if not present:
            return 1.0
        promised = sum(self.demand.values()) / sum(self._present_minutes.values())
        return min(1.0, 1 - minutes(self.technician_gaps, half) / present + promised)

    @cached_property
    def late_promises(self) -> list[Promise]:
        """For each moment at which cars that are left can be begun: those and the later ones, earliest first.

        The hours before it are no use to them, so they must fit into the hours after it. Each moment
        is looked at by itself: exact for one skill, and for several but in odd mixes of shifts.
        """
        promises: list[Promise] = []
        demand: dict[str, float] = {}
        coming = sorted(self.lane.to_come.get(self.date, ()), reverse=True)
        for index, (since, skill, minutes) in enumerate(coming):
            demand[skill] = demand.get(skill, 0.0) + minutes
            if index + 1 == len(coming) or coming[index + 1][0] != since:
                people = self.capacity_after(since)
                promises.append(Promise(since, dict(demand), people, dict(to_spare(demand, people))))
        return promises[::-1]

    @cached_property
    def least_to_spare(self) -> dict[frozenset[str], float]:
        """What can be taken at any time of the day without breaking a late promise, by set of skills."""
        least: dict[frozenset[str], float] = {}
        for promise in self.late_promises:
            for skills, minutes in promise.spare.items():
                least[skills] = min(minutes, least.get(skills, minutes))
        return least

    def keeps_its_promises(self) -> bool:
        """Can all be worked that is promised by the day?"""
        return is_feasible(self.demand, self.budget()) and all(
            minutes >= -ROUNDING for minutes in self.least_to_spare.values()
        )

    def comes_from(self, moment: datetime) -> Mapping[str, float]:
        """Minutes by skill of the cars that are left and can only be begun at moment or later."""
        return next((promise.demand for promise in self.late_promises if promise.since >= moment), {})

    def capacity_after(self, moment: datetime) -> list[tuple[frozenset[str], float]]:
        """Each technician's skills and free minutes from moment to closing."""
        return [
            (
                person.skills,
                _minutes(length_of(intersect((moment, self.closes_at), self.technician_gaps[person.id])))
                * person.proficiency,
            )
            for person in self.lane.technicians
        ]


def fits(span: Span, gaps: Sequence[Span]) -> bool:
    """Does span lie wholly in one of the gaps (sorted, disjoint)?"""
    index = bisect_right(gaps, span[0], key=_starts) - 1
    return index >= 0 and span[1] <= gaps[index][1]


def subtract(spans: Sequence[Span], others: Iterable[Span]) -> list[Span]:
    """What remains of spans (disjoint) without others, sorted."""
    remaining = []
    taken = join(others)
    for start, end in sorted(spans):
        for begins, ends in taken:
            if begins < end and start < ends:
                if start < begins:
                    remaining.append((start, begins))
                start = ends
        if start < end:
            remaining.append((start, end))
    return remaining


def join(spans: Iterable[Span]) -> list[Span]:
    """The same stretches, sorted, with those that touch made one."""
    joined: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def intersect(span: Span, others: Iterable[Span]) -> list[Span]:
    return [
        (max(span[0], start), min(span[1], end)) for start, end in others if span[0] < end and start < span[1]
    ]


@lru_cache(KEPT // 8)
def grid_between(first: datetime, last: datetime, grid: timedelta, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The grid from one wall time (naive) to another in UTC, each once; what the clocks skip is left out."""
    walls = (first + n * grid for n in range((last - first) // grid + 1))
    moments = (to_utc(wall.date(), wall.time(), zone) for wall in walls)
    return tuple(moment for moment in moments if moment is not None)


def to_utc(day: date, wall: time, zone: ZoneInfo) -> datetime | None:
    """A wall time of the store in UTC (the first of two on a repeated hour); None if clocks skip it."""
    local = datetime.combine(day, wall, tzinfo=zone)
    moment = local.astimezone(UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None) else None


@lru_cache(KEPT)
def at_wall_time(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """Like to_utc, but a skipped wall time is the moment at which the clocks jump over it."""
    moment = to_utc(day, wall, zone)
    if moment is not None:
        return moment
    # In the gap fold=1 counts with the offset after the jump and so lies before it, fold=0 behind it.
    before = datetime.combine(day, wall, tzinfo=zone).replace(fold=1).astimezone(UTC)
    jump = datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)
    offset = before.astimezone(zone).utcoffset()
    while jump - before > timedelta(minutes=1):
        middle = before + (jump - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            jump = middle
    return jump.replace(second=0, microsecond=0)


def stretch_of(day: date, begins: time, ends: time, zone: ZoneInfo) -> Span:
    """A stretch of wall time that begins on day; an end that is not after its start is the next day's."""
    until = day if ends > begins else day + timedelta(days=1)
    return at_wall_time(day, begins, zone), at_wall_time(until, ends, zone)


def length_of(spans: Iterable[Span]) -> timedelta:
    return sum((end - start for start, end in spans), timedelta())


def _minutes(length: timedelta) -> float:
    return length / timedelta(minutes=1)
