"""The one door through which visits are written: hold, book, move, cancel, check in.

Phone desk, admin and any later API come here. Each function locks the store's days, checks, saves
in one transaction, and refuses with a short code and a sentence. The lock makes two callers wait
their turn and guards what is only counted (hours of a day, caps); the exclusion constraints on
Allocation are the proof that no person or thing is ever taken twice.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from crm.models import Customer, FollowUpTask, RepairOrder, Rooftop, Vehicle
from scheduling import locking, writing
from scheduling.load import load_lane, visit_for
from scheduling.models import Appointment, Hold, OpCode
from scheduling.moving import hours_of, told_time
from scheduling.moving import reschedule as reschedule
from scheduling.refusals import (
    Refusal,
    check_overbooking,
    local_time,
    refuse_loaner,
    refuse_second_visit,
    refuse_strangers,
    slot_or_refuse,
)
from scheduling.slots import KEY_DROP, LOANER, Slot, open_slots
from scheduling.waitlist import tell_waitlist

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
    moving: Appointment | None = None,
) -> list[Slot]:
    """Every arrival that can be kept between two days of the store, earliest first. now: aware UTC.

    Without a transport the customer waits where the services allow it, else leaves the car.
    advisor, a Staff id, writes the car up where free then. held names the asker's own hold, moving
    the visit that is to be moved: they stand in nobody's way. Keys dropped outside the hours are
    taken, but not offered.
    """
    own: Appointment | Hold | None = moving
    if held and not moving:
        own = Hold.objects.filter(rooftop=rooftop, key=held).first()
    lane = load_lane(rooftop, first - timedelta(days=1), last, now=now, without=own)
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
    refuse_strangers(rooftop, op_codes)
    key = writing.fit_key(key)

    def write() -> Hold:
        Hold.objects.forget_expired(rooftop, now, own=key)
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
        writing.take(rooftop, slot, hold=held)
        return held

    return locking.in_transaction(write, rooftop, *hours_of(transport, arrives_at))


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
    """Book the visit or raise Refusal; a key repeated at its store returns what it first wrote.

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
    advisor: int | None = None,
    walk_in: bool = False,
) -> Appointment:
    """Like book(), for a customer and vehicle that party finds or creates in the same transaction.

    advisor, a Staff id, is asked for this time; walk_in says that the car is here already.
    """
    refuse_strangers(rooftop, op_codes)
    overbook_reason = overbook_reason.strip()
    check_overbooking(overbook_reason, by, arrives_at, now)
    key = writing.fit_key(idempotency_key) if idempotency_key else None

    def write() -> Appointment:
        same = Appointment.objects.active().filter(rooftop=rooftop, idempotency_key=key)
        if key and (earlier := same.first()):
            return writing.fresh(earlier)
        Hold.objects.forget_expired(rooftop, now, own=writing.fit_key(held))
        customer, vehicle = party()
        refuse_strangers(rooftop, op_codes, customer, vehicle)
        refuse_second_visit(rooftop, vehicle, arrives_at)
        visit = visit_for(op_codes, transport, advisor=advisor or customer.preferred_advisor_id)
        if visit.transport == LOANER and not overbook_reason:
            refuse_loaner(customer, now)
        overbook = bool(overbook_reason)
        slot = slot_or_refuse(rooftop, visit, arrives_at, now, overbook=overbook, walk_in=walk_in)
        appointment = Appointment.objects.create(
            rooftop=rooftop,
            customer=customer,
            vehicle=vehicle,
            advisor_id=slot.advisor_id,
            confirmation_number=writing.new_confirmation_number(rooftop),
            transport=visit.transport,
            arrives_at=slot.arrives_at,
            ready_at=slot.ready_at,
            source=source,
            concern=concern,
            overbook_reason=overbook_reason,
            idempotency_key=key,
        )
        writing.write_lines(appointment, op_codes)
        writing.take(rooftop, slot, appointment=appointment)
        writing.log(appointment, actor, f"booked for {told_time(rooftop, arrives_at, overbook_reason)}", now)
        return appointment

    return locking.in_transaction(write, rooftop, *hours_of(transport, arrives_at))


def booked_as(idempotency_key: str) -> Appointment | None:
    """The appointment that was booked with this key, if any was."""
    return Appointment.objects.active().filter(idempotency_key=writing.fit_key(idempotency_key)).first()


def cancel(
    appointment: Appointment, *, reason: str, actor: str, now: datetime, version: int | None = None
) -> Appointment:
    """Cancel the visit and free everything it took. Cancelling twice changes nothing.

    A car that is here can still be taken away: its repair order is closed, unless work has begun.
    Somebody on the waitlist who could use the hours becomes a task for staff.
    """
    rooftop = appointment.rooftop

    def write() -> Appointment:
        current = writing.fresh(appointment)
        if current.status == Status.CANCELLED:
            return current
        writing.refuse_stale(current, version)
        writing.close_unbegun_order(current, now)
        writing.free(current)
        writing.compare_and_set(current, status=Status.CANCELLED, cancel_reason=reason)
        writing.log(current, actor, f"cancelled: {reason}", now)
        tell_waitlist(current, now)
        return current

    return locking.in_transaction(write, rooftop, appointment.arrives_at)


# --- the day of the visit -----------------------------------------------------------------


def confirm(
    appointment: Appointment, *, actor: str, now: datetime, version: int | None = None
) -> Appointment:
    """The customer said that they come, at the time of this version: a newer one refuses."""
    return _step(appointment, {Status.BOOKED}, Status.CONFIRMED, "confirmed", actor, now, version=version)


def check_in(
    appointment: Appointment, *, actor: str, now: datetime, version: int | None = None
) -> Appointment:
    """The car is here: opens its repair order. version is the one that was seen; a newer one refuses."""

    def open_order(current: Appointment) -> None:
        order = RepairOrder.objects.create(
            rooftop=current.rooftop,
            number=writing.new_order_number(current),
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
        version=version,
    )


def complete(appointment: Appointment, *, actor: str, now: datetime) -> Appointment:
    """The car is paid for and gone: closes its repair order, frees what it would have taken from now on."""

    def finish(current: Appointment) -> None:
        writing.close_order(current, now)
        writing.free_from(current, now)

    return _step(appointment, {Status.CHECKED_IN}, Status.COMPLETED, "completed", actor, now, finish)


def no_show(
    appointment: Appointment, *, actor: str, now: datetime, version: int | None = None
) -> Appointment:
    """The customer did not come, half an hour after the time: frees everything, makes a task.

    version is the one that was seen; a newer one refuses.
    """

    def follow_up(current: Appointment) -> None:
        # As it is now: somebody may have moved it to a later time meanwhile.
        if now < _missed_from(current, now) + NO_SHOW_AFTER:
            sentence = "Wait until 30 minutes after the appointment, for keys after the store opened."
            raise Refusal("too_soon", sentence)
        writing.free(current)
        FollowUpTask.objects.create(
            rooftop=current.rooftop,
            kind=FollowUpTask.Kind.OUTREACH,
            customer=current.customer,
            summary=f"Did not come on {local_time(current.rooftop, current.arrives_at)}; offer another time.",
            due_at=now + OUTREACH_WITHIN,
        )

    return _step(
        appointment,
        {Status.BOOKED, Status.CONFIRMED},
        Status.NO_SHOW,
        "did not come",
        actor,
        now,
        follow_up,
        version=version,
    )


def _missed_from(current: Appointment, now: datetime) -> datetime:
    """Keys that were dropped at night are found when the store opens on the day that they are for."""
    promised = current.demands.first() if current.transport == KEY_DROP else None
    day = (
        load_lane(current.rooftop, promised.day, promised.day, now=now).day(promised.day)
        if promised
        else None
    )
    opens_at = day.open_spans[0][0] if day and day.open_spans else current.arrives_at
    return max(current.arrives_at, opens_at)


def _step(
    appointment: Appointment,
    allowed: set[Status],
    to: Status,
    what: str,
    actor: str,
    now: datetime,
    effect: Callable[[Appointment], None] | None = None,
    *,
    version: int | None = None,
) -> Appointment:
    """One status change, compare-and-set; already being there changes nothing."""
    rooftop = appointment.rooftop

    def write() -> Appointment:
        current = writing.fresh(appointment)
        if current.status == to:
            return current
        writing.refuse_stale(current, version)
        if current.status not in allowed:
            is_ = current.get_status_display().lower()
            raise Refusal("wrong_status", f"This appointment is {is_}; it cannot be {what}.")
        writing.compare_and_set(current, status=to)
        if effect:
            effect(current)
        writing.log(current, actor, what, now)
        return writing.fresh(current)

    return locking.in_transaction(write, rooftop, appointment.arrives_at)
