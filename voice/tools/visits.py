"""Tools that change an appointment of the verified caller."""

from pydantic import BaseModel, ConfigDict, Field

from scheduling import booking
from scheduling.models import Appointment
from scheduling.refusals import Refusal
from voice.conversation import phrases, pickups, saying
from voice.conversation.states import Booked, Deed
from voice.ports import ToolResult
from voice.tools import agreement
from voice.tools.appointments import ACTOR, offered
from voice.tools.caller import known_visit, stored
from voice.tools.registry import Desk, tool


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
    if not_yet := agreement.refusal(desk, saying.say_moment(offer.local)):
        return not_yet
    try:
        appointment = booking.reschedule(
            stored(desk, visit), offer.arrives_at, actor=ACTOR, now=desk.now, version=visit.version
        )
    except Refusal as refusal:
        return ToolResult(refusal.code, phrases.refused(refusal.code))
    return ToolResult(
        "ok",
        phrases.written(_note(desk, appointment, Deed.MOVED)),
        {"confirmation_number": appointment.confirmation_number, "local": offer.local.isoformat()},
    )


@tool(
    "Cancel an appointment, only after it was read back and the caller said yes. Offer to move it first, once.",
    is_write=True,
)
def cancel_appointment(desk: Desk, wanted: Cancelling) -> ToolResult:
    visit = known_visit(desk, wanted.appointment)
    if visit is None:
        return ToolResult("unknown_appointment", phrases.MUST_VERIFY)
    if not_yet := agreement.refusal(desk, saying.say_moment(visit.local)):
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
    return ToolResult("ok", phrases.written(_note(desk, appointment, Deed.CANCELLED)), data)


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
    if not_yet := agreement.refusal(desk, moment, agrees=pickups.agrees_to_come):
        return not_yet
    try:
        appointment = booking.confirm(stored(desk, visit), actor=ACTOR, now=desk.now, version=visit.version)
    except Refusal as refusal:
        return ToolResult(refusal.code, phrases.refused(refusal.code))
    data = {"confirmation_number": appointment.confirmation_number, "local": visit.local.isoformat()}
    return ToolResult("ok", phrases.written(_note(desk, appointment, Deed.CONFIRMED)), data)


def _note(desk: Desk, appointment: Appointment, deed: Deed) -> Booked:
    conversation = desk.conversation
    desk.appointment_id = appointment.pk
    local = appointment.arrives_at.astimezone(desk.store.zone)
    conversation.booked = Booked(
        confirmation_number=appointment.confirmation_number,
        local=local,
        deed=deed,
    )
    about = conversation.about
    if about and about.appointment_id == appointment.pk:
        now = about.model_copy(update={"version": appointment.version, "local": local})
        conversation.about = None if deed is Deed.CANCELLED else now
        conversation.is_settled = True
    agreement.carried_out(conversation)
    return conversation.booked
