"""The carrier's HTTP callbacks, as Twilio posts them."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.test import Client
from twilio.request_validator import RequestValidator

from crm.models import FollowUpTask, Rooftop
from tests.factories import SATURDAY, make_demo_store
from tests.talking import MARIA, OTTO_NUMBER
from voice import calls, urls, watchdog
from voice.carriers import twilio
from voice.conversation.states import Conversation, Ending
from voice.models import Call

INBOUND = "/api/v1/webhooks/inbound-call"
AFTER = "/api/v1/webhooks/after-stream"
FALLBACK = "/api/v1/webhooks/fallback"
STATUS = "/api/v1/webhooks/call-status"
STREAM = "/api/v1/webhooks/stream-status"
EVERY_WEBHOOK = [
    INBOUND,
    AFTER,
    FALLBACK,
    STATUS,
    STREAM,
    "/api/v1/webhooks/recording-status",
    "/api/v1/webhooks/dial-result",
    "/api/v1/webhooks/whisper/CA1",
    "/api/v1/webhooks/whisper/CA1/answer",
]
SUNDAY = SATURDAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def otto(db: None) -> Rooftop:
    return make_demo_store()


def post(
    client: Client, path: str, *, sign: bool = True, **fields: str
) -> tuple[int, ElementTree.Element | None]:
    everything = {"CallSid": "CA1", "From": MARIA, "To": OTTO_NUMBER, "CallStatus": "ringing", **fields}
    headers = {"X-Twilio-Signature": twilio.sign(path, everything)} if sign else {}
    response = client.post(path, everything, headers=headers)
    is_xml = response["Content-Type"].startswith("text/xml")
    return response.status_code, ElementTree.fromstring(response.content) if is_xml else None


def twiml(client: Client, path: str, **fields: str) -> ElementTree.Element:
    status, document = post(client, path, sign=True, **fields)
    assert status == 200
    assert document is not None
    return document


def test_an_inbound_call_opens_its_row_and_its_stream(client: Client) -> None:
    document = twiml(client, INBOUND)
    call = Call.objects.get()
    assert (call.sid, call.caller_number, call.carrier) == ("CA1", MARIA, "twilio")
    assert str(call.customer) == "Maria Lopez"
    stream = document.find("Connect/Stream")
    assert stream is not None
    assert stream.get("url") == "ws://testserver/ws/media"
    assert stream.get("statusCallback") == f"http://testserver{STREAM}"
    (parameter,) = stream
    assert (parameter.get("name"), parameter.get("value")) == ("token", calls.stream_token(call))
    redirect = document.find("Redirect")
    assert redirect is not None
    assert redirect.text == f"{AFTER}?stream=0"
    assert [child.tag for child in document] == ["Connect", "Redirect"]


def test_a_repeated_webhook_gets_the_same_answer_and_no_second_call(client: Client) -> None:
    first, second = twiml(client, INBOUND), twiml(client, INBOUND)
    assert ElementTree.tostring(first) == ElementTree.tostring(second)
    assert Call.objects.count() == 1


def test_an_unknown_number_is_told_so_and_hung_up(client: Client) -> None:
    document = twiml(client, INBOUND, To="+12125559999")
    assert [(child.tag, child.text) for child in document] == [
        ("Say", "This number is not configured."),
        ("Hangup", None),
    ]
    assert not Call.objects.exists()


@pytest.mark.parametrize("number", ["anonymous", "+266696687", "Restricted"])
def test_a_withheld_number_is_no_number(client: Client, number: str) -> None:
    twiml(client, INBOUND, From=number)
    call = Call.objects.get()
    assert (call.caller_number, call.customer) == ("", None)


def test_a_shared_number_names_nobody(client: Client) -> None:
    twiml(client, INBOUND, From="+12125550145")
    assert Call.objects.get().customer is None


@pytest.mark.security
@pytest.mark.parametrize("path", EVERY_WEBHOOK)
def test_without_a_valid_signature_nothing_happens(client: Client, path: str) -> None:
    assert post(client, path, sign=False)[0] == 403
    fields = {"CallSid": "CA1", "From": MARIA, "To": OTTO_NUMBER}
    good = twilio.sign(path, fields)
    for signature, sent in (
        ("", fields),
        ("AAAA", fields),
        (good, {**fields, "From": "+12125550199"}),
        (good[:-2], fields),
    ):
        assert client.post(path, sent, headers={"X-Twilio-Signature": signature}).status_code == 403
    assert client.post(f"{path}?x=1", fields, headers={"X-Twilio-Signature": good}).status_code == 403
    assert client.get(path).status_code == 405
    assert not Call.objects.exists()


@pytest.mark.security
def test_the_signature_covers_the_public_address_not_the_host_header(client: Client) -> None:
    fields = {"CallSid": "CA1", "From": MARIA, "To": OTTO_NUMBER}
    forged = RequestValidator("0123456789abcdef0123456789abcdef").compute_signature(
        f"http://evil.example{INBOUND}", fields
    )
    response = client.post(INBOUND, fields, headers={"X-Twilio-Signature": forged, "Host": "evil.example"})
    assert response.status_code == 403


@pytest.mark.security
def test_twilio_s_published_signature_is_computed_alike() -> None:
    # From the carrier's documentation: token, address and fields are theirs.
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    signature = RequestValidator("12345").compute_signature(
        "https://mycompany.com/myapp.php?foo=1&bar=2", fields
    )
    assert signature == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def make_call(otto: Rooftop, *, ending: Ending | None = None, outcome: str = Call.Outcome.RUNNING) -> Call:
    conversation = Conversation(call_sid="CA1", ending=ending)
    return Call.objects.create(
        rooftop=otto,
        carrier="twilio",
        sid="CA1",
        caller_number=MARIA,
        outcome=outcome,
        conversation=conversation.model_dump(mode="json"),
    )


def freeze(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


def test_after_a_goodbye_the_carrier_hangs_up(client: Client, otto: Rooftop) -> None:
    make_call(otto, ending=Ending.GOODBYE)
    assert [child.tag for child in twiml(client, AFTER)] == ["Hangup"]
    assert not FollowUpTask.objects.exists()


def test_a_transfer_dials_the_front_desk(
    client: Client, otto: Rooftop, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(monkeypatch, SATURDAY)
    make_call(otto, ending=Ending.TRANSFER)
    (dial,) = twiml(client, AFTER)
    assert (dial.tag, dial.findtext("Number")) == ("Dial", otto.front_desk_number)
    assert FollowUpTask.objects.get().phone_number == MARIA


def test_our_failure_in_opening_hours_apologises_and_dials(
    client: Client, otto: Rooftop, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(monkeypatch, SATURDAY)
    make_call(otto, outcome=Call.Outcome.FAILED)
    say, dial = twiml(client, AFTER)
    assert "Sorry" in str(say.text)
    assert dial.findtext("Number") == otto.front_desk_number


def test_our_failure_on_a_closed_day_promises_a_callback_and_makes_the_task(
    client: Client, otto: Rooftop, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(monkeypatch, SUNDAY)
    make_call(otto, outcome=Call.Outcome.FAILED)
    say, hangup = twiml(client, AFTER)
    assert "call you back by Monday at 7:30 AM" in str(say.text)
    assert hangup.tag == "Hangup"
    task = FollowUpTask.objects.get()
    assert (task.due_at, task.phone_number) == (datetime(2026, 11, 23, 12, 30, tzinfo=UTC), MARIA)
    twiml(client, AFTER)
    assert FollowUpTask.objects.count() == 1


def test_after_stream_of_an_unknown_call_hangs_up(client: Client) -> None:
    assert [child.tag for child in twiml(client, AFTER)] == ["Say", "Hangup"]


def test_calls_whose_process_died_are_closed(otto: Rooftop) -> None:
    call = make_call(otto)
    Call.objects.update(started_at=SATURDAY)
    assert watchdog.close_lost_rows(SATURDAY + timedelta(minutes=10)) == 0
    assert watchdog.close_lost_rows(SATURDAY + timedelta(minutes=30)) == 1
    call.refresh_from_db()
    assert (call.outcome, call.ended_at) == (Call.Outcome.FAILED, SATURDAY + timedelta(minutes=30))


@pytest.mark.security
def test_every_webhook_asks_for_a_signature() -> None:
    """Whatever is added under this address is tried here, too."""
    found = {
        "/" + str(pattern.pattern).replace("<str:sid>", "CA1")
        for pattern in urls.urlpatterns
        if "webhooks" in str(pattern.pattern)
    }
    assert found == set(EVERY_WEBHOOK)
