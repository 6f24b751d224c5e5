"""Every scripted caller of tests/callers holds a whole call; the database is the judge."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
from pytest_django import Settings

from tests.emulators.base import served
from tests.emulators.nhtsa import Nhtsa
from tests.emulators.openai import OpenAI
from tests.factories import make_demo_store
from tests.voice import scripted, scripted_checks
from tests.voice.connections import kept_connections
from tests.voice.scripted import Caller
from tests.voice.scripted_calls import hold
from tests.voice.scripted_models import ScriptedModel
from voice.database import in_database
from voice.replies import openai as provider

CALLERS_AT_LEAST, TO_A_MODEL_AT_LEAST = 120, 115
CALLERS = scripted.load()
TO_A_MODEL = [caller for caller in CALLERS if caller.model is not None]
# All of them take two minutes by the real clock: every sixth each time, and the rest in `make proofs`.
HELD_WITH_A_MODEL = TO_A_MODEL if os.environ.get("PROOFS") == "all" else TO_A_MODEL[::6]


def params(callers: list[Caller]) -> list[object]:
    """An expected failure that no longer fails is one, too: its mark has to go."""
    return [
        pytest.param(
            caller,
            id=caller.id,
            marks=pytest.mark.xfail(reason=caller.xfail, strict=True) if caller.xfail else (),
        )
        for caller in callers
    ]


@pytest.fixture(scope="module")
def nhtsa() -> Iterator[Nhtsa]:
    with served(Nhtsa()) as server:
        yield server


@pytest.fixture(autouse=True)
def silent(settings: Settings, nhtsa: Nhtsa) -> Iterator[None]:
    settings.TRANSCRIBER = "tests.fakes.FakeTranscriber"
    settings.SYNTHESIZER = "tests.fakes.FakeSynthesizer"
    settings.NHTSA_BASE_URL, settings.NHTSA_RECALLS_BASE_URL = nhtsa.vpic_url, nhtsa.base_url
    with kept_connections():
        yield


def test_there_are_enough_of_them() -> None:
    assert len(CALLERS) >= CALLERS_AT_LEAST
    assert len(TO_A_MODEL) >= TO_A_MODEL_AT_LEAST


@pytest.mark.virtual_time
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("caller", params(CALLERS))
async def test_a_caller_gets_what_they_called_for(caller: Caller) -> None:
    rooftop = await in_database(make_demo_store)
    held = await hold(caller, rooftop)
    found = await in_database(scripted_checks.problems, caller, held, rooftop)
    assert not found, "\n".join([*found, held.transcript])


@pytest.fixture
async def openai(settings: Settings) -> AsyncIterator[OpenAI]:
    """A model on loopback, asked by the SDK as OpenAI's own are."""
    async with OpenAI(key="secret") as server:
        settings.OPENAI_API_KEY = "secret"
        settings.OPENAI_BASE_URL = server.api_url
        settings.REPLY_MODEL = "voice.replies.openai.OpenAIReplies"
        yield server
        await provider.close_client()


@pytest.mark.integration
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("caller", [pytest.param(caller, id=caller.id) for caller in HELD_WITH_A_MODEL])
async def test_a_language_model_writes_the_same(caller: Caller, openai: OpenAI) -> None:
    rooftop = await in_database(make_demo_store)
    model = openai.script = ScriptedModel(caller.model or [])
    held = await hold(caller, rooftop, asked=model.asked)
    found = [*await in_database(scripted_checks.wrong_rows, caller, held, rooftop), *model.off_script()]
    assert not found, "\n".join([*found, held.transcript])
