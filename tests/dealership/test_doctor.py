"""What the doctor says about an installation, and when it calls it broken."""

import importlib.util
import os
import socket
import subprocess
import sys
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from crm.models import Rooftop
from dealership import heartbeat
from dealership.celery import app
from reminders.models import Text

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

GOOD_SECRET = "k3" * 10 + "Zq-7_x" * 6


@pytest.fixture(autouse=True)
def healthy(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation on the internet, in order; each test breaks one thing. No worker is asked for."""
    settings.DEBUG = False
    settings.IS_SERVED_BY_TLS = True
    settings.PUBLIC_BASE_URL = "https://desk.example.com"
    settings.ALLOWED_HOSTS = ["desk.example.com"]
    settings.SECRET_KEY = GOOD_SECRET
    monkeypatch.setattr(app.control, "ping", lambda timeout: [{"worker": {"ok": "pong"}}])
    heartbeat.beat(timezone.now())
    monkeypatch.delenv("http_proxy", raising=False)
    monkeypatch.delenv("HTTP_PROXY", raising=False)


def consult() -> tuple[int, str]:
    """Return the exit status and what was printed."""
    output = StringIO()
    try:
        call_command("doctor", stdout=output)
    except SystemExit as end:
        return int(end.code or 0), output.getvalue()
    return 0, output.getvalue()


def line_about(subject: str, text: str) -> str:
    return next(line for line in text.splitlines() if line[6:].startswith(subject))


def test_an_installation_in_order_is_not_broken() -> None:
    status, text = consult()
    assert status == 0
    assert line_about("PostgreSQL", text).startswith("ok")
    assert line_about("Redis", text).startswith("ok")
    assert line_about("Migrations", text).startswith("ok")


def test_every_role_is_named_with_the_key_it_lacks() -> None:
    status, text = consult()
    assert status == 0
    for role, key in {
        "Speech in": "DEEPGRAM_API_KEY",
        "Speech out": "DEEPGRAM_API_KEY",
        "Replies": "OPENAI_API_KEY",
        "Carrier": "TWILIO_ACCOUNT_SID",
        "Calendar": "GOOGLE_CLIENT_ID",
    }.items():
        assert "built in" in line_about(role, text)
        assert key in line_about(role, text)


def test_a_cloud_provider_that_answers_is_named(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.OPENAI_API_KEY = "sk-test"
        settings.OPENAI_BASE_URL = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        status, text = consult()
    assert status == 0
    assert line_about("Replies", text).startswith("ok")
    assert "OpenAI" in line_about("Replies", text)


def test_a_cloud_provider_that_cannot_be_reached_is_broken(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    settings.DEEPGRAM_API_KEY = "dg-test"
    settings.DEEPGRAM_BASE_URL = f"http://127.0.0.1:{port}"
    status, text = consult()
    assert status == 1
    assert line_about("Speech in", text).startswith("FAIL")
    assert line_about("Speech out", text).startswith("FAIL")


def test_a_missing_local_package_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "hibari" else found(name))
    status, text = consult()
    assert status == 1
    assert "lacks hibari-tts. Run: pip install -r requirements-local.txt" in text


def test_redis_that_is_gone_is_broken(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    status, text = consult()
    assert status == 1
    assert "Start it with `make run`, or correct REDIS_URL" in line_about("Redis", text)


def test_a_missing_worker_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.control, "ping", lambda timeout: [])
    status, text = consult()
    assert status == 0
    assert line_about("Worker", text).startswith("warn")


def test_a_worker_that_answers_and_works_no_more_is_a_warning() -> None:
    heartbeat.beat(timezone.now() - timedelta(minutes=10))
    status, text = consult()
    assert status == 0
    assert line_about("Worker", text).startswith("warn")
    assert "no task for 10 minutes" in line_about("Worker", text)


def test_a_test_number_is_a_warning_where_customers_are_served(settings: Settings) -> None:
    settings.YOUR_TEST_NUMBER = "+12125550123"
    status, text = consult()
    assert status == 0
    assert line_about("YOUR_TEST_NUMBER", text).startswith("warn")
    settings.IS_SERVED_BY_TLS = False
    assert "YOUR_TEST_NUMBER" not in consult()[1]


def test_a_server_says_at_its_start_that_a_test_number_is_set() -> None:
    number = "+12125550123"
    server = {"DJANGO_SETTINGS_MODULE": "dealership.settings", "DEBUG": "0", "YOUR_TEST_NUMBER": number}
    start = [sys.executable, "-c", "import django; django.setup()"]
    told = subprocess.run(start, env=os.environ | server, capture_output=True, text=True, check=True)
    assert "YOUR_TEST_NUMBER is set: nobody else is rung or texted." in told.stderr
    assert number not in told.stderr


@pytest.mark.security
def test_debug_on_a_public_address_is_broken(settings: Settings) -> None:
    settings.DEBUG = True
    status, text = consult()
    assert status == 1
    assert line_about("DEBUG", text).startswith("FAIL")


@pytest.mark.security
@pytest.mark.parametrize(("hosts", "complaint"), [(["*"], "accepts any host"), ([], "is empty")])
def test_hosts_must_be_named(settings: Settings, hosts: list[str], complaint: str) -> None:
    settings.ALLOWED_HOSTS = hosts
    status, text = consult()
    assert status == 1
    assert complaint in line_about("ALLOWED_HOSTS", text)


@pytest.mark.security
@pytest.mark.parametrize("secret", ["short", "a" * 60, "django-insecure-" + GOOD_SECRET])
def test_a_secret_that_can_be_guessed_is_broken(settings: Settings, secret: str) -> None:
    settings.SECRET_KEY = secret
    status, text = consult()
    assert status == 1
    assert "can be guessed" in line_about("SECRET_KEY", text)
    assert secret not in text


def test_an_address_without_tls_is_a_warning(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "http://desk.example.com"
    settings.IS_SERVED_BY_TLS = False
    status, text = consult()
    assert status == 0
    assert line_about("PUBLIC_BASE_URL", text).startswith("warn")


def test_texts_that_nobody_sends_are_a_warning() -> None:
    assert line_about("Texts", consult()[1]).startswith("note")
    otto = Rooftop.objects.create(name="Otto's Auto", time_zone="America/New_York")
    Text.objects.create(
        rooftop=otto,
        direction="outbound",
        kind="confirmation",
        number="+12125550143",
        body="Hello",
        key="a",
        created_at=timezone.now() - timedelta(minutes=6),
    )
    assert line_about("Texts", consult()[1]).startswith("warn")
