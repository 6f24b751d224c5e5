"""The mind at an OpenAI-compatible provider: streaming chat completions with tools.

The only importer of the OpenAI SDK. Its errors leave as ProviderError, its own retries are off:
on the telephone a second model is better than a second wait.
"""

import asyncio
import json
import logging
import secrets
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import openai
from django.conf import settings
from openai import AsyncOpenAI, AsyncStream, DefaultAioHttpClient

from voice.conversation import claims, notes, phrases, pickups, questions, ringing
from voice.conversation.clauses import ClauseSplitter
from voice.conversation.facts import Store
from voice.conversation.meaning import understand
from voice.conversation.prompts import system_prompt
from voice.conversation.spoken_form import spoken_form
from voice.conversation.states import Conversation, Ending, State
from voice.ports import ProviderError, ToolResult, Tools
from voice.replies.completion import Chunk, Completion, ToolUse
from voice.replies.flows import inquiries, verifying
from voice.replies.flows.turn import Turn

log = logging.getLogger(__name__)

CONNECT_SECONDS = 2.0
TOKEN_SECONDS = 3.0  # until the first token, and between two of them
REPLY_SECONDS = 15.0  # spent waiting for the provider, all models and rounds together
MAX_TOOL_ROUNDS = 5
MAX_HISTORY = 50
MAX_TOKENS = 500
DRAIN_SECONDS = 0.3

NOTES = {
    "get_available_slots": notes.note_search,
    "hold_offer": notes.note_hold,
    "book_appointment": notes.note_booking,
}
UNUSABLE = ("bad_arguments", "unknown_tool", "unknown_service")  # nothing to note from these
BAD_ARGUMENTS = ToolResult("bad_arguments", data={"errors": "The arguments were not a JSON object."})


class OpenAIReplies:
    """See ports.ReplyModel. Holds nothing of a call, may serve many.

    The model sees the system prompt and what both sides heard. Tool calls of earlier turns are not
    replayed: the slots, offers and booking in the prompt carry what they brought. The greeting is
    a fixed sentence, since it must be said whole, at once, and right.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def reply(
        self, conversation: Conversation, heard: str, tools: Tools, *, now: datetime
    ) -> AsyncGenerator[str, None]:
        if not heard:
            for clause in self._greet(conversation):
                yield clause
            return
        today = self._store.today(now)
        if said := ringing.answer_machine(conversation, heard, self._store):
            yield said
            return
        if conversation.purpose and pickups.wants_no_calls(heard):
            yield await self._stop_calling(conversation, heard, tools)
            return
        meaning = understand(heard, conversation, self._store, today)
        turn = Turn(self._store, conversation, tools, now.astimezone(self._store.zone))
        if person := await inquiries.fetch_at_once(turn, meaning):
            yield person
            return
        notes.note_turn(conversation, meaning)
        thinking = _Reply(turn, _messages(self._store, conversation, now))
        async with aclosing(thinking.clauses()) as clauses:
            async for clause in clauses:
                yield clause
        notes.note_end_of_turn(conversation)

    async def _stop_calling(self, conversation: Conversation, heard: str, tools: Tools) -> str:
        """What the opening has promised is kept whatever a model makes of it."""
        result = await tools.call("opt_out", {"text": heard[:500]})
        conversation.enter(State.CLOSING)
        conversation.ending = Ending.GOODBYE
        return ringing.OPTED_OUT if result.is_ok else result.spoken

    def _greet(self, conversation: Conversation) -> tuple[str, ...]:
        if conversation.purpose:
            return (ringing.opening(self._store, conversation),)
        name = conversation.caller.first_name
        conversation.asked = questions.ASK_IS_CALLER if name else questions.ASK_NEED
        conversation.enter(State.VERIFICATION if name else State.INTENT)
        return phrases.greeting(self._store, name)


MOST_TOLD = 20  # results that a call remembers, to hold the model's words against


class _TooSlow(ProviderError):
    pass


@dataclass(slots=True)
class _Reply:
    """One answer of the desk: completions and tools in turn, until the model has said it all."""

    turn: Turn
    messages: list[dict[str, Any]]
    models: deque[str] = field(default_factory=lambda: deque(settings.OPENAI_MODELS))
    completion: Completion = field(default_factory=lambda: Completion(""))
    seconds_left: float = field(default_factory=lambda: REPLY_SECONDS)
    seconds_since_token: float = 0.0
    was_slow: bool = False
    locked: ToolResult | None = None  # the caller has failed to prove who they are for the last time

    @property
    def conversation(self) -> Conversation:
        return self.turn.conversation

    @property
    def tools(self) -> Tools:
        return self.turn.tools

    async def clauses(self) -> AsyncGenerator[str, None]:
        for rounds_left in range(MAX_TOOL_ROUNDS, -1, -1):
            async with aclosing(self._complete(may_use_tools=rounds_left > 0)) as clauses:
                async for clause in clauses:
                    yield clause
            if not self.completion.uses:
                return
            if rounds_left == 0:
                raise ProviderError("The model went on calling tools")
            result = await self._use_tools()
            if self.locked and not self.conversation.ending:
                yield await verifying.give_up(self.turn, self.locked)
                return
            if self.conversation.ending:
                # The call is over; another completion could only delay the last words.
                if result.spoken and not self.completion.has_said:
                    yield result.spoken
                return

    async def _complete(self, *, may_use_tools: bool) -> AsyncGenerator[str, None]:
        """One completion; by the next model if one fails before it has said anything."""
        while True:
            has_spoken = False
            completion = self.completion = Completion(self.models[0])
            try:
                async with aclosing(self._stream(may_use_tools=may_use_tools)) as clauses:
                    async for clause in clauses:
                        has_spoken = True
                        yield clause
                return
            except ProviderError as error:
                completion.error = str(error)
                log.warning("model %s failed: %s", self.models.popleft(), error)
                is_second_wait = self.was_slow and isinstance(error, _TooSlow)
                self.was_slow = self.was_slow or isinstance(error, _TooSlow)
                if has_spoken or is_second_wait or not self.models:
                    raise
            finally:
                self.tools.count(completion.cost())

    async def _stream(self, *, may_use_tools: bool) -> AsyncGenerator[str, None]:
        completion = self.completion
        splitter = ClauseSplitter()
        async with self._opened(may_use_tools=may_use_tools) as stream:
            while not completion.finish_reason and (chunk := await self._next(stream)) is not None:
                size, text = completion.size(), completion.take(chunk)
                if completion.size() > size:
                    self.seconds_since_token = 0.0
                    self.tools.token_came()
                for clause in splitter.push(text):
                    if said := self._spoken(clause):
                        yield said
                if completion.has_said:
                    await asyncio.sleep(0)  # the sound of what was said comes first
            if completion.finish_reason in ("", "content_filter"):
                raise ProviderError(f"The reply was cut: {completion.finish_reason or 'no finish reason'}")
            if said := self._spoken(splitter.rest()):
                yield said
            await self._drain(stream)
        if not completion.has_said and not completion.uses:
            raise ProviderError("The model had nothing to say")

    def _spoken(self, clause: str) -> str:
        """What everybody else sees of the clause: the voice, the captions, the transcript, the history."""
        if defect := claims.check(clause, self.conversation, self.turn.store, self.turn.today):
            self.tools.replaced(defect)
            clause = defect.truth
        said = spoken_form(clause, today=self.turn.today)
        self.completion.has_said = self.completion.has_said or bool(said)
        return said

    async def _use_tools(self) -> ToolResult:
        """Run every tool asked for, in order, and append all results; returns the last."""
        uses = [use for _, use in sorted(self.completion.uses.items())]
        # Some hosts count their ids anew in every completion; ours are unique in a call.
        for use in uses:
            use.id = f"{secrets.token_hex(4)}-{use.id}"[:100]
        self.messages.append(_assistant_message(self.completion.text, uses))
        result = BAD_ARGUMENTS
        for use in uses:
            result = await self._use_tool(use)
            content = {"code": result.code, "spoken": result.spoken, "data": result.data}
            self.messages.append({"role": "tool", "tool_call_id": use.id, "content": json.dumps(content)})
        return result

    async def _use_tool(self, use: ToolUse) -> ToolResult:
        arguments = _parsed(use.arguments)
        if arguments is None:
            return BAD_ARGUMENTS
        result = await self.tools.call(use.name, arguments, call_id=use.id)
        told = [*self.conversation.told, f"{result.spoken} {result.data}"]
        self.conversation.told = told[-MOST_TOLD:]
        if use.name == "verify_caller" and result.code == "locked":
            self.locked = result
        if use.name in NOTES and result.code not in UNUSABLE:
            NOTES[use.name](self.conversation, arguments)
        return result

    @asynccontextmanager
    async def _opened(self, *, may_use_tools: bool) -> AsyncIterator[AsyncStream[object]]:
        self.seconds_since_token = 0.0
        request = {
            "model": self.models[0],
            "messages": self.messages,
            "tools": self.tools.schemas(),
            "tool_choice": "auto" if may_use_tools else "none",
            "max_completion_tokens": MAX_TOKENS,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        async with self._patience():
            # Not chat.completions.create(), which walks through every tool again: 4 ms for ours.
            stream = await _client().post(
                "/chat/completions", body=request, cast_to=object, stream=True, stream_cls=AsyncStream[object]
            )
        try:
            yield stream
        finally:
            await stream.close()

    async def _next(self, stream: AsyncStream[object]) -> Chunk | None:
        async with self._patience():
            chunk = await anext(stream, None)
            return None if chunk is None else Chunk.model_validate(chunk)

    async def _drain(self, stream: AsyncStream[object]) -> None:
        """Read what follows the finish reason, so that the connection can serve the next turn."""
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while (chunk := await self._next(stream)) is not None:
                    self.completion.take(chunk)
        except (ProviderError, TimeoutError):
            return

    @asynccontextmanager
    async def _patience(self) -> AsyncIterator[None]:
        """Only waiting for the provider counts: the caller listens to one clause meanwhile."""
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with asyncio.timeout(min(TOKEN_SECONDS - self.seconds_since_token, self.seconds_left)):
                with _translated():
                    yield
        except TimeoutError as error:
            raise _TooSlow("The model took too long") from error
        finally:
            self.seconds_since_token += clock() - began
            self.seconds_left -= clock() - began


def _messages(store: Store, conversation: Conversation, now: datetime) -> list[dict[str, Any]]:
    roles = {"caller": "user", "desk": "assistant"}
    return [
        {"role": "system", "content": system_prompt(store, conversation, now=now)},
        *(
            {"role": roles[message.speaker], "content": message.text}
            for message in conversation.history[-MAX_HISTORY:]
        ),
    ]


def _assistant_message(text: str, uses: list[ToolUse]) -> dict[str, Any]:
    return {
        "role": "assistant",
        "content": text or None,
        "tool_calls": [
            {
                "id": use.id,
                "type": "function",
                # Hosts parse what is sent back, so broken arguments must not be.
                "function": {"name": use.name, "arguments": json.dumps(_parsed(use.arguments) or {})},
            }
            for use in uses
        ],
    }


def _parsed(arguments: str) -> dict[str, Any] | None:
    """The arguments of a tool call; None when they are no JSON object."""
    try:
        parsed = json.loads(arguments or "{}")
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _client() -> AsyncOpenAI:
    return _client_for(settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL, asyncio.get_running_loop())


async def close_client() -> None:
    """Give up the kept connections, at the end of a process or of its event loop."""
    await _client().close()
    _client_for.cache_clear()


@lru_cache(maxsize=4)
def _client_for(api_key: str, base_url: str, loop: asyncio.AbstractEventLoop) -> AsyncOpenAI:
    """One for the process, so that its connections outlive a call; they belong to one event loop."""
    timeout = openai.Timeout(REPLY_SECONDS, connect=CONNECT_SECONDS)
    # On aiohttp a request is under way 1 ms sooner than on the SDK's usual client.
    client = DefaultAioHttpClient(timeout=timeout)
    return AsyncOpenAI(api_key=api_key, base_url=base_url, timeout=timeout, max_retries=0, http_client=client)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except openai.APIStatusError as error:
        is_temporary = error.status_code in (408, 409, 429) or error.status_code >= 500
        retryable = is_temporary and error.code != "insufficient_quota"
        raise ProviderError(
            f"OpenAI refused: {error.status_code} {error.code}", retryable=retryable
        ) from error
    except openai.APIError as error:
        raise ProviderError(f"OpenAI failed: {type(error).__name__}") from error
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        raise ProviderError("OpenAI sent what is no completion") from error
