"""What is down is on top of every staff page, and in one e-mail to administrators."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from crm.models import FaultEpisode, SystemFault
from dealership import banner, heartbeat, outages
from dealership.tasks import watch_outages
from tests.factories import SATURDAY

pytestmark = pytest.mark.django_db

LATER = SATURDAY + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def a_worker_that_works(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("django.utils.timezone.now", lambda: SATURDAY)
    banner.forget()
    heartbeat.beat(SATURDAY)
    yield
    banner.forget()
    cache.delete(heartbeat.KEY)


@pytest.fixture
def owner() -> Client:
    user = User.objects.create_superuser("owner", "owner@example.com")
    client = Client()
    client.force_login(user)
    return client


def fail(times: int, source: str = "hearing", minutes_ago: int = 1) -> None:
    SystemFault.objects.bulk_create(
        SystemFault(
            source=source,
            code="timeout",
            sentence="Deepgram does not answer; callers are heard by the built-in recogniser.",
            at=SATURDAY - timedelta(minutes=minutes_ago, seconds=number),
        )
        for number in range(times)
    )


def shown(client: Client) -> str:
    banner.forget()
    answer = client.get("/banner/")
    assert answer.status_code == 200
    return answer.content.decode().strip()


# --- the banner ---------------------------------------------------------------------------


def test_every_staff_page_asks_for_the_banner_and_it_is_empty_while_all_is_well(owner: Client) -> None:
    for page in ("/day/", "/calls/", "/admin/crm/followuptask/", "/admin/crm/systemfault/"):
        assert 'hx-get="/banner/" hx-trigger="load, every 15s"' in owner.get(page).content.decode()
    fail(2)
    assert shown(owner) == ""


def test_a_provider_that_fails_again_and_again_is_named(owner: Client) -> None:
    fail(3)
    page = shown(owner)
    assert "<strong>Hearing:</strong> Deepgram does not answer" in page
    assert 'href="/admin/crm/systemfault/"' in page
    assert Client().get("/banner/").content.strip() == b""  # strangers learn nothing


def test_a_worker_that_fell_silent_is_named(owner: Client) -> None:
    heartbeat.beat(SATURDAY - timedelta(minutes=4))
    assert "the worker or the beat is down" in shown(owner)


def test_redis_that_does_not_answer_is_named_and_the_page_still_comes(owner: Client) -> None:
    nowhere = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    with override_settings(CACHES={"default": nowhere}):
        assert "Redis does not answer" in shown(owner)


def test_many_pages_cost_one_look(owner: Client) -> None:
    shown(owner)
    with CaptureQueriesContext(connection) as queries:
        owner.get("/banner/")
    assert not [query for query in queries if "systemfault" in query["sql"]]


# --- the e-mail ---------------------------------------------------------------------------


def test_administrators_hear_of_an_episode_once(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    FaultEpisode.objects.all().delete()  # a server of another test may have looked, too, up to its end
    User.objects.create_user("advisor", "advisor@example.com", is_staff=True)
    fail(3)
    for _ in range(3):
        watch_outages()

    (message,) = mail.outbox
    assert message.to == ["owner@example.com"]
    assert "Hearing is down since 2026-11-21 14:58 UTC." in message.body
    assert "/admin/crm/systemfault/" in message.body
    assert "Hearing down" in str(FaultEpisode.objects.get())

    # It works again for ten minutes, then fails anew: another episode, another e-mail.
    later = SATURDAY + timedelta(minutes=30)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    heartbeat.beat(later)
    watch_outages()
    assert FaultEpisode.objects.get().ended_at == later
    SystemFault.objects.update(at=later)
    watch_outages()
    assert len(mail.outbox) == 2


def test_one_that_comes_and_goes_is_told_once(owner: Client) -> None:
    fail(3)
    watch_outages()
    SystemFault.objects.filter(pk__in=SystemFault.objects.values("pk")[:1]).delete()
    watch_outages()
    fail(1)
    watch_outages()
    assert len(mail.outbox) == 1


def test_a_mail_server_that_is_down_is_asked_again(owner: Client, settings: Settings) -> None:
    fail(3)
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    watch_outages()
    assert FaultEpisode.objects.get().told_at is None
    settings.EMAIL_BACKEND = working
    watch_outages()
    assert FaultEpisode.objects.get().told_at == SATURDAY and len(mail.outbox) == 1


def test_a_bad_day_does_not_fill_the_mailbox(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "MOST_MAILS_A_DAY", 2)
    for source in ("hearing", "thinking", "speaking", "carrier"):
        fail(3, source)
    watch_outages()
    assert len(mail.outbox) == 2
    assert FaultEpisode.objects.filter(ended_at=None).count() == 4


# --- pages to look it up ------------------------------------------------------------------


@pytest.mark.parametrize(
    "page", ["crm/faultepisode", "voice/failedcheck", "voice/defect", "scheduling/calendaroutbox"]
)
def test_what_the_product_writes_is_read_and_never_changed(owner: Client, page: str) -> None:
    assert owner.get(f"/admin/{page}/").status_code == 200
    assert owner.get(f"/admin/{page}/add/").status_code == 403
