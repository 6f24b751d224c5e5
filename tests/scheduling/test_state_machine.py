"""Anything may happen to a small store, in any order: its promises hold after every step.

Hypothesis books, holds, moves, cancels, blocks, closes and lets time pass around the nights when
clocks change; slow_model.py says what the rules allow. HYPOTHESIS_DEPTH multiplies the examples.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crm.models import Customer, FollowUpTask, Rooftop, Staff, Vehicle
from scheduling import booking, closing, moving
from scheduling.models import (
    Allocation,
    Appointment,
    Bay,
    Hold,
    Loaner,
    OpCode,
    OpeningHours,
    Shift,
    Technician,
    TransportOption,
)
from scheduling.refusals import Refusal
from tests.scheduling.race_checks import overlaps
from tests.scheduling.slow_model import DAY, SlowLane

DEPTH = int(os.environ.get("HYPOTHESIS_DEPTH", "1"))
# The day before a night when clocks change: that day and the next are booked.
STARTS = (date(2027, 3, 13), date(2027, 11, 6))
# opens, closes, first arrival, last arrival; the second store works through the night
HOURS = ((time(8), time(12), time(8, 15), time(11)), (time(21), time(4), time(21, 30), time(3)))
MENU = (  # code, minutes, skill, bay types, a day at most
    ("LOF", 75, "express", ["express", "general"], None),
    ("BRKI", 100, "general", ["general"], None),
    ("DIAG", 60, "diagnostic", ["general"], 1),
)
TECHNICIANS = ((("express",), "0.90"), (("express", "general"), "1.00"), (("general", "diagnostic"), "1.20"))
CODES = st.lists(st.sampled_from([line[0] for line in MENU]), min_size=1, max_size=2, unique=True)
TRANSPORTS = st.sampled_from(["waiter", "drop_off", "drop_off", "drop_off", "key_drop", "loaner", "shuttle"])
ANY = st.integers(0, 1000)
Wish = tuple[list[OpCode], str, datetime]
Result = TypeVar("Result")


def make_store(zone: str, hours: tuple[time, time, time, time]) -> Rooftop:
    opens, closes, first, last = hours
    rooftop = Rooftop.objects.create(name="Small", time_zone=zone, grid_minutes=30, horizon_days=3)
    middle = (datetime.combine(STARTS[0], opens) + timedelta(hours=2)).time()
    people = [
        Technician.objects.create(rooftop=rooftop, name=str(n), skills=list(skills), proficiency=proficiency)
        for n, (skills, proficiency) in enumerate(TECHNICIANS)
    ]
    for weekday in range(7):
        OpeningHours.objects.create(
            rooftop=rooftop,
            weekday=weekday,
            opens=opens,
            closes=closes,
            first_arrival=first,
            last_arrival=last,
        )
        # The second person's two shifts touch: no break.
        for person, starts, ends in (
            (people[0], opens, closes),
            (people[1], opens, middle),
            (people[1], middle, closes),
            (people[2], middle, closes),
        ):
            Shift.objects.create(technician=person, weekday=weekday, starts=starts, ends=ends)
    for bay_type in ("express", "general", "general"):
        Bay.objects.create(rooftop=rooftop, name=bay_type, bay_type=bay_type)
    for code, minutes, skill, bay_types, per_day in MENU:
        OpCode.objects.create(
            rooftop=rooftop,
            code=code,
            name=code,
            minutes=minutes,
            price_min=1,
            price_max=2,
            skill=skill,
            bay_types=bay_types,
            per_day=per_day,
        )
    for name in ("Dana", "Mike"):
        Staff.objects.create(rooftop=rooftop, name=name, role="advisor")
    Loaner.objects.create(rooftop=rooftop, name="Loaner")
    TransportOption.objects.create(rooftop=rooftop, kind="waiter", per_half_hour=1)
    TransportOption.objects.create(rooftop=rooftop, kind="key_drop", per_day=2)
    TransportOption.objects.create(rooftop=rooftop, kind="shuttle", departures=[first, middle], seats=1)
    Customer.objects.create(rooftop=rooftop, first_name="Maria")
    Vehicle.objects.bulk_create(Vehicle(rooftop=rooftop, model=str(n)) for n in range(12))
    return rooftop


class Store(RuleBasedStateMachine):
    """One store, two days, one clock; every step is judged against the slow rules."""

    rooftop: Rooftop
    now: datetime

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @initialize(
        zone=st.sampled_from(["America/New_York", "America/Phoenix"]),
        start=st.sampled_from(STARTS),
        hours=st.sampled_from(HOURS),
        visits=st.sampled_from([16, 8, 24]),
        dice=st.randoms(use_true_random=False),
    )
    def open(
        self,
        zone: str,
        start: date,
        hours: tuple[time, time, time, time],
        visits: int,
        dice: random.Random,
    ) -> None:
        """Begin with a busy store: in an empty one little can go wrong."""
        self.rooftop = make_store(zone, hours)
        self.start, self.hours = start, hours
        self.now = datetime.combine(start, time(7), self.rooftop.zone).astimezone(UTC)
        self.owner = User.objects.create_superuser(f"owner of {self.rooftop.pk}")
        self.versions: Counter[int] = Counter()
        self.keys: dict[str, int] = {}
        self.has_closed = False
        luck = random.Random(dice.getrandbits(32))  # Hypothesis likes small numbers, and so empty stores
        for which in range(visits):
            codes = luck.sample([line[0] for line in MENU], luck.choice((1, 1, 2)))
            transport = luck.choice(("waiter", "drop_off", "drop_off", "key_drop", "loaner"))
            self.book(codes=codes, transport=transport, when=luck.randrange(1000), which=which, is_held=False)

    # --- what may happen -------------------------------------------------------------------

    @rule(codes=CODES, transport=TRANSPORTS, when=ANY, which=ANY, is_held=st.booleans())
    def book(self, codes: list[str], transport: str, when: int, which: int, is_held: bool) -> None:
        wish = self._wish(codes, transport, when)
        services, _, arrives_at = wish
        vehicle = self._vehicle(which)
        held = f"book-{len(self.keys)}"
        key = f"key-{len(self.keys)}"

        def want() -> Appointment:
            return booking.book(
                self.rooftop,
                Customer.objects.get(rooftop=self.rooftop),
                vehicle,
                services,
                arrives_at,
                actor="test",
                source="phone",
                now=self.now,
                transport=transport,
                idempotency_key=key,
                held=held,
            )

        if self._comes_that_day(vehicle, arrives_at):
            with pytest.raises(Refusal) as caught:
                want()
            assert caught.value.code == "already_booked_that_day"
            return
        kept = self._attempt(wish, lambda: self._hold(wish, held)) if is_held else None
        written = self._attempt(wish, want, is_held=kept is not None)
        if written:
            assert want().pk == written.pk, "a repeated key books once"
            self.keys[key] = written.pk
            self.versions[written.pk] = written.version

    @rule(codes=CODES, transport=TRANSPORTS, when=ANY, caller=st.integers(0, 2))
    def hold(self, codes: list[str], transport: str, when: int, caller: int) -> None:
        key = f"caller-{caller}"
        Hold.objects.filter(key=key).delete()  # a caller's next hold gives the last one up
        wish = self._wish(codes, transport, when)
        self._attempt(wish, lambda: self._hold(wish, key))

    @rule(which=ANY, when=ANY)
    def move(self, which: int, when: int) -> None:
        appointment = self._active(which)
        if appointment is None:
            return
        codes = [line.op_code.code for line in appointment.lines.order_by("pk")]
        wish = self._wish(codes, appointment.transport, when, moving=appointment.pk)
        if wish[2] == appointment.arrives_at:
            return

        def want() -> Appointment:
            return booking.reschedule(
                appointment, wish[2], actor="test", now=self.now, version=self.versions[appointment.pk]
            )

        if appointment.status == "checked_in":
            with pytest.raises(Refusal, match="is here already"):
                want()
            return
        if self._comes_that_day(appointment.vehicle, wish[2], but=appointment.pk):
            with pytest.raises(Refusal, match="already"):
                want()
            return
        moved = self._attempt(wish, want, moving=appointment.pk)
        if moved:
            assert (moved.pk, moved.confirmation_number) == (appointment.pk, appointment.confirmation_number)
            assert want().version == moved.version, "a repeated move moves once"
            self._saw(moved)

    @rule(codes=CODES, transport=TRANSPORTS, when=ANY, which=ANY)
    def overbook(self, codes: list[str], transport: str, when: int, which: int) -> None:
        """A person with the permission books whatever the rules say; but not into the past."""
        arrives_at = self._grid()[when % len(self._grid())]
        vehicle = self._vehicle(which)
        if self._comes_that_day(vehicle, arrives_at):
            return

        def want() -> Appointment:
            return booking.book(
                self.rooftop,
                Customer.objects.get(rooftop=self.rooftop),
                vehicle,
                self._services(codes),
                arrives_at,
                actor="owner",
                source="staff",
                now=self.now,
                transport=transport,
                overbook_reason="promised by the owner",
                by=self.owner,
            )

        if arrives_at < self.now:
            with pytest.raises(Refusal, match="is over"):
                want()
            return
        written = want()
        self.versions[written.pk] = written.version

    @rule(which=ANY)
    def confirm(self, which: int) -> None:
        appointment = self._active(which)
        if appointment is None:
            return
        if appointment.status == "checked_in":
            with pytest.raises(Refusal, match="cannot be confirmed"):
                booking.confirm(appointment, actor="test", now=self.now)
            return
        confirmed = booking.confirm(appointment, actor="test", now=self.now)
        if appointment.status == "booked":
            self._saw(confirmed)
        assert booking.confirm(appointment, actor="test", now=self.now).version == confirmed.version

    @rule(which=ANY)
    def complete(self, which: int) -> None:
        appointment = self._active(which)
        if appointment is None:
            return
        if appointment.status != "checked_in":
            with pytest.raises(Refusal, match="cannot be completed"):
                booking.complete(appointment, actor="test", now=self.now)
            return
        self._saw(booking.complete(appointment, actor="test", now=self.now))

    @rule(which=ANY)
    def cancel(self, which: int) -> None:
        if appointment := self._active(which):
            self._saw(booking.cancel(appointment, reason="test", actor="test", now=self.now))

    @rule(which=ANY)
    def check_in(self, which: int) -> None:
        if (appointment := self._active(which)) and appointment.status != "checked_in":
            self._saw(booking.check_in(appointment, actor="test", now=self.now))

    @rule(which=ANY, whom=ANY)
    def reassign(self, which: int, whom: int) -> None:
        """To an advisor who is free for the write-up; to who has it already changes nothing."""
        appointment = self._active(which)
        if appointment is None:
            return
        advisors = list(Staff.objects.filter(rooftop=self.rooftop).order_by("pk"))
        advisor = advisors[whom % len(advisors)]

        def want() -> Appointment:
            return moving.reassign(appointment, advisor, actor="test", now=self.now)

        if appointment.advisor_id == advisor.pk:
            assert want().version == appointment.version
        elif self._is_busy(advisor, appointment):
            with pytest.raises(Refusal, match="Choose somebody else"):
                want()
        else:
            self._saw(want())

    def _is_busy(self, advisor: Staff, appointment: Appointment) -> bool:
        write_up = appointment.allocations.filter(kind="write_up", ends_at__gt=self.now).first()
        if write_up is None:
            return False
        taken = Allocation.objects.filter(
            advisor=advisor, starts_at__lt=write_up.ends_at, ends_at__gt=write_up.starts_at
        )
        return taken.exclude(hold__expires_at__lte=self.now).exists()

    @rule(which=ANY)
    def no_show(self, which: int) -> None:
        appointment = self._active(which)
        if appointment is None or appointment.status == "checked_in":
            return
        if self.now < SlowLane(self.rooftop, self.now).missed_from(appointment) + timedelta(minutes=30):
            with pytest.raises(Refusal, match="30 minutes"):
                booking.no_show(appointment, actor="test", now=self.now)
            return
        self._saw(booking.no_show(appointment, actor="test", now=self.now))

    @rule(is_person=st.booleans(), which=ANY, when=ANY, half_hours=st.integers(1, 4))
    def block(self, is_person: bool, which: int, when: int, half_hours: int) -> None:
        """Time off, or a bay that is out of order: never over an appointment."""
        kind = "technician" if is_person else "bay"
        model = Technician if is_person else Bay
        things: list[Any] = list(model.objects.filter(rooftop=self.rooftop).order_by("pk"))
        thing = things[which % len(things)]
        starts_at = self._grid()[when % len(self._grid())]
        ends_at = starts_at + timedelta(minutes=30 * half_hours)
        rows = Allocation.objects.filter(**{kind: thing}, starts_at__lt=ends_at, ends_at__gt=starts_at)
        is_free = not any(row.hold is None or row.hold.expires_at > self.now for row in rows)
        span = (starts_at, ends_at)
        try:
            closing.block(self.rooftop, *span, reason="test", now=self.now, **{kind: thing})
        except Refusal as refusal:
            assert refusal.code == "slot_taken"
            assert not is_free or is_person, "a free bay can be closed"
            return
        assert is_free

    @precondition(lambda self: not self.has_closed)
    @rule(when=ANY, half_hours=st.integers(1, 5))
    def close(self, when: int, half_hours: int) -> None:
        starts_at = self._grid()[when % len(self._grid())]
        ends_at = starts_at + timedelta(minutes=30 * half_hours)
        tasks = FollowUpTask.objects.filter(rooftop=self.rooftop, kind="conflict").count()
        _, affected = closing.close_store(self.rooftop, starts_at, ends_at, reason="Flood", now=self.now)
        self.has_closed = True
        assert FollowUpTask.objects.filter(rooftop=self.rooftop, kind="conflict").count() == tasks + len(
            affected
        )
        there = {row.pk for row in self._rows() if row.arrives_at < ends_at and row.ready_at > starts_at}
        assert {row.pk for row in affected} == there

    @rule(minutes=st.sampled_from([1, 4, 4, 45]))
    def wait(self, minutes: int) -> None:
        """Time passes; holds run out."""
        self.now += timedelta(minutes=minutes)

    # --- what must hold --------------------------------------------------------------------

    @invariant()
    def nothing_is_taken_twice(self) -> None:
        if hasattr(self, "rooftop"):
            assert list(overlaps(self.rooftop)) == []

    @invariant()
    def every_visit_has_what_it_needs_and_no_other(self) -> None:
        if not hasattr(self, "rooftop"):
            return
        for row in Appointment.objects.filter(rooftop=self.rooftop).prefetch_related(
            "allocations", "demands"
        ):
            taken, promised = list(row.allocations.all()), list(row.demands.all())
            assert row.version == row.events.count() == self.versions[row.pk]
            if row.status == "completed":  # the hours were worked, nothing is taken any longer
                assert all(piece.ends_at <= self.now for piece in taken)
                continue
            if not row.is_active:
                assert not taken and not promised
                continue
            if row.overbook_reason and not taken and not promised:
                continue  # beyond what the lane has: people see to it
            kinds = Counter(piece.kind for piece in taken)
            assert kinds["write_up"] == (row.transport != "key_drop")
            assert kinds["loan"] == (row.transport == "loaner")
            assert bool(kinds["work"]) == (row.transport == "waiter") == (not promised)

    @invariant()
    def the_promised_hours_can_be_worked_and_no_cap_is_passed(self) -> None:
        if not hasattr(self, "rooftop"):
            return
        slow = SlowLane(self.rooftop, self.now)
        for day in self._days():
            assert self.has_closed or slow.is_day_feasible(day), day
            same = slow._same_day(day, is_overbooked_counted=False)
            transports = Counter(kind for _, kind, _, _ in same)
            assert sum("DIAG" in codes for _, _, codes, _ in same) <= 1
            assert transports["key_drop"] <= 2
            rides = Counter(
                slow._ride(slow.options["shuttle"], day, at) for at, kind, _, _ in same if kind == "shuttle"
            )
            assert max(rides.values(), default=0) <= 1

    @rule(codes=CODES, transport=TRANSPORTS)
    def ask(self, codes: list[str], transport: str) -> None:
        """What is offered is exactly what the slow rules allow."""
        services = self._services(codes)
        slow = SlowLane(self.rooftop, self.now)
        allowed = [
            at
            for at in self._grid()
            if slow.can_keep(services, transport, at)
            # Keys that are for a later day are taken, but not offered.
            and slow.working_day(services, transport, at) == slow.day_of(at)
        ]
        assert [slot.arrives_at for slot in self._openings(services, transport)] == allowed

    # --- helpers ---------------------------------------------------------------------------

    def _attempt(
        self,
        wish: Wish,
        want: Callable[[], Result],
        *,
        moving: int = 0,
        is_held: bool = False,
    ) -> Result | None:
        """Do what is wanted; it succeeds exactly when the slow rules allow it."""
        services, transport, arrives_at = wish
        slow = SlowLane(self.rooftop, self.now, without=moving)
        is_allowed = is_held or slow.can_keep(services, transport, arrives_at)
        try:
            written = want()
        except Refusal as refusal:
            assert not is_allowed, (refusal.code, refusal.sentence)
            return None
        assert is_allowed, f"{transport} at {arrives_at} should have been refused"
        return written

    def _wish(self, codes: list[str], transport: str, when: int, moving: int = 0) -> Wish:
        """Mostly an arrival that the slow rules allow, or else most steps would be refused."""
        services, grid = self._services(codes), self._grid()
        if when % 3:
            slow = SlowLane(self.rooftop, self.now, without=moving)
            grid = [at for at in grid if slow.can_keep(services, transport, at)] or grid
        return services, transport, grid[when % len(grid)]

    def _hold(self, wish: Wish, key: str) -> Hold:
        services, transport, arrives_at = wish
        return booking.hold(self.rooftop, services, arrives_at, key=key, now=self.now, transport=transport)

    def _openings(self, services: list[OpCode], transport: str) -> list[Any]:
        first, last = self._days()[0], self._days()[-1]
        return booking.openings(self.rooftop, services, first, last, now=self.now, transport=transport)

    def _saw(self, written: Appointment) -> None:
        assert written.version == self.versions[written.pk] + 1
        self.versions[written.pk] = written.version

    def _days(self) -> list[date]:
        return [self.start, self.start + DAY]

    def _services(self, codes: list[str]) -> list[OpCode]:
        return [OpCode.objects.get(rooftop=self.rooftop, code=code) for code in codes]

    def _rows(self) -> list[Appointment]:
        return list(Appointment.objects.active().filter(rooftop=self.rooftop).order_by("pk"))

    def _vehicle(self, which: int) -> Vehicle:
        vehicles = list(Vehicle.objects.filter(rooftop=self.rooftop).order_by("pk"))
        return vehicles[which % len(vehicles)]

    def _active(self, which: int) -> Appointment | None:
        rows = self._rows()
        return rows[which % len(rows)] if rows else None

    def _comes_that_day(self, vehicle: Vehicle, arrives_at: datetime, but: int = 0) -> bool:
        zone = self.rooftop.zone
        day = arrives_at.astimezone(zone).date()
        others = [row for row in self._rows() if row.vehicle_id == vehicle.pk and row.pk != but]
        return any(row.local_arrival.date() == day for row in others)

    def _grid(self) -> list[datetime]:
        """Every half hour of arrivals that the wall clock shows on these days, each once."""
        _, _, first, last = self.hours
        found = []
        for day in self._days():
            wall = datetime.combine(day, first)
            end = datetime.combine(day + DAY if last < first else day, last)
            while wall <= end:
                moment = wall.replace(tzinfo=self.rooftop.zone).astimezone(UTC)
                if moment.astimezone(self.rooftop.zone).replace(tzinfo=None) == wall:
                    found.append(moment)
                wall += timedelta(minutes=30)
        return found


@pytest.mark.timeout(400 * DEPTH)  # a busy machine is no reason to give up half way
@pytest.mark.django_db
def test_whatever_happens_the_lane_keeps_its_promises() -> None:
    run_state_machine_as_test(
        Store,
        settings=settings(
            max_examples=12 if DEPTH == 1 else 20 * DEPTH,
            stateful_step_count=12,
            deadline=None,
            derandomize=DEPTH == 1,
            suppress_health_check=list(HealthCheck),
        ),
    )
