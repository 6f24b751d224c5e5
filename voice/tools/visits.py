"""Tools that change an appointment of the verified caller."""

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from scheduling import booking
from scheduling.models import Appointment
from scheduling.refusals import Refusal
from voice.conversation import phrases, pickups, questions, saying
from voice.conversation.states import Booked, Conversation, Deed, Visit
from voice.ports import ToolResult
from voice.tools import agreement
from voice.tools.appointments import ACTOR, offered
from voice.tools.caller import known_visit, stored
from voice.tools.registry import Desk, tool

OFFERS_A_MOVE = re.compile(
    r"\b(?:move|reschedule|(?:another|a different|some other|a better) (?:day|time|date))\b[^.?!]*\?",
    re.IGNORECASE,
)


class Moving(BaseModel):
    model_config = ConfigDict(extra="forbid")

    appointment: str = Field(description="Handle from get_upcoming_appointments.")
    offer: str = Field(description="Handle of an offer made in this call.")


class Confirming(BaseModel):
    model_config = ConfigDict(extra="forbid")

    appointment: str = Field(description="Handle of the appointment that the call is about.")


class Cancelling(BaseModel):
    model_config = ConfigDict(extra="forbid")

    appointment: str = Field(description="Handle from get_upcoming_appointments.")
    reason: str = Field("", max_length=200, description="The caller's reason, in their words.")


@tool(
    "Move an appointment to an offer, only after the new day and time were read back and the caller said yes. "
    "Ask get_available_slots with the appointment's handle first.",
    is_write=True,
)
def reschedule_appointment(desk: Desk, wanted: Moving) -> ToolResult:
    visit, offer = known_visit(desk, wanted.appointment), offered(desk, wanted.offer)
    if visit is None:
        return ToolResult("unknown_appointment", phrases.MUST_VERIFY)
    if offer is None:
        return ToolResult("unknown_offer", phrases.LOOK_AGAIN)
    if not_yet := agreement.refusal(desk, saying.say_moment(offer.local), questions.ASK_MOVE_IT):
        return not_yet
    try:
        appointment = booking.reschedule(
            stored(desk, visit),
            offer.arrives_at,
            transport=offer.transport or None,
            actor=ACTOR,
            now=desk.now,
            version=visit.version,
        )
    except Refusal as refusal:
        return ToolResult(refusal.code, phrases.refused(refusal.code))
    return ToolResult(
        "ok",
        phrases.written(_note(desk, appointment, visit, Deed.MOVED)),
        {"confirmation_number": appointment.confirmation_number, "local": offer.local.isoformat()},
    )


@tool(
    "Cancel an appointment, only after it was read back and the caller said yes. The code offer_move_first asks to "
    "offer another day before that, once.",
    is_write=True,
)
def cancel_appointment(desk: Desk, wanted: Cancelling) -> ToolResult:
    visit = known_visit(desk, wanted.appointment)
    if visit is None:
        return ToolResult("unknown_appointment", phrases.MUST_VERIFY)
    if not _was_offered_a_move(desk.conversation):
        return ToolResult("offer_move_first", questions.QUESTIONS[questions.ASK_MOVE_INSTEAD])
    if not_yet := agreement.refusal(desk, saying.say_moment(visit.local), questions.ASK_CANCEL_IT):
        return not_yet
    try:
        appointment = booking.cancel(
            stored(desk, visit),
            reason=wanted.reason or "by telephone",
            actor=ACTOR,
            now=desk.now,
            version=visit.version,
        )
    except Refusal as refusal:
        return ToolResult(refusal.code, phrases.refused(refusal.code))
    data = {"confirmation_number": appointment.confirmation_number, "local": visit.local.isoformat()}
    return ToolResult("ok", phrases.written(_note(desk, appointment, visit, Deed.CANCELLED)), data)


@tool(
    "Keep that the customer whom the desk rang comes to the appointment, only after its day and time were said, "
    "they were asked whether we can count on them, and they said yes.",
    is_write=True,
)
def confirm_appointment(desk: Desk, wanted: Confirming) -> ToolResult:
    visit = known_visit(desk, wanted.appointment)
    if visit is None:
        return ToolResult("unknown_appointment", phrases.MUST_VERIFY)
    moment = saying.say_moment(visit.local)
    if not_yet := agreement.refusal(desk, moment, questions.ASK_COUNT_ON, agrees=pickups.agrees_to_come):
        return not_yet
    try:
        appointment = booking.confirm(stored(desk, visit), actor=ACTOR, now=desk.now, version=visit.version)
    except Refusal as refusal:
        return ToolResult(refusal.code, phrases.refused(refusal.code))
    data = {"confirmation_number": appointment.confirmation_number, "local": visit.local.isoformat()}
    return ToolResult("ok", phrases.written(_note(desk, appointment, visit, Deed.CONFIRMED)), data)


def _was_offered_a_move(conversation: Conversation) -> bool:
    """Has the caller heard, in either mind's words, that it could be moved instead?"""
    said = (message.text for message in conversation.history if message.speaker == "desk")
    return conversation.has_offered_move or any(map(OFFERS_A_MOVE.search, said))


def _note(desk: Desk, appointment: Appointment, visit: Visit, deed: Deed) -> Booked:
    """visit is the appointment as it was."""
    conversation = desk.conversation
    desk.appointment_id = appointment.pk
    local = appointment.arrives_at.astimezone(desk.store.zone)
    booked = Booked(confirmation_number=appointment.confirmation_number, local=local, deed=deed)
    conversation.note_written(booked, was=visit.local)
    now = None if deed is Deed.CANCELLED else {"version": appointment.version, "local": local}
    conversation.visits = [found for each in conversation.visits if (found := _as_it_is(each, visit, now))]
    if conversation.about and conversation.about.appointment_id == visit.appointment_id:
        conversation.about = _as_it_is(conversation.about, visit, now)
        conversation.is_settled = True
    agreement.carried_out(conversation)
    return booked


def _as_it_is(known: Visit, written: Visit, now: dict[str, Any] | None) -> Visit | None:
    """What is known of an appointment after this one was written; None when it is there no more."""
    if known.appointment_id != written.appointment_id:
        return known
    return known.model_copy(update=now) if now else None
