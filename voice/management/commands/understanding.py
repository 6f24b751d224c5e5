"""manage.py understanding DIR: how well the desk understands the sentences of a folder of development data."""

from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from voice.understanding import dates, intents, people, reasons, turns, vehicles
from voice.understanding.score import Score, table

# Each reads its file of the folder. Raises FileNotFoundError.
SOURCES: Sequence[Callable[[Path], list[Score]]] = (
    dates.sources,
    vehicles.score_vehicles,
    reasons.score_reasons,
    intents.score_intents,
    people.names_and_numbers,
    people.answers,
    turns.speed,
)


class Command(BaseCommand):
    help = "Score the built-in understanding on a folder of development data, in one table."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="with the files that its own README names")
        parser.add_argument(
            "--wrong", action="store_true", help="print also what was misunderstood, row by row"
        )

    def handle(self, *, folder: Path, wrong: bool, **options: object) -> None:
        try:
            scores = [score for source in SOURCES for score in source(folder)]
        except FileNotFoundError as error:
            raise CommandError(f"{error.filename} is not there; name the folder that has it.") from error
        if wrong:
            for score in scores:
                for line in score.wrong:
                    self.stdout.write(f"{score.name}: {line}")
        self.stdout.write(table(scores))
