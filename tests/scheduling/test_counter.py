"""The page at the counter, from the outside: who, what, when, and one button."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm import consent, merging
from crm.models import Consent, Customer, Phone, RepairOrder, Rooftop, Vehicle
from dealership import demo
from scheduling import booking, counter
from scheduling.models import Appointment, OpCode
from scheduling.refusals import Refusal
from tests.factories import SATURDAY, works_only_at
from tests.scheduling.counter import advisor, saturday, store, user

__all__ = ["advisor", "saturday", "store", "user"]  # fixtures

pytestmark = pytest.mark.django_db

TUESDAY = "2026-11-24"


@pytest.fixture
def maria(store: Rooftop) -> Customer:
    """Whom nobody has asked about reminders yet."""
    maria = store.customers.get(first_name="Maria")
    maria.consents.all().delete()
    return maria


def at(day: int, hour: int, minute: int = 0, *, store: Rooftop) -> datetime:
    """A wall time of the store in November 2026."""
    return datetime(2026, 11, day, hour, minute, tzinfo=store.zone)


def code(store: Rooftop, name: str = "LOF") -> OpCode:
    return OpCode.objects.get(rooftop=store, code=name)


def typed(store: Rooftop, customer: Customer | None = None, **changes: Any) -> dict[str, Any]:
    """The form as somebody filled it in: an oil change on Tuesday at 9."""
    vehicle = customer.vehicles.first() if customer else None
    return {
        "rooftop": store.pk,
        "who": "(212) 555-0143",
        "party": f"{customer.pk}-{vehicle.pk}" if customer and vehicle else "new",
        "services": [code(store).pk],
        "day": TUESDAY,
        "arrival": at(24, 9, store=store).isoformat(),
        "key": "counter:1",
        **changes,
    }


def plain(answer: Any) -> str:
    """What is read, in one line."""
    return " ".join(re.sub("<[^>]+>", " ", answer.content.decode()).split())


def fill(store: Rooftop, arrives_at: datetime) -> Appointment:
    """Take every express technician then; returns the first visit."""
    taken = []
    for first_name in ("James", "Carlos", "Emily", "Tina"):
        customer = store.customers.get(first_name=first_name)
        vehicle = customer.vehicles.first()
        assert vehicle
        try:
            taken.append(
                booking.book(
                    store,
                    customer,
                    vehicle,
                    [code(store)],
                    arrives_at,
                    actor="x",
                    source="staff",
                    now=SATURDAY,
                )
            )
        except Refusal:
            break
    return taken[0]


# --- one screen ---------------------------------------------------------------------------


def test_a_known_customer_is_booked_with_one_form_sent_twice(
    advisor: Client, store: Rooftop, maria: Customer
) -> None:
    assert maria.preferred_advisor and maria.preferred_advisor.name == "Dana Brooks"
    found = plain(advisor.post("/book/people", {"rooftop": store.pk, "who": "212.555.0143"}))
    assert "Maria Lopez (212) 555-0143 2019 Honda Civic JKL 2041" in found

    form = typed(store, maria, services=[code(store).pk, code(store, "MPI").pk])
    shown = advisor.post("/book/openings", form)
    # The inspection is part of an oil change: no minutes, no price of its own.
    assert "55 min of work · $80–130" in plain(advisor.post("/book/openings", form, HTTP_HX_REQUEST="true"))
    assert "Tuesday, November 24, morning" in plain(shown)
    assert "9:00 AM ready 10:17 AM Dana Brooks" in plain(shown)  # whom she prefers
    assert re.search(r'value="2026-11-24T14:00:00\+00:00" checked', shown.content.decode())

    sent = {**form, "concern": "It smells of oil", "reminders": "yes", "transport": "drop_off"}
    first, again = advisor.post("/book/", sent), advisor.post("/book/", sent)

    visit = Appointment.objects.get()
    assert first.url == again.url == f"/admin/scheduling/appointment/{visit.pk}/change/"  # type: ignore[attr-defined]
    assert (visit.customer, visit.transport, visit.concern) == (maria, "drop_off", "It smells of oil")
    assert (visit.arrives_at, visit.source) == (at(24, 9, store=store), "staff")
    assert visit.events.get().actor == "advisor"
    kept = Consent.objects.filter(customer=maria)
    assert {(one.channel, one.is_granted, str(one.phone)) for one in kept} == {
        ("voice", True, "(212) 555-0143"),
        ("sms", True, "(212) 555-0143"),
    }
    assert kept.count() == 2


def test_a_household_is_shown_whole_and_a_plate_finds_it_too(advisor: Client, store: Rooftop) -> None:
    for text in ("+1 212 555 0145", "ngu1801"):
        page = plain(advisor.post("/book/people", {"rooftop": store.pk, "who": text}))
        assert "Susan Nguyen" in page, text
    assert "David Nguyen" in plain(
        advisor.post("/book/people", {"rooftop": store.pk, "who": "+1 212 555 0145"})
    )
    nobody = plain(advisor.post("/book/people", {"rooftop": store.pk, "who": "(212) 555-9999"}))
    assert "Nobody at this store fits" in nobody


def test_a_clash_is_told_with_the_nearest_openings_and_nothing_typed_is_lost(
    advisor: Client, store: Rooftop, maria: Customer
) -> None:
    fill(store, at(24, 9, store=store))
    answer = advisor.post("/book/", typed(store, maria, concern="Squeaks when cold", reminders="no"))

    page = plain(answer)
    assert "Not booked. Tuesday, November 24, 9:00 AM is taken by James Carter" in page
    assert re.search(r"Nearest openings Tue, Nov 24, \d+:\d\d AM", page)
    raw = answer.content.decode()
    assert "Squeaks when cold" in raw
    assert f'value="{code(store).pk}" checked' in raw
    assert re.search(rf'value="{maria.pk}-\d+" checked', raw)
    assert not maria.appointments.exists()
    assert not Consent.objects.filter(customer=maria).exists()


def test_a_new_customer_is_written_with_the_visit_or_not_at_all(advisor: Client, store: Rooftop) -> None:
    fill(store, at(24, 9, store=store))
    new = typed(store, who="(212) 555-0177", first_name="Nora", last_name="Bell", make="Audi", model="A4")

    advisor.post("/book/", new)
    assert not Customer.objects.filter(first_name="Nora").exists()
    assert not Phone.objects.filter(number="+12125550177").exists()

    advisor.post("/book/", {**new, "arrival": at(24, 13, store=store).isoformat(), "reminders": "yes"})
    nora = Customer.objects.get(first_name="Nora")
    assert nora.phones.get().number == "+12125550177"
    assert str(nora.vehicles.get()) == "Audi A4"
    assert (nora.appointments.count(), nora.consents.count()) == (1, 2)


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"services": []}, "Choose at least one service."),
    ({"party": ""}, "Choose who comes"),
    ({"party": "9999999999999999999999-1"}, "Choose who comes"),
    ({"arrival": "tomorrow"}, "Choose one of the openings."),
    ({"arrival": "9999-12-31T23:59:00+00:00"}, "Choose one of the openings."),
    ({"day": "24"}, "24 is not a day"),
    ({"party": "new", "who": "Bell"}, "Write the new customer's name."),
    ({"party": "new", "who": "Bell"}, "Write the telephone number"),
    ({"party": "new", "number": "12"}, "12 is not a telephone number"),
    ({"party": "new", "vin": "1"}, "17"),
)


def test_what_is_wrong_is_said_where_it_is_wrong(advisor: Client, store: Rooftop, maria: Customer) -> None:
    for changes, sentence in WRONG:
        answer = advisor.post("/book/", typed(store, maria, **changes))
        assert answer.status_code == 200
        assert sentence in plain(answer).replace("&#x27;", "'"), changes
    assert not Appointment.objects.exists()


def test_a_vin_that_is_known_is_no_new_vehicle(advisor: Client, store: Rooftop, maria: Customer) -> None:
    known = Vehicle.objects.filter(rooftop=store).exclude(vin="").first()
    assert known
    form = typed(store, maria, party=f"{maria.pk}-new", make="Audi", model="A4", vin=known.vin)
    assert "This is the VIN of a" in plain(advisor.post("/book/", form))


def test_the_page_opens_on_what_its_address_asks_for(
    advisor: Client, store: Rooftop, maria: Customer
) -> None:
    page = advisor.get(f"/book/?customer={maria.pk}&day={TUESDAY}&time=09:00&walk_in=1").content.decode()
    assert 'value="(212) 555-0143"' in page
    assert re.search(rf'value="{maria.pk}-\d+" checked', page)
    assert re.search(r'name="is_here"[^>]* checked', page)
    assert TUESDAY in page
    maria.phones.clear()  # however common her name is, who came for her sees her first
    for _ in range(8):
        Customer.objects.create(rooftop=store, first_name="Maria", last_name="Aaron")
    page = advisor.get(f"/book/?customer={maria.pk}").content.decode()
    assert re.search(rf'value="{maria.pk}-\d+" checked', page)
    # A time that is not open is said, and what is near it.
    fill(store, at(24, 9, store=store))
    form = typed(store, maria, arrival="", wished=at(24, 9, store=store).isoformat())
    shown = plain(advisor.post("/book/openings", form))
    assert "Tuesday, 9:00 AM is not open for this. Nearest openings" in shown
    for odd in ("day=0", "day=2026-11-24&time=x", "customer=x", "rooftop=x", "day=9999-12-31&time=10:00"):
        assert advisor.get(f"/book/?{odd}").status_code in (200, 404), odd


def test_who_was_merged_meanwhile_is_looked_up_again(store: Rooftop, user: User, maria: Customer) -> None:
    other = Customer.objects.create(rooftop=store, first_name="Marie")
    car = maria.vehicles.get()
    wish = counter.Wish([code(store)], at(24, 9, store=store), "counter:1", customer=other, vehicle=car)
    merging.merge(maria, Customer.objects.get(pk=other.pk), by="x", now=SATURDAY)
    with pytest.raises(Refusal, match="was merged with another"):
        counter.take(store, wish, by=user, now=SATURDAY)
    assert not Appointment.objects.exists()


# --- may we remind them -------------------------------------------------------------------


@pytest.mark.security
def test_a_no_is_on_the_screen_and_only_a_manager_books_a_yes_over_it(
    advisor: Client, user: User, store: Rooftop, maria: Customer
) -> None:
    def shown() -> str:
        return plain(advisor.post("/book/openings", typed(store, maria), HTTP_HX_REQUEST="true"))

    ask = "Ask Maria Lopez: nobody has yet, or not lately."
    assert ask in shown()
    consent.note(maria, "+12125550143", True, wording="w", source="form", now=SATURDAY - timedelta(days=91))
    assert ask in shown()
    consent.note(maria, "+12125550143", True, wording="w", source="form", now=SATURDAY)
    assert "Maria Lopez agreed before." in shown()
    assert "Maria Lopez agreed before." in plain(advisor.get(f"/book/?customer={maria.pk}"))
    consent.revoke(store, "+12125550143", wording="stop calling", source="call CA1", now=SATURDAY)
    assert "Maria Lopez refused automated calls or texts. Only a manager" in shown()
    ledger = Consent.objects.count()

    yes = typed(store, maria, reminders="yes")
    refused = plain(advisor.post("/book/", yes))
    assert "Not booked yet" in refused and "Only a manager can write down that they agree again" in refused
    assert (Appointment.objects.count(), Consent.objects.count()) == (0, ledger)

    user.user_permissions.add(Permission.objects.get(codename="add_consent"))
    advisor.post("/book/", yes)
    assert Appointment.objects.count() == 1
    assert consent.standing(maria, "+12125550143", now=timezone.now()) is True


def test_a_no_of_the_household_stands_for_who_is_new_in_it(advisor: Client, store: Rooftop) -> None:
    consent.revoke(store, "+12125550145", wording="stop", source="text 1", now=SATURDAY)
    new: dict[str, Any] = {"who": "(212) 555-0145", "first_name": "Kim", "make": "Kia", "model": "Rio"}
    page = plain(advisor.post("/book/", typed(store, **new, reminders="yes")))
    assert "Only a manager can write down" in page
    assert not Customer.objects.filter(first_name="Kim").exists()
    advisor.post("/book/", typed(store, **new))
    assert Customer.objects.get(first_name="Kim").appointments.exists()


# --- walk-ins -----------------------------------------------------------------------------


def test_who_walks_in_is_checked_in_now(advisor: Client, store: Rooftop, maria: Customer) -> None:
    sent = typed(store, maria, is_here="on", arrival="")
    first, again = advisor.post("/book/", sent), advisor.post("/book/", sent)

    visit = Appointment.objects.get()
    assert first.url == again.url  # type: ignore[attr-defined]
    assert visit.status == Appointment.Status.CHECKED_IN
    assert visit.arrives_at == SATURDAY + timedelta(minutes=1)  # without the hour's notice
    assert RepairOrder.objects.get().customer == maria


def test_a_walk_in_at_night_is_told_why_not(
    advisor: Client, store: Rooftop, maria: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: at(21, 23, store=store))
    page = plain(advisor.post("/book/", typed(store, maria, is_here="on", arrival="", day="")))
    assert "the store is closed" in page
    assert "Nearest openings Mon, Nov 23" in page


def test_walk_ins_have_the_hours_that_are_kept_for_them(store: Rooftop, maria: Customer) -> None:
    """When no more cars can be promised for a day, the reserve is still there for who stands at the desk."""
    moment = at(24, 7, 30, store=store)
    vehicle = maria.vehicles.first()
    assert vehicle

    def book(who: Customer, car: Vehicle, *, walk_in: bool = False) -> None:
        booking.book_for(
            lambda: (who, car),
            store,
            [code(store, "COOL")],
            moment,
            actor="x",
            source="staff",
            now=at(24, 6, store=store),
            transport="key_drop",
            walk_in=walk_in,
        )

    with pytest.raises(Refusal, match="full"):
        for n in range(40):
            book(maria, Vehicle.objects.create(rooftop=store, make="Audi", model=f"A{n}"))
    book(maria, vehicle, walk_in=True)


# --- who may, and at what cost ------------------------------------------------------------


@pytest.mark.security
def test_who_may_not_book_or_works_elsewhere_gets_nothing(
    advisor: Client, user: User, store: Rooftop, maria: Customer
) -> None:
    for address in ("/book/", "/book/people", "/book/openings"):
        assert Client().post(address).url.startswith("/admin/login/"), address  # type: ignore[attr-defined]
    works_only_at("advisor", store)
    bart = Rooftop.objects.get(name=demo.BART)
    for query in (f"rooftop={bart.pk}", "customer=0"):
        assert advisor.get(f"/book/?{query}").status_code == 404
    assert advisor.post("/book/people", {"rooftop": bart.pk, "who": "Lopez"}).status_code == 404

    stranger = Customer.objects.create(rooftop=bart, first_name="Bo")
    car = Vehicle.objects.create(rooftop=bart)
    stranger.ownerships.create(vehicle=car)
    page = advisor.post("/book/", typed(store, maria, party=f"{stranger.pk}-{car.pk}"))
    assert "Choose who comes" in plain(page)
    foreign = OpCode.objects.get(rooftop=bart, code="LOF")
    assert "not one of" in plain(advisor.post("/book/", typed(store, maria, services=[foreign.pk])))

    user.groups.clear()
    for address in ("/book/", "/book/people", "/book/openings"):
        assert advisor.post(address).status_code == 403, address
    assert not Appointment.objects.exists()


@pytest.mark.security
def test_only_who_may_overbook_books_beyond_the_lane(
    advisor: Client, user: User, store: Rooftop, maria: Customer
) -> None:
    form = typed(store, maria, at="23:30", overbook_reason="Flies at six", arrival="")
    assert "Choose one of the openings." in plain(advisor.post("/book/", form))

    user.user_permissions.add(Permission.objects.get(codename="overbook"))
    advisor.post("/book/", form)
    visit = Appointment.objects.get()
    assert (visit.arrives_at, visit.overbook_reason) == (at(24, 23, 30, store=store), "Flies at six")


def test_the_page_costs_the_same_for_one_and_for_many(
    advisor: Client, store: Rooftop, maria: Customer
) -> None:
    def cost(address: str, data: dict[str, Any]) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert advisor.post(address, data).status_code == 200
        return len(queries)

    number = maria.phones.get()
    form = typed(store, maria)
    people, openings = cost("/book/people", form), cost("/book/openings", form)
    for n in range(4):
        one = Customer.objects.create(rooftop=store, first_name=f"Kin {n}")
        one.phones.add(number)
        one.ownerships.create(vehicle=Vehicle.objects.create(rooftop=store, make="Kia", model=str(n)))
    fill(store, at(24, 9, store=store))

    assert cost("/book/people", form) == people <= 16
    assert cost("/book/openings", form) == openings <= 16
