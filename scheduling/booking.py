"""The one door through which visits are written: hold, book, move, cancel, check in.

Phone desk, admin and any later API come here. Each function locks the store's days, checks, saves
in one transaction, and refuses with a short code and a sentence. The lock makes two callers wait
their turn and guards what is only counted (hours of a day, caps); the exclusion constraints on
Allocation are the proof that no person or thing is ever taken twice.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import F, QuerySet

from crm.models import Customer, FollowUpTask, RepairOrder, Rooftop, Vehicle
from scheduling import locking
from scheduling.load import load_lane, visit_for
from scheduling.models import (
    Allocation,
    Appointment,
    AppointmentEvent,
    AppointmentLine,
    Demand,
    Hold,
    OpCode,
    WaitlistEntry,
)
from scheduling.refusals import (
    Refusal,
    check_overbooking,
    local_time,
    refuse_second_visit,
    slot_or_refuse,
)
from scheduling.slots import WRITE_UP, Slot, open_slots

Party = tuple[Customer, Vehicle]

HOLD_FOR = timedelta(minutes=3)
NO_SHOW_AFTER = timedelta(minutes=30)
OUTREACH_WITHIN = timedelta(days=1)
Status = Appointment.Status


# --- openings -----------------------------------------------------------------------------


def openings(
    rooftop: Rooftop,
    op_codes: Sequence[OpCode],
    first: date,
    last: date,
    *,
    now: datetime,
    transport: str | None = None,
    advisor: int | None = None,
    held: str = "",
) -> list[Slot]:
    """Every arrival that can be kept between two days of the store, earliest first. now: aware UTC.

    Without a transport the customer waits where the services allow it, else leaves the car.
    advisor, a Staff id, writes the car up where free then. held names the asker's own hold,
    which stands in nobody's way.
    """
    own = Hold.objects.filter(rooftop=rooftop, key=held).first() if held else None
    lane = load_lane(rooftop, first, last, now=now, without=own)
    visit = visit_for(op_codes, transport, advisor=advisor)
    return list(open_slots(visit, lane, first, last, now=now))


# --- booking ------------------------------------------------------------------------------


def hold(
    rooftop: Rooftop,
    op_codes: Sequence[OpCode],
    arrives_at: datetime,
    *,
    key: str,
    now: datetime,
    transport: str | None = None,
    advisor: int | None = None,
) -> Hold:
    """Keep an opening for HOLD_FOR while the caller decides. A repeated key moves its hold here."""

    def write() -> Hold:
        locking.lock_days(rooftop, arrives_at)
        Hold.objects.forget_expired(rooftop, now)
        Hold.objects.filter(rooftop=rooftop, key=key).delete()
        visit = visit_for(op_codes, transport, advisor=advisor)
        slot = slot_or_refuse(rooftop, visit, arrives_at, now)
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

    return locking.in_transaction(write, rooftop, arrives_at)


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
    check_overbooking(overbook_reason, by)

    def write() -> Appointment:
        locking.lock_days(rooftop, arrives_at)
        if idempotency_key and (earlier := _by_key(idempotency_key)):
            return earlier
        Hold.objects.forget_expired(rooftop, now)
        Hold.objects.filter(rooftop=rooftop, key=held).delete()
        customer, vehicle = party()
        refuse_second_visit(rooftop, vehicle, arrives_at)
        visit = visit_for(op_codes, transport, advisor=customer.preferred_advisor_id)
        slot = slot_or_refuse(rooftop, visit, arrives_at, now, overbook=bool(overbook_reason))
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
        _log(appointment, actor, f"booked for {local_time(rooftop, arrives_at)}{beyond}", now)
        return appointment

    return locking.in_transaction(write, rooftop, arrives_at)


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
    check_overbooking(overbook_reason, by)

    def write() -> Appointment:
        locking.lock_days(rooftop, appointment.arrives_at, arrives_at)
        current = _current(appointment, version)
        if current.arrives_at == arrives_at:
            return current
        if current.status == Status.CHECKED_IN:
            raise Refusal("wrong_status", "This vehicle is here already; its appointment cannot be moved.")
        Hold.objects.forget_expired(rooftop, now)
        refuse_second_visit(rooftop, current.vehicle, arrives_at, moving=current)
        op_codes = [line.op_code for line in current.lines.select_related("op_code")]
        visit = visit_for(op_codes, current.transport, advisor=current.advisor_id)
        slot = slot_or_refuse(rooftop, visit, arrives_at, now, moving=current, overbook=bool(overbook_reason))
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
        _log(current, actor, f"moved to {local_time(rooftop, arrives_at)}", now)
        return current

    return locking.in_transaction(write, rooftop, arrives_at)


def cancel(
    appointment: Appointment, *, reason: str, actor: str, now: datetime, version: int | None = None
) -> Appointment:
    """Cancel the visit and free everything it took. Cancelling twice changes nothing.

    Somebody on the waitlist who could use the hours becomes a task for staff.
    """
    rooftop = appointment.rooftop

    def write() -> Appointment:
        locking.lock_days(rooftop, appointment.arrives_at)
        current = _fresh(appointment)
        if current.status == Status.CANCELLED:
            return current
        current = _current(appointment, version)
        _free(current)
        _compare_and_set(current, status=Status.CANCELLED, cancel_reason=reason)
        _log(current, actor, f"cancelled: {reason}", now)
        _tell_waitlist(current, now)
        return current

    return locking.in_transaction(write, rooftop, appointment.arrives_at)


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
            summary=f"Did not come on {local_time(current.rooftop, current.arrives_at)}; offer another time.",
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
        locking.lock_days(rooftop, appointment.arrives_at)
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

    return locking.in_transaction(write, rooftop, appointment.arrives_at)


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
