"""Read the lane: everything that decides the openings of some days, in a fixed number of queries."""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Coalesce

from crm.models import Rooftop, Staff
from scheduling.lane import (
    Arrival,
    BayFacts,
    DayRule,
    Lane,
    Span,
    Taken,
    TechnicianFacts,
    ToCome,
    TransportRule,
)
from scheduling.models import (
    Allocation,
    Appointment,
    Demand,
    Hold,
    OpCode,
    Transport,
)
from scheduling.slots import WRITE_UP, Step, Visit, chain


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
    facts = _facts(rooftop, start, end)
    demand, to_come = _demand(rooftop, first, last, now, without)
    return Lane(
        zone=zone,
        grid=timedelta(minutes=rooftop.grid_minutes),
        lead=timedelta(minutes=rooftop.lead_minutes),
        horizon_days=rooftop.horizon_days,
        rules=tuple(_rule(*row) for row in facts["hours"]),
        technicians=tuple(
            TechnicianFacts(
                key,
                frozenset(skills),
                tuple(
                    (weekday, time.fromisoformat(starts), time.fromisoformat(ends))
                    for weekday, starts, ends in shifts or ()
                ),
                proficiency,
            )
            for key, skills, proficiency, shifts in facts["technicians"]
        ),
        bays=tuple(BayFacts(key, bay_type) for key, bay_type in facts["bays"]),
        advisors=tuple(facts["advisors"]),
        loaners=tuple(facts["loaners"]),
        transports={
            kind: TransportRule(
                kind, per_half_hour, per_day, tuple(map(time.fromisoformat, departures)), seats
            )
            for kind, per_half_hour, per_day, departures, seats in facts["transports"]
        },
        closures=tuple(
            (datetime.fromtimestamp(starts, UTC), datetime.fromtimestamp(ends, UTC))
            for starts, ends in facts["closures"]
        ),
        taken=_taken(rooftop, start, end, now, without),
        arrivals=_arrivals(rooftop, start, end, now, without),
        demand=demand,
        to_come=to_come,
        code_caps=dict(facts["code_caps"]),
    )


# One statement: eight of the ORM took three times as long as all that is taken.
FACTS = """
SELECT json_build_object(
    'hours', (
        SELECT json_agg(json_build_array(
            weekday, opens, closes, first_arrival, last_arrival, valid_from, valid_to
        ) ORDER BY weekday, opens)
        FROM scheduling_openinghours WHERE rooftop_id = %(rooftop)s),
    'technicians', (
        SELECT json_agg(json_build_array(
            id, skills, proficiency, (
                SELECT json_agg(json_build_array(weekday, starts, ends) ORDER BY weekday, starts)
                FROM scheduling_shift WHERE technician_id = scheduling_technician.id)
        ) ORDER BY id)
        FROM scheduling_technician WHERE rooftop_id = %(rooftop)s),
    'bays', (
        SELECT json_agg(json_build_array(id, bay_type) ORDER BY id)
        FROM scheduling_bay WHERE rooftop_id = %(rooftop)s),
    'advisors', (
        SELECT json_agg(id ORDER BY id)
        FROM crm_staff WHERE rooftop_id = %(rooftop)s AND role = %(advisor)s),
    'loaners', (
        SELECT json_agg(id ORDER BY id) FROM scheduling_loaner WHERE rooftop_id = %(rooftop)s),
    'transports', (
        SELECT json_agg(json_build_array(kind, per_half_hour, per_day, departures, seats))
        FROM scheduling_transportoption WHERE rooftop_id = %(rooftop)s),
    'closures', (
        SELECT json_agg(json_build_array(
            extract(epoch FROM starts_at), extract(epoch FROM ends_at)
        ) ORDER BY starts_at)
        FROM scheduling_closure
        WHERE rooftop_id = %(rooftop)s AND starts_at < %(end)s AND ends_at > %(start)s),
    'code_caps', (
        SELECT json_agg(json_build_array(code, per_day))
        FROM scheduling_opcode WHERE rooftop_id = %(rooftop)s AND per_day IS NOT NULL)
)::text
"""


def _facts(rooftop: Rooftop, start: datetime, end: datetime) -> dict[str, list[Any]]:
    """The store itself, and when it is closed between start and end. Times are ISO, moments in seconds."""
    with connection.cursor() as cursor:
        cursor.execute(
            FACTS, {"rooftop": rooftop.pk, "advisor": Staff.Role.ADVISOR.value, "start": start, "end": end}
        )
        row = cursor.fetchone()
    return {name: rows or [] for name, rows in json.loads(row[0]).items()} if row else {}


def _rule(
    weekday: int,
    opens: str,
    closes: str,
    first_arrival: str,
    last_arrival: str,
    valid_from: str | None,
    valid_to: str | None,
) -> DayRule:
    wall, day = time.fromisoformat, date.fromisoformat
    return DayRule(
        weekday,
        wall(opens),
        wall(closes),
        wall(first_arrival),
        wall(last_arrival),
        day(valid_from) if valid_from else None,
        day(valid_to) if valid_to else None,
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
    ).order_by("starts_at")
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
    rows.sort(key=itemgetter(0))
    return tuple(Arrival(arrives_at, transport, tuple(codes)) for arrives_at, transport, codes in rows)


def _demand(
    rooftop: Rooftop, first: date, last: date, now: datetime, without: Appointment | Hold | None
) -> tuple[dict[date, dict[str, float]], dict[date, list[ToCome]]]:
    """All that is promised by the day, and the part of it that waits for a car to come."""
    demand: dict[date, dict[str, float]] = {}
    to_come: dict[date, list[ToCome]] = {}
    rows = Demand.objects.filter(_living(now, without), rooftop=rooftop, day__gte=first, day__lte=last)
    arrives_at = Coalesce("appointment__arrives_at", "hold__arrives_at")
    for day, skill, minutes, arrival in rows.values_list("day", "skill", "minutes", arrives_at):
        of_day = demand.setdefault(day, {})
        of_day[skill] = of_day.get(skill, 0.0) + minutes
        if arrival:  # what was carried over is here already
            to_come.setdefault(day, []).append((arrival + WRITE_UP, skill, minutes))
    return demand, to_come
