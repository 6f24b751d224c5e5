"""What has happened at the demo store, relative to today: visits, orders, consent, recalls, carryover."""

from datetime import date, datetime, time, timedelta

from crm.models import (
    Consent,
    Customer,
    DeclinedService,
    RecallCheck,
    RepairOrder,
    Rooftop,
    Vehicle,
)
from scheduling import booking
from scheduling.lane import at_wall_time, to_utc
from scheduling.models import (
    Appointment,
    AppointmentEvent,
    AppointmentLine,
    Demand,
    OpCode,
    Skill,
    WaitlistEntry,
)
from scheduling.refusals import Refusal

# customer's first name, op code, days from today, wall time
APPOINTMENTS = (
    ("James", "BRKF", 0, time(9)),
    ("Grace", "LOF", 0, time(10, 30)),
    ("Emily", "DIAG", 1, time(8, 30)),
    ("Susan", "TROT", 1, time(9)),
    ("Alan", "ALGN", 2, time(13)),
    ("Carlos", "LOF", 3, time(8)),
    ("David", "M30", 4, time(9, 30)),
    ("Ruth", "SI", 2, time(9)),
)
# Two wanted the only inspector at that time, the first was quicker; the second waits for that day.
RACE = ("Ruth", "Ben")
# Shorter than booking's own numbers ever are, so that neither takes the other's.
FIRST_MISSED_NUMBER = 90_001
FIRST_BOOKED_NUMBER = 90_101

Status = RepairOrder.Status
# customer, status, hours since it was opened, hours until it is promised, complaint, cause
OPEN_ORDERS: tuple[tuple[str, str, int, int, str, str], ...] = (
    ("Oscar", Status.CHECKED_IN, 1, 6, "Oil change and a look at the wipers.", ""),
    ("Hannah", Status.DISPATCHED, 2, 5, "Squeal from the front when braking.", ""),
    ("Victor", Status.IN_WORK, 4, 3, "Thirty thousand mile service.", ""),
    # promised for an hour ago: the one a caller is angry about
    ("Joyce", Status.WAITING_APPROVAL, 6, -1, "Coolant smell after driving.", "Radiator seeps at the seam."),
    ("Peter", Status.WAITING_PARTS, 50, 46, "Tailgate does not latch.", "Latch actuator broken."),
    ("Wendy", Status.QC, 7, 1, "Four new tires.", "Worn to 3/32."),
    ("Samuel", Status.READY, 8, 0, "Battery light comes on.", "Alternator belt worn."),
)
FIRST_ORDER = 48201

# customer, days ago, complaint, cause, correction
HISTORY = (
    ("Maria", 410, "Oil change.", "Due by mileage.", "Changed oil and filter."),
    ("Maria", 195, "Pulls to the right.", "Toe out of range.", "Aligned all four wheels."),
    ("James", 210, "Oil change and rotation.", "Due by mileage.", "Changed oil and filter, rotated tires."),
    ("Susan", 150, "State inspection.", "Due.", "Passed."),
    ("Alan", 95, "Brake inspection.", "Front pads at 4 mm.", "Measured; replacement recommended."),
    ("Carlos", 60, "Air conditioning blows warm.", "Low on refrigerant.", "Found no leak, recharged."),
)
DECLINED = (
    ("Alan", "Front brake pads and rotors", 520, 30),
    ("Carlos", "Transmission fluid service", 310, -10),
    ("Grace", "Four new tires", 780, 14),
)

RECALL_WITHOUT_REMEDY = ("Emily", "26V-417", "The fuel pump may stop; the remedy is not yet available.")
RECALL_WITH_PARTS = ("Susan", "25V-302", "The air bag inflator is replaced; parts are in stock.")

AGREED = "May our automated desk call and text you about your service? Customer: yes, that is fine."
CONSENTING = ("Maria", "James", "Susan", "Alan", "Grace", "Emily", "Lucia")
REVOKED = ("Frank", "Stop calling me, please.")
NO_SHOW = ("Tina", "LOF", (21, 110))  # days ago: twice within a year

# minutes left over from the day before, to be done before new work
CARRYOVER = ((Skill.GENERAL, 60), (Skill.DIAGNOSTIC, 45))


def write_history(rooftop: Rooftop, now: datetime) -> None:
    """Everything but appointments that lie ahead."""
    people = {person.first_name: person for person in Customer.objects.filter(rooftop=rooftop)}
    cars = _cars(rooftop)
    today = now.astimezone(rooftop.zone).date()
    _consents(people, now)
    _orders(rooftop, people, cars, now)
    _advice(cars, today, now)
    _no_shows(rooftop, people, cars, today)
    Demand.objects.bulk_create(
        Demand(rooftop=rooftop, day=today, skill=skill, minutes=minutes) for skill, minutes in CARRYOVER
    )


def _cars(rooftop: Rooftop) -> dict[str, Vehicle]:
    """Each present owner's first vehicle, by the owner's first name."""
    rows = (
        Vehicle.objects.filter(rooftop=rooftop, ownerships__until__isnull=True)
        .order_by("-pk")
        .values_list("ownerships__customer__first_name", "pk")
    )
    by_key = {vehicle.pk: vehicle for vehicle in Vehicle.objects.filter(rooftop=rooftop)}
    return {name: by_key[key] for name, key in rows if name}


def _consents(people: dict[str, Customer], now: datetime) -> None:
    owned = Customer.phones.through.objects.filter(customer__in=people.values())
    phones = dict(owned.values_list("customer_id", "phone_id"))
    refused, words = REVOKED
    ledger = [(name, True, AGREED, "staff, at the counter", 40) for name in (*CONSENTING, refused)]
    ledger.append((refused, False, words, "call, to the desk", 12))
    Consent.objects.bulk_create(
        Consent(
            customer=people[name],
            phone_id=phones[people[name].pk],
            channel=channel,
            is_granted=is_granted,
            wording=wording,
            source=source,
            at=now - timedelta(days=days),
        )
        for name, is_granted, wording, source, days in ledger
        for channel in Consent.Channel
    )


def _orders(rooftop: Rooftop, people: dict[str, Customer], cars: dict[str, Vehicle], now: datetime) -> None:
    advisors = list(rooftop.staff.order_by("pk"))
    open_orders = [
        RepairOrder(
            customer=people[name],
            status=status,
            opened_at=now - timedelta(hours=age),
            status_changed_at=now - timedelta(minutes=20 * age),
            promised_at=now + timedelta(hours=promise),
            complaint=complaint,
            cause=cause,
        )
        for name, status, age, promise, complaint, cause in OPEN_ORDERS
    ]
    closed = [
        RepairOrder(
            customer=people[name],
            status=Status.CLOSED,
            opened_at=now - timedelta(days=days),
            promised_at=now - timedelta(days=days) + timedelta(hours=6),
            status_changed_at=now - timedelta(days=days) + timedelta(hours=5),
            closed_at=now - timedelta(days=days) + timedelta(hours=5),
            complaint=complaint,
            cause=cause,
            correction=correction,
        )
        for name, days, complaint, cause, correction in HISTORY
    ]
    for index, order in enumerate((*open_orders, *closed)):
        order.rooftop = rooftop
        order.number = str(FIRST_ORDER + index)
        order.vehicle = cars[order.customer.first_name]
        order.advisor = advisors[index % len(advisors)]
    RepairOrder.objects.bulk_create([*open_orders, *closed])


def _advice(cars: dict[str, Vehicle], today: date, now: datetime) -> None:
    orders = dict(
        RepairOrder.objects.filter(status=Status.CLOSED, vehicle__in=cars.values()).values_list(
            "vehicle_id", "pk"
        )
    )
    DeclinedService.objects.bulk_create(
        DeclinedService(
            vehicle=cars[name],
            repair_order_id=orders.get(cars[name].pk),
            description=description,
            amount=amount,
            follow_up_on=today + timedelta(days=days),
        )
        for name, description, amount, days in DECLINED
    )
    RecallCheck.objects.bulk_create(
        RecallCheck(
            vehicle=cars[name],
            campaign=campaign,
            summary=summary,
            has_remedy=has_remedy,
            has_parts=has_remedy,
            source="NHTSA by make, model and year",
            checked_at=now - timedelta(days=3),
        )
        for (name, campaign, summary), has_remedy in (
            (RECALL_WITHOUT_REMEDY, False),
            (RECALL_WITH_PARTS, True),
        )
    )


def _no_shows(rooftop: Rooftop, people: dict[str, Customer], cars: dict[str, Vehicle], today: date) -> None:
    """As booking.no_show leaves them, on days that booking itself can no longer reach."""
    name, code, days_ago = NO_SHOW
    op_code = OpCode.objects.get(rooftop=rooftop, code=code)
    missed = Appointment.objects.bulk_create(
        Appointment(
            rooftop=rooftop,
            customer=people[name],
            vehicle=cars[name],
            confirmation_number=f"{FIRST_MISSED_NUMBER + index:06d}",
            arrives_at=at_wall_time(today - timedelta(days=days), time(9), rooftop.zone),
            ready_at=at_wall_time(today - timedelta(days=days), time(10), rooftop.zone),
            status=Appointment.Status.NO_SHOW,
            source=Appointment.Source.DEMO,
        )
        for index, days in enumerate(days_ago)
    )
    AppointmentLine.objects.bulk_create(
        AppointmentLine(
            appointment=visit,
            op_code=op_code,
            minutes=op_code.minutes,
            price_min=op_code.price_min,
            price_max=op_code.price_max,
        )
        for visit in missed
    )
    AppointmentEvent.objects.bulk_create(
        AppointmentEvent(
            appointment=visit, at=visit.arrives_at + timedelta(hours=1), actor="demo", what="did not come"
        )
        for visit in missed
    )


# --- what lies ahead ----------------------------------------------------------------------


def write_appointments(rooftop: Rooftop, now: datetime) -> None:
    """Through the booking door, a day later where the wished one cannot be kept."""
    people = {person.first_name: person for person in Customer.objects.filter(rooftop=rooftop)}
    cars = _cars(rooftop)
    for index, (name, code, days, wall) in enumerate(APPOINTMENTS):
        service = OpCode.objects.get(rooftop=rooftop, code=code)
        visit = _first_possible(people[name], cars[name], service, days, wall, now)
        if visit is None:
            continue
        # Booking draws a number; a demo is told again and again, and its numbers are learnt.
        Appointment.objects.filter(pk=visit.pk).update(
            confirmation_number=f"{FIRST_BOOKED_NUMBER + index:06d}"
        )
        if name == RACE[0]:
            _lose_the_race(people[RACE[1]], cars[RACE[1]], visit, service, now)


def _first_possible(
    customer: Customer, vehicle: Vehicle, service: OpCode, days: int, wall: time, now: datetime
) -> Appointment | None:
    zone = customer.rooftop.zone
    for later in range(14):
        arrives_at = to_utc(now.astimezone(zone).date() + timedelta(days=days + later), wall, zone)
        visit = _book(customer, vehicle, service, arrives_at, now) if arrives_at else None
        if visit:
            return visit
    return None


def _book(
    customer: Customer, vehicle: Vehicle, service: OpCode, arrives_at: datetime, now: datetime
) -> Appointment | None:
    try:
        return booking.book(
            customer.rooftop,
            customer,
            vehicle,
            [service],
            arrives_at,
            actor="demo",
            source=Appointment.Source.DEMO,
            now=now,
        )
    except Refusal:
        return None


def _lose_the_race(
    customer: Customer, vehicle: Vehicle, won: Appointment, service: OpCode, now: datetime
) -> None:
    """Ask for the very opening that another one has just taken; then wait for that day."""
    if _book(customer, vehicle, service, won.arrives_at, now):
        raise ValueError(f"The demo store has two openings for {service} at once; RACE needs one.")
    day = won.local_arrival.date()
    entry = WaitlistEntry.objects.create(
        rooftop=won.rooftop, customer=customer, vehicle=vehicle, first_day=day, last_day=day, created_at=now
    )
    entry.op_codes.add(service)
