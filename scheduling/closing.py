"""The store's own time: a person or a bay out of the lane for a while, the store closed.

Under the same locks as scheduling/booking.py, so that closing a bay races safely with booking it.
"""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from crm.models import FollowUpTask, Rooftop, Staff
from scheduling import locking
from scheduling.load import load_lane
from scheduling.models import Allocation, Appointment, Bay, Closure, Hold, Technician
from scheduling.refusals import Refusal, describe

CONFLICT_WITHIN = timedelta(days=1)


def block(
    rooftop: Rooftop,
    starts_at: datetime,
    ends_at: datetime,
    *,
    reason: str,
    now: datetime,
    technician: Technician | None = None,
    bay: Bay | None = None,
    advisor: Staff | None = None,
) -> Allocation:
    """Take a technician (time off, busy by the calendar), a bay or an advisor out of the lane for a while.

    Raises Refusal slot_taken naming an appointment that stands in the way, or when the cars left
    on that day could no longer be done without this technician.
    """
    _refuse_span(starts_at, ends_at)
    wanted: dict[str, Technician | Bay | Staff | None]
    wanted = {"technician": technician, "bay": bay, "advisor": advisor}
    chosen = {name: thing for name, thing in wanted.items() if thing}
    if len(chosen) != 1:
        raise Refusal("wrong_span", "Choose either a technician, a bay or an advisor.")
    for thing in chosen.values():
        if thing.rooftop_id != rooftop.pk:
            raise Refusal("wrong_store", f"{thing} is not at {rooftop}: choose one that is.")

    def write() -> Allocation:
        Hold.objects.forget_expired(rooftop, now)
        in_the_way = Allocation.objects.filter(rooftop=rooftop, starts_at__lt=ends_at, ends_at__gt=starts_at)
        in_the_way = in_the_way.filter(**chosen, appointment__isnull=False)
        other = in_the_way.select_related("appointment").first()
        if other and other.appointment:
            raise Refusal("slot_taken", f"Move {describe(other.appointment)} first.")
        could_be_kept = technician is None or keeps_promises(rooftop, starts_at, ends_at, now)
        written = Allocation.objects.create(
            rooftop=rooftop,
            kind=Allocation.Kind.TIME_OFF if technician else Allocation.Kind.BLOCK,
            **chosen,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=reason,
        )
        if technician and could_be_kept and not keeps_promises(rooftop, starts_at, ends_at, now):
            raise Refusal(
                "slot_taken", "Cars that are left that day need these hours. Move one of them first."
            )
        return written

    return locking.in_transaction(
        write, rooftop, starts_at, *locking.days_between(rooftop, starts_at, ends_at)
    )


def unblock(rooftop: Rooftop, key: int) -> None:
    """Give back what somebody blocked here by hand; one that is gone already changes nothing."""
    by_hand = Allocation.objects.filter(appointment=None, hold=None, calendar=None)
    by_hand.filter(rooftop=rooftop, pk=key, kind=Allocation.Kind.BLOCK).delete()


def _refuse_span(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise Refusal("wrong_span", "The end must be after the start.")


def keeps_promises(rooftop: Rooftop, starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Can the cars that are left on the days of this span still be done?"""
    first = starts_at.astimezone(rooftop.zone).date() - timedelta(days=1)
    last = ends_at.astimezone(rooftop.zone).date()
    lane = load_lane(rooftop, first, last, now=now)
    days = [lane.day(date_) for date_ in lane.demand]
    return all(day.keeps_its_promises() for day in days if day)


def close_store(
    rooftop: Rooftop, starts_at: datetime, ends_at: datetime, *, reason: str, now: datetime
) -> tuple[Closure, list[Appointment]]:
    """Close the store for a while: the closure, and the appointments that now need another time.

    Each of those becomes a task for its advisor; nothing is cancelled silently. Closing twice for the
    same time is closing once: the closure stands with its tasks, or neither does.
    """
    _refuse_span(starts_at, ends_at)

    def write() -> tuple[Closure, list[Appointment]]:
        earlier = Closure.objects.filter(rooftop=rooftop, starts_at=starts_at, ends_at=ends_at).first()
        if earlier:
            return earlier, list(touched(rooftop, starts_at, ends_at))
        Hold.objects.filter(rooftop=rooftop, arrives_at__gte=starts_at, arrives_at__lt=ends_at).delete()
        closure = Closure.objects.create(rooftop=rooftop, starts_at=starts_at, ends_at=ends_at, reason=reason)
        affected = list(touched(rooftop, starts_at, ends_at))
        FollowUpTask.objects.bulk_create(_task(appointment, reason, now) for appointment in affected)
        return closure, affected

    return locking.in_transaction(
        write, rooftop, starts_at, *locking.days_between(rooftop, starts_at, ends_at)
    )


def touched(rooftop: Rooftop, starts_at: datetime, ends_at: datetime) -> QuerySet[Appointment]:
    """The visits that a closure would touch, with whom to ring about them."""
    visits = Appointment.objects.active().filter(
        rooftop=rooftop, arrives_at__lt=ends_at, ready_at__gt=starts_at
    )
    return visits.select_related("customer", "vehicle", "rooftop", "advisor").prefetch_related(
        "customer__phones"
    )


def _task(visit: Appointment, reason: str, now: datetime) -> FollowUpTask:
    """To ring before the customer sets out, and within a day."""
    numbers = [found.number for found in visit.customer.phones.all()]
    return FollowUpTask(
        rooftop=visit.rooftop,
        kind=FollowUpTask.Kind.CONFLICT,
        customer=visit.customer,
        phone_number=next(iter(numbers), ""),
        owner=visit.advisor,
        summary=f"{reason}: find another time for {visit}.",
        due_at=max(now, min(now + CONFLICT_WITHIN, visit.arrives_at)),
    )
