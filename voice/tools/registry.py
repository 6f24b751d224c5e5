"""The tools a mind may use, and the one place through which it uses them.

A tool is a synchronous function of (Desk, arguments) that answers with a ToolResult. Nothing a
mind says reaches the database except through here: arguments are validated, every call is kept
with its result, a repeated id of a write returns the first result, and a write that has begun is
finished and kept even when the caller interrupts. A tool that needs no database works without one.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError
from pydantic import BaseModel, ValidationError

from scheduling import booking
from voice import calls
from voice.conversation.claims import Defect
from voice.conversation.facts import Store
from voice.conversation.redaction import mask_all
from voice.conversation.states import Conversation
from voice.database import begin_in_database, in_database
from voice.models import Call, ToolCall
from voice.ports import ModelUse, ToolResult
from voice.tools.schemas import strict, without_nulls

log = logging.getLogger(__name__)

TOOL_LIMIT_SECONDS = 8.0
TAKES_A_MESSAGE = ("take_message", "transfer_to_person", "report_lateness")

Result = TypeVar("Result")
UNAVAILABLE = ToolResult("unavailable", "I can't reach our calendar right now.")
UNSURE = ("unavailable", "busy")  # perhaps it was written, and only the answer was lost


@dataclass(slots=True)
class Desk:
    """What a tool works on: this call, and nothing that a mind could choose."""

    call: Call
    store: Store
    conversation: Conversation
    now: datetime  # aware UTC
    appointment_id: int | None = None  # set by a tool that wrote one
    booking_key: str = ""  # set by a tool before it writes one; whatever becomes of it, this finds it


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    purpose: str
    arguments: type[BaseModel]
    run: Callable[[Desk, Any], ToolResult]
    is_write: bool  # waits until the caller has finished speaking
    is_lasting: bool  # once it is done the answer must be said


REGISTRY: dict[str, Tool] = {}


def tool(
    purpose: str, *, is_write: bool = False, is_lasting: bool | None = None
) -> Callable[[Callable[[Desk, Any], ToolResult]], Callable[[Desk, Any], ToolResult]]:
    """Register a function as a tool; its second parameter's annotation is its schema.

    A write is lasting unless it says otherwise.
    """

    def register(function: Callable[[Desk, Any], ToolResult]) -> Callable[[Desk, Any], ToolResult]:
        arguments = next(
            hint for name, hint in function.__annotations__.items() if name not in ("desk", "return")
        )
        REGISTRY[function.__name__] = Tool(
            function.__name__,
            purpose,
            arguments,
            function,
            is_write,
            is_write if is_lasting is None else is_lasting,
        )
        return function

    return register


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a tool: everything that is kept of it. at_ms is on the call's clock."""

    tool: Tool
    arguments: BaseModel
    key: str
    at_ms: int
    result: ToolResult = UNAVAILABLE
    duration_ms: int = 0
    appointment_id: int | None = None
    is_kept: bool = False


class Toolbox:
    """The tools of one call. See ports.Tools."""

    def __init__(
        self,
        call: Call,
        store: Store,
        conversation: Conversation,
        *,
        seconds: float = 0.0,
        note: Callable[[Callable[[], None]], None] | None = None,
        wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """seconds: the call's clock, above zero when it is resumed. note takes writes that nobody waits
        for (Record.note); without it they are tried once."""
        self.call_row = call
        self.store = store
        self.conversation = conversation
        self.wall_clock = wall_clock
        self._began = time.monotonic() - seconds
        self._running: set[asyncio.Task[Any]] = set()
        self._writing: set[asyncio.Task[Any]] = set()
        self._count = 0
        self._epoch = call.resumes
        self._note = note

    async def call(self, name: str, arguments: dict[str, Any], *, call_id: str = "") -> ToolResult:
        use = self.prepare(name, arguments, call_id)
        return use if isinstance(use, ToolResult) else (await self.run(use, self.conversation)).result

    def schemas(self) -> list[dict[str, Any]]:
        return [_schema(tool) for tool in REGISTRY.values()]

    def token_came(self) -> None:
        """Only an answer has a first token."""

    def replaced(self, defect: Defect) -> None:
        self._keep_behind(calls.save_defect, calls.defect(self.call_row, defect, at_ms=self._at_ms()))

    def count(self, use: ModelUse) -> None:
        self._keep_behind(calls.save_usage, calls.usage(self.call_row, use, at_ms=self._at_ms()))

    def prepare(self, name: str, arguments: dict[str, Any], call_id: str) -> Use | ToolResult:
        """Check what a mind asks for: a use to be run, or why it cannot be. A card number reaches no tool."""
        self._count += 1
        tool = REGISTRY.get(name)
        if tool is None:
            return ToolResult("unknown_tool", data={"tools": sorted(REGISTRY)})
        try:
            parsed = tool.arguments.model_validate(mask_all(without_nulls(arguments)))
        except ValidationError as error:
            return ToolResult("bad_arguments", data={"errors": json.loads(error.json(include_input=False))})
        return Use(tool, parsed, call_id or f"turn-{self._epoch}-{self._count}", self._at_ms())

    async def run(self, use: Use, conversation: Conversation, *, is_kept: bool = True) -> Use:
        """Run a use on this conversation, to its end even when the caller of this is cancelled."""
        task = self._shielded(self._run(use, conversation, is_kept=is_kept))
        if use.tool.is_write:
            self._writing.add(task)
        return await asyncio.shield(task)

    def keep(self, uses: Sequence[Use]) -> None:
        """Keep what was run without being kept, behind the conversation's back."""
        if uses:
            self._keep_behind(_keep, self.call_row, uses)

    def _at_ms(self) -> int:
        return round((time.monotonic() - self._began) * 1000)

    def _keep_behind(self, write: Callable[..., None], *args: Any) -> None:
        if self._note:
            self._note(partial(write, *args))
        else:
            self._shielded(in_database(write, *args))

    async def finish_writing(self) -> None:
        """Wait until every write that was begun has ended; never raises."""
        if self._writing:
            await asyncio.wait(set(self._writing), timeout=TOOL_LIMIT_SECONDS)

    async def settle(self) -> None:
        """Wait until every tool that was begun has ended and is kept; never raises."""
        with suppress(TimeoutError):
            async with asyncio.timeout(TOOL_LIMIT_SECONDS):
                while self._running:
                    await asyncio.wait(set(self._running))

    def _shielded(self, job: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        task = asyncio.create_task(job, name="tool")
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        self._writing.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("call %s: a tool's use was not kept: %s", self.call_row.pk, type(error).__name__)

    async def _run(self, use: Use, conversation: Conversation, *, is_kept: bool) -> Use:
        """What came of it within TOOL_LIMIT_SECONDS. What takes longer goes on, unless it had to queue so long."""
        desk = Desk(self.call_row, self.store, conversation, self.wall_clock())
        work = begin_in_database(_run, use, desk, is_kept=is_kept)
        ending = self._shielded(self._end(use, desk, work, is_kept=is_kept))
        await asyncio.wait({ending}, timeout=TOOL_LIMIT_SECONDS)
        if not ending.done():
            work.cancel()
            return use
        done = ending.result()
        if use.tool.is_lasting and done.result.is_ok and use.tool.name in TAKES_A_MESSAGE:
            self.conversation.has_left_message = True
        return done

    async def _end(self, use: Use, desk: Desk, work: "Future[Use]", *, is_kept: bool) -> Use:
        """Wait for a tool that was begun, and have kept what came of it, also when it failed."""
        try:
            done = await asyncio.wrap_future(work)
        except (Exception, asyncio.CancelledError) as error:
            log.error("call %s: tool %s failed: %s", self.call_row.pk, use.tool.name, type(error).__name__)
            done = use
        if is_kept and not done.is_kept:
            self._keep_behind(_keep_what_became, desk, done)
        return done


class AnswerTools:
    """The tools of one answer, on its own conversation. See ports.Tools.

    While the answer is a draft it may read; what it read is kept when the draft is released. A
    write waits for that. begin is called before a lasting write: from there on there is no way back.
    """

    def __init__(
        self,
        box: Toolbox,
        conversation: Conversation,
        begin: Callable[[], None],
        token_came: Callable[[], None],
    ) -> None:
        self.has_written = False
        self.running_since: float | None = None  # monotonic
        self._box = box
        self._conversation = conversation
        self._begin = begin
        self.token_came = token_came
        self._released = asyncio.Event()
        self._unkept: list[Use] = []
        self._unsaid: list[Defect] = []

    async def call(self, name: str, arguments: dict[str, Any], *, call_id: str = "") -> ToolResult:
        use = self._box.prepare(name, arguments, call_id)
        if isinstance(use, ToolResult):
            return use
        if use.tool.is_write:
            await self._released.wait()
        if use.tool.is_lasting:
            self._begin()
            self.has_written = True  # or soon will have, even when this is cancelled
        self.running_since = time.monotonic()
        try:
            return (await self._run(use)).result
        finally:
            self.running_since = None

    def schemas(self) -> list[dict[str, Any]]:
        return self._box.schemas()

    def replaced(self, defect: Defect) -> None:
        if self._released.is_set():
            self._box.replaced(defect)
        else:
            self._unsaid.append(defect)

    def count(self, use: ModelUse) -> None:
        self._box.count(use)  # a draft that is thrown away was thought, too

    def release(self) -> None:
        """The caller has finished: what was read is kept, what is to be written may be."""
        self._released.set()
        self._box.keep(self._unkept)
        for defect in self._unsaid:
            self._box.replaced(defect)
        self._unkept, self._unsaid = [], []

    async def _run(self, use: Use) -> Use:
        is_kept = self._released.is_set()
        done = await self._box.run(use, self._conversation, is_kept=is_kept)
        if use.tool.is_lasting and not done.result.is_ok:
            self.has_written = False
        if not is_kept:
            self._unkept.append(done)
            if self._released.is_set():
                self.release()
        return done


@cache
def _schema(tool: Tool) -> dict[str, Any]:
    """Kept, for making all of them takes some 4 ms, in every completion of every call."""
    function = {
        "name": tool.name,
        "description": tool.purpose,
        "parameters": strict(tool.arguments),
        "strict": True,
    }
    return {"type": "function", "function": function}


def _run(use: Use, desk: Desk, *, is_kept: bool) -> Use:
    """Run one tool in this thread and keep its use; a write's key that is known returns its first result.

    What was done is told even when it could not be kept.
    """
    if use.tool.is_write and (earlier := _earlier(use, desk.call)):
        return replace(use, result=ToolResult(earlier.code, **earlier.result), is_kept=True)
    began = time.monotonic()
    result = use.tool.run(desk, use.arguments)
    done = replace(
        use,
        result=result,
        duration_ms=round((time.monotonic() - began) * 1000),
        appointment_id=desk.appointment_id,
    )
    if is_kept:
        with suppress(OperationalError, InterfaceError):
            _keep(desk.call, [done])
            return replace(done, is_kept=True)
    return done


def _earlier(use: Use, call: Call) -> ToolCall | None:
    return ToolCall.objects.filter(call=call, key=use.key, name=use.tool.name).first()


def _keep_what_became(desk: Desk, use: Use) -> None:
    """Keep a use whose end nobody saw: when the booking is there after all, the row says so."""
    appointment = None
    if desk.booking_key and use.result.code in UNSURE:
        appointment = booking.booked_as(desk.booking_key)
    if appointment:
        told = {"confirmation_number": appointment.confirmation_number, "the_caller_was_told": False}
        use = replace(use, result=ToolResult("ok", data=told), appointment_id=appointment.pk)
    _keep(desk.call, [use])


def _keep(call: Call, uses: Sequence[Use]) -> None:
    """Keep these uses, but none twice: an attempt that seemed to fail may have been kept."""
    ToolCall.objects.bulk_create(
        (
            ToolCall(
                call=call,
                key=use.key,
                name=use.tool.name,
                arguments=use.arguments.model_dump(mode="json", exclude_none=True),
                code=use.result.code,
                result=mask_all({"spoken": use.result.spoken, "data": use.result.data}),
                at_ms=use.at_ms,
                duration_ms=use.duration_ms,
                appointment_id=use.appointment_id,
            )
            for use in uses
        ),
        ignore_conflicts=True,
    )
