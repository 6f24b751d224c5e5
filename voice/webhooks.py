"""Edge: the carrier's HTTP callbacks. Signed, or refused; answered with TwiML, or with nothing.

    inbound-call       a call comes in                      → open its media stream
    after-stream       our side closed the stream           → leave, fetch a person, or make good
    whisper            somebody answered a transfer         → say who calls
    whisper-answer     … and pressed a key                  → connect, or not
    dial-result        the transfer is over                 → leave, or promise a call back
    call-status        the call's progress at the carrier
    stream-status      the media stream's
    recording-status   the recording's
    fallback           the carrier got nothing from us      → apologise, ring a number; no database

Every callback may come twice or late, and gets the answer that it got first.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from crm import faults
from crm.models import Staff
from voice import calls, drain, progress, recordings, resuming, transfers, watchdog
from voice.carriers import twilio
from voice.conversation import phrases
from voice.conversation.facts import Store
from voice.conversation.states import Ending
from voice.models import Call
from voice.signed_callbacks import field, fields, open_stream, out_of_order, signed, twiml
from voice.tools.store import load_store
from voice.transfers import Line

DIAL_RESULT = "dial-result:"


def answer_once(sid: str, step: str, answer: Callable[[Call], str]) -> HttpResponse:
    text = progress.answered_once(sid, step, answer)
    return twiml(twilio.say_and_hang_up(phrases.NOT_CONFIGURED) if text is None else text)


# --- a call comes in ----------------------------------------------------------------------


@signed
def inbound_call(request: HttpRequest) -> HttpResponse:
    """A call comes in: open its row and connect its audio. A repeated webhook is answered the same."""
    try:
        call = calls.open_call(
            carrier=Call.Carrier.TWILIO,
            sid=field(request, "CallSid"),
            caller_number=field(request, "From"),
            called_number=field(request, "To"),
            now=timezone.now(),
        )
    except calls.UnknownNumber:
        return twiml(twilio.say_and_hang_up(phrases.NOT_CONFIGURED))
    return answer_once(call.sid, "inbound-call", partial(take_in, now=timezone.now()))


def take_in(call: Call, *, now: datetime) -> str:
    return send_elsewhere(call, now=now) if drain.is_draining() else open_stream(call)


def send_elsewhere(call: Call, *, now: datetime) -> str:
    """This process is about to leave and takes no new calls."""
    line = _line(call, load_store(call.rooftop, now=now), now=now)
    if line is None:
        promised = transfers.promise(call, "Called while the desk was being replaced.", now=now)
        return twilio.say_and_hang_up(f"{phrases.NO_DESK_NOW} {promised}")
    return _ring(call, line, phrases.NO_DESK_RINGING, reason="The desk was being replaced.", now=now)


# --- our side closed the media stream -----------------------------------------------------


@signed
def after_stream(request: HttpRequest) -> HttpResponse:
    """Our side closed the media socket: what comes next, as the conversation stands."""
    sid, now = field(request, "CallSid"), timezone.now()
    call = Call.objects.filter(sid=sid).first()
    step = watchdog.step_after(call, request.GET.get("stream", "")) if call else ""
    return answer_once(sid, step, partial(what_comes_next, now=now))


def what_comes_next(call: Call, *, now: datetime) -> str:
    if call.taken_over_by:
        return put_through(call, call.taken_over_by, now=now)
    match transfers.conversation_of(call).ending:
        case Ending.GOODBYE:
            return twilio.say_and_hang_up()
        case Ending.TRANSFER:
            return fetch_person(call, now=now)
        case None if not drain.is_draining() and resuming.resume(call, now=now):
            return open_stream(call)
        case None:
            return make_good(call, now=now)


def fetch_person(call: Call, *, now: datetime) -> str:
    """The caller asked for a person, and has heard that one is fetched."""
    line = _line(call, load_store(call.rooftop, now=now), now=now)
    if line is None:
        return twilio.say_and_hang_up(transfers.missed(call, None, "closed", now=now))
    return _ring(call, line, "", reason="The call was handed over.", now=now)


def put_through(call: Call, person: Staff, *, now: datetime) -> str:
    """Somebody has taken the call over. They are there, whatever the opening hours say."""
    line = transfers.line_for(call, transfers.conversation_of(call))
    if line is None:
        return make_good(call, now=now)
    return _ring(call, line, phrases.putting_through(person.name), reason="The call was taken over.", now=now)


def make_good(call: Call, *, now: datetime) -> str:
    """The conversation broke off in the middle, through no fault of the caller's."""
    store = load_store(call.rooftop, now=now)
    line = _line(call, store, now=now)
    reason = transfers.broke_off(call, store)
    if line is None:
        promised = transfers.promise(call, reason, now=now)
        return twilio.say_and_hang_up(f"{phrases.CUT_OFF_WITH_NOBODY_THERE} {promised}")
    return _ring(call, line, phrases.CUT_OFF, reason=reason, now=now)


def _line(call: Call, store: Store, *, now: datetime) -> Line | None:
    """Whom to ring now; None when nobody is in."""
    if not store.is_open_at(now):
        return None
    return transfers.line_for(call, transfers.conversation_of(call))


def _ring(call: Call, line: Line, text: str, *, reason: str, now: datetime) -> str:
    recordings.end_before_transfer(call)
    transfers.begin(call, line, reason=reason, now=now)
    return twilio.say_and_dial(
        text,
        line.number,
        result_path=reverse("dial-result"),
        whisper_path=reverse("whisper", args=[call.sid]),
        longest_seconds=settings.TRANSFER_MINUTES * 60,
    )


# --- a person is fetched ------------------------------------------------------------------


@signed
def whisper(request: HttpRequest, sid: str) -> HttpResponse:
    """Somebody answered: tell them who calls. sid is the caller's call; CallSid is theirs."""
    call = Call.objects.select_related("rooftop").filter(sid=sid).first()
    line = transfers.line_for(call, transfers.conversation_of(call)) if call else None
    if call is None or line is None:
        return twiml(twilio.say_and_hang_up())
    accept_path = reverse("whisper-answer", args=[sid]) if line.is_direct else ""
    store = load_store(call.rooftop, now=timezone.now())
    return twiml(twilio.whisper(transfers.brief(call, line, store), accept_path=accept_path))


@signed
def whisper_answer(request: HttpRequest, sid: str) -> HttpResponse:
    """They pressed a key: 1 takes the call, anything else does not."""
    if field(request, "Digits") != "1":
        return twiml(twilio.say_and_hang_up())
    step = transfers.accepted_step(field(request, "CallSid"))
    return answer_once(sid, step, lambda call: twilio.go_on())


@signed
def dial_result(request: HttpRequest) -> HttpResponse:
    """The transfer is over: they have spoken, or nobody came to the phone."""
    step = f"{DIAL_RESULT}{field(request, 'DialCallSid')}"[:100]
    said = request.POST.dict()
    return answer_once(
        field(request, "CallSid"), step, partial(after_transfer, said=said, now=timezone.now())
    )


def after_transfer(call: Call, *, said: dict[str, str], now: datetime) -> str:
    line = transfers.line_for(call, transfers.conversation_of(call))
    if transfers.was_connected(call, line, said):
        transfers.connected(call, now=now)
        return twilio.say_and_hang_up()
    status = said.get("DialCallStatus", "")[:20]
    return twilio.say_and_hang_up(transfers.missed(call, line, status, now=now))


# --- the carrier tells --------------------------------------------------------------------


@signed
def call_status(request: HttpRequest) -> HttpResponse:
    progress.note_call(field(request, "CallSid"), fields(request), now=timezone.now())
    return HttpResponse(status=204)


@signed
def stream_status(request: HttpRequest) -> HttpResponse:
    progress.note_stream(field(request, "CallSid"), fields(request), now=timezone.now())
    return HttpResponse(status=204)


@signed
def recording_status(request: HttpRequest) -> HttpResponse:
    recordings.note(
        field(request, "CallSid"),
        field(request, "RecordingSid")[:64],
        fields(request),
        now=timezone.now(),
    )
    return HttpResponse(status=204)


# --- we are down --------------------------------------------------------------------------


@signed
def fallback(request: HttpRequest) -> HttpResponse:
    """The carrier got no usable answer elsewhere. Asks no database: it may be the reason."""
    faults.record(
        faults.Source.CARRIER,
        f"error_{field(request, 'ErrorCode')[:10] or 'unknown'}",
        "The carrier could not use an answer of ours; the caller heard an apology.",
        call_sid=field(request, "CallSid"),
    )
    return out_of_order()
