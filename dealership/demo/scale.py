"""As many customers, visits and calls as a load test needs, spread over rooftops like Otto's Auto.

Every visit lies where slots.py would have put it, so the constraints hold and a rooftop of these
can be booked like any other. Telephone numbers are in area codes that are never assigned (N9X).
Left out, since no query of the load test reads them: events of visits, repair orders, consent.
"""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from crm.models import Customer, Ownership, Phone, Rooftop, Vehicle
from dealership.demo.bulk import NULL, Table, without_indexes
from dealership.demo.day_plans import SATURDAY, SEED, PlannedVisit, plan_days
from dealership.demo.store import holidays, write_rooftop
from dealership.demo.vins import DESCRIPTORS, vin_for
from scheduling.models import Allocation, Appointment, AppointmentLine, Demand
from voice.conversation.states import State
from voice.models import Call, ToolCall, Turn

VISITS_BEFORE = 2  # for each customer, in the two years until today
CUSTOMERS_PER_VISIT_AHEAD = 20
# Ten thousand calls in all stores but the small ones; their pages are what is timed.
MOST_CALLS, LEAST_CUSTOMERS_PER_CALL = 10_000, 5
DAYS_BEFORE = 730
USE_OF_A_DAY = 0.9
FULL_DAYS = 3  # from tomorrow on, as full as a good week gets
FULL = 0.95
EVERY_NTH_SHARES_A_PHONE = 10
EVERY_NTH_HAS_A_SECOND_CAR = 8
LARGEST = 5_000_000  # telephone numbers there are for it

ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix")
FIRST_NAMES = (
    *("Ada", "Bill", "Cora", "Dean", "Edna", "Fred", "Gina", "Hugo", "Iris", "Jack"),
    *("Kate", "Leon", "Mona", "Nick", "Opal", "Paul", "Rita", "Saul", "Tess", "Walt"),
)
LAST_NAMES = (
    *("Abbott", "Barnes", "Cole", "Dalton", "Ellis", "Frost", "Gibson", "Hale", "Irwin", "Jarvis"),
    *("Keller", "Lane", "Mercer", "Norris", "Owens", "Pratt", "Quigley", "Reyes", "Shaw", "Turner"),
)
CARS = tuple(DESCRIPTORS)

# What was said; the desk begins.
TALK = (
    "Thank you for calling {store}. This is the automated service desk, and this call is recorded. How can I help?",
    "Hi, I need an {service} for my {car}.",
    "Sure. Am I speaking with {name}?",
    "Yes, that's me.",
    "I have tomorrow at nine fifteen or at one thirty. Which is better?",
    "Nine fifteen works.",
    "So an {service} tomorrow at nine fifteen. Shall I book it?",
    "Yes, please.",
    "You are booked. Your confirmation number is {number}.",
    "Thanks, bye.",
)
SERVICES = ("oil change", "alignment", "inspection", "air filter replacement")


@dataclass(frozen=True, slots=True)
class OpenDay:
    date: date
    plan: list[PlannedVisit]


@dataclass(frozen=True, slots=True)
class Site:
    """A rooftop with the ids of what is there, in the order in which a plan counts them."""

    rooftop: Rooftop
    technicians: list[int]
    bays: list[int]
    advisors: list[int]
    op_codes: list[tuple[int, int, int, int]]  # id, minutes, price from, to


class Tables:
    """Everything that is written, for one rooftop at a time so that memory stays flat."""

    def __init__(self) -> None:
        self.phone = Table(Phone, "number")
        self.customer = Table(
            Customer, "rooftop", "first_name", "last_name", "date_of_birth", "state", "zip_code", "email"
        )
        self.customer_phone = Table(Customer.phones.through, "customer", "phone")
        self.vehicle = Table(Vehicle, "rooftop", "year", "make", "model", "plate", "vin")
        self.ownership = Table(Ownership, "customer", "vehicle", "since")
        self.appointment = Table(
            Appointment,
            *("rooftop", "customer", "vehicle", "advisor", "confirmation_number", "transport"),
            *("arrives_at", "ready_at", "status", "source", "created_at"),
        )
        self.line = Table(AppointmentLine, "appointment", "op_code", "minutes", "price_min", "price_max")
        self.allocation = Table(
            Allocation,
            *("rooftop", "kind", "appointment", "technician", "bay", "advisor", "starts_at", "ends_at"),
        )
        self.demand = Table(Demand, "rooftop", "appointment", "day", "skill", "minutes")
        self.call = Table(
            Call,
            *("rooftop", "carrier", "sid", "caller_number", "called_number", "customer"),
            *("started_at", "stream_opened_at", "ended_at", "outcome", "state", "agent_version"),
            *("errand", "has_booked", "was_after_hours", "slowest_ms", "cost"),
            *("conversation", "summary", "failures"),
            *("revenue", "sentiment"),
        )
        self.turn = Table(Turn, "call", "number", "speaker", "text", "starts_ms", "ends_ms", "latencies")
        self.tool_call = Table(
            ToolCall,
            *("call", "key", "name", "arguments", "code", "result", "at_ms", "duration_ms", "appointment"),
        )

    def all(self) -> list[Table]:
        return list(vars(self).values())

    def write(self) -> None:
        for table in self.all():
            table.write()


def write_scale(customers: int, *, now: datetime, note: Callable[[str], None]) -> None:
    """Write customers with all that belongs to them; note gets a line of progress now and then.

    The tables are locked meanwhile. Raises ValueError when this was done before or is too much.
    """
    if not 0 < customers <= LARGEST:
        raise ValueError(f"Write from 1 to {LARGEST:,} customers.")
    if Rooftop.objects.filter(name=_name(0)).exists():
        raise ValueError("This database holds a scaled store already; use another one.")
    with transaction.atomic():
        first = _site(0, now)
        plans = plan_days(first.rooftop, now=now)
        today = now.astimezone(first.rooftop.zone).date()
        before = _open_days(today - timedelta(days=DAYS_BEFORE), today - timedelta(days=1), plans)
        ahead = _open_days(
            today + timedelta(days=1), today + timedelta(days=first.rooftop.horizon_days - 1), plans
        )
        visits, visits_ahead = customers * VISITS_BEFORE, customers // CUSTOMERS_PER_VISIT_AHEAD
        rooftops = max(_needed(visits, before), _needed(visits_ahead, ahead[FULL_DAYS:]))
        note(
            f"{customers:,} customers, {visits:,} visits before, {visits_ahead:,} ahead, {rooftops} rooftops"
        )
        sites = [first, *(_site(index, now) for index in range(1, rooftops))]
        tables = Tables()
        per_call = max(customers // MOST_CALLS, LEAST_CUSTOMERS_PER_CALL)
        with without_indexes([table.name for table in tables.all()], note=note):
            for index, site in enumerate(sites):
                mine = range(customers * index // rooftops, customers * (index + 1) // rooftops)
                people = _people(tables, site, mine)
                days = [
                    *_counted(before, _spread(_share(visits, index, rooftops), before)),
                    *_counted(ahead, _nearest_full(_share(visits_ahead, index, rooftops), ahead)),
                ]
                booked = _visits(tables, site, people, days, today)
                _calls(tables, site, people, booked, mine, per_call, now)
                tables.write()
                note(f"{mine.stop:,} of {customers:,} customers")
    with connection.cursor() as cursor:
        for table in tables.all():
            cursor.execute(f'ANALYZE "{table.name}"')


# --- rooftops and days --------------------------------------------------------------------


def _name(index: int) -> str:
    return f"Otto's Auto {index + 1:03d}"


def _site(index: int, now: datetime) -> Site:
    rooftop = write_rooftop(
        _name(index),
        ZONES[index % len(ZONES)],
        f"{index + 1} Harbor Street",
        f"+1391{2_000_000 + index}",
        now,
    )
    return Site(
        rooftop,
        list(rooftop.technicians.order_by("pk").values_list("pk", flat=True)),
        list(rooftop.bays.order_by("pk").values_list("pk", flat=True)),
        list(rooftop.staff.order_by("pk").values_list("pk", flat=True)),
        list(rooftop.op_codes.order_by("pk").values_list("pk", "minutes", "price_min", "price_max")),
    )


def _open_days(first: date, last: date, plans: dict[bool, list[list[PlannedVisit]]]) -> list[OpenDay]:
    closed = {day for year in range(first.year, last.year + 1) for day, _, _, _ in holidays(year)}
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [
        OpenDay(day, plans[day.weekday() == SATURDAY][day.toordinal() % len(plans[False])])
        for day in days
        if day.weekday() <= SATURDAY and day not in closed
    ]


def _needed(visits: int, days: Sequence[OpenDay]) -> int:
    capacity = sum(len(day.plan) for day in days) * USE_OF_A_DAY
    return int(visits // capacity) + 1


def _share(total: int, index: int, parts: int) -> int:
    return total * (index + 1) // parts - total * index // parts


def _spread(total: int, days: Sequence[OpenDay]) -> list[int]:
    """total visits over days, each day by the visits that it holds."""
    capacity, seen, counts = sum(len(day.plan) for day in days), 0, []
    for day in days:
        before = total * seen // capacity
        seen += len(day.plan)
        counts.append(total * seen // capacity - before)
    return counts


def _nearest_full(total: int, days: Sequence[OpenDay]) -> list[int]:
    counts: list[int] = []
    for day in days[:FULL_DAYS]:
        counts.append(min(total - sum(counts), int(len(day.plan) * FULL)))
    return [*counts, *_spread(total - sum(counts), days[FULL_DAYS:])]


def _counted(days: Sequence[OpenDay], counts: Sequence[int]) -> Iterator[tuple[OpenDay, int]]:
    return zip(days, counts, strict=True)


# --- rows ---------------------------------------------------------------------------------


def _people(tables: Tables, site: Site, mine: range) -> list[tuple[int, int]]:
    """Customers with a telephone and a vehicle each; their ids and the vehicles'."""
    rooftop, people, phone = site.rooftop.pk, [], 0
    for index in mine:
        first_name = FIRST_NAMES[index % 20]
        last_name = LAST_NAMES[index // 20 % 20]
        customer = tables.customer.add(
            rooftop,
            first_name,
            last_name,
            f"{1940 + index % 65}-{1 + index % 12:02d}-{1 + index % 28:02d}",
            "NY",
            f"{10001 + index % 4800}",
            f"{first_name}.{last_name}.{index}@example.com".lower(),
        )
        if not phone or index % EVERY_NTH_SHARES_A_PHONE:
            phone = tables.phone.add(f"+1290{2_000_000 + index}")
        tables.customer_phone.add(customer, phone)
        vehicle = _vehicle(tables, rooftop, customer, index, index % 1_000_000)
        people.append((customer, vehicle))
        if index % EVERY_NTH_HAS_A_SECOND_CAR == 0:
            # Another model, so that the serial gives another VIN.
            _vehicle(tables, rooftop, customer, index + 7, index % 1_000_000)
    return people


def _vehicle(tables: Tables, rooftop: int, customer: int, index: int, serial: int) -> int:
    make, model = CARS[index % len(CARS)]
    year = 2012 + index % 14
    vin = vin_for(make, model, year, serial)
    vehicle = tables.vehicle.add(rooftop, year, make, model, f"L{index:07d}", vin)
    tables.ownership.add(customer, vehicle, f"{year}-07-01")
    return vehicle


def _visits(
    tables: Tables,
    site: Site,
    people: Sequence[tuple[int, int]],
    days: Sequence[tuple[OpenDay, int]],
    today: date,
) -> list[int]:
    """Their ids, the earliest first."""
    chance = random.Random(SEED + site.rooftop.pk)
    number, written = 0, []
    for day, count in days:
        if not count:
            continue
        noon = datetime(day.date.year, day.date.month, day.date.day, 12, tzinfo=site.rooftop.zone)
        offset = f"{noon:%z}"
        booked_on = f"{day.date - timedelta(days=7)} 12:00+00"
        for visit in chance.sample(day.plan, count):
            customer, vehicle = people[number % len(people)]
            status = _status(number, is_past=day.date < today)
            facts = (customer, vehicle, 100_000 + number, status, booked_on)
            written.append(_visit(tables, site, visit, day.date, offset, facts))
            number += 1
    return written


def _status(number: int, *, is_past: bool) -> str:
    status = Appointment.Status
    if not is_past:
        return status.CONFIRMED.value if number % 3 == 0 else status.BOOKED.value
    if number % 33 == 7:
        return status.CANCELLED.value
    return status.NO_SHOW.value if number % 41 == 5 else status.COMPLETED.value


def _visit(
    tables: Tables,
    site: Site,
    visit: PlannedVisit,
    day: date,
    offset: str,
    facts: tuple[int, int, int, str, str],
) -> int:
    customer, vehicle, number, status, booked_on = facts
    rooftop = site.rooftop.pk
    advisor = NULL if visit.advisor is None else site.advisors[visit.advisor]
    arrives_at = f"{day} {visit.arrives}{offset}"
    appointment = tables.appointment.add(
        *(rooftop, customer, vehicle, advisor, number, visit.transport),
        *(arrives_at, f"{day} {visit.ready}{offset}", status, "demo", booked_on),
    )
    tables.line.add(appointment, *site.op_codes[visit.op_code])
    if status in ("cancelled", "no_show"):
        return appointment
    for technician, bay, starts, ends in visit.work:
        tables.allocation.add(
            *(rooftop, "work", appointment, site.technicians[technician], site.bays[bay], NULL),
            *(f"{day} {starts}{offset}", f"{day} {ends}{offset}"),
        )
    if visit.advisor is not None:
        written_up = f"{day} {visit.written_up}{offset}"
        tables.allocation.add(rooftop, "write_up", appointment, NULL, NULL, advisor, arrives_at, written_up)
    for skill, minutes in visit.demand:
        tables.demand.add(rooftop, appointment, day, skill, minutes)
    return appointment


def _calls(
    tables: Tables,
    site: Site,
    people: Sequence[tuple[int, int]],
    visits: Sequence[int],
    mine: range,
    per_call: int,
    now: datetime,
) -> None:
    """One for so many customers, of whom each has a visit that it can have booked."""
    for index in mine:
        if index % per_call:
            continue
        number = index // per_call
        started_at = now - timedelta(minutes=37 * number + 5)
        ended_at = started_at + timedelta(seconds=60 + number % 120)
        is_booked = number % 4 != 3
        is_late = not 7 <= started_at.astimezone(site.rooftop.zone).hour < 18
        call = tables.call.add(
            *(site.rooftop.pk, "twilio", f"CA{index:032x}", f"+1290{2_000_000 + index}", "+12125550100"),
            *(people[index - mine.start][0], started_at, started_at, ended_at),
            *("booked" if is_booked else "hung_up", State.GREETING.value, f"built-in {number // 2000}"),
            *("book", is_booked, is_late, 540 + index % 300, f"0.0{1 + number % 9}"),
            *('{"intent": "book"}', "Wanted an appointment.", int(number % 40 == 0)),
            *("129.50" if is_booked else NULL, "content" if is_booked else "unhappy"),
        )
        if is_booked and visits:
            # As many visits as calls, so that each call has booked another one.
            visit = visits[-1 - number % len(visits)]
            tables.tool_call.add(call, "1", "book_appointment", "{}", "ok", "{}", 42_000, 30, visit)
        _turns(tables, call, index, number, TALK if is_booked else TALK[:5])


def _turns(tables: Tables, call: int, index: int, number_of_call: int, talk: Sequence[str]) -> None:
    name = f"{FIRST_NAMES[index % 20]} {LAST_NAMES[index // 20 % 20]}"
    service = SERVICES[number_of_call % len(SERVICES)]
    for number, words in enumerate(talk, start=1):
        text = words.format(
            store="Otto's Auto",
            name=name,
            service=service,
            car=CARS[index % len(CARS)][1],
            number=100_000 + index,
        )
        is_desk = number % 2 == 1
        stages = {"final": 240, "first_audio": 520 + index % 300, "first_frame": 540 + index % 300}
        latencies = json.dumps(stages if is_desk else {})
        starts_ms = 6000 * (number - 1)
        tables.turn.add(
            call, number, "desk" if is_desk else "caller", text, starts_ms, starts_ms + 4000, latencies
        )
