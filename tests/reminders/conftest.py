"""Fixtures for tests about reminders and texts."""

import pytest
from pytest_django import Settings

from crm.models import Rooftop
from scheduling.models import Appointment
from tests.factories import SATURDAY
from tests.reminders import store


@pytest.fixture
def otto(db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Rooftop:
    """A store on a Saturday morning, whose texts go to a carrier in the test's hands."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: SATURDAY)
    settings.TWILIO_ACCOUNT_SID = "AC1"
    settings.TEXTER = "tests.reminders.store.FakeTexter"
    store.forget()
    return store.make_store()


@pytest.fixture
def visit(otto: Rooftop) -> Appointment:
    """Maria's on Tuesday; she agreed to texts."""
    store.agree()
    return store.make_visit()
