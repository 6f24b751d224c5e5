"""Judges a race when all is quiet: the database against itself and against what was recorded."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from crm.models import Customer, Rooftop, Vehicle
from scheduling import booking
from scheduling.models import Allocation, Appointment, Demand, OpCode
from scheduling.refusals import Refusal
from tests.scheduling.race import DAYS, SERVICES
from tests.scheduling.slow_model import SlowLane

WRITE_UP = timedelta(minutes=15)
SETUP_MINUTES = 10
MINUTES_A_DAY = 600 * 0.85  # of one technician of the race, less the reserve
Line = dict[str, Any]


def judge(
    rooftop: Rooftop, histories: list[Path], now: datetime, *, is_control: bool, every: int
) -> dict[str, Any]:
    """now: when every hold has run out. A control is only asked for its overlaps."""
    begun, ended = _read(histories)
    outcomes = Counter(line.get("refused") or ("broken" if "broken" in line else "done") for line in ended)
    faults: dict[str, list[str]] = {"overlaps": list(overlaps(rooftop))}
    at_rest = {"asked": 0, "open": 0}
    if not is_control:
        # What is refused as busy may have been written: the server went away before it could say so.
        unfinished = len(begun) - len(ended) + outcomes["busy"]
        faults["half-written"] = list(half_written(rooftop))
        faults["lost"] = list(lost(rooftop, ended, unfinished))
        faults["lost"] += lost_blocks(rooftop, begun, ended)
        faults["over a cap"] = list(over_a_cap(rooftop))
        faults["broken"] = [line["broken"] for line in ended if "broken" in line]
        faults["false full"] = list(false_full(rooftop, now, every, at_rest))
    return {
        "attempts": len(begun),
        "outcomes": dict(outcomes.most_common()),
        "faults": faults,
        "at_rest": at_rest,
        "latency_ms": _latencies(ended),
    }


def _read(histories: list[Path]) -> tuple[list[Line], list[Line]]:
    lines = [json.loads(line) for path in histories for line in path.read_text().splitlines()]
    return [line for line in lines if "begin" in line], [line for line in lines if "end" in line]


def _latencies(ended: list[Line]) -> dict[str, dict[str, float]]:
    by_kind: dict[str, list[float]] = defaultdict(list)
    for line in ended:
        by_kind["all"].append(line["ms"])
        by_kind[line["what"]].append(line["ms"])
    return {
        what: {f"p{q}": sorted(times)[min(len(times) - 1, len(times) * q // 100)] for q in (50, 95, 99)}
        for what, times in by_kind.items()
        if what != "nothing"
    }


def overlaps(rooftop: Rooftop) -> Iterator[str]:
    """Two rows that take the same person or thing at the same moment."""
    for thing in ("technician", "bay", "advisor", "loaner"):
        with connection.cursor() as cursor:
            cursor.execute(
                f"""SELECT a.id, b.id FROM scheduling_allocation a JOIN scheduling_allocation b
                ON a.{thing}_id = b.{thing}_id AND a.id < b.id
                AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
                WHERE a.rooftop_id = %s""",  # noqa: S608  # one of four names
                [rooftop.pk],
            )
            yield from (f"{thing}: {one} and {other}" for one, other in cursor.fetchall())


def half_written(rooftop: Rooftop) -> Iterator[str]:
    """Visits that have less or more than they need, and rows that belong to nothing."""
    rows = Appointment.objects.filter(rooftop=rooftop).prefetch_related(
        "lines__op_code", "allocations__technician", "allocations__bay", "demands", "events"
    )
    for appointment in rows:
        taken = list(appointment.allocations.all())
        if len(appointment.events.all()) != appointment.version:
            yield f"{appointment.pk}: version {appointment.version}, {len(appointment.events.all())} events"
        if not appointment.is_active:
            if taken or appointment.demands.all():
                yield f"{appointment.pk}: {appointment.status} and still takes {taken}"
            continue
        if not _has_its_write_up(appointment, taken):
            yield f"{appointment.pk}: write-up"
        if not _has_its_loaner(appointment, taken):
            yield f"{appointment.pk}: loaner"
        if not _has_its_work(appointment, taken):
            yield f"{appointment.pk}: work"
    ownerless = {"rooftop": rooftop, "appointment": None, "hold": None}
    for orphan in Allocation.objects.filter(**ownerless).exclude(kind=Allocation.Kind.BLOCK):
        yield f"allocation {orphan.pk} belongs to nothing"
    yield from (f"demand {row.pk} belongs to nothing" for row in Demand.objects.filter(**ownerless))


def _has_its_write_up(appointment: Appointment, taken: list[Allocation]) -> bool:
    rows = [row for row in taken if row.kind == Allocation.Kind.WRITE_UP]
    if appointment.transport == "key_drop":
        return not rows
    return [(row.advisor_id, row.starts_at, row.ends_at) for row in rows] == [
        (appointment.advisor_id, appointment.arrives_at, appointment.arrives_at + WRITE_UP)
    ]


def _has_its_loaner(appointment: Appointment, taken: list[Allocation]) -> bool:
    rows = [(row.starts_at, row.ends_at) for row in taken if row.kind == Allocation.Kind.LOAN]
    wanted = [(appointment.arrives_at, appointment.ready_at)]
    return rows == (wanted if appointment.transport == "loaner" else [])


def _has_its_work(appointment: Appointment, taken: list[Allocation]) -> bool:
    """By the hour for who waits, by the day for who leaves the car; in the order of the services."""
    needed: dict[str, int] = {}
    for line in sorted(appointment.lines.all(), key=lambda line: line.pk):
        setup = 0 if needed else SETUP_MINUTES
        needed[line.op_code.skill] = needed.get(line.op_code.skill, 0) + line.minutes + setup
    promised = {row.skill: row.minutes for row in appointment.demands.all()}
    days = {row.day for row in appointment.demands.all()}
    work = sorted((row for row in taken if row.kind == Allocation.Kind.WORK), key=lambda row: row.starts_at)
    if appointment.transport != "waiter":
        return bool(needed) and promised == needed and not work and days == {_day_of(appointment)}
    starts_at = appointment.arrives_at + WRITE_UP
    for (skill, minutes), row in zip(needed.items(), work, strict=False):
        if not row.technician or not row.bay or skill not in row.technician.skills:
            return False
        if row.bay.bay_type != skill or row.starts_at != starts_at:
            return False
        starts_at += timedelta(minutes=minutes)
        if row.ends_at != starts_at:
            return False
    return bool(needed) and len(work) == len(needed) and starts_at == appointment.ready_at and not promised


def _day_of(appointment: Appointment) -> date:
    """The day whose hours it takes: keys that come late are for a later one."""
    arrives_on: date = appointment.local_arrival.date()
    days = {row.day for row in appointment.demands.all()} if appointment.transport == "key_drop" else set()
    return max(days, default=arrives_on)


def lost(rooftop: Rooftop, ended: list[Line], unfinished: int) -> Iterator[str]:
    """Successes that left no trace: every version of every visit was written by one who says so.

    unfinished: attempts that a kill cut off; as many versions may be nobody's.
    """
    there = {row.pk: row for row in Appointment.objects.filter(rooftop=rooftop)}
    told: dict[int, dict[int, Line]] = defaultdict(dict)
    for line in ended:
        is_another = "id" in line and line["id"] != line.get("first_id", line["id"])
        # Once the first is cancelled its key books again.
        if is_another and there[line["first_id"]].is_active:
            yield f"a repeated key made {line['id']} beside {line['first_id']}"
        if "version" not in line:
            continue
        earlier = told[line["id"]].setdefault(line["version"], line)
        is_same = (earlier["status"], earlier["arrives_at"]) == (line["status"], line["arrives_at"])
        # A wish for what is there already changes nothing and tells the version it found.
        if earlier is not line and not is_same:
            yield f"two wrote version {line['version']} of {line['id']}"
    yield from (f"{pk} was booked and is not there" for pk in told.keys() - there.keys())
    nobody = 0
    for pk, row in there.items():
        nobody += sum(version not in told[pk] for version in range(1, row.version + 1))
        yield from (f"{pk}: version {version} is lost" for version in told[pk] if version > row.version)
        last = told[pk].get(row.version)
        if last and (last["status"], last["arrives_at"]) != (row.status, row.arrives_at.isoformat()):
            yield f"{pk} is {row.status} at {row.arrives_at}, not as last told"
    if nobody > unfinished:
        yield f"{nobody} versions are nobody's, {unfinished} attempts were cut off"


def lost_blocks(rooftop: Rooftop, begun: list[Line], ended: list[Line]) -> list[str]:
    """Bays that were closed and are open, beyond those that a process may have opened as it was killed."""
    known = {line["end"] for line in ended}
    may_have_opened = sum(line["what"] == "close_bay" and line["begin"] not in known for line in begun)
    closed = {line["block"] for line in ended if line["what"] == "close_bay" and "block" in line}
    opened = {line["block"] for line in ended if line["what"] == "open_bay" and "block" in line}
    there = set(Allocation.objects.filter(rooftop=rooftop, kind="block").values_list("pk", flat=True))
    missing = closed - opened - there
    return [f"block {pk} is lost" for pk in missing] if len(missing) > may_have_opened else []


def over_a_cap(rooftop: Rooftop) -> Iterator[str]:
    """What no constraint can say and only the lock guards: caps, hours of a day, one visit a vehicle."""
    capacity = rooftop.technicians.count()
    rows = Appointment.objects.active().filter(rooftop=rooftop)
    active = list(rows.prefetch_related("lines__op_code", "demands"))
    for row in active:
        row.rooftop = rooftop
    twice = Counter((row.vehicle_id, row.local_arrival.date()) for row in active)
    yield from (f"vehicle {who} comes twice on {day}" for (who, day), count in twice.items() if count > 1)
    opens = {day: datetime.combine(day, datetime.min.time(), rooftop.zone) for day in DAYS}
    for day in DAYS:
        today = [row for row in active if _day_of(row) == day]
        diagnoses = sum(any(line.op_code.code == "DIAG" for line in row.lines.all()) for row in today)
        key_drops = sum(row.transport == "key_drop" for row in today)
        halves = Counter(
            (row.arrives_at - opens[day]) // timedelta(minutes=30)
            for row in today
            if row.transport == "waiter"
        )
        if max(diagnoses, key_drops, *halves.values(), 0) > capacity:
            yield f"{day}: {diagnoses} diagnoses, {key_drops} key drops, waiters {dict(halves)}"
        minutes = sum(line.minutes for row in today for line in row.lines.all()) + SETUP_MINUTES * len(today)
        if minutes > capacity * MINUTES_A_DAY:
            yield f"{day}: {minutes} minutes promised of {capacity * MINUTES_A_DAY}"


def false_full(rooftop: Rooftop, now: datetime, every: int, count: dict[str, int]) -> Iterator[str]:
    """Ask for every nth arrival: what the slow rules allow is offered and can be booked, and nothing else."""
    customer = Customer.objects.get(rooftop=rooftop)
    vehicle = Vehicle.objects.create(rooftop=rooftop, model="at rest")
    slow = SlowLane(rooftop, now)
    menu = {item.code: item for item in OpCode.objects.filter(rooftop=rooftop)}
    for codes in dict.fromkeys(SERVICES):
        services = [menu[code] for code in codes]
        for transport in ("waiter", "drop_off", "loaner"):
            offered = {
                slot.arrives_at
                for slot in booking.openings(
                    rooftop, services, DAYS[0], DAYS[-1], now=now, transport=transport
                )
            }
            for arrives_at in list(_grid(rooftop))[::every]:
                is_allowed = slow.can_keep(services, transport, arrives_at)
                count["asked"] += 1
                count["open"] += is_allowed
                wish = f"{codes} {transport} {arrives_at:%d %H:%M}"
                if is_allowed != (arrives_at in offered):
                    yield f"{wish}: {'not ' if is_allowed else ''}offered"
                refused = _try(rooftop, customer, vehicle, services, arrives_at, transport, now)
                if is_allowed == bool(refused):
                    yield f"{wish}: {refused or 'booked, and the slow rules forbid it'}"


def _grid(rooftop: Rooftop) -> Iterator[datetime]:
    for day in DAYS:
        midnight = datetime.combine(day, datetime.min.time(), rooftop.zone)
        yield from ((midnight + timedelta(minutes=15 * n)).astimezone(UTC) for n in range(26, 70))


def _try(
    rooftop: Rooftop,
    customer: Customer,
    vehicle: Vehicle,
    services: list[OpCode],
    arrives_at: datetime,
    transport: str,
    now: datetime,
) -> str:
    """Book and undo it; the code of the refusal, or nothing."""
    with transaction.atomic():
        try:
            booking.book(
                rooftop,
                customer,
                vehicle,
                services,
                arrives_at,
                actor="at rest",
                source="phone",
                now=now,
                transport=transport,
            )
        except Refusal as refusal:
            return refusal.code
        finally:
            transaction.set_rollback(True)
    return ""
