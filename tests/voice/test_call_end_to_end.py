"""Whole calls, from the first ring to the row in the calendar."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from crm.models import Rooftop
from dealership import demo_call
from tests.emulators.deepgram import Deepgram
from tests.emulators.openai import OpenAI, Reply, Use
from tests.factories import make_demo_store
from tests.talking import MARIA
from tests.voice.leaks import nothing_left_running
from tests.voice.live import phoning, served_by
from tests.voice.phone import Phone, ringing
from tests.voice.sound import silence, voice
from voice.calls import written_by
from voice.database import in_database
from voice.models import Call, Turn
from voice.replies import openai as openai_replies

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def otto(transactional_db: None) -> Rooftop:
    return make_demo_store(timezone.now())


@pytest.fixture
def scenario(otto: Rooftop) -> demo_call.Scenario:
    return demo_call.scenarios(otto, now=timezone.now())["maria"]


@pytest.fixture(scope="module")
def daphne_url(django_db_setup: None) -> Iterator[str]:
    with served_by("daphne") as url:
        yield url


async def booked_as_wanted(call: Call, scenario: demo_call.Scenario) -> bool:
    """One row: Maria's oil change on the morning she wanted."""
    (row,) = await in_database(written_by, call)
    services = await in_database(lambda: [line.op_code.code for line in row.lines.all()])
    wanted = scenario.expected
    assert wanted
    found = (str(row.customer), ",".join(services), row.local_arrival.date(), row.vehicle.model)
    return found == (wanted.customer, wanted.service, wanted.day, wanted.vehicle)


# --- on real servers ----------------------------------------------------------------------


# A minute of real time; the spoken booking in the browser takes the same way in every run.
@pytest.mark.proofs
@pytest.mark.e2e
@pytest.mark.timeout(240)
async def test_a_spoken_call_books(
    uvicorn_url: str, scenario: demo_call.Scenario, settings: Settings
) -> None:
    """A synthesized voice through 8 kHz mulaw, in real time: nothing in it is pretended."""
    settings.PUBLIC_BASE_URL = uvicorn_url  # what the simulated carrier signs

    result = await demo_call.run("maria", now=timezone.now(), base_url=uvicorn_url)

    assert result.problem == "", await in_database(demo_call.report, result)
    assert result.call.outcome == Call.Outcome.BOOKED
    assert await booked_as_wanted(result.call, scenario)
    speakers = [turn.speaker for turn in result.turns]
    assert speakers.count(Turn.Speaker.CALLER) >= 5
    assert result.turns[-1].text.endswith("Goodbye!")


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
async def test_a_typed_call_books(
    server: str, scenario: demo_call.Scenario, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(f"{server}_url")
    async with phoning(url, MARIA) as phone:
        await phone.reply()
        await phone.converse(scenario.script.opening, scenario.script.answers)
        call = await phone.row()

    assert (phone.closed, phone.notices) == (1000, ["ended"])
    assert call.outcome == Call.Outcome.BOOKED
    assert await booked_as_wanted(call, scenario)


@pytest.mark.security
@pytest.mark.parametrize(("server", "code"), [("uvicorn", 1008), ("daphne", 4008)])
async def test_a_wrong_token_hears_nothing(
    server: str, code: int, otto: Rooftop, request: pytest.FixtureRequest
) -> None:
    async with phoning(request.getfixturevalue(f"{server}_url"), MARIA, token="0" * 64) as phone:
        await phone.until(lambda: phone.closed is not None)

    assert (phone.closed, phone.captions, phone.audio) == (code, [], b"")


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
async def test_a_lost_socket_ends_the_call(
    server: str, otto: Rooftop, request: pytest.FixtureRequest
) -> None:
    async with phoning(request.getfixturevalue(f"{server}_url"), MARIA) as phone:
        await phone.until(lambda: bool(phone.audio))

    async with asyncio.timeout(5):
        while not (call := await phone.row()).ended_at:
            await asyncio.sleep(0.05)
    assert call.outcome == Call.Outcome.HUNG_UP


# --- with Deepgram and OpenAI -------------------------------------------------------------


@pytest.fixture
async def deepgram(settings: Settings) -> AsyncIterator[Deepgram]:
    async with Deepgram(key="dg") as server:
        settings.DEEPGRAM_API_KEY = "dg"
        settings.DEEPGRAM_BASE_URL = server.base_url
        settings.TRANSCRIBER = "voice.speech.nova.DeepgramTranscriber"
        settings.SYNTHESIZER = "voice.speech.aura.DeepgramSynthesizer"
        yield server


@pytest.fixture
async def openai(settings: Settings, scenario: demo_call.Scenario) -> AsyncIterator[OpenAI]:
    assert scenario.expected
    mind = Mind(scenario.expected.day.isoformat())
    async with OpenAI(key="oa", script=mind.answer) as server:
        settings.OPENAI_API_KEY = "oa"
        settings.OPENAI_BASE_URL = server.api_url
        settings.REPLY_MODEL = "voice.replies.openai.OpenAIReplies"
        yield server
        await openai_replies.close_client()


class Mind:
    """What a sensible model says: it looks for openings, offers, reads back, books, takes leave."""

    def __init__(self, day: str) -> None:
        self.day = day
        self.offer = self.moment = ""

    def answer(self, body: dict[str, Any]) -> Reply | str:
        message = body["messages"][-1]
        if message["role"] == "tool":
            return self.after(json.loads(message["content"]))
        heard = message["content"]
        if "oil change" in heard:
            search = {"services": ["LOF"], "first_day": self.day, "not_after": "12:00"}
            return Reply("Let me look.", (Use("get_available_slots", search),))
        if "first" in heard:
            return f"An oil change for your Civic on {self.moment}. Shall I book it?"
        if "book" in heard:
            car = {"make": "Honda", "model": "Civic", "name": "Maria Lopez"}
            return Reply("", (Use("book_appointment", {"offer": self.offer, "services": ["LOF"], **car}),))
        if "goodbye" in heard:
            return Reply("", (Use("end_call"),))
        return "How can I help you, Maria?"

    def after(self, result: dict[str, Any]) -> str:
        assert result["code"] == "ok", result
        if "offers" in result["data"]:
            first = result["data"]["offers"][0]
            self.offer, self.moment = first["handle"], first["spoken"]
        return f"{result['spoken']} What do you say?"


async def test_a_call_through_deepgram_and_openai_books(
    deepgram: Deepgram, openai: OpenAI, scenario: demo_call.Scenario
) -> None:
    async with nothing_left_running(), ringing(MARIA) as phone:
        greeting = await phone.reply()
        assert await say(phone, deepgram, "Yes, this is Maria.") == "How can I help you, Maria?"
        offers = await say(phone, deepgram, "I need an oil change for my Civic.")
        assert offers.startswith("Let me look. On")
        assert "Shall I book it?" in await say(phone, deepgram, "The first one, please.")
        assert "You're booked" in await say(phone, deepgram, "Yes, book it.")
        assert await say(phone, deepgram, "No, goodbye.") == "Thanks for calling. Goodbye!"
        await phone.until(lambda: phone.closed is not None)
        call = await phone.row()

    assert call.outcome == Call.Outcome.BOOKED
    assert await booked_as_wanted(call, scenario)
    spoken = [message["text"] for message in deepgram.said("Speak")]
    assert " ".join(spoken).startswith(greeting)
    assert deepgram.open_connections == 0
    turns = await phone.turns()
    assert [turn.text for turn in turns if turn.speaker == Turn.Speaker.CALLER] == [
        "Yes, this is Maria.",
        "I need an oil change for my Civic.",
        "The first one, please.",
        "Yes, book it.",
        "No, goodbye.",
    ]


async def say(phone: Phone, deepgram: Deepgram, sentence: str) -> str:
    """A second of voice, of which the recogniser makes this sentence; return the desk's answer."""
    deepgram.say(sentence)
    for mulaw in (voice(1.0), silence(0.5)):
        await phone.send_audio(mulaw)
    return await phone.reply()
