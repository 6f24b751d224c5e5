"""What is texted, to whom, and when not."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django import Settings

from crm import consent
from crm.models import Consent, Customer, FollowUpTask, Phone, Rooftop
from dealership.celery import app
from reminders import delivery, due, texts, wording
from reminders.models import Text
from scheduling import booking
from scheduling.models import Appointment
from tests.factories import SATURDAY
from tests.reminders.store import TUESDAY, WEDNESDAY, WHEN, FakeTexter, agree, make_visit, maria, written
from tests.talking import MARIA, OTTO_NUMBER, STRANGER
from voice.ports import OptedOut, ProviderError, Unsure

pytestmark = pytest.mark.django_db

Kind = Text.Kind


def write(visit: Appointment, kind: Text.Kind = Kind.CONFIRMATION, key: str = "a") -> Text:
    return texts.write(visit, kind, key=key, now=SATURDAY)


def sent(text: Text, *, now: object = SATURDAY) -> tuple[str, str]:
    """Status and reason after an attempt to send it."""
    texts.send(text.pk, now=now)  # type: ignore[arg-type]
    text.refresh_from_db()
    return text.status, text.reason


def test_a_yes_of_long_ago_lets_no_text_go(visit: Appointment) -> None:
    text = write(visit)
    Consent.objects.update(at=SATURDAY - timedelta(days=91))
    status, reason = sent(text)
    assert status == "refused"
    assert reason.startswith("They agreed more than 90 days ago")


# --- writing ------------------------------------------------------------------------------


def test_a_confirmation_says_when_and_how_to_change_it(visit: Appointment) -> None:
    body = write(visit).body
    assert body.startswith(
        f"Otto's Auto: Hi Maria, you're booked for {WHEN}. Reply 1 to confirm, 2 to change"
    )
    assert f"http://testserver/a/{body.split('/a/')[1].split(' ')[0]}" in body
    assert body.endswith("Reply STOP to opt out.")
    assert len(body) <= 306  # two segments


def test_only_the_first_text_to_a_number_says_how_to_opt_out(visit: Appointment) -> None:
    assert "STOP" in write(visit).body
    assert "STOP" not in write(visit, Kind.REMINDER, "b").body


def test_the_same_key_is_the_same_text(visit: Appointment) -> None:
    assert write(visit).pk == write(visit, Kind.REMINDER).pk
    assert len(written()) == 1


def test_a_cancelled_visit_is_told_as_one(visit: Appointment) -> None:
    cancelled = booking.cancel(visit, reason="test", actor="test", now=SATURDAY)
    assert f"your appointment on {WHEN} is cancelled. To book again call (212) 555-0100." in (
        write(cancelled, Kind.CHANGE).body
    )


@pytest.mark.parametrize("kind", [Kind.CONFIRMATION, Kind.REMINDER, Kind.CHANGE, Kind.CALLBACK])
def test_no_text_asks_for_a_carriers_word(visit: Appointment, kind: Text.Kind) -> None:
    asked = write(visit, kind).body.replace("Reply STOP to opt out.", "")
    assert "Reply 1 to confirm, 2 to change" in asked
    assert all(word not in asked.upper() for word in ("YES", "CANCEL", "STOP", "QUIT", "UNSUBSCRIBE"))


def test_texts_are_in_the_plain_alphabet(visit: Appointment) -> None:
    Customer.objects.update(first_name="Núñez’s 😀")
    visit.refresh_from_db()
    assert "Hi Nuñez's ," in write(visit).body
    assert len(wording.plain("x" * 5000)) == 1600


def test_the_number_that_agreed_is_texted(visit: Appointment) -> None:
    visit.customer.phones.add(Phone.objects.create(number=STRANGER))
    agree(False)
    agree(number=STRANGER)
    assert write(visit).number == STRANGER


def test_without_a_number_nothing_is_sent_and_the_row_says_so(visit: Appointment) -> None:
    visit.customer.phones.clear()
    text = write(visit)
    assert (text.status, text.reason) == ("refused", "No telephone number is stored.")


def test_a_text_is_handed_to_a_worker_once_it_is_committed(
    visit: Appointment, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as committed:
        write(visit)
        write(visit)
    assert len(committed) == 1
    app.loader.import_default_modules()  # as a worker does
    assert {"reminders.tasks.send_text", "reminders.tasks.send_texts"} <= set(app.tasks)


# --- may it be sent? ----------------------------------------------------------------------


def test_it_is_sent_from_the_stores_number(visit: Appointment) -> None:
    text = write(visit)
    assert sent(text) == ("queued", "")
    assert FakeTexter.sent == [(OTTO_NUMBER, MARIA, text.body)]
    assert text.sid == "SM1"


def test_it_is_sent_once(visit: Appointment) -> None:
    text = write(visit)
    texts.send_due(now=SATURDAY)
    texts.send_due(now=SATURDAY)
    assert sent(text) == ("queued", "")
    assert len(FakeTexter.sent) == 1


@pytest.mark.parametrize(
    ("channels", "reason"),
    [([], "They have not agreed to texts."), ([Consent.Channel.VOICE], "They have not agreed to texts.")],
)
def test_without_consent_to_texts_none_goes(
    otto: Rooftop, channels: list[Consent.Channel], reason: str
) -> None:
    consent.note(maria(), MARIA, True, wording="-", source="test", now=SATURDAY, channels=channels)
    assert sent(write(make_visit())) == ("refused", reason)
    assert FakeTexter.sent == []


@pytest.mark.security
def test_who_said_stop_after_it_was_written_gets_it_no_more(visit: Appointment) -> None:
    text = write(visit)
    consent.revoke(visit.rooftop, MARIA, wording="stop", source="call", now=SATURDAY)
    assert sent(text) == ("refused", "They want no texts.")


@pytest.mark.security
def test_while_there_is_a_test_number_nobody_else_is_texted(visit: Appointment, settings: Settings) -> None:
    settings.YOUR_TEST_NUMBER = "+12125550123"
    assert sent(write(visit)) == ("refused", "YOUR_TEST_NUMBER is set: only that number is texted.")
    settings.YOUR_TEST_NUMBER = MARIA
    assert sent(write(visit, key="b")) == ("queued", "")


@pytest.mark.security
@pytest.mark.parametrize("number", ["+442079460000", "+19005550100", "+18765550100", OTTO_NUMBER])
def test_dear_and_foreign_numbers_and_our_own_are_not_texted(visit: Appointment, number: str) -> None:
    Phone.objects.update(number=number)
    assert sent(write(visit)) == ("refused", "Numbers like this one are not texted.")


@pytest.mark.security
def test_a_number_that_was_taken_from_the_customer_is_not_texted(visit: Appointment) -> None:
    text = write(visit)
    visit.customer.phones.clear()
    assert sent(text) == ("refused", "The number is no longer stored for this customer.")


def test_a_text_about_a_time_that_has_moved_is_not_sent(visit: Appointment) -> None:
    text = write(visit)
    booking.reschedule(visit, WEDNESDAY, actor="test", now=SATURDAY)
    assert sent(text) == ("refused", "The appointment was changed after this was written.")


def test_a_text_about_a_cancelled_visit_is_not_sent(visit: Appointment) -> None:
    text = write(visit)
    booking.cancel(visit, reason="test", actor="test", now=SATURDAY)
    assert sent(text) == ("refused", "The appointment was changed after this was written.")


def test_who_has_confirmed_is_still_reminded(visit: Appointment) -> None:
    text = write(visit, Kind.REMINDER)
    booking.confirm(visit, actor="test", now=SATURDAY)
    assert sent(text) == ("queued", "")


def test_nobody_is_reminded_of_the_past(visit: Appointment) -> None:
    assert sent(write(visit), now=TUESDAY) == ("refused", "It was too late for it.")


def test_a_reminder_waits_for_the_morning_and_a_confirmation_does_not(visit: Appointment) -> None:
    late = SATURDAY.replace(hour=5) + timedelta(days=2)  # midnight in Albany
    reminder, confirmation = write(visit, Kind.REMINDER), write(visit, key="b")
    assert sent(reminder, now=late) == ("pending", "")
    assert sent(confirmation, now=late) == ("queued", "")
    assert sent(reminder, now=late.replace(hour=14)) == ("queued", "")


def test_a_reminder_that_is_planned_for_the_evening_before_goes_then(visit: Appointment) -> None:
    arrival = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)  # eight in the morning in Albany
    evening = due.text_due(arrival, [visit.rooftop.zone])
    assert evening == datetime(2026, 11, 24, 1, 45, tzinfo=UTC)
    Appointment.objects.update(arrives_at=arrival, ready_at=arrival + timedelta(hours=1))
    visit.refresh_from_db()
    assert sent(write(visit, Kind.REMINDER), now=evening) == ("queued", "")


def test_the_morning_is_the_numbers_too(visit: Appointment) -> None:
    Phone.objects.update(number="+16025550143")  # Phoenix, two hours behind Albany
    consent.note(maria(), "+16025550143", True, wording="-", source="test", now=SATURDAY)
    reminder = write(visit, Kind.REMINDER)
    assert sent(reminder, now=SATURDAY - timedelta(minutes=1))[0] == "pending"  # before eight there
    assert sent(reminder, now=SATURDAY)[0] == "queued"


# --- what goes wrong ----------------------------------------------------------------------


def test_an_answer_that_did_not_come_is_never_asked_for_again(visit: Appointment) -> None:
    FakeTexter.fails_with = Unsure("Twilio did not answer.")
    text = write(visit)
    assert sent(text) == ("unknown", "Twilio did not answer.")
    FakeTexter.fails_with = None
    for minutes in (1, 9, 11, 12):
        texts.send_due(now=SATURDAY + timedelta(minutes=minutes))
        assert FollowUpTask.objects.count() == (minutes > 10)
    assert FakeTexter.sent == []
    task = FollowUpTask.objects.get()
    assert task.summary == f"A text about {WHEN} may not have arrived: call instead."
    assert (task.phone_number, task.customer) == (MARIA, visit.customer)


def test_who_died_while_sending_leaves_a_task(visit: Appointment) -> None:
    text = write(visit)
    Text.objects.update(status="sending", sent_at=SATURDAY)
    texts.send_due(now=SATURDAY + timedelta(minutes=11))
    text.refresh_from_db()
    assert (text.status, FollowUpTask.objects.count(), FakeTexter.sent) == ("unknown", 1, [])


def test_a_callback_repairs_what_was_unsure(visit: Appointment) -> None:
    FakeTexter.fails_with = Unsure("Twilio did not answer.")
    text = write(visit)
    sent(text)
    delivery.note("SM7", "delivered", text_id=str(text.pk), now=SATURDAY)
    texts.send_due(now=SATURDAY + timedelta(minutes=11))
    text.refresh_from_db()
    assert (text.status, text.sid, FollowUpTask.objects.exists()) == ("delivered", "SM7", False)


def test_a_carrier_that_cannot_be_reached_is_asked_again_and_then_given_up(visit: Appointment) -> None:
    FakeTexter.fails_with = ProviderError("Twilio could not be reached.")
    text = write(visit)
    assert sent(text) == ("pending", "Twilio could not be reached.")
    assert sent(text, now=SATURDAY + timedelta(minutes=31)) == ("failed", "Twilio could not be reached.")
    assert FollowUpTask.objects.count() == 1


def test_a_refusal_of_the_carrier_is_kept_and_told(visit: Appointment) -> None:
    FakeTexter.fails_with = ProviderError("Twilio refused: code 21614.", retryable=False)
    assert sent(write(visit)) == ("failed", "Twilio refused: code 21614.")
    assert sent(write(visit, Kind.REMINDER, "b")) == ("failed", "Twilio refused: code 21614.")
    assert FollowUpTask.objects.count() == 1  # about one appointment and time


@pytest.mark.security
def test_an_opt_out_that_only_the_carrier_knows_stops_calls_too(visit: Appointment) -> None:
    FakeTexter.fails_with = OptedOut("The carrier refused: opted out (21610).")
    assert sent(write(visit)) == ("refused", "They want no texts.")
    assert consent.latest(visit.customer, MARIA) == {"sms": False, "voice": False}
    assert not FollowUpTask.objects.exists()


def send_from_four_at_once(text: Text) -> int:
    together = Barrier(4)

    def attempt() -> None:
        together.wait()
        texts.send(text.pk, now=SATURDAY)
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(attempt) for _ in range(4)]:
            future.result()
    return len(FakeTexter.sent)


@pytest.mark.django_db(transaction=True)
def test_a_text_that_somebody_else_is_sending_is_left_to_them(visit: Appointment) -> None:
    assert send_from_four_at_once(write(visit)) == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_claim_it_would_go_four_times(
    visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(text_id: int, now: object) -> Text:
        return Text.objects.select_related("rooftop").get(pk=text_id)

    monkeypatch.setattr(texts, "_claim", take)
    assert send_from_four_at_once(write(visit)) == 4


# --- the staff site -----------------------------------------------------------------------


def test_staff_see_every_text_and_why_it_was_not_sent(visit: Appointment, settings: Settings) -> None:
    settings.YOUR_TEST_NUMBER = "+12125550123"
    text = write(visit)
    sent(text)
    staff = Client()
    staff.force_login(User.objects.create_superuser("boss"))
    page = staff.get("/admin/reminders/text/?q=(212) 555-0143").content.decode()
    assert "Maria Lopez, (212) 555-0143" in page
    assert texts.NOT_THE_TEST_NUMBER in page
    assert "you&#x27;re booked for" in staff.get(f"/admin/reminders/text/{text.pk}/change/").content.decode()
    assert staff.post(f"/admin/reminders/text/{text.pk}/change/", {"body": "x"}).status_code == 403
    assert staff.get("/admin/reminders/text/add/").status_code == 403
