"""What the carrier says of a call, in whatever order it says it, and each callback answered once."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from crm import faults
from voice.models import Call, CarrierStep

Status = Call.CarrierStatus
# A status replaces only one of a lower rank: callbacks overtake each other. No end follows another.
RANK = {
    "": 0,
    Status.QUEUED: 1,
    Status.INITIATED: 1,
    Status.RINGING: 2,
    Status.IN_PROGRESS: 3,
    Status.COMPLETED: 4,
    Status.BUSY: 4,
    Status.FAILED: 4,
    Status.NO_ANSWER: 4,
    Status.CANCELED: 4,
}
OVER = [status for status, rank in RANK.items() if rank == 4]
LONGEST_CALL_SECONDS = 24 * 60 * 60  # the carrier's own; more is a misreading


def answered_once(sid: str, step: str, answer: Callable[[Call], str]) -> str | None:
    """answer(call) the first time this step is asked for, and the same text ever after.

    None when there is no such call. The call's row is locked meanwhile, so that the same callback
    coming twice at once is answered once, too.
    """
    with transaction.atomic():
        call = Call.objects.select_for_update(of=("self",)).select_related("rooftop").filter(sid=sid).first()
        if call is None:
            return None
        earlier = call.carrier_steps.filter(name=step).first()
        if earlier is None:
            earlier = CarrierStep.objects.create(call=call, name=step, answer=answer(call))
        return earlier.answer


def note_call(sid: str, fields: Mapping[str, str], *, now: datetime) -> None:
    """Keep a call-status callback. Fields that make no sense are left out."""
    with transaction.atomic():
        call = Call.objects.select_for_update(of=("self",)).filter(sid=sid).first()
        if call is None:
            return
        status = fields.get("CallStatus", "")
        if RANK.get(status, 0) > RANK[call.carrier_status]:
            call.carrier_status = status
            call.carrier_ended_at = now if status in OVER else None
        if status in OVER and call.carrier_seconds is None:
            call.carrier_seconds = _seconds(fields.get("CallDuration", ""))
        call.answered_by = fields.get("AnsweredBy", "")[:24] or call.answered_by
        call.carrier_error = _error(fields) or call.carrier_error
        call.save(
            update_fields=[
                "carrier_status",
                "carrier_ended_at",
                "carrier_seconds",
                "answered_by",
                "carrier_error",
            ]
        )


def note_stream(sid: str, fields: Mapping[str, str], *, now: datetime) -> None:
    """Keep a stream-status callback: the first word that the present media stream has ended counts."""
    event = fields.get("StreamEvent", "")
    if event not in ("stream-stopped", "stream-error"):
        return
    is_news = Q(stream_ended_at__isnull=True) | Q(stream_ended_at__lt=F("stream_opened_at"))
    # A resumed call has a newer stream, whose end this is not.
    is_present = Q(stream_sid__in=["", fields.get("StreamSid", "")])
    Call.objects.filter(is_news, is_present, sid=sid).update(stream_ended_at=now)
    if event == "stream-error":
        Call.objects.filter(sid=sid).update(carrier_error=fields.get("StreamError", "")[:200])
        faults.record(
            faults.Source.CARRIER,
            "stream_error",
            "The carrier lost a call's audio stream; the caller was taken to the front desk.",
            call_sid=sid,
        )


def note_line_is_free(call: Call, *, now: datetime) -> None:
    """The carrier has no such call any more, as an order to it has shown."""
    Call.objects.filter(pk=call.pk).exclude(carrier_status__in=OVER).update(
        carrier_status=Status.COMPLETED, carrier_ended_at=now
    )


def _seconds(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) <= LONGEST_CALL_SECONDS else None


def _error(fields: Mapping[str, str]) -> str:
    """The carrier's own code before the telephone network's, which is 200 when all was well."""
    if fields.get("ErrorCode"):
        return fields["ErrorCode"][:200]
    response = fields.get("SipResponseCode", "")
    return f"SIP {response}"[:200] if response not in ("", "200") else ""
