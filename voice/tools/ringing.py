"""Tools for calls that the desk placed: it was somebody else's number, or the wrong moment."""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from crm import consent
from crm.models import FollowUpTask
from voice.callbacks import callback_due
from voice.conversation import phrases, ringing
from voice.conversation.states import CameOf
from voice.models import Call
from voice.ports import ToolResult
from voice.tools.desk import Text
from voice.tools.registry import Desk, tool

CHECK_WITHIN = timedelta(days=1)
UNLESS_SAID = timedelta(hours=3)  # somebody who cannot talk now, and does not say when they can
FARTHEST = timedelta(days=14)
NOT_RUNG = ToolResult("not_rung", phrases.LET_ME_CHECK)


class Later(BaseModel):
    model_config = ConfigDict(extra="forbid")

    local: datetime | None = Field(
        None, description="When to call again, the store's wall time; null when unsaid."
    )
    words: str = Field("", max_length=300, description="What they said, word for word.")


@tool(
    "Whoever answered is not the customer and there is none by that name: the desk has the wrong number. Stops "
    "automated calls to it and has staff check it. Then say goodbye with end_call.",
    is_write=True,
)
def report_wrong_person(desk: Desk, said: Text) -> ToolResult:
    call = desk.call
    if call.direction != Call.Direction.OUTBOUND:
        return NOT_RUNG
    consent.revoke(
        call.rooftop,
        call.caller_number,
        wording=f"Wrong number: {said.text}",
        source=f"call {call.sid}",
        now=desk.now,
    )
    _task(
        desk,
        FollowUpTask.Kind.OUTREACH,
        f"Check this customer's number: {said.text}",
        desk.now + CHECK_WITHIN,
    )
    desk.conversation.came_of = CameOf.WRONG_PERSON
    desk.conversation.has_consent = False
    return ToolResult("ok", ringing.WRONG_PERSON)


@tool(
    "Whom the desk rang cannot talk now, or is not there: note when to call again. Ask when first, once.",
    is_write=True,
)
def call_again_later(desk: Desk, wanted: Later) -> ToolResult:
    if desk.call.direction != Call.Direction.OUTBOUND:
        return NOT_RUNG
    due_at = _due_at(desk, wanted.local)
    _task(desk, FollowUpTask.Kind.CALLBACK, f"Wants to be called again: {wanted.words}", due_at)
    desk.conversation.came_of = CameOf.CALL_LATER
    local = due_at.astimezone(desk.store.zone)
    return ToolResult("ok", ringing.will_call_again(local), {"due_at": due_at.isoformat()})


def _due_at(desk: Desk, local: datetime | None) -> datetime:
    """The moment wished for where somebody is in then, else soon after the store next opens; aware."""
    if local is None:
        return callback_due(desk.call.rooftop, now=desk.now + UNLESS_SAID)
    wished = local.replace(tzinfo=desk.store.zone) if local.tzinfo is None else local
    wished = min(max(wished, desk.now), desk.now + FARTHEST)
    return wished if desk.store.is_open_at(wished) else callback_due(desk.call.rooftop, now=wished)


def _task(desk: Desk, kind: str, summary: str, due_at: datetime) -> None:
    """One of its kind a call."""
    FollowUpTask.objects.update_or_create(
        call_sid=desk.call.sid,
        kind=kind,
        defaults={
            "rooftop": desk.call.rooftop,
            "customer": desk.call.customer,
            "phone_number": desk.call.caller_number,
            "summary": summary[:500],
            "due_at": due_at,
        },
    )
