"""Whether what we cannot work without answers: PostgreSQL and Redis; and whether the background works.

For load balancers at /health, and for the doctor. Connections are made anew rather than taken from
the pool, so that a busy pool is not mistaken for a database that is gone. Without worker or beat calls are
answered all the same: that is told, and is no reason to send calls elsewhere.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswer
from functools import partial

import psycopg
import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

from dealership import heartbeat
from voice import drain

ANSWER_SECONDS = 2

# A server that accepts and then says nothing holds a thread for longer than we wait for it.
_checkers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="health")


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    failing = problems()
    if not failing:
        return JsonResponse({"status": "ok", "background": _background()})
    # The sentences may name hosts; strangers only learn which part fails.
    return JsonResponse({"status": "failing", "failing": sorted(failing)}, status=503)


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """For load balancers: may new calls come here?"""
    if drain.is_draining():
        return JsonResponse({"status": "draining"}, status=503)
    return JsonResponse({"status": "ok"})


def _background() -> str:
    """Whether worker and beat get things done; Redis may go away meanwhile, and is not waited for long."""
    asked = _checkers.submit(heartbeat.is_late, timezone.now())
    try:
        return "late" if asked.result(timeout=ANSWER_SECONDS) else "working"
    except Exception:  # whatever the cache raises: the next question finds Redis failing
        return "unknown"


def problems() -> dict[str, str]:
    """Return what fails, as {"database": sentence, "redis": sentence}; takes about two seconds at most."""
    checks: dict[str, Callable[[], None]] = {
        "database": partial(_ask_database, _database_params()),
        "redis": _ask_redis,
    }
    pending = {name: _checkers.submit(check) for name, check in checks.items()}
    sentences = {name: _sentence(answer) for name, answer in pending.items()}
    return {name: sentence for name, sentence in sentences.items() if sentence}


def _sentence(answer: Future[None]) -> str:
    try:
        answer.result(timeout=ANSWER_SECONDS)
    except NoAnswer:
        answer.cancel()
        return f"no answer within {ANSWER_SECONDS} s"
    except Exception as problem:  # whatever the driver raises means the same here
        return (str(problem).strip() or type(problem).__name__).splitlines()[0]
    return ""


def _database_params() -> dict[str, object]:
    params: dict[str, object] = connection.get_connection_params()
    return params | {"connect_timeout": ANSWER_SECONDS}


def _ask_database(params: dict[str, object]) -> None:
    with psycopg.connect(**params) as fresh:  # type: ignore[arg-type]  # Django's untyped settings
        fresh.execute("SELECT 1")


def _ask_redis() -> None:
    with redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    ) as client:
        client.ping()
