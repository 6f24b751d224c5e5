"""The real OpenAI SDK against a server that speaks its wire protocol."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django import Settings

from tests.emulators.base import Fault
from tests.emulators.openai import OpenAI, Reply, Use
from tests.fakes import FakeTools
from tests.voice.leaks import nothing_left_running
from tests.voice.stores import NOW, OTTOS
from voice.conversation import phrases, questions
from voice.conversation.states import Booked, Conversation, Ending, Intent, Message, Offer, State
from voice.ports import ModelUse, ProviderError, ToolResult
from voice.replies import openai as provider
from voice.replies.openai import OpenAIReplies

pytestmark = pytest.mark.integration

TEN = datetime(2026, 11, 24, 15, tzinfo=UTC)
OFFER = Offer(handle="offer-1124-1500", arrives_at=TEN, local=TEN.astimezone(OTTOS.zone))


@pytest.fixture
async def openai(settings: Settings) -> AsyncIterator[OpenAI]:
    async with OpenAI(key="secret") as server:
        settings.OPENAI_API_KEY = "secret"
        settings.OPENAI_BASE_URL = server.api_url
        settings.OPENAI_MODELS = ["first", "second"]
        yield server
        await provider.close_client()


@pytest.fixture
def conversation() -> Conversation:
    return Conversation(call_sid="CA1", state=State.INTENT)


@pytest.fixture
def tools() -> FakeTools:
    return FakeTools()


async def answer(conversation: Conversation, heard: str, tools: FakeTools) -> list[str]:
    if heard:
        conversation.history.append(Message(speaker="caller", text=heard))
    async with nothing_left_running():
        replies = OpenAIReplies(OTTOS).reply(conversation, heard, tools, now=NOW)
        clauses = [clause async for clause in replies]
    conversation.history.append(Message(speaker="desk", text=" ".join(clauses)))
    return clauses


def tool_results(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(message["content"]) for message in body["messages"] if message["role"] == "tool"]


# --- talking ------------------------------------------------------------------------------


async def test_the_greeting_needs_no_model(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    conversation.caller.first_name = "Maria"

    clauses = await answer(conversation, "", tools)

    assert clauses == list(phrases.greeting(OTTOS, "Maria"))
    assert (conversation.state, conversation.asked) == (State.VERIFICATION, questions.ASK_IS_CALLER)
    assert openai.requests == []


async def test_text_is_spoken_clause_by_clause(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.left = ["Sure, I can help you with that, no problem. Which car is it?"]

    clauses = await answer(conversation, "I need an oil change", tools)

    assert clauses == ["Sure, I can help you with that,", "no problem.", "Which car is it?"]


async def test_the_first_clause_does_not_wait_for_the_last(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.left = ["One moment please. And here is the rest."]
    openai.faults.append(Fault("stall", after=6))
    async with aclosing(OpenAIReplies(OTTOS).reply(conversation, "Hello", tools, now=NOW)) as clauses:
        assert await anext(clauses) == "One moment please."


async def test_what_is_written_is_said_in_words(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.seed = 3  # the figures come in pieces
    conversation.told = ["It's $49.95, and I have Tuesday, November 24th at 10:30 a.m."]
    openai.left = ["**Sure!** 😊\n- It's $49.95 on 11/24/2026 at 10:30 a.m. Is (212) 555-0143 right?"]

    assert await answer(conversation, "What is an oil change?", tools) == [
        "Sure!",
        "It's forty-nine dollars and ninety-five cents on Tuesday, November twenty-fourth at ten thirty AM.",
        "Is two one two, five five five, zero one four three right?",
    ]


@pytest.mark.parametrize("text", ["👍", "**", " "])
async def test_a_reply_without_a_sound_is_a_failure(
    text: str, openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.left = [text, "Which car is it?"]

    assert await answer(conversation, "Hello", tools) == ["Which car is it?"]
    assert [body["model"] for body in openai.bodies] == ["first", "second"]


async def test_the_request_holds_what_was_heard_and_no_more(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    conversation.history = [Message(speaker="desk", text="How can I help?")]
    openai.left = ["Which car is it?"]

    await answer(conversation, "Oil change", tools)

    request = openai.requests[0]
    assert request.path == "/v1/chat/completions"
    assert request.headers["Authorization"] == "Bearer secret"
    assert request.body["model"] == "first"
    system, *history = request.body["messages"]
    assert "Otto's Auto" in system["content"]
    assert history == [
        {"role": "assistant", "content": "How can I help?"},
        {"role": "user", "content": "Oil change"},
    ]


async def test_a_long_call_sends_its_last_fifty_messages(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    conversation.history = [Message(speaker="desk", text=str(number)) for number in range(80)]
    openai.left = ["Yes."]

    await answer(conversation, "Hello", tools)

    assert len(openai.bodies[0]["messages"]) == 51


async def test_a_yes_to_the_name_confirms_the_caller(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    conversation.caller.first_name = "Maria"
    openai.left = ["Hi Maria, what can we do for you?"]
    await answer(conversation, "", tools)

    await answer(conversation, "Yes, this is Maria, I need an oil change", tools)

    assert conversation.caller.is_confirmed is True
    assert (conversation.state, conversation.intent) == (State.INTENT, Intent.BOOK)


# --- tools --------------------------------------------------------------------------------


async def test_interleaved_tool_calls_are_put_together_and_all_answered(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.left = [
        Reply("Let me look.", (Use("get_store_info", {"topic": "hours"}), Use("lookup_customer"))),
        "We open at seven.",
    ]
    tools.answers = {
        "get_store_info": ToolResult("ok", "Open from 7."),
        "lookup_customer": ToolResult("not_found"),
    }

    clauses = await answer(conversation, "When are you open?", tools)

    assert clauses == ["Let me look.", "We open at seven."]
    assert tools.calls == [("get_store_info", {"topic": "hours"}), ("lookup_customer", {})]
    assert [result["code"] for result in tool_results(openai.bodies[1])] == ["ok", "not_found"]


async def test_broken_arguments_come_back_as_a_result(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.left = [
        Reply(uses=(Use("take_message", '{"text": '), Use("take_message", "[1]"))),
        Reply(uses=(Use("take_message", {"text": "Call me"}),)),
        "I'll pass it on.",
    ]

    assert await answer(conversation, "Take a message", tools) == ["I'll pass it on."]

    assert tools.calls == [("take_message", {"text": "Call me"})]
    assert [result["code"] for result in tool_results(openai.bodies[2])] == [
        "bad_arguments",
        "bad_arguments",
        "ok",
    ]


async def test_equal_ids_from_the_host_are_made_unique(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.left = [Reply(uses=(Use("end_call"),)), Reply(uses=(Use("end_call"),)), "Bye."]

    await answer(conversation, "Bye", tools)

    assert len(set(tools.call_ids)) == 2


async def test_a_search_and_a_booking_are_noted_in_the_slots(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    def offers(arguments: dict[str, Any]) -> ToolResult:
        conversation.offers = [OFFER]
        return ToolResult("ok", "On Tuesday I have 10 AM.")

    def books(arguments: dict[str, Any]) -> ToolResult:
        conversation.booked = Booked(confirmation_number="4711", local=OFFER.local)
        conversation.state = State.EXECUTION
        return ToolResult("ok", "You're booked.")

    tools.answers = {"get_available_slots": offers, "book_appointment": books}
    search = {"services": ["LOF"], "first_day": "2026-11-24", "not_after": "12:00"}
    booking = {
        "offer": OFFER.handle,
        "services": ["LOF"],
        "name": "Ann Lee",
        "make": "Honda",
        "model": "Civic",
    }
    openai.left = [
        Reply(uses=(Use("get_available_slots", search),)),
        "I have ten o'clock.",
        Reply(uses=(Use("book_appointment", booking),)),
        "You're booked.",
    ]

    await answer(conversation, "Oil change on Tuesday morning", tools)
    assert conversation.state is State.SLOTS
    await answer(conversation, "Yes please", tools)

    slots = conversation.slots
    assert (slots.services, slots.name, str(slots.vehicle)) == (["LOF"], "Ann Lee", "Honda Civic")
    assert slots.wish.first == slots.wish.last == OFFER.local.date()
    assert conversation.chosen == OFFER
    assert (conversation.state, conversation.asked) == (State.CLOSING, questions.ASK_ANYTHING_ELSE)
    assert OFFER.handle in openai.bodies[2]["messages"][0]["content"]


async def test_the_last_word_of_a_call_waits_for_no_second_completion(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    def ends(arguments: dict[str, Any]) -> ToolResult:
        conversation.ending = Ending.GOODBYE
        return ToolResult("ok", "Thanks for calling. Goodbye!")

    tools.answers = {"end_call": ends}
    openai.left = [Reply(uses=(Use("end_call"),))]

    assert await answer(conversation, "Bye", tools) == ["Thanks for calling. Goodbye!"]
    assert len(openai.requests) == 1


async def test_a_model_that_only_calls_tools_is_stopped(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.script = lambda body: Reply(uses=(Use("lookup_customer"),))

    with pytest.raises(ProviderError, match="calling tools"):
        await answer(conversation, "Hello", tools)

    assert len(tools.calls) == 5
    assert [body["tool_choice"] for body in openai.bodies] == ["auto"] * 5 + ["none"]


# --- failing ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Fault("refuse", "first", status=404, code="model_not_found"),
        Fault("refuse", "first", status=429),
        Fault("cut", "first", after=2),
        Fault("drop", "first", after=2),
        Fault("error", "first", after=2),
        Fault("garbage", "first"),
    ],
    ids=lambda fault: f"{fault.kind} {fault.status}",
)
async def test_the_second_model_answers_when_the_first_cannot(
    openai: OpenAI, conversation: Conversation, tools: FakeTools, fault: Fault
) -> None:
    openai.faults.append(fault)
    openai.script = lambda body: f"Here is {body['model']}."

    assert await answer(conversation, "Hello", tools) == ["Here is second."]
    assert [body["model"] for body in openai.bodies] == ["first", "second"]


async def test_a_model_that_keeps_silent_is_left_for_the_second(
    openai: OpenAI, conversation: Conversation, tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "TOKEN_SECONDS", 0.3)
    openai.faults.append(Fault("stall", "first", after=1))  # the role is no token
    openai.script = lambda body: f"Here is {body['model']}."
    began = time.monotonic()

    assert await answer(conversation, "Hello", tools) == ["Here is second."]
    assert time.monotonic() - began < 1.0


async def test_two_silent_models_are_a_provider_error(
    openai: OpenAI, conversation: Conversation, tools: FakeTools, settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(provider, "TOKEN_SECONDS", 0.2)
    settings.OPENAI_MODELS = ["first", "second", "third"]
    openai.faults.append(Fault("stall"))

    with pytest.raises(ProviderError) as caught:
        await answer(conversation, "Hello", tools)

    assert caught.value.retryable
    assert len(openai.requests) == 2


async def test_a_reply_may_not_take_longer_than_its_whole_time(
    openai: OpenAI, conversation: Conversation, tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "REPLY_SECONDS", 0.5)
    openai.faults.append(Fault("slow", seconds=0.1))
    openai.left = ["word " * 40]

    with pytest.raises(ProviderError):
        await answer(conversation, "Hello", tools)


async def test_time_spent_listening_does_not_count(
    openai: OpenAI, conversation: Conversation, tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "REPLY_SECONDS", 0.3)
    monkeypatch.setattr(provider, "TOKEN_SECONDS", 0.3)
    openai.left = ["One. Two. Three."]
    clauses = []

    async for clause in OpenAIReplies(OTTOS).reply(conversation, "Hello", tools, now=NOW):
        clauses.append(clause)
        await asyncio.sleep(0.2)  # the clause is being played

    assert clauses == ["One.", "Two.", "Three."]


async def test_what_was_said_is_never_said_again_by_another_model(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.faults.append(Fault("cut", after=6))
    openai.left = ["One moment please. And here is the rest."]
    clauses = []

    with pytest.raises(ProviderError):
        async for clause in OpenAIReplies(OTTOS).reply(conversation, "Hello", tools, now=NOW):
            clauses.append(clause)

    assert clauses == ["One moment please."]
    assert len(openai.requests) == 1


async def test_a_failure_after_a_tool_keeps_its_result_for_the_second_model(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.left = [Reply(uses=(Use("lookup_customer"),)), "Hello there."]
    openai.faults.append(Fault("refuse", "first", after=0, status=500, times=0))

    def then_fail(arguments: dict[str, Any]) -> ToolResult:
        openai.faults[0].times = 1
        return ToolResult("ok")

    tools.answers = {"lookup_customer": then_fail}

    assert await answer(conversation, "Hello", tools) == ["Hello there."]
    assert len(tools.calls) == 1
    assert [body["model"] for body in openai.bodies] == ["first", "first", "second"]
    assert tool_results(openai.bodies[2])[0]["code"] == "ok"


@pytest.mark.parametrize(
    ("status", "code", "is_retryable"),
    [
        (401, "invalid_api_key", False),
        (429, "rate_limit", True),
        (429, "insufficient_quota", False),
        (500, "-", True),
    ],
)
async def test_a_refusal_by_all_says_whether_again_may_help(
    openai: OpenAI, conversation: Conversation, tools: FakeTools, status: int, code: str, is_retryable: bool
) -> None:
    openai.faults.append(Fault("refuse", status=status, code=code))

    with pytest.raises(ProviderError, match=str(status)) as caught:
        await answer(conversation, "Hello", tools)

    assert caught.value.retryable is is_retryable
    assert len(openai.requests) == 2  # one for each model, no hidden retries


async def test_an_empty_reply_is_a_failure(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.left = ["", "Hello."]

    assert await answer(conversation, "Hello", tools) == ["Hello."]


async def test_filtered_content_is_a_failure(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.left = [Reply("Sor", finish_reason="content_filter"), "Hello."]

    assert await answer(conversation, "Hello", tools) == ["Hello."]


async def test_closing_early_ends_the_request(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.faults.append(Fault("slow", after=8, seconds=0.02))
    openai.left = ["One moment please. " + "And so on and on. " * 50]
    async with nothing_left_running():
        async with aclosing(OpenAIReplies(OTTOS).reply(conversation, "Hello", tools, now=NOW)) as clauses:
            await anext(clauses)

        await openai.until(lambda: openai.cancelled == 1)


async def test_turns_share_one_connection(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.left = ["One.", "Two."]

    await answer(conversation, "Hello", tools)
    await answer(conversation, "Hello", tools)

    assert openai.connections == 1


# --- what it costs ------------------------------------------------------------------------


async def test_every_completion_of_an_answer_is_counted(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.left = [Reply("Let me look.", (Use("get_available_slots", {"services": ["LOF"]}),)), "I have ten."]

    await answer(conversation, "Oil change", tools)

    assert [body["stream_options"] for body in openai.bodies] == [{"include_usage": True}] * 2
    assert [(use.model, use.error) for use in tools.uses] == [("first", "")] * 2
    told = [(len(json.dumps(body["messages"])) // 4, use.prompt_tokens) for body, use in pairs(openai, tools)]
    assert all(sent == counted for sent, counted in told)
    assert [use.characters for use in tools.uses] == [len('Let me look.{"services": ["LOF"]}'), 11]
    assert [use.completion_tokens for use in tools.uses] == [9, 3]
    assert tools.tokens > 2


async def test_an_answer_that_is_interrupted_counts_what_is_known(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.left = ["One moment please. And here is the rest."]
    openai.faults.append(Fault("stall", after=6))
    async with aclosing(OpenAIReplies(OTTOS).reply(conversation, "Hello", tools, now=NOW)) as clauses:
        await anext(clauses)

    (use,) = tools.uses
    assert (use.model, use.prompt_tokens, use.completion_tokens, use.error) == ("first", None, None, "")
    assert len("One moment please.") < use.characters < len("One moment please. And here is the rest.")


async def test_a_model_that_fails_is_counted_with_its_error(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.left = ["Which car is it?"]
    openai.faults.append(Fault("refuse", "first", status=429))

    await answer(conversation, "Hello", tools)

    assert [(use.model, use.error) for use in tools.uses] == [
        ("first", "OpenAI refused: 429 rate_limit_exceeded"),
        ("second", ""),
    ]
    assert [use.prompt_tokens is None for use in tools.uses] == [True, False]


@pytest.mark.parametrize("kind", ["stall", "drop", "cut", "garbage", "error"])
async def test_an_answer_without_its_count_is_an_answer(
    kind: str, openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.left = ["Yes."]  # a role, a text, a finish reason, and then the count
    openai.faults.append(Fault(kind, after=3))  # type: ignore[arg-type]

    assert await answer(conversation, "Hello", tools) == ["Yes."]
    (use,) = tools.uses
    assert (use.characters, use.error) == (4, "")
    assert use.prompt_tokens is None or kind == "error"


def pairs(openai: OpenAI, tools: FakeTools) -> list[tuple[dict[str, Any], ModelUse]]:
    return list(zip(openai.bodies, tools.uses, strict=True))


async def test_what_is_not_so_is_not_said_and_kept_as_a_defect(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    openai.left = ["Great. You're booked for 9:45 AM. Anything else?"]

    assert await answer(conversation, "Yes.", tools) == [
        "Great.",
        "Nothing is booked yet.",
        "Anything else?",
    ]
    assert [(defect.kind, defect.said) for defect in tools.defects] == [
        ("deed", "You're booked for 9:45 AM.")
    ]


# --- what no model has a choice in ----------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "reason", "reply"),
    [
        (["My brakes don't work any more!"], "Danger: ", phrases.DO_NOT_DRIVE),
        (["This is ridiculous, you stupid robot."], "The caller is upset: ", phrases.UPSET),
        (["Where is my loaner car?"] * 3, "The caller is upset: ", phrases.UPSET),
    ],
    ids=["danger", "upset", "said three times"],
)
async def test_a_person_comes_whatever_the_model_would_say(
    openai: OpenAI, conversation: Conversation, tools: FakeTools, said: list[str], reason: str, reply: str
) -> None:
    openai.script = lambda body: "It's surely nothing. What day would suit you?"

    def rings(arguments: dict[str, Any]) -> ToolResult:
        conversation.ending = Ending.TRANSFER
        return ToolResult("ok", "One moment.")

    tools.answers = {"transfer_to_person": rings}
    *before, last = said
    for words in before:
        assert len(await answer(conversation, words, tools)) == 2

    (spoken,) = await answer(conversation, last, tools)

    assert spoken.startswith(reply)
    ((tool, arguments),) = tools.calls
    assert (tool, arguments["text"].startswith(reason)) == ("transfer_to_person", True)
    assert conversation.state is State.ESCALATION
    assert len(openai.requests) == len(before)


async def test_after_the_last_failure_to_prove_it_the_model_is_not_asked_again(
    openai: OpenAI, conversation: Conversation, tools: FakeTools
) -> None:
    def rings(arguments: dict[str, Any]) -> ToolResult:
        conversation.ending = Ending.TRANSFER
        return ToolResult("ok", "One moment.")

    tools.answers = {
        "verify_caller": ToolResult("locked", phrases.CANNOT_VERIFY),
        "transfer_to_person": rings,
    }
    openai.left = [Reply(uses=(Use("verify_caller", {"name": "Ann Lee"}),)), "Tell me another plate."]

    (spoken,) = await answer(conversation, "My plate is A B C 1 2 3", tools)

    assert spoken == f"{phrases.CANNOT_VERIFY} One moment."
    assert [name for name, _ in tools.calls] == ["verify_caller", "transfer_to_person"]
    assert len(openai.requests) == 1
