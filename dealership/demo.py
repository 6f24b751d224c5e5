"""The demo store: Otto's Auto and Bart's Automotive, deterministic but for today's date.

Names, prices and minutes are invented; the numbers are from the range reserved for fiction.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.db import transaction

from crm.models import Customer, Ownership, Phone, Rooftop, RooftopNumber, Staff, Vehicle
from scheduling import booking
from scheduling.lane import to_utc
from scheduling.models import (
    Appointment,
    Bay,
    BayType,
    Closure,
    Loaner,
    OpCode,
    OpeningHours,
    Shift,
    Skill,
    Technician,
    Transport,
    TransportOption,
)

OTTO = "Otto's Auto"
BART = "Bart's Automotive"
ADVISOR_APPS = {"crm": ("view", "add", "change"), "scheduling": ("view", "add", "change"), "voice": ("view",)}


@dataclass(frozen=True, slots=True)
class MenuLine:
    code: str
    name: str
    minutes: int
    price_min: int
    price_max: int
    skill: str
    bay_types: tuple[str, ...]
    synonyms: tuple[str, ...]


_EXPRESS = (BayType.EXPRESS, BayType.GENERAL)
_GENERAL = (BayType.GENERAL,)
_DIAGNOSTIC = (BayType.DIAGNOSTIC,)

MENU = (
    MenuLine(
        "LOF",
        "oil change",
        45,
        80,
        130,
        Skill.EXPRESS,
        _EXPRESS,
        ("oil and filter", "oil service", "lube", "change the oil", "change my oil", "oil changed"),
    ),
    MenuLine(
        "TROT",
        "tire rotation",
        30,
        25,
        50,
        Skill.EXPRESS,
        _EXPRESS,
        ("rotate the tires", "rotate my tires", "tires rotated", "rotation"),
    ),
    MenuLine(
        "LOFTR", "oil change and tire rotation", 60, 100, 160, Skill.EXPRESS, _EXPRESS, ("oil and rotation",)
    ),
    MenuLine(
        "MPI",
        "multi-point inspection",
        30,
        0,
        50,
        Skill.EXPRESS,
        _EXPRESS,
        ("multi point", "checkup", "check up", "general inspection", "courtesy inspection"),
    ),
    MenuLine(
        "FLTR",
        "air filter replacement",
        30,
        40,
        150,
        Skill.EXPRESS,
        _EXPRESS,
        ("cabin filter", "air filter", "engine filter", "filters"),
    ),
    MenuLine(
        "BATT",
        "battery test",
        45,
        0,
        350,
        Skill.EXPRESS,
        _EXPRESS,
        ("battery", "new battery", "won't start", "dead battery", "jump start"),
    ),
    MenuLine(
        "SI",
        "state inspection",
        45,
        20,
        60,
        Skill.INSPECTION,
        (BayType.INSPECTION,),
        ("inspection sticker", "annual inspection", "safety inspection", "emissions", "smog"),
    ),
    MenuLine(
        "TIRE4",
        "four new tires",
        90,
        100,
        180,
        Skill.GENERAL,
        _GENERAL,
        ("new tires", "tires mounted", "mount and balance", "replace the tires", "set of tires"),
    ),
    MenuLine(
        "ALGN",
        "wheel alignment",
        75,
        130,
        200,
        Skill.GENERAL,
        (BayType.ALIGNMENT,),
        ("alignment", "pulls to one side", "pulling to the", "steering wheel is off"),
    ),
    MenuLine(
        "BRKI",
        "brake inspection",
        45,
        0,
        80,
        Skill.GENERAL,
        _GENERAL,
        (
            "brakes checked",
            "check the brakes",
            "check my brakes",
            "brakes squeak",
            "brake squeal",
            "squeaky brakes",
            "brakes",
            "brake",
        ),
    ),
    MenuLine(
        "BRKF",
        "front brake pads and rotors",
        120,
        350,
        650,
        Skill.GENERAL,
        _GENERAL,
        ("front brakes", "front pads", "front brake pads"),
    ),
    MenuLine(
        "BRKR",
        "rear brake pads and rotors",
        120,
        350,
        650,
        Skill.GENERAL,
        _GENERAL,
        ("rear brakes", "back brakes", "rear pads", "rear brake pads"),
    ),
    MenuLine(
        "DIAG",
        "check-engine diagnosis",
        60,
        160,
        220,
        Skill.DIAGNOSTIC,
        _DIAGNOSTIC,
        (
            "check engine light",
            "check engine",
            "engine light",
            "warning light",
            "dashboard light",
            "electrical",
            "diagnosis",
            "diagnostic",
            "diagnostics",
            "runs rough",
        ),
    ),
    MenuLine(
        "NVH",
        "noise and vibration check",
        90,
        160,
        220,
        Skill.DIAGNOSTIC,
        _DIAGNOSTIC,
        (
            "noise",
            "rattle",
            "rattling",
            "vibration",
            "vibrates",
            "shaking",
            "shakes",
            "clunking",
            "grinding",
            "humming",
        ),
    ),
    MenuLine(
        "ACD",
        "air conditioning check",
        75,
        160,
        250,
        Skill.HVAC,
        _DIAGNOSTIC,
        (
            "air conditioning",
            "air conditioner",
            "a/c",
            "ac not cold",
            "the ac",
            "my ac",
            "no heat",
            "heater",
            "blows warm",
            "not blowing cold",
        ),
    ),
    MenuLine(
        "COOL",
        "coolant exchange",
        75,
        150,
        260,
        Skill.GENERAL,
        _GENERAL,
        ("coolant", "coolant flush", "radiator flush", "antifreeze"),
    ),
    MenuLine(
        "TRAN",
        "transmission fluid service",
        90,
        220,
        400,
        Skill.GENERAL,
        _GENERAL,
        ("transmission fluid", "transmission service", "transmission flush", "transmission"),
    ),
    MenuLine(
        "M30",
        "thirty thousand mile service",
        150,
        350,
        650,
        Skill.GENERAL,
        _GENERAL,
        ("30,000 mile", "30000 mile", "thirty thousand", "30k service", "30k"),
    ),
    MenuLine(
        "M60",
        "sixty thousand mile service",
        240,
        600,
        1100,
        Skill.GENERAL,
        _GENERAL,
        ("60,000 mile", "60000 mile", "sixty thousand", "60k service", "60k"),
    ),
    MenuLine("RCL", "recall repair", 60, 0, 0, Skill.GENERAL, _GENERAL, ("recall",)),
)

BAYS = (
    ("Express 1", BayType.EXPRESS),
    ("Express 2", BayType.EXPRESS),
    ("Lift 1", BayType.GENERAL),
    ("Lift 2", BayType.GENERAL),
    ("Lift 3", BayType.GENERAL),
    ("Lift 4", BayType.GENERAL),
    ("Alignment rack", BayType.ALIGNMENT),
    ("Inspection lane", BayType.INSPECTION),
    ("Diagnostic 1", BayType.DIAGNOSTIC),
    ("Diagnostic 2", BayType.DIAGNOSTIC),
)

# name, skills, proficiency, start of the day, start of lunch (an hour; shifts are eight hours)
TECHNICIANS = (
    ("Rosa Kim", (Skill.EXPRESS,), "0.90", time(7), time(11)),
    ("Tyler Quinn", (Skill.EXPRESS,), "0.90", time(8), time(12)),
    ("Hank Weber", (Skill.GENERAL,), "1.00", time(7), time(11, 30)),
    ("Lena Osei", (Skill.GENERAL,), "1.00", time(9), time(13)),
    ("Omar Haddad", (Skill.INSPECTION, Skill.GENERAL), "1.00", time(8), time(12, 30)),
    ("Priya Nair", (Skill.DIAGNOSTIC, Skill.HVAC, Skill.EV), "1.20", time(8), time(12)),
)

LOANERS = 6
TRANSPORTS: dict[str, dict[str, Any]] = {
    Transport.WAITER: {"per_half_hour": 2},
    Transport.DROP_OFF: {},
    Transport.KEY_DROP: {},
    Transport.SHUTTLE: {"departures": [time(8), time(9), time(10)], "seats": 4},
    Transport.LOANER: {"per_day": LOANERS},
    Transport.TOW_IN: {},
}
PER_DAY = {"DIAG": 4}
ABSORBED_BY = {"LOF": ["LOFTR"], "TROT": ["LOFTR"], "MPI": ["LOF", "LOFTR", "M30", "M60"]}
CANNOT_WAIT = {"BRKF", "BRKR", "NVH", "TRAN", "M30", "M60"}

ADVISORS = ("Mike Alvarez", "Mike Chen", "Dana Brooks")

# first name, last name, number, vehicles
CUSTOMERS = (
    ("Maria", "Lopez", "+12125550143", ((2019, "Honda", "Civic"),)),
    ("James", "Carter", "+12125550144", ((2021, "Ford", "F-150"),)),
    ("Susan", "Nguyen", "+12125550145", ((2018, "Toyota", "Camry"),)),
    # one number for the household: caller ID alone finds nobody
    ("David", "Nguyen", "+12125550145", ((2022, "Toyota", "RAV4"),)),
    # two identical models
    ("Alan", "Wright", "+12125550146", ((2020, "Subaru", "Outback"), (2020, "Subaru", "Outback"))),
    ("Grace", "Kowalski", "+12125550147", ((2017, "Chevrolet", "Malibu"), (2023, "Tesla", "Model 3"))),
    ("Carlos", "Vega", "+12125550148", ((2016, "Nissan", "Altima"),)),
    ("Emily", "Stone", "+12125550149", ((2020, "Jeep", "Wrangler"),)),
)

# customer's first name, op code, days from today, wall time
APPOINTMENTS = (
    ("James", "BRKF", 0, time(9)),
    ("Grace", "LOF", 0, time(10, 30)),
    ("Emily", "DIAG", 1, time(8, 30)),
    ("Susan", "TROT", 1, time(9)),
    ("Alan", "ALGN", 2, time(13)),
    ("Carlos", "LOF", 3, time(8)),
    ("David", "M30", 4, time(9, 30)),
)


def create(*, now: datetime, advisor_password: str, manager_password: str) -> bool:
    """Write the demo store unless it is there; False when it was. now is aware UTC.

    Passwords are set again each time, so that what var/ says is always true.
    """
    with transaction.atomic():
        _log_ins(advisor_password, manager_password)
        if Rooftop.objects.filter(name=OTTO).exists():
            return False
        otto = _rooftop(OTTO, "America/New_York", "18 Harbor Street, Albany, New York", "+12125550100", now)
        _rooftop(BART, "America/Phoenix", "402 Mesa Road, Phoenix, Arizona", "+16025550100", now)
        _customers(otto)
        _appointments(otto, now)
    return True


def holidays(year: int) -> list[tuple[date, time | None, time | None, str]]:
    """The closures of a year by rule: day, from, until (None: all day), reason."""
    independence_day = date(year, 7, 4)
    observed = independence_day + timedelta(days={5: -1, 6: 1}.get(independence_day.weekday(), 0))
    return [
        (date(year, 1, 1), None, None, "New Year's Day"),
        (_nth_weekday(year, 1, 2, 3), None, time(10), "Training morning"),
        (_last_monday_of_may(year), None, None, "Memorial Day"),
        (observed, None, None, "Independence Day"),
        (_nth_weekday(year, 9, 0, 1), None, None, "Labor Day"),
        (_nth_weekday(year, 11, 3, 4), None, None, "Thanksgiving"),
        (date(year, 12, 24), time(14), None, "Christmas Eve"),
        (date(year, 12, 25), None, None, "Christmas Day"),
    ]


def _nth_weekday(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _last_monday_of_may(year: int) -> date:
    last = date(year, 5, 31)
    return last - timedelta(days=last.weekday())


def _log_ins(advisor_password: str, manager_password: str) -> None:
    advisors, _ = Group.objects.get_or_create(name="advisor")
    managers, _ = Group.objects.get_or_create(name="manager")
    advisor_rights = Permission.objects.none()
    for app, verbs in ADVISOR_APPS.items():
        advisor_rights = advisor_rights | Permission.objects.filter(
            content_type__app_label=app, codename__regex=f"^({'|'.join(verbs)})_"
        )
    advisors.permissions.set(advisor_rights)
    managers.permissions.set(Permission.objects.filter(content_type__app_label__in=ADVISOR_APPS))
    for name, password, group in (
        ("advisor", advisor_password, advisors),
        ("manager", manager_password, managers),
    ):
        user, _ = User.objects.get_or_create(username=name, defaults={"is_staff": True})
        if not user.check_password(password):
            user.set_password(password)
            user.save()
        user.groups.set([group])


def _rooftop(name: str, zone: str, address: str, number: str, now: datetime) -> Rooftop:
    rooftop = Rooftop.objects.create(
        name=name, time_zone=zone, address=address, front_desk_number=number[:-2] + "99"
    )
    RooftopNumber.objects.create(rooftop=rooftop, number=number)
    for person in ADVISORS:
        Staff.objects.create(rooftop=rooftop, name=person, role=Staff.Role.ADVISOR)
    for weekday in range(6):
        is_saturday = weekday == 5
        OpeningHours.objects.create(
            rooftop=rooftop,
            weekday=weekday,
            opens=time(8) if is_saturday else time(7),
            closes=time(16) if is_saturday else time(18),
            first_arrival=time(8, 15) if is_saturday else time(7, 15),
            last_arrival=time(14) if is_saturday else time(16, 30),
        )
    _closures(rooftop, now.astimezone(rooftop.zone).year)
    OpCode.objects.bulk_create(
        OpCode(
            rooftop=rooftop,
            code=line.code,
            name=line.name,
            synonyms=list(line.synonyms),
            minutes=line.minutes,
            price_min=line.price_min,
            price_max=line.price_max,
            skill=line.skill,
            bay_types=list(line.bay_types),
            is_bookable_by_phone=line.code != "RCL",
            can_wait=line.code not in CANNOT_WAIT,
            per_day=PER_DAY.get(line.code),
            absorbed_by=ABSORBED_BY.get(line.code, []),
        )
        for line in MENU
    )
    for kind, caps in TRANSPORTS.items():
        TransportOption.objects.create(rooftop=rooftop, kind=kind, **caps)
    Loaner.objects.bulk_create(Loaner(rooftop=rooftop, name=f"Loaner {n}") for n in range(1, LOANERS + 1))
    Bay.objects.bulk_create(Bay(rooftop=rooftop, name=bay, bay_type=bay_type) for bay, bay_type in BAYS)
    for person, skills, proficiency, starts, lunch in TECHNICIANS:
        _technician(rooftop, person, skills, proficiency, starts, lunch)
    return rooftop


def _technician(
    rooftop: Rooftop, name: str, skills: tuple[str, ...], proficiency: str, starts: time, lunch: time
) -> None:
    technician = Technician.objects.create(
        rooftop=rooftop, name=name, skills=list(skills), proficiency=proficiency
    )
    after_lunch = lunch.replace(hour=lunch.hour + 1)
    home = starts.replace(hour=starts.hour + 9)
    for weekday in range(5):
        Shift.objects.create(technician=technician, weekday=weekday, starts=starts, ends=lunch)
        Shift.objects.create(technician=technician, weekday=weekday, starts=after_lunch, ends=home)
    Shift.objects.create(technician=technician, weekday=5, starts=time(8), ends=time(12))
    Shift.objects.create(technician=technician, weekday=5, starts=time(12, 30), ends=time(16))


def _closures(rooftop: Rooftop, year: int) -> None:
    for each_year in (year, year + 1):
        for day, start, end, reason in holidays(each_year):
            starts_at = to_utc(day, start or time(0), rooftop.zone)
            ends_at = (
                to_utc(day, end, rooftop.zone)
                if end
                else to_utc(day + timedelta(days=1), time(0), rooftop.zone)
            )
            if starts_at is None or ends_at is None:
                raise ValueError(f"{day}: a closure at a time that the clocks skip in {rooftop.time_zone}")
            Closure.objects.create(rooftop=rooftop, starts_at=starts_at, ends_at=ends_at, reason=reason)


def _customers(rooftop: Rooftop) -> None:
    for first_name, last_name, number, vehicles in CUSTOMERS:
        customer = Customer.objects.create(rooftop=rooftop, first_name=first_name, last_name=last_name)
        phone, _ = Phone.objects.get_or_create(number=number)
        customer.phones.add(phone)
        for year, make, model in vehicles:
            vehicle = Vehicle.objects.create(rooftop=rooftop, year=year, make=make, model=model)
            Ownership.objects.create(customer=customer, vehicle=vehicle)


def _appointments(rooftop: Rooftop, now: datetime) -> None:
    """Through the booking door, a day ahead where the wished one cannot be kept."""
    today = now.astimezone(rooftop.zone).date()
    for first_name, code, days, wall in APPOINTMENTS:
        customer = Customer.objects.get(rooftop=rooftop, first_name=first_name)
        vehicle = customer.vehicles.first()
        if vehicle is None:
            continue
        op_codes = [OpCode.objects.get(rooftop=rooftop, code=code)]
        for later in range(14):
            arrives_at = to_utc(today + timedelta(days=days + later), wall, rooftop.zone)
            if arrives_at is None:
                continue
            try:
                booking.book(
                    rooftop,
                    customer,
                    vehicle,
                    op_codes,
                    arrives_at,
                    actor="demo",
                    source=Appointment.Source.DEMO,
                    now=now,
                )
            except booking.Refusal:
                continue
            break
