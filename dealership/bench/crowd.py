"""Many processes that want something at the same moment: python -m dealership.bench.crowd.

A process of its own, without threads, forks them: a fork would cut the threads of `make bench` in two.
It reads a wish as JSON from its standard input and writes what each process met to its output.
"""

import asyncio
import json
import logging
import os
import random
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime
from itertools import repeat
from multiprocessing import get_context
from threading import Barrier
from typing import TYPE_CHECKING, Any

from django.conf import settings

from dealership.bench.figures import milliseconds

if TYPE_CHECKING:
    from crm.models import Rooftop
    from scheduling.slots import Slot

PROCESSES = 32
MEETING_SECONDS = 60.0
TRIES = 100
NOON = 12

_barrier: Barrier


async def at_once(job: str, **wish: Any) -> list[Any]:
    """What each of PROCESSES got that did this job (a name of JOBS) in the present database."""
    from dealership.bench import store

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dealership.bench.crowd"),
        cwd=settings.BASE_DIR,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    asked = {"database": store.name(), "job": job, "wish": wish}
    try:
        answer, _ = await process.communicate(json.dumps(asked).encode())
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        raise OSError(f"the processes of {job} ended with status {process.returncode}")
    return list(json.loads(answer))


# --- the jobs, each in one process of many ----------------------------------------------------


def want_mornings(number: int, wish: dict[str, Any]) -> list[dict[str, Any]]:
    """Book the same mornings as everybody, one after the other; a dict for each, see _want."""
    from crm.models import Rooftop

    rooftop = Rooftop.objects.get(pk=wish["rooftop"])
    outcomes = []
    for day in wish["days"]:
        _barrier.wait(MEETING_SECONDS)
        outcomes.append(_want(number, rooftop, date.fromisoformat(day), wish))
    return outcomes


def _want(number: int, rooftop: "Rooftop", day: date, wish: dict[str, Any]) -> dict[str, Any]:
    """Ask what is open, choose one, book it, until one is booked or nothing is open.

    booked is None when nothing was left; tries are the milliseconds of each booking, codes its refusals.
    """
    from crm.models import Customer, Vehicle
    from scheduling import booking
    from scheduling.models import OpCode
    from scheduling.refusals import Refusal

    customer_id, vehicle_id = wish["parties"][number]
    customer, vehicle = Customer.objects.get(pk=customer_id), Vehicle.objects.get(pk=vehicle_id)
    services = [OpCode.objects.get(pk=wish["service"])]
    now = datetime.fromisoformat(wish["now"])
    dice = random.Random(f"{number} {day}")
    got: dict[str, Any] = {"booked": None, "tries": [], "codes": []}

    def book(arrives_at: datetime) -> None:
        try:
            got["booked"] = booking.book(
                rooftop, customer, vehicle, services, arrives_at, actor="bench", source="phone", now=now
            ).pk
        except Refusal as refusal:
            got["codes"].append(refusal.code)

    for _ in range(TRIES):
        slots = [
            slot
            for slot in booking.openings(rooftop, services, day, day, now=now)
            if is_morning(slot, rooftop)
        ]
        if not slots or got["booked"]:
            break
        arrives_at = dice.choice(slots).arrives_at
        got["tries"].append(milliseconds(lambda at=arrives_at: book(at)))  # type: ignore[misc]
    return got


def is_morning(slot: "Slot", rooftop: "Rooftop") -> bool:
    return slot.arrives_at.astimezone(rooftop.zone).hour < NOON


def write_records(number: int, wish: dict[str, Any]) -> dict[str, Any]:
    """Open this process's share of the calls and note its share of the errors, in turns."""
    from crm import faults

    logging.getLogger("crm").setLevel(logging.ERROR)  # faults are logged too, and these are none
    calls, errors = (range(number, wish[what], PROCESSES) for what in ("calls", "errors"))
    took: dict[str, Any] = {"calls": [], "errors": [], "failed": 0}
    _barrier.wait(MEETING_SECONDS)
    for index in calls:
        took["calls"].append(milliseconds(lambda index=index: _open_call(index, wish, took)))  # type: ignore[misc]
        if index in errors:
            took["errors"].append(milliseconds(lambda: faults.record(faults.Source.WORKER, "bench", "None.")))
    took["failed"] += not faults.flush(MEETING_SECONDS)
    return took


def _open_call(index: int, wish: dict[str, Any], took: dict[str, Any]) -> None:
    from django.db import DatabaseError
    from django.utils import timezone

    from voice.calls import open_call
    from voice.models import Call

    callers, called_number = wish["callers"], wish["called_number"]
    caller = callers[index % len(callers)]
    try:
        open_call(
            carrier=Call.Carrier.TWILIO.value,
            sid=f"{wish['sid']}-{index}",
            caller_number=caller,
            called_number=called_number,
            now=timezone.now(),
        )
    except DatabaseError:
        took["failed"] += 1


JOBS: dict[str, Callable[[int, dict[str, Any]], Any]] = {
    "want_mornings": want_mornings,
    "write_records": write_records,
}


# --- the process that forks them --------------------------------------------------------------


def main() -> None:
    asked = json.load(sys.stdin)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dealership.settings")
    import django

    django.setup()
    settings.DEBUG = False  # which keeps every query in memory
    from dealership.bench import store

    with store.switched_to(asked["database"]):
        print(json.dumps(_run(JOBS[asked["job"]], asked["wish"])))


def _run(job: Callable[[int, dict[str, Any]], Any], wish: dict[str, Any]) -> list[Any]:
    fork = get_context("fork")
    barrier = fork.Barrier(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, fork, initializer=_meet_at, initargs=(barrier,)) as pool:
        return list(pool.map(job, range(PROCESSES), repeat(wish)))


def _meet_at(barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier


if __name__ == "__main__":
    main()
