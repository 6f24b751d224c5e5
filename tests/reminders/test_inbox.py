"""What customers text back, from the carrier's webhook to the appointment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from crm import consent
from crm.models import Consent, Customer, FollowUpTask, Phone, Rooftop
from reminders import texts
from reminders.models import Text
from reminders.replies import Reply, read
from scheduling import booking
from scheduling.models import Appointment
from tests.factories import SATURDAY
from tests.reminders.store import (
    HOOKS,
    WEDNESDAY,
    WHEN,
    FakeTexter,
    agree,
    make_visit,
    maria,
    text_in,
    written,
)
from tests.talking import MARIA, STRANGER
from voice.carriers import twilio

pytestmark = pytest.mark.django_db


def tell(visit: Appointment, kind: Text.Kind = Text.Kind.CONFIRMATION, key: str = "a") -> Text:
    text = texts.write(visit, kind, key=key, now=SATURDAY)
    texts.send(text.pk, now=SATURDAY)
    text.refresh_from_db()
    assert text.status == "queued"
    return text


def status(visit: Appointment) -> str:
    visit.refresh_from_db()
    return visit.status


def answers() -> list[str]:
    return list(Text.objects.filter(kind="answer").order_by("pk").values_list("body", flat=True))


# --- what words mean ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "reply"),
    [
        *((word, Reply.STOP_WORD) for word in ("STOP", "stop.", " Stop All ", "Quit", "END", "revoke", "Opt out",
                                               "OPTOUT", "CANCEL", "Unsubscribe", '"STOP"')),
        *((words, Reply.STOP) for words in ("please stop texting me", "Stop please", "don't text me again",
                                            "Do not contact me", "take me off your list", "no more texts",
                                            "quit texting me", "unsubscribe me", "opt me out")),
        ("START", Reply.START), ("unstop", Reply.START), ("HELP", Reply.HELP), ("info", Reply.HELP),
        *((words, Reply.CONFIRM) for words in ("1", "1.", "1 please", "Confirm", "YES", "Yes, thank you!", "ok 👍"[:2],
                                               "I’ll be there", "C", "sounds good", "Yep")),
        *((words, Reply.CHANGE) for words in ("2", "2 thanks", "reschedule", "Can I move my appointment?",
                                              "I need to cancel my appointment", "can't make it",
                                              "do you have another day", "need a different time")),
        *((words, Reply.OTHER) for words in ("Can I stop by early?", "How much is it?", "", "12", "no",
                                             "did you change my oil", "Is the end of the day fine?",
                                             "yes but can my wife drop it off", "start without me")),
    ],
)  # fmt: skip
def test_a_reply_is_understood(body: str, reply: Reply) -> None:
    assert read(body) is reply


# --- confirming and changing --------------------------------------------------------------


def test_one_confirms(visit: Appointment) -> None:
    tell(visit)
    text_in("1")
    assert status(visit) == "confirmed"
    assert "customer, by text" in visit.events.values_list("actor", flat=True)
    assert answers() == [f"Thanks, Maria! You're confirmed for {WHEN}. Otto's Auto"]


def test_a_text_that_comes_twice_is_one(visit: Appointment) -> None:
    tell(visit)
    text_in("1", sid="SM1")
    text_in("1", sid="SM1")
    assert Text.objects.filter(direction="inbound").count() == 1
    assert len(answers()) == 1
    assert visit.events.count() == 2  # booked, confirmed


def test_one_means_the_visit_that_the_last_text_was_about(visit: Appointment) -> None:
    later = make_visit(WEDNESDAY)
    tell(visit)
    tell(later, key="b")
    text_in("1")
    assert (status(visit), status(later)) == ("booked", "confirmed")


def test_one_without_a_text_before_means_the_next_visit(visit: Appointment) -> None:
    text_in("1")
    assert status(visit) == "confirmed"


def test_a_time_that_was_never_told_is_not_confirmed(visit: Appointment) -> None:
    tell(visit)
    booking.reschedule(visit, WEDNESDAY, actor="staff", now=SATURDAY)
    text_in("1")
    assert status(visit) == "booked"
    assert "your appointment is Wed, Nov 25 at 9:00 AM. Reply 1 to confirm" in answers()[0]
    texts.send_due(now=SATURDAY)
    text_in("1")
    assert status(visit) == "confirmed"


def test_one_about_a_cancelled_visit_goes_to_a_person(visit: Appointment) -> None:
    tell(visit)
    booking.cancel(visit, reason="test", actor="staff", now=SATURDAY)
    text_in("1")
    assert status(visit) == "cancelled"
    assert FollowUpTask.objects.get().summary == "Texted: “1”"


def test_two_gets_the_page_on_which_it_is_changed(visit: Appointment) -> None:
    tell(visit)
    text_in("2")
    assert status(visit) == "booked"
    assert "pick another time here: http://testserver/a/" in answers()[0]
    assert not FollowUpTask.objects.exists()


def test_two_without_a_visit_is_called_back(otto: Rooftop) -> None:
    text_in("2")
    assert FollowUpTask.objects.get().phone_number == MARIA
    assert "Somebody will call you back." in answers()[0]


def test_a_household_is_told_apart_by_the_last_text(visit: Appointment) -> None:
    jose = Customer.objects.create(rooftop=visit.rooftop, first_name="Jose", last_name="Lopez")
    jose.phones.add(Phone.objects.get(number=MARIA))
    agree(customer=jose)
    text_in("1")  # nobody knows whose
    assert status(visit) == "booked"
    tell(make_visit(WEDNESDAY, jose))
    text_in("1")
    assert (status(visit), status(jose.appointments.get())) == ("booked", "confirmed")


# --- stopping and starting ----------------------------------------------------------------


@pytest.mark.security
@pytest.mark.parametrize("words", ["STOP", "Please stop texting me!"])
def test_stop_stops_texts_and_calls_at_once_and_is_not_answered(visit: Appointment, words: str) -> None:
    waiting = texts.write(visit, Text.Kind.CONFIRMATION, key="a", now=SATURDAY)
    text_in(words)
    assert consent.latest(maria(), MARIA) == {"sms": False, "voice": False}
    assert Consent.objects.filter(wording=words, source__startswith="text SM").count() == 2
    texts.send_due(now=SATURDAY)
    waiting.refresh_from_db()
    assert (waiting.status, FakeTexter.sent, answers()) == ("refused", [], [])


@pytest.mark.security
def test_who_said_stop_is_not_answered_later(visit: Appointment) -> None:
    text_in("STOP")
    text_in("How much is an oil change?")
    texts.send_due(now=SATURDAY)
    assert FakeTexter.sent == []
    assert Text.objects.get(kind="answer").status == "refused"
    assert "How much" in FollowUpTask.objects.get().summary


def test_start_gives_back_what_stop_took(visit: Appointment) -> None:
    for _ in range(2):  # stopping twice takes no more
        text_in("STOP")
    text_in("START")
    assert consent.latest(maria(), MARIA) == {"sms": True, "voice": True}
    assert answers() == []
    tell(visit)


@pytest.mark.security
def test_start_gives_back_no_calls_that_were_refused_aloud_or_never_allowed(visit: Appointment) -> None:
    consent.revoke(visit.rooftop, MARIA, wording="stop calling", source="call CA1", now=SATURDAY)
    text_in("STOP")
    text_in("START")
    assert consent.latest(maria(), MARIA) == {"sms": True, "voice": False}

    Consent.objects.all().delete()
    text_in("START")
    assert consent.latest(maria(), MARIA) == {"sms": True}


@pytest.mark.security
def test_start_speaks_for_nobody_who_never_agreed(visit: Appointment) -> None:
    text_in("STOP")
    jose = Customer.objects.create(rooftop=visit.rooftop, first_name="Jose", last_name="Lopez")
    jose.phones.add(Phone.objects.get(number=MARIA))
    text_in("START")
    assert consent.latest(maria(), MARIA)["sms"]
    assert consent.latest(jose, MARIA) == {}


def test_help_says_who_we_are_unless_the_carrier_did(visit: Appointment) -> None:
    text_in("HELP")
    assert answers() == [
        "Otto's Auto service texts about your appointments. Call (212) 555-0100 or reply here. "
        "Reply STOP to opt out."
    ]
    text_in("HELP", OptOutType="HELP")
    assert len(answers()) == 1


# --- anything else ------------------------------------------------------------------------


def test_anything_else_goes_to_a_person_and_is_thanked_for_once_an_hour(
    visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    text_in("Can I stop by early?")
    text_in("Like at seven?")
    task = FollowUpTask.objects.get()
    assert task.summary == "Texted: “Can I stop by early?” Texted: “Like at seven?”"
    assert (task.kind, task.customer, task.phone_number) == ("callback", maria(), MARIA)
    assert len(answers()) == 1
    monkeypatch.setattr("django.utils.timezone.now", lambda: SATURDAY + timedelta(minutes=61))
    text_in("Hello?")
    assert len(answers()) == 2


def test_a_stranger_and_a_picture_go_to_a_person(otto: Rooftop) -> None:
    text_in("", number=STRANGER, NumMedia="1")
    task = FollowUpTask.objects.get()
    assert (task.summary, task.phone_number, task.customer) == ("Texted a picture.", STRANGER, None)
    texts.send_due(now=SATURDAY)
    assert FakeTexter.sent[0][1] == STRANGER


@pytest.mark.parametrize("number", ["", "72345", "OTTO", "anonymous"])
def test_what_is_no_telephone_is_left_alone(otto: Rooftop, number: str) -> None:
    text_in("1", number=number)
    assert not Text.objects.exists()


def test_nul_and_length_do_no_harm(otto: Rooftop) -> None:
    text_in("a\0b" * 2000)
    assert len(Text.objects.get(direction="inbound").body) == 2000


@pytest.mark.security
def test_a_machine_is_not_answered_for_ever(visit: Appointment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MOST_ANSWERS_A_DAY", 3)
    for _ in range(5):
        text_in("2")
        texts.send_due(now=SATURDAY)
    assert len(FakeTexter.sent) == 3
    assert Text.objects.filter(reason=texts.TOO_MANY).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_text_that_comes_twice_at_once_is_one(visit: Appointment) -> None:
    together = Barrier(4)

    def arrive() -> None:
        together.wait()
        text_in("1", sid="SM1")
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(arrive) for _ in range(4)]:
            future.result()
    assert status(visit) == "confirmed"
    assert (Text.objects.filter(direction="inbound").count(), len(answers())) == (1, 1)


# --- the door -----------------------------------------------------------------------------


@pytest.mark.security
@pytest.mark.parametrize("hook", ["sms", "sms-status"])
@pytest.mark.parametrize("signature", ["", "bm9uc2Vuc2U="])
def test_what_the_carrier_did_not_sign_is_refused(otto: Rooftop, hook: str, signature: str) -> None:
    fields = {"MessageSid": "SM1", "From": MARIA, "To": "+12125550100", "Body": "STOP"}
    headers = {"X-Twilio-Signature": signature} if signature else {}
    assert Client().post(f"{HOOKS}/{hook}", fields, headers=headers).status_code == 403
    assert not Text.objects.exists()


def test_the_answer_says_nothing(otto: Rooftop) -> None:
    fields = {"MessageSid": "SM1", "From": MARIA, "To": "+12125550100", "Body": "Hello"}
    path = f"{HOOKS}/sms"
    answer = Client().post(path, fields, headers={"X-Twilio-Signature": twilio.sign(path, fields)})
    assert answer.content.endswith(b"<Response />")
    assert len(written()) == 1
