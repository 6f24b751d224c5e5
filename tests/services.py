"""A pytest plugin: the suite's own PostgreSQL and Valkey, up before Django reads its settings.

Loaded by `-p tests.services` in pyproject.toml. Data lives in a temporary folder and ports are
random, so the suite runs beside `make run`. With DATABASE_URL or REDIS_URL set that one is used.

`make test` splits the suite over two worker processes (pytest-xdist). They share PostgreSQL, where
each has a database of its own, but not Valkey, whose channels know no databases. A test marked
`performance` waits until the other worker is between two tests, and keeps it there.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from dealership.embedded import Services

_started: "list[Services]" = []
_folders: list[Path] = []
# The folder of the process that all workers are children of.
FOLDER = "SERVICE_DESK_TESTS"

# The suite never sees the keys of the person who runs it, and the discard port answers nobody:
# no test may reach a real provider. Empty rather than absent, or settings.py would look in .env.
FIXED = {
    "SECRET_KEY": "tests-only-" + "0123456789abcdef" * 4,
    "TWILIO_AUTH_TOKEN": "0123456789abcdef0123456789abcdef",
    "DEBUG": "1",
    "ALLOWED_HOSTS": "*",
    "PUBLIC_BASE_URL": "http://testserver",
    "EMAIL_URL": "consolemail://",
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
    "GOOGLE_CLIENT_ID": "",
    "GOOGLE_CLIENT_SECRET": "",
    "GOOGLE_SERVICE_ACCOUNT_FILE": "",
    "GOOGLE_API_BASE_URL": "http://127.0.0.1:9/calendar/v3/",
    "GOOGLE_TOKEN_URI": "http://127.0.0.1:9/token",
    "FIELD_ENCRYPTION_KEY": "",
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
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    if not is_worker:
        os.environ[FOLDER] = str(folder)
    try:
        services = start_services(
            folder,
            database_url=os.environ.get("DATABASE_URL", ""),
            redis_url="" if is_worker else os.environ.get("REDIS_URL", ""),
            is_durable=False,
        )
    except StartError as problem:
        _stop()
        raise pytest.UsageError(str(problem)) from problem
    _started.append(services)
    os.environ["DATABASE_URL"] = services.database_url
    os.environ["REDIS_URL"] = services.redis_url


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Longest first, so that no worker ends the run alone; timed ones last, so that they rarely wait."""
    for marker in LONG:
        if os.environ.get(marker.upper()) != "all":
            left_out = [item for item in items if item.get_closest_marker(marker)]
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if item not in left_out]
    items.sort(key=lambda item: ORDER.index(_kind(item)))


LONG = ["faults", "proofs"]  # what `make` runs under these names, and `make test` leaves out
ORDER = ["e2e", "integration", "", "performance"]


def _kind(item: pytest.Item) -> str:
    return next((mark for mark in reversed(ORDER) if mark and item.get_closest_marker(mark)), "")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Outside of the time limit's own hook: waiting for the other worker is not the test's time."""
    with _among_workers(is_alone=item.get_closest_marker("performance") is not None):
        return (yield)


@contextlib.contextmanager
def _among_workers(*, is_alone: bool) -> Iterator[None]:
    """Hold a lock that a timed test has alone and all others share.

    Whoever comes passes the door first, so that one who waits to be alone is not overtaken for ever.
    """
    folder = Path(os.environ[FOLDER])
    with (folder / "door").open("w") as door, (folder / "room").open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    _stop()


def _stop() -> None:
    for services in _started:
        services.stop()
    for folder in _folders:
        shutil.rmtree(folder, ignore_errors=True)
