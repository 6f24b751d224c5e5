"""manage.py demo_store: write the demo store and its log-ins, once; with --scale a load test's data.

The log-ins' passwords are those of the command line, else of the environment (`make run` keeps its own in
var/dev.env), else made here and shown this once; log-ins that are there keep theirs.
"""

import secrets
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dealership import demo
from dealership.demo.scale import write_scale

PASSWORD_BYTES = 9  # as `make run` makes them


class Command(BaseCommand):
    help = "Writes the demo store (two rooftops, people, menu, customers) unless it is there already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name in demo.LOG_INS:
            parser.add_argument(f"--{name}-password")
        parser.add_argument(
            "--scale",
            type=int,
            metavar="N",
            help="Write N customers instead, with two years of appointments, in rooftops of their own; "
            "with passwords the demo store too.",
        )

    def handle(self, *args: Any, scale: int | None, **options: Any) -> None:
        given: dict[str, str | None] = {name: options[f"{name}_password"] for name in demo.LOG_INS}
        if scale is None or any(given.values()):
            self._write_store(given)
        if scale is not None:
            self._write_scale(scale)

    def _write_store(self, given: dict[str, str | None]) -> None:
        kept = {name: getattr(settings, f"DEMO_{name.upper()}_PASSWORD") for name in given}
        known = {name: password or kept[name] for name, password in given.items()}
        made = _made_for(name for name, password in known.items() if not password)
        is_new = demo.create(now=timezone.now(), **{**known, **made})
        self.stdout.write("The demo store is written." if is_new else "The demo store is already there.")
        for name, password in made.items():
            self.stdout.write(f"Log-in: {name} / {password}")

    def _write_scale(self, customers: int) -> None:
        started_at = timezone.now()

        def note(text: str) -> None:
            self.stdout.write(f"{(timezone.now() - started_at).total_seconds():6.1f} s  {text}")

        try:
            write_scale(customers, now=started_at, note=note)
        except ValueError as problem:
            raise CommandError(str(problem)) from problem
        note("The scaled store is written.")


def _made_for(log_ins: Iterable[str]) -> dict[str, str]:
    """A new password for each of these log-ins that nobody can use yet."""
    there = set(User.objects.filter(username__in=demo.LOG_INS).values_list("username", flat=True))
    return {name: secrets.token_urlsafe(PASSWORD_BYTES) for name in log_ins if name not in there}
