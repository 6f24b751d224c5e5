"""manage.py calendar_audit: what connected calendars show, against our rows. Changes nothing."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from scheduling.calendar_audit import audit
from scheduling.models import CalendarConnection
from scheduling.ports import CalendarError


class Command(BaseCommand):
    help = "Print what differs between the calendars and the appointments; exit with 1 when anything does."

    def handle(self, *args: Any, **options: Any) -> None:
        is_good = True
        for connection in CalendarConnection.objects.select_related("rooftop", "technician"):
            lines = self._look(connection)
            is_good = is_good and not lines
            for line in lines or ["in step"]:
                self.stdout.write(f"{connection}: {line}")
        if not is_good:
            sys.exit(1)

    def _look(self, connection: CalendarConnection) -> list[str]:
        if connection.state != connection.State.CONNECTED:
            return [f"disconnected ({connection.trouble})"]
        try:
            found = audit(connection, timezone.now())
        except CalendarError as error:
            return [f"cannot be asked ({error.code})"]
        return [
            f"{one.code}: {f'appointment {one.appointment_id}, ' if one.appointment_id else ''}{one.sentence}"
            for one in found
        ]
