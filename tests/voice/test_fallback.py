"""When no model answers the built-in replies go on: same call, same state, same tools."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pytest_django import Settings

from crm import faults
from crm.models import SystemFault
from scheduling.models import Appointment
from tests.emulators.base import Fault
from tests.emulators.openai import OpenAI, Reply, Use
from tests.factories import make_demo_store
from tests.talking import MARIA, Talk
from voice.breaker import Breaker
from voice.database import in_database
from voice.providers import make_mind
from voice.replies import openai as provider

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

SEARCH = Use("get_available_slots", {"services": ["LOF"], "first_day": "2026-11-24"})


@pytest.fixture
async def openai(settings: Settings, transactional_db: None) -> AsyncIterator[OpenAI]:
    await in_database(make_demo_store)
    async with OpenAI(key="secret") as server:
        settings.OPENAI_API_KEY = "secret"
        settings.OPENAI_BASE_URL = server.api_url
        settings.OPENAI_MODELS = ["first", "second"]
        settings.REPLY_MODEL = "voice.replies.openai.OpenAIReplies"
        yield server
        await provider.close_client()


async def talk_to_the_model() -> Talk:
    talk = await Talk.begin(MARIA)
    talk.mind = make_mind(talk.toolbox.store)
    return talk


async def bookings() -> list[Appointment]:
    return await in_database(lambda: list(Appointment.objects.select_related("vehicle", "customer")))


@pytest.mark.parametrize("kind", ["refuse", "cut", "drop", "garbage", "error"])
async def test_the_caller_still_books_when_every_model_fails_mid_call(openai: OpenAI, kind: str) -> None:
    openai.left = [
        "Sure, Maria.",
        Reply("Let me look.", (SEARCH,)),
        "I have a few times that day. Which one?",
    ]
    talk = await talk_to_the_model()
    await talk.say("Yes, it's Maria. My Civic needs an oil change.")
    await talk.say("Tuesday would be good.")
    openai.faults.append(Fault(kind))  # type: ignore[arg-type]

    read_back = await talk.say("The second one, please.")
    assert "Shall I book it?" in read_back
    assert "Honda Civic" in read_back
    assert "You're booked" in await talk.say("Yes.")

    (booked,) = await bookings()
    assert (booked.vehicle.model, booked.customer.first_name) == ("Civic", "Maria")
    assert await asyncio.to_thread(faults.flush, 5)
    noted = await in_database(lambda: set(SystemFault.objects.values_list("source", "call_sid")))
    assert noted == {("thinking", "CA1")}


@pytest.mark.parametrize(
    "written", ["{:%A, %B %-d at %-I:%M %p}", "{:%A, %b %-d at %-I:%M %p}", "{:%Y-%m-%dT%H:%M}"]
)
async def test_a_yes_to_the_models_read_back_still_books(openai: OpenAI, written: str) -> None:
    openai.left = ["Sure.", Reply("Let me look.", (SEARCH,)), "Which one?"]
    talk = await talk_to_the_model()
    await talk.say("Yes, it's Maria. My Civic needs an oil change.")
    await talk.say("Tuesday would be good.")
    offer = talk.conversation.offers[0]
    openai.left = [
        Reply("", (Use("hold_offer", {"offer": offer.handle, "services": ["LOF"]}),)),
        f"An oil change for your Civic on {written.format(offer.local)}. Shall I book it?",
    ]
    await talk.say("The first one, please.")
    openai.faults.append(Fault("refuse"))

    assert "You're booked" in await talk.say("Yes.")


async def test_a_booking_that_the_model_cannot_tell_of_is_told_all_the_same(openai: OpenAI) -> None:
    openai.left = ["Sure.", Reply("Let me look.", (SEARCH,)), "Which one?"]
    talk = await talk_to_the_model()
    await talk.say("Yes, it's Maria. My Civic needs an oil change.")
    await talk.say("Tuesday would be good.")
    offer = talk.conversation.offers[0]
    car = {"make": "Honda", "model": "Civic", "name": "Maria Lopez"}
    openai.left = [f"An oil change on {offer.local:%A, %B %-d at %-I:%M %p}. Shall I book it?"]
    await talk.say("The first one, please.")
    wanted = {"offer": offer.handle, "services": ["LOF"], **car}
    openai.left = [Reply("", (Use("book_appointment", wanted),))]
    openai.faults.append(Fault("drop", skip=1))

    assert "You're booked" in await talk.say("Yes, please.")
    assert len(await bookings()) == 1


async def test_nobody_waits_for_a_model_that_keeps_failing(openai: OpenAI) -> None:
    openai.faults.append(Fault("refuse"))
    talk = await talk_to_the_model()
    for words in ("Yes, it's Maria.", "I need an oil change.", "For my Civic.", "On Tuesday."):
        await talk.say(words)
    # Two turns, each by both models; the others did not ask.
    assert len(openai.bodies) == 4


def test_after_a_rest_one_call_tries_and_the_others_follow() -> None:
    breaker = Breaker(failures_at_most=2, rest_seconds=20)
    breaker.failed(0.0)
    assert breaker.allows(0.1)
    breaker.failed(0.2)
    assert not breaker.allows(20.0)
    assert breaker.allows(20.3)
    assert not breaker.allows(20.4)
    breaker.succeeded()
    assert breaker.allows(20.5)
    assert breaker.allows(20.6)
