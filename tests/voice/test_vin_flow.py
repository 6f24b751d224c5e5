"""A caller who reads out a VIN in place of the make and model."""

from collections.abc import AsyncIterator

import pytest
from pytest_django import Settings

from tests.emulators.nhtsa import Nhtsa
from tests.factories import make_demo_store
from tests.talking import STRANGER, Talk
from tests.voice.scripted_checks import sentences
from voice.conversation import phrases, questions
from voice.conversation.states import Ending
from voice.database import in_database

pytestmark = pytest.mark.integration

SAID = "one h g c v one f three six l a zero zero zero one two {}"


@pytest.fixture
async def nhtsa(settings: Settings) -> AsyncIterator[Nhtsa]:
    async with Nhtsa() as server:
        settings.NHTSA_BASE_URL = server.vpic_url
        settings.NHTSA_RECALLS_BASE_URL = server.base_url
        yield server


@pytest.fixture
async def talk(transactional_db: None, nhtsa: Nhtsa) -> Talk:
    """A stranger who wants an oil change, and is asked which car it is."""
    await in_database(make_demo_store)
    talk = await Talk.begin(STRANGER)
    await talk.say("I need an oil change.")
    assert talk.conversation.asked == questions.ASK_VEHICLE
    return talk


async def test_a_vin_tells_the_car(talk: Talk) -> None:
    reply = await talk.say(SAID.format("three"))
    assert "Honda Accord" in reply
    assert talk.conversation.asked == questions.ASK_DAY
    assert talk.conversation.slots.services == ["LOF"]


async def test_one_letter_that_was_misheard_is_read_back(talk: Talk) -> None:
    reply = await talk.say(SAID.format("b"))
    assert reply.startswith("I have one H G, C V")
    assert talk.conversation.slots.vehicle is None
    assert "Honda Accord" in await talk.say("Yes, that's right.")
    assert talk.conversation.vin == ""


async def test_a_wrong_or_short_vin_is_asked_for_again(talk: Talk) -> None:
    await talk.say(SAID.format("b"))
    assert await talk.say("No.") == phrases.VIN_AGAIN
    assert await talk.say("one h g c v one f three six l a") == phrases.VIN_AGAIN
    assert "day" in await talk.say("It's a 2018 Ford Fusion.")


async def test_a_recall_that_forbids_driving_is_two_sentences_and_a_person(talk: Talk) -> None:
    reply = ""
    for line in ("Are there any recalls on my car?", "a 2020 Honda Accord"):
        reply = await talk.say(line)
    assert "shouldn't be driven, so please leave it parked" in reply
    assert len(sentences(reply)) == 2
    assert talk.conversation.ending is Ending.TRANSFER
