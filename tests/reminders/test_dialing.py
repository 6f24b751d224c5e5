"""Reminders carried out: every rule is read again before anything leaves, and nothing leaves twice."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from crm import consent
from crm.models import Consent, FollowUpTask, Rooftop
from reminders import dialing, outcomes, sweep
from reminders.models import Reminder, Text
from scheduling import booking
from scheduling.models import Appointment
from tests.emulators.base import Fault
from tests.emulators.twilio import ACCOUNT, TOKEN, Twilio
from tests.reminders.visits import make_call, make_visit, ringing_carrier, rung
from tests.talking import MARIA, OTTO_NUMBER
from tests.voice.small import make_small_store
from voice import ringing
from voice.carriers import twilio as twilio_module
from voice.models import Call

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

NOW = datetime(2027, 3, 9, 15, 30, tzinfo=UTC)  # Tuesday, 10:30 in the morning
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
WEDNESDAY = NOW + DAY


@pytest.fixture
def twilio(settings: Settings) -> Iterator[Twilio]:
    with ringing_carrier() as carrier:
        carrier.serve(OTTO_NUMBER)
        carrier.wall_clock = lambda: NOW
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, TOKEN
        settings.TWILIO_API_BASE_URL = carrier.base_url
        settings.PUBLIC_BASE_URL = "http://127.0.0.1:9"  # nobody hears what the carrier tells
        yield carrier


@pytest.fixture
def otto() -> Rooftop:
    return make_small_store()


@pytest.fixture
def visit(otto: Rooftop) -> Appointment:
    return make_visit(otto, WEDNESDAY, booked_at=NOW - 9 * DAY)


@pytest.fixture
def call(visit: Appointment) -> Reminder:
    return make_call(visit, due_at=NOW)


def carry_out(call: Reminder, *, now: datetime = NOW) -> Reminder:
    Reminder.objects.filter(pk=call.pk, state="pending").update(state="claimed")
    dialing.carry_out(call.pk, clock=lambda: now)
    call.refresh_from_db()
    return call


def test_the_carrier_is_told_whom_to_ring_and_where_to_tell(twilio: Twilio, call: Reminder) -> None:
    carry_out(call)
    assert (call.state, call.number, call.dialed_at) == ("placed", MARIA, NOW)
    (ringing,) = twilio.calls.values()
    assert call.sid == ringing.sid
    order = twilio.requests[0].body
    assert (order["To"], order["From"]) == (MARIA, OTTO_NUMBER)
    assert (order["MachineDetection"], order["AsyncAmd"]) == ("DetectMessageEnd", "true")
    about = {"appointment_id": [str(call.appointment_id)], "attempt": ["1"], "token": [call.token]}
    for field, name in (
        ("Url", "outbound-reminder"),
        ("StatusCallback", "reminder-status"),
        ("AsyncAmdStatusCallback", "amd-result"),
    ):
        parts = urlsplit(order[field])
        assert parts.path == f"/api/v1/webhooks/{name}"
        assert parse_qs(parts.query) == about


def test_an_attempt_is_made_once_however_often_it_is_delivered(twilio: Twilio, call: Reminder) -> None:
    for _ in range(3):
        carry_out(call)
    assert rung(twilio) == [MARIA]


# --- read again before it rings -----------------------------------------------------------


def refused(twilio: Twilio, call: Reminder, *, now: datetime = NOW) -> str:
    carry_out(call, now=now)
    assert call.state == "skipped"
    assert twilio.requests == []
    return call.reason


def test_a_visit_that_moved_a_second_ago_is_not_rung_for(twilio: Twilio, call: Reminder) -> None:
    Appointment.objects.update(arrives_at=WEDNESDAY + HOUR, ready_at=WEDNESDAY + 2 * HOUR, version=2)
    assert refused(twilio, call) == "The appointment was moved."


def test_a_visit_cancelled_a_second_ago_is_not_rung_for(twilio: Twilio, call: Reminder) -> None:
    booking.cancel(call.appointment, reason="sold", actor="test", now=NOW)
    assert refused(twilio, call) == "The appointment is cancelled."


def test_who_confirmed_meanwhile_is_rung_all_the_same(twilio: Twilio, call: Reminder) -> None:
    booking.confirm(call.appointment, actor="test", now=NOW)
    assert carry_out(call).state == "placed"


def test_who_never_agreed_is_not_rung(twilio: Twilio, otto: Rooftop) -> None:
    visit = make_visit(otto, WEDNESDAY, booked_at=NOW - 9 * DAY, agrees=None)
    assert refused(twilio, make_call(visit, due_at=NOW)) == "No consent to automated calls."


def test_who_said_stop_a_second_ago_is_not_rung(twilio: Twilio, otto: Rooftop, call: Reminder) -> None:
    consent.revoke(otto, MARIA, wording="Stop calling.", source="test", now=NOW)
    assert refused(twilio, call) == "Opted out of calls."


LONG_AGO = NOW - 91 * DAY
HEARD_FROM: dict[str, Callable[[Appointment], object]] = {
    "said": lambda visit: consent.note(
        visit.customer, MARIA, True, wording="Yes.", source="test", now=NOW - DAY
    ),
    "rang": lambda visit: Call.objects.create(
        rooftop=visit.rooftop,
        sid="CA1",
        customer=visit.customer,
        caller_number=MARIA,
        direction="inbound",
        started_at=NOW - DAY,
    ),
    "wrote": lambda visit: Text.objects.create(
        rooftop=visit.rooftop,
        key="in",
        customer=visit.customer,
        number=MARIA,
        direction="inbound",
        body="1",
        created_at=NOW - DAY,
    ),
    "answered": lambda visit: make_call(
        visit, due_at=NOW - 4 * DAY, state="answered", number=MARIA, dialed_at=NOW - 4 * DAY, attempt=7
    ),
}


def test_a_yes_of_long_ago_may_have_been_somebody_else_s(twilio: Twilio, otto: Rooftop) -> None:
    visit = make_visit(otto, WEDNESDAY, booked_at=LONG_AGO)
    assert refused(twilio, make_call(visit, due_at=NOW)).startswith("They agreed more than 90 days ago")


@pytest.mark.parametrize("sign", HEARD_FROM)
def test_who_was_heard_from_at_the_number_since_is_rung(twilio: Twilio, otto: Rooftop, sign: str) -> None:
    visit = make_visit(otto, WEDNESDAY, booked_at=LONG_AGO)
    HEARD_FROM[sign](visit)
    assert carry_out(make_call(visit, due_at=NOW)).state == "placed"


def test_that_somebody_else_rang_from_the_number_says_nothing(twilio: Twilio, otto: Rooftop) -> None:
    visit = make_visit(otto, WEDNESDAY, booked_at=LONG_AGO)
    HEARD_FROM["rang"](visit)
    Call.objects.update(customer=None)
    assert "ask whether it is still theirs" in refused(twilio, make_call(visit, due_at=NOW))


def test_a_yes_may_be_told_to_last_for_ever(twilio: Twilio, otto: Rooftop, settings: Settings) -> None:
    settings.REASSIGNED_CHECK_DAYS = 0
    visit = make_visit(otto, WEDNESDAY, booked_at=LONG_AGO)
    assert carry_out(make_call(visit, due_at=NOW)).state == "placed"


def test_only_numbers_at_home_are_rung(twilio: Twilio, otto: Rooftop) -> None:
    visit = make_visit(otto, WEDNESDAY, booked_at=NOW - 9 * DAY, number="+18765550143")
    assert "may dial" in refused(twilio, make_call(visit, due_at=NOW))


def test_while_a_test_number_is_set_nobody_else_is_rung(
    twilio: Twilio, call: Reminder, otto: Rooftop, settings: Settings
) -> None:
    settings.YOUR_TEST_NUMBER = "+12125550123"
    assert refused(twilio, call) == "YOUR_TEST_NUMBER is set: nobody else is rung."
    mine = make_visit(otto, WEDNESDAY, booked_at=NOW - 9 * DAY, number="+12125550123")
    assert carry_out(make_call(mine, due_at=NOW)).state == "placed"
    assert rung(twilio) == ["+12125550123"]


def test_a_household_is_rung_once_a_day(twilio: Twilio, otto: Rooftop, call: Reminder) -> None:
    second = make_call(make_visit(otto, WEDNESDAY + HOUR, booked_at=NOW - 9 * DAY), due_at=NOW)
    assert carry_out(call).state == "placed"
    assert (
        carry_out(second, now=NOW + HOUR).reason
        == "This number was rung today already; once a day is the most."
    )
    assert rung(twilio) == [MARIA]


def test_a_visit_is_rung_for_twice_at_most(twilio: Twilio, call: Reminder, visit: Appointment) -> None:
    for attempt in (2, 3):
        make_call(visit, due_at=NOW, attempt=attempt, number=MARIA, dialed_at=NOW - attempt * DAY)
    assert refused(twilio, call) == "This appointment was rung for twice already; that is the most."


def test_a_number_is_rung_three_times_a_month_at_most(twilio: Twilio, otto: Rooftop, call: Reminder) -> None:
    for days in (3, 10, 20):
        past = make_visit(otto, NOW - days * DAY, booked_at=NOW - 30 * DAY)
        make_call(past, due_at=NOW, number=MARIA, dialed_at=NOW - (days + 1) * DAY, state="answered")
    assert refused(twilio, call) == "This number was rung three times in 30 days; that is the most."


def test_at_night_it_waits_for_the_morning(twilio: Twilio, otto: Rooftop) -> None:
    visit = make_visit(otto, WEDNESDAY + 6 * HOUR, booked_at=NOW - 9 * DAY)
    late = NOW + 9 * HOUR  # 19:30
    call = carry_out(make_call(visit, due_at=NOW), now=late)
    assert (call.state, rung(twilio)) == ("pending", [])
    assert call.due_at == datetime(2027, 3, 10, 14, 0, tzinfo=UTC)  # 09:00
    assert carry_out(call, now=call.due_at).state == "placed"


def test_the_area_code_counts_as_much_as_the_store(twilio: Twilio, otto: Rooftop) -> None:
    visit = make_visit(otto, WEDNESDAY + 6 * HOUR, booked_at=NOW - 9 * DAY, number="+12135550143")
    call = carry_out(make_call(visit, due_at=NOW))  # half past seven in Los Angeles
    assert (call.state, call.due_at) == ("pending", datetime(2027, 3, 9, 17, 0, tzinfo=UTC))


# --- a carrier in trouble -----------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Fault("stall"),
        Fault("drop"),
        Fault("garbage"),
        Fault("cut"),
        Fault("refuse", status=503),
        Fault("error"),
    ],
    ids=lambda fault: f"{fault.kind}",
)
def test_what_the_carrier_may_have_done_is_not_done_again(
    twilio: Twilio, call: Reminder, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setattr(twilio_module, "ANSWER_SECONDS", 0.3)
    twilio.faults.append(fault)
    assert carry_out(call).state == "dialing"
    sweep.sweep(NOW + HOUR, hand_out=lambda ids: None, look_for=lambda pk: None)
    assert carry_out(call).state == "dialing"
    assert twilio.counts["calls"] == 1


@pytest.mark.parametrize("status", [429, 0])
def test_a_carrier_that_certainly_rang_nobody_is_asked_again(
    twilio: Twilio, call: Reminder, settings: Settings, status: int
) -> None:
    if status:
        twilio.faults.append(Fault("refuse", status=status, times=1))
    else:
        settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
    assert carry_out(call).state == "pending"
    assert (call.dialed_at, call.due_at) == (None, NOW + dialing.AGAIN_AFTER)
    settings.TWILIO_API_BASE_URL = twilio.base_url
    assert carry_out(call, now=call.due_at).state == "placed"
    assert rung(twilio) == [MARIA]


def test_a_number_that_the_carrier_refuses_becomes_a_text(twilio: Twilio, call: Reminder) -> None:
    twilio.faults.append(Fault("refuse", status=400, code="21211"))
    assert carry_out(call).state == "failed"
    assert call.dialed_at is None
    assert Text.objects.get().appointment == call.appointment


def test_without_an_account_the_phone_page_rings_and_answers(call: Reminder) -> None:
    assert carry_out(call).state == "placed"
    ringing_now = ringing.at(MARIA, among=Rooftop.objects.all(), now=timezone.now())
    assert ringing_now and ringing_now.sid == call.sid
    assert ringing.answer(call.sid, now=timezone.now())
    call.refresh_from_db()
    assert call.call and call.call.appointment == call.appointment
    assert (call.state, call.call.carrier) == ("placed", "browser")


@pytest.mark.parametrize(("status", "state"), [("no-answer", "no_answer"), ("busy", "busy")])
def test_nobody_at_the_phone_page_gets_a_text(call: Reminder, status: str, state: str) -> None:
    carry_out(call)
    ringing.ended(call.sid, status, now=NOW)
    call.refresh_from_db()
    text = Text.objects.get()
    assert (call.state, text.kind) == (state, "callback")
    assert "we couldn't reach you about your appointment on Wed, Mar 10 at 10:30 AM" in text.body


# --- too late -----------------------------------------------------------------------------

EVENING = NOW + 9 * HOUR  # 19:30; until 8:30 in the morning nobody may be rung


@pytest.mark.parametrize("is_near", [False, True])
@pytest.mark.parametrize("wants_texts", [True, False])
def test_a_carrier_that_is_down_until_it_is_too_late_leaves_a_text_or_a_task(
    twilio: Twilio, call: Reminder, settings: Settings, is_near: bool, wants_texts: bool
) -> None:
    customer = call.appointment.customer
    if not wants_texts:
        sms = [Consent.Channel.SMS]
        consent.note(customer, MARIA, False, wording="No.", source="test", now=NOW, channels=sms)
    settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
    assert carry_out(call).state == "pending"
    assert carry_out(call, now=call.due_at).state == "pending"
    carry_out(call, now=WEDNESDAY - HOUR if is_near else EVENING)
    assert (call.state, call.reason[:17]) == ("failed", "Too late to ring:")
    if wants_texts:
        assert call.text == Text.objects.get(kind="reminder", status="pending")
        assert not FollowUpTask.objects.exists()
    else:
        task = FollowUpTask.objects.get(kind="reminder", customer=customer, phone_number=MARIA)
        assert task.due_at <= WEDNESDAY
        assert not Text.objects.exists()


def test_where_the_text_two_hours_before_tells_it_there_is_no_second_one(
    visit: Appointment, call: Reminder
) -> None:
    text = make_call(visit, due_at=WEDNESDAY - 2 * HOUR, kind="text")
    assert carry_out(call, now=EVENING).state == "failed"
    assert not Text.objects.exists()
    assert not FollowUpTask.objects.exists()
    carry_out(text, now=text.due_at)
    assert Text.objects.get().reminder == text


def test_when_no_text_can_come_by_day_a_person_is_asked(otto: Rooftop) -> None:
    visit = make_visit(otto, WEDNESDAY - 2.5 * HOUR, booked_at=NOW - 9 * DAY)  # 8:00
    make_call(visit, due_at=NOW, kind="text")
    assert carry_out(make_call(visit, due_at=NOW), now=EVENING + 2 * HOUR).state == "failed"
    assert not Text.objects.exists()
    assert FollowUpTask.objects.get().due_at == EVENING + 2 * HOUR + outcomes.STAFF_WITHIN


def test_nobody_is_asked_to_call_who_wants_no_calls_or_has_come(otto: Rooftop, call: Reminder) -> None:
    assert carry_out(call, now=WEDNESDAY + HOUR).state == "failed"
    never = make_visit(otto, WEDNESDAY, booked_at=NOW - 9 * DAY, number="+12125550177", agrees=None)
    assert carry_out(make_call(never, due_at=NOW), now=EVENING).state == "skipped"
    assert not Text.objects.exists()
    assert not FollowUpTask.objects.exists()


# --- without evidence ---------------------------------------------------------------------


def test_the_carriers_list_shows_what_was_placed(twilio: Twilio, call: Reminder) -> None:
    carry_out(call)
    Reminder.objects.update(state="dialing", sid="")
    asked: list[int] = []
    sweep.sweep(NOW + outcomes.EVIDENCE_AFTER, hand_out=asked.extend, look_for=asked.append)
    assert asked == []
    late = NOW + outcomes.EVIDENCE_AFTER + timedelta(seconds=1)
    sweep.sweep(late, hand_out=lambda ids: None, look_for=asked.append)
    assert asked == [call.pk]
    outcomes.look_for(call.pk, now=late)
    call.refresh_from_db()
    assert (call.state, call.sid) == ("placed", next(iter(twilio.calls)))
    assert rung(twilio) == [MARIA]


def test_an_older_call_to_the_same_number_is_no_evidence(twilio: Twilio, call: Reminder) -> None:
    twilio.wall_clock = lambda: NOW - HOUR
    carry_out(call)
    Reminder.objects.update(state="dialing", sid="", dialed_at=NOW)
    outcomes.look_for(call.pk, now=NOW + HOUR)
    call.refresh_from_db()
    assert call.state == "unknown"


@pytest.mark.parametrize("is_reachable", [True, False])
def test_no_evidence_becomes_a_text_and_never_a_second_ring(
    twilio: Twilio, call: Reminder, settings: Settings, is_reachable: bool
) -> None:
    Reminder.objects.update(state="claimed")
    assert dialing.take(call.pk, now=NOW)
    if not is_reachable:
        settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
    for _ in range(2):
        outcomes.look_for(call.pk, now=NOW + HOUR)
    call.refresh_from_db()
    assert call.state == "unknown"
    assert call.text == Text.objects.get()
    assert not FollowUpTask.objects.exists()
    assert rung(twilio) == []


def test_with_an_old_yes_to_texts_no_evidence_becomes_a_task(twilio: Twilio, call: Reminder) -> None:
    Reminder.objects.update(state="claimed")
    assert dialing.take(call.pk, now=NOW)
    Consent.objects.update(at=LONG_AGO)
    outcomes.look_for(call.pk, now=NOW + HOUR)
    assert FollowUpTask.objects.get().kind == "reminder"
    assert not Text.objects.exists()


def test_without_consent_to_texts_no_evidence_becomes_a_task(twilio: Twilio, call: Reminder) -> None:
    Reminder.objects.update(state="claimed")
    assert dialing.take(call.pk, now=NOW)
    consent.revoke(call.appointment.rooftop, MARIA, wording="STOP", source="test", now=NOW)
    for _ in range(2):
        outcomes.look_for(call.pk, now=NOW + HOUR)
    task = FollowUpTask.objects.get()
    assert (task.kind, task.phone_number, task.customer) == ("reminder", MARIA, call.appointment.customer)
    assert not Text.objects.exists()


# --- texts --------------------------------------------------------------------------------


def test_a_text_is_written_once(visit: Appointment) -> None:
    text = make_call(visit, due_at=NOW, kind="text")
    for _ in range(2):
        carry_out(text)
    assert text.state == "written"
    assert text.text == Text.objects.get(kind="reminder", number=MARIA)


def test_a_cancellation_is_told_although_nobody_comes(visit: Appointment) -> None:
    booking.cancel(visit, reason="sold", actor="test", now=NOW)
    assert carry_out(make_call(visit, due_at=NOW, kind="change")).state == "written"
    assert Text.objects.get().kind == "change"


def test_a_text_about_a_visit_that_has_begun_is_left(visit: Appointment) -> None:
    text = carry_out(make_call(visit, due_at=NOW, kind="text"), now=WEDNESDAY + HOUR)
    assert (text.state, text.reason) == ("failed", "It was too late.")


def test_strangers_find_nothing_at_the_callbacks(client: Client) -> None:
    for name in ("outbound-reminder", "amd-result", "reminder-status"):
        assert client.post(f"/api/v1/webhooks/{name}", {"CallSid": "CA1"}).status_code == 403
