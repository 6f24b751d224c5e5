"""The day board from the outside: what is on it, who sees it, and what a card put down does."""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.models import Rooftop, Staff
from dealership import demo
from scheduling import booking, closing
from scheduling.board_cards import Card, arrange
from scheduling.capacity import room_for
from scheduling.models import (
    Allocation,
    Appointment,
    AppointmentLine,
    Bay,
    CalendarConnection,
    CalendarOutbox,
    OpCode,
    OpeningHours,
    Technician,
)
from tests.factories import SATURDAY, make_demo_store, works_only_at

pytestmark = pytest.mark.django_db

MONDAY = "/day/2026-11-23/"
ASKED_BY_BOARD = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def saturday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: SATURDAY)


@pytest.fixture
def store() -> Rooftop:
    store = make_demo_store()
    Staff.objects.filter(rooftop=store, name="Dana Brooks").update(user=User.objects.get(username="advisor"))
    return store


@pytest.fixture
def advisor(store: Rooftop) -> Client:
    return client_of(User.objects.get(username="advisor"))


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def at(hour: int, minute: int = 0, *, store: Rooftop, day: int = 23) -> datetime:
    """A wall time of the store in November 2026; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=store.zone)


def book(store: Rooftop, name: str, arrives_at: datetime, code: str = "LOF", **extra: Any) -> Appointment:
    customer = store.customers.get(first_name=name)
    vehicle = customer.vehicles.first()
    assert vehicle
    op_codes = [OpCode.objects.get(rooftop=store, code=code)]
    return booking.book(
        store,
        customer,
        vehicle,
        op_codes,
        arrives_at,
        actor="phone desk",
        source="phone",
        now=SATURDAY,
        **extra,
    )


def read(client: Client, address: str = MONDAY, **extra: Any) -> str:
    answer = client.get(address, **extra)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def put(client: Client, visit: Appointment, arrives_at: datetime, **fields: Any) -> str:
    """Put the visit's card down; the board that comes back."""
    sent = {"version": visit.version, "arrives_at": arrives_at.isoformat(), **fields}
    answer = client.post(f"{MONDAY}visits/{visit.pk}/place", sent, headers=ASKED_BY_BOARD)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def fill(store: Rooftop, arrives_at: datetime) -> None:
    """Both who change oil."""
    for name in ("James", "Carlos"):
        book(store, name, arrives_at)


def other_advisor(visit: Appointment) -> Staff:
    people = Staff.objects.filter(rooftop=visit.rooftop, role="advisor")
    return next(person for person in people if person.pk != visit.advisor_id)


# --- who sees what ------------------------------------------------------------------------


@pytest.mark.security
def test_a_person_sees_the_boards_of_their_own_stores(store: Rooftop, advisor: Client) -> None:
    works_only_at("advisor", store)
    bart = Rooftop.objects.get(name=demo.BART)
    theirs = book(store, "Maria", at(9, store=store))
    Appointment.objects.filter(pk=theirs.pk).update(rooftop=bart)
    moved = {"version": 1, "arrives_at": at(11, store=store).isoformat()}
    assert advisor.get("/day/").status_code == 200
    assert advisor.get(f"{MONDAY}?rooftop={bart.pk}").status_code == 404
    assert advisor.post(f"{MONDAY}visits/{theirs.pk}/place", moved).status_code == 404
    assert advisor.post(f"{MONDAY}visits/{theirs.pk}/place?rooftop={bart.pk}", moved).status_code == 404
    assert advisor.get("/day/2026-02-30/").status_code == 404
    assert "Bart" not in read(advisor)

    manager = client_of(User.objects.get(username="manager"))
    assert "Maria Lopez" in read(manager, f"{MONDAY}?rooftop={bart.pk}")


@pytest.mark.security
def test_seeing_and_moving_are_rights_of_their_own(store: Rooftop) -> None:
    visit = book(store, "Maria", at(9, store=store))
    person = User.objects.create_user("reader", is_staff=True)
    assert Client().get(MONDAY)["Location"] == f"/admin/login/?next={MONDAY}"
    assert client_of(person).get(MONDAY).status_code == 403
    assert client_of(person).get("/admin/").status_code == 200

    person.user_permissions.add(Permission.objects.get(codename="view_appointment"))
    reader = client_of(person)
    assert "You are on the staff of no store" in read(reader)
    Staff.objects.filter(rooftop=store, name="Mike Chen").update(user=person)
    page = read(reader)
    assert "Maria Lopez" in page
    assert "data-visit" not in page
    assert "Walk-in" not in page
    for path in (f"visits/{visit.pk}/place", "block", "blocks/1/lift"):
        assert reader.post(f"{MONDAY}{path}", {}).status_code == 403
    assert reader.get("/admin/")["Location"] == "/day/"


# --- what is on it ------------------------------------------------------------------------


def test_a_day_has_its_visits_hours_and_marks(store: Rooftop, advisor: Client) -> None:
    book(store, "Maria", at(9, store=store))
    confirmed = book(store, "James", at(9, store=store))
    booking.confirm(confirmed, actor="James", now=SATURDAY)
    book(store, "Susan", at(8, store=store), "BRKF", transport="drop_off")
    gone = book(store, "Carlos", at(13, store=store))
    booking.cancel(gone, reason="sold", actor="Carlos", now=SATURDAY)
    book(store, "Emily", at(20, store=store, day=22), transport="key_drop")

    page = read(advisor)
    for text in (
        "Maria Lopez",
        "Monday, November 23",
        "Dana Brooks",
        "waits · ",
        "drops off · ",
        "Unconfirmed",
    ):
        assert text in page
    assert "Carlos" not in page
    # Keys of the evening before are for this day, and stand beside its hours.
    assert "Outside the hours" in page
    assert "Sun 8:00 PM" in page
    assert len(re.findall("Unconfirmed", page.split("board-list")[0])) == 2 * 3  # as a title and a word

    bays = read(advisor, f"{MONDAY}?by=bays")
    assert "Express 1" in bays
    assert "Without a bay: hours of the day" in bays
    assert 'data-lead="15"' in bays
    listed = read(advisor, f"{MONDAY}?by=list")
    assert "5 visits" not in listed
    assert "4 visits" in listed
    assert "board-grid" not in listed


def test_who_is_late_and_what_the_calendar_was_not_told_is_marked(
    store: Rooftop, advisor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = book(store, "Maria", at(9, store=store))
    calendar = CalendarConnection.objects.create(rooftop=store)
    CalendarOutbox.objects.create(appointment=visit, connection=calendar, parked_at=SATURDAY)
    assert "Calendar does not know" in read(advisor)
    assert 'title="Late"' not in read(advisor)

    monkeypatch.setattr(timezone, "now", lambda: at(9, 10, store=store))
    page = read(client_of(User.objects.get(username="advisor")), "/day/")
    assert 'title="Late"' in page
    assert 'data-now="130"' in page
    assert "walk_in=1" in page


def test_the_hours_of_a_skill_count_what_is_promised(store: Rooftop, advisor: Client) -> None:
    def express() -> tuple[int, int]:
        used, total = re.findall(r"<strong>Express</strong> <span>(\d+) of (\d+) min", read(advisor))[0]
        return int(used), int(total)

    # Two people, eight hours each at 0.9, less 15 % for walk-ins.
    assert express() == (0, 734)
    book(store, "Maria", at(9, store=store))
    assert express() == (56, 734)  # 45 minutes and ten of setting up, in whole minutes at 0.9
    book(store, "James", at(9, store=store), transport="drop_off")
    assert express() == (111, 734)


def test_closed_days_and_empty_days_say_so(store: Rooftop, advisor: Client) -> None:
    assert "Closed: Thanksgiving" in read(advisor, "/day/2026-11-26/")
    assert "no hours on a Sunday" in read(advisor, "/day/2026-11-22/")
    assert "Nobody is booked on this day yet" in read(advisor)
    half = read(advisor, "/day/2026-12-24/")
    assert "Christmas Eve" in half
    assert "board-shut" in half


def test_a_full_day_asks_no_more_than_an_empty_one(store: Rooftop, advisor: Client) -> None:
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert advisor.get(address).status_code == 200
        return len(asked)

    book(store, "Maria", at(9, store=store))
    few = [queries(f"{MONDAY}?by={way}") for way in ("advisors", "bays", "list")]
    fill_day(store)
    assert [queries(f"{MONDAY}?by={way}") for way in ("advisors", "bays", "list")] == few
    assert max(few) <= 24
    seen = seen_on(read(advisor))
    with CaptureQueriesContext(connection) as asked:
        answer = advisor.get(f"{MONDAY}?seen={seen}", headers=ASKED_BY_BOARD)
    assert answer.status_code == 204
    assert len(asked) <= 13


def fill_day(store: Rooftop, count: int = 90) -> None:
    """Visits every few minutes, as they stand after a busy morning; beside the lane, which has no room for so many."""
    customers = list(store.customers.prefetch_related("vehicles"))
    advisors = list(Staff.objects.filter(rooftop=store, role="advisor"))
    visits = []
    for n in range(count):
        customer = customers[n % len(customers)]
        arrives_at = at(7, 15, store=store) + timedelta(minutes=6 * n)
        visits.append(
            Appointment(
                rooftop=store,
                customer=customer,
                vehicle=customer.vehicles.all()[0] if customer.vehicles.all() else store.vehicles.all()[0],
                advisor=advisors[n % len(advisors)],
                confirmation_number=str(500_000 + n),
                transport="drop_off",
                arrives_at=arrives_at,
                ready_at=arrives_at + timedelta(hours=1),
                source="staff",
            )
        )
    rows = Appointment.objects.bulk_create(visits)
    menu = list(OpCode.objects.filter(rooftop=store)[:3])
    AppointmentLine.objects.bulk_create(
        AppointmentLine(appointment=row, op_code=code, minutes=30, price_min=1, price_max=2)
        for row in rows
        for code in menu
    )


# --- what has changed ---------------------------------------------------------------------


def seen_on(page: str) -> str:
    return str(re.findall(r"seen=(\w+)", page)[0])


def test_an_open_board_hears_of_every_change(
    store: Rooftop, advisor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = seen_on(read(advisor))

    def is_changed() -> bool:
        nonlocal last
        answer = advisor.get(f"{MONDAY}?seen={last}", headers=ASKED_BY_BOARD)
        if answer.status_code == 204:
            return False
        assert answer.content.decode().lstrip().startswith('<div id="board"')
        last = seen_on(answer.content.decode())
        return True

    assert not is_changed()
    visit = book(store, "Maria", at(9, store=store))
    assert is_changed()
    assert not is_changed()
    booking.confirm(visit, actor="Maria", now=SATURDAY)
    assert is_changed()
    op_codes = [OpCode.objects.get(rooftop=store, code="LOF")]
    booking.hold(store, op_codes, at(13, store=store), key="caller", now=SATURDAY)
    assert is_changed()
    assert "Held for a caller" in read(advisor)
    monkeypatch.setattr(timezone, "now", lambda: SATURDAY + booking.HOLD_FOR)
    assert is_changed()  # the hold has run out, though nobody swept it away
    advisor.post(f"{MONDAY}block", block_fields(Bay.objects.get(rooftop=store, name="Lift 1")))
    assert is_changed()
    calendar = CalendarConnection.objects.create(rooftop=store)
    CalendarOutbox.objects.create(appointment=visit, connection=calendar, parked_at=SATURDAY)
    assert is_changed()
    monkeypatch.setattr(timezone, "now", lambda: at(9, 10, store=store))
    assert is_changed()  # nobody came
    assert not is_changed()


def test_an_open_board_hears_of_what_changes_its_bars(store: Rooftop, advisor: Client) -> None:
    def express() -> str:
        return str(re.findall(r"<strong>Express</strong> <span>(\d+ of \d+) min", read(advisor))[0])

    def changes(work: Callable[[], object]) -> None:
        """The bar is another one, and so is what the open board asks after."""
        before, seen = express(), seen_on(read(advisor))
        work()
        answer = advisor.get(f"{MONDAY}?seen={seen}", headers=ASKED_BY_BOARD)
        assert (answer.status_code, express() != before) == (200, True)

    person = Technician.objects.filter(rooftop=store, skills__contains=["express"])[0]
    oil = [OpCode.objects.get(rooftop=store, code="LOF")]
    left: dict[str, Any] = {"transport": "drop_off", "key": "caller", "now": SATURDAY}
    off: dict[str, Any] = {"technician": person, "reason": "Dentist", "now": SATURDAY}
    shifts = person.shifts.filter(weekday=0)
    changes(lambda: booking.hold(store, oil, at(13, store=store), **left))  # takes hours of the day alone
    changes(lambda: closing.block(store, at(9, store=store), at(10, store=store), **off))
    changes(lambda: shifts.filter(starts__lt=time(12)).delete())
    changes(lambda: Technician.objects.filter(pk=person.pk).update(proficiency="0.80"))
    changes(lambda: Technician.objects.filter(pk=person.pk).update(skills=["inspection"]))
    changes(lambda: OpeningHours.objects.filter(rooftop=store, weekday=0).update(closes=time(14)))


# --- a card is put down -------------------------------------------------------------------


def test_a_card_takes_another_time_and_advisor(store: Rooftop, advisor: Client) -> None:
    visit = book(store, "Maria", at(9, store=store))
    other = other_advisor(visit)
    page = put(advisor, visit, at(13, 30, store=store), advisor=other.pk)
    assert f"Maria Lopez: Monday, November 23, 1:30 PM, {other.name}." in page
    assert f'data-found="visit-{visit.pk}-0"' in page

    visit.refresh_from_db()
    assert (visit.arrives_at, visit.advisor) == (at(13, 30, store=store), other)
    write_up = visit.allocations.get(kind=Allocation.Kind.WRITE_UP)
    assert (write_up.advisor, write_up.starts_at) == (other, visit.arrives_at)
    told = [(event.actor, event.what) for event in visit.events.all()][1:]
    assert told == [
        ("advisor", f"moved to Monday, November 23, 1:30 PM, given to {other.name}"),
    ]


def test_a_card_takes_another_bay_where_the_work_fits(store: Rooftop, advisor: Client) -> None:
    visit = book(store, "Maria", at(9, store=store))
    work = visit.allocations.get(kind=Allocation.Kind.WORK)
    bays = Bay.objects.filter(rooftop=store, bay_type="express")
    free = next(bay for bay in bays if bay.pk != work.bay_id)
    put(advisor, visit, visit.arrives_at, bay=free.pk)
    work.refresh_from_db()
    assert work.bay == free

    visit.refresh_from_db()
    rack = Bay.objects.get(rooftop=store, name="Alignment rack")
    page = put(advisor, visit, visit.arrives_at, bay=rack.pk)
    assert "This work cannot be done in Alignment rack: it needs a bay for express or general work." in page
    left = book(store, "James", at(13, store=store), transport="drop_off")
    page = put(advisor, left, left.arrives_at, bay=free.pk)
    assert "This car is left: it takes hours of the day, and no bay." in page
    assert "Nearest openings" not in page

    closing_time = put(advisor, visit, at(17, 45, store=store))
    assert "the store is closed, or closes before the work would be done" in closing_time


def test_a_clash_explains_itself_and_offers_openings_that_do_the_move(
    store: Rooftop, advisor: Client
) -> None:
    fill(store, at(9, store=store))
    visit = book(store, "Maria", at(13, store=store))
    page = put(advisor, visit, at(9, store=store))
    assert "Maria Lopez was not moved" in page
    assert "Monday, November 23, 9:00 AM" in page
    offered = re.findall(r'name="arrives_at" value="([^"]+)"', page)
    assert len(offered) == 3
    assert all(
        abs(datetime.fromisoformat(each) - at(9, store=store)) < timedelta(hours=2) for each in offered
    )
    visit.refresh_from_db()
    assert visit.arrives_at == at(13, store=store)

    put(advisor, visit, datetime.fromisoformat(offered[0]))
    visit.refresh_from_db()
    assert visit.arrives_at == datetime.fromisoformat(offered[0])


def test_an_advisor_who_is_taken_is_named_and_nothing_is_half_moved(store: Rooftop, advisor: Client) -> None:
    visit = book(store, "Maria", at(9, store=store))
    taken = visit.allocations.order_by("pk").values_list("pk", "advisor", "starts_at")
    before = list(taken)
    for name, hour, when in (("James", 9, "9:00 AM"), ("Carlos", 13, "1:00 PM")):
        other = book(store, name, at(hour, store=store))
        # The time could be had, this advisor at that time could not.
        page = put(advisor, visit, at(hour, store=store), advisor=other.advisor_id)
        assert f"{other.advisor} is taken on Monday, November 23, {when} by {name}" in page
        assert "Nearest openings" in page
    visit.refresh_from_db()
    assert (visit.version, visit.arrives_at, list(taken)) == (1, at(9, store=store), before)
    assert visit.events.count() == 1


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
    store: Rooftop, advisor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = book(store, "Maria", at(9, store=store))
    booking.reschedule(visit, at(10, store=store), actor="phone desk", now=SATURDAY + timedelta(seconds=1))
    monkeypatch.setattr(timezone, "now", lambda: SATURDAY + timedelta(seconds=21))
    page = put(advisor, visit, at(13, store=store))
    assert "Changed by the phone desk 20 seconds ago: moved to Monday, November 23, 10:00 AM." in page
    assert '<td data-label="You saw">Monday, November 23, 9:00 AM</td>' in page
    assert '<td data-label="Stands now">Monday, November 23, 10:00 AM</td>' in page
    visit.refresh_from_db()
    assert visit.arrives_at == at(10, store=store)


def test_beyond_capacity_needs_the_right_and_a_reason(store: Rooftop, advisor: Client) -> None:
    fill(store, at(9, store=store))
    visit = book(store, "Maria", at(13, store=store))
    assert "Move it beyond capacity" not in put(advisor, visit, at(9, store=store))
    refused = put(advisor, visit, at(9, store=store), overbook_reason="regular customer")
    assert "needs the permission to overbook" in refused

    user = User.objects.get(username="advisor")
    user.user_permissions.add(Permission.objects.get(codename="overbook"))
    lead = client_of(user)
    assert "Move it beyond capacity" in put(lead, visit, at(9, store=store))
    page = put(lead, visit, at(9, store=store), overbook_reason="regular customer")
    assert "Beyond capacity" in page
    visit.refresh_from_db()
    assert (visit.arrives_at, visit.overbook_reason) == (at(9, store=store), "regular customer")


def test_what_makes_no_sense_moves_nothing(store: Rooftop, advisor: Client) -> None:
    visit = book(store, "Maria", at(9, store=store))
    right = {"version": "1", "arrives_at": "2026-11-23T15:00:00Z"}
    for wrong in ({"version": "x"}, {"arrives_at": "soon"}, {"advisor": "0"}, {"bay": "-3"}):
        sent = {**right, **wrong}
        answer = advisor.post(f"{MONDAY}visits/{visit.pk}/place", sent, headers=ASKED_BY_BOARD)
        assert "The board did not say where to." in answer.content.decode()
    visit.refresh_from_db()
    assert visit.version == 1


# --- blocking -----------------------------------------------------------------------------


def block_fields(thing: Bay | Staff, **changed: str) -> dict[str, str]:
    kind = "bay" if isinstance(thing, Bay) else "advisor"
    return {
        "what": f"{kind}-{thing.pk}",
        "starts": "09:00",
        "ends": "10:00",
        "reason": "Lift check",
        **changed,
    }


def test_a_bay_or_an_hour_of_an_advisor_is_blocked_and_given_back(store: Rooftop, advisor: Client) -> None:
    dana = Staff.objects.get(rooftop=store, name="Dana Brooks")
    lift = Bay.objects.get(rooftop=store, name="Lift 1")
    for thing in (dana, lift):
        assert (
            f"{thing.name} is blocked."
            in advisor.post(f"{MONDAY}block", block_fields(thing)).content.decode()
        )
    assert "Lift check" in read(advisor)
    assert "Lift check" in read(advisor, f"{MONDAY}?by=bays")
    visit = book(store, "Maria", at(9, store=store))
    assert visit.advisor != dana
    page = put(advisor, visit, visit.arrives_at, advisor=dana.pk)
    assert "Dana Brooks is taken on Monday, November 23, 9:00 AM, blocked: Lift check." in page

    # Giving it back is a lead advisor's.
    row = Allocation.objects.get(advisor=dana, kind=Allocation.Kind.BLOCK)
    lift_it = f"{MONDAY}blocks/{row.pk}/lift"
    assert "Lift this block" not in read(advisor)
    assert advisor.post(lift_it).status_code == 403
    manager = client_of(User.objects.get(username="manager"))
    assert "Lift this block" in read(manager)
    assert "The block is lifted." in manager.post(lift_it).content.decode()
    put(advisor, visit, visit.arrives_at, advisor=dana.pk)
    visit.refresh_from_db()
    assert visit.advisor == dana
    # Only blocks are lifted: never what a visit takes.
    work = visit.allocations.get(kind=Allocation.Kind.WORK)
    manager.post(f"{MONDAY}blocks/{work.pk}/lift")
    assert Allocation.objects.filter(pk=work.pk).exists()


def test_a_block_that_cannot_be_says_why(store: Rooftop, advisor: Client) -> None:
    visit = book(store, "Maria", at(9, store=store))
    assert visit.advisor
    for fields, sentence in (
        (block_fields(visit.advisor), "Move Maria Lopez"),
        (block_fields(visit.advisor, ends="08:00"), "The end must be after the start."),
        (block_fields(visit.advisor, starts="nine"), "From: Enter a valid time."),
        (block_fields(visit.advisor, what="bay-0"), "Advisor or bay: Select a valid choice."),
    ):
        assert sentence in advisor.post(f"{MONDAY}block", fields).content.decode()
    assert not Allocation.objects.filter(kind=Allocation.Kind.BLOCK).exists()


# --- pure ---------------------------------------------------------------------------------


def test_cards_that_overlap_stand_side_by_side() -> None:
    def card(key: str, starts: int, minutes: int) -> Card:
        begins = SATURDAY + timedelta(minutes=starts)
        return Card(key, begins, begins + timedelta(minutes=minutes))

    board = (SATURDAY, SATURDAY + timedelta(hours=2))
    cards = [
        card("a", 0, 30),
        card("b", 15, 30),
        card("c", 30, 15),
        card("d", 60, 5),
        card("early", -30, 40),
        card("late", 200, 15),
    ]
    placed = {each.key: (each.top, each.length, each.lane, each.lanes) for each in arrange(cards, board)}
    assert placed == {
        "a": (0, 30, 0, 2),
        "early": (0, 15, 1, 2),
        "b": (15, 30, 1, 2),
        "c": (30, 15, 0, 2),
        "d": (60, 15, 0, 1),
    }


def test_room_for_a_skill_counts_shared_people_once() -> None:
    people = [(frozenset({"general"}), 100.0), (frozenset({"general", "inspection"}), 50.0)]
    assert room_for("inspection", {}, people) == pytest.approx(50)
    assert room_for("general", {"inspection": 30}, people) == pytest.approx(120)
    assert room_for("inspection", {"general": 130}, people) == pytest.approx(20)
    assert room_for("general", {"general": 200}, people) == 0
