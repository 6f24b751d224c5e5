"""Logging in: five failures lock, and a forgotten password is replaced by e-mail."""

import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from pytest_django import Settings

pytestmark = [pytest.mark.django_db, pytest.mark.security]

LOG_IN = "/admin/login/"
RIGHT = "a-right-password"


@pytest.fixture
def dana(db: None) -> User:
    return User.objects.create_user("dana", "dana@example.com", RIGHT, is_staff=True)


def log_in(password: str, address: str = "198.51.100.7", name: str = "dana") -> tuple[int, str]:
    """The status, and the words of the page."""
    form = {"username": name, "password": password, "next": "/admin/"}
    answer = Client(REMOTE_ADDR=address).post(LOG_IN, form)
    return answer.status_code, " ".join(answer.content.decode().split())


def later(*, minutes: int) -> None:
    """So long ago were the failures then."""
    attempt = AccessAttempt.objects.get(username="dana")
    attempt.attempt_time -= timedelta(minutes=minutes)
    attempt.save()


def test_five_failures_lock_for_a_quarter_of_an_hour_and_only_where_they_came_from(dana: User) -> None:
    for _ in range(4):
        assert log_in("wrong")[0] == 200
    assert log_in(RIGHT)[0] == 302  # four are forgiven, and forgotten
    for _ in range(4):
        assert log_in("wrong")[0] == 200
    status, page = log_in("wrong")
    assert status == 429
    assert "This log-in is locked" in page
    assert "15 minutes" in page
    assert "/admin/password_reset/" in page
    assert log_in(RIGHT)[0] == 429
    assert log_in(RIGHT, address="198.51.100.8")[0] == 302  # nobody is locked out by a stranger
    assert log_in("wrong", name="somebody")[0] == 200

    later(minutes=16)
    assert log_in(RIGHT)[0] == 302


def test_trying_on_does_not_make_the_lock_longer(dana: User) -> None:
    for _ in range(5):
        log_in("wrong")
    later(minutes=14)
    assert log_in("wrong")[0] == 429
    later(minutes=2)
    assert log_in(RIGHT)[0] == 302


def test_a_forgotten_password_is_replaced_by_the_link_of_an_e_mail_once(
    dana: User, settings: Settings
) -> None:
    for _ in range(5):
        log_in("wrong")
    client = Client(REMOTE_ADDR="198.51.100.7")
    assert "/admin/password_reset/" in client.get(LOG_IN).content.decode()

    asked = client.post(
        "/admin/password_reset/", {"email": "Dana@example.com"}, headers={"host": "evil.example"}
    )
    assert asked["Location"] == "/admin/password_reset/sent/"
    (letter,) = mail.outbox
    assert letter.to == ["dana@example.com"]
    assert letter.from_email == settings.DEFAULT_FROM_EMAIL
    link = re.findall(r"http\S+", str(letter.body))[0]
    assert link.startswith(f"{settings.PUBLIC_BASE_URL}/admin/password_reset/")

    form = client.get(link.removeprefix(settings.PUBLIC_BASE_URL), follow=True)
    address = form.request["PATH_INFO"]
    refused = client.post(address, {"new_password1": "short", "new_password2": "short"})
    assert "too short" in refused.content.decode()
    new = {"new_password1": "quite-another-one", "new_password2": "quite-another-one"}
    done = client.post(address, new, follow=True)
    assert "Your password is changed" in done.content.decode()
    assert log_in("quite-another-one")[0] == 302  # and the lock is gone

    again = Client().get(link.removeprefix(settings.PUBLIC_BASE_URL), follow=True).content.decode()
    assert "This link works no more" in again


def test_an_address_that_nobody_has_is_answered_the_same_and_gets_nothing(dana: User) -> None:
    User.objects.create_user("gone", "gone@example.com", RIGHT, is_active=False)
    for address in ("nobody@example.com", "gone@example.com"):
        asked = Client().post("/admin/password_reset/", {"email": address}, follow=True)
        assert "If a log-in has this address" in asked.content.decode()
    assert "like nora@example.com" in Client().post("/admin/password_reset/", {"email": "x"}).content.decode()
    assert mail.outbox == []
