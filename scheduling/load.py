"""Read the lane: everything that decides the openings of some days, in one query."""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection

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
    Hold,
    OpCode,
    Transport,
)
from scheduling.slots import KEYS_WAIT, WRITE_UP, Step, Visit, chain


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
        may_wait=all(item.can_wait for item in op_codes),
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
    facts = _facts(rooftop, (first, last), (start, end), now=now, without=without)
    demand, to_come = _demand(facts["demand"])
    arrivals = [
        (day, Arrival(_moment(arrives), transport, tuple(codes or ())))
        for arrives, transport, codes, day in facts["arrivals"]
    ]
    keys: dict[date, list[Arrival]] = {}
    for day, arrival in arrivals:
        if day is not None:
            keys.setdefault(date.fromisoformat(day), []).append(arrival)
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
        closures=tuple((_moment(starts), _moment(ends)) for starts, ends in facts["closures"]),
        taken=_taken(facts["allocations"]),
        arrivals=tuple(arrival for day, arrival in arrivals if day is None),
        keys=keys,
        demand=demand,
        to_come=to_come,
        code_caps=dict(facts["code_caps"]),
    )


# One statement: a dozen of the ORM took ten milliseconds, and booking holds the day's lock meanwhile.
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
            extract(epoch FROM starts_at)::float, extract(epoch FROM ends_at)::float
        ) ORDER BY starts_at)
        FROM scheduling_closure
        WHERE rooftop_id = %(rooftop)s AND starts_at < %(end)s AND ends_at > %(start)s),
    'code_caps', (
        SELECT json_agg(json_build_array(code, per_day))
        FROM scheduling_opcode WHERE rooftop_id = %(rooftop)s AND per_day IS NOT NULL),
    'allocations', (
        SELECT json_agg(json_build_array(
            kind, technician_id, bay_id, advisor_id, loaner_id,
            extract(epoch FROM starts_at)::float, extract(epoch FROM ends_at)::float
        ) ORDER BY starts_at)
        FROM scheduling_allocation AS taken LEFT JOIN scheduling_hold AS hold ON hold.id = hold_id
        WHERE taken.rooftop_id = %(rooftop)s AND ends_at > %(start)s AND starts_at < %(end)s
            AND (hold_id IS NULL OR hold.expires_at > %(now)s)
            AND appointment_id IS DISTINCT FROM %(appointment)s AND hold_id IS DISTINCT FROM %(hold)s),
    'arrivals', (
        SELECT json_agg(json_build_array(extract(epoch FROM arrives_at)::float, transport, codes, day)
            ORDER BY arrives_at)
        FROM (
            SELECT arrives_at, transport, (
                SELECT json_agg(code) FROM scheduling_appointmentline
                JOIN scheduling_opcode ON scheduling_opcode.id = op_code_id
                WHERE appointment_id = scheduling_appointment.id) AS codes, (
                SELECT min(day) FROM scheduling_demand
                WHERE transport = 'key_drop' AND appointment_id = scheduling_appointment.id) AS day
            FROM scheduling_appointment
            WHERE rooftop_id = %(rooftop)s AND arrives_at >= %(keys_from)s AND arrives_at < %(end)s
                AND (arrives_at >= %(start)s OR transport = 'key_drop')
                AND status IN ('booked', 'confirmed', 'checked_in') AND id <> %(appointment)s
            UNION ALL
            SELECT arrives_at, transport, to_json(codes), (
                SELECT min(day) FROM scheduling_demand
                WHERE transport = 'key_drop' AND hold_id = scheduling_hold.id)
            FROM scheduling_hold
            WHERE rooftop_id = %(rooftop)s AND arrives_at >= %(keys_from)s AND arrives_at < %(end)s
                AND (arrives_at >= %(start)s OR transport = 'key_drop')
                AND expires_at > %(now)s AND id <> %(hold)s
        ) AS promised),
    'demand', (
        SELECT json_agg(json_build_array(
            day, skill, minutes, extract(epoch FROM coalesce(visit.arrives_at, hold.arrives_at))::float))
        FROM scheduling_demand AS demand LEFT JOIN scheduling_hold AS hold ON hold.id = hold_id
            LEFT JOIN scheduling_appointment AS visit ON visit.id = appointment_id
        WHERE demand.rooftop_id = %(rooftop)s AND day >= %(first)s AND day <= %(last)s
            AND (hold_id IS NULL OR hold.expires_at > %(now)s)
            AND appointment_id IS DISTINCT FROM %(appointment)s AND hold_id IS DISTINCT FROM %(hold)s)
)::text
"""
NOBODY = -1  # no row's id


def _facts(
    rooftop: Rooftop,
    days: tuple[date, date],
    span: Span,
    *,
    now: datetime,
    without: Appointment | Hold | None,
) -> dict[str, list[Any]]:
    """The store itself, and what is taken on these days, from start to end of span, but by without.

    Times of day and dates are ISO, moments are seconds. Holds count until they expire.
    """
    asked: dict[str, Any] = {
        "rooftop": rooftop.pk,
        "advisor": Staff.Role.ADVISOR.value,
        "first": days[0],
        "last": days[1],
        "start": span[0],
        "keys_from": span[0] - KEYS_WAIT,
        "end": span[1],
        "now": now,
        "appointment": without.pk if isinstance(without, Appointment) else NOBODY,
        "hold": without.pk if isinstance(without, Hold) else NOBODY,
    }
    with connection.cursor() as cursor:
        cursor.execute(FACTS, asked)
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


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _taken(rows: list[Any]) -> Taken:
    technicians, bays, advisors, loaners, time_off = (defaultdict[int, list[Span]](list) for _ in range(5))
    for kind, technician, bay, advisor, loaner, starts, ends in rows:
        span = (_moment(starts), _moment(ends))
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


def _demand(rows: list[Any]) -> tuple[dict[date, dict[str, float]], dict[date, list[ToCome]]]:
    """All that is promised by the day, and the part of it that waits for a car to come."""
    demand: dict[date, dict[str, float]] = {}
    to_come: dict[date, list[ToCome]] = {}
    for text, skill, minutes, arrives in rows:
        day = date.fromisoformat(text)
        of_day = demand.setdefault(day, {})
        of_day[skill] = of_day.get(skill, 0.0) + minutes
        if arrives is not None:  # what was carried over is here already
            to_come.setdefault(day, []).append((_moment(arrives) + WRITE_UP, skill, minutes))
    return demand, to_come
