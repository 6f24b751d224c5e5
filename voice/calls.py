"""The life of a call's row: opened by a webhook, admitted to a media stream, finished."""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from crm import lookup
from crm.models import FollowUpTask, Rooftop, Staff
from scheduling.models import Appointment
from voice import live, resuming, visits
from voice.conversation import claims
from voice.conversation.redaction import mask, mask_all
from voice.conversation.states import (
    Caller,
    CameOf,
    Conversation,
    Deed,
    Ending,
    Intent,
    Proof,
    Purpose,
)
from voice.models import Call, Defect, ToolCall, Turn, Usage
from voice.ports import ModelUse

RINGS_AGAIN_WITHIN = timedelta(minutes=10)
CHANGES = (Intent.RESCHEDULE, Intent.CANCEL)  # taken up again without a service being named
DEEDS = {
    "book_appointment": Deed.BOOKED,
    "reschedule_appointment": Deed.MOVED,
    "cancel_appointment": Deed.CANCELLED,
    "confirm_appointment": Deed.CONFIRMED,
}
TOKEN_LIFE = timedelta(seconds=30)
# What carriers send as From when the number is withheld.
WITHHELD = {
    "anonymous",
    "restricted",
    "unavailable",
    "unknown",
    "+266696687",
    "+7378742833",
    "+2562533",
    "+8656696",
}


class UnknownNumber(Exception):
    """Nobody's number was dialled: no rooftop answers it."""


def open_call(*, carrier: str, sid: str, caller_number: str, called_number: str, now: datetime) -> Call:
    """Create the call, or return the one with this sid: webhooks may come twice.

    Raises UnknownNumber when called_number belongs to no rooftop.
    """
    rooftop = Rooftop.objects.filter(numbers__number=called_number).first()
    if rooftop is None:
        raise UnknownNumber
    number = "" if caller_number.lower() in WITHHELD else caller_number
    candidates = lookup.by_phone(rooftop, number)
    call, _ = Call.objects.get_or_create(
        sid=sid,
        defaults={
            "rooftop": rooftop,
            "carrier": carrier,
            "caller_number": number,
            "called_number": called_number,
            "started_at": now,
            "customer_id": candidates[0].id if len(candidates) == 1 else None,
        },
    )
    return call


def open_outbound(
    appointment: Appointment, number: str, *, carrier: str, sid: str, purpose: str, now: datetime
) -> Call:
    """Create the call that rings the appointment's customer on number, or return the one with this sid.

    One that rings already learns what it is about.
    """
    ours = appointment.rooftop.numbers.order_by("pk").first()
    call, is_new = Call.objects.get_or_create(
        sid=sid,
        defaults={
            "rooftop": appointment.rooftop,
            "carrier": carrier,
            "direction": Call.Direction.OUTBOUND,
            "purpose": purpose,
            "appointment": appointment,
            "caller_number": number,
            "called_number": ours.number if ours else "",
            "customer": appointment.customer,
            "started_at": now,
        },
    )
    if not is_new and call.appointment_id is None:
        call.purpose, call.appointment, call.customer = purpose, appointment, appointment.customer
        call.save(update_fields=["purpose", "appointment", "customer"])
    return call


def stream_token(call: Call) -> str:
    """The one-time word that opens this call's media stream, within TOKEN_LIFE of its start.

    Derived, not stored: a repeated webhook gives the same answer and no second token.
    """
    message = f"stream:{call.sid}:{call.started_at.timestamp()}:{call.resumes}"
    return hmac.new(settings.SECRET_KEY.encode(), message.encode(), sha256).hexdigest()


def admit(
    sid: str,
    token: str,
    *,
    stream_sid: str = "",
    is_signed: bool = False,
    agent_version: str = "",
    now: datetime,
) -> Call | None:
    """Let a media stream in: once, in time, and only with the token of exactly this call.

    agent_version is kept: who talks in this call. is_signed says that the carrier signed the handshake: without it a carrier's call is refused, and
    its token still opens the stream for the carrier itself.
    """
    call = Call.objects.select_related("rooftop").filter(sid=sid).first()
    if call is None or not hmac.compare_digest(stream_token(call).encode(), token.encode()):
        return None
    if call.carrier == Call.Carrier.TWILIO and not is_signed:
        return None
    if (call.resumed_at or call.started_at) <= now - TOKEN_LIFE:
        return None
    opened = Call.objects.filter(
        pk=call.pk, resumes=call.resumes, stream_opened_at__isnull=True, ended_at__isnull=True
    ).update(stream_opened_at=now, stream_sid=stream_sid[:64], agent_version=agent_version[:60])
    if not opened:
        return None
    call.stream_opened_at = now
    return call


def begin_conversation(call: Call) -> Conversation:
    """The conversation as it stands: before the first word, or where a lost socket left it."""
    if call.resumes and (kept := resuming.conversation_of(call)).history:
        return kept
    caller = Caller(number=call.caller_number)
    if call.customer:
        caller.customer_id = call.customer.pk
        caller.first_name = call.customer.first_name
    if call.direction == Call.Direction.OUTBOUND:
        return _begin_outbound(call, caller)
    conversation = Conversation(call_sid=call.sid, caller=caller)
    if before := _cut_off_before(call):
        conversation.earlier = before.slots.model_copy(update={"proof": Proof()})
        conversation.earlier_intent = before.intent if before.intent in CHANGES else Intent.BOOK
    return conversation


def _begin_outbound(call: Call, caller: Caller) -> Conversation:
    purpose = Purpose(call.purpose or Purpose.REMINDER)
    about = visits.rung_about(call)
    conversation = Conversation(call_sid=call.sid, caller=caller, purpose=purpose, about=about)
    if about and purpose is Purpose.FOLLOW_UP:
        conversation.order = visits.ready_order(about)
        conversation.recommended = visits.recommended(
            about, call.started_at.astimezone(call.rooftop.zone).date()
        )
    return conversation


def _cut_off_before(call: Call) -> Conversation | None:
    """An earlier call of this number, when it ended minutes ago with a wish left open."""
    if not call.caller_number:
        return None
    before = (
        Call.objects.filter(
            rooftop=call.rooftop,
            caller_number=call.caller_number,
            ended_at__gt=call.started_at - RINGS_AGAIN_WITHIN,
            ended_at__lte=call.started_at,
            outcome__in=(Call.Outcome.HUNG_UP, Call.Outcome.FAILED),
        )
        .exclude(pk=call.pk)
        .order_by("-ended_at")
        .first()
    )
    if before is None or not before.conversation:
        return None
    conversation = Conversation.model_validate(before.conversation)
    return conversation if conversation.slots.services or conversation.intent in CHANGES else None


def save_turn(call: Call, **fields: Any) -> None:
    """Number the turn and keep it; the process that had the call before may still be writing its last words.

    A second time, after an answer of the database was lost, it changes nothing.
    """
    for attempt in range(3):
        latest = call.turns.order_by("-number").first()
        if latest and all(getattr(latest, name) == value for name, value in fields.items()):
            return
        try:
            Turn.objects.create(call=call, number=latest.number + 1 if latest else 1, **fields)
            return
        except IntegrityError:
            if attempt == 2:
                raise


def save_state(call: Call, conversation: Conversation) -> None:
    """Keep where the conversation stands, so that nothing is lost when the process is."""
    live.save(conversation, epoch=call.resumes)
    Call.objects.filter(pk=call.pk, resumes=call.resumes).update(
        state=conversation.state, conversation=mask_all(conversation.model_dump(mode="json"))
    )


def usage(call: Call, use: ModelUse, *, at_ms: int) -> Usage:
    """The row for a use; see save_usage."""
    return Usage(
        call=call,
        model=use.model[:100],
        prompt_tokens=use.prompt_tokens,
        completion_tokens=use.completion_tokens,
        characters=use.characters,
        error=use.error[:200],
        at_ms=at_ms,
    )


def save_usage(row: Usage) -> None:
    """Keep it; a second time, after an answer of the database was lost, changes nothing."""
    Usage.objects.bulk_create([row], ignore_conflicts=True)


def defect(call: Call, found: claims.Defect, *, at_ms: int) -> Defect:
    """The row for a defect; see save_defect."""
    return Defect(call=call, kind=found.kind, said=mask(found.said), truth=mask(found.truth), at_ms=at_ms)


def save_defect(row: Defect) -> None:
    """Keep it, like save_usage."""
    Defect.objects.bulk_create([row], ignore_conflicts=True)


def finish(
    call: Call,
    conversation: Conversation,
    outcome: str,
    *,
    now: datetime,
    seconds_transcribed: int = 0,
    characters_synthesized: int = 0,
) -> None:
    """Close the call's row; a second finish changes nothing, nor one by a process that has lost the call.

    A booking whose answer was lost counts as one, too. Seconds and characters are this process's.
    """
    save_state(call, conversation)
    if Call.objects.filter(pk=call.pk, taken_over_by__isnull=False).exists():
        outcome = Call.Outcome.TRANSFERRED
    if outcome != Call.Outcome.TRANSFERRED:
        outcome = _deed(call, conversation) or outcome
    Call.objects.filter(pk=call.pk, resumes=call.resumes, ended_at__isnull=True).update(
        ended_at=now,
        outcome=outcome,
        seconds_transcribed=F("seconds_transcribed") + seconds_transcribed,
        characters_synthesized=F("characters_synthesized") + characters_synthesized,
    )


def outcome_of(conversation: Conversation, otherwise: str) -> str:
    """What a call has come to that ends so; otherwise is what is said of one that came to nothing."""
    if conversation.ending is Ending.TRANSFER:
        return Call.Outcome.TRANSFERRED
    if conversation.booked:
        return Call.Outcome(conversation.booked.deed)
    if conversation.came_of and not (conversation.came_of is CameOf.VOICEMAIL and conversation.is_reached):
        return Call.Outcome(conversation.came_of)
    if conversation.has_left_message and otherwise != Call.Outcome.FAILED:
        return Call.Outcome.MESSAGE
    if conversation.ending and otherwise != Call.Outcome.FAILED:
        return Call.Outcome.NO_BOOKING
    return otherwise


def _deed(call: Call, conversation: Conversation) -> str:
    """What the call did to an appointment last; "" when it did nothing."""
    if conversation.booked:
        return conversation.booked.deed
    last = ToolCall.objects.filter(call=call, code="ok", name__in=DEEDS, appointment__isnull=False).last()
    return DEEDS[last.name] if last else ""


@transaction.atomic
def promise_callback(
    call: Call, summary: str, *, due_at: datetime, owner: Staff | None = None
) -> FollowUpTask:
    """Note that a person will ring this caller back; one open promise a call is enough.

    owner is whom the caller asked for.
    """
    task, is_new = FollowUpTask.objects.get_or_create(
        call_sid=call.sid,
        kind=FollowUpTask.Kind.CALLBACK,
        defaults={
            "rooftop": call.rooftop,
            "customer": call.customer,
            "phone_number": call.caller_number,
            "summary": summary[:500],
            "due_at": due_at,
            "owner": owner,
        },
    )
    if owner and task.owner_id != owner.pk:
        task.owner = owner
        task.save(update_fields=["owner"])
    if not is_new and summary not in task.summary:
        task.summary = (summary if task.summary in summary else f"{task.summary} {summary}")[:500]
        task.save(update_fields=["summary"])
    return task


def written_by(call: Call) -> list[Appointment]:
    """The appointments that this call wrote, in order."""
    return list(
        Appointment.objects.filter(tool_calls__call=call)
        .select_related("customer", "vehicle", "rooftop")
        .distinct()
        .order_by("pk")
    )
