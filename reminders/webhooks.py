"""Edge: the carrier's callbacks about a reminder call. Signed, or refused.

    outbound-reminder   somebody answered          → open the media stream
    amd-result          a person, or a machine that has finished its greeting
    reminder-status     the call's progress at the carrier

Their addresses name the attempt (appointment_id, attempt, token), so that each of them is proof that it
took place. Any may come twice, late, or before the request that placed the call has returned.
"""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from reminders import outcomes
from reminders.models import Reminder
from voice import drain, outbound, progress
from voice.carriers import twilio
from voice.conversation import phrases
from voice.signed_callbacks import field, fields, open_stream, signed, twiml


def _attempt(request: HttpRequest) -> Reminder | None:
    """The attempt that this callback is about; its record is repaired where need be."""
    about = request.GET
    found = outcomes.named(
        about.get("appointment_id", ""), about.get("attempt", ""), about.get("token", "").replace("\0", "")
    )
    if found and field(request, "CallSid"):
        outcomes.note_evidence(found, field(request, "CallSid"))
    return found


@signed
def outbound_reminder(request: HttpRequest) -> HttpResponse:
    """Somebody answered: connect the audio. A process about to leave says sorry; a text follows."""
    reminder = _attempt(request)
    if reminder is None:
        return twiml(twilio.say_and_hang_up(phrases.NOT_CONFIGURED))
    if drain.is_draining() and reminder.call is None:
        return twiml(twilio.say_and_hang_up(phrases.SORRY_CUT_OFF))
    call = outcomes.open_call(reminder, field(request, "CallSid"), now=timezone.now())
    return twiml(open_stream(call))


@signed
def amd_result(request: HttpRequest) -> HttpResponse:
    reminder, sid = _attempt(request), field(request, "CallSid")
    if reminder and sid:
        _note_who_answered(reminder, sid, fields(request), now=timezone.now())
    return HttpResponse(status=204)


def _note_who_answered(reminder: Reminder, sid: str, said: dict[str, str], *, now: datetime) -> None:
    call = outcomes.open_call(reminder, sid, now=now)
    is_news = call.answered_by != said.get("AnsweredBy", "")
    progress.note_call(sid, {"AnsweredBy": said.get("AnsweredBy", "")}, now=now)
    call.refresh_from_db()
    if is_news and call.answered_by.startswith("machine") and call.ended_at is None:
        outbound.machine_answered(call)


@signed
def reminder_status(request: HttpRequest) -> HttpResponse:
    reminder, now = _attempt(request), timezone.now()
    if reminder:
        progress.note_call(field(request, "CallSid"), fields(request), now=now)
        outcomes.note_status(reminder, field(request, "CallStatus"), now=now)
    return HttpResponse(status=204)
