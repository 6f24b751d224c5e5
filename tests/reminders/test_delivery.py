"""What the carrier says of our texts, in any order."""

from itertools import permutations

import pytest

from crm import consent
from crm.models import FollowUpTask
from reminders import texts
from reminders.models import Text
from scheduling.models import Appointment
from tests.factories import SATURDAY
from tests.reminders.store import HOOKS, WHEN, post
from tests.talking import MARIA

pytestmark = pytest.mark.django_db


@pytest.fixture
def text(visit: Appointment) -> Text:
    written = texts.write(visit, Text.Kind.CONFIRMATION, key="a", now=SATURDAY)
    texts.send(written.pk, now=SATURDAY)
    return written


def hears(text: Text, *words: str, **fields: str) -> tuple[str, str]:
    for word in words:
        post(f"{HOOKS}/sms-status?text={text.pk}", MessageSid="SM1", MessageStatus=word, **fields)
    text.refresh_from_db()
    return text.status, text.reason


@pytest.mark.parametrize("order", list(permutations(["queued", "sent", "delivered"])))
def test_whatever_comes_last_it_was_delivered(text: Text, order: tuple[str, ...]) -> None:
    assert hears(text, *order) == ("delivered", "")
    assert not FollowUpTask.objects.exists()


def test_no_end_follows_another(text: Text) -> None:
    assert hears(text, "delivered", "failed", ErrorCode="30003")[0] == "delivered"


@pytest.mark.parametrize("word", ["undelivered", "failed"])
def test_what_did_not_arrive_is_a_persons_task_once(text: Text, word: str) -> None:
    assert hears(text, word, word, ErrorCode="30006") == (word, "The carrier's error 30006.")
    assert FollowUpTask.objects.get().summary == f"A text about {WHEN} may not have arrived: call instead."


@pytest.mark.security
def test_an_opt_out_that_comes_late_counts(text: Text) -> None:
    assert hears(text, "failed", ErrorCode="21610")[0] == "failed"
    assert consent.latest(text.customer, MARIA) == {"sms": False, "voice": False}  # type: ignore[arg-type]
    assert not FollowUpTask.objects.exists()


@pytest.mark.parametrize("word", ["", "nonsense", "receiving", "partially_delivered"])
def test_words_that_make_no_sense_are_left_out(text: Text, word: str) -> None:
    assert hears(text, word)[0] == "queued"


@pytest.mark.parametrize("ours", ["", "0", "x", "-1", "9" * 40, "%D9%A3"])
def test_an_unknown_sid_changes_nothing(text: Text, ours: str) -> None:
    post(f"{HOOKS}/sms-status?text={ours}", MessageSid="SM9", MessageStatus="failed")
    assert hears(text) == ("queued", "")


def test_the_sid_of_another_text_is_not_written_over_this_one(text: Text) -> None:
    post(f"{HOOKS}/sms-status?text={text.pk}", MessageSid="SM9", MessageStatus="failed")
    text.refresh_from_db()
    assert (text.sid, text.status) == ("SM1", "queued")
