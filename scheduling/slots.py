"""Hours, capacity and what is taken → the arrivals that can really be kept. Pure.

A customer who waits needs, without a gap from the end of the advisor's write-up, one technician
with the skill and one bay of a fitting type for each step. A car that is left needs its hours
by the day, feasibly shared out among the technicians. Rules: docs/how-booking-works.md.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from math import ceil

from scheduling.capacity import ROUNDING, is_feasible
from scheduling.lane import Day, Lane, Span, at_wall_time, fits, length_of

WRITE_UP = timedelta(minutes=15)  # the advisor takes the car in before work can begin
SETUP_MINUTES = 10  # once a visit: moving the car, paperwork
MINUTE = timedelta(minutes=1)
HALF_HOUR = timedelta(minutes=30)
WAITER = "waiter"
KEY_DROP = "key_drop"
LOANER = "loaner"
SHUTTLE = "shuttle"
# Customers see to these themselves, or the loaners say how many: a store without a rule has them.
NEEDS_NO_OPTION = (WAITER, "drop_off", KEY_DROP, LOANER)
KEYS_WAIT = timedelta(days=7)  # for a day that is open


@dataclass(frozen=True, slots=True)
class Step:
    skill: str
    bay_types: frozenset[str]
    minutes: int


@dataclass(frozen=True, slots=True)
class Visit:
    """What is wished for. codes are the op codes, for their caps a day; advisor is preferred, not asked for."""

    steps: tuple[Step, ...]
    transport: str = WAITER
    codes: tuple[str, ...] = ()
    advisor: int | None = None
    may_wait: bool = True  # all of the services can be waited for

    @property
    def minutes(self) -> int:
        return sum(step.minutes for step in self.steps)


@dataclass(frozen=True, slots=True)
class Work:
    technician_id: int
    bay_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Slot:
    """An arrival that can be kept, with all that would be taken for it."""

    arrives_at: datetime
    ready_at: datetime
    work: tuple[Work, ...] = ()
    advisor_id: int | None = None
    loaner_id: int | None = None
    demand: dict[str, float] = field(default_factory=dict)  # minutes by skill, promised by the day
    day: date | None = None  # whose hours these are: after midnight the day before's
    load: float = 0.0  # how much of this half of the day is taken already, 0 to 1


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


def open_slots(visit: Visit, lane: Lane, first: date, last: date, *, now: datetime) -> Iterator[Slot]:
    """Yield the arrivals that can be kept from first to last (the store's days), earliest first.

    The night of last goes on after midnight, and first begins with the end of the night before.
    """
    today = now.astimezone(lane.zone).date()
    begin = at_wall_time(first, time(0), lane.zone)
    horizon = today + timedelta(days=lane.horizon_days)
    beyond = at_wall_time(horizon + timedelta(days=1), time(0), lane.zone)
    date_ = max(first, today) - timedelta(days=1)  # whose hours may go on after midnight
    while date_ <= min(last, horizon):
        day = lane.day(date_)
        question = _Question(visit, day) if day else None
        if day and question and not question.refused:
            for arrives_at in day.arrivals():
                if begin <= arrives_at < beyond and now + lane.lead <= arrives_at:
                    slot = question.at(arrives_at)
                    if isinstance(slot, Slot):
                        yield slot
        date_ += timedelta(days=1)


def slot_at(visit: Visit, day: Day, arrives_at: datetime) -> Slot | str:
    """The slot for exactly this arrival, or the code of what stands against it.

    Codes: closed, no_skill, not_offered, cannot_wait, slot_taken, transport_full. Looks at hours, closures, shifts, caps and
    what is taken; not at grid, lead time or horizon.
    """
    question = _Question(visit, day)
    if not day.takes_arrival_at(arrives_at) or not question.is_done_by_closing(arrives_at):
        return "closed"
    return question.refused or question.at(arrives_at)


def slot_in(lane: Lane, visit: Visit, arrives_at: datetime) -> Slot | str:
    """Like slot_at, on the day whose hours hold this arrival. The lane reaches from the day before it.

    Keys may be dropped at any hour: outside the hours, or too late for the work to be done that
    day, they are for the next day that is open; the lane reaches KEYS_WAIT beyond the arrival.
    """
    date_ = arrives_at.astimezone(lane.zone).date()
    found: Slot | str = "closed"
    for day in (lane.day(date_), lane.day(date_ - timedelta(days=1))):
        found = slot_at(visit, day, arrives_at) if day else "closed"
        if found != "closed":
            return found
    if visit.transport == KEY_DROP:
        for ahead in range(KEYS_WAIT.days + 1):
            day = lane.day(date_ + timedelta(days=ahead))
            if day and day.open_spans and arrives_at < day.open_spans[0][0]:
                question = _Question(visit, day)
                if question.is_done_by_closing(arrives_at):
                    return question.refused or question.at(arrives_at)
    return found


class _Question:
    """One visit asked of one day: what is the same for all arrivals is worked out once."""

    def __init__(self, visit: Visit, day: Day) -> None:
        self.visit = visit
        self.day = day
        self.refused = self._reason_against_day()  # the code of what stands against the whole day
        self.same = [arrival.arrives_at for arrival in day.arrived if arrival.transport == visit.transport]
        self._candidates = {step: self._technicians_for(step) for step in visit.steps}
        self._bays = {
            step: [bay for bay in day.lane.bays if bay.bay_type in step.bay_types] for step in visit.steps
        }
        self._keeps: dict[tuple[tuple[int, timedelta], ...], tuple[bool, bool]] = {}

    def at(self, arrives_at: datetime) -> Slot | str:
        """Like slot_at, for an arrival that the day takes and when nothing stands against the day."""
        visit, day = self.visit, self.day
        advisor = None if visit.transport == KEY_DROP else self._free_advisor(arrives_at)
        if visit.transport != KEY_DROP and day.lane.advisors and advisor is None:
            return "slot_taken"
        kept = self._wait(arrives_at) if visit.transport == WAITER else self._leave(arrives_at)
        if isinstance(kept, str):
            return kept
        if reason := self._reason_against_transport(arrives_at):
            return reason
        loaner = _free_loaner(day, (arrives_at, kept.ready_at)) if visit.transport == LOANER else None
        if visit.transport == LOANER and loaner is None:
            return "transport_full"
        load = day.load_at(arrives_at)
        return Slot(arrives_at, kept.ready_at, kept.work, advisor, loaner, kept.demand, day.date, load)

    def _reason_against_day(self) -> str | None:
        lane, transport = self.day.lane, self.visit.transport
        if transport not in NEEDS_NO_OPTION and transport not in lane.transports:
            return "not_offered"
        if transport == WAITER and not self.visit.may_wait:
            return "cannot_wait"
        for step in self.visit.steps:
            if not any(step.skill in person.skills for person in lane.technicians):
                return "no_skill"
        for code in self.visit.codes:
            cap = lane.code_caps.get(code)
            if cap is not None and sum(code in arrival.codes for arrival in self.day.arrived) >= cap:
                return "slot_taken"
        return None

    def _reason_against_transport(self, arrives_at: datetime) -> str | None:
        day, same = self.day, self.same
        rule = day.lane.transports.get(self.visit.transport)
        if rule is None:
            return None
        if rule.per_day is not None and len(same) >= rule.per_day:
            return "transport_full"
        if rule.per_half_hour is not None:
            start = arrives_at - (arrives_at - day.opens_at) % HALF_HOUR
            if sum(start <= other < start + HALF_HOUR for other in same) >= rule.per_half_hour:
                return "transport_full"
        if rule.departures and rule.seats is not None:
            departure = _departure(rule.departures, day, arrives_at)
            if departure is None:
                return "transport_full"
            if sum(_departure(rule.departures, day, other) == departure for other in same) >= rule.seats:
                return "transport_full"
        return None

    # --- waiting ----------------------------------------------------------------------------

    def _wait(self, arrives_at: datetime) -> Slot | str:
        """Work that begins after the write-up and goes on without a gap: the first way that keeps the day's promises."""
        for work in self._ways(self.visit.steps, arrives_at + WRITE_UP):
            if self._keeps_promises(work):
                return Slot(arrives_at, work[-1].ends_at, work)
        return "slot_taken"

    def _keeps_promises(self, work: Sequence[Work]) -> bool:
        """Does this leave enough for what is promised by the day, and for the cars that come late?"""
        # Whose hours and how many decide this mostly, not when: asked once a day for each.
        taken = tuple((piece.technician_id, piece.ends_at - piece.starts_at) for piece in work)
        if taken not in self._keeps:
            day = self.day
            self._keeps[taken] = (
                self._keeps_budget(taken),
                self._fits_beside(work, day.opens_at, day.least_to_spare),
            )
        keeps_budget, fits_anywhere = self._keeps[taken]
        return keeps_budget and (
            fits_anywhere
            or all(
                self._fits_beside(work, promise.since, promise.spare) for promise in self.day.late_promises
            )
        )

    def _fits_beside(
        self, work: Sequence[Work], since: datetime, spare: Mapping[frozenset[str], float]
    ) -> bool:
        """Does the part of work that lies after since fit into the minutes to spare, by set of skills?"""
        for skills, minutes in spare.items():
            for piece in work:
                person = self.day.people[piece.technician_id]
                if piece.ends_at > since and not person.skills.isdisjoint(skills):
                    length = piece.ends_at - max(since, piece.starts_at)
                    minutes -= length / MINUTE * person.proficiency
            if minutes < -ROUNDING:
                return False
        return True

    def _keeps_budget(self, taken: Sequence[tuple[int, timedelta]]) -> bool:
        day = self.day
        booked: dict[int, float] = {}
        for technician, length in taken:
            booked[technician] = booked.get(technician, 0.0) + length / MINUTE
        return all(
            day.minutes_left(day.people[person], minutes) >= 0 for person, minutes in booked.items()
        ) and (not day.demand or is_feasible(day.demand, day.budget(booked=booked)))

    def _ways(self, steps: Sequence[Step], starts_at: datetime) -> Iterator[tuple[Work, ...]]:
        """Every choice of technicians for the steps one after the other, the best first."""
        for work in self._pairs(steps[0], starts_at):
            if len(steps) == 1:
                yield (work,)
            else:
                for rest in self._ways(steps[1:], work.ends_at):
                    yield (work, *rest)

    def _pairs(self, step: Step, starts_at: datetime) -> Iterator[Work]:
        """Technicians who are free from then on, the best first; and a bay for as long."""
        for technician, length in self._candidates[step]:
            span = (starts_at, starts_at + length)
            if fits(span, self.day.technician_gaps[technician]):
                for bay in self._bays[step]:
                    if fits(span, self.day.bay_gaps[bay.id]):
                        yield Work(technician, bay.id, *span)
                        break

    def _technicians_for(self, step: Step) -> list[tuple[int, timedelta]]:
        """Those with the fewest other skills first, then the freest; and how long it takes each."""
        people = sorted(
            (person for person in self.day.lane.technicians if step.skill in person.skills),
            key=lambda person: (len(person.skills), -self.day.free_minutes[person.id], person.id),
        )
        # Rounded first: 21 minutes at 0.7 are 30, but 30.000000000000004 as floats divide.
        return [
            (person.id, timedelta(minutes=ceil(round(step.minutes / person.proficiency, 6))))
            for person in people
        ]

    # --- leaving the car --------------------------------------------------------------------

    def _leave(self, arrives_at: datetime) -> Slot | str:
        """Hours of each skill on this day, before closing and beside all that is promised already."""
        day = self.day
        if not self.is_done_by_closing(arrives_at):
            return "closed"
        if not self._fits_by_the_day or not self._comes_in_time(arrives_at):
            return "slot_taken"
        return Slot(arrives_at, day.last_open_at, demand=dict(self._wanted))

    @cached_property
    def _wanted(self) -> dict[str, float]:
        wanted: dict[str, float] = {}
        for step in self.visit.steps:
            wanted[step.skill] = wanted.get(step.skill, 0.0) + step.minutes
        return wanted

    @cached_property
    def _fits_by_the_day(self) -> bool:
        """A day that cannot keep what it has promised, since it closes early now, takes nothing more."""
        return self.day.keeps_its_promises() and is_feasible(self._with(self.day.demand), self.day.budget())

    def is_done_by_closing(self, arrives_at: datetime) -> bool:
        """Could a car that is left be done that day, were all free? Who waits is asked to the minute."""
        done_at = arrives_at + WRITE_UP + timedelta(minutes=self.visit.minutes)
        return self.visit.transport == WAITER or done_at <= self.day.last_open_at

    def _comes_in_time(self, arrives_at: datetime) -> bool:
        """Are there hours left for this car and for those that come later?

        The later it comes, the fewer; so one search over the day answers for all arrivals on its grid.
        """
        grid, fitting = self._grid, self._fitting
        if fitting and arrives_at <= grid[fitting - 1]:
            return True
        if fitting < len(grid) and arrives_at >= grid[fitting]:
            return False
        return self._fits_from(arrives_at)

    @cached_property
    def _grid(self) -> list[datetime]:
        return self.day.arrivals()

    @cached_property
    def _fitting(self) -> int:
        return bisect_left(self._grid, True, key=lambda arrives_at: not self._fits_from(arrives_at))

    def _fits_from(self, arrives_at: datetime) -> bool:
        begins = arrives_at + WRITE_UP
        if self._too_late and begins >= self._too_late:
            return False
        return is_feasible(self._with(self.day.comes_from(begins)), self.day.capacity_after(begins))

    @cached_property
    def _too_late(self) -> datetime | None:
        """What begins from here on comes on top of a promise that has no room for it; None when all have."""
        return next(
            (
                promise.since
                for promise in self.day.late_promises
                if not is_feasible(self._with(promise.demand), promise.people)
            ),
            None,
        )

    def _with(self, demand: Mapping[str, float]) -> dict[str, float]:
        """Minutes by skill of demand and of this visit."""
        return {
            skill: demand.get(skill, 0.0) + self._wanted.get(skill, 0.0) for skill in {*demand, *self._wanted}
        }

    # --- people and cars --------------------------------------------------------------------

    def _free_advisor(self, arrives_at: datetime) -> int | None:
        """The preferred one, else the one with the most free time."""
        gaps, span = self.day.advisor_gaps, (arrives_at, arrives_at + WRITE_UP)
        if self.visit.advisor in gaps and fits(span, gaps[self.visit.advisor]):
            return self.visit.advisor
        return next((advisor for advisor in self._advisors if fits(span, gaps[advisor])), None)

    @cached_property
    def _advisors(self) -> list[int]:
        gaps = self.day.advisor_gaps
        return sorted(gaps, key=lambda advisor: (-length_of(gaps[advisor]), advisor))


def _departure(departures: Sequence[time], day: Day, arrives_at: datetime) -> datetime | None:
    """The first shuttle after the write-up; None when all have left by then."""
    moments = sorted(at_wall_time(day.date, wall, day.lane.zone) for wall in departures)
    return next((moment for moment in moments if moment >= arrives_at + WRITE_UP), None)


def _free_loaner(day: Day, span: Span) -> int | None:
    taken = day.lane.taken.loaners
    return next(
        (
            loaner
            for loaner in day.lane.loaners
            if not any(span[0] < end and start < span[1] for start, end in taken.get(loaner, ()))
        ),
        None,
    )
