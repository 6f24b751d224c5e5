"""What became of a call that was dialled: told by callbacks, read from the call, or asked for.

An attempt whose record was lost is repaired by its first callback. One without evidence becomes a text
or a task for staff, never a second ring. Every change is made once, whoever sees it first.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from crm import consent
from crm.models import Consent, FollowUpTask
from reminders import reassigned, texts
from reminders.models import Reminder, Text
from voice import calls, providers
from voice.models import Call
from voice.ports import ProviderError

log = logging.getLogger(__name__)

State = Reminder.State
EVIDENCE_AFTER = timedelta(minutes=10)  # without a word of the carrier's it is asked, once
SETTLED_AFTER = timedelta(minutes=25)  # a call that nobody answered is long over, and so is its row
CLOCKS_DIFFER = timedelta(minutes=1)  # the carrier's and ours
STAFF_WITHIN = timedelta(hours=2)
CHUNK = 200
NEWS = (State.DIALING, State.PLACED)
TOLD = (State.ANSWERED, State.VOICEMAIL, State.NO_ANSWER, State.BUSY, State.OPTED_OUT)
UNDER_WAY = (*NEWS, State.UNKNOWN)  # what the carrier says late of an unknown attempt counts too
ENDS = {
    "busy": State.BUSY,
    "no-answer": State.NO_ANSWER,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}
# Which text takes the place of a call that ended so. Who was perhaps reached is told nothing of that.
INSTEAD = {
    State.NO_ANSWER: Text.Kind.CALLBACK,
    State.BUSY: Text.Kind.CALLBACK,
    State.FAILED: Text.Kind.CALLBACK,
    State.UNKNOWN: Text.Kind.REMINDER,
}


def key_of(reminder: Reminder) -> str:
    """Under this key a text is written once."""
    return f"reminder:{reminder.appointment_id}:{reminder.version}:{reminder.kind}:{reminder.attempt}"


# --- the carrier tells --------------------------------------------------------------------


def named(appointment_id: str, attempt: str, token: str) -> Reminder | None:
    """The attempt that an address of ours names."""
    if not (appointment_id.isdecimal() and attempt.isdecimal() and token):
        return None
    rows = Reminder.objects.select_related("appointment__rooftop", "appointment__customer", "call")
    found = rows.filter(token=token[:40]).first()
    is_right = found and (str(found.appointment_id), str(found.attempt)) == (appointment_id, attempt)
    return found if is_right else None


def note_evidence(reminder: Reminder, sid: str) -> None:
    """The carrier has this call: repairs the record of a process that died before it could write it."""
    Reminder.objects.filter(pk=reminder.pk, state=State.DIALING).update(state=State.PLACED, sid=sid[:64])


def open_call(reminder: Reminder, sid: str, *, carrier: str = Call.Carrier.TWILIO, now: datetime) -> Call:
    """The call that rings the customer, opened by whichever callback comes first."""
    call = calls.open_outbound(
        reminder.appointment,
        reminder.number,
        carrier=carrier,
        sid=sid,
        purpose=Call.Purpose.REMINDER,
        now=now,
    )
    rows = Reminder.objects.filter(pk=reminder.pk)
    rows.filter(call__isnull=True).update(call=call)
    # Somebody answered after all.
    rows.filter(state=State.UNKNOWN).update(state=State.PLACED, sid=sid[:64])
    return call


def note_status(reminder: Reminder, status: str, *, now: datetime) -> None:
    """The carrier's word of the call. One that was answered ends as its conversation does."""
    if status in ENDS and reminder.call_id is None:
        end(reminder, ENDS[status], f"The carrier said: {status}.", now=now)


# --- how it ends --------------------------------------------------------------------------


def end(reminder: Reminder, state: State, why: str = "", *, now: datetime) -> bool:
    """Write how it ended, and what is done instead of a call that did not reach anybody. Once."""
    with transaction.atomic():
        before = UNDER_WAY if state in TOLD else NEWS
        if not Reminder.objects.filter(pk=reminder.pk, state__in=before).update(
            state=state, reason=why[:200]
        ):
            return False
        is_text = state in INSTEAD and _write_instead(reminder, INSTEAD[state], reminder.number, now)
        if state in (State.FAILED, State.UNKNOWN) and not is_text:
            _tell_staff(reminder, why, now)
    log.info("reminder %s: %s", reminder.pk, state)
    return True


def never_rung(reminder: Reminder, why: str, *, now: datetime) -> None:
    """The carrier will not ring this number, and has not: that counts as no attempt."""
    with transaction.atomic():
        if end(reminder, State.FAILED, why, now=now):
            Reminder.objects.filter(pk=reminder.pk).update(dialed_at=None)


def missed(reminder: Reminder, why: str, *, now: datetime) -> None:
    """Under its claim: nobody managed to tell it in time. Before the visit a text does, or a person."""
    reminder.state, reminder.reason, reminder.claimed_until = State.FAILED, why[:200], None
    reminder.save(update_fields=["state", "reason", "claimed_until"])
    is_open = reminder.kind == Reminder.Kind.CALL and now < reminder.appointment.arrives_at
    if is_open and not _is_texted(reminder, now):
        _tell_staff(reminder, why, now)
    log.info("reminder %s: %s", reminder.pk, reminder.state)


def _is_texted(reminder: Reminder, now: datetime) -> bool:
    """By the text two hours before, or by one instead; not where none may come before the visit."""
    appointment = reminder.appointment
    number = texts.number_of(appointment.customer)
    if not texts.comes_before(appointment, number, now=now):
        return False
    planned = Reminder.objects.filter(
        appointment=appointment,
        arrives_at=appointment.arrives_at,
        kind=Reminder.Kind.TEXT,
        state__in=[State.PENDING, State.CLAIMED, State.WRITTEN],
    )
    if planned.exists() and _wants_texts(reminder, number, now):
        return True
    return _write_instead(reminder, Text.Kind.REMINDER, number, now)


def _wants_texts(reminder: Reminder, number: str, now: datetime) -> bool:
    customer = reminder.appointment.customer
    is_welcome = bool(consent.latest(customer, number).get(Consent.Channel.SMS))
    return is_welcome and not reassigned.may_be_somebodys(customer, number, now=now)


def _write_instead(reminder: Reminder, kind: Text.Kind, number: str, now: datetime) -> bool:
    """A text instead of the call, where texts are welcome."""
    if not _wants_texts(reminder, number, now):
        return False
    text = texts.write(reminder.appointment, kind, key=key_of(reminder), now=now)
    Reminder.objects.filter(pk=reminder.pk).update(text=text)
    return True


def _tell_staff(reminder: Reminder, why: str, now: datetime) -> None:
    appointment = reminder.appointment
    when = f"{appointment.local_arrival:%a %b %-d, %-I:%M %p}"
    FollowUpTask.objects.create(
        rooftop=appointment.rooftop,
        kind=FollowUpTask.Kind.REMINDER,
        customer=appointment.customer,
        phone_number=reminder.number or texts.number_of(appointment.customer),
        call_sid=reminder.sid,
        summary=f"The reminder call for {when} may not have reached the customer. {why}"[:500],
        due_at=min(now + STAFF_WITHIN, max(now, appointment.arrives_at)),
    )


# --- what nobody told ---------------------------------------------------------------------


def settle(now: datetime) -> int:
    """End the attempts whose calls are over, and those of which nothing more will come; how many."""
    rows = Reminder.objects.select_related("appointment__rooftop", "appointment__customer", "call")
    placed = rows.filter(state=State.PLACED).order_by("due_at", "pk")
    over = list(placed.filter(call__ended_at__isnull=False)[:CHUNK])
    unanswered = list(placed.filter(call__isnull=True, dialed_at__lt=now - SETTLED_AFTER)[:CHUNK])
    return sum(end(reminder, *_end_of(reminder), now=now) for reminder in [*over, *unanswered])


def _end_of(reminder: Reminder) -> tuple[State, str]:
    call = reminder.call
    if call is None:
        return State.UNKNOWN, "The carrier told nothing of this call."
    if _has_opted_out(reminder):
        return State.OPTED_OUT, ""
    match call.outcome:
        case Call.Outcome.VOICEMAIL:
            return State.VOICEMAIL, ""
        case Call.Outcome.FAILED:
            return State.FAILED, "The call broke off."
        case Call.Outcome.HUNG_UP if call.answered_by.startswith("machine"):
            return State.NO_ANSWER, "A machine took the call, and no message was left."
        case Call.Outcome.HUNG_UP if call.stream_opened_at is None:
            return State.FAILED, "Somebody answered, and the desk was not heard."
    return State.ANSWERED, ""


def _has_opted_out(reminder: Reminder) -> bool:
    """Nobody is rung without consent: where there is none now, it was withdrawn since."""
    known = consent.latest(reminder.appointment.customer, reminder.number)
    return known.get(Consent.Channel.VOICE) is False


def without_evidence(now: datetime) -> Iterable[int]:
    """Attempts of which neither this side nor the carrier has said a word for long."""
    rows = Reminder.objects.filter(state=State.DIALING, dialed_at__lt=now - EVIDENCE_AFTER)
    return rows.order_by("dialed_at").values_list("pk", flat=True)[:CHUNK]


def look_for(pk: int, *, now: datetime) -> None:
    """Ask the carrier whether it placed this call. Blocks for up to 5 s, outside of any transaction."""
    rows = Reminder.objects.select_related("appointment__rooftop", "appointment__customer")
    reminder = rows.filter(pk=pk, state=State.DIALING).first()
    if reminder is None or reminder.dialed_at is None:
        return
    sids = _rung(reminder, reminder.dialed_at)
    known = set(Reminder.objects.filter(sid__in=sids).values_list("sid", flat=True))
    known |= set(Call.objects.filter(sid__in=sids).values_list("sid", flat=True))
    fresh = [sid for sid in sids if sid not in known]
    if fresh:
        note_evidence(reminder, fresh[0])
    else:
        end(reminder, State.UNKNOWN, "Whether this call was placed is not known.", now=now)


def _rung(reminder: Reminder, dialed_at: datetime) -> list[str]:
    dialer = providers.make_dialer()
    ours, since = texts.own_number(reminder.appointment.rooftop), dialed_at - CLOCKS_DIFFER
    try:
        return dialer.rung(reminder.number, own_number=ours, since=since)
    except ProviderError as error:
        log.warning("reminder %s: the carrier could not be asked: %s", reminder.pk, error)
        return []
