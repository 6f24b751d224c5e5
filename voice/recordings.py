"""The audio of calls: only where the store wants it, only after the caller was told, gone when refused.

    notice_was_heard → start → (the caller refuses → drop) → note: the carrier has it → fetch → delete_old

What is to be done next stands in the rows, so each step may be repeated; tend() finishes what was left.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from crm.errands import run_soon
from voice import providers
from voice.models import Call, CarrierStep, Recording
from voice.ports import CallIsOver, ProviderError, Recorder
from voice.progress import OVER

log = logging.getLogger(__name__)

Status = Recording.Status
STARTED = "recording"  # the CarrierStep that is kept before the carrier is asked: it is asked once
LONGEST_RECORDING_SECONDS = 24 * 60 * 60


def may_record(call: Call) -> bool:
    """May this call's audio be kept? The store wants it, the caller was told and has not refused."""
    return call.carrier == Call.Carrier.TWILIO and not why_nobody_may_hear(call)


def why_nobody_may_hear(call: Call) -> str:
    """What stands between this caller's voice and people's ears, recorded or not, as a sentence; or ""."""
    if not call.rooftop.records_calls:
        return (
            "This store does not record calls, so its callers are not told that anybody may hear them. "
            "A manager can turn recording on."
        )
    if call.recording_refused_at:
        return "This caller does not want to be recorded, so nobody listens."
    if call.notice_heard_at is None:
        return "The caller was not told yet that calls are recorded; nobody listens before."
    return ""


def notice_was_heard(call: Call, *, now: datetime) -> None:
    """The greeting, which says that calls are recorded, was played to its end: recording may begin."""
    if not call.rooftop.records_calls:
        return
    Call.objects.filter(pk=call.pk, notice_heard_at__isnull=True).update(notice_heard_at=now)
    run_soon("voice.tasks.start_recording", call.pk)


def start(call_id: int) -> None:
    """Ask the carrier to record, once a call and only while it is ours. Raises ProviderError."""
    recorder = providers.make_recorder()
    call = Call.objects.select_related("rooftop").filter(pk=call_id, ended_at__isnull=True).first()
    if recorder is None or call is None or not may_record(call) or not _claim(call):
        return
    sid = recorder.start(call.sid, status_path=reverse("recording-status"))
    Recording.objects.get_or_create(sid=sid, defaults={"call": call})
    call.refresh_from_db(fields=["recording_refused_at", "ended_at"])
    if call.recording_refused_at:  # while the carrier was being asked
        run_soon("voice.tasks.drop_recordings", call.pk)


def _claim(call: Call) -> bool:
    try:
        with transaction.atomic():
            CarrierStep.objects.create(call=call, name=STARTED)
    except IntegrityError:
        return False
    return True


def refuse(call: Call, *, now: datetime) -> None:
    """The caller does not want to be recorded: what there is goes, and nothing begins any more."""
    Call.objects.filter(pk=call.pk, recording_refused_at__isnull=True).update(recording_refused_at=now)
    run_soon("voice.tasks.drop_recordings", call.pk)


def end_before_transfer(call: Call) -> None:
    """The person who is rung was not told of any recording, so it ends before they answer."""
    if call.recordings.filter(status=Status.RUNNING).exists():
        run_soon("voice.tasks.stop_recordings", call.pk)


def stop(call_id: int) -> None:
    """End what is being recorded, and keep it. Raises ProviderError."""
    recorder = providers.make_recorder()
    if recorder is None:
        return
    running = Recording.objects.filter(call_id=call_id, status=Status.RUNNING).select_related("call")
    for recording in running:
        _unless_over(partial(recorder.stop, recording.call.sid, recording.sid))


def drop(call_id: int) -> None:
    """Delete every recording of a call, here and at the carrier. Raises ProviderError."""
    stop(call_id)
    for recording in Recording.objects.filter(call_id=call_id):
        _delete_here(recording)
        _delete_at_carrier(recording)


def note(call_sid: str, sid: str, fields: Mapping[str, str], *, now: datetime) -> None:
    """Keep a recording-status callback, also of a recording whose start we never heard about."""
    call = Call.objects.filter(sid=call_sid).first()
    if call is None or not sid:
        return
    recording, _ = Recording.objects.get_or_create(sid=sid, defaults={"call": call, "started_at": now})
    status = {"completed": Status.READY, "absent": Status.ABSENT, "failed": Status.FAILED}.get(
        fields.get("RecordingStatus", "")
    )
    if status is None:
        return
    Recording.objects.filter(pk=recording.pk, call=call, status=Status.RUNNING).update(
        status=status, seconds=_seconds(fields.get("RecordingDuration", ""))
    )
    task = "drop_recordings" if call.recording_refused_at else "fetch_recording"
    run_soon(f"voice.tasks.{task}", call.pk if call.recording_refused_at else recording.pk)


def fetch(recording_id: int) -> None:
    """Bring a finished recording into our storage, then delete it at the carrier. Raises ProviderError."""
    recorder = providers.make_recorder()
    recording = Recording.objects.select_related("call").filter(pk=recording_id).first()
    if recorder is None or recording is None:
        return
    if recording.call.recording_refused_at:
        drop(recording.call_id)
        return
    if recording.status == Status.READY:
        try:
            audio = recorder.fetch(recording.sid)
        except CallIsOver:
            Recording.objects.filter(pk=recording.pk).update(status=Status.FAILED, is_at_carrier=False)
            return
        _store(recording, audio)
    _delete_at_carrier(recording, recorder)


def _store(recording: Recording, audio: bytes) -> None:
    """Keep the audio, unless another task was faster or the caller refused meanwhile."""
    recording.file.save("audio.mp3", ContentFile(audio), save=False)
    name = recording.file.name
    is_kept = Recording.objects.filter(
        pk=recording.pk, status=Status.READY, call__recording_refused_at__isnull=True
    ).update(status=Status.STORED, file=name)
    if not is_kept:
        recording.file.storage.delete(str(name))


def delete_old(*, now: datetime) -> int:
    """Delete audio that was kept long enough; returns how many."""
    old = Recording.objects.filter(started_at__lt=now - timedelta(days=settings.AUDIO_RETENTION_DAYS))
    count = 0
    for recording in old.filter(Q(status=Status.STORED) | ~Q(file="")):
        _delete_here(recording)
        count += 1
    return count


def tend(*, now: datetime) -> None:
    """Do what an errand should have done: start, fetch, delete. The first failure ends this round."""
    delete_old(now=now)
    if providers.make_recorder() is None:
        return
    try:
        for call in _refused():
            drop(call.pk)
        for recording in Recording.objects.filter(status=Status.READY):
            fetch(recording.pk)
        for recording in Recording.objects.filter(status=Status.STORED, is_at_carrier=True):
            _delete_at_carrier(recording)
    except ProviderError as error:
        log.warning("recordings wait: %s", error)


def start_missed(*, now: datetime) -> None:
    """Start what may be recorded and was not: the errand never arrived. Raises ProviderError."""
    waiting = (
        Call.objects.filter(
            carrier=Call.Carrier.TWILIO,
            rooftop__records_calls=True,
            started_at__gt=now - timedelta(minutes=20),
            notice_heard_at__isnull=False,
            recording_refused_at__isnull=True,
            ended_at__isnull=True,
        )
        .exclude(carrier_steps__name=STARTED)
        .exclude(carrier_status__in=OVER)
    )
    for call in waiting:
        start(call.pk)


def audio_of(call: Call) -> Recording | None:
    """What may be heard of a call."""
    return call.recordings.filter(status=Status.STORED).exclude(file="").first()


def offset_ms(call: Call, recording: Recording) -> int:
    """Where the audio begins on the call's clock. Recording starts when its notice was heard."""
    began = call.started_at if call.resumes else call.stream_opened_at or call.started_at
    return max(0, round((recording.started_at - began).total_seconds() * 1000))


def _refused() -> QuerySet[Call]:
    undone = Q(recordings__is_at_carrier=True) | ~Q(recordings__file="")
    return Call.objects.filter(
        undone, recording_refused_at__isnull=False, recordings__isnull=False
    ).distinct()


def _delete_here(recording: Recording) -> None:
    """The file before its row's word for it: repeated, it does no harm."""
    if recording.file:
        recording.file.storage.delete(str(recording.file.name))
    Recording.objects.filter(pk=recording.pk).update(status=Status.DELETED, file="")


def _delete_at_carrier(recording: Recording, recorder: Recorder | None = None) -> None:
    recorder = recorder or providers.make_recorder()
    if recorder is None or not recording.is_at_carrier:
        return
    _unless_over(partial(recorder.delete, recording.sid))
    Recording.objects.filter(pk=recording.pk).update(is_at_carrier=False)


def _unless_over(order: "partial[None]") -> None:
    """Give an order; one about something that is gone was carried out already."""
    with suppress(CallIsOver):
        order()


def _seconds(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit()
    return int(text) if is_number and int(text) <= LONGEST_RECORDING_SECONDS else None
