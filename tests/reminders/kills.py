"""Workers are killed while they remind people: nobody may be rung or texted twice, and nobody forgotten.

`make reminders-kill` runs it whole; tests/reminders/test_kills.py runs it small. Real Celery workers
and two beats, on real PostgreSQL and Redis, against emulated Twilio; each worker is killed with SIGKILL
at one of nine points, and Redis is restarted twice, empty. A control run without the claims must ring
somebody twice and text somebody twice, or this proves nothing.
"""

import argparse
import json
import multiprocessing.connection
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from importlib import import_module
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from dealership.embedded import start_services
from tests.emulators.twilio import ACCOUNT, TOKEN
from tests.reminders.kill_processes import (
    CALL_POINTS,
    OWN_NUMBER,
    POINTS,
    Redis,
    await_port,
    beat,
    carrier,
    fork,
    free_port,
    web,
    worker,
)
from tests.reminders.noon import NUMBER, where_it_is_noon
from tests.services import FIXED

if TYPE_CHECKING:
    from crm.models import Rooftop

WORKERS = 2
BEATS = 2
SWEEP_SECONDS = 0.5
UNDER_WAY = ("pending", "claimed", "dialing", "placed")
RESTARTS = 2
QUIET_SECONDS = 120.0
WAITING = 5  # customers at least
# Made shorter, so that minutes become seconds. Nothing that must hold depends on them.
QUICKLY = {
    "reminders.sweep.LEASE": timedelta(seconds=2),
    "reminders.sweep.HANDFUL": 3,
    "reminders.outcomes.EVIDENCE_AFTER": timedelta(seconds=2),
    "reminders.outcomes.SETTLED_AFTER": timedelta(seconds=8),
    "reminders.delivery.UNHEARD_OF_AFTER": timedelta(seconds=3),
    "voice.watchdog.SETTLING": timedelta(0),
}


# --- the whole run ------------------------------------------------------------------------


def run(
    points: list[str], redis: Redis, carrier_port: int, web_port: int, *, is_guarded: bool
) -> dict[str, Any]:
    """Kill a worker at each of these points and judge what is left. Call from a process without threads."""
    from django.db import connections

    rooftop = open_store()
    quicken()
    connections.close_all()  # not to be shared with the processes
    began = time.monotonic()
    with ExitStack() as undo:

        def start(function: Callable[..., None], *args: Any) -> ForkProcess:
            process = fork.Process(target=function, args=args, daemon=True)
            process.start()
            undo.callback(end, process)
            return process

        start(carrier, carrier_port)
        start(web, web_port)
        await_port(carrier_port)
        await_port(web_port)
        for _ in range(BEATS):
            start(beat, SWEEP_SECONDS)
        killed = Counter(_kill(points, redis, start, rooftop, is_guarded=is_guarded))
        for _ in range(WORKERS):
            start(worker, "", is_guarded)
        keep_waiting(rooftop)
        wait_until(is_quiet if is_guarded else lambda: is_anything_done_twice(rooftop, carrier_port))
        report = judge(carrier_port)
    connections.close_all()
    return {
        **report,
        "is_guarded": is_guarded,
        "killed": dict(killed),
        "seconds": round(time.monotonic() - began, 1),
    }


def _kill(
    points: list[str],
    redis: Redis,
    start: Callable[..., ForkProcess],
    rooftop: "Rooftop",
    *,
    is_guarded: bool,
) -> Iterator[str]:
    """Start workers that die, two at a time, with always somebody to ring; yields where each died."""
    kills, to_come = len(points), iter(points)
    restarts = {kills * (n + 1) // (RESTARTS + 1) for n in range(RESTARTS)}
    alive: dict[ForkProcess, str] = {}
    dead = 0
    until = time.monotonic() + 60 + 6 * kills
    while dead < kills and time.monotonic() < until:
        keep_waiting(rooftop)
        while len(alive) < WORKERS and (point := next(to_come, "")):
            alive[start(worker, point, is_guarded)] = point
        multiprocessing.connection.wait([process.sentinel for process in alive], timeout=0.5)
        for process in [process for process in alive if not process.is_alive()]:
            point = alive.pop(process)
            if process.exitcode == -signal.SIGKILL:
                yield point
            dead += 1
            if dead in restarts:
                redis.restart()
    for process in alive:
        process.kill()


def end(process: ForkProcess) -> None:
    process.kill()
    process.join()


def quicken() -> None:
    for path, value in QUICKLY.items():
        module, _, name = path.rpartition(".")
        setattr(import_module(module), name, value)


def open_store() -> "Rooftop":
    """Where it is noon."""
    from crm.models import Rooftop, RooftopNumber

    if already := Rooftop.objects.filter(numbers__number=OWN_NUMBER).first():
        return already
    rooftop = Rooftop.objects.create(name="Noon", time_zone=where_it_is_noon(datetime.now(UTC)))
    RooftopNumber.objects.create(rooftop=rooftop, number=OWN_NUMBER)
    return rooftop


def keep_waiting(rooftop: "Rooftop") -> None:
    """See to it that some customers' calls are due and not yet placed."""
    from django.db import connections

    from reminders.models import Reminder
    from scheduling.models import Appointment
    from tests.reminders.visits import make_visit

    count = Appointment.objects.count()
    if count - Reminder.objects.exclude(number="").count() < WAITING:
        now = datetime.now(UTC)
        arrives_at, booked_at = now + timedelta(hours=24, seconds=-5), now - timedelta(days=3)
        for n in range(count, count + WAITING):
            make_visit(rooftop, arrives_at, booked_at=booked_at, number=NUMBER.format(n))
    connections.close_all()  # not to be shared with the processes


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + QUIET_SECONDS
    while not condition() and time.monotonic() < until:
        time.sleep(0.2)


def is_quiet() -> bool:
    """Has every call ended, and is nothing left to be done about any text?"""
    from crm.models import Customer
    from reminders.models import Reminder

    calls = Reminder.objects.filter(kind="call")
    if calls.count() < Customer.objects.count() or calls.filter(state__in=UNDER_WAY).exists():
        return False
    return not lost_texts()


def is_anything_done_twice(rooftop: "Rooftop", carrier_port: int) -> bool:
    """Keeps customers waiting until two sweeps meet, and two senders, which is soon but not at once."""
    keep_waiting(rooftop)
    return bool(twice(times_rung(carrier_port)) and twice(times_texted(carrier_port)))


def twice(times: Counter[str]) -> list[str]:
    return [what for what, count in times.items() if count > 1]


def times_rung(carrier_port: int) -> Counter[str]:
    """How often each number was rung, as the carrier knows it."""
    calls = _asked("Calls", carrier_port)
    return Counter(call["to"] for call in calls if call["direction"] == "outbound-api")


def times_texted(carrier_port: int) -> Counter[str]:
    """How often each text was taken."""
    return Counter(f"{text['to']}: {text['body']}" for text in _asked("Messages", carrier_port))


def _asked(what: str, carrier_port: int) -> list[dict[str, Any]]:
    address = f"http://127.0.0.1:{carrier_port}/2010-04-01/Accounts/{ACCOUNT}/{what}.json"
    found: list[dict[str, Any]] = httpx.get(address, auth=(ACCOUNT, TOKEN), timeout=20).json()[what.lower()]
    return found


def judge(carrier_port: int) -> dict[str, Any]:
    from crm.models import Phone
    from reminders.models import Reminder

    rung, texted = times_rung(carrier_port), times_texted(carrier_port)
    rows = Reminder.objects.filter(kind="call").exclude(number="")
    return {
        "people": Phone.objects.count(),
        "calls": rung.total(),
        "texts": texted.total(),
        "twice": twice(rung),
        "texted_twice": twice(texted),
        "lost": lost_calls(),
        "lost_texts": lost_texts(),
        "states": dict(Counter(rows.values_list("state", flat=True))),
    }


def lost_calls() -> list[str]:
    """Numbers whose call has no end, or an end without a text or a person to see to it."""
    from crm.models import FollowUpTask, Phone
    from reminders.models import Reminder

    rows = {row.number: row for row in Reminder.objects.filter(kind="call").exclude(number="")}
    tasks = set(FollowUpTask.objects.values_list("phone_number", flat=True))

    def is_lost(number: str) -> bool:
        row = rows.get(number)
        if row is None or row.state in UNDER_WAY or row.state == "skipped":
            return True
        return row.state in ("unknown", "failed") and not (row.text_id or number in tasks)

    return [number for number in Phone.objects.values_list("number", flat=True) if is_lost(number)]


def lost_texts() -> list[str]:
    """Numbers whose text neither went nor is a person's to see to."""
    from crm.models import FollowUpTask
    from reminders.models import Text

    told = FollowUpTask.objects.filter(summary__startswith="A text").values("phone_number")
    texts = Text.objects.exclude(status__in=["queued", "sent", "delivered"])
    return list(texts.exclude(status="unknown", number__in=told).values_list("number", flat=True))


def spread(kills: int) -> list[str]:
    """So many deaths on a call's way, and as many at each point of a text's beside them."""
    return [POINTS[n % len(POINTS)] for n in range(kills * len(POINTS) // len(CALL_POINTS))]


def is_as_promised(report: dict[str, Any], kills: int) -> bool:
    if not report["is_guarded"]:
        return bool(report["twice"] and report["texted_twice"])
    is_wrong = any(report[what] for what in ("twice", "texted_twice", "lost", "lost_texts"))
    return not is_wrong and sum(report["killed"].values()) == kills


def sentence(report: dict[str, Any]) -> str:
    kind = "With the claims" if report["is_guarded"] else "Control, without the claims"
    return (
        f"{kind}: {report['people']} people, {report['calls']} calls and {report['texts']} texts in "
        f"{report['seconds']} s; {sum(report['killed'].values())} workers killed {report['killed']}; "
        f"rung twice: {len(report['twice'])}, texted twice: {len(report['texted_twice'])}; "
        f"forgotten: {len(report['lost'])} and {len(report['lost_texts'])} texts; ended {report['states']}"
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="on a call's way; a text's come beside")
    parser.add_argument("--database", default="", help="a migrated one; else a server is started")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args(arguments)
    points = spread(wanted.kills)
    carrier_port, web_port = free_port(), free_port()
    with ExitStack() as undo:
        folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="service-desk-kills-")))
        redis = Redis(folder)
        undo.callback(redis.stop)
        os.environ.update(
            FIXED
            | {
                "DJANGO_SETTINGS_MODULE": "dealership.settings",
                "REDIS_URL": redis.url,
                "TWILIO_ACCOUNT_SID": ACCOUNT,
                "TWILIO_AUTH_TOKEN": TOKEN,
                "TWILIO_API_BASE_URL": f"http://127.0.0.1:{carrier_port}",
                "PUBLIC_BASE_URL": f"http://127.0.0.1:{web_port}",
            }
        )
        prepare_database(wanted.database, folder, undo)
        reports = [
            run(points, redis, carrier_port, web_port, is_guarded=True),
            # Who dies before it can record that a text went leaves it to be sent again.
            run(["after a text's request"], redis, carrier_port, web_port, is_guarded=False),
        ]
    print(json.dumps(reports) if wanted.json else "\n".join(map(sentence, reports)))
    return 0 if all(is_as_promised(report, len(points)) for report in reports) else 1


def prepare_database(url: str, folder: Path, undo: ExitStack) -> None:
    from tests.scheduling.race import own_database

    if not url:
        services = start_services(folder / "server", redis_url="redis://127.0.0.1:9", is_durable=False)
        undo.callback(services.stop)
        undo.enter_context(own_database(services.database_url))
        return
    os.environ["DATABASE_URL"] = url
    import django

    django.setup()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
