"""The rules of the lane once more, slowly: minute by minute and by trying everything.

Shares no code with scheduling/slots.py, lane.py and capacity.py; reads the same rows. What the
quick rules offer and refuse is held against this.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import cache
from zoneinfo import ZoneInfo

from crm.models import Rooftop, Staff
from scheduling.models import (
    Allocation,
    Appointment,
    Bay,
    Closure,
    Demand,
    Hold,
    Loaner,
    OpCode,
    OpeningHours,
    Technician,
    TransportOption,
)

Minute = int  # whole minutes since 1970, UTC
Arrival = tuple[datetime, str, list[str], date | None]  # at, transport, codes, for keys: for which day
DAY = timedelta(days=1)
RESERVE = Decimal("0.15")
WRITE_UP = 15
SETUP = 10


def minute_of(moment: datetime) -> Minute:
    return int(moment.timestamp()) // 60


def moment_of(minute: Minute) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


@cache
def wall_clock(zone: ZoneInfo, minute: Minute) -> datetime:
    """What the clock on the store's wall shows at this minute."""
    return moment_of(minute).astimezone(zone).replace(tzinfo=None)


@cache
def stretch(zone: ZoneInfo, day: date, begins: time, ends: time) -> range:
    """The minutes from when the wall clock first reaches begins until it then first reaches ends."""
    first = datetime.combine(day, begins)
    last = datetime.combine(day if ends > begins else day + DAY, ends)
    start = next(m for m in _around(day) if wall_clock(zone, m) >= first)
    stop = start
    while wall_clock(zone, stop) < last:
        stop += 1
    return range(start, stop)


def _around(day: date) -> Iterator[Minute]:
    midnight = minute_of(datetime.combine(day, time(), UTC))
    return iter(range(midnight - 16 * 60, midnight + 48 * 60))


def can_share_out(demand: dict[str, Decimal], people: Iterable[tuple[frozenset[str], Decimal]]) -> bool:
    """Can every skill's minutes be given to people, each minute of a person once? By augmenting paths."""
    left = [max(Decimal(0), minutes) for _, minutes in people]
    able = [skills for skills, _ in people]
    given: dict[tuple[str, int], Decimal] = defaultdict(Decimal)

    def push(skill: str, amount: Decimal, seen: set[int]) -> Decimal:
        for index, skills in enumerate(able):
            if skill not in skills or index in seen:
                continue
            seen.add(index)
            moved = min(amount, left[index])
            if moved > 0:
                left[index] -= moved
                given[skill, index] += moved
                return moved
            for other in [s for (s, i), minutes in given.items() if i == index and minutes > 0]:
                moved = push(other, min(amount, given[other, index]), seen)
                if moved > 0:
                    given[other, index] -= moved
                    given[skill, index] += moved
                    return moved
        return Decimal(0)

    for skill, minutes in demand.items():
        while minutes > 0:
            moved = push(skill, minutes, set())
            if moved == 0:
                return False
            minutes -= moved
    return True


class SlowLane:
    """One store as its rows are now; make a new one after every change."""

    def __init__(self, rooftop: Rooftop, now: datetime, *, without: int = 0) -> None:
        """without: the pk of an appointment to leave out, because it is about to move."""
        self.rooftop, self.now, self.zone = rooftop, now, rooftop.zone
        self.rules = list(OpeningHours.objects.filter(rooftop=rooftop))
        self.technicians = list(Technician.objects.filter(rooftop=rooftop).prefetch_related("shifts"))
        self.bays = list(Bay.objects.filter(rooftop=rooftop))
        self.advisors = list(Staff.objects.filter(rooftop=rooftop, role=Staff.Role.ADVISOR))
        self.loaners = list(Loaner.objects.filter(rooftop=rooftop))
        self.options = {option.kind: option for option in TransportOption.objects.filter(rooftop=rooftop)}
        self.closed = self._minutes(Closure.objects.filter(rooftop=rooftop))
        living_holds = Hold.objects.filter(rooftop=rooftop, expires_at__gt=now)
        hold_ids = {hold.pk for hold in living_holds}
        self.taken: dict[tuple[str, int], set[Minute]] = defaultdict(set)
        self.away: dict[int, set[Minute]] = defaultdict(set)
        for row in Allocation.objects.filter(rooftop=rooftop):
            if row.appointment_id == without or (row.hold_id and row.hold_id not in hold_ids):
                continue
            minutes = self._minutes([row])
            for kind in ("technician", "bay", "advisor", "loaner"):
                self.taken[kind, getattr(row, f"{kind}_id")] |= minutes
            if row.technician_id and row.kind in ("time_off", "block"):
                self.away[row.technician_id] |= minutes
        self.demand: dict[date, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        self.to_come: dict[date, list[tuple[Minute, str, Decimal]]] = defaultdict(list)
        rows = Demand.objects.filter(rooftop=rooftop).select_related("appointment", "hold")
        for promised in rows:
            if promised.appointment_id == without or promised.hold_id not in {None, *hold_ids}:
                continue
            owner = promised.appointment or promised.hold
            day = promised.day
            if owner and owner.transport != "key_drop":
                day = self._day_of_hours(owner.arrives_at)
            self.demand[day][promised.skill] += promised.minutes
            begins = minute_of(owner.arrives_at) + WRITE_UP if owner else 0
            self.to_come[day].append((begins, promised.skill, Decimal(promised.minutes)))
        self.arrivals: list[Arrival] = [
            (a.arrives_at, a.transport, [line.op_code.code for line in a.lines.all()], self._key_day(a))
            for a in Appointment.objects.active()
            .filter(rooftop=rooftop)
            .exclude(pk=without)
            .prefetch_related("lines__op_code")
        ] + [(hold.arrives_at, hold.transport, hold.codes, self._key_day(hold)) for hold in living_holds]
        self.overbooked = {
            (a.arrives_at, a.transport)
            for a in Appointment.objects.active().filter(rooftop=rooftop).exclude(overbook_reason="")
        }
        self._open_minutes: dict[date, set[Minute]] = {}
        self._present: dict[tuple[int, date], set[Minute]] = {}
        self._free_minutes: dict[tuple[int, date], set[Minute]] = {}

    @staticmethod
    def _key_day(owner: Appointment | Hold) -> date | None:
        promised = Demand.objects.filter(**{type(owner).__name__.lower(): owner}).first()
        return promised.day if promised and owner.transport == "key_drop" else None

    @staticmethod
    def _minutes(rows: Iterable[Closure | Allocation]) -> set[Minute]:
        return {minute for row in rows for minute in range(minute_of(row.starts_at), minute_of(row.ends_at))}

    # --- days ------------------------------------------------------------------------------

    def rule(self, day: date) -> OpeningHours | None:
        """The shortest span of validity that holds this day."""
        found, shortest = None, None
        for rule in self.rules:
            begins, ends = rule.valid_from or date.min, rule.valid_to or date.max
            holds = rule.weekday == day.weekday() and begins <= day <= ends
            if holds and (shortest is None or ends - begins < shortest):
                found, shortest = rule, ends - begins
        return found

    def open_minutes(self, day: date) -> set[Minute]:
        if day not in self._open_minutes:
            rule = self.rule(day)
            hours = stretch(self.zone, day, rule.opens, rule.closes) if rule else ()
            self._open_minutes[day] = set(hours) - self.closed
        return self._open_minutes[day]

    def day_of(self, arrives_at: datetime) -> date | None:
        """The day, by its opening, whose open hours hold this moment."""
        local = arrives_at.astimezone(self.zone).date()
        minute = minute_of(arrives_at)
        return next((day for day in (local, local - DAY) if minute in self.open_minutes(day)), None)

    def _day_of_hours(self, arrives_at: datetime) -> date:
        """Like day_of, when the store has been closed since."""
        local = arrives_at.astimezone(self.zone).date()
        for day in (local, local - DAY):
            rule = self.rule(day)
            if rule and minute_of(arrives_at) in stretch(self.zone, day, rule.opens, rule.closes):
                return day
        return local

    def present(self, person: Technician, day: date) -> set[Minute]:
        if (person.pk, day) not in self._present:
            hours: set[Minute] = set()
            for shift in person.shifts.all():
                for near in (day - DAY, day, day + DAY):
                    if shift.weekday == near.weekday():
                        hours.update(stretch(self.zone, near, shift.starts, shift.ends))
            self._present[person.pk, day] = hours & self.open_minutes(day)
        return self._present[person.pk, day]

    def _free(self, person: Technician, day: date) -> set[Minute]:
        if (person.pk, day) not in self._free_minutes:
            free = self.present(person, day) - self.taken["technician", person.pk]
            self._free_minutes[person.pk, day] = free
        return self._free_minutes[person.pk, day]

    def budget(self, day: date, booked: dict[int, int] | None = None) -> dict[int, Decimal]:
        """Minutes of work that may still be promised, by technician: hours, less reserve, less taken."""
        left = {}
        for person in self.technicians:
            here = self.present(person, day) - self.away[person.pk]
            busy = len(here & self.taken["technician", person.pk]) + (booked or {}).get(person.pk, 0)
            left[person.pk] = (len(here) * (1 - RESERVE) - busy) * person.proficiency
        return left

    def is_day_feasible(self, day: date) -> bool:
        return self._can_share(self.demand.get(day, {}), self.budget(day)) and self._comes_in_time(
            day, [], {}
        )

    def _comes_in_time(
        self, day: date, more: list[tuple[Minute, str, Decimal]], booked: dict[int, set[Minute]]
    ) -> bool:
        """From each minute at which a car can be begun: is there time for it and all that come later?"""
        to_come = self.to_come.get(day, []) + more
        free = {
            person.pk: sorted(self._free(person, day) - booked.get(person.pk, set()))
            for person in self.technicians
        }
        for since in {begins for begins, _, _ in to_come}:
            demand: dict[str, Decimal] = defaultdict(Decimal)
            for begins, skill, minutes in to_come:
                if begins >= since:
                    demand[skill] += minutes
            left = {}
            for person in self.technicians:
                there = len(free[person.pk]) - bisect_left(free[person.pk], since)
                left[person.pk] = there * person.proficiency
            if not self._can_share(demand, left):
                return False
        return True

    def _can_share(self, demand: dict[str, Decimal], left: dict[int, Decimal]) -> bool:
        people = [(frozenset(person.skills), left[person.pk]) for person in self.technicians]
        return can_share_out(dict(demand), people)

    # --- one wish --------------------------------------------------------------------------

    def can_keep(self, op_codes: Sequence[OpCode], transport: str, arrives_at: datetime) -> bool:
        today = self.now.astimezone(self.zone).date()
        if arrives_at < self.now + timedelta(minutes=self.rooftop.lead_minutes):
            return False
        if arrives_at.astimezone(self.zone).date() > today + timedelta(days=self.rooftop.horizon_days):
            return False
        day = self.working_day(op_codes, transport, arrives_at)
        if day is None:
            return False
        if any(self._is_code_full(item, day) for item in op_codes):
            return False
        if transport == "waiter" and not all(item.can_wait for item in op_codes):
            return False
        write_up = set(range(minute_of(arrives_at), minute_of(arrives_at) + WRITE_UP))
        if transport != "key_drop" and self.advisors:
            free = [a for a in self.advisors if not write_up & self.taken["advisor", a.pk]]
            if not free or not write_up <= self.open_minutes(day):
                return False
        if self._is_transport_full(transport, day, arrives_at):
            return False
        steps = self._steps(op_codes)
        if transport == "waiter":
            return self._can_wait(steps, day, minute_of(arrives_at) + WRITE_UP, {})
        return self._can_leave(steps, day, arrives_at, transport)

    def working_day(self, op_codes: Sequence[OpCode], transport: str, arrives_at: datetime) -> date | None:
        """The day whose hours it takes. Keys that come outside the hours or too late: the next day."""
        own = self.day_of(arrives_at)
        if own and not self._is_arrival_time(own, arrives_at):
            own = None
        if transport != "key_drop":
            return own
        if own and self._is_done_by_closing(op_codes, own, arrives_at):
            return own
        for ahead in range(8):
            day = arrives_at.astimezone(self.zone).date() + DAY * ahead
            hours = self.open_minutes(day)
            comes_before = bool(hours) and minute_of(arrives_at) < min(hours)
            if comes_before and self._is_done_by_closing(op_codes, day, arrives_at):
                return day
        return None

    def _is_done_by_closing(self, op_codes: Sequence[OpCode], day: date, arrives_at: datetime) -> bool:
        minutes = sum(length for _, _, length in self._steps(op_codes))
        return minute_of(arrives_at) + WRITE_UP + minutes <= max(self.open_minutes(day)) + 1

    def missed_from(self, appointment: Appointment) -> datetime:
        """From when on who did not come is late: keys are found when the store opens."""
        day = self._key_day(appointment)
        hours = self.open_minutes(day) if day else set()
        return max(appointment.arrives_at, moment_of(min(hours))) if hours else appointment.arrives_at

    @staticmethod
    def _steps(op_codes: Sequence[OpCode]) -> list[tuple[str, frozenset[str], int]]:
        codes = {item.code for item in op_codes}
        minutes: dict[tuple[str, frozenset[str]], int] = {}
        for item in op_codes:
            if not codes & set(item.absorbed_by):
                place = (item.skill, frozenset(item.bay_types))
                minutes[place] = minutes.get(place, 0 if minutes else SETUP) + item.minutes
        return [(skill, bay_types, length) for (skill, bay_types), length in minutes.items()]

    def _is_arrival_time(self, day: date, arrives_at: datetime) -> bool:
        rule = self.rule(day)
        if rule is None:
            return False
        is_over_midnight = rule.closes <= rule.opens
        first, last = (
            datetime.combine(day + DAY if is_over_midnight and wall < rule.opens else day, wall)
            for wall in (rule.first_arrival, rule.last_arrival)
        )
        return first <= wall_clock(self.zone, minute_of(arrives_at)) <= last

    def _same_day(self, day: date, *, is_overbooked_counted: bool = True) -> list[Arrival]:
        rule = self.rule(day)
        hours = stretch(self.zone, day, rule.opens, rule.closes) if rule else range(0)
        return [
            arrival
            for arrival in self.arrivals
            if (arrival[3] == day if arrival[3] else minute_of(arrival[0]) in hours)
            and (is_overbooked_counted or arrival[:2] not in self.overbooked)
        ]

    def _is_code_full(self, op_code: OpCode, day: date) -> bool:
        count = sum(op_code.code in codes for _, _, codes, _ in self._same_day(day))
        return op_code.per_day is not None and count >= op_code.per_day

    def _is_transport_full(self, transport: str, day: date, arrives_at: datetime) -> bool:
        option = self.options.get(transport)
        if option is None:
            return transport not in ("waiter", "drop_off", "key_drop", "loaner")
        same = [moment for moment, kind, _, _ in self._same_day(day) if kind == transport]
        if option.per_day is not None and len(same) >= option.per_day:
            return True
        if option.per_half_hour is not None:
            rule = self.rule(day)
            opens = stretch(self.zone, day, rule.opens, rule.closes)[0] if rule else 0
            half = (minute_of(arrives_at) - opens) // 30
            if sum((minute_of(other) - opens) // 30 == half for other in same) >= option.per_half_hour:
                return True
        if option.departures and option.seats is not None:
            ride = self._ride(option, day, arrives_at)
            return ride is None or sum(self._ride(option, day, m) == ride for m in same) >= option.seats
        return False

    def _ride(self, option: TransportOption, day: date, arrives_at: datetime) -> Minute | None:
        ready = minute_of(arrives_at) + WRITE_UP
        leaving = sorted(stretch(self.zone, day, wall, time(23, 59))[0] for wall in option.departures)
        return next((minute for minute in leaving if minute >= ready), None)

    def _can_wait(
        self,
        steps: list[tuple[str, frozenset[str], int]],
        day: date,
        starts: Minute,
        booked: dict[int, set[Minute]],
    ) -> bool:
        """Try every technician and every bay for the first step, then the rest after it."""
        if not steps:
            left = self.budget(day, {person: len(minutes) for person, minutes in booked.items()})
            if any(left[person] < 0 for person in booked):
                return False
            if not self._can_share(self.demand.get(day, {}), left):
                return False
            return self._comes_in_time(day, [], booked)
        (skill, bay_types, minutes), *rest = steps
        for person in self.technicians:
            if skill not in person.skills:
                continue
            length = int((Decimal(minutes) / person.proficiency).to_integral_value(ROUND_CEILING))
            needed = set(range(starts, starts + length))
            if not needed <= self.present(person, day) or needed & self.taken["technician", person.pk]:
                continue
            bays = [bay for bay in self.bays if bay.bay_type in bay_types]
            if all(needed & self.taken["bay", bay.pk] for bay in bays):
                continue
            more = {**booked, person.pk: booked.get(person.pk, set()) | needed}
            if self._can_wait(rest, day, starts + length, more):
                return True
        return False

    def _can_leave(
        self, steps: list[tuple[str, frozenset[str], int]], day: date, arrives_at: datetime, transport: str
    ) -> bool:
        starts = minute_of(arrives_at) + WRITE_UP
        closes = max(self.open_minutes(day)) + 1
        if starts + sum(minutes for _, _, minutes in steps) > closes:
            return False
        wanted: dict[str, Decimal] = defaultdict(Decimal)
        for skill, _, minutes in steps:
            wanted[skill] += minutes
        promised = defaultdict(Decimal, self.demand.get(day, {}))
        for skill, amount in wanted.items():
            promised[skill] += amount
        if not self._can_share(promised, self.budget(day)):
            return False
        if not self._comes_in_time(day, [(starts, skill, amount) for skill, amount in wanted.items()], {}):
            return False
        away = set(range(minute_of(arrives_at), closes))
        return transport != "loaner" or any(not away & self.taken["loaner", car.pk] for car in self.loaners)
