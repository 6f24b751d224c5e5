"""What every test of the calendar begins with."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.emulators.google import Google, running_google
from tests.scheduling.calendars import use


@pytest.fixture(scope="module")
def google_server() -> Iterator[Google]:
    with running_google() as google:
        yield google


@pytest.fixture
def google(google_server: Google, settings: Settings) -> Google:
    google_server.forget_everything()
    use(google_server, settings)
    return google_server
