"""manage.py talk: type to the desk in a terminal, and see what it thinks. Bookings are real."""

import asyncio
import secrets
import sys
from argparse import ArgumentParser
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, OutputWrapper

from crm.models import RooftopNumber
from scheduling.models import Appointment
from voice import calls, providers
from voice.conversation.claims import Defect
from voice.conversation.states import Conversation, Message
from voice.database import in_database
from voice.models import Call
from voice.ports import ModelUse, ReplyModel, ToolResult
from voice.tools.registry import Toolbox
from voice.tools.store import load_store

WITHHELD = "anonymous"


class Command(BaseCommand):
    help = "Type to the desk, and see its state, its slots and its tools. What it books is booked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", dest="caller", default=WITHHELD, help="the caller's number; else withheld"
        )
        parser.add_argument(
            "--to", dest="called", default="", help="the number dialled; else the first store's"
        )
        parser.add_argument(
            "--outbound",
            choices=[purpose.value for purpose in Call.Purpose],
            default="",
            help="the desk rings the number of --from about its next appointment",
        )
        parser.add_argument(
            "--at", default="", help="pretend that it is then, at the store: 2026-11-24T09:00"
        )

    def handle(self, *, caller: str, called: str, at: str, outbound: str, **options: object) -> None:
        try:
            local = datetime.fromisoformat(at) if at else None
        except ValueError as error:
            raise CommandError(f"--at takes a moment like 2026-11-24T09:00, not {at}.") from error
        try:
            asyncio.run(_talk(self.stdout, caller, called, local, outbound))
        except Appointment.DoesNotExist as error:
            raise CommandError("Nobody with the number of --from has an appointment ahead.") from error
        except calls.UnknownNumber as error:
            raise CommandError("No store has the number that was dialled; name one with --to.") from error


@dataclass(slots=True)
class TellingTools:
    """The call's tools, which keep what they were asked and what they said. See ports.Tools."""

    box: Toolbox
    told: list[str] = field(default_factory=list)

    async def call(self, name: str, arguments: dict[str, Any], *, call_id: str = "") -> ToolResult:
        result = await self.box.call(name, arguments, call_id=call_id)
        said = ", ".join(f"{key}={value}" for key, value in arguments.items() if value not in (None, "", []))
        self.told.append(f"{name}({said}): {result.code}")
        return result

    def schemas(self) -> list[dict[str, Any]]:
        return self.box.schemas()

    def token_came(self) -> None:
        self.box.token_came()

    def replaced(self, defect: Defect) -> None:
        self.box.replaced(defect)

    def count(self, use: ModelUse) -> None:
        self.box.count(use)


@dataclass(slots=True)
class Desk:
    """One typed call: the mind of the settings on the real tools, without a voice."""

    call: Call
    conversation: Conversation
    mind: ReplyModel
    tools: TellingTools
    now: datetime

    async def reply(self, heard: str) -> str:
        """The answer to what was typed; "" begins with the greeting."""
        if heard:
            self.conversation.history.append(Message(speaker="caller", text=heard))
        clauses = self.mind.reply(self.conversation, heard, self.tools, now=self.now)
        said = " ".join([clause async for clause in clauses])
        self.conversation.history.append(Message(speaker="desk", text=said))
        return said

    def thoughts(self) -> list[str]:
        """State, slots and tools since the last time, a line each; what is empty is left out."""
        conversation, told = self.conversation, self.tools.told
        self.tools.told = []
        stands = (
            f"{conversation.state}, intent {conversation.intent}, asked {conversation.asked or 'nothing'}"
        )
        slots = conversation.slots.model_dump(mode="json", exclude_defaults=True)
        offers = [f"{offer.handle} {offer.local:%a %b %-d %-I:%M %p}" for offer in conversation.offers]
        chosen = conversation.chosen.handle if conversation.chosen else ""
        return [
            *(f"tool    {line}" for line in told),
            f"state   {stands}",
            *(f"slot    {name}: {value}" for name, value in slots.items()),
            *([f"offers  {'; '.join(offers)}"] if offers else []),
            *([f"chosen  {chosen}"] if chosen else []),
        ]


async def _talk(out: OutputWrapper, caller: str, called: str, local: datetime | None, purpose: str) -> None:
    """Until the desk ends the call, or the input does."""
    desk = await in_database(_open, caller, called, local, purpose)
    _show(out, desk, await desk.reply(""))
    async for line in _lines():
        _show(out, desk, await desk.reply(line))
        if desk.conversation.ending:
            break
    outcome = await in_database(_finish, desk)
    if not desk.conversation.ending:
        out.write("")  # below the prompt
    out.write(f"The call has ended: {outcome}.")


def _show(out: OutputWrapper, desk: Desk, said: str) -> None:
    for thought in desk.thoughts():
        out.write(f"        {thought}")
    out.write(f"Desk: {said}")
    if not desk.conversation.ending:
        out.write("You:  ", ending="")
        out.flush()


async def _lines() -> AsyncIterator[str]:
    """What is typed, but for empty lines, until the end of the input."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip():
            yield line.strip()


def _ring(number: str, purpose: str) -> Call:
    """The row of a call about this number's next appointment. Raises Appointment.DoesNotExist."""
    now = datetime.now(UTC)
    ahead = Appointment.objects.active().filter(customer__phones__number=number)
    found = ahead.select_related("rooftop", "customer").order_by("arrives_at")
    appointment = found.filter(arrives_at__gt=now).first() or found.first()
    if appointment is None:
        raise Appointment.DoesNotExist
    sid = "CT" + secrets.token_hex(16)
    return calls.open_outbound(
        appointment, number, carrier=Call.Carrier.BROWSER, sid=sid, purpose=purpose, now=now
    )


def _answer(caller: str, called: str) -> Call:
    """The row of a call that came in. Raises UnknownNumber."""
    first = RooftopNumber.objects.order_by("pk").first()
    return calls.open_call(
        carrier=Call.Carrier.BROWSER,
        sid="CT" + secrets.token_hex(16),
        caller_number=caller,
        called_number=called or (first.number if first else ""),
        now=datetime.now(UTC),
    )


def _open(caller: str, called: str, local: datetime | None, purpose: str) -> Desk:
    """A call's row, and everything that answers it; local is the store's wall time.

    Raises UnknownNumber, or Appointment.DoesNotExist where the desk rings.
    """
    call = _ring(caller, purpose) if purpose else _answer(caller, called)
    now = local.replace(tzinfo=call.rooftop.zone).astimezone(UTC) if local else call.started_at
    store = load_store(call.rooftop, now=now)
    conversation = calls.begin_conversation(call)
    box = Toolbox(call, store, conversation, wall_clock=lambda: now)
    return Desk(call, conversation, providers.make_mind(store), TellingTools(box), now)


def _finish(desk: Desk) -> str:
    """Close the call's row as the session does, and return its outcome."""
    outcome = calls.outcome_of(desk.conversation, Call.Outcome.HUNG_UP)
    calls.finish(desk.call, desk.conversation, outcome, now=datetime.now(UTC))
    desk.call.refresh_from_db(fields=["outcome"])
    return desk.call.get_outcome_display().lower()
