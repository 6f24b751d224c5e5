"""Tools about the store, the caller, and how the call goes on."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from crm.models import Rooftop
from scheduling.lane import to_utc
from scheduling.models import Closure, OpeningHours
from voice.calls import promise_callback
from voice.conversation import phrases
from voice.conversation.states import Ending, State
from voice.ports import ToolResult
from voice.tools.registry import Desk, tool

CALLBACK_WITHIN = timedelta(minutes=30)


class Nothing(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StoreQuestion(BaseModel):
    model_config = ConfigDict(extra="forbid")

    topic: Literal["hours", "address"]


class Text(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=500)


@tool("See whether the caller's number belongs to one customer; gives a first name to ask for, nothing else.")
def lookup_customer(desk: Desk, nothing: Nothing) -> ToolResult:
    name = desk.conversation.caller.first_name
    return ToolResult("ok" if name else "not_found", f"Is this {name}?" if name else "", {"first_name": name})


@tool("Answer when the store is open or where it is.")
def get_store_info(desk: Desk, question: StoreQuestion) -> ToolResult:
    if question.topic == "address":
        return ToolResult("ok", phrases.address(desk.store))
    return ToolResult("ok", phrases.hours(desk.store, desk.store.today(desk.now)))


@tool("Take a message; a person will call back.", is_write=True)
def take_message(desk: Desk, message: Text) -> ToolResult:
    return _promise(desk, message.text)


@tool(
    "Fetch a person for the caller. Rings the service desk when it is open, else promises a callback.",
    is_write=True,
)
def transfer_to_person(desk: Desk, reason: Text) -> ToolResult:
    desk.conversation.state = State.ESCALATION
    if not desk.store.is_open_at(desk.now):
        return _promise(desk, reason.text)
    _promise(desk, f"Asked for a person: {reason.text}")
    desk.conversation.ending = Ending.TRANSFER
    return ToolResult("ok", phrases.transferring(), {"is_ringing": True})


@tool("End the call after the caller said goodbye.")
def end_call(desk: Desk, nothing: Nothing) -> ToolResult:
    desk.conversation.state = State.CLOSING
    desk.conversation.ending = Ending.GOODBYE
    return ToolResult("ok", phrases.GOODBYE)


def _promise(desk: Desk, summary: str) -> ToolResult:
    due_at = callback_due(desk.call.rooftop, now=desk.now)
    task = promise_callback(desk.call, summary, due_at=due_at)
    number = desk.conversation.slots.phone
    if number and task.phone_number != number:
        task.phone_number = number
        task.save(update_fields=["phone_number"])
    return ToolResult(
        "ok", phrases.callback(due_at.astimezone(desk.store.zone)), {"due_at": due_at.isoformat()}
    )


def callback_due(rooftop: Rooftop, *, now: datetime) -> datetime:
    """By when a callback is promised: soon while the desk is open, else soon after it next opens."""
    zone = rooftop.zone
    hours = {day.weekday: day for day in OpeningHours.objects.filter(rooftop=rooftop)}
    day = now.astimezone(zone).date()
    for _ in range(30):
        rule = hours.get(day.weekday())
        opens_at = to_utc(day, rule.opens, zone) if rule else None
        closes_at = to_utc(day, rule.closes, zone) if rule else None
        if opens_at and closes_at:
            start = max(now, opens_at)
            for closure in Closure.objects.filter(rooftop=rooftop, starts_at__lte=start, ends_at__gt=start):
                start = max(start, closure.ends_at)
            due = start + CALLBACK_WITHIN
            if due <= closes_at:
                return due.astimezone(UTC).replace(second=0, microsecond=0)
        day += timedelta(days=1)
    return now + timedelta(days=1)
