"""manage.py demo_store: write the demo store and its log-ins, once; with --scale also a load test's data."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dealership import demo
from dealership.demo.scale import write_scale


class Command(BaseCommand):
    help = "Writes the demo store (two rooftops, people, menu, customers) unless it is there already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--advisor-password")
        parser.add_argument("--manager-password")
        parser.add_argument(
            "--scale",
            type=int,
            metavar="N",
            help="Write N customers besides, with two years of appointments, in rooftops of their own.",
        )

    def handle(
        self,
        *args: Any,
        advisor_password: str | None,
        manager_password: str | None,
        scale: int | None,
        **options: Any,
    ) -> None:
        if advisor_password and manager_password:
            is_new = demo.create(
                now=timezone.now(), advisor_password=advisor_password, manager_password=manager_password
            )
            self.stdout.write("The demo store is written." if is_new else "The demo store is already there.")
        elif scale is None:
            raise CommandError("Give --advisor-password and --manager-password, or --scale.")
        if scale is not None:
            self._write_scale(scale)

    def _write_scale(self, customers: int) -> None:
        started_at = timezone.now()

        def note(text: str) -> None:
            self.stdout.write(f"{(timezone.now() - started_at).total_seconds():6.1f} s  {text}")

        try:
            write_scale(customers, now=started_at, note=note)
        except ValueError as problem:
            raise CommandError(str(problem)) from problem
        note("The scaled store is written.")
