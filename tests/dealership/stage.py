"""Otto's store furnished for everything that can be done there, another one beside it, and who comes."""

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from crm import consent
from crm.models import Customer, FaultEpisode, FollowUpTask, Rooftop, RooftopNumber, Staff, Vehicle
from reminders import visit_links
from scheduling import booking
from scheduling.models import (
    Allocation,
    Appointment,
    Bay,
    BayType,
    CalendarConnection,
    OpCode,
    OpeningHours,
    Shift,
    Technician,
    TransportOption,
    Weekday,
)
from tests.dealership.changes import Baseline, written_tables
from tests.dealership.test_rights import GROUPS
from tests.dealership.two_stores import Rows, make_person, make_store
from voice import ringing
from voice.models import Call, Turn

PASSWORD = "Lift-Check-9"


@dataclass(frozen=True, slots=True)
class Stage:
    """Otto's store, everybody who may come to it, and the database before they do."""

    rows: Rows
    spare: Rows  # rows that nothing hangs on, so that they can be deleted
    names: dict[str, Any]
    theirs: dict[str, Any]  # the same names in another store
    sessions: dict[str, str]
    before: Baseline
    client: Client  # one for all: each new one reads every static file's name

    def key(self, model: str, rows: Rows | None = None) -> object:
        found = apps.get_model(model.replace("/", "."))
        known = rows or self.rows
        row = known[found] if found in known else found._default_manager.order_by("pk").first()
        return row.pk if row else 1

    def as_(self, role: str) -> Client:
        self.client.cookies.clear()
        if role in self.sessions:  # anonymous has none
            self.client.cookies["sessionid"] = self.sessions[role]
        return self.client

    def post(self, role: str, address: str, body: dict[str, Any]) -> str:
        """The answer, and whether it changed anything; then it did not."""
        client = self.as_(role)
        with transaction.atomic():
            with written_tables() as written:
                answer = client.post(f"/{address}", body)
            changed = self.before.changed(written)
            transaction.set_rollback(True)
        return f"{answer.status_code}{'+' if changed else ''}"


def set_stage() -> Stage:
    otto, bart = make_store("Otto's Auto", "212", "Lopez"), make_store("Bart's", "602", "Quimby")
    otto[FaultEpisode] = FaultEpisode.objects.create(
        source="redis", sentence="Down.", began_at=timezone.now()
    )
    otto[User] = User.objects.create_user("somebody")
    names, theirs = furnish(otto) | {"user": otto[User].pk}, furnish(bart)
    RooftopNumber.objects.filter(rooftop=bart[Rooftop]).delete()  # or the stranger's phone rings there
    people = {group: make_person(group, group, otto[Rooftop]) for group in GROUPS}
    people["stranger"] = make_person("stranger", "manager", bart[Rooftop])
    sessions, client = {}, Client(raise_request_exception=False)
    for role, user in people.items():
        user.set_password(PASSWORD)
        user.save()
        client.cookies.clear()
        client.force_login(user)
        sessions[role] = client.cookies["sessionid"].value
    return Stage(otto, otto | spare_rows(otto[Rooftop]), names, theirs, sessions, Baseline(), client)


def furnish(rows: Rows) -> dict[str, Any]:
    """Make the store fit to book at; what the table's braces stand for there."""
    store, customer, vehicle, advisor = rows[Rooftop], rows[Customer], rows[Vehicle], rows[Staff]
    now, number = timezone.now(), str(customer.phones.get().number)
    rows[OpeningHours] = _open_daily(store, rows[Technician])
    consent.note(customer, number, True, wording="Yes.", source="test", now=now)
    today = now.astimezone(store.zone).date()
    slots = booking.openings(store, [rows[OpCode]], today + timedelta(3), today + timedelta(9), now=now)
    first, other, third = slots[0].arrives_at, slots[-1].arrives_at, slots[len(slots) // 2].arrives_at
    visit = booking.book(
        store, customer, vehicle, [rows[OpCode]], first, actor="test", source="staff", now=now
    )
    missed = rows[Appointment]
    Appointment.objects.filter(pk=missed.pk).update(
        arrives_at=now - timedelta(hours=2), ready_at=now - timedelta(hours=1)
    )
    rows[Appointment] = visit
    sid = ringing.begin(
        number,
        own_number=str(store.numbers.get().number),
        answer_path="/answer",
        status_path="/status",
        machine_path="/machine",
        now=now + timedelta(hours=1),  # and so for longer than any test takes
    )
    return {
        "rooftop": store.pk,
        "customer": customer.pk,
        "vehicle": vehicle.pk,
        "service": rows[OpCode].pk,
        "advisor": advisor.pk,
        "bay": rows[Bay].pk,
        "technician": rows[Technician].pk,
        "visit": visit.pk,
        "missed": missed.pk,
        "task": rows[FollowUpTask].pk,
        "call": rows[Call].pk,
        "turn": rows[Turn].pk,
        "block": rows[Allocation].pk,
        "ringing": sid,
        "phone": customer.phones.get().pk,
        "twin": Customer.objects.create(rooftop=store, first_name="Pat").pk,
        "colleague": Staff.objects.create(rooftop=store, name="Colleague", role="advisor").pk,
        "calendar": store.calendars.get().pk,
        "token": visit_links.token_of(visit.pk),
        "number": number,
        "day": visit.local_arrival.date().isoformat(),
        "arrives_at": first.isoformat(),
        "opening": other.isoformat(),
        "wall_time": f"{other.astimezone(store.zone):%Y-%m-%dT%H:%M}",
        "import_time": f"{third.astimezone(store.zone):%Y-%m-%d %H:%M}",
        "bays": "&".join(f"{kind}=2" for kind in BayType.values),
    }


def _open_daily(store: Rooftop, technician: Technician) -> OpeningHours:
    store.opening_hours.all().delete()
    opens, closes = time(8), time(18)
    for day in Weekday:
        hours = OpeningHours.objects.create(
            rooftop=store, weekday=day, opens=opens, closes=closes, first_arrival=opens, last_arrival=time(16)
        )
        Shift.objects.create(technician=technician, weekday=day, starts=opens, ends=closes)
    TransportOption.objects.create(rooftop=store, kind="drop_off")
    return hours


def spare_rows(store: Rooftop) -> Rows:
    technician = Technician.objects.create(rooftop=store, name="Spare", skills=["general"])
    priced = {"minutes": 30, "price_min": 1, "price_max": 2, "skill": "general", "bay_types": ["general"]}
    made: list[Model] = [
        Rooftop.objects.create(name="Empty", time_zone="America/Denver"),
        Customer.objects.create(rooftop=store, first_name="Spare"),
        Vehicle.objects.create(rooftop=store, make="Spare"),
        Staff.objects.create(rooftop=store, name="Spare", role="parts"),
        Bay.objects.create(rooftop=store, name="Spare", bay_type="general"),
        OpCode.objects.create(rooftop=store, code="SPARE", name="Spare", **priced),
        CalendarConnection.objects.create(rooftop=store, technician=technician),
        technician,
    ]
    return {type(row): row for row in made}
