"""Orders to Twilio with its own SDK, and whole transfers, against the emulator over real sockets."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from crm.models import FollowUpTask, Rooftop
from tests.emulators.base import Fault
from tests.emulators.desk import Desk
from tests.emulators.twilio import ACCOUNT, TOKEN, Twilio
from tests.emulators.twilio_call import Call, Phone
from tests.factories import SATURDAY
from tests.talking import MARIA, OTTO_NUMBER
from tests.voice.small import make_small_store
from voice import calls, control, recordings, watchdog
from voice.carriers import twilio as twilio_module
from voice.carriers.twilio import TwilioControl, TwilioRecorder
from voice.database import in_database
from voice.models import Call as Row
from voice.models import Recording
from voice.ports import CallIsOver, ProviderError

pytestmark = pytest.mark.integration

FRONT_DESK = "+12125550199"
GONE = "CA" + "9" * 32


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with Desk() as server:
        server.answers["/voice"] = '<Pause length="60"/>'
        server.answers["/next"] = "<Say>Here I am again.</Say>"
        yield server


@pytest.fixture
async def twilio(settings: Settings) -> AsyncIterator[Twilio]:
    async with Twilio() as carrier:
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, TOKEN
        settings.TWILIO_API_BASE_URL = carrier.base_url
        yield carrier


@pytest.fixture
async def call(twilio: Twilio, desk: Desk, settings: Settings) -> Call:
    """A call that waits at a server in the test's hands."""
    settings.PUBLIC_BASE_URL = desk.base_url
    twilio.serve(OTTO_NUMBER, voice_url=f"{desk.base_url}/voice")
    ringing = await twilio.ring(MARIA, OTTO_NUMBER)
    while "Pause" not in ringing.verbs:
        await asyncio.sleep(0.01)
    return ringing


async def give(order: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return await asyncio.to_thread(order, *args, **kwargs)


# --- orders -------------------------------------------------------------------------------


async def test_a_call_is_hung_up(call: Call) -> None:
    await give(TwilioControl().hang_up, call.sid)
    assert await call.over() == "completed"


async def test_a_call_goes_on_with_twiml_or_with_a_webhook_of_ours(call: Call, desk: Desk) -> None:
    await give(TwilioControl().redirect, call.sid, twiml='<Response><Pause length="60"/></Response>')
    await give(TwilioControl().redirect, call.sid, path="/next")
    await call.over()
    assert call.said == ["Here I am again."]


async def test_a_call_is_limited(call: Call, twilio: Twilio) -> None:
    await give(TwilioControl().limit, call.sid, 1020)
    assert [request.body for request in twilio.requests if request.body] == [{"TimeLimit": "1020"}]


async def test_an_order_after_the_end_says_that_it_is_late(call: Call) -> None:
    await call.hang_up()
    with pytest.raises(CallIsOver):
        await give(TwilioControl().hang_up, call.sid)
    with pytest.raises(CallIsOver):
        await give(TwilioControl().hang_up, GONE)


@pytest.mark.parametrize(
    ("fault", "may_help"),
    [
        (Fault("refuse", status=401), False),
        (Fault("refuse", status=429), True),
        (Fault("refuse", status=503), True),
        (Fault("error"), True),
        (Fault("refuse", status=0), True),
        (Fault("stall"), True),
        (Fault("garbage"), None),
        (Fault("cut"), True),
    ],
    ids=lambda value: f"{value.kind}-{value.status}" if isinstance(value, Fault) else "",
)
async def test_a_carrier_in_trouble_is_a_provider_error_in_time(
    twilio: Twilio, monkeypatch: pytest.MonkeyPatch, fault: Fault, may_help: bool | None
) -> None:
    monkeypatch.setattr(twilio_module, "ANSWER_SECONDS", 0.3)
    twilio.faults.append(fault)
    before = time.monotonic()
    for order in (
        lambda: TwilioControl().hang_up(GONE),
        lambda: TwilioRecorder().start(GONE, status_path="/x"),
        lambda: TwilioRecorder().fetch("RE1"),
    ):
        with pytest.raises(ProviderError) as caught:
            await give(order)
        assert not isinstance(caught.value, CallIsOver)
        assert may_help in (None, caught.value.retryable)
        assert TOKEN not in str(caught.value)
    assert time.monotonic() - before < 5


async def test_a_carrier_out_of_reach_is_a_provider_error(twilio: Twilio) -> None:
    async with twilio.unreachable():
        with pytest.raises(ProviderError):
            await give(TwilioControl().hang_up, GONE)


async def test_orders_never_hold_up_the_event_loop(twilio: Twilio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "LIMIT_SECONDS", 0.3)
    monkeypatch.setattr(twilio_module, "ANSWER_SECONDS", 1.0)
    twilio.faults.append(Fault("stall"))
    longest, last = 0.0, time.monotonic()

    async def tick() -> None:
        nonlocal longest, last
        while True:
            await asyncio.sleep(0.01)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()

    ticking = asyncio.create_task(tick())
    with pytest.raises(ProviderError):
        await control.hang_up(Row(sid=GONE))
    ticking.cancel()
    assert longest < 0.2


async def test_the_loop_s_own_orders_arrive(call: Call, desk: Desk) -> None:
    await control.redirect(Row(sid=call.sid), path="/next")
    await call.over()
    assert call.said == ["Here I am again."]


async def test_without_an_account_an_order_is_refused(settings: Settings) -> None:
    settings.TWILIO_ACCOUNT_SID = ""
    with pytest.raises(ProviderError):
        await control.hang_up(Row(sid=GONE))


# --- recording ----------------------------------------------------------------------------


async def test_a_call_is_recorded_fetched_and_forgotten(call: Call, twilio: Twilio, desk: Desk) -> None:
    recorder = TwilioRecorder()
    sid = await give(recorder.start, call.sid, status_path="/recorded")
    assert twilio.requests[-1].body == {
        "RecordingChannels": "dual",
        "RecordingTrack": "both",
        "RecordingStatusCallback": f"{desk.base_url}/recorded",
        "RecordingStatusCallbackEvent": ["completed", "absent"],
    }
    await call.hang_up()
    await call.callbacks_sent()
    (told,) = desk.posted("/recorded")
    assert (told["RecordingSid"], told["RecordingStatus"]) == (sid, "completed")
    assert (await give(recorder.fetch, sid))[:4] == b"RIFF"  # the emulator's only format
    await give(recorder.delete, sid)
    assert twilio.recordings == {}
    for order in (recorder.fetch, recorder.delete):
        with pytest.raises(CallIsOver):
            await give(order, sid)


async def test_a_recording_without_end_is_not_read_to_its_end(
    call: Call, twilio: Twilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    sid = await give(TwilioRecorder().start, call.sid, status_path="/recorded")
    await call.hang_up()
    monkeypatch.setattr(twilio_module, "LARGEST_RECORDING", 10)
    with pytest.raises(ProviderError) as caught:
        await give(TwilioRecorder().fetch, sid)
    assert not caught.value.retryable


# --- whole transfers ----------------------------------------------------------------------


@pytest.fixture
async def otto(
    transactional_db: None,
    live_server: LiveServer,
    twilio: Twilio,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Rooftop:
    """Our webhooks, served over HTTP, on a Saturday in opening hours.

    That server has no sockets, so every media stream fails: the conversation breaks off at once.
    """
    settings.PUBLIC_BASE_URL = live_server.url
    monkeypatch.setattr("django.utils.timezone.now", lambda: SATURDAY)
    hooks = f"{live_server.url}/api/v1/webhooks"
    twilio.serve(
        OTTO_NUMBER,
        voice_url=f"{hooks}/inbound-call",
        fallback_url=f"{hooks}/fallback",
        status_callback=f"{hooks}/call-status",
    )
    return await in_database(make_small_store)


async def ended(call: Call) -> tuple[Row, FollowUpTask]:
    await call.over()
    return await in_database(
        lambda: (Row.objects.get(sid=call.sid), FollowUpTask.objects.get(call_sid=call.sid))
    )


async def test_a_call_that_broke_off_ends_with_a_person(twilio: Twilio, otto: Rooftop) -> None:
    twilio.phones[FRONT_DESK] = Phone(seconds=0.1)
    call = await twilio.ring(MARIA, OTTO_NUMBER)
    row, task = await ended(call)
    (leg,) = call.dialled
    assert call.said == ["Sorry, we were cut off. I'll ring our service desk for you."]
    assert (leg.to, leg.said) == (FRONT_DESK, ["Service line. A caller: The call was cut off."])
    assert (row.carrier_status, row.outcome, row.carrier_error != "") == ("completed", "transferred", True)
    assert task.done_at == SATURDAY


@pytest.mark.parametrize("answers", ["busy", "no-answer", "failed"])
async def test_a_caller_who_reaches_nobody_is_told_and_called_back(
    twilio: Twilio, otto: Rooftop, answers: str
) -> None:
    twilio.phones[FRONT_DESK] = Phone(answers=answers)
    call = await twilio.ring(MARIA, OTTO_NUMBER)
    _, task = await ended(call)
    assert call.said[-1] == (
        "I'm sorry, I couldn't reach the service desk. We will call you back by Saturday at 10:30 AM. Goodbye."
    )
    assert (task.done_at, task.due_at) == (None, SATURDAY + timedelta(minutes=30))


async def test_every_webhook_twice_and_backwards_ends_the_same(twilio: Twilio, otto: Rooftop) -> None:
    twilio.phones[FRONT_DESK] = Phone(seconds=0.1)
    twilio.webhooks.repeats.update({"voice": 2, "dial": 1, "whisper": 1})
    twilio.webhooks.holds |= {"stream-status", "call-status"}
    call = await twilio.ring(MARIA, OTTO_NUMBER)
    await call.over()
    await twilio.webhooks.release("reversed")
    row, task = await ended(call)
    assert (row.carrier_status, row.outcome) == ("completed", "transferred")
    assert task.summary.count("Connected.") == 1
    assert await in_database(Row.objects.count) == 1
    answers: dict[str, set[str]] = {}
    for post in twilio.webhooks.posted:
        if post.kind in ("voice", "dial", "whisper"):
            answers.setdefault(post.url, set()).add(post.body)
    # The webhook, three streams that never open, the dial and the whisper.
    assert [len(bodies) for bodies in answers.values()] == [1] * 6


async def test_a_lost_call_is_fetched_back_over_rest(
    twilio: Twilio, otto: Rooftop, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its stream is gone, and nobody asked what comes next: the carrier is told to ask.

    No other process can take the call either, so after a while of trying it ends with a person.
    """
    began = time.monotonic()
    monkeypatch.setattr(
        "django.utils.timezone.now", lambda: SATURDAY + timedelta(seconds=30 * (time.monotonic() - began))
    )
    desk.answers["/lost"] = '<Pause length="60"/>'
    twilio.phones[FRONT_DESK] = Phone(seconds=0.1)
    desk.public = desk.base_url
    twilio.serve("+12125550177", voice_url=f"{desk.base_url}/lost")
    call = await twilio.ring(MARIA, "+12125550177")
    while "Pause" not in call.verbs:
        await asyncio.sleep(0.01)

    def open_row() -> None:
        row = calls.open_call(
            carrier="twilio", sid=call.sid, caller_number=MARIA, called_number=OTTO_NUMBER, now=SATURDAY
        )
        later = SATURDAY + timedelta(minutes=1)
        Row.objects.filter(pk=row.pk).update(stream_opened_at=SATURDAY, stream_ended_at=later)

    await in_database(open_row)
    await in_database(watchdog.tend_lines, SATURDAY + timedelta(minutes=2))
    row, task = await ended(call)
    assert "cut off" in call.said[0]
    assert (row.outcome, task.done_at is not None) == ("transferred", True)
    await in_database(watchdog.tend_lines, SATURDAY + timedelta(minutes=3))
    assert (await in_database(Row.objects.get, pk=row.pk)).carrier_status == "completed"


async def test_a_recording_goes_from_the_carrier_into_our_storage(
    twilio: Twilio, otto: Rooftop, call: Call, settings: Settings, tmp_path: Any, live_server: LiveServer
) -> None:
    settings.MEDIA_ROOT, settings.PUBLIC_BASE_URL = str(tmp_path), live_server.url

    def begin() -> None:
        Rooftop.objects.update(records_calls=True)
        row = calls.open_call(
            carrier="twilio", sid=call.sid, caller_number=MARIA, called_number=OTTO_NUMBER, now=SATURDAY
        )
        Row.objects.filter(pk=row.pk).update(notice_heard_at=SATURDAY)
        recordings.start(row.pk)

    await in_database(begin)
    await call.hang_up()
    await call.callbacks_sent()
    await in_database(recordings.tend, now=SATURDAY)
    kept = await in_database(Recording.objects.get)
    assert (kept.status, kept.is_at_carrier, twilio.recordings) == ("stored", False, {})
    assert kept.file.path.startswith(str(tmp_path))


async def test_a_webhook_without_a_database_apologises_and_rings(
    twilio: Twilio, otto: Rooftop, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FALLBACK_NUMBER = FRONT_DESK

    def fail(**fields: object) -> Row:
        raise OperationalError("the database is away")

    monkeypatch.setattr(calls, "open_call", fail)
    twilio.phones[FRONT_DESK] = Phone(seconds=0.1)
    call = await twilio.ring(MARIA, OTTO_NUMBER)
    await call.over()
    assert call.said == [
        "I'm sorry, our telephone system has a problem right now. One moment, I'll ring our service desk for you."
    ]
    assert [leg.to for leg in call.dialled] == [FRONT_DESK]


async def test_a_webhook_that_fails_falls_back(
    twilio: Twilio, otto: Rooftop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**fields: object) -> Row:
        raise ValueError("a bug")

    monkeypatch.setattr(calls, "open_call", fail)
    call = await twilio.ring(MARIA, OTTO_NUMBER)
    await call.over()
    assert [post.kind for post in twilio.webhooks.posted[:2]] == ["voice", "fallback"]
    assert "Please call again" in call.said[0]
