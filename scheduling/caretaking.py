"""Who looks after a visit, and what is noted about it. Part of scheduling/booking.py, the one door."""

from datetime import datetime

from crm.models import RepairOrder, Staff
from scheduling import locking, writing
from scheduling.models import Allocation, Appointment, AppointmentEvent, Hold
from scheduling.refusals import Refusal, describe

LONGEST_NOTE = 300  # characters, as its column


def reassign(
    appointment: Appointment, advisor: Staff, *, actor: str, now: datetime, version: int | None = None
) -> Appointment:
    """Give the visit to another advisor, with its write-up when that is still to come.

    Raises Refusal: slot_taken when the advisor writes up another car then, wrong_store for somebody who
    is no advisor there. Who has the visit already keeps it, and nothing changes.
    """
    rooftop = appointment.rooftop
    if advisor.rooftop_id != rooftop.pk or advisor.role != Staff.Role.ADVISOR:
        raise Refusal("wrong_store", f"{advisor} is no advisor at {rooftop}: choose one that is.")

    def write() -> Appointment:
        current = writing.fresh(appointment)
        if current.advisor_id == advisor.pk:
            return current
        writing.refuse_stale(current, version)
        Hold.objects.forget_expired(rooftop, now)
        _hand_over(current, advisor, now)
        writing.compare_and_set(current, advisor=advisor)
        orders = RepairOrder.objects.filter(appointment=current)
        orders.exclude(status=RepairOrder.Status.CLOSED).update(advisor=advisor)
        writing.log(current, actor, f"given to {advisor}", now)
        return current

    return locking.in_transaction(write, rooftop, appointment.arrives_at)


def _hand_over(current: Appointment, advisor: Staff, now: datetime) -> None:
    """The quarter of an hour in which the car is written up, unless it is over."""
    write_up = current.allocations.filter(kind=Allocation.Kind.WRITE_UP, ends_at__gt=now).first()
    if write_up is None:
        return
    clash = Allocation.objects.filter(
        advisor=advisor, starts_at__lt=write_up.ends_at, ends_at__gt=write_up.starts_at
    )
    other = clash.select_related("appointment__customer", "appointment__vehicle").first()
    if other:
        what = f"writes up {describe(other.appointment)}" if other.appointment else "is taken"
        raise Refusal(
            "slot_taken", f"{advisor} {what} then. Choose somebody else, or move one of the visits."
        )
    write_up.advisor = advisor
    write_up.save(update_fields=["advisor"])


def annotate(appointment: Appointment, note: str, *, actor: str, now: datetime) -> AppointmentEvent:
    """Keep a note, at most LONGEST_NOTE characters, in the visit's history. The visit itself stays as it is."""
    return AppointmentEvent.objects.create(
        appointment=appointment,
        actor=actor,
        what=note.strip()[:LONGEST_NOTE],
        at=now,
        kind=AppointmentEvent.Kind.NOTE,
        version=appointment.version,
    )
