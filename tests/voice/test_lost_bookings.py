"""A booking that is under way when the caller hangs up or the database is lost: written once or not at
all, and the tool's row says which."""

import asyncio
import re
from collections.abc import AsyncIterator
from itertools import count

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from crm.models import Rooftop
from dealership import demo_call
from scheduling.models import Appointment
from tests import talking
from tests.emulators.base import Fault, Kind
from tests.emulators.openai import Dialogue, Reply, Use
from tests.emulators.openai_script import Body, system
from tests.emulators.proxy import Proxy
from tests.factories import make_demo_store
from tests.talking import MARIA, Talk
from tests.voice.caller import Caller
from tests.voice.exchange import Exchange, exchange
from tests.voice.outages import postgresql_behind, proxy_to_postgresql
from tests.voice.test_session import a_slow_calendar, someone_waits_for_the_calendar
from voice import database
from voice.database import in_database
from voice.models import Call, ToolCall, Turn
from voice.ports import ToolResult
from voice.record import Record
from voice.tools.registry import UNSURE, Toolbox

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

YES = "Yes, please book it."


@pytest.fixture(autouse=True)
def otto(transactional_db: None) -> Rooftop:
    rooftop = make_demo_store(timezone.now())
    connection.close()  # it knows of no pool
    return rooftop


async def told_and_written(sid: str) -> tuple[list[Appointment], list[ToolCall]]:
    def found() -> tuple[list[Appointment], list[ToolCall]]:
        uses = ToolCall.objects.filter(call__sid=sid, name="book_appointment").select_related("appointment")
        return list(Appointment.objects.all()), list(uses)

    return await in_database(found)


def agree(written: list[Appointment], uses: list[ToolCall]) -> bool:
    """Does exactly one row tell of the booking, or every row of none?"""
    successes = [use.appointment for use in uses if use.code == "ok"]
    others = {use.code for use in uses if use.code != "ok"}
    return len(written) <= 1 and successes == written and bool(uses) and others <= set(UNSURE)


# --- the caller hangs up ------------------------------------------------------------------


def books_at_once() -> Dialogue:
    def offered(body: Body) -> tuple[str, str]:
        """Handle and moment of the first offer."""
        line = system(body).partition("Offers made (handle, time):\n- ")[2].partition(" (")[0]
        handle, _, moment = line.partition(": ")
        return handle, moment

    def book(body: Body) -> Reply:
        offer, _ = offered(body)
        car = {"make": "Honda", "model": "Civic", "name": "Maria Lopez"}
        return Reply(uses=(Use("book_appointment", {"offer": offer, "services": ["LOF"], **car}),))

    return Dialogue(
        [
            ("oil change", Reply(uses=(Use("get_available_slots", {"services": ["LOF"]}),))),
            ("first one", lambda body: Reply(f"An oil change on {offered(body)[1]}. Shall I book it?")),
            ("book it", book),
        ],
        after={"get_available_slots": lambda result: f"{result['spoken']} Which of those works for you?"},
        otherwise="How can I help you with your car?",
    )


@pytest.fixture(params=["built-in", "model"])
async def line(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[Exchange]:
    async with exchange(settings, script=books_at_once()) as connected:
        if request.param == "built-in":
            settings.REPLY_MODEL = "voice.replies.builtin.BuiltinReplies"
        yield connected


@pytest.mark.parametrize(
    "lasts", [False, pytest.param(True, marks=pytest.mark.faults)], ids=["free-again", "locked"]
)
async def test_a_hang_up_in_the_middle_of_a_booking(line: Exchange, otto: Rooftop, lasts: bool) -> None:
    opening = (await in_database(demo_call.scenarios, otto, now=timezone.now()))["maria"].script.opening
    call = await line.ring(MARIA)
    is_asked = asyncio.Event()

    async def confirms() -> None:
        is_asked.set()

    lines = (
        (r"maria\?$", "Yes, this is Maria."),
        (r"your car\?$", opening),
        (demo_call.OFFERED, "The first one, please."),
        (r"book it\?$", YES),
    )
    holding = asyncio.create_task(Caller(call, lines, {r"book it\?$": confirms}).hold())
    await asyncio.wait_for(is_asked.wait(), 40)
    async with a_slow_calendar():
        await someone_waits_for_the_calendar()
        await call.hang_up()
        if lasts:
            await until_ended(call.sid)
    await holding
    row = await until_ended(call.sid)

    written, uses = await told_and_written(call.sid)
    assert agree(written, uses)
    assert len(written) == (0 if lasts else 1)
    assert row.outcome == (Call.Outcome.HUNG_UP if lasts else Call.Outcome.BOOKED)
    last = await in_database(lambda: Turn.objects.filter(call=row, speaker="caller").latest("number").text)
    assert re.sub(r"\W", "", last) == re.sub(r"\W", "", YES)


async def until_ended(sid: str) -> Call:
    async with asyncio.timeout(20):
        while not (row := await in_database(Call.objects.get, sid=sid)).ended_at:
            await asyncio.sleep(0.05)
    return row


# --- the database is lost -----------------------------------------------------------------


@pytest.fixture
async def proxy(otto: Rooftop) -> AsyncIterator[Proxy]:
    async with proxy_to_postgresql() as proxy, postgresql_behind(proxy):
        yield proxy


async def a_chosen_offer(number: int) -> tuple[Toolbox, Record, dict[str, object]]:
    """A call in which everything is said, and nothing written yet."""
    talk = await Talk.begin(MARIA, sid=f"CA{number}", now=timezone.now())
    record = Record(talk.call)
    record.start()
    tools = Toolbox(talk.call, talk.toolbox.store, talk.conversation, note=record.note)
    await tools.call("get_available_slots", {"services": ["LOF"]})
    offer = talk.conversation.offers[0]
    talking.agree(talk.conversation, offer.local)
    return tools, record, {"offer": offer.handle, "services": ["LOF"], "make": "Honda", "model": "Civic"}


async def book(tools: Toolbox, record: Record, booking: dict[str, object], proxy: Proxy) -> ToolResult:
    """Through whatever was struck, which is over when the call is."""
    result = await tools.call("book_appointment", booking)
    await proxy.heal()
    await tools.settle()
    record.finish(lambda: None)
    await record.close()
    return result


@pytest.mark.parametrize(
    ("kind", "times", "code"),
    [("drop", 1, "ok"), ("drop", 1000, "unavailable"), ("stall", 1000, "unavailable")],
)
async def test_a_booking_whose_last_answer_is_lost_is_there_and_the_row_says_so(
    proxy: Proxy, kind: Kind, times: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "ANSWER_SECONDS", 1.0)
    tools, record, booking = await a_chosen_offer(1)
    await proxy.strike(Fault(kind, times=times), at=b"COMMIT")
    assert (await book(tools, record, booking, proxy)).code == code
    written, uses = await told_and_written("CA1")
    assert len(written) == 1
    assert agree(written, uses)
    assert uses[0].result["data"].get("the_caller_was_told", True) is (code == "ok")


async def test_what_is_lost_behind_the_commit_hides_nothing_from_the_caller(proxy: Proxy) -> None:
    tools, record, booking = await a_chosen_offer(1)
    await proxy.strike(Fault("drop", times=1), at=b'UPDATE "crm_rooftop"')  # forgets who is known
    assert (await book(tools, record, booking, proxy)).is_ok
    written, uses = await told_and_written("CA1")
    assert len(written) == 1
    assert agree(written, uses)


@pytest.mark.faults
async def test_wherever_the_connection_is_lost_the_row_says_what_was_written(proxy: Proxy) -> None:
    """Behind each of the answers that a booking takes, in turn."""
    for number in count():
        tools, record, booking = await a_chosen_offer(number)
        fault = Fault("drop", after=number, times=1)
        await proxy.strike(fault)
        result = await book(tools, record, booking, proxy)
        written, uses = await told_and_written(f"CA{number}")
        assert agree(written, uses), (number, result.code, uses)
        assert bool(written) == result.is_ok, number
        await in_database(lambda: Appointment.objects.all().delete())
        if result.is_ok and fault.times:
            break
    assert number > 20


async def test_what_needs_no_database_works_without_one(proxy: Proxy) -> None:
    tools, record, _ = await a_chosen_offer(1)
    await proxy.strike(Fault("refuse"))
    assert (await tools.call("end_call", {})).is_ok
    assert (await tools.call("get_store_info", {"topic": "hours"})).is_ok
    assert (await tools.call("get_available_slots", {"services": ["LOF"]})).code == "unavailable"

    await proxy.heal()
    record.finish(lambda: None)
    await record.close()
    uses = await in_database(lambda: list(ToolCall.objects.order_by("pk").values_list("name", "code")))
    assert uses[1:] == [("end_call", "ok"), ("get_store_info", "ok"), ("get_available_slots", "unavailable")]
