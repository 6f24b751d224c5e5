"""The phone page as the carrier of a laptop: texts appear on it, and it rings."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from crm.models import Rooftop
from reminders import texts
from reminders.models import Reminder, Text
from scheduling.models import Appointment
from tests.factories import SATURDAY
from tests.reminders.store import TUESDAY, WHEN
from tests.talking import MARIA, OTTO_NUMBER, STRANGER
from voice import calls, providers, ringing
from voice.models import Call
from voice.ports import ProviderError

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_account(otto: Rooftop, settings: Settings) -> None:
    settings.TWILIO_ACCOUNT_SID = ""
    settings.DEBUG = True


def line(number: str = MARIA) -> Any:
    answer = Client().get("/phone/line", {"number": number})
    assert answer.status_code == 200
    return answer.json()


def post(what: str, **fields: str) -> Any:
    return Client().post(f"/phone/{what}", fields)


def ring(reminder: Reminder | None = None, to: str = MARIA) -> str:
    about = (reminder.appointment_id, reminder.attempt, reminder.token) if reminder else (1, 1, "x")
    query = "?appointment_id={}&attempt={}&token={}".format(*about)
    return providers.make_dialer().ring(
        to,
        own_number=OTTO_NUMBER,
        answer_path=f"/answer{query}",
        status_path=f"/status{query}",
        machine_path=f"/machine{query}",
    )


# --- texts --------------------------------------------------------------------------------


def test_a_text_appears_on_the_page_of_its_number_also_when_it_is_opened_later(visit: Appointment) -> None:
    text = texts.write(visit, Text.Kind.CONFIRMATION, key="a", now=SATURDAY)
    assert line()["texts"] == []
    texts.send_due(now=SATURDAY)
    [shown] = line()["texts"]
    assert (shown["is_from_store"], shown["store"], shown["body"]) == (True, "Otto's Auto", text.body)
    assert shown["at"] == "Sat 10:00 AM"
    assert line("(212) 555-0143")["texts"] == [shown]
    assert line(STRANGER)["texts"] == []
    text.refresh_from_db()
    assert text.status == "delivered"


def test_a_reply_typed_there_does_what_the_carriers_does(visit: Appointment) -> None:
    texts.write(visit, Text.Kind.CONFIRMATION, key="a", now=SATURDAY)
    texts.send_due(now=SATURDAY)
    assert post("text", **{"from": MARIA, "body": "1"}).status_code == 200
    visit.refresh_from_db()
    assert visit.status == "confirmed"
    texts.send_due(now=SATURDAY)
    assert [text["is_from_store"] for text in line()["texts"]] == [True, False, True]
    assert f"You're confirmed for {WHEN}" in line()["texts"][-1]["body"]


def test_what_was_refused_is_not_shown(otto: Rooftop, visit: Appointment) -> None:
    post("text", **{"from": MARIA, "body": "STOP"})
    texts.write(visit, Text.Kind.CONFIRMATION, key="a", now=SATURDAY)
    texts.send_due(now=SATURDAY)
    assert [text["body"] for text in line()["texts"]] == ["STOP"]


@pytest.mark.parametrize(
    "fields", [{}, {"from": MARIA}, {"from": MARIA, "body": " "}, {"from": "x", "body": "1"}]
)
def test_what_cannot_be_sent_says_so(fields: dict[str, str]) -> None:
    assert post("text", **fields).status_code == 400


# --- ringing ------------------------------------------------------------------------------


@pytest.fixture
def reminder(visit: Appointment) -> Reminder:
    return Reminder.objects.create(
        appointment=visit, version=1, kind="call", due_at=TUESDAY, state="dialing", number=MARIA
    )


def test_a_call_rings_the_page_of_its_number_alone(reminder: Reminder) -> None:
    sid = ring(reminder)
    assert line()["ringing"] == {"call_sid": sid, "store": "Otto's Auto"}
    assert line(STRANGER)["ringing"] is None
    dialer = providers.make_dialer()
    assert dialer.rung(MARIA, own_number=OTTO_NUMBER, since=SATURDAY) == [sid]
    assert dialer.rung(MARIA, own_number=OTTO_NUMBER, since=SATURDAY + timedelta(seconds=1)) == []


def test_who_answers_gets_the_stream_of_a_call_about_the_appointment(
    reminder: Reminder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sid = ring(reminder)
    now = SATURDAY + timedelta(seconds=20)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    ticket = post("answer", call_sid=sid).json()
    assert (ticket["call_sid"], ticket["stream_url"]) == (sid, "ws://testserver/ws/media")
    call = Call.objects.get()
    assert (call.direction, call.purpose, call.carrier) == ("outbound", "reminder", "browser")
    assert (call.appointment, call.customer) == (reminder.appointment, reminder.appointment.customer)
    assert call.carrier_status == "in-progress"
    assert line()["ringing"] is None
    assert post("answer", call_sid=sid).status_code == 409  # another page
    # The token lives from the answer on, not from the first ring.
    assert calls.admit(sid, ticket["token"], now=now + timedelta(seconds=25)) is not None


def test_declining_and_waiting_are_no_answer_and_told_once(
    reminder: Reminder, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str, str]] = []

    def hear(sender: object, *, call: Call, status: str, path: str, **more: object) -> None:
        told.append((call.sid, status, path))

    ringing.news.connect(hear)
    declined, waited, gone = ring(reminder), ring(reminder, STRANGER), ring(reminder, "+12125550144")
    for _ in range(2):
        assert post("decline", call_sid=declined).status_code == 204
    post("answer", call_sid=gone)
    post("decline", call_sid=gone)
    later = SATURDAY + timedelta(seconds=30)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert line(STRANGER)["ringing"] is None
    assert post("answer", call_sid=waited).status_code == 409
    for _ in range(2):
        ringing.stop_old(now=later)
    ringing.news.disconnect(hear)

    status = f"/status?appointment_id={reminder.appointment_id}&attempt=1&token={reminder.token}"
    assert [news for news in told if news[0] != gone] == [
        (declined, "no-answer", status),
        (waited, "no-answer", status),
    ]
    assert [news[1] for news in told if news[0] == gone] == ["in-progress"]
    assert Call.objects.get(sid=gone).carrier_status == "in-progress"


def test_a_store_that_is_not_there_rings_nobody(otto: Rooftop) -> None:
    with pytest.raises(ProviderError):
        providers.make_dialer().ring(
            MARIA, own_number=STRANGER, answer_path="/", status_path="/", machine_path="/"
        )


# --- who may ------------------------------------------------------------------------------


@pytest.mark.security
@pytest.mark.parametrize("path", ["line", "text", "answer", "decline"])
def test_it_is_for_staff_and_only_without_an_account(path: str, settings: Settings) -> None:
    settings.DEBUG = False
    ask = Client().get if path == "line" else Client().post
    assert ask(f"/phone/{path}").status_code == 403
    staff = Client()
    staff.force_login(User.objects.create_user("staff", is_staff=True))
    settings.TWILIO_ACCOUNT_SID = "AC1"
    ask = staff.get if path == "line" else staff.post
    assert ask(f"/phone/{path}").status_code == 404


@pytest.mark.security
@pytest.mark.parametrize("path", ["text", "answer", "decline"])
def test_another_site_cannot_use_it(path: str) -> None:
    assert Client(enforce_csrf_checks=True).post(f"/phone/{path}").status_code == 403
