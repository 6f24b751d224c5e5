"""The counter: a visit that a person of the store books, with all that goes with it, in one go."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User

from crm import consent
from crm.models import Customer, Ownership, Phone, Rooftop, Vehicle
from scheduling import booking
from scheduling.load import visit_for
from scheduling.models import Appointment, OpCode
from scheduling.refusals import Refusal
from scheduling.slots import Slot

DAYS_SHOWN = 7
NEAREST = 3
CONSENT_WORDING = "Asked at the counter whether an automated call and text may remind them. Customer: {}."


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody at the counter asked for. Without customer or vehicle they are new: see the names."""

    op_codes: Sequence[OpCode]
    arrives_at: datetime  # aware
    key: str  # the same form sent twice is one visit
    customer: Customer | None = None
    vehicle: Vehicle | None = None
    new_customer: dict[str, str] = field(default_factory=dict)  # fields of Customer
    new_vehicle: dict[str, str | int | None] = field(default_factory=dict)  # fields of Vehicle
    number: str = ""  # E.164
    transport: str | None = None
    advisor: int | None = None
    concern: str = ""
    may_remind: bool | None = None  # None: not asked
    overbook_reason: str = ""
    is_here: bool = False  # a walk-in


@dataclass(frozen=True, slots=True)
class Quote:
    minutes: int
    price_min: int  # whole US dollars
    price_max: int


@dataclass(frozen=True, slots=True)
class OpenDay:
    day: date
    slots: tuple[Slot, ...]


def take(rooftop: Rooftop, wish: Wish, *, by: User, now: datetime) -> Appointment:
    """Book it, with a new customer or vehicle and their consent, all or nothing. Raises Refusal.

    A walk-in is checked in as well.
    """
    actor = by.get_username()

    def party() -> tuple[Customer, Vehicle]:
        customer = _customer(rooftop, wish)
        if wish.may_remind is not None and wish.number:
            _keep_answer(customer, wish, by, now)
        return customer, wish.vehicle or _new_vehicle(customer, wish)

    visit = booking.book_for(
        party,
        rooftop,
        wish.op_codes,
        wish.arrives_at,
        actor=actor,
        source=Appointment.Source.STAFF,
        now=now,
        transport=wish.transport,
        concern=wish.concern,
        idempotency_key=wish.key,
        overbook_reason=wish.overbook_reason,
        by=by,
        advisor=wish.advisor,
        walk_in=wish.is_here,
    )
    return booking.check_in(visit, actor=actor, now=now) if wish.is_here else visit


def _keep_answer(customer: Customer, wish: Wish, by: User, now: datetime) -> None:
    """Raises Refusal for a yes that would lift an earlier no, unless by may do that."""
    kept: dict[str, Any] = {"source": f"staff {by.get_username()}", "now": now}
    if not wish.may_remind:
        consent.note(customer, wish.number, False, wording=CONSENT_WORDING.format("no"), **kept)
        return
    try:
        consent.agree(customer, wish.number, by=by, wording=CONSENT_WORDING.format("yes"), **kept)
    except consent.Withheld as withheld:
        raise Refusal("refused_before", withheld.sentence) from None


def _customer(rooftop: Rooftop, wish: Wish) -> Customer:
    if wish.customer is None:
        customer = Customer.objects.create(rooftop=rooftop, **wish.new_customer)
        if wish.number:
            customer.phones.add(Phone.objects.get_or_create(number=wish.number)[0])
        return customer
    # Locked: a merge of duplicates either sees this visit, or has taken this row away before it.
    found = Customer.objects.select_for_update(no_key=True).filter(pk=wish.customer.pk).first()
    if found is None:
        raise Refusal("wrong_store", "This customer was merged with another just now. Look them up again.")
    return found


def _new_vehicle(customer: Customer, wish: Wish) -> Vehicle:
    vehicle = Vehicle.objects.create(rooftop=customer.rooftop, **wish.new_vehicle)
    Ownership.objects.create(customer=customer, vehicle=vehicle)
    return vehicle


# --- what the page shows ------------------------------------------------------------------


def quote(op_codes: Sequence[OpCode]) -> Quote | None:
    """Minutes of work and the menu's price range; a service that another one includes costs nothing."""
    if not op_codes:
        return None
    codes = {item.code for item in op_codes}
    counted = [item for item in op_codes if codes.isdisjoint(item.absorbed_by)]
    return Quote(
        visit_for(op_codes).minutes,
        sum(item.price_min for item in counted),
        sum(item.price_max for item in counted),
    )


def open_days(
    rooftop: Rooftop,
    op_codes: Sequence[OpCode],
    first: date,
    *,
    now: datetime,
    transport: str | None = None,
    advisor: int | None = None,
) -> list[OpenDay]:
    """DAYS_SHOWN days of the store from first on, with every opening; closed and full ones are empty."""
    last = first + timedelta(days=DAYS_SHOWN - 1)
    by_day: dict[date, list[Slot]] = {first + timedelta(days=n): [] for n in range(DAYS_SHOWN)}
    for slot in booking.openings(
        rooftop, op_codes, first, last, now=now, transport=transport, advisor=advisor
    ):
        day = slot.arrives_at.astimezone(rooftop.zone).date()
        if day in by_day:  # a night that goes on after the last day's midnight
            by_day[day].append(slot)
    return [OpenDay(day, tuple(slots)) for day, slots in by_day.items()]


def nearest(days: Sequence[OpenDay], wished: datetime) -> list[Slot]:
    """The NEAREST openings to a time that could not be had, in order."""
    slots = sorted(
        (slot for day in days for slot in day.slots), key=lambda slot: abs(slot.arrives_at - wished)
    )
    return sorted(slots[:NEAREST], key=lambda slot: slot.arrives_at)
