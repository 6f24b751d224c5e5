"""A pytest plugin: the suite's own PostgreSQL and Valkey, up before Django reads its settings.

Loaded by `-p tests.services` in pyproject.toml. Data lives in a temporary folder and ports are
random, so the suite runs beside `make run`. With DATABASE_URL or REDIS_URL set that one is used.
"""

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from dealership.embedded import Services

_started: "list[Services]" = []
_folders: list[Path] = []

# The suite never sees the keys of the person who runs it, and the discard port answers nobody:
# no test may reach a real provider. Empty rather than absent, or settings.py would look in .env.
FIXED = {
    "SECRET_KEY": "tests-only-" + "0123456789abcdef" * 4,
    "TWILIO_AUTH_TOKEN": "0123456789abcdef0123456789abcdef",
    "DEBUG": "1",
    "ALLOWED_HOSTS": "*",
    "PUBLIC_BASE_URL": "http://testserver",
    "TWILIO_ACCOUNT_SID": "",
    "TWILIO_PHONE_NUMBER": "",
    "TWILIO_API_BASE_URL": "http://127.0.0.1:9",
    "DEEPGRAM_API_KEY": "",
    "DEEPGRAM_BASE_URL": "http://127.0.0.1:9",
    "OPENAI_API_KEY": "",
    "OPENAI_BASE_URL": "http://127.0.0.1:9",
    "LOCAL_STT_MODEL": "",
    "NHTSA_BASE_URL": "http://127.0.0.1:9",
    "NHTSA_RECALLS_BASE_URL": "http://127.0.0.1:9",
    "DATABASE_POOL_SIZE": "0",
}


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """First of all plugins: pytest-django loads the settings in this same hook."""
    # Not before, or pytest-cov would begin too late to see the lines of these modules.
    from dealership.embedded import StartError, start_services

    os.environ.update(FIXED)

    # Only SIGINT becomes an exception by itself; a cancelled CI job sends SIGTERM.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    folder = Path(tempfile.mkdtemp(prefix="service-desk-tests-"))
    _folders.append(folder)
    try:
        services = start_services(
            folder,
            database_url=os.environ.get("DATABASE_URL", ""),
            redis_url=os.environ.get("REDIS_URL", ""),
            is_durable=False,
        )
    except StartError as problem:
        _stop()
        raise pytest.UsageError(str(problem)) from problem
    _started.append(services)
    os.environ["DATABASE_URL"] = services.database_url
    os.environ["REDIS_URL"] = services.redis_url


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    _stop()


def _stop() -> None:
    for services in _started:
        services.stop()
    for folder in _folders:
        shutil.rmtree(folder, ignore_errors=True)
