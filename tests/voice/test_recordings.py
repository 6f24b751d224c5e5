"""The audio of calls: only where the store wants it, after the notice, and gone when it must be."""

import json
import os
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from crm import errands
from crm.models import Rooftop
from tests.factories import make_staff
from tests.voice import orders
from tests.voice.orders import FakeRecorder
from voice import recordings, tasks
from voice.carriers import twilio
from voice.conversation import phrases
from voice.conversation.states import Conversation
from voice.models import Call, Recording
from voice.ports import CallIsOver, ProviderError
from voice.tools import desk as tools
from voice.tools.registry import Desk
from voice.tools.store import load_store

pytestmark = pytest.mark.django_db

HOOK = "/api/v1/webhooks/recording-status"
NOW = timezone.now()
READY, STORED, DELETED = Recording.Status.READY, Recording.Status.STORED, Recording.Status.DELETED


@pytest.fixture(autouse=True)
def otto(db: None, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rooftop]:
    """A store that records. Errands run at once and here."""
    settings.TWILIO_ACCOUNT_SID = "AC1"
    settings.RECORDER = "tests.voice.orders.FakeRecorder"
    settings.MEDIA_ROOT = str(tmp_path)
    orders.forget()
    monkeypatch.setattr(recordings, "run_soon", lambda name, pk: getattr(tasks, name.split(".")[-1])(pk))
    yield Rooftop.objects.create(name="Otto's Auto", time_zone="America/New_York", records_calls=True)
    orders.forget()


def make_call(otto: Rooftop, sid: str = "CA1", **fields: Any) -> Call:
    return Call.objects.create(rooftop=otto, sid=sid, **({"carrier": "twilio", "started_at": NOW} | fields))


def tell(sid: str = "RE1", status: str = "completed", **fields: str) -> None:
    everything = {"CallSid": "CA1", "RecordingSid": sid, "RecordingStatus": status, **fields}
    answer = Client().post(HOOK, everything, headers={"X-Twilio-Signature": twilio.sign(HOOK, everything)})
    assert answer.status_code == 204


def asked() -> list[str]:
    return [order[0] for order in FakeRecorder.given]


def files(settings: Settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def recorded(otto: Rooftop, **fields: Any) -> Call:
    """A call that is over, with its audio in our storage."""
    call = make_call(otto, **fields)
    recordings.notice_was_heard(call, now=NOW)
    tell(RecordingDuration="83")
    Call.objects.filter(pk=call.pk).update(ended_at=NOW)
    FakeRecorder.given.clear()
    return call


# --- whether ------------------------------------------------------------------------------


def test_recording_begins_once_the_notice_was_heard(otto: Rooftop) -> None:
    call = make_call(otto)
    recordings.start(call.pk)
    assert asked() == []  # nobody was told yet

    recordings.notice_was_heard(call, now=NOW)
    recordings.notice_was_heard(call, now=NOW)
    assert FakeRecorder.given == [("start", "CA1", HOOK)]
    assert Recording.objects.get().status == Recording.Status.RUNNING


@pytest.mark.security
@pytest.mark.parametrize(
    ("store", "call"),
    [
        ({"records_calls": False}, {}),
        ({}, {"carrier": "browser"}),
        ({}, {"recording_refused_at": NOW}),
        ({}, {"ended_at": NOW}),
    ],
)
def test_nothing_is_recorded_otherwise(otto: Rooftop, store: dict[str, Any], call: dict[str, Any]) -> None:
    Rooftop.objects.update(**store)
    otto.refresh_from_db()
    recordings.notice_was_heard(make_call(otto, **call), now=NOW)
    assert asked() == []


def test_the_greeting_says_so_only_where_calls_are_recorded(otto: Rooftop) -> None:
    text = " ".join(phrases.greeting(load_store(otto, now=NOW), ""))
    assert "this call is recorded and transcribed" in text
    assert "If you'd rather not be recorded, just say so." in text

    otto.records_calls = False
    assert "recorded" not in " ".join(phrases.greeting(load_store(otto, now=NOW), ""))


def test_a_start_whose_errand_was_lost_is_made_up_for(otto: Rooftop) -> None:
    make_call(otto, notice_heard_at=NOW)
    recordings.start_missed(now=NOW)
    recordings.start_missed(now=NOW)
    assert asked() == ["start"]


def test_a_start_that_failed_is_not_tried_again(otto: Rooftop) -> None:
    """The carrier may have begun all the same: its webhook will tell."""
    FakeRecorder.fails_with["start"] = ProviderError("no answer")
    with pytest.raises(ProviderError):
        recordings.notice_was_heard(make_call(otto), now=NOW)
    recordings.start_missed(now=NOW)
    assert asked() == ["start"]


# --- refusal ------------------------------------------------------------------------------


def refuse(call: Call) -> str:
    conversation = Conversation(call_sid=call.sid)
    at_desk = Desk(call, load_store(call.rooftop, now=NOW), conversation, NOW)
    result = tools.stop_recording(at_desk, tools.Nothing())
    assert conversation.ending is None  # the call goes on
    return result.spoken


def test_who_does_not_want_to_be_recorded_is_not(otto: Rooftop) -> None:
    call = make_call(otto)
    recordings.notice_was_heard(call, now=NOW)
    assert refuse(call) == phrases.NOT_RECORDED
    assert asked() == ["start", "stop", "delete"]
    recording = Recording.objects.get()
    assert (recording.status, recording.is_at_carrier) == (DELETED, False)


def test_a_refusal_before_the_start_prevents_it(otto: Rooftop) -> None:
    call = make_call(otto)
    refuse(call)
    recordings.notice_was_heard(call, now=NOW)
    assert asked() == []


def test_what_the_carrier_could_not_delete_yet_is_deleted_when_it_is_ready(otto: Rooftop) -> None:
    call = make_call(otto)
    recordings.notice_was_heard(call, now=NOW)
    FakeRecorder.fails_with["delete"] = ProviderError("still in progress", retryable=False)
    with pytest.raises(ProviderError):
        refuse(call)
    FakeRecorder.fails_with.clear()
    FakeRecorder.given.clear()
    tell()
    assert asked() == ["delete"]
    assert not Recording.objects.get().is_at_carrier


def test_a_recording_that_nobody_knew_of_is_deleted_after_a_refusal(otto: Rooftop) -> None:
    make_call(otto, recording_refused_at=NOW)
    tell("RE9")
    assert asked() == ["delete"]
    assert Recording.objects.get().status == DELETED


def test_audio_that_is_stored_is_deleted_by_a_late_refusal(otto: Rooftop, settings: Settings) -> None:
    call = recorded(otto)
    assert len(files(settings)) == 1
    refuse(call)
    assert files(settings) == []
    assert recordings.audio_of(call) is None


def test_recording_ends_before_somebody_is_fetched(otto: Rooftop) -> None:
    call = make_call(otto)
    recordings.notice_was_heard(call, now=NOW)
    recordings.end_before_transfer(call)
    assert asked() == ["start", "stop"]
    tell()
    assert Recording.objects.get().status == STORED


# --- keeping ------------------------------------------------------------------------------


def test_a_finished_recording_is_fetched_and_leaves_the_carrier(otto: Rooftop, settings: Settings) -> None:
    call = make_call(otto)
    recordings.notice_was_heard(call, now=NOW)
    tell(RecordingDuration="83", RecordingUrl="https://evil.example/RE1")
    assert asked() == ["start", "fetch", "delete"]
    recording = Recording.objects.get()
    assert (recording.status, recording.seconds, recording.is_at_carrier) == (STORED, 83, False)
    (path,) = files(settings)
    assert path.read_bytes() == b"ID3 audio"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert "static" not in path.parts


def test_a_repeated_callback_fetches_nothing_twice(otto: Rooftop, settings: Settings) -> None:
    recorded(otto)
    tell()
    tell(status="failed")
    assert asked() == []
    assert Recording.objects.get().status == STORED
    assert len(files(settings)) == 1


def test_two_tasks_at_once_leave_one_file(otto: Rooftop, settings: Settings) -> None:
    make_call(otto)
    tell()
    recording = Recording.objects.get()
    recordings._store(recording, b"the slower one's")
    assert len(files(settings)) == 1


@pytest.mark.parametrize("status", ["absent", "failed"])
def test_nothing_is_fetched_where_nothing_was_recorded(otto: Rooftop, status: str) -> None:
    make_call(otto)
    tell(status=status)
    assert "fetch" not in asked()
    assert Recording.objects.get().status == status


def test_a_carrier_that_is_away_is_asked_again_later(otto: Rooftop, settings: Settings) -> None:
    call = make_call(otto)
    Recording.objects.create(call=call, sid="RE1", status=READY)
    FakeRecorder.fails_with["fetch"] = ProviderError("away")
    recordings.tend(now=NOW)
    assert Recording.objects.get().status == READY
    FakeRecorder.fails_with.clear()
    recordings.tend(now=NOW)
    assert Recording.objects.get().status == STORED
    assert len(files(settings)) == 1


def test_a_recording_that_is_gone_at_the_carrier_has_failed(otto: Rooftop) -> None:
    call = make_call(otto)
    Recording.objects.create(call=call, sid="RE1", status=READY)
    FakeRecorder.fails_with["fetch"] = CallIsOver("gone")
    recordings.tend(now=NOW)
    assert Recording.objects.get().status == Recording.Status.FAILED


def test_audio_is_deleted_after_its_days(otto: Rooftop, settings: Settings) -> None:
    recorded(otto)
    assert recordings.delete_old(now=NOW + timedelta(days=29)) == 0
    assert len(files(settings)) == 1
    assert recordings.delete_old(now=NOW + timedelta(days=31)) == 1
    assert files(settings) == []
    assert Recording.objects.get().status == DELETED


def test_an_errand_without_redis_holds_nobody_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from celery import current_app

    def fail(*args: object, **kwargs: object) -> None:
        raise OSError("no Redis")

    monkeypatch.setattr(current_app, "send_task", fail)
    errands._enqueue("voice.tasks.fetch_recording", (1,))


@pytest.mark.integration
def test_an_errand_reaches_the_workers(settings: Settings, django_capture_on_commit_callbacks: Any) -> None:
    queue = redis.Redis.from_url(settings.REDIS_URL)
    queue.delete("celery")  # what earlier tests sent to nobody
    with django_capture_on_commit_callbacks(execute=True):
        errands.run_soon("voice.tasks.tend_lines")
    message = queue.blpop(["celery"], timeout=5)
    assert message
    assert json.loads(message[1])["headers"]["task"] == "voice.tasks.tend_lines"


# --- hearing ------------------------------------------------------------------------------


def staff(otto: Rooftop, *permissions: str) -> Client:
    client = Client()
    client.force_login(make_staff("listener", otto, *permissions))
    return client


def test_who_may_hear_recordings_hears_them(otto: Rooftop) -> None:
    call = recorded(otto)
    client = staff(otto, "hear_recording", "view_call")
    answer = client.get(f"/calls/{call.pk}/recording")
    assert (answer.status_code, answer["Content-Type"]) == (200, "audio/mpeg")
    assert b"".join(answer) == b"ID3 audio"
    assert answer["Cache-Control"] == "private, no-store"
    assert f'data-audio="/calls/{call.pk}/recording"' in client.get(f"/calls/{call.pk}/").content.decode()


@pytest.mark.security
def test_others_do_not(otto: Rooftop, settings: Settings) -> None:
    call = recorded(otto)
    address = f"/calls/{call.pk}/recording"
    assert Client().get(address)["Location"] == f"/admin/login/?next={address}"
    advisor = staff(otto, "view_recording", "view_call", "change_call")
    assert advisor.get(address).status_code == 403
    assert address not in advisor.get(f"/calls/{call.pk}/").content.decode()
    name = files(settings)[0].relative_to(settings.MEDIA_ROOT)
    for guess in (f"/{name}", f"/media/{name}", f"/static/{name}"):
        assert Client().get(guess).status_code == 404


@pytest.mark.security
def test_a_person_without_the_staff_flag_hears_nothing(otto: Rooftop) -> None:
    call = recorded(otto)
    client = staff(otto, "hear_recording", "view_call")
    User.objects.update(is_staff=False)
    assert client.get(f"/calls/{call.pk}/recording").status_code == 302


def test_a_call_without_audio_has_none_to_hear(otto: Rooftop, settings: Settings) -> None:
    client = staff(otto, "hear_recording", "view_call")
    assert client.get(f"/calls/{make_call(otto, 'CA2').pk}/recording").status_code == 404
    call = recorded(otto)
    files(settings)[0].unlink()
    assert client.get(f"/calls/{call.pk}/recording").status_code == 404
