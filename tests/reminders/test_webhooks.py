"""The carrier's callbacks about a reminder call: in any order, twice, and before our own record."""

from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from crm import consent
from crm.models import FollowUpTask, Rooftop
from reminders import outcomes, sweep
from reminders.dialing import _path
from reminders.models import Reminder, Text
from tests.reminders.visits import make_call, make_visit, tell
from tests.talking import MARIA, OTTO_NUMBER
from tests.voice import orders
from tests.voice.small import make_small_store
from voice import calls, drain
from voice.models import Call

DAY = timedelta(days=1)


@pytest.fixture
def otto(db: None) -> Rooftop:
    return make_small_store()


@pytest.fixture
def call(otto: Rooftop) -> Reminder:
    """An attempt that was handed to the carrier, and not yet recorded."""
    now = timezone.now()
    visit = make_visit(otto, now + DAY, booked_at=now - 9 * DAY)
    return make_call(visit, due_at=now, state="dialing", number=MARIA, dialed_at=now)


@pytest.fixture
def carrier(settings: Settings) -> Iterator[type[orders.FakeControl]]:
    """Takes orders, and keeps them in given."""
    settings.TWILIO_ACCOUNT_SID, settings.CALL_CONTROL = "AC1", "tests.voice.orders.FakeControl"
    orders.forget()
    yield orders.FakeControl
    orders.forget()


def state(call: Reminder) -> str:
    call.refresh_from_db()
    return call.state


def settle(call: Reminder, outcome: str, **fields: object) -> str:
    """The conversation is over; what the next sweep makes of it."""
    fields = {"stream_opened_at": timezone.now(), **fields}
    Call.objects.update(ended_at=timezone.now(), outcome=outcome, **fields)
    outcomes.settle(timezone.now())
    return state(call)


# --- somebody answers ---------------------------------------------------------------------


def test_who_answers_is_connected(client: Client, call: Reminder) -> None:
    document = ElementTree.fromstring(tell(client, _path("outbound-reminder", call)))
    opened = Call.objects.get()
    assert (opened.direction, opened.purpose) == ("outbound", "reminder")
    assert (opened.appointment, opened.caller_number) == (call.appointment, MARIA)
    assert opened.called_number == OTTO_NUMBER
    parameter = document.find("Connect/Stream/Parameter")
    assert parameter is not None
    assert parameter.get("value") == calls.stream_token(opened)
    assert state(call) == "placed"
    assert call.call == opened


def test_an_answer_that_comes_twice_is_one_call(client: Client, call: Reminder) -> None:
    first = tell(client, _path("outbound-reminder", call))
    assert tell(client, _path("outbound-reminder", call)) == first
    assert Call.objects.count() == 1


@pytest.mark.parametrize("wrong", ["token", "appointment_id", "attempt"])
def test_an_address_that_is_not_ours_opens_nothing(client: Client, call: Reminder, wrong: str) -> None:
    path = _path("outbound-reminder", call).replace(f"{wrong}=", f"{wrong}=7")
    assert "<Hangup" in tell(client, path)
    assert not Call.objects.exists()
    assert state(call) == "dialing"


def test_a_process_about_to_leave_says_sorry_and_a_text_follows(
    client: Client, call: Reminder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "is_draining", lambda: True)
    assert "<Hangup" in tell(client, _path("outbound-reminder", call))
    outcomes.settle(timezone.now() + outcomes.SETTLED_AFTER + DAY)
    assert state(call) == "unknown"
    assert call.text == Text.objects.get()


# --- the record is repaired ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["outbound-reminder", "amd-result", "reminder-status"])
def test_the_first_callback_repairs_a_lost_record(client: Client, call: Reminder, name: str) -> None:
    tell(client, _path(name, call), CallStatus="ringing", AnsweredBy="human")
    assert (state(call), call.sid) == ("placed", "CA1")
    assert sweep.claim(timezone.now() + DAY, hand_out=lambda ids: pytest.fail("handed out again")) == 0


def test_a_late_answer_after_no_evidence_counts(client: Client, call: Reminder) -> None:
    outcomes.end(call, Reminder.State.UNKNOWN, "", now=timezone.now())
    tell(client, _path("outbound-reminder", call))
    assert state(call) == "placed"
    assert settle(call, "confirmed") == "answered"


# --- how it ends --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "ends"),
    [("no-answer", "no_answer"), ("busy", "busy"), ("failed", "failed"), ("canceled", "failed")],
)
def test_a_call_that_reached_nobody_becomes_a_text(
    client: Client, call: Reminder, status: str, ends: str
) -> None:
    for _ in range(2):
        tell(client, _path("reminder-status", call), CallStatus=status)
    assert state(call) == ends
    assert call.text == Text.objects.get()
    assert (call.text.kind, call.text.number) == ("callback", MARIA)


def test_without_consent_to_texts_no_answer_is_left_alone(
    client: Client, otto: Rooftop, call: Reminder
) -> None:
    consent.revoke(otto, MARIA, wording="STOP", source="test", now=timezone.now())
    tell(client, _path("reminder-status", call), CallStatus="no-answer")
    assert state(call) == "no_answer"
    assert not Text.objects.exists()
    assert not FollowUpTask.objects.exists()


def test_callbacks_overtake_each_other(client: Client, call: Reminder) -> None:
    tell(client, _path("reminder-status", call), CallStatus="no-answer")
    for late in ("ringing", "initiated"):
        tell(client, _path("reminder-status", call), CallStatus=late)
    assert state(call) == "no_answer"


@pytest.mark.parametrize(
    ("outcome", "ends"),
    [
        ("confirmed", "answered"),
        ("moved", "answered"),
        ("wrong_person", "answered"),
        ("hung_up", "answered"),
        ("voicemail", "voicemail"),
        ("failed", "failed"),
    ],
)
def test_a_conversation_ends_its_reminder(client: Client, call: Reminder, outcome: str, ends: str) -> None:
    tell(client, _path("outbound-reminder", call))
    tell(client, _path("reminder-status", call), CallStatus="completed")
    assert state(call) == "placed"
    assert settle(call, outcome) == ends
    assert settle(call, outcome) == ends


def test_who_answered_and_never_heard_the_desk_gets_a_text(client: Client, call: Reminder) -> None:
    tell(client, _path("outbound-reminder", call))
    assert settle(call, "hung_up", stream_opened_at=None) == "failed"
    assert call.text == Text.objects.get()


def test_who_says_stop_has_opted_out(client: Client, otto: Rooftop, call: Reminder) -> None:
    tell(client, _path("outbound-reminder", call))
    consent.revoke(otto, MARIA, wording="Stop calling.", source="test", now=timezone.now())
    assert settle(call, "no_booking") == "opted_out"


def test_a_machine_is_told_of_once(client: Client, call: Reminder, carrier: type[orders.FakeControl]) -> None:
    tell(client, _path("outbound-reminder", call))
    for _ in range(2):
        tell(client, _path("amd-result", call), AnsweredBy="machine_end_beep")
    ((order, sid, twiml),) = carrier.given
    assert (order, sid) == ("redirect", "CA1")
    assert "Hello Maria" in twiml
    assert Call.objects.get().answered_by == "machine_end_beep"
    outcomes.settle(timezone.now())
    assert state(call) == "voicemail"
    assert not Text.objects.exists()


def test_a_machine_without_a_message_becomes_a_text(client: Client, call: Reminder) -> None:
    tell(client, _path("outbound-reminder", call))
    assert settle(call, "hung_up", answered_by="machine_start") == "no_answer"
    assert Text.objects.count() == 1


def test_a_person_is_no_machine(client: Client, call: Reminder, carrier: type[orders.FakeControl]) -> None:
    tell(client, _path("outbound-reminder", call))
    tell(client, _path("amd-result", call), AnsweredBy="human")
    assert carrier.given == []


def test_a_machine_that_is_told_of_before_the_answer_is_known(
    client: Client, call: Reminder, carrier: type[orders.FakeControl]
) -> None:
    tell(client, _path("amd-result", call), AnsweredBy="machine_end_beep")
    tell(client, _path("outbound-reminder", call))
    ((order, sid, twiml),) = carrier.given
    assert (order, sid) == ("redirect", "CA1")
    assert "Hello Maria" in twiml
    assert Call.objects.count() == 1


def test_an_answered_call_of_which_nothing_is_heard_ends_after_a_while(
    client: Client, call: Reminder
) -> None:
    tell(client, _path("reminder-status", call), CallStatus="completed")
    outcomes.settle(timezone.now())
    assert state(call) == "placed"
    outcomes.settle(timezone.now() + outcomes.SETTLED_AFTER + DAY)
    assert state(call) == "unknown"
