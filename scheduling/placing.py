"""Where a visit stands on the day board: its time, its advisor, its bay, in one change.

Under the same locks as scheduling/booking.py, which decides about the time.
"""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q, QuerySet

from crm.models import RepairOrder, Staff
from scheduling import booking, locking, writing
from scheduling.load import visit_for
from scheduling.models import Allocation, Appointment, Bay, Hold
from scheduling.refusals import Refusal, check_overbooking, describe, local_time


def place(
    appointment: Appointment,
    arrives_at: datetime,
    *,
    actor: str,
    now: datetime,
    version: int | None = None,
    advisor: Staff | None = None,
    bay: Bay | None = None,
    overbook_reason: str = "",
    by: AbstractBaseUser | AnonymousUser | None = None,
) -> Appointment:
    """Move the visit to this time, this advisor and this bay, or raise Refusal, changing nothing.

    None leaves the choice of advisor and bay to the lane. version is the one the asker saw. With an
    overbook_reason, by a person with the permission, nobody needs to be free.
    """
    overbook_reason = overbook_reason.strip()
    check_overbooking(overbook_reason, by, arrives_at, now)
    rooftop = appointment.rooftop

    def write() -> Appointment:
        current = writing.fresh(appointment)
        writing.refuse_stale(current, version)
        Hold.objects.forget_expired(rooftop, now)
        if current.arrives_at != arrives_at:
            current = booking.reschedule(
                current, arrives_at, actor=actor, now=now, overbook_reason=overbook_reason, by=by
            )
        given = [_give_to(current, advisor, now, overbook_reason), _put_into(current, bay, now)]
        if what := " and ".join(words for words in given if words):
            reason = overbook_reason or current.overbook_reason
            writing.compare_and_set(current, advisor_id=current.advisor_id, overbook_reason=reason)
            writing.log(current, actor, what, now)
        return current

    return locking.in_transaction(write, rooftop, appointment.arrives_at, arrives_at)


def reassign(
    appointment: Appointment, advisor: Staff, *, actor: str, now: datetime, version: int | None = None
) -> Appointment:
    """Give the visit to another advisor, with its write-up when that is still to come.

    Raises Refusal: slot_taken when the advisor writes up another car then, wrong_store for somebody who
    is no advisor there. Who has the visit already keeps it, and nothing changes.
    """
    return place(appointment, appointment.arrives_at, advisor=advisor, actor=actor, now=now, version=version)


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
