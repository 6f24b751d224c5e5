"""manage.py doctor: says what is wrong with this installation and what to do about it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from dealership.doctor import Level, examine, fill_gaps


class Command(BaseCommand):
    help = "Name every missing key, unreachable service, provider in use and unsafe setting."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        is_broken = False
        for finding in examine(fill_gaps()):
            is_broken = is_broken or finding.level is Level.BROKEN
            self.stdout.write(str(finding))
        if is_broken:
            sys.exit(1)
