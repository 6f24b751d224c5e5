"""manage.py demo_store: write the demo store and its log-ins, once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from dealership import demo


class Command(BaseCommand):
    help = "Writes the demo store (two rooftops, people, menu, customers) unless it is there already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--advisor-password", required=True)
        parser.add_argument("--manager-password", required=True)

    def handle(self, *args: Any, advisor_password: str, manager_password: str, **options: Any) -> None:
        is_new = demo.create(
            now=timezone.now(), advisor_password=advisor_password, manager_password=manager_password
        )
        self.stdout.write("The demo store is written." if is_new else "The demo store is already there.")
