"""YOUR_TEST_NUMBER: however it is written, and where staff see that it is set."""

import os
import subprocess
import sys

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.factories import make_staff
from tests.reminders.visits import MONDAY, make_call, make_visit
from tests.voice.small import make_small_store


def told(number: str) -> subprocess.CompletedProcess[str]:
    server = {"DJANGO_SETTINGS_MODULE": "dealership.settings", "YOUR_TEST_NUMBER": number}
    ask = "from django.conf import settings; print(settings.YOUR_TEST_NUMBER)"
    return subprocess.run(
        [sys.executable, "-c", ask], env=os.environ | server, capture_output=True, text=True, check=False
    )


def test_it_is_read_however_it_is_written() -> None:
    assert told("(212) 555-0123").stdout == "+12125550123\n"


@pytest.mark.security
def test_a_server_does_not_start_with_one_that_is_no_number() -> None:
    failed = told("my phone")
    assert failed.returncode != 0
    assert "YOUR_TEST_NUMBER is no telephone number; write it like +12125550123" in failed.stderr


@pytest.mark.django_db
def test_lists_of_what_goes_out_say_that_nobody_else_is_reached(client: Client, settings: Settings) -> None:
    otto = make_small_store()
    client.force_login(make_staff("dana", otto, "view_reminder", "view_text"))
    visit = make_visit(otto, MONDAY, booked_at=MONDAY)
    make_call(visit, due_at=timezone.now(), state="skipped", reason="YOUR_TEST_NUMBER is set.")
    for page in ("/admin/reminders/reminder/", "/admin/reminders/text/"):
        settings.YOUR_TEST_NUMBER = ""
        assert "everybody else is skipped" not in client.get(page).content.decode()
        settings.YOUR_TEST_NUMBER = "+12125550123"
        shown = client.get(page).content.decode()
        assert "Only (212) 555-0123 is rung and texted; everybody else is skipped." in shown
