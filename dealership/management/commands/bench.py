"""manage.py bench: what things cost on this machine, in one table."""

import asyncio
import time
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dealership.bench import media_socket, turn_taking
from dealership.bench.callers import FILE
from dealership.bench.figures import Figure, table

ROUNDS = 20
QUESTIONS = (media_socket.measure,)


class Command(BaseCommand):
    help = "Print one table of measured figures; takes under a minute. Speech: manage.py bench_speech."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rounds", type=int, default=ROUNDS, help="samples of every figure")
        parser.add_argument("--data", type=Path, default=turn_taking.DATA, help=f"folder with {FILE}")

    def handle(self, *args: Any, rounds: int, data: Path, **options: Any) -> None:
        if rounds < 1:
            raise CommandError("At least one round is needed.")
        began = time.monotonic()
        self.stdout.write(f"Measuring {rounds} rounds of everything ...")
        try:
            figures = asyncio.run(_measure_all(rounds, data))
        except (OSError, TimeoutError) as error:
            raise CommandError(f"Nothing was measured: {error or 'a server did not start'}.") from error
        self.stdout.write(table(figures))
        if not (data / FILE).exists():
            self.stdout.write(
                f"Turn taking was not measured: {data} has no {FILE}; name its folder with --data."
            )
        self.stdout.write(f"{time.monotonic() - began:.0f} s. How well and how fast the desk hears and")
        self.stdout.write("speaks: python manage.py bench_speech --data FOLDER")


async def _measure_all(rounds: int, data: Path) -> list[Figure]:
    questions = (*QUESTIONS, partial(turn_taking.measure, data=data))
    return [figure for measure in questions for figure in await measure(rounds=rounds)]
