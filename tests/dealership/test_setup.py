"""An owner opens a store without code: from an empty database to a booking."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.models import Customer, Ownership, Phone, Rooftop, Vehicle
from dealership import rights
from dealership.celery import app
from dealership.setup import steps
from dealership.setup.checks import of_store
from scheduling import booking
from scheduling.models import Appointment, OpCode
from tests.factories import SATURDAY, make_staff

pytestmark = pytest.mark.django_db

HOURS = {
    f"{part}_{day}": clock
    for day in range(5)
    for part, clock in {"opens": "08:00", "closes": "17:00", "last": "15:30"}.items()
}
TECHNICIAN = {
    "form": "TechnicianForm",
    "name": "Rosa Kim",
    "skills": ["express", "general"],
    "starts": "07:00",
    "ends": "16:00",
    "lunch": "12:00",
}
MENU = "code,name,minutes,price_min,price_max,skill,bay_types,synonyms\n"


@pytest.fixture(autouse=True)
def saturday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: SATURDAY)


@pytest.fixture
def owner(db: None) -> Client:
    user = User.objects.create_user("owner", is_staff=True)
    user.groups.set([Group.objects.get(name="administrator")])
    client = Client()
    client.force_login(user)
    return client


def send(client: Client, address: str, **form: object) -> str:
    """Where the answer leads, or the words of the page that refuses."""
    answer = client.post(address, form)
    if answer.status_code == 302:
        return str(answer["Location"])
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def open_store(client: Client, name: str = "Ada's Garage") -> Rooftop:
    send(client, "/setup/new/", form="StoreForm", name=name, time_zone="America/Chicago")
    return Rooftop.objects.get(name=name)


def test_from_nothing_to_a_booking(owner: Client) -> None:
    assert "No store yet" in owner.get("/setup/").content.decode()
    store = open_store(owner)
    root = f"/setup/{store.pk}"
    assert owner.get(f"{root}/")["Location"] == f"{root}/numbers/"  # left, and resumed
    assert send(owner, f"{root}/numbers/", form="NumbersForm", numbers="(312) 555-0100") == f"{root}/hours/"
    assert send(owner, f"{root}/hours/", form="HoursForm", **HOURS) == f"{root}/people/"
    person = {"form": "AdvisorForm", "name": "Ada Reyes", "role": "advisor", "aliases": "Ada, Miss Reyes"}
    assert send(owner, f"{root}/people/", **person) == f"{root}/people/"
    assert send(owner, f"{root}/people/", **TECHNICIAN) == f"{root}/people/"
    bays = {"express": 1, "general": 2, "alignment": 0, "inspection": 0, "diagnostic": 0}
    assert send(owner, f"{root}/bays/", form="BaysForm", **bays) == f"{root}/menu/"
    assert send(owner, f"{root}/menu/", form="MenuForm", source="usual") == f"{root}/desk/"
    assert send(owner, f"{root}/desk/", form="DeskForm", number="312-555-0199") == f"{root}/check/"
    assert owner.get(f"{root}/")["Location"] == f"{root}/check/"
    assert "7 of 7" in owner.get("/setup/").content.decode()

    ada = Customer.objects.create(rooftop=store, first_name="Nora")
    ada.phones.add(Phone.objects.create(number="+13125550143"))
    car = Vehicle.objects.create(rooftop=store, make="Kia")
    Ownership.objects.create(customer=ada, vehicle=car)
    oil = OpCode.objects.get(rooftop=store, code="LOF")
    monday = SATURDAY.date() + timedelta(days=2)
    first = booking.openings(store, [oil], monday, monday, now=SATURDAY)[0]
    visit = booking.book(store, ada, car, [oil], first.arrives_at, actor="test", source="staff", now=SATURDAY)
    assert visit.status == Appointment.Status.BOOKED
    assert visit.local_arrival.hour == 8


def test_the_last_page_tells_what_keeps_callers_from_a_booking(
    owner: Client, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    monkeypatch.setattr(app.control, "ping", lambda timeout: [{"worker": {"ok": "pong"}}])
    store = open_store(owner)
    page = owner.get(f"/setup/{store.pk}/check/").content.decode()
    for name in ("inbound-call", "fallback", "call-status", "sms"):
        assert f'value="http://testserver/api/v1/webhooks/{name}"' in page
    assert "First add the store&#x27;s" in page or "First add the store's" in page

    found = " ".join(owner.get(f"/setup/{store.pk}/checks/").content.decode().split())
    assert "<strong>Openings</strong> are not there for the next two weeks." in found
    assert "<strong>Bays</strong> is not done." in found
    assert "<strong>PostgreSQL</strong> answers." in found
    assert "<strong>Test call</strong> has not been made" in found

    send(owner, f"/setup/{store.pk}/menu/", form="MenuForm", source="usual")
    fresh = steps.stores_of(User.objects.get(username="owner")).get(pk=store.pk)
    sentences = [str(finding) for finding in of_store(fresh, now=SATURDAY)]
    assert any("has nobody for: air conditioning check" in line for line in sentences), sentences
    assert any("has no bay for:" in line for line in sentences)


@pytest.mark.parametrize(
    ("step", "form", "said"),
    [
        ("store", {"form": "StoreForm", "name": "", "time_zone": "Mars"}, "Select a valid choice"),
        ("numbers", {"form": "NumbersForm", "numbers": "my cell"}, "my cell is not a telephone number."),
        ("numbers", {"form": "NumbersForm"}, "Write the number that customers dial."),
        ("hours", {"form": "HoursForm"}, "The store is open on no day."),
        ("hours", {"form": "HoursForm", "opens_0": "8"}, "Write a time like 09:15."),
        ("hours", {"form": "HoursForm", "opens_0": "08:00"}, "Monday: write both times, or none"),
        (
            "hours",
            {"form": "HoursForm", "opens_0": "18:00", "closes_0": "08:00"},
            "Monday: it closes before it opens.",
        ),
        (
            "hours",
            {"form": "HoursForm", "opens_0": "08:00", "closes_0": "17:00", "last_0": "19:00"},
            "Monday: the last car comes while it is open.",
        ),
        ("people", TECHNICIAN, "No day is open between these times."),
        ("people", {"form": "TechnicianForm", "name": "Rosa"}, "Tick what this technician does."),
        ("people", {"form": "AdvisorForm", "role": "advisor"}, "Write the person&#x27;s name."),
        (
            "people",
            {"form": "AdvisorForm", "name": "Al", "role": "advisor", "direct": "+442079460000"},
            "is not rung: only numbers in the US and Canada",
        ),
        ("bays", {"form": "BaysForm", "express": 99}, "less than or equal to 60"),
        (
            "bays",
            {"form": "BaysForm", **dict.fromkeys(("express", "general", "alignment", "inspection"), 0)}
            | {"diagnostic": 0},
            "Write how many bays there are",
        ),
        ("menu", {"form": "MenuForm", "source": "file"}, "Choose the file."),
        ("desk", {"form": "DeskForm", "number": "911"}, "911 is not a telephone number."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    owner: Client, step: str, form: dict[str, object], said: str
) -> None:
    store = open_store(owner)
    assert said in send(owner, f"/setup/{store.pk}/{step}/", **form)
    after = steps.stores_of(User.objects.get(username="owner")).get(pk=store.pk)
    assert [each.name for each in steps.STEPS if steps.is_done(each, after)] == ["store"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("", "The file has no rows below its head."),
        ("LOF,oil change,45,80,130,plumbing,general,", "Row 2: skill is plumbing. Write one of: express,"),
        (
            "LOF,oil change,none,80,130,general,general,",
            "Row 2: minutes is none. Write a whole number from 5",
        ),
        ("LOF,oil change,45,80,30,general,general,", "Row 2: price_max is less than price_min."),
        ("LOF,oil change,45,80,130,general,,", "Row 2: bay_types is empty."),
        ("LOF,a,45,1,2,general,general,\nLOF,b,45,1,2,general,general,", "LOF stands there twice."),
    ],
)
def test_a_menu_with_a_wrong_row_is_refused_whole(owner: Client, rows: str, said: str) -> None:
    store = open_store(owner)
    file = SimpleUploadedFile("menu.csv", (MENU + rows).encode())
    assert said in send(owner, f"/setup/{store.pk}/menu/", form="MenuForm", source="file", file=file)
    assert not store.op_codes.exists()


def test_a_file_changes_lines_of_its_codes_and_leaves_the_others(owner: Client) -> None:
    store = open_store(owner)
    address = f"/setup/{store.pk}/menu/"
    send(owner, address, form="MenuForm", source="usual")
    before = store.op_codes.count()
    rows = (
        MENU
        + "lof,oil service,50,90,140,Express,express; general,lube; oil\nTINT,window tint,90,200,300,general,general,"
    )
    file = SimpleUploadedFile("menu.csv", b"\xef\xbb\xbf" + rows.encode())
    assert send(owner, address, form="MenuForm", source="file", file=file) == f"/setup/{store.pk}/desk/"
    oil = store.op_codes.get(code="LOF")
    assert (oil.name, oil.minutes, oil.bay_types, oil.synonyms) == (
        *("oil service", 50, ["express", "general"], ["lube", "oil"]),
    )
    assert oil.absorbed_by == ["LOFTR"]  # what the file does not say stays
    assert store.op_codes.count() == before + 1
    for wrong in (b"\xff\xfe\x00binary", b"code,name\nLOF,oil\n", b"x" * 300_000):
        refused = send(owner, address, form="MenuForm", source="file", file=SimpleUploadedFile("m", wrong))
        assert "Save the sheet as CSV" in refused or "is missing" in refused


def test_a_number_leads_to_one_store_and_bays_are_never_taken_away(owner: Client) -> None:
    first, second = open_store(owner), open_store(owner, "Second")
    send(owner, f"/setup/{first.pk}/numbers/", form="NumbersForm", numbers="+13125550100")
    refused = send(owner, f"/setup/{second.pk}/numbers/", form="NumbersForm", numbers="3125550100")
    assert "(312) 555-0100 leads to another store already." in refused
    assert "reach the desk itself" in send(
        owner, f"/setup/{first.pk}/desk/", form="DeskForm", number="3125550100"
    )
    bays = {"form": "BaysForm", "express": 2, "general": 0, "alignment": 0, "inspection": 0, "diagnostic": 0}
    send(owner, f"/setup/{first.pk}/bays/", **bays)
    assert "There are 2." in send(owner, f"/setup/{first.pk}/bays/", **{**bays, "express": 1})
    send(owner, f"/setup/{first.pk}/bays/", **{**bays, "general": 1})
    assert sorted(first.bays.values_list("name", flat=True)) == ["Express 1", "Express 2", "General 1"]
    assert "Another store has this name" in send(
        owner, f"/setup/{first.pk}/store/", form="StoreForm", name="Second", time_zone="America/Chicago"
    )


def test_the_list_costs_the_same_for_one_store_and_for_many(owner: Client) -> None:
    open_store(owner)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert owner.get("/setup/").status_code == 200
        return len(seen)

    queries()
    few = queries()
    for number in range(8):
        open_store(owner, f"Store {number}")
    assert queries() == few <= 12


@pytest.mark.security
def test_a_manager_goes_on_with_their_own_store_and_opens_none(owner: Client) -> None:
    own, other = open_store(owner), open_store(owner, "Other")
    user = make_staff("manager", own)
    user.groups.set([Group.objects.get(name="manager")])
    client = Client()
    client.force_login(user)
    page = client.get("/setup/").content.decode()
    assert "Ada&#x27;s Garage" in page
    assert "Other" not in page
    assert "/setup/new/" not in page
    assert client.get("/setup/new/").status_code == 403
    for path in ("", "hours/", "check/", "checks/"):
        assert client.get(f"/setup/{other.pk}/{path}").status_code == 404
    assert send(client, f"/setup/{own.pk}/hours/", form="HoursForm", **HOURS).endswith("/people/")
    client.post(f"/setup/{other.pk}/hours/", {"form": "HoursForm", **HOURS})
    assert not other.opening_hours.exists()


def test_groups_come_back_with_what_they_lack_and_keep_what_they_were_given(db: None) -> None:
    advisors = Group.objects.get(name="advisor")
    extra = Group.objects.get(name="manager").permissions.get(codename="change_opcode")
    advisors.permissions.add(extra)
    advisors.permissions.remove(advisors.permissions.get(codename="change_customer"))
    rights.write_groups()
    rights.write_groups()
    held = set(advisors.permissions.values_list("codename", flat=True))
    assert {"change_customer", "change_opcode"} <= held
    assert "delete_customer" not in held
    assert Group.objects.filter(name__in=rights.MAY).count() == len(rights.MAY)
