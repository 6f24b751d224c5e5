"""The one door through which the lane is written: hold, book, move, cancel, check in, close, block.

Phone desk, admin and any later API come here. Each function locks the store's days, checks, saves
in one transaction, and refuses with a short code and a sentence. The lock makes two callers wait
their turn and guards what is only counted (hours of a day, caps); the exclusion constraints on
Allocation are the proof that no person or thing is ever taken twice.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet

from crm.models import Customer, FollowUpTask, RepairOrder, Rooftop, Vehicle
from scheduling.capacity import is_feasible
from scheduling.load import load_lane, visit_for
from scheduling.models import (
    Allocation,
    Appointment,
    AppointmentEvent,
    AppointmentLine,
    Bay,
    Closure,
    Demand,
    Hold,
    OpCode,
    OpeningHours,
    Technician,
    WaitlistEntry,
)
from scheduling.slots import WRITE_UP, Slot, Visit, open_slots, slot_at

Result = TypeVar("Result")
Party = tuple[Customer, Vehicle]

LOCK_TIMEOUT_MS = 3000
ATTEMPTS = 3
HOLD_FOR = timedelta(minutes=3)
NO_SHOW_AFTER = timedelta(minutes=30)
OUTREACH_WITHIN = timedelta(days=1)
Status = Appointment.Status


class Refusal(Exception):
    """A change that cannot be. code is for programs, sentence for people at a screen.

    Codes: slot_taken, closed, too_soon, beyond_horizon, no_service, no_skill, transport_full,
    already_booked_that_day, not_active, wrong_status, stale_version, not_allowed, busy.
    The sentence may name another customer: it is never spoken to a caller.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


# --- openings -----------------------------------------------------------------------------


def openings(
    rooftop: Rooftop,
    op_codes: Sequence[OpCode],
    first: date,
    last: date,
    *,
    now: datetime,
    transport: str | None = None,
) -> list[Slot]:
    """Every arrival that can be kept between two days of the store, earliest first. now: aware UTC.

    Without a transport the customer waits where the services allow it, else leaves the car.
    """
    lane = load_lane(rooftop, first, last, now=now)
    return list(open_slots(visit_for(op_codes, transport), lane, first, last, now=now))


# --- booking ------------------------------------------------------------------------------


def hold(
    rooftop: Rooftop,
    op_codes: Sequence[OpCode],
    arrives_at: datetime,
    *,
    key: str,
    now: datetime,
    transport: str | None = None,
) -> Hold:
    """Keep an opening for HOLD_FOR while the caller decides. A repeated key moves its hold here."""

    def write() -> Hold:
        _lock_days(rooftop, arrives_at)
        _forget_expired(rooftop, now)
        Hold.objects.filter(rooftop=rooftop, key=key).delete()
        visit = visit_for(op_codes, transport)
        slot = _slot_or_refuse(rooftop, visit, arrives_at, now)
        held = Hold.objects.create(
            rooftop=rooftop,
            key=key,
            transport=visit.transport,
            codes=list(visit.codes),
            arrives_at=arrives_at,
            expires_at=now + HOLD_FOR,
        )
        _take(rooftop, slot, hold=held)
        return held

    return _in_transaction(write, rooftop, arrives_at)


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
    transport: str | None = None,
    concern: str = "",
    idempotency_key: str | None = None,
    held: str = "",
    overbook_reason: str = "",
    by: AbstractBaseUser | AnonymousUser | None = None,
) -> Appointment:
    """Book the visit or raise Refusal; a repeated idempotency_key returns what it first wrote.

    held names the hold that keeps this opening. overbook_reason lets a person with the
    permission (by) book beyond what the lane can keep; the reason is kept.
    """
    return book_for(
        lambda: (customer, vehicle),
        rooftop,
        op_codes,
        arrives_at,
        actor=actor,
        source=source,
        now=now,
        transport=transport,
        concern=concern,
        idempotency_key=idempotency_key,
        held=held,
        overbook_reason=overbook_reason,
        by=by,
    )


def book_for(
    party: Callable[[], Party],
    rooftop: Rooftop,
    op_codes: Sequence[OpCode],
    arrives_at: datetime,
    *,
    actor: str,
    source: str,
    now: datetime,
    transport: str | None = None,
    concern: str = "",
    idempotency_key: str | None = None,
    held: str = "",
    overbook_reason: str = "",
    by: AbstractBaseUser | AnonymousUser | None = None,
) -> Appointment:
    """Like book(), for a customer and vehicle that party finds or creates in the same transaction."""
    if not op_codes:
        raise Refusal("no_service", "Choose at least one service.")
    _check_overbooking(overbook_reason, by)

    def write() -> Appointment:
        _lock_days(rooftop, arrives_at)
        if idempotency_key and (earlier := _by_key(idempotency_key)):
            return earlier
        _forget_expired(rooftop, now)
        Hold.objects.filter(rooftop=rooftop, key=held).delete()
        customer, vehicle = party()
        _refuse_second_visit(rooftop, vehicle, arrives_at)
        visit = visit_for(op_codes, transport)
        slot = _slot_or_refuse(rooftop, visit, arrives_at, now, overbook=bool(overbook_reason))
        appointment = Appointment.objects.create(
            rooftop=rooftop,
            customer=customer,
            vehicle=vehicle,
            advisor_id=slot.advisor_id,
            confirmation_number=_new_confirmation_number(rooftop),
            transport=visit.transport,
            arrives_at=slot.arrives_at,
            ready_at=slot.ready_at,
            source=source,
            concern=concern,
            overbook_reason=overbook_reason,
            idempotency_key=idempotency_key,
        )
        _write_lines(appointment, op_codes)
        _take(rooftop, slot, appointment=appointment)
        beyond = f", beyond capacity: {overbook_reason}" if overbook_reason else ""
        _log(appointment, actor, f"booked for {_local(rooftop, arrives_at)}{beyond}", now)
        return appointment

    return _in_transaction(write, rooftop, arrives_at)


def reschedule(
    appointment: Appointment,
    arrives_at: datetime,
    *,
    actor: str,
    now: datetime,
    version: int | None = None,
    overbook_reason: str = "",
    by: AbstractBaseUser | AnonymousUser | None = None,
) -> Appointment:
    """Move the visit; it keeps its row and confirmation number. Raises Refusal, changing nothing.

    version is the one the caller of this function saw; a newer one in the database refuses.
    """
    rooftop = appointment.rooftop
    _check_overbooking(overbook_reason, by)

    def write() -> Appointment:
        _lock_days(rooftop, appointment.arrives_at, arrives_at)
        current = _current(appointment, version)
        if current.arrives_at == arrives_at:
            return current
        if current.status == Status.CHECKED_IN:
            raise Refusal("wrong_status", "This vehicle is here already; its appointment cannot be moved.")
        _forget_expired(rooftop, now)
        _refuse_second_visit(rooftop, current.vehicle, arrives_at, moving=current)
        op_codes = [line.op_code for line in current.lines.select_related("op_code")]
        visit = visit_for(op_codes, current.transport)
        slot = _slot_or_refuse(
            rooftop, visit, arrives_at, now, moving=current, overbook=bool(overbook_reason)
        )
        _free(current)
        _compare_and_set(
            current,
            arrives_at=slot.arrives_at,
            ready_at=slot.ready_at,
            advisor_id=slot.advisor_id or current.advisor_id,
            status=Status.BOOKED,
            overbook_reason=overbook_reason,
        )
        _take(rooftop, slot, appointment=current)
        _log(current, actor, f"moved to {_local(rooftop, arrives_at)}", now)
        return current

    return _in_transaction(write, rooftop, arrives_at)


def cancel(
    appointment: Appointment, *, reason: str, actor: str, now: datetime, version: int | None = None
) -> Appointment:
    """Cancel the visit and free everything it took. Cancelling twice changes nothing.

    Somebody on the waitlist who could use the hours becomes a task for staff.
    """
    rooftop = appointment.rooftop

    def write() -> Appointment:
        _lock_days(rooftop, appointment.arrives_at)
        current = _fresh(appointment)
        if current.status == Status.CANCELLED:
            return current
        current = _current(appointment, version)
        _free(current)
        _compare_and_set(current, status=Status.CANCELLED, cancel_reason=reason)
        _log(current, actor, f"cancelled: {reason}", now)
        _tell_waitlist(current, now)
        return current

    return _in_transaction(write, rooftop, appointment.arrives_at)


# --- the day of the visit -----------------------------------------------------------------


def confirm(appointment: Appointment, *, actor: str, now: datetime) -> Appointment:
    """The customer said that they come."""
    return _step(appointment, {Status.BOOKED}, Status.CONFIRMED, "confirmed", actor, now)


def check_in(appointment: Appointment, *, actor: str, now: datetime) -> Appointment:
    """The car is here: opens its repair order."""

    def open_order(current: Appointment) -> None:
        order = RepairOrder.objects.create(
            rooftop=current.rooftop,
            number=f"R{current.confirmation_number}",
            customer=current.customer,
            vehicle=current.vehicle,
            advisor=current.advisor,
            opened_at=now,
            status_changed_at=now,
            promised_at=current.ready_at,
            complaint=current.concern,
        )
        Appointment.objects.filter(pk=current.pk).update(repair_order=order)

    return _step(
        appointment,
        {Status.BOOKED, Status.CONFIRMED},
        Status.CHECKED_IN,
        "checked in",
        actor,
        now,
        open_order,
    )


def complete(appointment: Appointment, *, actor: str, now: datetime) -> Appointment:
    """The car is paid for and gone: closes its repair order."""

    def close_order(current: Appointment) -> None:
        RepairOrder.objects.filter(appointment=current).update(
            status=RepairOrder.Status.CLOSED, closed_at=now, status_changed_at=now
        )

    return _step(appointment, {Status.CHECKED_IN}, Status.COMPLETED, "completed", actor, now, close_order)


def no_show(appointment: Appointment, *, actor: str, now: datetime) -> Appointment:
    """The customer did not come, half an hour after the time: frees everything, makes a task."""

    def follow_up(current: Appointment) -> None:
        # As it is now: somebody may have moved it to a later time meanwhile.
        if now < current.arrives_at + NO_SHOW_AFTER:
            sentence = "Wait until 30 minutes after the appointment before calling it a no-show."
            raise Refusal("too_soon", sentence)
        _free(current)
        FollowUpTask.objects.create(
            rooftop=current.rooftop,
            kind=FollowUpTask.Kind.OUTREACH,
            customer=current.customer,
            summary=f"Did not come on {_local(current.rooftop, current.arrives_at)}; offer another time.",
            due_at=now + OUTREACH_WITHIN,
        )

    return _step(
        appointment, {Status.BOOKED, Status.CONFIRMED}, Status.NO_SHOW, "did not come", actor, now, follow_up
    )


def _step(
    appointment: Appointment,
    allowed: set[Status],
    to: Status,
    what: str,
    actor: str,
    now: datetime,
    effect: Callable[[Appointment], None] | None = None,
) -> Appointment:
    """One status change, compare-and-set; already being there changes nothing."""
    rooftop = appointment.rooftop

    def write() -> Appointment:
        _lock_days(rooftop, appointment.arrives_at)
        current = _fresh(appointment)
        if current.status == to:
            return current
        if current.status not in allowed:
            is_ = current.get_status_display().lower()
            raise Refusal("wrong_status", f"This appointment is {is_}; it cannot be {what}.")
        _compare_and_set(current, status=to)
        if effect:
            effect(current)
        _log(current, actor, what, now)
        return _fresh(current)

    return _in_transaction(write, rooftop, appointment.arrives_at)


# --- the store's own time -----------------------------------------------------------------


def block(
    rooftop: Rooftop,
    starts_at: datetime,
    ends_at: datetime,
    *,
    reason: str,
    now: datetime,
    technician: Technician | None = None,
    bay: Bay | None = None,
) -> Allocation:
    """Take a technician (time off, busy by the calendar) or a bay out of the lane for a while.

    Raises Refusal slot_taken naming an appointment that stands in the way, or when the cars left
    on that day could no longer be done without this technician.
    """

    def write() -> Allocation:
        _lock_days(rooftop, *_days_between(rooftop, starts_at, ends_at))
        _forget_expired(rooftop, now)
        in_the_way = Allocation.objects.filter(rooftop=rooftop, starts_at__lt=ends_at, ends_at__gt=starts_at)
        in_the_way = in_the_way.filter(technician=technician) if technician else in_the_way.filter(bay=bay)
        other = in_the_way.filter(appointment__isnull=False).select_related("appointment").first()
        if other and other.appointment:
            raise Refusal("slot_taken", f"Move {_describe(other.appointment)} first.")
        could_be_kept = technician is None or _keeps_promises(rooftop, starts_at, ends_at, now)
        written = Allocation.objects.create(
            rooftop=rooftop,
            kind=Allocation.Kind.TIME_OFF if technician else Allocation.Kind.BLOCK,
            technician=technician,
            bay=bay,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=reason,
        )
        if technician and could_be_kept and not _keeps_promises(rooftop, starts_at, ends_at, now):
            raise Refusal(
                "slot_taken", "Cars that are left that day need these hours. Move one of them first."
            )
        return written

    return _in_transaction(write, rooftop, starts_at)


def _keeps_promises(rooftop: Rooftop, starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Can the cars that are left on the days of this span still be done?"""
    first = starts_at.astimezone(rooftop.zone).date() - timedelta(days=1)
    last = ends_at.astimezone(rooftop.zone).date()
    lane = load_lane(rooftop, first, last, now=now)
    days = [lane.day(date_) for date_ in lane.demand]
    return all(is_feasible(day.demand, day.budget()) for day in days if day)


def close_store(
    rooftop: Rooftop, starts_at: datetime, ends_at: datetime, *, reason: str, now: datetime
) -> tuple[Closure, list[Appointment]]:
    """Close the store for a while: the closure, and the appointments that now need another time.

    Each of those becomes a task for staff; nothing is cancelled silently.
    """

    def write() -> tuple[Closure, list[Appointment]]:
        _lock_days(rooftop, *_days_between(rooftop, starts_at, ends_at))
        Hold.objects.filter(rooftop=rooftop, arrives_at__gte=starts_at, arrives_at__lt=ends_at).delete()
        closure = Closure.objects.create(rooftop=rooftop, starts_at=starts_at, ends_at=ends_at, reason=reason)
        affected = list(
            Appointment.objects.active()
            .filter(rooftop=rooftop, arrives_at__lt=ends_at, ready_at__gt=starts_at)
            .select_related("customer", "rooftop")
        )
        FollowUpTask.objects.bulk_create(
            FollowUpTask(
                rooftop=rooftop,
                kind=FollowUpTask.Kind.CONFLICT,
                customer=appointment.customer,
                summary=f"{reason}: find another time for {appointment}.",
                due_at=now + OUTREACH_WITHIN,
            )
            for appointment in affected
        )
        return closure, affected

    return _in_transaction(write, rooftop, starts_at)


# --- refusing -----------------------------------------------------------------------------


def _slot_or_refuse(
    rooftop: Rooftop,
    visit: Visit,
    arrives_at: datetime,
    now: datetime,
    *,
    moving: Appointment | None = None,
    overbook: bool = False,
) -> Slot:
    date_ = arrives_at.astimezone(rooftop.zone).date()
    when = _local(rooftop, arrives_at)
    first = date_ - timedelta(days=1)  # a day that closes after midnight
    lane = load_lane(rooftop, first, date_, now=now, without=moving)
    days = [day for day in (lane.day(date_), lane.day(first)) if day]
    found: Slot | str = "closed"
    for day in days:
        found = slot_at(visit, day, arrives_at)
        if found != "closed":
            break
    if overbook:
        return found if isinstance(found, Slot) else _unkept(visit, arrives_at)
    if arrives_at < now + timedelta(minutes=rooftop.lead_minutes):
        raise Refusal("too_soon", f"{when} is too soon: {rooftop.lead_minutes} minutes' notice are needed.")
    if date_ > now.astimezone(rooftop.zone).date() + timedelta(days=rooftop.horizon_days):
        raise Refusal("beyond_horizon", f"{when} is more than {rooftop.horizon_days} days ahead.")
    if isinstance(found, Slot):
        return found
    raise _refusal(found, rooftop, visit, arrives_at, moving)


def _unkept(visit: Visit, arrives_at: datetime) -> Slot:
    """An overbooked visit: it takes nobody and nothing, people will see to it."""
    return Slot(arrives_at, arrives_at + WRITE_UP + timedelta(minutes=visit.minutes))


def _refusal(
    code: str, rooftop: Rooftop, visit: Visit, arrives_at: datetime, moving: Appointment | None
) -> Refusal:
    when = _local(rooftop, arrives_at)
    if code == "closed":
        return Refusal(code, f"{when}: the store is closed, or closes before the work would be done.")
    if code == "no_skill":
        return Refusal(code, "Nobody at this store has the skill for all of these services.")
    if code == "transport_full":
        return Refusal(
            code, f"{when}: no more customers who {visit.transport.replace('_', ' ')} can be taken then."
        )
    other = _clash(rooftop, visit, arrives_at, moving)
    return Refusal(code, f"{when} is taken" + (f" by {_describe(other)}." if other else ": the day is full."))


def _clash(
    rooftop: Rooftop, visit: Visit, arrives_at: datetime, moving: Appointment | None
) -> Appointment | None:
    """An appointment whose work stands in the way: the one that begins first."""
    ends_at = arrives_at + WRITE_UP + timedelta(minutes=visit.minutes)
    skills = [step.skill for step in visit.steps]
    bay_types = {bay_type for step in visit.steps for bay_type in step.bay_types}
    in_the_way = Allocation.objects.filter(
        Q(technician__skills__overlap=skills) | Q(bay__bay_type__in=bay_types),
        rooftop=rooftop,
        appointment__isnull=False,
        starts_at__lt=ends_at,
        ends_at__gt=arrives_at + WRITE_UP,
    )
    if moving:
        in_the_way = in_the_way.exclude(appointment=moving)
    row = in_the_way.select_related("appointment__customer", "appointment__vehicle").first()
    return row.appointment if row else None


def _describe(appointment: Appointment) -> str:
    return f"{appointment.customer}'s {appointment.vehicle} (number {appointment.confirmation_number})"


def _refuse_second_visit(
    rooftop: Rooftop, vehicle: Vehicle, arrives_at: datetime, *, moving: Appointment | None = None
) -> None:
    zone = rooftop.zone
    midnight = arrives_at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    other = (
        Appointment.objects.active()
        .filter(vehicle=vehicle, arrives_at__gte=midnight, arrives_at__lt=midnight + timedelta(days=1))
        .exclude(pk=moving.pk if moving else 0)
        .first()
    )
    if other:
        raise Refusal(
            "already_booked_that_day",
            f"This vehicle comes in that day already, at {other.local_arrival:%-I:%M %p} "
            f"(number {other.confirmation_number}). Move that appointment instead.",
        )


def _check_overbooking(reason: str, by: AbstractBaseUser | AnonymousUser | None) -> None:
    if reason and not (isinstance(by, User) and by.has_perm("scheduling.overbook")):
        raise Refusal("not_allowed", "Booking beyond capacity needs the permission to overbook.")


# --- writing ------------------------------------------------------------------------------


def _take(
    rooftop: Rooftop, slot: Slot, *, appointment: Appointment | None = None, hold: Hold | None = None
) -> None:
    """Write what the slot takes: technicians and bays, the advisor's write-up, a loaner, hours of the day."""
    owner = {"rooftop": rooftop, "appointment": appointment, "hold": hold}
    rows = [
        Allocation(
            **owner,
            technician_id=work.technician_id,
            bay_id=work.bay_id,
            starts_at=work.starts_at,
            ends_at=work.ends_at,
        )
        for work in slot.work
    ]
    if slot.advisor_id:
        rows.append(
            Allocation(
                **owner,
                kind=Allocation.Kind.WRITE_UP,
                advisor_id=slot.advisor_id,
                starts_at=slot.arrives_at,
                ends_at=slot.arrives_at + WRITE_UP,
            )
        )
    if slot.loaner_id:
        rows.append(
            Allocation(
                **owner,
                kind=Allocation.Kind.LOAN,
                loaner_id=slot.loaner_id,
                starts_at=slot.arrives_at,
                ends_at=slot.ready_at,
            )
        )
    Allocation.objects.bulk_create(rows)
    day = slot.day or slot.arrives_at.astimezone(rooftop.zone).date()
    Demand.objects.bulk_create(
        Demand(**owner, day=day, skill=skill, minutes=round(minutes))
        for skill, minutes in slot.demand.items()
    )


def _free(appointment: Appointment) -> None:
    appointment.allocations.all().delete()
    appointment.demands.all().delete()


def _write_lines(appointment: Appointment, op_codes: Sequence[OpCode]) -> None:
    codes = {item.code for item in op_codes}
    AppointmentLine.objects.bulk_create(
        AppointmentLine(
            appointment=appointment,
            op_code=op_code,
            minutes=op_code.minutes if codes.isdisjoint(op_code.absorbed_by) else 0,
            price_min=op_code.price_min,
            price_max=op_code.price_max,
        )
        for op_code in op_codes
    )


def _forget_expired(rooftop: Rooftop, now: datetime) -> None:
    """Holds that ran out stand in nobody's way, not even in the constraints'."""
    Hold.objects.filter(rooftop=rooftop, expires_at__lte=now).delete()


def _tell_waitlist(cancelled: Appointment, now: datetime) -> None:
    day = cancelled.local_arrival.date()
    skills = {line.op_code.skill for line in cancelled.lines.select_related("op_code")}
    waiting: QuerySet[WaitlistEntry] = WaitlistEntry.objects.filter(
        rooftop=cancelled.rooftop,
        served_at__isnull=True,
        first_day__lte=day,
        last_day__gte=day,
        op_codes__skill__in=skills,
    )
    entry = waiting.select_related("customer").distinct().first()
    if entry:
        FollowUpTask.objects.create(
            rooftop=cancelled.rooftop,
            kind=FollowUpTask.Kind.WAITLIST,
            customer=entry.customer,
            summary=f"Hours came free on {day:%A, %B %-d}: offer them to {entry.customer}.",
            due_at=now + timedelta(hours=1),
        )


def _fresh(seen: Appointment) -> Appointment:
    return Appointment.objects.select_related("rooftop", "customer", "vehicle").get(pk=seen.pk)


def _current(seen: Appointment, version: int | None) -> Appointment:
    current = _fresh(seen)
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
    current.refresh_from_db(fields=["version", *changes])


def _log(appointment: Appointment, actor: str, what: str, now: datetime) -> None:
    AppointmentEvent.objects.create(appointment=appointment, actor=actor, what=what, at=now)


def _by_key(key: str) -> Appointment | None:
    return Appointment.objects.filter(idempotency_key=key).select_related("rooftop").first()


def _new_confirmation_number(rooftop: Rooftop) -> str:
    while True:
        number = str(secrets.randbelow(900_000) + 100_000)
        if not Appointment.objects.filter(rooftop=rooftop, confirmation_number=number).exists():
            return number


def _local(rooftop: Rooftop, moment: datetime) -> str:
    return f"{moment.astimezone(rooftop.zone):%A, %B %-d, %-I:%M %p}"


# --- locks and transactions ---------------------------------------------------------------


def _days_between(rooftop: Rooftop, starts_at: datetime, ends_at: datetime) -> list[datetime]:
    """One moment in each of the store's days that the span touches."""
    length = ends_at - starts_at
    return [starts_at + timedelta(days=n) for n in range(length.days + 1)] + [ends_at]


def _lock_days(rooftop: Rooftop, *moments: datetime) -> None:
    """Wait for the store's days, in one order for everybody, and not longer than LOCK_TIMEOUT_MS.

    Where the store is open over midnight a moment may belong to the day before.
    """
    dates = {moment.astimezone(rooftop.zone).date().toordinal() for moment in moments}
    if OpeningHours.objects.filter(rooftop=rooftop, closes__lte=F("opens")).exists():
        dates |= {day - 1 for day in dates}
    days = sorted(dates)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
        for day in days:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [rooftop.pk, day])


def _in_transaction(write: Callable[[], Result], rooftop: Rooftop, moment: datetime) -> Result:
    """Run write in one transaction; what another one prevented is tried again, then refused."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return write()
        except IntegrityError as error:
            # The constraints have the last word, whatever was checked before.
            if attempt == ATTEMPTS:
                raise Refusal("slot_taken", f"{_local(rooftop, moment)} is taken.") from error
        except (OperationalError, InterfaceError) as error:
            # Deadlock, serialization failure, a lock that did not come, a server that went away.
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
            if attempt == ATTEMPTS:
                raise Refusal("busy", "The calendar is busy. Try again in a moment.") from error
        time.sleep(secrets.randbelow(50) / 1000)
    raise AssertionError("unreachable")
