"""What stands behind `make check` and `make test`: linters, types, deployment checks, and the suite.

Run from the repository's root, where devserver.py leads both.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from dealership.embedded import start_services

# Like a server on the internet, for the checks that only matter there.
PRODUCTION_LIKE = {
    "DEBUG": "0",
    "PUBLIC_BASE_URL": "https://desk.example.com",
    "ALLOWED_HOSTS": "desk.example.com",
    "TWILIO_AUTH_TOKEN": "not-a-real-token",
}
CHECKS = (
    ("ruff", "check", "--quiet", "."),
    ("ruff", "format", "--check", "--quiet", "."),
    ("mypy", "--no-error-summary", "."),
    ("python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"),
    ("python", "manage.py", "makemigrations", "--check", "--dry-run"),
)
# More than these failing is not the machine's fault.
MOST_ONCE_MORE = 8


def check() -> int:
    """Run every check, the later ones too when an earlier one fails."""
    with tempfile.TemporaryDirectory(prefix="service-desk-check-") as folder:
        services = start_services(Path(folder), is_durable=False)
        environment = {
            **os.environ,
            **PRODUCTION_LIKE,
            "SECRET_KEY": secrets.token_urlsafe(48),
            "DATABASE_URL": services.database_url,
            "REDIS_URL": services.redis_url,
        }
        try:
            failed = [command for command in CHECKS if subprocess.call(command, env=environment)]
        finally:
            services.stop()
    for command in failed:
        print(f"Failed: {' '.join(command)}", file=sys.stderr)
    return 1 if failed else 0


def test(arguments: list[str]) -> int:
    """Run pytest: with ARGS just so, without them the whole suite with its coverage.

    The suite takes real calls on a busy machine, so a few that fail beside others are run once more with
    the machine to themselves. What passes only then is named: whoever reads it may look why.
    """
    sys.stdout.flush()
    pytest = [sys.executable, "-m", "pytest"]
    if arguments:
        os.execv(sys.executable, [*pytest, *arguments])
    # Three for two cores: nearly half of its time a test waits for what it has started.
    crowd = ["--cache-clear", "--numprocesses=3", "--maxschedchunk=1", "--cov", "--cov-report="]
    status = _call([*pytest, *crowd, "--cov-fail-under=0"])
    failed = _last_failed() if status == 1 else []
    if 0 < len(failed) <= MOST_ONCE_MORE:
        print(f"\n{len(failed)} failed beside others. Once more, one at a time:", flush=True)
        status = _call([*pytest, "--last-failed"])
        alone = set(failed) - set(_last_failed())
        print(
            *(f"Failed beside others, passed alone: {name}" for name in sorted(alone)), sep="\n", flush=True
        )
    return status or _call([sys.executable, "-m", "coverage", "report"])


def _last_failed() -> list[str]:
    """What pytest notes; it keeps no such file when all has passed."""
    noted = Path(".pytest_cache/v/cache/lastfailed")
    return list(json.loads(noted.read_text())) if noted.exists() else []


def _call(command: list[str]) -> int:
    """Like subprocess.call(), but a stop signal asks the command to tidy up."""
    with subprocess.Popen(command) as process:
        try:
            return process.wait()
        except SystemExit:
            process.terminate()
            raise
