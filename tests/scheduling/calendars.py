"""A small store in step with an emulated Google, for tests."""

from datetime import UTC, datetime, time, timedelta

from pytest_django import Settings

from crm.models import Customer, Rooftop, Staff, Vehicle
from crm.sealing import seal
from scheduling import booking, sync
from scheduling.models import (
    Appointment,
    Bay,
    CalendarConnection,
    OpCode,
    OpeningHours,
    Shift,
    Technician,
)
from tests.emulators.google import Google

# Saturday noon in Albany; the store is open every day from 8 to 18.
NOW = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)
SHOP = "shop@example.com"
PAT = "pat@example.com"


def use(google: Google, settings: Settings) -> None:
    settings.GOOGLE_API_BASE_URL = google.api_url
    settings.GOOGLE_TOKEN_URI = google.token_uri
    settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET = "client", "secret"
    settings.FIELD_ENCRYPTION_KEY = ["tests-only"]
    google.calendar(SHOP)
    google.calendar(PAT)


def make_store() -> Rooftop:
    rooftop = Rooftop.objects.create(name="Small", time_zone="America/New_York", horizon_days=30)
    for name in ("Pat", "Sam"):
        technician = Technician.objects.create(rooftop=rooftop, name=name, skills=["express"])
        for weekday in range(7):
            Shift.objects.create(technician=technician, weekday=weekday, starts=time(8), ends=time(18))
        Bay.objects.create(rooftop=rooftop, name=name, bay_type="express")
        Staff.objects.create(rooftop=rooftop, name=f"Advisor {name}", role="advisor")
    for weekday in range(7):
        OpeningHours.objects.create(
            rooftop=rooftop,
            weekday=weekday,
            opens=time(8),
            closes=time(18),
            first_arrival=time(8),
            last_arrival=time(16),
        )
    OpCode.objects.create(
        rooftop=rooftop,
        code="LOF",
        name="oil change",
        minutes=30,
        price_min=49,
        price_max=79,
        skill="express",
        bay_types=["express"],
    )
    return rooftop


def connect(rooftop: Rooftop, technician: Technician | None = None) -> CalendarConnection:
    return CalendarConnection.objects.create(
        rooftop=rooftop,
        technician=technician,
        calendar_id=PAT if technician else SHOP,
        sealed_grant=seal("refresh-1"),
        pull_due_at=NOW,
    )


def at(rooftop: Rooftop, day: int, hour: int, minute: int = 0) -> datetime:
    """A wall time of the store in November 2026."""
    return datetime(2026, 11, day, hour, minute, tzinfo=rooftop.zone).astimezone(UTC)


def book(rooftop: Rooftop, arrives_at: datetime, *, now: datetime = NOW) -> Appointment:
    """A visit of somebody new, who waits."""
    customer = Customer.objects.create(rooftop=rooftop, first_name="Maria", last_name="Lopez")
    vehicle = Vehicle.objects.create(rooftop=rooftop, year=2019, make="Honda", model="Civic")
    op_codes = list(OpCode.objects.filter(rooftop=rooftop))
    return booking.book(
        rooftop, customer, vehicle, op_codes, arrives_at, actor="test", source="phone", now=now
    )


def settle(now: datetime) -> datetime:
    """Everything that is due, out and in, until nothing is left; returns when that is, in the test's time."""
    for _ in range(4):
        now += timedelta(minutes=10)  # longer than claims last and backoff waits
        CalendarConnection.objects.update(pull_due_at=now, slow_until=None)
        sync.push_due(now)
        sync.pull_due(now)
        sync.push_due(now)
    return now
