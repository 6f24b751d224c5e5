"""What an advisor does with a visit from the list and from its page, and what they read there."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.models import Rooftop, Staff
from scheduling import booking, moving
from scheduling.models import Appointment, CalendarConnection, CalendarOutbox, OpCode
from scheduling.refusals import Refusal
from tests.factories import SATURDAY
from tests.scheduling.counter import advisor, saturday, store, user
from voice.models import Call, ToolCall

__all__ = ["advisor", "saturday", "store", "user"]  # fixtures

pytestmark = pytest.mark.django_db

LIST = "/admin/scheduling/appointment/"


@pytest.fixture
def reader(store: Rooftop) -> Client:
    """Somebody who may look at visits, and no more."""
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.add(
        *User.objects.get(username="advisor").groups.get().permissions.filter(codename="view_appointment")
    )
    Staff.objects.create(rooftop=store, name="Rita Read", role="parts", user=user)
    client = Client()
    client.force_login(user)
    return client


def at(day: int, hour: int, minute: int = 0, *, store: Rooftop) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=store.zone)


def book(
    store: Rooftop,
    arrives_at: datetime,
    *,
    first_name: str = "Maria",
    code: str = "LOF",
    actor: str = "phone desk",
    transport: str | None = None,
) -> Appointment:
    customer = store.customers.get(first_name=first_name)
    vehicle = customer.vehicles.all()[0]
    services = [OpCode.objects.get(rooftop=store, code=code)]
    return booking.book(
        store,
        customer,
        vehicle,
        services,
        arrives_at,
        actor=actor,
        source="phone" if actor == "phone desk" else "staff",
        transport=transport,
        now=SATURDAY,
    )


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def page_of(visit: Appointment) -> str:
    return f"{LIST}{visit.pk}/change/"


def press(client: Client, visit: Appointment, name: str, *, version: int | None = None) -> str:
    """The text of the list that follows."""
    answer = client.post(
        f"{LIST}{visit.pk}/step/{name}/",
        {"version": version or visit.version},
        headers={"Referer": f"http://testserver{LIST}?day=week"},
        follow=True,
    )
    assert answer.redirect_chain == [(f"http://testserver{LIST}?day=week", 302)]
    return " ".join(answer.content.decode().split())


# --- one button ---------------------------------------------------------------------------


def test_a_visit_is_confirmed_and_checked_in_from_its_row(advisor: Client, store: Rooftop) -> None:
    visit = book(store, at(24, 9, store=store))

    assert f"Maria Lopez ({visit.confirmation_number}) is confirmed." in press(advisor, visit, "confirm")
    visit.refresh_from_db()
    assert (visit.status, visit.version) == ("confirmed", 2)
    assert "is checked in." in press(advisor, visit, "check-in")
    visit.refresh_from_db()
    assert visit.status == "checked_in" and visit.repair_order is not None


def test_the_menu_of_a_row_has_what_can_be_done_now(advisor: Client, store: Rooftop) -> None:
    visit = book(store, at(24, 9, store=store))
    call = Call.objects.create(rooftop=store, sid="CA1", carrier="browser", started_at=SATURDAY)
    ToolCall.objects.create(
        call=call, key="1", name="book_appointment", code="ok", at_ms=0, duration_ms=1, appointment=visit
    )
    assert f'hx-get="{LIST}{visit.pk}/menu/"' in text(advisor, LIST)

    menu = text(advisor, f"{LIST}{visit.pk}/menu/")
    for shown in ("Confirm", "Check in", "No-show", "Reassign", "Cancel…", "Note", "Remind now", "Call of"):
        assert shown in menu
    booking.cancel(visit, reason="Sold", actor="test", now=SATURDAY)
    menu = text(advisor, f"{LIST}{visit.pk}/menu/")
    assert "Note" in menu and "Confirm" not in menu and "Reassign" not in menu


def test_a_step_that_somebody_overtook_or_that_cannot_be_is_refused_in_a_sentence(
    advisor: Client, store: Rooftop
) -> None:
    visit = book(store, at(24, 9, store=store))
    booking.reschedule(visit, at(24, 13, store=store), actor="phone desk", now=SATURDAY)

    for name in ("confirm", "check-in", "no-show"):
        page = press(advisor, visit, name, version=1)
        assert "Changed by the phone desk just now: moved to Tuesday, November 24, 1:00 PM." in page, name
        assert "Arrives: Tuesday, November 24, 9:00 AM → Tuesday, November 24, 1:00 PM" in page, name
    assert "Wait until 30 minutes after" in press(advisor, visit, "no-show", version=2)
    visit.refresh_from_db()
    assert visit.status == "booked"


def test_who_may_only_read_gets_no_buttons_and_changes_nothing(reader: Client, store: Rooftop) -> None:
    visit = book(store, at(24, 9, store=store))

    assert "Confirm" not in text(reader, f"{LIST}{visit.pk}/menu/")
    for address in ("step/confirm", "reassign", "note"):
        assert reader.post(f"{LIST}{visit.pk}/{address}/", {"version": 1}).status_code == 403
    assert Client().post(f"{LIST}{visit.pk}/step/confirm/").status_code == 302
    visit.refresh_from_db()
    assert visit.status == "booked"


def test_a_step_is_never_a_get_and_never_a_strangers(advisor: Client, store: Rooftop) -> None:
    visit = book(store, at(24, 9, store=store))
    assert advisor.get(f"{LIST}{visit.pk}/step/confirm/").status_code == 405
    assert advisor.post(f"{LIST}{visit.pk}/step/explode/").status_code == 404
    assert advisor.post(f"{LIST}{visit.pk + 999}/step/confirm/").status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="advisor"))
    assert strict.post(f"{LIST}{visit.pk}/step/confirm/").status_code == 403


def test_several_are_confirmed_together_and_what_is_refused_is_named(advisor: Client, store: Rooftop) -> None:
    first, second = (
        book(store, at(24, 9, store=store)),
        book(store, at(24, 13, store=store), first_name="James"),
    )
    gone = book(store, at(25, 9, store=store), first_name="Carlos")
    booking.cancel(gone, reason="Sold", actor="test", now=SATURDAY)

    chosen = {"action": "confirm_visits", "_selected_action": [first.pk, second.pk, gone.pk]}
    page = " ".join(advisor.post(LIST, chosen, follow=True).content.decode().split())

    assert f"{gone.confirmation_number}: " in page and "is cancelled" in page
    confirmed = Appointment.objects.filter(status="confirmed").order_by("pk")
    assert list(confirmed) == [first, second]


def test_several_are_cancelled_for_one_reason_but_not_what_changed_meanwhile(
    advisor: Client, store: Rooftop
) -> None:
    first = book(store, at(24, 9, store=store))
    second = book(store, at(24, 13, store=store), first_name="James")
    chosen = {"action": "cancel_visits", "_selected_action": [first.pk, second.pk]}

    asked = " ".join(advisor.post(LIST, chosen).content.decode().split())
    assert "Cancel 2 appointments?" in asked and first.confirmation_number in asked
    seen = {f"seen_{first.pk}": first.version, f"seen_{second.pk}": second.version}
    assert "This field is required." in advisor.post(LIST, {**chosen, **seen, "reason": " "}).content.decode()
    assert not Appointment.objects.filter(status="cancelled").exists()

    booking.confirm(second, actor="phone desk", now=SATURDAY)
    answer = advisor.post(LIST, {**chosen, **seen, "reason": "Lift is broken"}, follow=True)
    page = " ".join(answer.content.decode().split())
    assert f"({first.confirmation_number}) is cancelled." in page
    assert f"{second.confirmation_number}: Changed by the phone desk just now: confirmed." in page
    assert "Status: Booked → Confirmed" in page
    (gone,) = Appointment.objects.filter(status="cancelled")
    assert (gone, gone.cancel_reason) == (first, "Lift is broken")


# --- giving it to somebody else -----------------------------------------------------------


def test_a_visit_is_given_to_another_advisor_with_its_write_up(advisor: Client, store: Rooftop) -> None:
    visit = book(store, at(24, 9, store=store))
    others = Staff.objects.filter(rooftop=store, role="advisor").exclude(pk=visit.advisor_id or 0)
    address, taker = f"{LIST}{visit.pk}/reassign/", others[0]
    assert taker.name in text(advisor, address)

    page = advisor.post(address, {"advisor": taker.pk, "seen_version": 1}, follow=True).content.decode()

    visit.refresh_from_db()
    assert (visit.advisor, visit.version) == (taker, 2)
    assert visit.allocations.get(kind="write_up").advisor == taker
    assert f"given to {taker}" in page
    again = advisor.post(address, {"advisor": others[1].pk, "seen_version": 1}).content.decode()
    assert f"Changed by Dana Brooks just now: given to {taker}." in again
    assert f'<td data-label="Stands now">{taker}</td>' in again
    assert 'name="seen_version" value="2"' in again
    advisor.post(address, {"advisor": others[1].pk, "seen_version": 2})
    visit.refresh_from_db()
    assert visit.advisor == others[1]


def test_an_advisor_who_writes_up_another_car_is_not_given_a_second(advisor: Client, store: Rooftop) -> None:
    first = book(store, at(24, 9, store=store))
    second = book(store, at(24, 9, store=store), first_name="James", code="DIAG", transport="drop_off")
    assert first.advisor_id != second.advisor_id

    page = advisor.post(f"{LIST}{second.pk}/reassign/", {"advisor": first.advisor_id, "seen_version": 1})
    assert f"(number {first.confirmation_number})" in page.content.decode()
    second.refresh_from_db()
    assert second.advisor_id != first.advisor_id
    elsewhere = Staff.objects.filter(role="advisor").exclude(rooftop=store)[0]
    with pytest.raises(Refusal, match="is no advisor at"):
        moving.reassign(second, elsewhere, actor="test", now=SATURDAY)


# --- history ------------------------------------------------------------------------------


def test_the_history_names_who_did_what_in_which_call_and_what_changed(
    advisor: Client, store: Rooftop
) -> None:
    call = Call.objects.create(
        rooftop=store,
        sid="CA1",
        carrier="browser",
        started_at=SATURDAY - timedelta(minutes=1),
        ended_at=SATURDAY + timedelta(minutes=2),
    )
    visit = book(store, at(24, 9, store=store))
    ToolCall.objects.create(
        call=call, key="1", name="book_appointment", code="ok", at_ms=0, duration_ms=1, appointment=visit
    )
    visit = booking.reschedule(
        visit, at(24, 13, store=store), actor="calendar", now=SATURDAY + timedelta(hours=1)
    )
    advisor.post(f"{LIST}{visit.pk}/note/", {"note": "Wants her old wipers back"})

    page = text(advisor, page_of(visit))
    assert f'<strong>phone desk</strong> · <a href="/calls/{call.pk}/">Call of Nov 21' in page
    assert "<strong>calendar</strong>" in page
    assert (
        "Arrives: <del>Tuesday, November 24, 9:00 AM</del> → <ins>Tuesday, November 24, 1:00 PM</ins>" in page
    )
    assert "Wants her old wipers back" in page and "<strong>Dana Brooks</strong>" in page
    assert 'id="version-2"' in page and "<strong>advisor</strong>" not in page
    visit.refresh_from_db()
    assert visit.version == 2  # a note changes nothing


def test_an_empty_note_is_not_kept(advisor: Client, store: Rooftop) -> None:
    visit = book(store, at(24, 9, store=store))
    assert b"This field is required." in advisor.post(f"{LIST}{visit.pk}/note/", {"note": "  "}).content
    assert visit.events.count() == 1


# --- two people at once -------------------------------------------------------------------


def test_who_was_overtaken_sees_both_versions_and_loses_nothing_typed(
    advisor: Client, store: Rooftop
) -> None:
    visit = book(store, at(24, 9, store=store))
    booking.reschedule(
        visit, at(24, 13, store=store), actor="phone desk", now=SATURDAY - timedelta(seconds=20)
    )
    typed = {"arrival": "2026-11-25T10:30", "seen_version": 1}
    page = " ".join(advisor.post(page_of(visit), typed).content.decode().split())

    said = "Changed by the phone desk 20 seconds ago: moved to Tuesday, November 24, 1:00 PM."
    assert said in page
    assert '<td data-label="You saw">Tuesday, November 24, 9:00 AM</td>' in page
    assert '<td data-label="Stands now">Tuesday, November 24, 1:00 PM</td>' in page
    assert 'value="2026-11-25T10:30"' in page
    assert 'name="seen_version" value="2"' in page

    advisor.post(page_of(visit), {**typed, "seen_version": 2})
    visit.refresh_from_db()
    assert (visit.arrives_at, visit.version) == (at(25, 10, 30, store=store), 3)


def test_who_moves_what_was_cancelled_meanwhile_is_told_by_whom(advisor: Client, store: Rooftop) -> None:
    visit = book(store, at(24, 9, store=store))
    booking.cancel(visit, reason="Car was sold", actor="phone desk", now=SATURDAY - timedelta(minutes=3))

    typed = {"arrival": "2026-11-25T10:30", "seen_version": 1}
    page = " ".join(advisor.post(page_of(visit), typed, follow=True).content.decode().split())
    assert "Changed by the phone desk 3 minutes ago: cancelled: Car was sold." in page
    assert "Not saved: arrives 2026-11-25 10:30." in page


# --- filters ------------------------------------------------------------------------------


def shown(client: Client, query: str) -> set[str]:
    page = text(client, f"{LIST}?{query}")
    return {name for name in ("Maria", "James", "Carlos") if f"{name} " in page.split('id="result_list"')[-1]}


def test_visits_are_narrowed_to_what_an_advisor_asks_for(advisor: Client, store: Rooftop) -> None:
    maria = book(store, at(24, 9, store=store))
    james = book(store, at(25, 9, store=store), first_name="James", code="DIAG", transport="drop_off")
    carlos = book(store, at(30, 9, store=store), first_name="Carlos", actor="advisor")
    booking.confirm(maria, actor="test", now=SATURDAY)
    Appointment.objects.filter(pk=carlos.pk).update(advisor=None)
    connected = CalendarConnection.objects.create(rooftop=store, calendar_id="x", state="connected")
    CalendarOutbox.objects.create(appointment=james, connection=connected, parked_at=SATURDAY)

    assert shown(advisor, "from_day=2026-11-24&until_day=2026-11-25") == {"Maria", "James"}
    assert shown(advisor, "from_day=2026-11-25") == {"James", "Carlos"}
    assert shown(advisor, "until_day=2026-11-24") == {"Maria"}
    assert shown(advisor, "from_day=nonsense") == {"Maria", "James", "Carlos"}
    assert shown(advisor, "needs=confirmation") == {"James", "Carlos"}
    assert shown(advisor, "needs=calendar") == {"James"}
    assert shown(advisor, "skill=diagnostic") == {"James"}
    assert shown(advisor, "transport__exact=drop_off") == {"James"}
    assert shown(advisor, f"advisor={maria.advisor_id}") >= {"Maria"}
    assert shown(advisor, "advisor=none") == {"Carlos"}
    assert shown(advisor, "from_call=no") == {"Carlos"}
    assert shown(advisor, "from_day=2026-11-24&skill=express&needs=confirmation") == {"Carlos"}


def test_late_is_who_should_have_been_here(
    advisor: Client, store: Rooftop, monkeypatch: pytest.MonkeyPatch
) -> None:
    book(store, at(24, 9, store=store))
    book(store, at(24, 9, store=store), first_name="James", transport="key_drop")
    board = "/day/2026-11-24/"
    monkeypatch.setattr(timezone, "now", lambda: at(24, 9, 9, store=store))
    assert shown(advisor, "needs=arrival") == set()
    assert 'title="Late"' not in text(advisor, board)
    monkeypatch.setattr(timezone, "now", lambda: at(24, 9, 10, store=store))
    assert shown(advisor, "needs=arrival") == {"Maria"}  # and not the keys in the box
    assert text(advisor, board).count('title="Late"') == 1


def test_the_page_of_a_visit_costs_the_same_however_long_its_history(advisor: Client, store: Rooftop) -> None:
    visit = book(store, at(24, 9, store=store))

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            text(advisor, page_of(visit))
        return len(counted)

    few = queries()
    for hour in (13, 9, 13, 9):
        visit = booking.reschedule(visit, at(24, hour, store=store), actor="phone desk", now=SATURDAY)
    assert queries() == few
