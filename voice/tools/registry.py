"""The tools a mind may use, and the one place through which it uses them.

A tool is a synchronous function of (Desk, arguments) that answers with a ToolResult. Nothing a
mind says reaches the database except through here: arguments are validated, every call is kept
with its result, a repeated call id returns the first result, and a write that has begun is
finished and kept even when the caller interrupts.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from voice.conversation.facts import Store
from voice.conversation.states import Conversation
from voice.database import in_database
from voice.models import Call, ToolCall
from voice.ports import ToolResult

log = logging.getLogger(__name__)

TOOL_LIMIT_SECONDS = 8.0


@dataclass(slots=True)
class Desk:
    """What a tool works on: this call, and nothing that a mind could choose."""

    call: Call
    store: Store
    conversation: Conversation
    now: datetime  # aware UTC
    appointment_id: int | None = None  # set by a tool that wrote one


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    purpose: str
    arguments: type[BaseModel]
    run: Callable[[Desk, Any], ToolResult]
    is_write: bool


REGISTRY: dict[str, Tool] = {}


def tool(
    purpose: str, *, is_write: bool = False
) -> Callable[[Callable[[Desk, Any], ToolResult]], Callable[[Desk, Any], ToolResult]]:
    """Register a function as a tool; its second parameter's annotation is its schema."""

    def register(function: Callable[[Desk, Any], ToolResult]) -> Callable[[Desk, Any], ToolResult]:
        arguments = next(
            hint for name, hint in function.__annotations__.items() if name not in ("desk", "return")
        )
        REGISTRY[function.__name__] = Tool(function.__name__, purpose, arguments, function, is_write)
        return function

    return register


class Toolbox:
    """The tools of one call. See ports.Tools."""

    def __init__(
        self,
        call: Call,
        store: Store,
        conversation: Conversation,
        *,
        wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.call_row = call
        self.store = store
        self.conversation = conversation
        self.wall_clock = wall_clock
        self.has_written = False  # since begin_turn()
        self.has_taken_message = False
        self._began = time.monotonic()
        self._running: set[asyncio.Task[ToolResult]] = set()
        self._count = 0

    def begin_turn(self) -> None:
        self.has_written = False

    async def call(self, name: str, arguments: dict[str, Any], *, call_id: str = "") -> ToolResult:
        self._count += 1
        tool = REGISTRY.get(name)
        if tool is None:
            return ToolResult("unknown_tool", data={"tools": sorted(REGISTRY)})
        try:
            parsed = tool.arguments.model_validate(arguments)
        except ValidationError as error:
            return ToolResult("bad_arguments", data={"errors": json.loads(error.json(include_input=False))})
        job = asyncio.create_task(
            self._run(tool, parsed, call_id or f"turn-{self._count}"), name=f"tool {name}"
        )
        self._running.add(job)
        job.add_done_callback(self._running.discard)
        return await asyncio.shield(job)

    def schemas(self) -> list[dict[str, Any]]:
        return [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.purpose,
                    "parameters": tool.arguments.model_json_schema(),
                },
            }
            for tool in REGISTRY.values()
        ]

    async def settle(self) -> None:
        """Wait until every tool that was begun has finished and is kept; never raises."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=TOOL_LIMIT_SECONDS)

    async def _run(self, tool: Tool, arguments: BaseModel, key: str) -> ToolResult:
        desk = Desk(self.call_row, self.store, self.conversation, self.wall_clock())
        at_ms = round((time.monotonic() - self._began) * 1000)
        try:
            async with asyncio.timeout(TOOL_LIMIT_SECONDS):
                result = await in_database(_run_and_keep, tool, desk, arguments, key, at_ms)
        except Exception as error:
            log.error("call %s: tool %s failed: %s", self.call_row.pk, tool.name, type(error).__name__)
            return ToolResult("unavailable", "I can't reach our calendar right now.")
        if tool.is_write and result.is_ok:
            self.has_written = True
            self.has_taken_message = self.has_taken_message or tool.name in (
                "take_message",
                "transfer_to_person",
            )
        return result


def _run_and_keep(tool: Tool, desk: Desk, arguments: BaseModel, key: str, at_ms: int) -> ToolResult:
    """Run one tool in this thread and keep the call; a key that is known returns its first result."""
    earlier = ToolCall.objects.filter(call=desk.call, key=key, name=tool.name).first()
    if earlier:
        return ToolResult(earlier.code, **earlier.result)
    began = time.monotonic()
    result = tool.run(desk, arguments)
    ToolCall.objects.create(
        call=desk.call,
        key=key,
        name=tool.name,
        arguments=arguments.model_dump(mode="json", exclude_none=True),
        code=result.code,
        result={"spoken": result.spoken, "data": result.data},
        at_ms=at_ms,
        duration_ms=round((time.monotonic() - began) * 1000),
        appointment_id=desk.appointment_id,
    )
    return result
