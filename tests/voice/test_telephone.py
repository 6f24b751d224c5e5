"""Whole telephone calls: Twilio, Deepgram and OpenAI over real sockets, the product between them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from crm.models import Rooftop
from dealership import demo_call
from tests.emulators.base import Fault
from tests.emulators.media_stream import Stream
from tests.emulators.openai import Dialogue, Reply, Use
from tests.emulators.openai_script import Body, system
from tests.factories import make_demo_store
from tests.talking import MARIA
from tests.voice.exchange import Exchange, brisk, exchange
from voice.calls import written_by
from voice.database import in_database
from voice.models import Call

pytestmark = [pytest.mark.integration, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scenario(transactional_db: None) -> demo_call.Scenario:
    otto: Rooftop = make_demo_store(timezone.now())
    return demo_call.scenarios(otto, now=timezone.now())["maria"]


def sensible_mind(day: str) -> Dialogue:
    """Looks for openings, reads back, books the first offer after a yes, takes leave."""

    def offered(body: Body) -> tuple[str, str]:
        """Handle and moment of the first offer."""
        line = system(body).partition("Offers made (handle, time):\n- ")[2].partition(" (")[0]
        handle, _, moment = line.partition(": ")
        return handle, moment

    def read_back(body: Body) -> Reply:
        return Reply(f"An oil change for your Civic on {offered(body)[1]}. Shall I book it?")

    def book(body: Body) -> Reply:
        offer, _ = offered(body)
        car = {"make": "Honda", "model": "Civic", "name": "Maria Lopez"}
        return Reply(uses=(Use("book_appointment", {"offer": offer, "services": ["LOF"], **car}),))

    search = {"services": ["LOF"], "first_day": day, "not_after": "12:00"}
    rules: list[tuple[str, Any]] = [
        ("oil change", Reply("Let me look.", (Use("get_available_slots", search),))),
        ("first one", read_back),
        ("book it", book),
        ("goodbye", Reply(uses=(Use("end_call"),))),
    ]
    offers = {"get_available_slots": lambda result: f"{result['spoken']} Which one?"}
    return Dialogue(rules, after=offers, otherwise="How can I help you?")


@pytest.fixture
async def line(settings: Settings, scenario: demo_call.Scenario) -> AsyncIterator[Exchange]:
    assert scenario.expected
    mind = sensible_mind(scenario.expected.day.isoformat())
    async with exchange(settings, script=mind) as connected:
        yield connected


async def ask(stream: Stream, sentence: str, answer: str) -> str:
    """Say a sentence and wait for the desk's answer to be heard."""
    before = len(stream.words)
    await stream.say(brisk(sentence))
    return await stream.hears(answer, after=before)


async def test_a_caller_books_by_telephone(line: Exchange, scenario: demo_call.Scenario) -> None:
    call = await line.ring(MARIA)
    stream = await call.streaming()
    await stream.hears(r"maria\?")
    await ask(stream, "Yes, this is Maria.", r"help you\?")
    await ask(stream, "I need an oil change for my Civic.", r"which one\?")
    await ask(stream, "The first one, please.", r"book it\?")
    await ask(stream, "Yes, please book it.", r"you're booked")
    await ask(stream, "No, goodbye.", "goodbye")

    assert await call.over() == "completed"
    assert call.said == []  # the desk hung up after its own goodbye
    row = await in_database(Call.objects.get, sid=call.sid)
    (appointment,) = await in_database(written_by, row)
    assert (row.outcome, str(appointment.customer)) == (Call.Outcome.BOOKED, "Maria Lopez")
    assert stream.rejected == []
    assert (line.twilio.webhooks.of("voice")[0].status, line.deepgram.open_connections) == (200, 0)


async def test_a_lost_media_socket_goes_on_where_it_was(line: Exchange) -> None:
    call = await line.ring(MARIA)
    stream = await call.streaming()
    await stream.hears(r"maria\?")
    await ask(stream, "Yes, this is Maria.", r"help you\?")
    await ask(stream, "I need an oil change for my Civic.", r"which one\?")
    await ask(stream, "The first one, please.", r"book it\?")
    stream.drop()

    async with asyncio.timeout(10):
        while len(call.streams) < 2:
            await asyncio.sleep(0.05)
    again = call.streams[-1]
    assert "we were cut off" in await again.hears(r"book it\?")
    await ask(again, "Yes, please book it.", r"you're booked")
    await ask(again, "No, goodbye.", "goodbye")

    assert await call.over() == "completed"
    row = await in_database(Call.objects.get, sid=call.sid)
    assert (len(await in_database(written_by, row)), row.resumes, call.dialled) == (1, 1, [])


async def test_three_callers_at_once_hear_their_own(line: Exchange) -> None:
    async def hold(number: str, name: str) -> str:
        stream = await (await line.ring(number)).streaming()
        await stream.hears(r"\?")
        before = len(stream.words)
        await stream.say(brisk(f"Hello, my name is {name}."))
        return await stream.hears(r"help you\?", after=before)

    numbers = [f"+1212555018{place}" for place in range(3)]
    await asyncio.gather(*(hold(number, f"Caller{place}") for place, number in enumerate(numbers)))

    said = [body["messages"][-1]["content"] for body in line.openai.bodies]
    assert sorted(said) == [f"Hello, my name is Caller{place}." for place in range(3)]


async def test_a_lost_media_socket_is_a_spoken_apology_or_a_person(line: Exchange) -> None:
    line.twilio.faults.append(Fault("drop", "stream", after=100))
    call = await line.ring(MARIA)
    await call.over()
    assert call.said or call.dialled or len(call.streams) > 1
