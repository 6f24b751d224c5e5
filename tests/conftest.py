"""Fixtures for the whole suite."""

import pytest
from pytest_django import Settings

from voice.speech.cached import spoken_texts


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    """The real hasher takes half a second on purpose; the demo store has two log-ins."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def nothing_spoken_before() -> None:
    """What one test's synthesizer said is not served to another's."""
    spoken_texts.clear()
