"""Yesterday by e-mail: to whom, when, once, and what it says."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group, User
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from crm.models import Rooftop, Staff
from dealership.dashboard import summary
from dealership.models import DailySummary
from dealership.tasks import send_daily_summaries
from tests.dealership.test_dashboard import BART, booked, make_call
from tests.voice.small import BART_NUMBER, make_small_store
from voice import after_calls

pytestmark = pytest.mark.django_db

FRIDAY = date(2026, 11, 20)
SEVEN = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)  # Saturday, 7:00 in Albany, 5:00 in Phoenix


def make_manager(rooftop: Rooftop, name: str, email: str, group: str = "manager") -> User:
    user = User.objects.create_user(name, email, is_staff=True)
    user.groups.add(Group.objects.get_or_create(name=group)[0])
    Staff.objects.create(rooftop=rooftop, user=user, name=name, role="manager")
    return user


@pytest.fixture
def otto(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rooftop]:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    bart = make_small_store(number=BART_NUMBER, name=BART)
    Rooftop.objects.filter(pk=bart.pk).update(time_zone="America/Phoenix")
    otto = make_small_store()
    began = SEVEN - timedelta(hours=20)  # Friday, 11:00
    booked(otto, "C1", started_at=began)
    make_call(otto, "C2", started_at=began, answer_ms=1300)
    make_call(otto, "C3", started_at=SEVEN - timedelta(hours=1))
    after_calls.look_back(now=SEVEN)
    make_manager(otto, "ann", "ann@example.com")
    make_manager(otto, "bob", "")
    make_manager(otto, "cleo", "cleo@example.com", group="advisor")
    make_manager(bart, "dan", "dan@example.com")
    yield otto


def at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """What beat does at this moment."""
    monkeypatch.setattr(timezone, "now", lambda: moment)
    for rooftop_id, day in summary.due(now=moment):
        summary.send(Rooftop.objects.get(pk=rooftop_id), day, now=moment)


def test_each_store_hears_at_seven_on_its_own_clock_and_once(
    otto: Rooftop, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    at(SEVEN - timedelta(minutes=1), monkeypatch)
    assert mailoutbox == []
    for minutes in (0, 5, 119):
        at(SEVEN + timedelta(minutes=minutes), monkeypatch)
    assert [mail.to for mail in mailoutbox] == [["ann@example.com"]]
    # Another worker was handed the same one; with no row of it the e-mail would go again.
    assert not summary.send(otto, FRIDAY, now=SEVEN)
    assert len(mailoutbox) == 1
    at(SEVEN + timedelta(hours=2), monkeypatch)
    assert [mail.to for mail in mailoutbox[1:]] == [["dan@example.com"]]
    assert set(DailySummary.objects.values_list("rooftop__name", "day")) == {
        ("Otto's Auto", FRIDAY),
        (BART, FRIDAY),
    }
    at(SEVEN + timedelta(days=1), monkeypatch)
    assert [mail.to for mail in mailoutbox[2:]] == [["ann@example.com"]]
    DailySummary.objects.all().delete()
    assert summary.send(otto, FRIDAY, now=SEVEN)
    # A worker that was down all morning sends no news of yesterday in the evening.
    at(SEVEN + timedelta(days=2, hours=6), monkeypatch)
    assert all("Otto" not in mail.subject for mail in mailoutbox[4:])


def test_it_tells_the_figures_and_leads_to_them(
    otto: Rooftop, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    at(SEVEN, monkeypatch)
    (mail,) = mailoutbox
    assert mail.subject == "Otto's Auto: 2 calls on Friday, November 20"
    assert "Answered: 100 % (2 of 2 calls)" in mail.body
    assert "Wait for an answer, p95: 1.3 s (1 of 2 calls)" in mail.body
    assert "&" not in mail.body.splitlines()[0]
    alternatives = mail.alternatives  # type: ignore[attr-defined]
    assert "2 of 2 calls</a>" in alternatives[0][0]

    staff = Client()
    staff.force_login(User.objects.create_superuser("boss"))
    links = [line.strip() for line in mail.body.splitlines() if line.startswith("  http://testserver/calls/")]
    assert len(links) == 13
    shown = staff.get(urlsplit(links[0])._replace(scheme="", netloc="").geturl())
    assert shown.context["page"].paginator.count == 2
    dashboard = mail.body.rsplit("http://testserver", 1)[1].strip()
    assert "Friday, November 20" in staff.get(dashboard).content.decode()


def test_a_mail_server_that_is_down_is_tried_again(
    otto: Rooftop, settings: Settings, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    works = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    at(SEVEN, monkeypatch)
    assert not DailySummary.objects.exists()
    settings.EMAIL_BACKEND = works
    monkeypatch.setattr(timezone, "now", lambda: SEVEN + timedelta(minutes=5))
    send_daily_summaries()  # as beat has it
    assert len(mailoutbox) == 1
