"""The pages on which staff read calls."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm.models import FollowUpTask, Rooftop
from dealership import demo
from scheduling import booking
from tests.factories import SATURDAY, make_demo_store
from voice.calls import save_usage, usage
from voice.models import Call, ToolCall, Turn
from voice.ports import ModelUse

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def store() -> Iterator[Rooftop]:
    yield make_demo_store(with_appointments=True)


@pytest.fixture
def staff(store: Rooftop) -> Client:
    client = Client()
    client.force_login(User.objects.get(username="manager"))
    return client


def make_call(store: Rooftop, sid: str = "CA1", **fields: object) -> Call:
    return Call.objects.create(
        rooftop=store,
        sid=sid,
        **{
            "carrier": "browser",
            "caller_number": "+12125550143",
            "customer": store.customers.filter(first_name="Maria").first(),
            "started_at": SATURDAY,
            "ended_at": SATURDAY + timedelta(seconds=83),
            "outcome": Call.Outcome.BOOKED,
            **fields,
        },
    )


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.mark.security
@pytest.mark.parametrize("user", [None, "visitor"])
def test_only_staff_read_calls(store: Rooftop, user: str | None) -> None:
    call = make_call(store)
    client = Client()
    if user:
        client.force_login(User.objects.create_user(user))

    for address in ("/calls/", f"/calls/{call.pk}/"):
        answer = client.get(address)
        assert (answer.status_code, answer["Location"]) == (302, f"/admin/login/?next={address}")


def test_the_list_shows_time_caller_outcome_and_duration(staff: Client, store: Rooftop) -> None:
    call = make_call(store)

    page = read(staff, "/calls/")
    assert f'<a href="/calls/{call.pk}/">Sat, Nov 21, 10:00 AM</a>' in page
    for text in ("Maria Lopez", "(212) 555-0143", "Booked", "1:23", "Otto&#x27;s Auto"):
        assert text in page


def test_times_are_those_of_the_store_that_was_called(staff: Client, store: Rooftop) -> None:
    make_call(Rooftop.objects.get(name=demo.BART), customer=None)

    assert "Sat, Nov 21, 8:00 AM" in read(staff, "/calls/")


def test_the_newest_call_comes_first(staff: Client, store: Rooftop) -> None:
    old = make_call(store, "CA1", started_at=SATURDAY - timedelta(days=1))
    new = make_call(store, "CA2")

    page = read(staff, "/calls/")
    assert page.index(f"/calls/{new.pk}/") < page.index(f"/calls/{old.pk}/")


def test_a_withheld_number_and_a_running_call_are_named(staff: Client, store: Rooftop) -> None:
    make_call(store, caller_number="", customer=None, ended_at=None, outcome=Call.Outcome.RUNNING)

    page = read(staff, "/calls/")
    assert "Number withheld" in page
    assert "in progress" in page


def test_the_list_says_what_to_do_when_it_is_empty(staff: Client) -> None:
    page = read(staff, "/calls/")

    assert "No calls yet" in page
    assert 'href="/phone/"' in page


def test_the_list_has_pages_and_the_same_queries_for_any_number_of_calls(
    staff: Client, store: Rooftop
) -> None:
    make_call(store, "CA0")
    with CaptureQueriesContext(connection) as few:
        read(staff, "/calls/")
    for number in range(1, 60):
        make_call(store, f"CA{number}")
    with CaptureQueriesContext(connection) as many:
        page = read(staff, "/calls/")

    assert len(many) == len(few) <= 10
    assert "Page 1 of 2" in page
    assert "Page 2 of 2" in read(staff, "/calls/?page=2")


@pytest.fixture
def booked(store: Rooftop) -> Call:
    """A call in which Maria interrupted once, asked for openings, and booked."""
    call = make_call(store)
    appointment = store.appointments.order_by("pk")[0]
    for number, (speaker, text, cut_off, start, end, latencies) in enumerate(
        [
            ("desk", "Thanks for calling.", "Is this Maria?", 0, 2000, {"first_frame": 640, "final": 0}),
            ("caller", "Yes, an oil change please.", "", 2100, 4000, {}),
            (
                "desk",
                "I have 9:15 AM.",
                "",
                5000,
                7000,
                {"final": 310, "first_frame": 900, "first_mark": 1240},
            ),
        ]
    ):
        Turn.objects.create(
            call=call,
            number=number,
            speaker=speaker,
            text=text,
            cut_off=cut_off,
            starts_ms=start,
            ends_ms=end,
            latencies=latencies,
        )
    ToolCall.objects.create(
        call=call,
        key="1",
        name="get_available_slots",
        arguments={"services": ["LOF"], "day": None},
        code="slot_taken",
        result={"openings": [{"handle": "o1"}, {"handle": "o2"}]},
        at_ms=4100,
        duration_ms=12,
    )
    ToolCall.objects.create(
        call=call,
        key="2",
        name="book_appointment",
        arguments={"offer": "o1"},
        code="ok",
        result={"confirmation_number": appointment.confirmation_number},
        at_ms=4200,
        duration_ms=31,
        appointment=appointment,
    )
    return call


def test_a_call_reads_in_the_order_in_which_it_happened(staff: Client, booked: Call) -> None:
    page = read(staff, f"/calls/{booked.pk}/")

    said = [
        "Thanks for calling.",
        "Yes, an oil change please.",
        "get available slots",
        "book appointment",
        "I have 9:15 AM.",
    ]
    places = [page.index(text) for text in said]
    assert places == sorted(places)


def test_what_was_cut_off_is_struck_out(staff: Client, booked: Call) -> None:
    page = read(staff, f"/calls/{booked.pk}/")

    assert "Is this Maria?</del>" in page
    assert "Interrupted" in page


def test_latencies_stand_with_their_turn_and_the_slowest_on_top(staff: Client, booked: Call) -> None:
    page = read(staff, f"/calls/{booked.pk}/")

    assert "answered after 1.2 s" in page
    assert "<dt>turn taken for over</dt><dd>310 ms</dd>" in page
    assert "<dt>Slowest answer</dt><dd>1.2 s</dd>" in page


def test_tool_calls_show_arguments_result_and_duration(staff: Client, booked: Call) -> None:
    page = read(staff, f"/calls/{booked.pk}/")

    assert "<dt>services</dt><dd>LOF</dd>" in page
    assert "<dt>openings</dt><dd>handle: o1; handle: o2</dd>" in page
    assert "<em>slot_taken</em>" in page
    assert "31 ms" in page


def test_the_appointment_written_is_linked(staff: Client, booked: Call) -> None:
    page = read(staff, f"/calls/{booked.pk}/")
    appointment = booked.tool_calls.exclude(appointment=None)[0].appointment

    assert appointment
    assert f"/admin/scheduling/appointment/{appointment.pk}/change/" in page
    assert f"Appointment {appointment.confirmation_number}" in page
    assert f"{appointment.local_arrival:%A, %B %-d, %-I:%M %p}" in page


def test_a_tool_call_leads_to_the_line_of_the_history_that_it_wrote(staff: Client, store: Rooftop) -> None:
    """Not to what the phone desk did in another call."""
    visit = store.appointments.filter(status="booked", arrives_at__gt=SATURDAY).latest("arrives_at")
    services = [line.op_code for line in visit.lines.all()]
    day, began = date(2026, 12, 1), SATURDAY + timedelta(hours=1)
    openings = booking.openings(store, services, day, day, now=SATURDAY, transport=visit.transport)
    call = make_call(store, started_at=began, ended_at=began + timedelta(minutes=2))
    for opening, at in ((openings[0], began + timedelta(seconds=61)), (openings[4], began + HOUR)):
        visit = booking.reschedule(visit, opening.arrives_at, actor="phone desk", now=at)
    for key, code in (("1", "ok"), ("2", "busy")):
        ToolCall.objects.create(
            call=call,
            key=key,
            name="reschedule_appointment",
            code=code,
            at_ms=60_000,
            duration_ms=20,
            appointment=visit,
        )
    page, written = read(staff, f"/calls/{call.pk}/"), visit.version - 1
    assert page.count(f"/admin/scheduling/appointment/{visit.pk}/change/#version-{written}") == 1
    assert page.count("#version-") == 1
    assert f'id="version-{written}"' in read(staff, f"/admin/scheduling/appointment/{visit.pk}/change/")


def test_a_promised_callback_stands_beside_the_transcript(staff: Client, booked: Call) -> None:
    FollowUpTask.objects.create(
        rooftop=booked.rooftop,
        kind="callback",
        summary="Wants a person.",
        call_sid=booked.sid,
        due_at=SATURDAY + timedelta(hours=1),
    )

    page = read(staff, f"/calls/{booked.pk}/")
    assert "Wants a person." in page
    assert "Due Sat, Nov 21, 11:00 AM" in page


def test_a_call_without_words_says_so(staff: Client, store: Rooftop) -> None:
    assert "Nothing was said" in read(staff, f"/calls/{make_call(store).pk}/")


def test_a_running_call_keeps_itself_fresh(staff: Client, store: Rooftop) -> None:
    running = make_call(store, ended_at=None)

    assert 'hx-trigger="every 3s"' in read(staff, f"/calls/{running.pk}/")


@pytest.mark.security
def test_words_of_a_caller_are_never_markup(staff: Client, store: Rooftop) -> None:
    call = make_call(store)
    Turn.objects.create(
        call=call, number=0, speaker="caller", text="<script>alert(1)</script>", starts_ms=0, ends_ms=1
    )

    assert "<script>alert(1)" not in read(staff, f"/calls/{call.pk}/")


def test_a_long_call_costs_no_more_queries_than_a_short_one(staff: Client, store: Rooftop) -> None:
    call = make_call(store)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            read(staff, f"/calls/{call.pk}/")
        return len(queries)

    Turn.objects.create(call=call, number=0, speaker="desk", text="Hello.", starts_ms=0, ends_ms=1)
    short = count()
    for number in range(1, 40):
        Turn.objects.create(
            call=call, number=number, speaker="desk", text="Hello.", starts_ms=number, ends_ms=number
        )
    assert count() == short


def test_the_staff_site_lists_calls_and_changes_none(staff: Client, booked: Call) -> None:
    page = read(staff, "/admin/voice/call/")

    assert f'href="/calls/{booked.pk}/"' in page
    assert staff.post(f"/admin/voice/call/{booked.pk}/change/", {"sid": "x"}).status_code == 403
    assert staff.get("/admin/voice/call/add/").status_code == 403
    assert "Maria Lopez, (212) 555-0143" in read(staff, f"/admin/voice/call/{booked.pk}/change/")


def test_the_staff_site_shows_what_a_call_cost(staff: Client, booked: Call) -> None:
    Call.objects.filter(pk=booked.pk).update(seconds_transcribed=83, characters_synthesized=912)
    for at_ms, tokens, error in (
        (2000, 4321, ""),
        (5000, 1000, ""),
        (6000, None, "OpenAI refused: 500 None"),
    ):
        save_usage(usage(booked, ModelUse("gpt-4o", tokens, tokens and 40, 120, error), at_ms=at_ms))

    page = read(staff, f"/admin/voice/call/{booked.pk}/change/")

    assert "5,321 in, 80 out" in page
    assert all(text in page for text in ("4321", "OpenAI refused: 500 None", "0:06", "83", "912"))
    assert "usages-0-prompt_tokens" not in page  # nothing to write into


def test_a_count_that_is_kept_twice_counts_once(booked: Call) -> None:
    row = usage(booked, ModelUse("m" * 200, 10, 5, 20, "e" * 300), at_ms=1)
    save_usage(row)
    save_usage(row)

    assert booked.usages.count() == 1


def test_calls_are_found_by_the_number_as_people_write_it(staff: Client, store: Rooftop) -> None:
    maria = make_call(store)
    other = make_call(store, "CA2", caller_number="+12125550199", customer=None)

    page = read(staff, "/admin/voice/call/?q=(212) 555-0143")
    assert f"/calls/{maria.pk}/" in page
    assert f"/calls/{other.pk}/" not in page
