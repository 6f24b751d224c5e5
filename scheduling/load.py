"""Read the lane: everything that decides the openings of some days, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q

from crm.models import Rooftop, Staff
from scheduling.lane import Arrival, BayFacts, DayRule, Lane, Span, Taken, TechnicianFacts, TransportRule
from scheduling.models import (
    Allocation,
    Appointment,
    Bay,
    Closure,
    Demand,
    Hold,
    Loaner,
    OpCode,
    OpeningHours,
    Technician,
    Transport,
    TransportOption,
)
from scheduling.slots import Step, Visit, chain


def visit_for(
    op_codes: Sequence[OpCode], transport: str | None = None, *, advisor: int | None = None
) -> Visit:
    """The visit that these services make; a service that another one includes takes no time of its own.

    advisor is the preferred one, a Staff id.
    """
    codes = {item.code for item in op_codes}
    steps = [
        Step(item.skill, frozenset(item.bay_types), item.minutes)
        for item in op_codes
        if codes.isdisjoint(item.absorbed_by)
    ]
    return Visit(
        chain(steps),
        transport or default_transport(op_codes),
        tuple(item.code for item in op_codes),
        advisor,
    )


def default_transport(op_codes: Sequence[OpCode]) -> str:
    """The customer waits where that can be asked of them, else leaves the car."""
    return Transport.WAITER if all(item.can_wait for item in op_codes) else Transport.DROP_OFF


def load_lane(
    rooftop: Rooftop, first: date, last: date, *, now: datetime, without: Appointment | Hold | None = None
) -> Lane:
    """The lane for these days of the store; without leaves out what one appointment or hold takes."""
    zone = rooftop.zone
    start = datetime.combine(first, time(0), tzinfo=zone).astimezone(UTC)
    # One day more: a day that closes after midnight still belongs to its date.
    end = datetime.combine(last, time(0), tzinfo=zone).astimezone(UTC) + timedelta(days=2)
    return Lane(
        zone=zone,
        grid=timedelta(minutes=rooftop.grid_minutes),
        lead=timedelta(minutes=rooftop.lead_minutes),
        horizon_days=rooftop.horizon_days,
        rules=tuple(
            DayRule(
                day.weekday,
                day.opens,
                day.closes,
                day.first_arrival,
                day.last_arrival,
                day.valid_from,
                day.valid_to,
            )
            for day in OpeningHours.objects.filter(rooftop=rooftop)
        ),
        technicians=tuple(
            TechnicianFacts(
                person.pk,
                frozenset(person.skills),
                tuple((shift.weekday, shift.starts, shift.ends) for shift in person.shifts.all()),
                float(person.proficiency),
            )
            for person in Technician.objects.filter(rooftop=rooftop).prefetch_related("shifts").order_by("pk")
        ),
        bays=tuple(
            BayFacts(bay.pk, bay.bay_type) for bay in Bay.objects.filter(rooftop=rooftop).order_by("pk")
        ),
        advisors=tuple(
            Staff.objects.filter(rooftop=rooftop, role=Staff.Role.ADVISOR)
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        loaners=tuple(Loaner.objects.filter(rooftop=rooftop).order_by("pk").values_list("pk", flat=True)),
        transports={
            option.kind: TransportRule(
                option.kind, option.per_half_hour, option.per_day, tuple(option.departures), option.seats
            )
            for option in TransportOption.objects.filter(rooftop=rooftop)
        },
        closures=tuple(
            Closure.objects.filter(rooftop=rooftop, starts_at__lt=end, ends_at__gt=start).values_list(
                "starts_at", "ends_at"
            )
        ),
        taken=_taken(rooftop, start, end, now, without),
        arrivals=_arrivals(rooftop, start, end, now, without),
        demand=_demand(rooftop, first, last, now, without),
        code_caps={
            code: cap
            for code, cap in OpCode.objects.filter(rooftop=rooftop, per_day__isnull=False).values_list(
                "code", "per_day"
            )
            if cap is not None
        },
    )


def _living(now: datetime, without: Appointment | Hold | None) -> Q:
    """Rows of appointments and of holds that have not expired, but of the one to leave out."""
    living = Q(hold__isnull=True) | Q(hold__expires_at__gt=now)
    if isinstance(without, Appointment):
        living &= ~Q(appointment=without) | Q(appointment__isnull=True)
    elif without is not None:
        living &= ~Q(hold=without) | Q(hold__isnull=True)
    return living


def _taken(
    rooftop: Rooftop, start: datetime, end: datetime, now: datetime, without: Appointment | Hold | None
) -> Taken:
    technicians, bays, advisors, loaners, time_off = (defaultdict[int, list[Span]](list) for _ in range(5))
    rows = Allocation.objects.filter(
        _living(now, without), rooftop=rooftop, ends_at__gt=start, starts_at__lt=end
    )
    for kind, technician, bay, advisor, loaner, starts_at, ends_at in rows.values_list(
        "kind", "technician_id", "bay_id", "advisor_id", "loaner_id", "starts_at", "ends_at"
    ):
        span = (starts_at, ends_at)
        for resource, spans in (
            (technician, technicians),
            (bay, bays),
            (advisor, advisors),
            (loaner, loaners),
        ):
            if resource is not None:
                spans[resource].append(span)
        if technician is not None and kind in (Allocation.Kind.TIME_OFF, Allocation.Kind.BLOCK):
            time_off[technician].append(span)
    return Taken(technicians, bays, advisors, loaners, time_off)


def _arrivals(
    rooftop: Rooftop, start: datetime, end: datetime, now: datetime, without: Appointment | Hold | None
) -> tuple[Arrival, ...]:
    booked = Appointment.objects.active().filter(rooftop=rooftop, arrives_at__gte=start, arrives_at__lt=end)
    held = Hold.objects.filter(rooftop=rooftop, arrives_at__gte=start, arrives_at__lt=end, expires_at__gt=now)
    if isinstance(without, Appointment):
        booked = booked.exclude(pk=without.pk)
    elif without is not None:
        held = held.exclude(pk=without.pk)
    rows = [
        *booked.order_by().values_list("arrives_at", "transport", ArrayAgg("lines__op_code__code")),
        *held.values_list("arrives_at", "transport", "codes"),
    ]
    return tuple(Arrival(arrives_at, transport, tuple(codes)) for arrives_at, transport, codes in rows)


def _demand(
    rooftop: Rooftop, first: date, last: date, now: datetime, without: Appointment | Hold | None
) -> dict[date, dict[str, float]]:
    demand: dict[date, dict[str, float]] = {}
    rows = Demand.objects.filter(_living(now, without), rooftop=rooftop, day__gte=first, day__lte=last)
    for day, skill, minutes in rows.values_list("day", "skill", "minutes"):
        of_day = demand.setdefault(day, {})
        of_day[skill] = of_day.get(skill, 0.0) + minutes
    return demand
