"""Fetching a person: who is rung, what they are told first, and what becomes of it.

A number is dialled only when it stands in our own tables: a rooftop's front desk, or the line of
somebody on its staff. A conversation holds a Staff id at most, and that is looked up anew here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from crm import phone
from crm.models import FollowUpTask, RooftopNumber, Staff
from voice import calls
from voice.callbacks import callback_due
from voice.conversation import briefing, phrases
from voice.conversation.facts import Store
from voice.conversation.states import Conversation
from voice.models import Call


@dataclass(frozen=True, slots=True)
class Line:
    """A number to ring. A direct line must be taken with a key: a voicemail presses none."""

    number: str
    person: Staff | None
    is_direct: bool

    @property
    def name(self) -> str:
        return self.person.name if self.person else "the service desk"


def conversation_of(call: Call) -> Conversation:
    """The conversation as it was last kept; a fresh one when none was."""
    return (
        Conversation.model_validate(call.conversation)
        if call.conversation
        else Conversation(call_sid=call.sid)
    )


def line_for(call: Call, conversation: Conversation) -> Line | None:
    """Whom to ring for this call; None when nobody may be."""
    person = call.taken_over_by
    if person is None and conversation.transfer_to is not None:
        person = Staff.objects.filter(rooftop=call.rooftop, pk=conversation.transfer_to).first()
    if person and may_ring(person.phone_number):
        return Line(person.phone_number, person, is_direct=True)
    if may_ring(call.rooftop.front_desk_number):
        return Line(call.rooftop.front_desk_number, person, is_direct=False)
    return None


def may_ring(number: str) -> bool:
    """At home rates, not one that leads back to us, and the test number while there is one."""
    if settings.YOUR_TEST_NUMBER and number != settings.YOUR_TEST_NUMBER:
        return False
    return phone.may_be_dialled(number) and not RooftopNumber.objects.filter(number=number).exists()


def brief(call: Call, line: Line, store: Store) -> str:
    """What the person who answers hears before the caller does: who, and what about."""
    conversation = conversation_of(call)
    name = briefing.who_calls(conversation)
    for_whom = f" for {line.person.name}" if line.person and not line.is_direct else ""
    otherwise = "You took the call over" if call.taken_over_by_id else "The call was cut off"
    why = conversation.transfer_reason or conversation.slots.concern or otherwise
    about = briefing.summary(conversation, store)
    return f"Service line{for_whom}. {name or 'A caller'}: {why.rstrip('. ')}. {about}".strip()


def broke_off(call: Call, store: Store) -> str:
    """Why a call back is promised to whom we lost: with all that was said until then."""
    return briefing.for_a_task("The call was cut off.", conversation_of(call), store)


# --- what becomes of it -------------------------------------------------------------------


def begin(call: Call, line: Line, *, reason: str, now: datetime) -> None:
    """Before anybody is rung, the caller is promised a call back, so that no failure forgets them."""
    due_at = callback_due(call.rooftop, now=now)
    calls.promise_callback(call, reason, due_at=due_at, owner=line.person)


def accepted_step(leg_sid: str) -> str:
    """The name of the step with which the person at the other end takes the call; leg_sid is theirs."""
    return f"accepted:{leg_sid}"[:100]


def was_connected(call: Call, line: Line | None, fields: Mapping[str, str]) -> bool:
    """Did the caller speak with somebody? An answered line that took nothing was a voicemail."""
    if fields.get("DialCallStatus") not in ("completed", "answered") or fields.get("DialBridged") == "false":
        return False
    is_direct = line is not None and line.is_direct
    accepted = accepted_step(fields.get("DialCallSid", ""))
    return not is_direct or call.carrier_steps.filter(name=accepted).exists()


@transaction.atomic
def connected(call: Call, *, now: datetime) -> None:
    """They have spoken: the promise is kept."""
    Call.objects.filter(pk=call.pk).update(outcome=Call.Outcome.TRANSFERRED)
    for task in FollowUpTask.objects.filter(
        call_sid=call.sid, kind=FollowUpTask.Kind.CALLBACK, done_at__isnull=True
    ):
        task.summary, task.done_at = f"{task.summary} Connected."[:500], now
        task.save(update_fields=["summary", "done_at"])


def missed(call: Call, line: Line | None, status: str, *, now: datetime) -> str:
    """Nobody came to the phone: promise a call back, and return what the caller is told."""
    who = line.name if line else "the service desk"
    promised = promise(call, f"{who} did not answer ({status or 'no result'}).", now=now)
    return f"{phrases.missed(who)} {promised}"


def promise(call: Call, summary: str, *, now: datetime) -> str:
    """A call back by a time that the caller is told; a caller without a number is asked to call again."""
    due_at = callback_due(call.rooftop, now=now)
    with transaction.atomic():
        task = calls.promise_callback(call, summary[:400], due_at=due_at)
        FollowUpTask.objects.filter(pk=task.pk).update(due_at=due_at)  # the time that the caller hears last
        Call.objects.filter(pk=call.pk, outcome=Call.Outcome.TRANSFERRED).update(outcome=Call.Outcome.MESSAGE)
    if not task.phone_number:
        return phrases.CALL_AGAIN
    return phrases.will_call_back(due_at.astimezone(call.rooftop.zone))
