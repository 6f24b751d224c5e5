"""Emulated providers that understand: for `make run CLOUD=emulated`, not for tests of single calls.

Deepgram hears with the local recogniser and speaks with the local voice. OpenAI's model is the
built-in conversation, which asks for tools through the wire as a model would.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from crm.models import Rooftop
from tests.emulators.base import Lost
from tests.emulators.deepgram import Deepgram
from tests.emulators.ear import Ear, Message, Word
from tests.emulators.nova import NovaEar, results
from tests.emulators.openai import OpenAI
from tests.emulators.openai_script import Body, Reply, Use, heard, system
from tests.emulators.openai_script import results as tool_results
from tests.emulators.speech import carry
from tests.emulators.wire import Wire
from voice.calls import DEEDS
from voice.conversation import questions
from voice.conversation.claims import Defect
from voice.conversation.facts import Store
from voice.conversation.states import (
    Booked,
    Caller,
    Conversation,
    Ending,
    Offer,
    State,
    Visit,
)
from voice.conversation.states import Message as Turn
from voice.database import in_database
from voice.ports import HearingEvent, ModelUse, SpeechEnded, SpeechStarted, ToolResult, Words
from voice.replies.builtin import BuiltinReplies
from voice.speech.local import LocalSynthesizer, LocalTranscriber
from voice.tools.store import load_store

# --- Deepgram -----------------------------------------------------------------------------


@dataclass(slots=True)
class RecognisedEar(NovaEar):
    """Passes the audio on; what is recognised comes beside it."""

    audio: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    has_told_all: asyncio.Event = field(default_factory=asyncio.Event)

    def feed(self, mulaw: bytes) -> Iterator[Message]:
        self.audio.put_nowait(mulaw)
        self.now_ms += len(mulaw) // 8
        yield from ()

    def close(self) -> Iterator[Message]:
        yield from ()

    async def finish(self) -> None:
        self.audio.put_nowait(None)
        await self.has_told_all.wait()


class UnderstandingDeepgram(Deepgram):
    async def hear(self, wire: Wire, ear: Ear) -> None:
        assert isinstance(ear, NovaEar), "the local recogniser speaks listen v1 only"
        recognised = RecognisedEar(interim=ear.interim, vad_events=ear.vad_events, model=ear.model)
        async with LocalTranscriber() as recogniser:
            tasks = [
                asyncio.create_task(_pass_on(recognised, recogniser)),
                asyncio.create_task(_tell(recognised, recogniser, wire)),
            ]
            try:
                await self.listen_to(wire, recognised)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def sound_of(self, text: str) -> bytes:
        async with LocalSynthesizer() as voice:
            return carry(b"".join([piece async for piece in voice.speak(text)]), text.split())


async def _pass_on(ear: RecognisedEar, recogniser: LocalTranscriber) -> None:
    while (mulaw := await ear.audio.get()) is not None:
        await recogniser.send(mulaw)
    await recogniser.finish()


async def _tell(ear: RecognisedEar, recogniser: LocalTranscriber, wire: Wire) -> None:
    try:
        with suppress(Lost, ConnectionError):
            async for event in recogniser.events():
                for message in _message(event, ear):
                    await wire.send(message)
    finally:
        ear.has_told_all.set()


def _message(event: HearingEvent, ear: RecognisedEar) -> Iterator[Message]:
    match event:
        case SpeechStarted(at) if ear.vad_events:
            yield {"type": "SpeechStarted", "channel": [0, 1], "timestamp": at}
        case Words(text, is_final, starts_at, ends_at) if is_final or ear.interim:
            texts = text.split()
            step = 1000 * (ends_at - starts_at) / max(1, len(texts))
            begins = 1000 * starts_at
            words = [
                Word(word, begins + step * at, begins + step * (at + 1)) for at, word in enumerate(texts)
            ]
            yield results(words, start=starts_at, end=ends_at, is_final=is_final, is_end=False)
        case SpeechEnded(at):
            yield results([], start=at, end=at, is_final=True, is_end=True)


# --- OpenAI -------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Thought:
    """One answer of the built-in conversation, held up wherever it asks for a tool."""

    store: Store
    conversation: Conversation
    steps: "asyncio.Queue[Use | str]" = field(default_factory=asyncio.Queue)
    answered: "asyncio.Queue[ToolResult]" = field(default_factory=asyncio.Queue)
    task: asyncio.Task[None] | None = None

    def begin(self, said: str) -> None:
        self.task = asyncio.create_task(self._think(said))

    async def call(self, name: str, arguments: dict[str, Any], *, call_id: str = "") -> ToolResult:
        plain = json.loads(json.dumps(arguments, default=lambda value: value.isoformat()))
        self.steps.put_nowait(Use(name, plain))
        result = await self.answered.get()
        self._note(name, result)
        return result

    def schemas(self) -> list[dict[str, Any]]:
        return []

    def token_came(self) -> None: ...

    def replaced(self, defect: Defect) -> None: ...

    def count(self, use: ModelUse) -> None: ...

    async def _think(self, said: str) -> None:
        replies = BuiltinReplies(self.store).reply(self.conversation, said, self, now=datetime.now(UTC))
        self.steps.put_nowait(" ".join([clause async for clause in replies]))

    def _note(self, name: str, result: ToolResult) -> None:
        """What the tool did to the product's conversation it does to this one."""
        conversation, data = self.conversation, result.data
        if "offers" in data:
            conversation.offers = [self._offer(offer) for offer in data["offers"]]
        if "appointments" in data:
            conversation.visits = [self._visit(visit) for visit in data["appointments"]]
        if name == "verify_caller" and result.is_ok:
            conversation.caller.is_verified = conversation.caller.is_confirmed = True
            conversation.caller.first_name = data["first_name"]
        if name in DEEDS and result.is_ok:
            conversation.booked = Booked(
                confirmation_number=data["confirmation_number"],
                local=self._local(data["local"]),
                deed=DEEDS[name],
            )
            conversation.has_consent = data.get("may_remind", conversation.has_consent)
            conversation.state = State.EXECUTION
        if name == "end_call":
            conversation.ending = Ending.GOODBYE
        if data.get("is_ringing"):
            conversation.ending = Ending.TRANSFER

    def _visit(self, visit: dict[str, Any]) -> Visit:
        return Visit(
            handle=visit["handle"],
            appointment_id=0,
            version=0,
            local=self._local(visit["local"]),
            services=visit["services"],
            names=[self.store.item(code).name for code in visit["services"]],
            vehicle=visit["vehicle"],
        )

    def _offer(self, offer: dict[str, str]) -> Offer:
        local = self._local(offer["local"])
        return Offer(handle=offer["handle"], arrives_at=local.astimezone(UTC), local=local)

    def _local(self, text: str) -> datetime:
        return datetime.fromisoformat(text).astimezone(self.store.zone)


@dataclass(slots=True)
class BuiltinMind:
    """Answers requests. Of each caller it keeps how the conversation stood after each turn, so that a
    draft, or a turn that is thought again, begins where the turn before ended."""

    _turns: dict[tuple[str, int], Thought] = field(default_factory=dict)
    _waiting: dict[str, Thought] = field(default_factory=dict)  # by the id of the tool call

    async def answer(self, body: Body, number: int) -> Reply:
        if tool_results(body):
            thought = self._resumed(body)
        else:
            thought = await self._begun(body)
        step = await thought.steps.get()
        if isinstance(step, str):
            return Reply(step)
        self._waiting[f"call_{number}_0"] = thought
        return Reply(uses=(step,))

    def _resumed(self, body: Body) -> Thought:
        message = body["messages"][-1]
        (name,) = [known for known in self._waiting if message["tool_call_id"].endswith(known)]
        thought = self._waiting.pop(name)
        _, result = tool_results(body)[-1]
        thought.answered.put_nowait(
            ToolResult(result["code"], result.get("spoken", ""), result.get("data") or {})
        )
        return thought

    async def _begun(self, body: Body) -> Thought:
        prompt = system(body)
        turns = [message for message in body["messages"] if message["role"] in ("user", "assistant")]
        count = sum(message["role"] == "user" for message in turns)
        key = (_caller(prompt).number, count)
        before = [
            self._turns[(key[0], earlier)] for earlier in range(count) if (key[0], earlier) in self._turns
        ]
        self._forget(key)
        if before and count > 1:
            store, conversation = before[-1].store, before[-1].conversation.model_copy(deep=True)
        else:
            store, conversation = await in_database(_store, prompt), _opened(prompt)
        conversation.history = [
            Turn(speaker="caller" if turn["role"] == "user" else "desk", text=turn["content"] or "")
            for turn in turns
        ]
        thought = self._turns[key] = Thought(store, conversation)
        thought.begin(heard(body))
        return thought

    def _forget(self, key: tuple[str, int]) -> None:
        """What was thought of this turn or of later ones never came to be."""
        for known in [known for known in self._turns if known[0] == key[0] and known[1] >= key[1]]:
            thought = self._turns.pop(known)
            if thought.task is not None:
                thought.task.cancel()


class UnderstandingOpenAI(OpenAI):
    mind: BuiltinMind

    async def __aenter__(self) -> "UnderstandingOpenAI":
        self.mind = BuiltinMind()
        await OpenAI.__aenter__(self)
        return self

    async def think(self, body: Body, number: int) -> Reply:
        return await self.mind.answer(body, number)


def _opened(prompt: str) -> Conversation:
    """A conversation in which the desk has just greeted the caller."""
    caller = _caller(prompt)
    asked = questions.ASK_IS_CALLER if caller.first_name else questions.ASK_NEED
    state = State.VERIFICATION if caller.first_name else State.INTENT
    return Conversation(call_sid="emulated", caller=caller, asked=asked, state=state)


def _caller(prompt: str) -> Caller:
    number = re.search(r'calls from "([^"]+)"', prompt)
    name = re.search(r'(?:confirmed to be|perhaps) "([^"]+)"', prompt)
    return Caller(number=number[1] if number else "", first_name=name[1] if name else "")


def _store(prompt: str) -> Store:
    named = [rooftop for rooftop in Rooftop.objects.all() if json.dumps(rooftop.name) in prompt]
    return load_store(named[0], now=datetime.now(UTC))
