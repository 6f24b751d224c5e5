"""The one door through which appointments are written: book, reschedule, cancel.

Phone desk, admin and any later API come here. Each function locks the store's day, checks, saves
in one transaction, and refuses with a short code and a sentence. The lock makes two callers wait
their turn; the exclusion constraints on Allocation are the proof that nothing is booked twice.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import F

from crm.models import Customer, Rooftop, Vehicle
from scheduling.models import (
    Allocation,
    Appointment,
    AppointmentEvent,
    AppointmentLine,
    Bay,
    Closure,
    OpCode,
    OpeningHours,
    Technician,
)
from scheduling.slots import (
    BayFacts,
    DayRule,
    Lane,
    Slot,
    Span,
    Step,
    TechnicianFacts,
    chain,
    open_slots,
    slot_at,
)

Result = TypeVar("Result")
LOCK_TIMEOUT_MS = 3000
ATTEMPTS = 3


class Refusal(Exception):
    """A booking that cannot be. code is for programs, sentence for people at a screen.

    Codes: slot_taken, closed, too_soon, beyond_horizon, no_service, not_active, stale_version,
    busy. The sentence may name another customer: it is never spoken to a caller.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def openings(
    rooftop: Rooftop, op_codes: Sequence[OpCode], first: date, last: date, *, now: datetime
) -> list[Slot]:
    """Every arrival that can be kept between two days of the store, earliest first. now: aware UTC."""
    lane = load_lane(rooftop, first, last)
    return list(open_slots(_steps(op_codes), lane, first, last, now=now))


def book(
    rooftop: Rooftop,
    customer: Customer,
    vehicle: Vehicle,
    op_codes: Sequence[OpCode],
    arrives_at: datetime,
    *,
    actor: str,
    source: str,
    now: datetime,
    concern: str = "",
    idempotency_key: str | None = None,
) -> Appointment:
    """Book the visit or raise Refusal. A repeated idempotency_key returns what it first wrote."""
    if not op_codes:
        raise Refusal("no_service", "Choose at least one service.")

    def write() -> Appointment:
        _lock_days(rooftop, arrives_at)
        if idempotency_key and (earlier := _by_key(idempotency_key)):
            return earlier
        slot = _slot_or_refuse(rooftop, op_codes, arrives_at, now)
        appointment = Appointment.objects.create(
            rooftop=rooftop,
            customer=customer,
            vehicle=vehicle,
            confirmation_number=_new_confirmation_number(rooftop),
            arrives_at=slot.arrives_at,
            ready_at=slot.ready_at,
            source=source,
            concern=concern,
            idempotency_key=idempotency_key,
        )
        AppointmentLine.objects.bulk_create(
            AppointmentLine(
                appointment=appointment,
                op_code=op_code,
                minutes=op_code.minutes,
                price_min=op_code.price_min,
                price_max=op_code.price_max,
            )
            for op_code in op_codes
        )
        _allocate(appointment, slot)
        _log(appointment, actor, f"booked for {_local(rooftop, arrives_at)}", now)
        return appointment

    return _in_transaction(write, rooftop, arrives_at)


def reschedule(
    appointment: Appointment, arrives_at: datetime, *, actor: str, now: datetime, version: int | None = None
) -> Appointment:
    """Move the visit; it keeps its row and confirmation number. Raises Refusal, changing nothing.

    version is the one the caller of this function saw; a newer one in the database refuses.
    """
    rooftop = appointment.rooftop

    def write() -> Appointment:
        _lock_days(rooftop, appointment.arrives_at, arrives_at)
        current = _current(appointment, version)
        if current.arrives_at == arrives_at:
            return current
        op_codes = [line.op_code for line in current.lines.select_related("op_code")]
        slot = _slot_or_refuse(rooftop, op_codes, arrives_at, now, moving=current)
        current.allocations.all().delete()
        _compare_and_set(current, arrives_at=slot.arrives_at, ready_at=slot.ready_at)
        _allocate(current, slot)
        _log(current, actor, f"moved to {_local(rooftop, arrives_at)}", now)
        return current

    return _in_transaction(write, rooftop, arrives_at)


def cancel(
    appointment: Appointment, *, reason: str, actor: str, now: datetime, version: int | None = None
) -> Appointment:
    """Cancel the visit and free its technician and bay. Cancelling twice changes nothing."""
    rooftop = appointment.rooftop

    def write() -> Appointment:
        _lock_days(rooftop, appointment.arrives_at)
        current = Appointment.objects.get(pk=appointment.pk)
        if current.status == Appointment.Status.CANCELLED:
            return current
        current = _current(appointment, version)
        current.allocations.all().delete()
        _compare_and_set(current, status=Appointment.Status.CANCELLED, cancel_reason=reason)
        _log(current, actor, f"cancelled: {reason}", now)
        return current

    return _in_transaction(write, rooftop, appointment.arrives_at)


def load_lane(rooftop: Rooftop, first: date, last: date, *, without: Appointment | None = None) -> Lane:
    """Read what decides the openings of these days; without leaves one appointment's work out."""
    start = datetime.combine(first, datetime.min.time(), tzinfo=rooftop.zone).astimezone(UTC)
    end = datetime.combine(last, datetime.min.time(), tzinfo=rooftop.zone).astimezone(UTC) + timedelta(days=2)
    taken = Allocation.objects.filter(technician__rooftop=rooftop, starts_at__lt=end, ends_at__gt=start)
    if without:
        taken = taken.exclude(appointment=without)
    technician_taken: dict[int, list[Span]] = {}
    bay_taken: dict[int, list[Span]] = {}
    for technician_id, bay_id, starts_at, ends_at in taken.values_list(
        "technician_id", "bay_id", "starts_at", "ends_at"
    ):
        technician_taken.setdefault(technician_id, []).append((starts_at, ends_at))
        bay_taken.setdefault(bay_id, []).append((starts_at, ends_at))
    return Lane(
        zone=rooftop.zone,
        grid=timedelta(minutes=rooftop.grid_minutes),
        lead=timedelta(minutes=rooftop.lead_minutes),
        horizon_days=rooftop.horizon_days,
        days={
            day.weekday: DayRule(day.opens, day.closes, day.first_arrival, day.last_arrival)
            for day in OpeningHours.objects.filter(rooftop=rooftop)
        },
        closures=tuple(
            Closure.objects.filter(rooftop=rooftop, starts_at__lt=end, ends_at__gt=start).values_list(
                "starts_at", "ends_at"
            )
        ),
        technicians=tuple(
            TechnicianFacts(
                person.pk,
                frozenset(person.skills),
                tuple((shift.weekday, shift.starts, shift.ends) for shift in person.shifts.all()),
            )
            for person in Technician.objects.filter(rooftop=rooftop).prefetch_related("shifts").order_by("pk")
        ),
        bays=tuple(
            BayFacts(bay.pk, bay.bay_type) for bay in Bay.objects.filter(rooftop=rooftop).order_by("pk")
        ),
        technician_taken=technician_taken,
        bay_taken=bay_taken,
    )


def _steps(op_codes: Iterable[OpCode]) -> tuple[Step, ...]:
    return chain(Step(item.skill, frozenset(item.bay_types), item.minutes) for item in op_codes)


def _slot_or_refuse(
    rooftop: Rooftop,
    op_codes: Sequence[OpCode],
    arrives_at: datetime,
    now: datetime,
    *,
    moving: Appointment | None = None,
) -> Slot:
    day = arrives_at.astimezone(rooftop.zone).date()
    when = _local(rooftop, arrives_at)
    if arrives_at < now + timedelta(minutes=rooftop.lead_minutes):
        raise Refusal("too_soon", f"{when} is too soon: {rooftop.lead_minutes} minutes' notice are needed.")
    if day > now.astimezone(rooftop.zone).date() + timedelta(days=rooftop.horizon_days):
        raise Refusal("beyond_horizon", f"{when} is more than {rooftop.horizon_days} days ahead.")
    lane = load_lane(rooftop, day, day, without=moving)
    steps = _steps(op_codes)
    slot = slot_at(steps, lane, arrives_at)
    if slot:
        return slot
    empty = Lane(
        lane.zone,
        lane.grid,
        lane.lead,
        lane.horizon_days,
        lane.days,
        lane.closures,
        lane.technicians,
        lane.bays,
    )
    would_be = slot_at(steps, empty, arrives_at)
    if would_be is None:
        raise Refusal("closed", f"{when}: the store is closed, or nobody is there for all of the work.")
    other = _clash(would_be, steps, moving)
    raise Refusal("slot_taken", f"{when} is taken" + (f" by {_describe(other)}." if other else "."))


def _clash(slot: Slot, steps: Sequence[Step], moving: Appointment | None) -> Appointment | None:
    """An appointment that stands in the way of this slot: the one whose work begins first."""
    for step, work in zip(steps, slot.work, strict=True):
        in_the_way = Allocation.objects.filter(
            starts_at__lt=work.ends_at, ends_at__gt=work.starts_at, technician__skills__contains=[step.skill]
        ) | Allocation.objects.filter(
            starts_at__lt=work.ends_at, ends_at__gt=work.starts_at, bay__bay_type__in=step.bay_types
        )
        if moving:
            in_the_way = in_the_way.exclude(appointment=moving)
        row = in_the_way.select_related("appointment__customer", "appointment__vehicle").first()
        if row:
            return row.appointment
    return None


def _describe(appointment: Appointment) -> str:
    return f"{appointment.customer}'s {appointment.vehicle} (number {appointment.confirmation_number})"


def _allocate(appointment: Appointment, slot: Slot) -> None:
    Allocation.objects.bulk_create(
        Allocation(
            appointment=appointment,
            technician_id=work.technician_id,
            bay_id=work.bay_id,
            starts_at=work.starts_at,
            ends_at=work.ends_at,
        )
        for work in slot.work
    )


def _current(seen: Appointment, version: int | None) -> Appointment:
    current = Appointment.objects.select_related("rooftop").get(pk=seen.pk)
    if version is not None and current.version != version:
        raise Refusal("stale_version", "Somebody else changed this appointment meanwhile. Look at it again.")
    if not current.is_active:
        raise Refusal("not_active", f"This appointment is {current.get_status_display().lower()}.")
    return current


def _compare_and_set(current: Appointment, **changes: object) -> None:
    """Write only over the version that was read, so that no change is ever lost."""
    changed = Appointment.objects.filter(pk=current.pk, version=current.version).update(
        version=F("version") + 1, **changes
    )
    if not changed:
        raise Refusal("stale_version", "Somebody else changed this appointment meanwhile. Look at it again.")
    current.refresh_from_db()


def _log(appointment: Appointment, actor: str, what: str, now: datetime) -> None:
    AppointmentEvent.objects.create(appointment=appointment, actor=actor, what=what, at=now)


def _by_key(key: str) -> Appointment | None:
    return Appointment.objects.filter(idempotency_key=key).first()


def _new_confirmation_number(rooftop: Rooftop) -> str:
    while True:
        number = str(secrets.randbelow(900_000) + 100_000)
        if not Appointment.objects.filter(rooftop=rooftop, confirmation_number=number).exists():
            return number


def _local(rooftop: Rooftop, moment: datetime) -> str:
    return f"{moment.astimezone(rooftop.zone):%A, %B %-d, %-I:%M %p}"


def _lock_days(rooftop: Rooftop, *moments: datetime) -> None:
    """Wait for the store's days, in one order for everybody, and not longer than LOCK_TIMEOUT_MS."""
    days = sorted({moment.astimezone(rooftop.zone).date().toordinal() for moment in moments})
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
        for day in days:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [rooftop.pk, day])


def _in_transaction(write: Callable[[], Result], rooftop: Rooftop, arrives_at: datetime) -> Result:
    """Run write in one transaction; a lock that does not come is tried again, then refused."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return write()
        except IntegrityError as error:
            # The constraints have the last word, whatever was checked before.
            if attempt == ATTEMPTS:
                raise Refusal("slot_taken", f"{_local(rooftop, arrives_at)} is taken.") from error
        except OperationalError as error:
            if attempt == ATTEMPTS or connection.in_atomic_block:
                raise Refusal("busy", "The calendar is busy. Try again in a moment.") from error
        time.sleep(secrets.randbelow(50) / 1000)
    raise AssertionError("unreachable")
