"""Finding calls on /calls/: by a word said, a name, a number, and how they went."""

import csv
import io
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client

from crm.models import Customer, Rooftop
from dealership import demo
from tests.factories import SATURDAY, make_demo_store
from voice.models import Call, ToolCall, Turn

pytestmark = pytest.mark.django_db


@pytest.fixture
def otto() -> Rooftop:
    return make_demo_store()


@pytest.fixture
def staff(otto: Rooftop) -> Client:
    client = Client()
    client.force_login(User.objects.get(username="manager"))
    return client


def make_call(rooftop: Rooftop, sid: str, *said: str, **fields: object) -> Call:
    call = Call.objects.create(
        **{
            "rooftop": rooftop,
            "sid": sid,
            "carrier": "browser",
            "caller_number": "+12125550188",
            "started_at": SATURDAY,
            "ended_at": SATURDAY + timedelta(seconds=80),
            "outcome": "hung_up",
            **fields,
        }
    )
    for number, text in enumerate(said):
        Turn.objects.create(
            call=call, number=number, speaker="caller", text=text, starts_ms=number, ends_ms=number
        )
    return call


def found(client: Client, **query: object) -> set[str]:
    answer = client.get(f"/calls/?{urlencode(query)}")
    assert answer.status_code == 200
    return {call.sid for call in answer.context["page"].object_list}


def test_a_word_that_was_said_finds_the_call_in_any_form(staff: Client, otto: Rooftop) -> None:
    make_call(otto, "CA1", "Hello.", "My brakes are squeaking terribly.")
    make_call(otto, "CA2", "I need new tires.")
    assert found(staff, q="brake squeaks") == {"CA1"}
    assert found(staff, q='"new tires"') == {"CA2"}
    assert found(staff, q="need -tires") == set()


def test_what_was_found_is_marked_and_nothing_said_becomes_markup(staff: Client, otto: Rooftop) -> None:
    make_call(otto, "CA1", "My <b>brakes</b> squeak & grind.")
    page = staff.get("/calls/?q=brakes").content.decode()
    assert "<mark>brakes</mark>" in page
    assert "squeak &amp; grind" in page
    assert "<b>" not in page


def test_a_name_and_a_number_find_calls_too(staff: Client, otto: Rooftop) -> None:
    maria = Customer.objects.get(rooftop=otto, first_name="Maria")
    make_call(otto, "CA1", customer=maria, caller_number="+12125550143")
    make_call(otto, "CA2")
    assert found(staff, q="maria lop") == {"CA1"}
    assert found(staff, q="(212) 555-0188") == {"CA2"}


def test_filters_narrow_the_list(staff: Client, otto: Rooftop) -> None:
    theirs = otto.appointments.exclude(advisor=None)[0]
    other = otto.staff.filter(role="advisor").exclude(pk=theirs.advisor_id or 0)[0]
    booked = make_call(otto, "CA1", outcome="booked", conversation={"intent": "book"}, state="closing")
    ToolCall.objects.create(
        call=booked, key="1", name="book_appointment", code="ok", at_ms=0, duration_ms=1, appointment=theirs
    )
    make_call(otto, "CA2", slowest_ms=2500, direction="outbound", taken_over_by=other)
    make_call(otto, "CA3", failures=1, started_at=SATURDAY - timedelta(days=3))
    make_call(Rooftop.objects.get(name=demo.BART), "CA4")
    bart = Rooftop.objects.get(name=demo.BART)
    for query, wanted in (
        ({"outcome": "booked"}, {"CA1"}),
        ({"intent": "book"}, {"CA1"}),
        ({"state": "closing"}, {"CA1"}),
        ({"slow": "2"}, {"CA2"}),
        ({"slow": "4"}, set()),
        ({"direction": "outbound"}, {"CA2"}),
        ({"trouble": "on"}, {"CA3"}),
        ({"rooftop": bart.pk}, {"CA4"}),
        ({"advisor": theirs.advisor_id}, {"CA1"}),
        ({"advisor": other.pk}, {"CA2"}),
        ({"since": "2026-11-19", "until": "2026-11-21"}, {"CA1", "CA2", "CA4"}),
        ({"until": "2026-11-20"}, {"CA3"}),
        ({"since": "2026-11-22"}, set()),
    ):
        assert found(staff, **query) == wanted, query


def test_a_day_is_the_stores_own(staff: Client, otto: Rooftop) -> None:
    late = SATURDAY.replace(hour=23, minute=30)  # 18:30 in Albany, 16:30 in Phoenix
    make_call(otto, "CA1", started_at=late + timedelta(hours=6))  # Sunday 00:30 in Albany
    make_call(Rooftop.objects.get(name=demo.BART), "CA2", started_at=late + timedelta(hours=6))
    assert found(staff, until="2026-11-21") == {"CA2"}


@pytest.mark.parametrize(
    "query",
    [
        {"outcome": "nonsense"},
        {"since": "yesterday"},
        {"slow": "-1"},
        {"rooftop": "x"},
        {"q": "\x00'\"); drop & | !"},
        {"q": "a" * 5000},
        {"page": "9999"},
    ],
)
def test_what_makes_no_sense_is_told_and_loses_nothing(
    staff: Client, otto: Rooftop, query: dict[str, str]
) -> None:
    make_call(otto, "CA1", "Hello.")
    answer = staff.get(f"/calls/?{urlencode(query)}")
    assert answer.status_code == 200
    assert "CA1" in {call.sid for call in answer.context["page"].object_list} or "No call fits" in (
        answer.content.decode()
    )


def test_the_pages_of_a_search_keep_the_search(staff: Client, otto: Rooftop) -> None:
    for number in range(51):
        make_call(otto, f"CA{number}", "My brakes squeak.")
    page = staff.get("/calls/?q=brakes&outcome=hung_up").content.decode()
    assert "?q=brakes&amp;outcome=hung_up&amp;page=2" in page


@pytest.mark.security
def test_an_export_holds_the_same_calls_and_no_formula(staff: Client, otto: Rooftop) -> None:
    make_call(otto, "CA1", "Brakes.", summary='=HYPERLINK("http://evil","x")')
    make_call(otto, "CA2", "Tires.")
    answer = staff.get("/calls/export.csv?q=brakes")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[attr-defined]
    assert [len(rows), rows[0][0]] == [2, "Began"]
    assert rows[1][0] == "2026-11-21T10:00:00-05:00"
    assert rows[1][3] == "'+12125550188"
    assert rows[1][-1].startswith("'=HYPERLINK")


@pytest.mark.security
def test_only_staff_export(otto: Rooftop) -> None:
    assert Client().get("/calls/export.csv").status_code == 302
