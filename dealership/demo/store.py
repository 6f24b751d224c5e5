"""A demo rooftop: hours, holidays by rule, bays, people. And the log-ins."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import Group, User

from crm.models import Rooftop, RooftopNumber, Staff
from dealership.demo.menu import op_codes
from scheduling.lane import to_utc
from scheduling.models import (
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

# Log-in → group, and whose log-in it is at both stores.
LOG_INS = {"advisor": "advisor", "manager": "manager", "owner": "administrator"}
STANDS_FOR = {"advisor": "Dana Brooks", "manager": "Mike Alvarez"}

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
MONDAY_TO_FRIDAY = range(5)
SATURDAY = 5

LOANERS = 6
TRANSPORTS: dict[str, dict[str, Any]] = {
    Transport.WAITER: {"per_half_hour": 2},
    Transport.DROP_OFF: {},
    Transport.KEY_DROP: {},
    Transport.SHUTTLE: {"departures": [time(8), time(9), time(10)], "seats": 4},
    Transport.LOANER: {"per_day": LOANERS},
    Transport.TOW_IN: {},
}

# Two Mikes on purpose: "Mike" alone finds nobody. Name, extension, what callers say.
ADVISORS = (
    ("Mike Alvarez", "201", ("Mike", "Mister Alvarez", "Miguel")),
    ("Mike Chen", "202", ("Mike", "Mister Chen", "Mikey")),
    ("Dana Brooks", "203", ("Dana", "Miss Brooks")),
)


def write_rooftop(name: str, zone: str, address: str, number: str, now: datetime) -> Rooftop:
    """A whole store that takes vehicles; number is the one callers dial, E.164."""
    rooftop = Rooftop.objects.create(
        name=name, time_zone=zone, address=address, front_desk_number=number[:-2] + "99"
    )
    RooftopNumber.objects.create(rooftop=rooftop, number=number)
    Staff.objects.bulk_create(
        Staff(
            rooftop=rooftop, name=person, role=Staff.Role.ADVISOR, extension=extension, aliases=list(aliases)
        )
        for person, extension, aliases in ADVISORS
    )
    menu = op_codes()
    for item in menu:
        item.rooftop = rooftop
    OpCode.objects.bulk_create(menu)
    TransportOption.objects.bulk_create(
        TransportOption(rooftop=rooftop, kind=kind, **caps) for kind, caps in TRANSPORTS.items()
    )
    Loaner.objects.bulk_create(Loaner(rooftop=rooftop, name=f"Loaner {n}") for n in range(1, LOANERS + 1))
    Bay.objects.bulk_create(Bay(rooftop=rooftop, name=bay, bay_type=bay_type) for bay, bay_type in BAYS)
    _hours(rooftop)
    _closures(rooftop, now.astimezone(rooftop.zone).year)
    _technicians(rooftop)
    return rooftop


def _hours(rooftop: Rooftop) -> None:
    weekdays = [
        OpeningHours(
            weekday=weekday,
            opens=time(7),
            closes=time(18),
            first_arrival=time(7, 15),
            last_arrival=time(16, 30),
        )
        for weekday in MONDAY_TO_FRIDAY
    ]
    saturday = OpeningHours(
        weekday=SATURDAY, opens=time(8), closes=time(16), first_arrival=time(8, 15), last_arrival=time(14)
    )
    for hours in (*weekdays, saturday):
        hours.rooftop = rooftop
    OpeningHours.objects.bulk_create([*weekdays, saturday])


def _technicians(rooftop: Rooftop) -> None:
    people = Technician.objects.bulk_create(
        Technician(rooftop=rooftop, name=name, skills=list(skills), proficiency=proficiency)
        for name, skills, proficiency, _, _ in TECHNICIANS
    )
    shifts = []
    for person, (_, _, _, starts, lunch) in zip(people, TECHNICIANS, strict=True):
        after_lunch, home = lunch.replace(hour=lunch.hour + 1), starts.replace(hour=starts.hour + 9)
        for weekday in MONDAY_TO_FRIDAY:
            shifts.append(Shift(technician=person, weekday=weekday, starts=starts, ends=lunch))
            shifts.append(Shift(technician=person, weekday=weekday, starts=after_lunch, ends=home))
        shifts.append(Shift(technician=person, weekday=SATURDAY, starts=time(8), ends=time(12)))
        shifts.append(Shift(technician=person, weekday=SATURDAY, starts=time(12, 30), ends=time(16)))
    Shift.objects.bulk_create(shifts)


# --- holidays -----------------------------------------------------------------------------


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


def _closures(rooftop: Rooftop, year: int) -> None:
    closures = []
    for day, start, end, reason in (*holidays(year), *holidays(year + 1)):
        last_day = day if end else day + timedelta(days=1)
        starts_at = to_utc(day, start or time(0), rooftop.zone)
        ends_at = to_utc(last_day, end or time(0), rooftop.zone)
        if starts_at is None or ends_at is None:
            raise ValueError(f"{day}: a closure at a time that the clocks skip in {rooftop.time_zone}")
        closures.append(Closure(rooftop=rooftop, starts_at=starts_at, ends_at=ends_at, reason=reason))
    Closure.objects.bulk_create(closures)


# --- log-ins ------------------------------------------------------------------------------


def write_log_ins(**passwords: str | None) -> None:
    """The log-ins with their groups, by name; a password that is given is set again.

    Who works at a store stands on its staff: see STANDS_FOR. Others see every store by their group.
    """
    for name, group in LOG_INS.items():
        user, _ = User.objects.get_or_create(username=name, defaults={"is_staff": True})
        password = passwords.get(name)
        if password and not user.check_password(password):
            user.set_password(password)
            user.save()
        user.groups.set([Group.objects.get(name=group)])
        Staff.objects.filter(name=STANDS_FOR.get(name), user=None).update(user=user)
