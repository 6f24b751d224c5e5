"""How long does a booking take, alone and when 32 processes want the same morning? Is anybody turned away wrongly?"""

import random
from datetime import date, timedelta
from typing import Any

from crm.models import Customer, Rooftop
from dealership.bench import crowd, store
from dealership.bench.figures import NONE, Figure, Goal, milliseconds
from dealership.bench.store import at_leisure
from scheduling import booking
from scheduling.models import Appointment, OpCode

SERVICE = "LOF"
PER_ROUND = 10
ROUNDS_PER_MORNING = 2
DAYS = (4, 89)  # from today; the first ones are 95 % full
# Refusals that are true when another one was quicker, and the honest one of a lane that is overrun.
TRUE = {"slot_taken", "transport_full", "busy"}


async def measure(*, rounds: int) -> list[Figure]:
    alone = await at_leisure(_alone, rounds)
    wish = await at_leisure(_wish, 1 + max(1, rounds // ROUNDS_PER_MORNING))
    outcomes = await crowd.at_once("want_mornings", **wish)
    return [alone, *await at_leisure(_together, wish, outcomes)]


def _alone(rounds: int) -> Figure:
    rooftop, service = _lane()
    today = store.now().astimezone(rooftop.zone).date()
    first, last = (today + timedelta(days=days) for days in DAYS)
    slots = booking.openings(rooftop, [service], first, last, now=store.now())
    customers = list(
        Customer.objects.filter(rooftop=rooftop).prefetch_related("vehicles")[: rounds * PER_ROUND]
    )
    dice = random.Random(store.SEED)
    costs = []
    for turn in range(rounds * PER_ROUND + 1):
        customer, arrives_at = customers[turn % len(customers)], dice.choice(slots).arrives_at

        def book(customer: Customer = customer, arrives_at: Any = arrives_at) -> None:
            vehicle = customer.vehicles.all()[0]
            booking.book(
                *(rooftop, customer, vehicle, [service], arrives_at),
                actor="bench",
                source=Appointment.Source.PHONE,
                now=store.now(),
            )

        cost = milliseconds(book)
        Appointment.objects.filter(rooftop=rooftop, source=Appointment.Source.PHONE).delete()
        if turn:
            costs.append(cost)
    return Figure("booking, uncontended", "ms", costs, "one booking, from call to commit", Goal("p95", 15))


def _wish(mornings: int) -> dict[str, Any]:
    """What crowd.want_mornings asks for."""
    rooftop, service = _lane()
    today = store.now().astimezone(rooftop.zone).date()
    first, last = (today + timedelta(days=days) for days in DAYS)
    open_days = {slot.day for slot in booking.openings(rooftop, [service], first, last, now=store.now())}
    customers = Customer.objects.filter(rooftop=rooftop).prefetch_related("vehicles")[: crowd.PROCESSES]
    return {
        "rooftop": rooftop.pk,
        "service": service.pk,
        "days": sorted(day.isoformat() for day in open_days if day)[:mornings],
        "now": store.now().isoformat(),
        "parties": [(customer.pk, customer.vehicles.all()[0].pk) for customer in customers],
    }


def _together(wish: dict[str, Any], outcomes: list[list[dict[str, Any]]]) -> list[Figure]:
    """Judge every morning, then take the bookings away again.

    The first one is not timed: a process's first questions take longer, on its new connection too.
    """
    mornings = list(zip(*outcomes, strict=True))
    wrong = [float(_turned_away(day, callers)) for day, callers in zip(wish["days"], mornings, strict=True)]
    tries = [cost for callers in mornings[1:] for caller in callers for cost in caller["tries"]]
    booked = [caller["booked"] for callers in mornings for caller in callers if caller["booked"]]
    Appointment.objects.filter(pk__in=booked).delete()
    crowded = f"{crowd.PROCESSES} processes want one morning"
    return [
        Figure(f"booking, {crowded}", "ms", tries, "one booking or refusal", Goal("p99", 500)),
        Figure(
            "callers turned away while something was open",
            "callers",
            wrong,
            f"a morning; {len(booked) / len(mornings):.0f} of {crowd.PROCESSES} callers found room",
            NONE,
        ),
    ]


def _turned_away(day: str, callers: tuple[dict[str, Any], ...]) -> int:
    """How many callers were refused for a reason that was not so: afterwards something is still open.

    Nobody cancelled, so what is open now was open then.
    """
    rooftop, service = _lane()
    local = date.fromisoformat(day)
    slots = booking.openings(rooftop, [service], local, local, now=store.now())
    is_open = any(crowd.is_morning(slot, rooftop) for slot in slots)
    without = sum(caller["booked"] is None for caller in callers)
    untrue = sum(not set(caller["codes"]) <= TRUE for caller in callers)
    return untrue + (without if is_open else 0)


def _lane() -> tuple[Rooftop, OpCode]:
    rooftop = store.first_rooftop()
    return rooftop, OpCode.objects.get(rooftop=rooftop, code=SERVICE)
