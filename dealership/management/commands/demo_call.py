"""manage.py demo_call: phone the running desk with a simulated caller."""

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dealership import demo_call
from voice.simulation import Refused

NAMES = ("maria", "new-customer", "changes-mind", "interrupts", "hangs-up")


class Command(BaseCommand):
    help = "Phones the desk at PUBLIC_BASE_URL; exit status 0 only if the database holds what was wanted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("caller", nargs="?", default="maria", choices=NAMES)

    def handle(self, *args: Any, caller: str, **options: Any) -> None:
        try:
            result = asyncio.run(demo_call.run(caller, now=timezone.now()))
        except Refused as error:
            raise CommandError(str(error)) from error
        except (OSError, TimeoutError) as error:
            raise CommandError(f"The call could not be held: {error or type(error).__name__}") from error
        self.stdout.write(demo_call.report(result))
        if result.problem:
            raise CommandError("The call did not end in what the caller wanted.")
