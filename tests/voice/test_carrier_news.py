"""What the carrier tells about a call, in whatever order; and what it does when we are down."""

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from crm.models import Rooftop
from voice import watchdog
from voice.carriers import twilio
from voice.models import Call

FALLBACK = "/api/v1/webhooks/fallback"
STATUS = "/api/v1/webhooks/call-status"
STREAM = "/api/v1/webhooks/stream-status"
RECORDING = "/api/v1/webhooks/recording-status"


@pytest.fixture(autouse=True)
def otto(db: None) -> Rooftop:
    return Rooftop.objects.create(name="Otto's Auto", time_zone="America/New_York")


def post(client: Client, path: str, **fields: str) -> Any:
    everything = {"CallSid": "CA1", **fields}
    return client.post(path, everything, headers={"X-Twilio-Signature": twilio.sign(path, everything)})


def tell(client: Client, path: str, **fields: str) -> None:
    assert post(client, path, **fields).status_code == 204


def twiml(client: Client, path: str, **fields: str) -> ElementTree.Element:
    return ElementTree.fromstring(post(client, path, **fields).content)


def make_call(otto: Rooftop, *, stream_sid: str = "") -> Call:
    return Call.objects.create(rooftop=otto, carrier="twilio", sid="CA1", stream_sid=stream_sid)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (["ringing", "in-progress", "completed"], "completed"),
        (["completed", "ringing", "in-progress"], "completed"),
        (["in-progress", "ringing"], "in-progress"),
        (["ringing", "no-answer", "in-progress"], "no-answer"),
        (["busy", "completed"], "busy"),
        (["initiated", "queued"], "initiated"),
        (["ringing", "nonsense", ""], "ringing"),
        (["completed", "completed", "completed"], "completed"),
    ],
)
def test_statuses_in_any_order_end_in_the_right_one(
    client: Client, otto: Rooftop, told: list[str], status: str
) -> None:
    call = make_call(otto)
    for one in told:
        tell(client, STATUS, CallStatus=one)
    call.refresh_from_db()
    assert call.carrier_status == status
    assert (call.carrier_ended_at is not None) is (status in ("completed", "no-answer", "busy"))


def test_a_late_status_reopens_nothing(client: Client, otto: Rooftop) -> None:
    call = make_call(otto)
    tell(client, STATUS, CallStatus="completed", CallDuration="83")
    call.refresh_from_db()
    ended_at = call.carrier_ended_at
    tell(client, STATUS, CallStatus="in-progress", CallDuration="1")
    tell(client, STATUS, CallStatus="completed", CallDuration="84")
    call.refresh_from_db()
    assert (call.carrier_status, call.carrier_seconds, call.carrier_ended_at) == ("completed", 83, ended_at)


def test_what_the_carrier_knows_of_a_call_is_kept(client: Client, otto: Rooftop) -> None:
    call = make_call(otto)
    tell(client, STATUS, CallStatus="failed", AnsweredBy="machine_end_beep", SipResponseCode="486")
    call.refresh_from_db()
    assert (call.answered_by, call.carrier_error, call.carrier_seconds) == (
        "machine_end_beep",
        "SIP 486",
        None,
    )


@pytest.mark.parametrize("duration", ["", "-1", "１２", "1e3", "99999999999"])
def test_a_duration_that_is_none_is_left_out(client: Client, otto: Rooftop, duration: str) -> None:
    call = make_call(otto)
    tell(client, STATUS, CallStatus="completed", CallDuration=duration)
    call.refresh_from_db()
    assert (call.carrier_status, call.carrier_seconds) == ("completed", None)


def test_a_call_that_the_carrier_ended_is_closed_when_its_process_died(client: Client, otto: Rooftop) -> None:
    never_answered = make_call(otto)
    tell(client, STATUS, CallStatus="completed")
    now = timezone.now()
    assert watchdog.close_lost_rows(now) == 0  # a session that lives may still be writing
    assert watchdog.close_lost_rows(now + timedelta(minutes=2)) == 1
    never_answered.refresh_from_db()
    assert never_answered.outcome == Call.Outcome.HUNG_UP

    Call.objects.update(ended_at=None, stream_opened_at=now, outcome=Call.Outcome.RUNNING)
    assert watchdog.close_lost_rows(now + timedelta(minutes=2)) == 1
    never_answered.refresh_from_db()
    assert never_answered.outcome == Call.Outcome.FAILED


def test_a_stream_that_ends_or_fails_is_noted_once(client: Client, otto: Rooftop) -> None:
    call = make_call(otto)
    tell(client, STREAM, StreamEvent="stream-started")
    call.refresh_from_db()
    assert call.stream_ended_at is None
    tell(client, STREAM, StreamEvent="stream-error", StreamError="31920")
    call.refresh_from_db()
    first = call.stream_ended_at
    tell(client, STREAM, StreamEvent="stream-stopped")
    call.refresh_from_db()
    assert first
    assert (call.stream_ended_at, call.carrier_error) == (first, "31920")


def test_the_late_end_of_an_earlier_stream_is_not_the_present_one_s(client: Client, otto: Rooftop) -> None:
    call = make_call(otto, stream_sid="MZ2")
    tell(client, STREAM, StreamEvent="stream-stopped", StreamSid="MZ1")
    call.refresh_from_db()
    assert call.stream_ended_at is None
    tell(client, STREAM, StreamEvent="stream-stopped", StreamSid="MZ2")
    call.refresh_from_db()
    assert call.stream_ended_at


@pytest.mark.parametrize("path", [STATUS, STREAM, RECORDING])
def test_news_of_an_unknown_call_is_taken_and_forgotten(client: Client, path: str) -> None:
    tell(
        client, path, CallSid="CA9", RecordingSid="RE1", StreamEvent="stream-stopped", CallStatus="completed"
    )
    tell(client, path, CallSid="CA\0", RecordingSid="RE\0", StreamEvent="stream-stopped")
    assert not Call.objects.exists()


# --- when we are down ---------------------------------------------------------------------


def test_the_fallback_apologises_without_asking_the_database(
    client: Client, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        (say,) = twiml(client, FALLBACK, ErrorCode="11205")
    assert "call again" in str(say.text)

    settings.FALLBACK_NUMBER = "+12125550199"
    with django_assert_num_queries(0):
        say, dial = twiml(client, FALLBACK, ErrorCode="11205")
    assert dial.text == "+12125550199"


@pytest.mark.security
@pytest.mark.parametrize("number", ["+19005550100", "+18765550100", "+447700900123", "911"])
def test_the_fallback_rings_no_dear_number(client: Client, settings: Settings, number: str) -> None:
    settings.FALLBACK_NUMBER = number
    assert [child.tag for child in twiml(client, FALLBACK)] == ["Say"]
