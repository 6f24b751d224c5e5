"""A visit that is booked takes another time, advisor or bay: one change, whole or not at all.

Part of the one door, scheduling/booking.py, which offers reschedule to everybody.
"""

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q, QuerySet

from crm.models import RepairOrder, Rooftop, Staff
from scheduling import locking, writing
from scheduling.load import visit_for
from scheduling.models import Allocation, Appointment, Bay, Hold, Transport
from scheduling.refusals import (
    Refusal,
    check_overbooking,
    describe,
    local_time,
    refuse_second_visit,
    slot_or_refuse,
)
from scheduling.slots import KEY_DROP, KEYS_WAIT

MOVED = ("arrives_at", "ready_at", "advisor_id", "status", "overbook_reason", "transport")


def reschedule(
    appointment: Appointment,
    arrives_at: datetime,
    *,
    actor: str,
    now: datetime,
    version: int | None = None,
    transport: str | None = None,
    advisor: Staff | None = None,
    bay: Bay | None = None,
    overbook_reason: str = "",
    by: AbstractBaseUser | AnonymousUser | None = None,
) -> Appointment:
    """Move the visit; it keeps its row and confirmation number. Raises Refusal, changing nothing.

    version is the one the caller of this function saw; a newer one in the database refuses. A visit
    that is at arrives_at already is returned as it is, so the same move can be asked for again.
    transport is how the customer goes on meanwhile, None as before; advisor and bay are asked for, not only
    preferred; None leaves them to the lane.
    """
    rooftop = appointment.rooftop
    overbook_reason = overbook_reason.strip()
    check_overbooking(overbook_reason, by, arrives_at, now)

    def write() -> Appointment:
        current = writing.fresh(appointment)
        is_same_way = transport in (None, current.transport)
        is_there = current.is_active and current.arrives_at == arrives_at and is_same_way
        if is_there and advisor is None and bay is None:
            return current
        writing.refuse_stale(current, version)
        Hold.objects.forget_expired(rooftop, now)
        told = [] if is_there else [_take_time(current, arrives_at, transport, now, overbook_reason)]
        told += [_give_to(current, advisor, now, overbook_reason), _put_into(current, bay, now)]
        if what := ", ".join(words for words in told if words):
            writing.compare_and_set(current, **{name: getattr(current, name) for name in MOVED})
            writing.log(current, actor, what, now)
        return current

    new = hours_of(transport or appointment.transport, arrives_at)
    return locking.in_transaction(write, rooftop, *new, appointment.arrives_at)


def hours_of(transport: str | None, arrives_at: datetime) -> list[datetime]:
    """A moment in each day whose hours the visit may take: keys can be for one of the next days."""
    days = KEYS_WAIT.days if transport == KEY_DROP else 0
    return [arrives_at + timedelta(days=n) for n in range(days + 1)]


def told_time(rooftop: Rooftop, arrives_at: datetime, overbook_reason: str) -> str:
    """The time as the visit's history tells it."""
    beyond = f", beyond capacity: {overbook_reason}" if overbook_reason else ""
    return f"{local_time(rooftop, arrives_at)}{beyond}"


def _take_time(
    visit: Appointment, arrives_at: datetime, transport: str | None, now: datetime, overbook_reason: str
) -> str:
    """Give back what the visit takes and take what it needs then; what was done, in words."""
    if visit.status == Appointment.Status.CHECKED_IN:
        raise Refusal("wrong_status", "This vehicle is here already; its appointment cannot be moved.")
    rooftop = visit.rooftop
    refuse_second_visit(rooftop, visit.vehicle, arrives_at, moving=visit)
    op_codes = [line.op_code for line in visit.lines.select_related("op_code")]
    wish = visit_for(op_codes, transport or visit.transport, advisor=visit.advisor_id)
    slot = slot_or_refuse(rooftop, wish, arrives_at, now, moving=visit, overbook=bool(overbook_reason))
    writing.free(visit)
    visit.arrives_at, visit.ready_at = slot.arrives_at, slot.ready_at
    visit.advisor_id = slot.advisor_id or visit.advisor_id
    way = f", {Transport(wish.transport).label.lower()}" if wish.transport != visit.transport else ""
    visit.transport = wish.transport
    visit.status = Appointment.Status.BOOKED
    visit.overbook_reason = overbook_reason or visit.overbook_reason
    writing.take(rooftop, slot, appointment=visit)
    return f"moved to {told_time(rooftop, arrives_at, overbook_reason)}{way}"


def reassign(
    appointment: Appointment, advisor: Staff, *, actor: str, now: datetime, version: int | None = None
) -> Appointment:
    """Give the visit to another advisor, with its write-up when that is still to come.

    Raises Refusal: slot_taken when the advisor writes up another car then, wrong_store for somebody who
    is no advisor there. Who has the visit already keeps it, and nothing changes.
    """
    return reschedule(
        appointment, appointment.arrives_at, advisor=advisor, actor=actor, now=now, version=version
    )


def _give_to(visit: Appointment, advisor: Staff | None, now: datetime, overbook_reason: str) -> str:
    """Let another advisor write the car up; what was done, in words."""
    if advisor is None or advisor.pk == visit.advisor_id:
        return ""
    if advisor.rooftop_id != visit.rooftop_id or advisor.role != Staff.Role.ADVISOR:
        raise Refusal("wrong_store", f"{advisor} is no advisor at {visit.rooftop}: choose one that is.")
    write_ups = visit.allocations.filter(kind=Allocation.Kind.WRITE_UP, ends_at__gt=now)
    other = _in_the_way(visit, write_ups, Q(advisor=advisor))
    if other and not overbook_reason:
        raise _taken(visit, str(advisor), other)
    if other:
        write_ups.delete()  # beyond capacity nothing is taken, people see to it
        visit.overbook_reason = overbook_reason
    write_ups.update(advisor=advisor)
    visit.advisor_id = advisor.pk
    open_orders = RepairOrder.objects.filter(appointment=visit).exclude(status=RepairOrder.Status.CLOSED)
    open_orders.update(advisor=advisor)
    return f"given to {advisor}"


def _put_into(visit: Appointment, bay: Bay | None, now: datetime) -> str:
    """Do the work that fits there in another bay; what was done, in words."""
    if bay is None:
        return ""
    if bay.rooftop_id != visit.rooftop_id:
        raise Refusal("wrong_store", f"{bay} is not at {visit.rooftop}: choose one that is.")
    work = visit.allocations.filter(pk__in=_work_for(visit, bay), ends_at__gt=now)
    if not work.exclude(bay=bay).exists():
        return ""
    if other := _in_the_way(visit, work, Q(bay=bay)):
        raise _taken(visit, str(bay), other)
    work.update(bay=bay)
    return f"put into {bay}"


def _work_for(visit: Appointment, bay: Bay) -> list[int]:
    """The pieces of the visit's work that can be done in this bay."""
    pieces = list(visit.allocations.filter(kind=Allocation.Kind.WORK).order_by("starts_at"))
    if not pieces and not visit.overbook_reason:
        sentence = "This car is left: it takes hours of the day, and no bay. Let the shop choose one."
        raise Refusal("wrong_bay", sentence)
    op_codes = [line.op_code for line in visit.lines.select_related("op_code")]
    steps = visit_for(op_codes, visit.transport).steps
    fitting = [piece.pk for piece, step in zip(pieces, steps, strict=False) if bay.bay_type in step.bay_types]
    if pieces and not fitting:
        kinds = " or ".join(sorted({kind for step in steps for kind in step.bay_types}))
        raise Refusal("wrong_bay", f"This work cannot be done in {bay}: it needs a bay for {kinds} work.")
    return fitting


def _in_the_way(visit: Appointment, own: QuerySet[Allocation], resource: Q) -> Allocation | None:
    """What takes the advisor or the bay while the visit's own rows would."""
    meets = Q(pk__in=())
    for starts_at, ends_at in own.values_list("starts_at", "ends_at"):
        meets |= Q(starts_at__lt=ends_at, ends_at__gt=starts_at)
    others = Allocation.objects.filter(resource, meets, rooftop=visit.rooftop_id)
    others = others.exclude(appointment=visit.pk)
    return others.select_related("appointment__customer", "appointment__vehicle").first()


def _taken(visit: Appointment, name: str, other: Allocation) -> Refusal:
    when = local_time(visit.rooftop, visit.arrives_at)
    if other.appointment:
        return Refusal("slot_taken", f"{name} is taken on {when} by {describe(other.appointment)}.")
    why = "for a caller who is deciding" if other.hold_id else f"blocked: {other.reason or 'no reason given'}"
    return Refusal("slot_taken", f"{name} is taken on {when}, {why}.")
