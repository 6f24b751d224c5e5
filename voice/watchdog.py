"""Lines that outlive their conversation, and rows that outlive their line.

A call's own process may die, a callback may be lost. From time to time everything that still looks
alive is held against the clock, and the carrier is told what to do.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse

from crm import faults
from voice import progress, providers, recordings
from voice.models import Call, CarrierStep
from voice.ports import CallControl, CallIsOver, ProviderError

log = logging.getLogger(__name__)

LONGEST_CALL = timedelta(minutes=15)  # a session takes leave by itself then
GRACE = timedelta(minutes=2)
LOST_AFTER = LONGEST_CALL + timedelta(minutes=5)  # a session that has not ended its row by then is dead
SETTLING = timedelta(minutes=1)  # for a session to write its end after the carrier's
SILENT_AFTER = timedelta(seconds=10)  # without a media stream and without asking us what comes next
GIVEN_UP_AFTER = timedelta(minutes=1)  # of fetching a silent call back
LOOKED_AT = timedelta(hours=6)  # older ones are over, whatever their row says

AFTER_STREAM = "after-stream:"
FETCHED = "fetched:"


def step_after(call: Call, stream: str = "") -> str:
    """The name of the step that follows a media stream: the one so numbered, else the present one."""
    return f"{AFTER_STREAM}{stream if stream.isdigit() else call.resumes}"[:100]


def path_after(call: Call) -> str:
    """Where the carrier asks what follows the present stream. A late repeat still names its own stream."""
    return f"{reverse('after-stream')}?stream={call.resumes}"


def close_lost_rows(now: datetime) -> int:
    """Close calls whose process died before it could; returns how many."""
    open_rows = Call.objects.filter(ended_at__isnull=True)
    lost = open_rows.filter(started_at__lt=now - LOST_AFTER)
    over = open_rows.filter(carrier_status__in=progress.OVER, carrier_ended_at__lt=now - SETTLING)
    hung_up = over.filter(stream_opened_at__isnull=True).update(ended_at=now, outcome=Call.Outcome.HUNG_UP)
    return hung_up + (lost | over).update(ended_at=now, outcome=Call.Outcome.FAILED)


def tend_lines(now: datetime) -> None:
    """Give the carrier the orders that are due. A carrier that does not answer is asked again next time."""
    control = providers.make_control()
    if control is None:
        return
    try:
        for call in _on_the_line(now):
            _tend(call, control, now)
        recordings.start_missed(now=now)
    except ProviderError as error:
        faults.record(
            faults.Source.CARRIER, "rest", "The carrier did not take an order; it is given again soon."
        )
        log.warning("orders to the carrier wait: %s", error)


def _on_the_line(now: datetime) -> QuerySet[Call]:
    is_recent = Q(started_at__gt=now - LOOKED_AT)
    calls = Call.objects.filter(is_recent, carrier=Call.Carrier.TWILIO)
    return calls.exclude(carrier_status__in=progress.OVER).order_by("started_at")


def _tend(call: Call, control: CallControl, now: datetime) -> None:
    """One order at most. Raises ProviderError when the carrier cannot be asked at all."""
    try:
        if now > _cap(call) + GRACE:
            _hang_up(call, control, now, why="over_cap")
        elif _is_silent(call, now):
            _fetch_back(call, control, now)
        elif call.carrier_limit_seconds != (limit := _limit_seconds(call)):
            control.limit(call.sid, limit)
            Call.objects.filter(pk=call.pk).update(carrier_limit_seconds=limit)
    except CallIsOver:
        progress.note_line_is_free(call, now=now)
    except ProviderError as error:
        if error.retryable:
            raise
        # About this call alone: the others are tended all the same.
        log.warning("call %s: the carrier refused an order: %s", call.pk, error)


def is_transferred(call: Call) -> bool:
    """Did our part end with a person being rung?"""
    return call.carrier_steps.filter(name__startswith=AFTER_STREAM, answer__contains="<Dial").exists()


def _cap(call: Call) -> datetime:
    longest = LONGEST_CALL
    if is_transferred(call):
        longest += timedelta(minutes=settings.TRANSFER_MINUTES)
    return call.started_at + longest


def _limit_seconds(call: Call) -> int:
    """The carrier's own limit, a little beyond ours."""
    return round((_cap(call) + GRACE - call.started_at).total_seconds())


def _is_silent(call: Call, now: datetime) -> bool:
    """Has the media stream ended, and nobody asked us how the call goes on?"""
    opened = call.stream_opened_at or call.resumed_at or call.started_at
    gone = [moment for moment in (call.stream_ended_at, call.ended_at) if moment and moment > opened]
    if not gone or now < min(gone) + SILENT_AFTER:
        return False
    return not call.carrier_steps.filter(name=step_after(call)).exists()


def _fetch_back(call: Call, control: CallControl, now: datetime) -> None:
    """Make the carrier ask us what comes next; when that did not help either, end the call."""
    fetched, is_new = CarrierStep.objects.get_or_create(
        call=call, name=f"{FETCHED}{step_after(call)}", defaults={"at": now}
    )
    if now > fetched.at + GIVEN_UP_AFTER:
        _hang_up(call, control, now, why="silent")
        return
    control.redirect(call.sid, path=path_after(call))
    if is_new:
        faults.record(
            faults.Source.CARRIER,
            "stream_lost",
            "A call had lost its audio stream; the caller was fetched back.",
            call_sid=call.sid,
        )


def _hang_up(call: Call, control: CallControl, now: datetime, *, why: str) -> None:
    log.warning("call %s is ended at the carrier: %s", call.pk, why)
    control.hang_up(call.sid)
    progress.note_line_is_free(call, now=now)
