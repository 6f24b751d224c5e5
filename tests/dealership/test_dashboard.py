"""The managers' dashboard: what it counts, what each number leads to, and who may see it."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.models import Rooftop, Staff, Vehicle
from dealership.dashboard.definitions import DEFINITIONS
from scheduling.models import Appointment, AppointmentLine, OpCode
from tests.factories import SATURDAY
from tests.voice.small import BART_NUMBER, make_small_store
from voice import after_calls
from voice.models import Call, ToolCall, Turn

pytestmark = pytest.mark.django_db

BART = "Bart's Automotive"
HOUR = timedelta(hours=1)
NIGHT = SATURDAY - timedelta(hours=12)  # Friday, 22:00 in Albany
COUNTS = re.compile(
    r'class="board-count"><a href="([^"]+)"><strong>(\d+)</strong></a> of <a href="([^"]+)">(\d+)'
)
BAR = re.compile(r'<td><a href="([^"]+)">(\d+)</a></td>')


@pytest.fixture
def otto(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rooftop]:
    monkeypatch.setattr(timezone, "now", lambda: SATURDAY)
    bart = make_small_store(number=BART_NUMBER, name=BART)
    Rooftop.objects.filter(pk=bart.pk).update(time_zone="America/Phoenix")
    yield make_small_store()


@pytest.fixture
def manager(otto: Rooftop) -> Client:
    """Of every store."""
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


def make_call(rooftop: Rooftop, sid: str, *, answer_ms: int = 0, **fields: Any) -> Call:
    began = fields.get("started_at", SATURDAY - timedelta(hours=1))
    call = Call.objects.create(
        **{
            "rooftop": rooftop,
            "sid": sid,
            "carrier": "browser",
            "started_at": began,
            "stream_opened_at": began,
            "ended_at": began + timedelta(seconds=80),
            "outcome": "hung_up",
            "agent_version": "built-in",
            **fields,
        }
    )
    if answer_ms:
        Turn.objects.create(
            call=call,
            number=1,
            speaker="desk",
            text="Sure.",
            starts_ms=0,
            ends_ms=900,
            latencies={"first_frame": answer_ms - 10, "first_mark": answer_ms},
        )
    return call


def booked(rooftop: Rooftop, sid: str, status: str = "booked", **fields: Any) -> Call:
    call = make_call(
        rooftop, sid, outcome="booked", conversation={"call_sid": sid, "intent": "book"}, **fields
    )
    vehicle = Vehicle.objects.create(rooftop=rooftop, make="Honda", model="Civic")
    visit = Appointment.objects.create(
        rooftop=rooftop,
        customer=rooftop.customers.all()[0],
        vehicle=vehicle,
        confirmation_number=sid,
        arrives_at=SATURDAY - timedelta(days=1),
        ready_at=SATURDAY,
        status=status,
        source="phone",
    )
    ToolCall.objects.create(
        call=call, key="1", name="book_appointment", code="ok", at_ms=1, duration_ms=1, appointment=visit
    )
    return call


@pytest.fixture
def calls(otto: Rooftop) -> None:
    """A week in which everything happened that the dashboard knows."""
    bart = Rooftop.objects.get(name=BART)
    booked(otto, "C1", "completed", started_at=NIGHT, answer_ms=700)
    booked(otto, "C2", "no_show", answer_ms=800)
    booked(bart, "C3", answer_ms=900)
    # Hung up, then called again and was told what they asked.
    earlier = SATURDAY - timedelta(hours=2)
    same: dict[str, Any] = {"caller_number": "+12125550188"}
    wish = {"call_sid": "C4", "intent": "book"}
    make_call(
        otto, "C4", conversation=wish, answer_ms=2400, started_at=earlier, ended_at=earlier + HOUR / 4, **same
    )
    hours = {"call_sid": "C5", "intent": "hours_inquiry"}
    make_call(otto, "C5", outcome="no_booking", conversation=hours, **same)
    fetched = {"intent": "speak_to_human", "ending": "transfer"}
    make_call(otto, "C6", outcome="transferred", conversation={"call_sid": "C6", **fetched})
    untrue = make_call(bart, "C7", outcome="message", conversation={"call_sid": "C7", **fetched})
    Turn.objects.create(
        call=untrue, number=1, speaker="desk", text="You're booked for noon.", starts_ms=0, ends_ms=900
    )
    oil = OpCode.objects.create(
        rooftop=otto,
        code="LOF",
        name="Oil change",
        minutes=30,
        price_min=80,
        price_max=131,
        skill="express",
        bay_types=["express"],
    )
    AppointmentLine.objects.create(
        appointment=Appointment.objects.get(confirmation_number="C1"),
        op_code=oil,
        minutes=30,
        price_min=80,
        price_max=131,
    )
    make_call(otto, "C8", stream_opened_at=None, agent_version="")
    make_call(otto, "C9", direction="outbound", purpose="reminder", outcome="confirmed")
    make_call(otto, "C10", direction="outbound", purpose="reminder", outcome="voicemail")
    make_call(otto, "C11", ended_at=None, outcome="running")
    make_call(otto, "C12", started_at=SATURDAY - timedelta(days=20), ended_at=SATURDAY - timedelta(days=20))
    after_calls.look_back(now=SATURDAY)


def read(client: Client, query: str = "") -> str:
    answer = client.get(f"/dashboard/?{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def figures(page: str) -> dict[str, tuple[int, int]]:
    """hits and total, by the definition's key."""
    found = COUNTS.findall(page)
    return {
        each.key: (int(hits), int(total))
        for each, (_, hits, _, total) in zip(DEFINITIONS, found, strict=True)
    }


def listed(client: Client, address: str) -> int:
    answer = client.get(html.unescape(address))
    assert answer.status_code == 200
    return int(answer.context["page"].paginator.count)


def test_it_counts_what_its_definitions_say(manager: Client, calls: None) -> None:
    page = read(manager)

    assert figures(page) == {
        "answered": (7, 8),
        "containment": (4, 7),  # three bookings and a question
        "bookings": (3, 4),
        "handovers": (1, 2),
        "abandoned": (2, 8),
        "recovered": (1, 2),
        "after_hours": (2, 3),  # in Phoenix it is seven on a Saturday
        "shows": (1, 2),
        "reminders": (1, 2),
        "false_confirmations": (1, 7),
        "waits": (4, 10),
        "revenue": (1, 3),
        "cost": (10, 10),
    }
    assert "2.4 s" in page
    assert "$105.50" in page and "An estimate, not what was billed" in page
    assert "The target is zero" in page and "board-alarm" in page
    assert all(each.meaning.split(".")[0] in html.unescape(page) for each in DEFINITIONS)


def test_every_number_and_every_bar_leads_to_exactly_its_calls(manager: Client, calls: None) -> None:
    lists: dict[str, int] = {}
    for figure in ("answered", "shows", "false_confirmations", "waits", "revenue"):
        page = read(manager, f"figure={figure}&period=30")
        found = COUNTS.findall(page)
        numbers = [pair for hit_url, hits, url, total in found for pair in ((hit_url, hits), (url, total))]
        bars = [(address, count) for address, count in BAR.findall(page) if count != "0"]
        assert len(numbers) == 2 * len(DEFINITIONS)
        assert len(bars) >= 4  # by day, hour, store and version
        for address, count in [*numbers, *bars]:
            if address not in lists:
                lists[address] = listed(manager, address)
            assert lists[address] == int(count), address
        assert all(
            f'href="{address}" aria-label="' in page or f'href="{address}" title="' in page
            for address, _ in bars
        )


def test_who_is_won_back_by_a_visit_or_a_callback_counts_and_a_reminder_wins_nobody(
    otto: Rooftop,
) -> None:
    maria = otto.customers.all()[0]
    by_hand = make_call(otto, "M1", customer=maria)
    rung_back = make_call(otto, "M2", caller_number="+12125550111")
    only_reminded = make_call(otto, "M3", caller_number="+12125550122")
    too_late = make_call(otto, "M4", caller_number="+12125550133")
    after: dict[str, Any] = {"started_at": SATURDAY, "ended_at": SATURDAY + HOUR, "direction": "outbound"}
    make_call(otto, "R2", outcome="booked", purpose="follow_up", caller_number="+12125550111", **after)
    make_call(otto, "R3", outcome="confirmed", purpose="reminder", caller_number="+12125550122", **after)
    late = SATURDAY + timedelta(hours=25)
    make_call(
        otto, "R4", outcome="booked", caller_number="+12125550133", started_at=late, ended_at=late + HOUR
    )
    Appointment.objects.create(
        rooftop=otto,
        customer=maria,
        vehicle=Vehicle.objects.create(rooftop=otto, make="Honda"),
        confirmation_number="555555",
        arrives_at=SATURDAY,
        ready_at=SATURDAY + HOUR,
        source="staff",
        created_at=SATURDAY,
    )
    assert after_calls.won_back(now=SATURDAY) == 2
    won = Call.objects.filter(was_recovered=True)
    assert {*won} == {by_hand, rung_back} and {*won}.isdisjoint({only_reminded, too_late})
    assert after_calls.won_back(now=SATURDAY) == 0


def test_days_stores_and_nonsense(manager: Client, otto: Rooftop, calls: None) -> None:
    assert figures(read(manager, "period=30"))["answered"] == (8, 9)
    assert figures(read(manager, "period=today"))["after_hours"] == (1, 2)
    assert figures(read(manager, f"rooftop={otto.pk}"))["answered"] == (5, 6)
    assert figures(read(manager, "period=own&since=2026-11-20&until=2026-11-20"))["answered"] == (1, 1)
    for query, sentence in (
        ("period=own", "Choose both days"),
        ("period=own&since=2026-11-20&until=2026-11-19", "lies before the first"),
        ("period=own&since=2020-01-01&until=2026-11-19", "100 days at most"),
        ("period=own&since=9999-12-31&until=9999-12-31", "between the years"),
        ("period=own&since=x&until=2026-11-19", "Enter a valid date"),
    ):
        page = read(manager, query)
        assert sentence in page
        assert figures(page)["answered"] == (7, 8)
    assert "By day" in read(manager, "figure=x&rooftop=999999&period=y")


def test_without_calls_it_shows_dashes(manager: Client, otto: Rooftop) -> None:
    page = read(manager)
    assert page.count(">–</a>") == len(DEFINITIONS)
    assert "No calls in these days" in page


@pytest.mark.security
def test_it_shows_only_the_stores_of_whoever_looks(otto: Rooftop, calls: None) -> None:
    client = Client()
    assert client.get("/dashboard/").status_code == 302
    visitor = User.objects.create_user("visitor", is_staff=True)
    client.force_login(visitor)
    assert client.get("/dashboard/").status_code == 403

    bart = Rooftop.objects.get(name=BART)
    own = User.objects.create_user("meg", is_staff=True)
    own.user_permissions.add(Permission.objects.get(codename="view_call"))
    Staff.objects.create(rooftop=bart, user=own, name="Meg", role="manager")
    client.force_login(own)
    assert figures(read(client))["answered"] == (2, 2)
    assert "Otto" not in read(client)
    assert figures(read(client, f"rooftop={otto.pk}"))["answered"] == (2, 2)


def test_more_calls_and_days_cost_no_more_queries(manager: Client, otto: Rooftop, calls: None) -> None:
    read(manager)
    with CaptureQueriesContext(connection) as few:
        read(manager, "period=today&figure=waits")
    for number in range(40):
        make_call(
            otto,
            f"D{number}",
            started_at=SATURDAY - timedelta(hours=9 * number),
            agent_version=f"v{number}",
            slowest_ms=500,
            answer_ms=500,
        )
    with CaptureQueriesContext(connection) as many:
        read(manager, "period=30&figure=waits")
    assert len(many) == len(few) <= 24
