"""A machine has answered a call of ours, as the carrier tells: it gets a message after its beep."""

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from voice import providers, resuming, watchdog
from voice.carriers import twilio
from voice.conversation import ringing
from voice.conversation.states import Purpose
from voice.models import Call, CarrierStep
from voice.ports import CallIsOver, ProviderError
from voice.tools.store import load_store
from voice.visits import rung_about

log = logging.getLogger(__name__)


def machine_answered(call: Call, *, answered_by: str = "machine", now: datetime | None = None) -> bool:
    """Leave the message in place of the conversation; whether that was done. From any process, also twice.

    Not when a person has said who they are, whatever the carrier takes them for, nor after the call.
    Waits up to 5 s for the carrier: call it outside transactions. A carrier that refuses leaves the
    conversation as it was, which knows a voicemail by its words.
    """
    now = now or timezone.now()
    control = providers.make_control()
    message = _take_over(call, answered_by, now, can_leave_one=control is not None)
    if control is None or not message:
        return False
    try:
        control.redirect(call.sid, twiml=message)
    except CallIsOver:
        return False
    except ProviderError as error:
        log.warning("call %s: no message was left: %s", call.pk, error)
        _give_back(call)
        return False
    return True


@transaction.atomic
def _take_over(call: Call, answered_by: str, now: datetime, *, can_leave_one: bool) -> str:
    """End the call's row and keep the message as TwiML, which a lost redirection would ask for; "" if not to be."""
    row = Call.objects.select_for_update(of=("self",)).select_related("rooftop", "customer").get(pk=call.pk)
    Call.objects.filter(pk=row.pk).update(answered_by=(row.answered_by or answered_by)[:24])
    name = row.customer.first_name if row.customer else ""
    is_over = row.ended_at is not None or resuming.conversation_of(row).is_reached
    if row.direction != Call.Direction.OUTBOUND or is_over or not can_leave_one:
        return ""
    store = load_store(row.rooftop, now=now)
    purpose = Purpose(row.purpose or Purpose.REMINDER)
    message = twilio.say_and_hang_up(ringing.voicemail(store, name, rung_about(row), purpose))
    # The step that follows the stream is taken, so that nobody fetches the call back from its machine.
    _, is_new = CarrierStep.objects.get_or_create(
        call=row, name=watchdog.step_after(row), defaults={"answer": message, "at": now}
    )
    if not is_new:
        return ""
    Call.objects.filter(pk=row.pk).update(ended_at=now, outcome=Call.Outcome.VOICEMAIL)
    return message


@transaction.atomic
def _give_back(call: Call) -> None:
    row = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
    row.carrier_steps.filter(name=watchdog.step_after(row)).delete()
    Call.objects.filter(pk=row.pk, outcome=Call.Outcome.VOICEMAIL).update(
        ended_at=None, outcome=Call.Outcome.RUNNING
    )
