"""What stands in the rows of a call after it: how long everything took, what failed, what it cost.

From the outside: Twilio, Deepgram and OpenAI over real sockets, the product between them.
"""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from django.utils import timezone
from pytest_django import Settings

from crm import faults
from crm.models import SystemFault
from scheduling.models import OpCode
from tests.emulators.base import Fault
from tests.emulators.media_stream import Stream
from tests.emulators.openai import Dialogue, Reply, Use
from tests.emulators.speech import utter
from tests.talking import MARIA
from tests.voice.exchange import Exchange, brisk, exchange
from tests.voice.small import make_small_store
from voice.database import in_database
from voice.models import Call, ToolCall, Turn, Usage

pytestmark = [pytest.mark.integration, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PRICE = "An oil change is $49.95. **Come** at 8:00 a.m. or call (212) 555-0143."
PRICE_SAID = (
    "An oil change is forty-nine dollars and ninety-five cents. "
    "Come at eight AM or call two one two, five five five, zero one four three."
)
# In the order in which an answer comes about. "final" is the end of the caller's turn, which a draft
# need not have waited for; nothing is sent before it.
THOUGHT = ["first_token", "first_clause", "first_audio", "first_frame", "first_mark"]
HEARD = ["final", "first_frame", "first_mark"]


def store_with_an_oil_change() -> None:
    """What a model says of hours and prices has to be so."""
    OpCode.objects.create(
        rooftop=make_small_store(),
        code="LOF",
        name="oil change",
        minutes=45,
        price_min=49,
        price_max=60,
        skill="express",
        bay_types=["express"],
    )


@pytest.fixture
async def line(settings: Settings, transactional_db: None) -> AsyncIterator[Exchange]:
    await in_database(store_with_an_oil_change)
    mind = Dialogue(
        [
            ("cost", PRICE),
            (
                "talk to",
                Reply(
                    "Let me see.", (Use("transfer_to_person", {"text": "About a price.", "name": "Mike"}),)
                ),
            ),
            (
                "story",
                "Once there was a car, and it was driven far, " + "and it was driven on, " * 30 + "home.",
            ),
        ],
        after={"transfer_to_person": lambda result: "Which Mike do you mean?"},
        otherwise="How can I help you?",
    )
    async with exchange(settings, script=mind) as connected:
        connected.openai.first_token_seconds = 0.05
        yield connected


async def ask(stream: Stream, sentence: str, answer: str) -> str:
    before = len(stream.words)
    await stream.say(brisk(sentence))
    return await stream.hears(answer, after=before)


async def hang_up(line: Exchange) -> Call:
    """End the call at the caller's end; its row, when all of it is written."""
    (call,) = line.twilio.calls.values()
    await call.end("completed")
    async with asyncio.timeout(10):
        while True:
            row = await in_database(Call.objects.get)
            if row.ended_at:
                return row
            await asyncio.sleep(0.05)


async def turns_of(row: Call, speaker: Turn.Speaker) -> list[Turn]:
    return await in_database(lambda: list(row.turns.filter(speaker=speaker)))


async def test_every_turn_of_the_desk_keeps_when_it_came_about(line: Exchange) -> None:
    stream = await (await line.ring(MARIA)).streaming()
    await stream.hears(r"maria\?")
    await ask(stream, "Yes, this is Maria.", r"help you\?")
    await ask(stream, "What does an oil change cost?", "zero one four three")
    row = await hang_up(line)

    greeting, *answers = await turns_of(row, Turn.Speaker.DESK)
    assert len(answers) == 2
    for turn in answers:
        reached = turn.latencies
        assert {*THOUGHT, *HEARD} <= reached.keys()
        for order in (THOUGHT, HEARD):
            assert all(reached[one] <= reached[other] for one, other in pairwise(order)), reached
        assert 0 < reached["final"] < reached["first_mark"] < 10_000
        assert turn.starts_ms < turn.ends_ms
    assert {"final", "first_audio", "first_frame", "first_mark"} <= greeting.latencies.keys()


async def test_what_is_said_is_what_is_written_down(line: Exchange) -> None:
    stream = await (await line.ring(MARIA)).streaming()
    await stream.hears(r"maria\?")
    heard = await ask(stream, "What does an oil change cost?", "zero one four three")
    row = await hang_up(line)

    turn = (await turns_of(row, Turn.Speaker.DESK))[-1]
    spoken = " ".join(message["text"] for message in line.deepgram.said("Speak"))
    assert heard.startswith("An oil change is forty-nine")
    assert (turn.text, turn.cut_off) == (PRICE_SAID, "")
    assert PRICE_SAID in spoken


async def test_an_interruption_keeps_how_soon_the_desk_was_silent(line: Exchange) -> None:
    stream = await (await line.ring(MARIA)).streaming()
    await stream.hears(r"maria\?")
    before = len(stream.words)
    await stream.say(brisk("Tell me a story."))
    await stream.hears("driven far", after=before)
    await ask(stream, "What does an oil change cost?", "forty-nine dollars")
    row = await hang_up(line)

    told = (await turns_of(row, Turn.Speaker.DESK))[1]
    story, price = await turns_of(row, Turn.Speaker.CALLER)
    assert told.text.startswith("Once there was a car,") and told.cut_off.endswith("home.")
    assert len(stream.clears) == 1
    assert "clear" not in story.latencies
    assert 30 <= price.latencies["clear"] < 200  # from the first sound, of which two frames make a voice


async def test_a_tool_keeps_when_it_ran_and_how_long(line: Exchange) -> None:
    stream = await (await line.ring(MARIA)).streaming()
    await stream.hears(r"maria\?")
    await ask(stream, "I want to talk to Mike.", "which mike")
    row = await hang_up(line)

    used = await in_database(ToolCall.objects.get, call=row)
    (caller,) = await turns_of(row, Turn.Speaker.CALLER)
    assert used.name == "transfer_to_person"
    assert used.at_ms > caller.starts_ms
    assert 0 <= used.duration_ms < 5000


async def test_what_a_call_cost_stands_with_it(line: Exchange) -> None:
    line.openai.faults.append(Fault("refuse", status=500, times=1))
    stream = await (await line.ring(MARIA)).streaming()
    await stream.hears(r"maria\?")
    await ask(stream, "What does an oil change cost?", "zero one four three")
    row = await hang_up(line)

    usages = await in_database(lambda: list(Usage.objects.filter(call=row)))
    assert len(usages) == len(line.openai.requests)
    failed, *counted = usages
    assert (failed.prompt_tokens, failed.error) == (None, "OpenAI refused: 500 None")
    assert all(used.prompt_tokens and used.completion_tokens for used in counted)
    assert {used.characters for used in counted} == {len(PRICE)}
    assert row.characters_synthesized == sum(len(message["text"]) for message in line.deepgram.said("Speak"))
    assert row.seconds_transcribed == pytest.approx(stream.now, abs=2)


async def test_a_hang_up_in_the_middle_of_an_answer_counts_what_came_of_it(line: Exchange) -> None:
    line.openai.token_seconds = 0.05
    stream = await (await line.ring(MARIA)).streaming()
    await stream.hears(r"maria\?")
    await ask(stream, "Tell me a story.", "there was a car")
    row = await hang_up(line)

    usages = await in_database(lambda: list(Usage.objects.filter(call=row)))
    assert row.outcome == Call.Outcome.HUNG_UP
    assert usages[-1].prompt_tokens is None
    assert usages[-1].characters > 20


async def test_a_provider_that_was_lost_is_noted_with_the_call(line: Exchange) -> None:
    stream = await (await line.ring(MARIA)).streaming()
    await stream.hears(r"maria\?")
    await line.deepgram.strike(Fault("drop", "listen"))
    await stream.say(utter("Hello, are you there?"))
    await stream.hears(r"help you\?")
    row = await hang_up(line)

    assert await asyncio.to_thread(faults.flush, 5)
    noted = await in_database(lambda: list(SystemFault.objects.filter(call_sid=row.sid)))
    assert [(fault.source, fault.code) for fault in noted] == [("hearing", "connection_lost")]
    assert noted[0].at < timezone.now()
