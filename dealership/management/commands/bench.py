"""manage.py bench: what things cost on this machine, in one table."""

import asyncio
import time
from argparse import ArgumentParser
from collections.abc import Awaitable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from django.core.management.base import BaseCommand, CommandError
from django.test import override_settings

from dealership.bench import (
    availability,
    bookings,
    connections,
    lookups,
    media_socket,
    records,
    relay,
    spoken_calls,
    staff_site,
    tools,
    turn_taking,
    vins,
)
from dealership.bench.callers import FILE
from dealership.bench.figures import Figure, table
from dealership.bench.store import big_store
from dealership.demo.scale import LARGEST


class Measure(Protocol):
    def __call__(self, *, rounds: int) -> Awaitable[list[Figure]]: ...


ROUNDS = 20
CUSTOMERS = 1_000_000
# By the names of their modules, as --only knows them.
QUESTIONS: dict[str, Measure] = {
    "media_socket": media_socket.measure,
    "turn_taking": turn_taking.measure,
    "spoken_calls": spoken_calls.measure,
    "relay": relay.measure,
}
# Asked on a big store, in a database of its own.
STORE_QUESTIONS: dict[str, Measure] = {
    "lookups": lookups.measure,
    "availability": availability.measure,
    "bookings": bookings.measure,
    "tools": tools.measure,
    "vins": vins.measure,
    "connections": connections.measure,
    "records": records.measure,
    "staff_site": staff_site.measure,
}


class Command(BaseCommand):
    help = "Print one table of measured figures; takes some minutes. Speech: manage.py bench_speech."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rounds", type=int, default=ROUNDS, help="samples of every figure, or more")
        parser.add_argument("--data", type=Path, default=turn_taking.DATA, help=f"folder with {FILE}")
        parser.add_argument(
            "--customers", type=int, default=CUSTOMERS, help="size of the store; 0 leaves its figures out"
        )
        names = [*QUESTIONS, *STORE_QUESTIONS]
        parser.add_argument("--only", nargs="+", choices=names, default=names, help="leave the rest out")
        parser.add_argument("--full", action="store_true", help="a thousand calls in a row, not a hundred")
        parser.add_argument("--fresh", action="store_true", help="write the store anew")

    def handle(
        self,
        *args: Any,
        rounds: int,
        data: Path,
        customers: int,
        only: list[str],
        full: bool,
        fresh: bool,
        **options: Any,
    ) -> None:
        if rounds < 1:
            raise CommandError("At least one round is needed.")
        if not 0 <= customers <= LARGEST:
            raise CommandError(f"A store has up to {LARGEST:,} customers.")
        began = time.monotonic()
        self.stdout.write(f"Measuring {rounds} rounds of everything ...")
        with_options = {
            "turn_taking": partial(turn_taking.measure, data=data),
            "spoken_calls": partial(spoken_calls.measure, data=data),
            "relay": partial(relay.measure, full=full),
        }
        try:
            figures = asyncio.run(_ask(_chosen(QUESTIONS | with_options, only), rounds))
            if customers and (asked := _chosen(STORE_QUESTIONS, only)):
                figures += self._measure_store(asked, rounds, customers, fresh)
        except (OSError, TimeoutError) as error:
            raise CommandError(f"Nothing was measured: {error or 'a server did not start'}.") from error
        self.stdout.write(table(figures))
        if "turn_taking" in only and not (data / FILE).exists():
            self.stdout.write(
                f"Turn taking was not measured: {data} has no {FILE}; name its folder with --data."
            )
        self.stdout.write(f"{time.monotonic() - began:.0f} s. How well and how fast the desk hears and")
        self.stdout.write("speaks: python manage.py bench_speech --data FOLDER")

    def _measure_store(
        self, questions: Sequence[Measure], rounds: int, customers: int, fresh: bool
    ) -> list[Figure]:
        # As on a server: with DEBUG every query is kept in memory, and pages come by any host name.
        with (
            override_settings(DEBUG=False, ALLOWED_HOSTS=["*"], SECURE_SSL_REDIRECT=False),
            big_store(customers, note=self.stdout.write, fresh=fresh),
        ):
            return asyncio.run(_ask(questions, rounds))


def _chosen(questions: Mapping[str, Measure], only: Collection[str]) -> list[Measure]:
    return [measure for name, measure in questions.items() if name in only]


async def _ask(questions: Sequence[Measure], rounds: int) -> list[Figure]:
    return [figure for measure in questions for figure in await measure(rounds=rounds)]
