"""Handwritten stand-ins for the ports: they record what they were asked and answer as told."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Self

from voice.conversation.claims import Defect
from voice.conversation.states import Conversation
from voice.ports import HearingEvent, ModelUse, ToolResult, Tools

Answer = ToolResult | Callable[[dict[str, Any]], ToolResult]


@dataclass(slots=True)
class FakeTools:
    """answers: what each tool says, or a function of its arguments; others answer plain "ok"."""

    answers: dict[str, Answer] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    call_ids: list[str] = field(default_factory=list)
    uses: list[ModelUse] = field(default_factory=list)
    defects: list[Defect] = field(default_factory=list)
    tokens: int = 0

    async def call(self, name: str, arguments: dict[str, Any], *, call_id: str = "") -> ToolResult:
        self.calls.append((name, arguments))
        self.call_ids.append(call_id)
        answer = self.answers.get(name, ToolResult("ok"))
        return answer if isinstance(answer, ToolResult) else answer(arguments)

    def schemas(self) -> list[dict[str, Any]]:
        return [
            {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
            for name in (*self.answers, "end_call")
        ]

    def token_came(self) -> None:
        self.tokens += 1

    def replaced(self, defect: Defect) -> None:
        self.defects.append(defect)

    def count(self, use: ModelUse) -> None:
        self.uses.append(use)


class FakeTranscriber:
    """Hears what the test tells it to. Named in settings; the newest one is made[-1]."""

    made: ClassVar[list["FakeTranscriber"]] = []

    def __init__(self) -> None:
        self.audio = bytearray()
        self.last_words: list[HearingEvent] = []  # what only finish() brings out
        self.never_finishes = False
        self.is_open = False
        self._heard: asyncio.Queue[HearingEvent | Exception | None] = asyncio.Queue()
        self.made.append(self)

    async def __aenter__(self) -> Self:
        self.is_open = True
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.is_open = False

    def hear(self, *events: HearingEvent) -> None:
        for event in events:
            self._heard.put_nowait(event)

    def lose(self, error: Exception) -> None:
        self._heard.put_nowait(error)

    async def send(self, mulaw: bytes) -> None:
        self.audio += mulaw

    async def finish(self) -> None:
        if self.never_finishes:
            await asyncio.Event().wait()
        self.hear(*self.last_words)
        self._heard.put_nowait(None)

    async def events(self) -> AsyncIterator[HearingEvent]:
        while (event := await self._heard.get()) is not None:
            if isinstance(event, Exception):
                raise event
            yield event


class FakeSynthesizer:
    """Speaks 60 ms a character, as fast as it is taken. Named in settings; the newest is made[-1]."""

    made: ClassVar[list["FakeSynthesizer"]] = []
    BYTES_PER_CHARACTER = 480
    PIECE = 1600  # 200 ms

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.given_up: list[str] = []  # closed before the last piece was taken
        self.may_speak = asyncio.Event()
        self.may_speak.set()
        self.fails_with: Exception | None = None
        self.is_open = False
        self.made.append(self)

    async def __aenter__(self) -> Self:
        self.is_open = True
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.is_open = False

    async def speak(self, text: str) -> AsyncGenerator[bytes, None]:
        self.asked.append(text)
        left = len(text) * self.BYTES_PER_CHARACTER
        try:
            while left:
                await self.may_speak.wait()
                if self.fails_with:
                    raise self.fails_with
                piece = min(left, self.PIECE)
                yield b"\xfe" * piece
                left -= piece
        finally:
            if left:
                self.given_up.append(text)


class FakeMind:
    """Thinks what the test tells it to: thought(heard, tools) yields clauses. Named in settings."""

    thought: ClassVar[Callable[[str, Tools], AsyncGenerator[str, None]]]
    heard: ClassVar[list[str]] = []

    def __init__(self, store: object) -> None:
        pass

    async def reply(
        self, conversation: Conversation, heard: str, tools: Tools, *, now: datetime
    ) -> AsyncGenerator[str, None]:
        self.heard.append(heard)
        if not heard:
            yield "Hello."
            return
        async with aclosing(type(self).thought(heard, tools)) as clauses:
            async for clause in clauses:
                yield clause
