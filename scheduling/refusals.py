"""Why a visit cannot be: a short code and a sentence that names what stands in the way."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import Q

from crm.models import Customer, Rooftop, Vehicle
from scheduling.load import load_lane
from scheduling.models import Allocation, Appointment, OpCode, Transport
from scheduling.slots import KEYS_WAIT, WRITE_UP, Slot, Visit, slot_in

MISSED_BEFORE_NO_LOANER = 2
LOANER_RULE_LOOKS_BACK = timedelta(days=365)
WHO_COME: dict[str, str] = {
    Transport.WAITER: "customers who wait",
    Transport.DROP_OFF: "cars that are dropped off",
    Transport.KEY_DROP: "cars by key drop",
    Transport.SHUTTLE: "shuttle riders",
    Transport.LOANER: "customers who need a loaner",
    Transport.PICKUP: "customers who are picked up",
    Transport.TOW_IN: "cars that are towed in",
}


class Refusal(Exception):
    """A change that cannot be. code is for programs, sentence for people at a screen.

    Codes: slot_taken, closed, too_soon, beyond_horizon, no_service, no_skill, transport_full,
    not_offered, cannot_wait, no_loaner, already_booked_that_day, not_active, wrong_status,
    stale_version, not_allowed, wrong_store, wrong_span, wrong_bay, refused_before, busy.
    The sentence may name another customer: it is never spoken to a caller.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def slot_or_refuse(
    rooftop: Rooftop,
    visit: Visit,
    arrives_at: datetime,
    now: datetime,
    *,
    moving: Appointment | None = None,
    overbook: bool = False,
    walk_in: bool = False,
) -> Slot:
    """walk_in: the car is here. Nobody needs notice of it, and the hours kept for such cars are its own."""
    date_ = arrives_at.astimezone(rooftop.zone).date()
    when = local_time(rooftop, arrives_at)
    first = date_ - timedelta(days=1)  # a day that closes after midnight
    last = date_ + KEYS_WAIT if visit.transport == Transport.KEY_DROP else date_
    lane = load_lane(rooftop, first, last, now=now, without=moving)
    found = slot_in(replace(lane, reserve=0.0) if walk_in else lane, visit, arrives_at)
    if overbook:
        return found if isinstance(found, Slot) else _unkept(visit, arrives_at)
    if arrives_at < now + timedelta(minutes=0 if walk_in else rooftop.lead_minutes):
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
    when = local_time(rooftop, arrives_at)
    if code == "closed":
        return Refusal(code, f"{when}: the store is closed, or closes before the work would be done.")
    if code == "no_skill":
        return Refusal(code, "Nobody at this store has the skill for all of these services.")
    if code == "not_offered":
        offered = [str(option) for option in rooftop.transport_options.order_by("kind")]
        return Refusal(code, f"{rooftop} does not offer that. Choose one of: {', '.join(offered)}.")
    if code == "cannot_wait":
        return Refusal(code, "These services take too long to wait for. Let the customer leave the car.")
    if code == "transport_full":
        return Refusal(code, f"{when}: no more {WHO_COME[visit.transport]} can be taken then.")
    other = _clash(rooftop, visit, arrives_at, moving)
    return Refusal(code, f"{when} is taken" + (f" by {describe(other)}." if other else ": the day is full."))


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


def describe(appointment: Appointment) -> str:
    return f"{appointment.customer}'s {appointment.vehicle} (number {appointment.confirmation_number})"


def refuse_second_visit(
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


def refuse_loaner(customer: Customer, now: datetime) -> None:
    """House rule: who did not come twice in twelve months gets no loaner."""
    missed = customer.appointments.filter(
        status=Appointment.Status.NO_SHOW, arrives_at__gt=now - LOANER_RULE_LOOKS_BACK
    )
    if missed.count() >= MISSED_BEFORE_NO_LOANER:
        raise Refusal(
            "no_loaner", f"{customer} did not come twice in the last twelve months: no loaner this time."
        )


def check_overbooking(
    reason: str, by: AbstractBaseUser | AnonymousUser | None, arrives_at: datetime, now: datetime
) -> None:
    if reason and not (isinstance(by, User) and by.has_perm("scheduling.overbook")):
        raise Refusal("not_allowed", "Booking beyond capacity needs the permission to overbook.")
    if reason and arrives_at < now:
        raise Refusal("too_soon", "That time is over. Choose a later one.")


def refuse_strangers(rooftop: Rooftop, op_codes: Sequence[OpCode], *party: Customer | Vehicle) -> None:
    """Services, customer and vehicle must be this store's own."""
    if not op_codes:
        raise Refusal("no_service", "Choose at least one service.")
    for one in (*op_codes, *party):
        if one.rooftop_id != rooftop.pk:
            raise Refusal("wrong_store", f"{one} is not at {rooftop}: choose one that is.")


def local_time(rooftop: Rooftop, moment: datetime) -> str:
    return f"{moment.astimezone(rooftop.zone):%A, %B %-d, %-I:%M %p}"
