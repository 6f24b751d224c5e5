"""The race for the lane: many processes book, hold, move, cancel and close bays; some are killed.

`make race` runs it whole; tests/scheduling/test_race.py runs it small. Each process appends what it
wants and what it got to a history of its own; race_checks.py judges database and histories when all
is quiet. A control run without lock and constraints must show overlaps, or the race proves nothing.
That switch lives only here, in processes and a database that are thrown away.
"""

import argparse
import json
import multiprocessing
import os
import random
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from crm.models import Rooftop
    from scheduling.models import Appointment

NOW = datetime(2027, 3, 8, 15, 0, tzinfo=UTC)
DAYS = (date(2027, 3, 9), date(2027, 3, 10))
LATER = timedelta(minutes=5)  # by then every hold has run out
VEHICLES = 80
CONSTRAINTS = tuple(f"{thing}_not_double_booked" for thing in ("technician", "bay", "advisor", "loaner"))
WEIGHTS = {"book": 42, "hold": 12, "move": 18, "cancel": 18, "close_bay": 10}
CROWD = {"book": 60, "hold": 10, "move": 20, "close_bay": 10}
PAUSE_SECONDS = 0.1
TRANSPORTS = ("waiter", "waiter", "waiter", "drop_off", "key_drop", "loaner")
SERVICES = (("LOF",), ("LOF",), ("BRKI",), ("LOF", "BRKI"), ("DIAG",))
TRIES_BEFORE_DEATH = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """capacity: how many technicians and bays fit each service. guarded: with lock and constraints.

    crowd: everybody wants the same hour, nobody cancels, and after each check there is a pause.
    """

    capacity: int
    attempts: int
    processes: int
    kills: int
    guarded: bool = True
    crowd: bool = False
    seed: int = 1
    every: int = 1


# --- one process --------------------------------------------------------------------------


class History:
    """What one process wanted and got, a line each, written before it goes on: a kill loses none."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, **line: Any) -> None:
        os.write(self._file, (json.dumps(line) + "\n").encode())


class Runner:
    """One process of the race: wishes at random, through the one door."""

    def __init__(self, plan: Plan, rooftop: "Rooftop", number: int, history: History) -> None:
        from crm.models import Customer, Vehicle
        from scheduling.models import Bay, OpCode

        self.plan, self.rooftop, self.number, self.history = plan, rooftop, number, history
        self.dice = random.Random(f"{plan.seed}-{plan.capacity}-{plan.guarded}-{number}")
        self.customer = Customer.objects.get(rooftop=rooftop)
        self.vehicles = list(Vehicle.objects.filter(rooftop=rooftop).order_by("pk"))
        self.bays = list(Bay.objects.filter(rooftop=rooftop).order_by("pk"))
        self.columns: dict[str, list[Any]] = {"advisor": list(rooftop.staff.all()), "bay": self.bays}
        self.menu = {item.code: item for item in OpCode.objects.filter(rooftop=rooftop)}
        self.booked: list[dict[str, Any]] = []  # wishes that may be repeated
        self.closed_bay: int | None = None

    def attempt(self, count: int) -> None:
        from scheduling.refusals import Refusal

        weights = CROWD if self.plan.crowd else WEIGHTS
        what = self.dice.choices(list(weights), list(weights.values()))[0]
        action: Callable[[str], dict[str, Any]] = getattr(self, what)
        key = f"{self.number}-{count}"
        self.history.write(begin=key, what=what)
        began = time.perf_counter()
        try:
            outcome: dict[str, Any] = action(f"{self.rooftop.pk}-{key}")
        except Refusal as refusal:
            outcome = {"refused": refusal.code}
        except Exception as problem:
            outcome = {"broken": repr(problem)}
        outcome.setdefault("what", what)
        self.history.write(end=key, ms=(time.perf_counter() - began) * 1000, at=time.time(), **outcome)

    def book(self, key: str) -> dict[str, Any]:
        from scheduling import booking

        if self.booked and self.dice.random() < 0.1:
            wish = self.dice.choice(self.booked)
            return {**self._changed(self._book(wish)), "what": "repeat", "first_id": wish["id"]}
        wish = self._wish() | {"key": key, "vehicle": self.dice.choice(self.vehicles), "held": ""}
        if self.dice.random() < 0.3:
            wish["held"] = key
            booking.hold(
                self.rooftop, wish["services"], wish["at"], key=key, now=NOW, transport=wish["transport"]
            )
        appointment = self._book(wish)
        self.booked.append({**wish, "id": appointment.pk})
        return self._changed(appointment)

    def hold(self, key: str) -> dict[str, Any]:
        from scheduling import booking

        wish = self._wish()
        kept = booking.hold(
            self.rooftop,
            wish["services"],
            wish["at"],
            key=f"caller-{self.rooftop.pk}-{self.number}",
            now=NOW,
            transport=wish["transport"],
        )
        return {"hold": kept.pk}

    def move(self, key: str) -> dict[str, Any]:
        from scheduling import booking

        appointment = self._any()
        if appointment is None:
            return {"what": "nothing"}
        version = appointment.version if self.dice.random() < 0.5 else None
        arrives_at = appointment.arrives_at if self.dice.random() < 0.2 else self._at()
        wanted = {name: self.dice.choice([None, None, None, *rows]) for name, rows in self.columns.items()}
        return self._changed(
            booking.reschedule(appointment, arrives_at, actor="race", now=NOW, version=version, **wanted)
        )

    def cancel(self, key: str) -> dict[str, Any]:
        from scheduling import booking

        appointment = self._any()
        if appointment is None:
            return {"what": "nothing"}
        return self._changed(booking.cancel(appointment, reason="race", actor=key, now=NOW))

    def close_bay(self, key: str) -> dict[str, Any]:
        from scheduling import closing
        from scheduling.models import Allocation

        if self.closed_bay:
            block, self.closed_bay = self.closed_bay, None
            Allocation.objects.filter(pk=block).delete()
            return {"what": "open_bay", "block": block}
        starts_at = self._at()
        block = closing.block(
            self.rooftop,
            starts_at,
            starts_at + timedelta(minutes=self.dice.choice((15, 60, 120))),
            reason="lift inspection",
            now=NOW,
            bay=self.dice.choice(self.bays),
        ).pk
        self.closed_bay = block
        return {"block": block}

    def _book(self, wish: dict[str, Any]) -> "Appointment":
        from scheduling import booking

        return booking.book(
            self.rooftop,
            self.customer,
            wish["vehicle"],
            wish["services"],
            wish["at"],
            actor="race",
            source="phone",
            now=NOW,
            transport=wish["transport"],
            idempotency_key=wish["key"],
            held=wish["held"],
        )

    def _wish(self) -> dict[str, Any]:
        return {
            "services": [self.menu[code] for code in self.dice.choice(SERVICES)],
            "at": self._at(),
            "transport": self.dice.choice(TRANSPORTS),
        }

    def _at(self) -> datetime:
        midnight = datetime.combine(self.dice.choice(DAYS), datetime.min.time(), self.rooftop.zone)
        return (
            midnight + timedelta(minutes=15 * self.dice.randrange(29, 33 if self.plan.crowd else 67))
        ).astimezone(UTC)

    def _any(self) -> "Appointment | None":
        from scheduling.models import Appointment

        rows = Appointment.objects.active().filter(rooftop=self.rooftop).select_related("rooftop")
        return rows.order_by("?").first()

    @staticmethod
    def _changed(appointment: "Appointment") -> dict[str, Any]:
        return {
            "id": appointment.pk,
            "version": appointment.version,
            "arrives_at": appointment.arrives_at.isoformat(),
            "status": appointment.status,
        }


def _work(plan: Plan, rooftop_id: int, number: int, path: Path) -> None:
    from crm.models import Rooftop

    if plan.crowd:
        _pause_after_the_check()
    if not plan.guarded:
        _take_the_lock_off()
    runner = Runner(plan, Rooftop.objects.get(pk=rooftop_id), number, History(path))
    # Those that are not killed do the whole number alone.
    for count in range(-(-plan.attempts // (plan.processes - plan.kills))):
        if count == TRIES_BEFORE_DEATH and number < plan.kills:
            _die_half_way(number)
        runner.attempt(count)


def _pause_after_the_check() -> None:
    from scheduling import writing

    take = writing.take

    def take_late(*args: Any, **kwargs: Any) -> None:
        time.sleep(PAUSE_SECONDS)
        take(*args, **kwargs)

    writing.__dict__["take"] = take_late


def _take_the_lock_off() -> None:
    """The control: nobody waits for anybody."""
    from scheduling import locking

    locking.__dict__["lock_days"] = lambda *args: None


def _die_half_way(number: int) -> None:
    """Be killed inside the next transaction: with the visit written and not what it takes, or freed
    and not yet set, or (every third) whenever the one who watches strikes."""
    from scheduling import writing

    def die(*args: Any, **kwargs: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    point = ("take", "compare_and_set", None)[number % 3]
    if point:
        writing.__dict__[point] = die


# --- the whole race -----------------------------------------------------------------------


def run(plan: Plan, folder: Path) -> dict[str, Any]:
    """Run the plan on Django's database and judge what it left. Call from a process without threads."""
    from django.db import connection, connections

    from tests.scheduling import race_checks

    rooftop = open_store(plan)
    if not plan.guarded:
        with connection.cursor() as cursor:
            for name in CONSTRAINTS:
                cursor.execute(f"ALTER TABLE scheduling_allocation DROP CONSTRAINT IF EXISTS {name}")
    connections.close_all()  # not to be shared with the processes
    histories = [folder / f"{rooftop.pk}-{number}.jsonl" for number in range(plan.processes)]
    # Forked: Django is loaded once, and no thread runs here that a fork could cut in two.
    fork = multiprocessing.get_context("fork")
    began = time.perf_counter()
    processes = [
        fork.Process(target=_work, args=(plan, rooftop.pk, number, path), daemon=True)
        for number, path in enumerate(histories)
    ]
    for process in processes:
        process.start()
    if plan.kills >= 3:
        _strike(processes[2], histories[2])
    for process in processes:
        process.join()
    seconds = time.perf_counter() - began
    report = race_checks.judge(rooftop, histories, NOW + LATER, is_control=not plan.guarded, every=plan.every)
    report["killed"] = sum(process.exitcode == -signal.SIGKILL for process in processes)
    report["stopped"] = sum(process.exitcode not in (0, -signal.SIGKILL) for process in processes)
    report |= {"capacity": plan.capacity, "guarded": plan.guarded, "crowd": plan.crowd}
    report["seconds"] = round(seconds, 1)
    return report


def _strike(process: ForkProcess, history: Path) -> None:
    """Kill process with SIGKILL in the middle of an attempt, after its first few."""
    while process.is_alive():
        lines = history.read_text().splitlines() if history.exists() else []
        if len(lines) > 2 * TRIES_BEFORE_DEATH and '"begin"' in lines[-1]:
            process.kill()
            return
        time.sleep(0.001)


def open_store(plan: Plan) -> "Rooftop":
    """A store where exactly capacity visits of each kind fit at once."""
    from datetime import time as wall

    from crm.models import Customer, Rooftop, Staff, Vehicle
    from scheduling.models import Bay, Loaner, OpCode, OpeningHours, Shift, Technician, TransportOption

    rooftop = Rooftop.objects.create(name=f"Race {secrets.token_hex(4)}", time_zone="America/New_York")
    for weekday in range(5):
        OpeningHours.objects.create(
            rooftop=rooftop,
            weekday=weekday,
            opens=wall(7),
            closes=wall(18),
            first_arrival=wall(7, 15),
            last_arrival=wall(16, 30),
        )
    for number in range(plan.capacity):
        Staff.objects.create(rooftop=rooftop, name=f"Advisor {number}", role="advisor")
        Loaner.objects.create(rooftop=rooftop, name=f"Loaner {number}")
        for bay_type in ("express", "general"):
            Bay.objects.create(rooftop=rooftop, name=f"{bay_type} {number}", bay_type=bay_type)
        person = Technician.objects.create(
            rooftop=rooftop, name=f"Technician {number}", skills=["express", "general"]
        )
        for weekday in range(5):
            for starts, ends in ((wall(7), wall(12)), (wall(13), wall(18))):
                Shift.objects.create(technician=person, weekday=weekday, starts=starts, ends=ends)
    for code, minutes, skill in (("LOF", 30, "express"), ("BRKI", 45, "general"), ("DIAG", 60, "general")):
        OpCode.objects.create(
            rooftop=rooftop,
            code=code,
            name=code,
            minutes=minutes,
            price_min=1,
            price_max=2,
            skill=skill,
            bay_types=[skill],
            per_day=plan.capacity if code == "DIAG" else None,
        )
    TransportOption.objects.create(rooftop=rooftop, kind="waiter", per_half_hour=plan.capacity)
    TransportOption.objects.create(rooftop=rooftop, kind="key_drop", per_day=plan.capacity)
    Customer.objects.create(rooftop=rooftop, first_name="Racer")
    Vehicle.objects.bulk_create(Vehicle(rooftop=rooftop, model=str(n)) for n in range(VEHICLES))
    return rooftop


@contextmanager
def own_database(server_url: str) -> Iterator[None]:
    """A migrated database of our own beside the others of the server, as Django's; dropped afterwards."""
    name = f"race_{secrets.token_hex(6)}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            os.environ["DATABASE_URL"] = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
            import django
            from django.core.management import call_command
            from django.db import connections

            django.setup()
            call_command("migrate", verbosity=0)
            yield
            connections.close_all()
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def main(arguments: list[str]) -> int:
    """Run the plans and print their reports; 1 when a promise was broken or the control kept it."""
    from dealership.embedded import start_services
    from tests.services import FIXED

    parser = argparse.ArgumentParser(prog="race", description=__doc__)
    parser.add_argument("--attempts", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=32)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--every", type=int, default=1, help="at rest ask for every nth arrival only")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--server", default="", help="PostgreSQL's address; else one is started")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args(arguments)
    os.environ.update(
        FIXED | {"DJANGO_SETTINGS_MODULE": "dealership.settings", "REDIS_URL": "redis://127.0.0.1:9"}
    )
    with ExitStack() as undo:
        folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="service-desk-race-")))
        server_url = wanted.server
        if not server_url:
            services = start_services(folder / "server", redis_url="redis://127.0.0.1:9", is_durable=False)
            undo.callback(services.stop)
            server_url = services.database_url
        undo.enter_context(own_database(server_url))
        size = (wanted.attempts, wanted.processes, wanted.kills)
        plans = [Plan(capacity, *size, seed=wanted.seed, every=wanted.every) for capacity in (1, 3)]
        crowd = (max(64, wanted.attempts // 20), min(wanted.processes, 16), 0)
        # The last one takes the constraints away.
        for guarded in (True, False):
            plans.append(Plan(1, *crowd, guarded=guarded, crowd=True, seed=wanted.seed, every=wanted.every))
        reports = []
        for plan in plans:
            reports.append(run(plan, folder))
            if not wanted.json:
                print(_table(reports[-1], wanted.seed), flush=True)
    if wanted.json:
        print(json.dumps(reports))
    return 0 if all(is_as_promised(report) for report in reports) else 1


def is_as_promised(report: dict[str, Any]) -> bool:
    if not report["guarded"]:
        return bool(report["faults"]["overlaps"])
    return not any(report["faults"].values()) and not report["stopped"]


def _table(report: dict[str, Any], seed: int) -> str:
    kind = "with lock and constraints" if report["guarded"] else "control: without lock and constraints"
    kind += ", all for one hour" if report["crowd"] else ""
    lines = [
        f"\nCapacity {report['capacity']}, {kind}: {report['attempts']} attempts in {report['seconds']} s,"
        f" {report['killed']} processes killed, seed {seed}",
        "  outcomes   " + ", ".join(f"{name} {count}" for name, count in report["outcomes"].items()),
        "  faults     " + ", ".join(f"{name} {len(rows)}" for name, rows in report["faults"].items()),
        "  at rest    {asked} arrivals asked, {open} open".format(**report["at_rest"]),
    ]
    for what, figures in report["latency_ms"].items():
        lines.append(f"  {what:<10} " + "  ".join(f"{name} {ms:.0f} ms" for name, ms in figures.items()))
    for name, rows in report["faults"].items():
        lines += [f"  {name}: {row}" for row in rows[:5] if report["guarded"]]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
