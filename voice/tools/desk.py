"""Tools about the store, the caller, and how the call goes on."""

from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from crm import directory
from crm.models import Staff
from voice import recordings, transfers
from voice.callbacks import callback_due
from voice.calls import promise_callback
from voice.conversation import phrases, store_phrases
from voice.conversation.states import Ending, State
from voice.ports import ToolResult
from voice.tools.registry import Desk, tool


class Nothing(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StoreQuestion(BaseModel):
    model_config = ConfigDict(extra="forbid")

    topic: Literal["hours", "address", "transport", "key_drop"]


class Text(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=500)


class Handing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=500, description="Why, in one sentence: the person hears it first.")
    name: str = Field("", max_length=60, description="Whom the caller asked for, as said; empty for anybody.")


@tool("Answer when the store is open, where it is, how to get around meanwhile, and how to drop keys.")
def get_store_info(desk: Desk, question: StoreQuestion) -> ToolResult:
    match question.topic:
        case "hours":
            return ToolResult("ok", store_phrases.hours(desk.store, desk.store.today(desk.now)))
        case "address":
            return ToolResult("ok", store_phrases.address(desk.store))
        case "transport":
            return ToolResult("ok", store_phrases.transport(desk.store))
        case "key_drop":
            return ToolResult("ok", store_phrases.KEY_DROP)


@tool("Take a message; a person will call back.", is_write=True)
def take_message(desk: Desk, message: Text) -> ToolResult:
    return _promise(desk, message.text)


@tool(
    "Fetch a person for the caller. Rings the service desk, or the named person, when it is open, else "
    "promises a callback. The code which_person gives the names to choose from.",
    is_write=True,
)
def transfer_to_person(desk: Desk, wanted: Handing) -> ToolResult:
    meant = directory.find(desk.call.rooftop, wanted.name)
    if len(meant) > 1:
        names = [person.name for person in meant]
        return ToolResult("which_person", phrases.which_person(names), {"names": names})
    if wanted.name and not meant:
        return ToolResult("unknown_person", phrases.UNKNOWN_PERSON)
    person = meant[0] if meant else None
    first = ""
    if person and person.away_until and person.is_away(desk.now):
        first = phrases.away(person.name, person.away_until.astimezone(desk.store.zone), desk.now)
        person = None
    conversation = desk.conversation
    conversation.enter(State.ESCALATION)
    conversation.transfer_to = person.pk if person else None
    conversation.transfer_reason = wanted.text[:200]
    asked = f"Asked for {meant[0].name if meant else 'a person'}: {wanted.text}"
    promised = _promise(desk, asked, owner=person)
    if transfers.line_for(desk.call, conversation) is None or not desk.store.is_open_at(desk.now):
        return replace(promised, spoken=f"{first} {promised.spoken}".strip())
    conversation.ending = Ending.TRANSFER
    ringing = phrases.transferring(person.name if person else "")
    return ToolResult("ok", f"{first} {ringing}".strip(), {"is_ringing": True})


@tool(
    "The caller does not want to be recorded: stops the recording and deletes it. The call goes on.",
    is_write=True,
)
def stop_recording(desk: Desk, nothing: Nothing) -> ToolResult:
    recordings.refuse(desk.call, now=desk.now)
    return ToolResult("ok", phrases.NOT_RECORDED)


@tool("End the call after the caller said goodbye.")
def end_call(desk: Desk, nothing: Nothing) -> ToolResult:
    desk.conversation.enter(State.CLOSING)
    desk.conversation.ending = Ending.GOODBYE
    return ToolResult("ok", phrases.GOODBYE_RUNG if desk.conversation.purpose else phrases.GOODBYE)


def _promise(desk: Desk, summary: str, *, owner: Staff | None = None) -> ToolResult:
    due_at = callback_due(desk.call.rooftop, now=desk.now)
    task = promise_callback(desk.call, summary, due_at=due_at, owner=owner)
    number = desk.conversation.slots.phone
    if number and task.phone_number != number:
        task.phone_number = number
        task.save(update_fields=["phone_number"])
    return ToolResult(
        "ok", phrases.callback(due_at.astimezone(desk.store.zone)), {"due_at": due_at.isoformat()}
    )
