"""What customers do with one appointment by themselves: confirm, move, cancel."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from scheduling import booking
from scheduling.models import Appointment
from scheduling.offers import choose_offers
from scheduling.refusals import Refusal
from scheduling.slots import Slot

ACTOR = "customer, on the page"
LOOKS_AHEAD = timedelta(days=21)
WAITS = (Appointment.Status.BOOKED, Appointment.Status.CONFIRMED)


def is_ahead(appointment: Appointment, *, now: datetime) -> bool:
    """Can anything still be done about it?"""
    return appointment.status in WAITS and now < appointment.arrives_at


def confirm(appointment: Appointment, *, seen_at: datetime, now: datetime) -> Appointment:
    """seen_at is the arrival that the customer saw. Raises Refusal."""
    _refuse_late(appointment, now)
    if appointment.arrives_at != seen_at:
        raise Refusal("stale_version", "It was moved after the customer had seen it.")
    return booking.confirm(appointment, actor=ACTOR, now=now, version=appointment.version)


def move(appointment: Appointment, arrives_at: datetime, *, version: int, now: datetime) -> Appointment:
    """Move it to one of its openings; version is the one that the customer saw. Raises Refusal."""
    _refuse_late(appointment, now)
    day = arrives_at.astimezone(appointment.rooftop.zone).date()
    is_there_already = appointment.arrives_at == arrives_at
    if not is_there_already and all(
        slot.arrives_at != arrives_at for slot in openings(appointment, day, day, now=now)
    ):
        raise Refusal("slot_taken", "This time is not open any more.")
    return booking.reschedule(appointment, arrives_at, actor=ACTOR, now=now, version=version)


def cancel(appointment: Appointment, *, version: int, now: datetime) -> Appointment:
    """Cancelling twice changes nothing. Raises Refusal."""
    if appointment.status != Appointment.Status.CANCELLED:
        _refuse_late(appointment, now)
    reason = "Cancelled by the customer."
    return booking.cancel(appointment, reason=reason, actor=ACTOR, now=now, version=version)


def _refuse_late(appointment: Appointment, now: datetime) -> None:
    if not is_ahead(appointment, now=now):
        raise Refusal("not_active", "This appointment is over, or the car is here.")


# --- openings -----------------------------------------------------------------------------


def openings(appointment: Appointment, first: date, last: date, *, now: datetime) -> list[Slot]:
    """Where this appointment could move, between two days of the store, earliest first."""
    services = [line.op_code for line in appointment.lines.select_related("op_code")]
    found = booking.openings(
        appointment.rooftop,
        services,
        first,
        last,
        now=now,
        transport=appointment.transport,
        advisor=appointment.advisor_id,
        moving=appointment,
    )
    return [slot for slot in found if slot.arrives_at != appointment.arrives_at]


def openings_ahead(appointment: Appointment, *, now: datetime) -> list[Slot]:
    today = now.astimezone(appointment.rooftop.zone).date()
    return openings(appointment, today, today + LOOKS_AHEAD, now=now)


def offers(
    appointment: Appointment, slots: Sequence[Slot], *, near: datetime | None = None
) -> list[datetime]:
    """The two or three arrivals that the phone desk would name, in the store's zone; near: a wished one."""
    zone = appointment.rooftop.zone
    wish = near.astimezone(zone) if near else None
    from_then = [slot for slot in slots if wish and slot.arrives_at.astimezone(zone).date() >= wish.date()]
    chosen = choose_offers(
        from_then or slots, zone, wanted=wish.time() if wish else None, advisor=appointment.advisor_id
    )
    return [slot.arrives_at.astimezone(zone) for slot in chosen]
