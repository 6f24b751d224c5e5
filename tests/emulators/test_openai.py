"""The OpenAI emulator against the real SDK and each line of its sheet's checklist."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import openai as sdk
import pytest
from openai import AsyncOpenAI

from tests.emulators.base import Fault
from tests.emulators.openai import Dialogue, OpenAI, Reply, Use, per_caller

pytestmark = pytest.mark.integration

TOOLS: list[Any] = [{"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}]
TWO_USES = Reply("Let me look.", (Use("find", {"day": "2026-11-24"}), Use("hours", {"topic": "Saturday"})))


@pytest.fixture
async def openai() -> AsyncIterator[OpenAI]:
    async with OpenAI(key="secret") as server:
        yield server


@pytest.fixture
async def client(openai: OpenAI) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(api_key="secret", base_url=openai.api_url, max_retries=0, timeout=10) as connected:
        yield connected


async def chunks(client: AsyncOpenAI, text: str = "Hello", **options: Any) -> list[Any]:
    request: dict[str, Any] = {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": text}],
        "tools": TOOLS,
        "stream": True,
    }
    stream: Any = await client.chat.completions.create(**(request | options))
    return [chunk async for chunk in stream]


def text_of(received: list[Any]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in received if chunk.choices)


async def said(client: AsyncOpenAI, text: str = "Hello", **options: Any) -> str:
    return text_of(await chunks(client, text, **options))


def calls_of(received: list[Any]) -> dict[int, tuple[str, Any]]:
    """By index: (name, arguments), collected as the sheet says."""
    names: dict[int, str] = {}
    arguments: dict[int, str] = {}
    for chunk in received:
        for piece in (chunk.choices[0].delta.tool_calls or []) if chunk.choices else []:
            names.setdefault(piece.index, piece.function.name)
            arguments[piece.index] = arguments.get(piece.index, "") + (piece.function.arguments or "")
    return {index: (name, json.loads(arguments[index])) for index, name in names.items()}


# --- completions --------------------------------------------------------------------------


async def test_text_comes_in_pieces_with_a_finish_reason(openai: OpenAI, client: AsyncOpenAI) -> None:
    openai.left = ["Which car is it?"]

    received = await chunks(client)

    assert text_of(received) == "Which car is it?"
    assert len(received) > 4
    assert received[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in received[-2:]] == [None, "stop"]
    assert {chunk.usage for chunk in received} == {None}


async def test_usage_comes_last_and_without_choices_when_asked_for(
    openai: OpenAI, client: AsyncOpenAI
) -> None:
    openai.left = ["Yes."]
    *_, last = await chunks(client, stream_options={"include_usage": True})
    assert last.choices == []
    assert last.usage.total_tokens == last.usage.prompt_tokens + last.usage.completion_tokens > 0


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
async def test_tool_calls_come_by_index_interleaved_and_cut_anywhere(
    openai: OpenAI, client: AsyncOpenAI, seed: int | None
) -> None:
    openai.left, openai.seed = [TWO_USES], seed

    received = await chunks(client)

    assert text_of(received) == "Let me look."
    assert calls_of(received) == {
        0: ("find", {"day": "2026-11-24"}),
        1: ("hours", {"topic": "Saturday"}),
    }
    pieces = [p for chunk in received if chunk.choices for p in chunk.choices[0].delta.tool_calls or []]
    order = [piece.index for piece in pieces]
    assert order != sorted(order)  # interleaved
    assert sum(piece.id is not None for piece in pieces) == 2
    assert received[-1].choices[0].finish_reason == "tool_calls"


async def test_the_sdk_s_own_helper_puts_the_stream_together(openai: OpenAI, client: AsyncOpenAI) -> None:
    openai.left = [TWO_USES]
    messages: Any = [{"role": "user", "content": "Hello"}]
    async with client.chat.completions.stream(model="gpt-4o", messages=messages, tools=TOOLS) as stream:
        completion = await stream.get_final_completion()
    calls = completion.choices[0].message.tool_calls or []
    assert [call.function.name for call in calls] == ["find", "hours"]


async def test_without_streaming_it_comes_whole(openai: OpenAI, client: AsyncOpenAI) -> None:
    openai.left = [TWO_USES]
    messages: Any = [{"role": "user", "content": "Hello"}]
    whole = await client.chat.completions.create(model="gpt-4o", messages=messages)
    assert whole.choices[0].message.content == "Let me look."
    assert len(whole.choices[0].message.tool_calls or []) == 2
    assert whole.usage is not None


async def test_broken_arguments_stay_broken(openai: OpenAI, client: AsyncOpenAI) -> None:
    openai.left = [Reply(uses=(Use("find", '{"day": '),))]
    with pytest.raises(json.JSONDecodeError):
        calls_of(await chunks(client))


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {}}]}],
        [{"role": "tool", "tool_call_id": "1", "content": "{}"}],
        [],
    ],
    ids=["no result", "no call", "empty"],
)
async def test_a_wrong_history_is_refused(client: AsyncOpenAI, messages: list[Any]) -> None:
    with pytest.raises(sdk.BadRequestError):
        await chunks(client, messages=messages)


async def test_thinking_takes_as_long_as_told(openai: OpenAI, client: AsyncOpenAI) -> None:
    openai.left, openai.first_token_seconds, openai.token_seconds = ["Hi"], 0.1, 0.05
    began = asyncio.get_running_loop().time()
    assert await said(client) == "Hi"
    assert 0.2 <= asyncio.get_running_loop().time() - began < 0.4


async def test_leaving_a_stream_cancels_it(openai: OpenAI, client: AsyncOpenAI) -> None:
    openai.left, openai.token_seconds = ["word " * 100], 0.01
    messages: Any = [{"role": "user", "content": "Hello"}]
    stream = await client.chat.completions.create(model="gpt-4o", messages=messages, stream=True)
    await anext(stream)
    await stream.close()
    await openai.until(lambda: openai.cancelled == 1)


# --- scripts ------------------------------------------------------------------------------


def history(*turns: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"role": role, "content": content} for role, content in turns]


async def test_a_dialogue_answers_the_words_and_the_tools_alone(openai: OpenAI, client: AsyncOpenAI) -> None:
    openai.script = Dialogue(
        [
            ("oil change", lambda body: Reply(uses=(Use("find", {"model": body["model"]}),))),
            ("thanks", "You're welcome."),
        ],
        after={"find": lambda result: f"I have {result['data'][0]}. {result['spoken']}"},
    )
    received = await chunks(client, "I need an oil change")
    call = {"id": "a", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    answered = [
        *history(("user", "I need an oil change")),
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "a", "content": '{"data": ["ten"], "spoken": "Good?"}'},
    ]

    assert calls_of(received) == {0: ("find", {"model": "gpt-4o"})}
    assert await said(client, messages=answered) == "I have ten. Good?"
    assert await said(client, messages=answered) == "I have ten. Good?"  # the same, as often as it is asked
    assert await said(client, "thanks") == "You're welcome."
    assert await said(client, "mumble") == "Sorry, could you say that again?"


async def test_fifty_callers_have_scripts_of_their_own(openai: OpenAI, client: AsyncOpenAI) -> None:
    numbers = [f"+121255501{place:02}" for place in range(50)]
    openai.script = per_caller({number: [f"First {number}", f"Second {number}"] for number in numbers})

    async def hold(number: str) -> list[str]:
        messages = history(("system", f'The caller calls from "{number}".'), ("user", "Hello"))
        return [await said(client, messages=messages) for _ in range(2)]

    heard = await asyncio.gather(*map(hold, numbers))
    assert heard == [[f"First {number}", f"Second {number}"] for number in numbers]


# --- faults -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "error", "expected"),
    [
        (400, "", sdk.BadRequestError, None),
        (401, "", sdk.AuthenticationError, "invalid_api_key"),
        (403, "", sdk.PermissionDeniedError, "unsupported_country_region_territory"),
        (404, "", sdk.NotFoundError, "model_not_found"),
        (429, "", sdk.RateLimitError, "rate_limit_exceeded"),
        (429, "insufficient_quota", sdk.RateLimitError, "insufficient_quota"),
        (500, "", sdk.InternalServerError, None),
        (529, "", sdk.InternalServerError, None),
    ],
)
async def test_refuse(
    openai: OpenAI,
    client: AsyncOpenAI,
    status: int,
    code: str,
    error: type[sdk.APIStatusError],
    expected: str | None,
) -> None:
    openai.faults.append(Fault("refuse", "gpt-4o", status=status, code=code))
    with pytest.raises(error) as caught:
        await chunks(client)
    assert (caught.value.status_code, caught.value.code, caught.value.request_id) == (
        status,
        expected,
        "req_1",
    )
    assert ("Retry-After" in caught.value.response.headers) is (status == 429)
    assert openai.counts == {"gpt-4o": 1}
    assert await said(client, model="another") == ""


async def test_a_wrong_key_is_refused(openai: OpenAI) -> None:
    async with AsyncOpenAI(api_key="wrong", base_url=openai.api_url, max_retries=0) as stranger:
        with pytest.raises(sdk.AuthenticationError):
            await chunks(stranger)


async def test_no_answer_and_no_connection(openai: OpenAI, client: AsyncOpenAI) -> None:
    openai.faults.append(Fault("refuse", status=0, times=1))
    with pytest.raises(sdk.APIConnectionError):
        await chunks(client)
    async with openai.unreachable():
        with pytest.raises(sdk.APIConnectionError):
            await chunks(client)
    assert await said(client) == ""


@pytest.mark.parametrize("after", [0, 3])
async def test_stall(openai: OpenAI, client: AsyncOpenAI, after: int) -> None:
    openai.left = ["Hello there."]
    openai.faults.append(Fault("stall", after=after))
    with pytest.raises(sdk.APITimeoutError):
        await chunks(client.with_options(timeout=0.3))


async def test_drop_cut_garbage_and_error(openai: OpenAI, client: AsyncOpenAI) -> None:
    openai.script = lambda body: "Hello there."
    openai.faults += [Fault(kind, after=2, times=1) for kind in ("cut", "drop", "garbage", "error")]
    cut = await chunks(client)
    assert (text_of(cut), cut[-1].choices[0].finish_reason) == ("Hello", None)  # silently too short
    with pytest.raises(sdk.APIConnectionError):
        await chunks(client)
    with pytest.raises(json.JSONDecodeError):
        await chunks(client)
    with pytest.raises(sdk.APIError) as caught:
        await chunks(client)
    assert not isinstance(caught.value, sdk.APIStatusError)
    assert await said(client) == "Hello there."


async def test_slow_and_later(openai: OpenAI, client: AsyncOpenAI) -> None:
    openai.script = lambda body: "Hi"
    openai.faults.append(Fault("slow", seconds=0.05, skip=1, times=1))
    took = []
    for _ in range(3):
        began = asyncio.get_running_loop().time()
        assert await said(client) == "Hi"
        took.append(asyncio.get_running_loop().time() - began)
    assert took[1] >= 0.15 > max(took[0], took[2])
