"""Tools about the store, the caller, and how the call goes on."""

from typing import Literal

from django.db import transaction
from pydantic import BaseModel, ConfigDict, Field

from crm import directory
from crm.models import FollowUpTask, Staff
from voice import recordings, transfers
from voice.callbacks import callback_due
from voice.calls import promise_callback
from voice.conversation import briefing, handing, phrases, store_phrases
from voice.conversation.intents import find_intent
from voice.conversation.states import Ending, Intent, State, Unsent
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


@tool(
    "Take a message; a person will call back. The code needs_number: ask for a phone number, then use it again.",
    is_write=True,
)
def take_message(desk: Desk, message: Text) -> ToolResult:
    task = _note(desk, message.text)
    if not_yet := number_first(desk, task, Unsent(text=message.text, is_message=True)):
        return not_yet
    return _promised(task, handing.passed_on(task.due_at.astimezone(desk.store.zone)))


@tool(
    "Fetch a person for the caller. Rings the service desk, or the named person, when it is open, else "
    "promises a callback. The code which_person gives the names to choose from; needs_number: ask for a phone "
    "number to call back, then use it again.",
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
    task = _note(desk, asked, owner=person or _whose_business(desk))
    if transfers.line_for(desk.call, conversation) is None or not desk.store.is_open_at(desk.now):
        if not_yet := number_first(desk, task, Unsent(text=wanted.text, name=wanted.name)):
            return not_yet
        callback = phrases.callback(task.due_at.astimezone(desk.store.zone))
        return _promised(task, f"{first} {callback}".strip())
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


def _whose_business(desk: Desk) -> Staff | None:
    """A manager's, when the caller's last words are a complaint."""
    heard = (message.text for message in reversed(desk.conversation.history) if message.speaker == "caller")
    is_complaint = find_intent(next(heard, "")) is Intent.COMPLAINT
    return directory.manager(desk.call.rooftop) if is_complaint else None


@transaction.atomic
def _note(desk: Desk, said: str, *, owner: Staff | None = None) -> FollowUpTask:
    """The task to call back, with all that is known of what it is about; so nothing is lost with the line."""
    conversation = desk.conversation
    why = briefing.for_a_task(said, conversation, desk.store)
    due_at = callback_due(desk.call.rooftop, now=desk.now)
    task = promise_callback(desk.call, why, due_at=due_at, owner=owner)
    number = conversation.slots.phone
    if number and task.phone_number != number:
        task.phone_number = number
        task.save(update_fields=["phone_number"])
    return task


def number_first(desk: Desk, task: FollowUpTask, unsent: Unsent) -> ToolResult | None:
    """There is none to call back: it is asked for, but only once."""
    conversation = desk.conversation
    conversation.unsent = None
    if task.phone_number or conversation.was_number_asked:
        return None
    conversation.unsent, conversation.was_number_asked = unsent, True
    return ToolResult("needs_number", handing.CAN_CALL_BACK if unsent.is_message else handing.NOBODY_IN)


def _promised(task: FollowUpTask, spoken: str) -> ToolResult:
    """By when somebody calls back; the truth, where nobody can."""
    if not task.phone_number:
        return ToolResult("ok", handing.WITHOUT_NUMBER)
    return ToolResult("ok", spoken, {"due_at": task.due_at.isoformat()})
