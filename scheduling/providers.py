"""Which class reaches a connected calendar: named in settings by dotted path, loaded here."""

from django.conf import settings
from django.utils.module_loading import import_string

from crm.sealing import CannotUnseal, unseal
from scheduling.models import CalendarConnection
from scheduling.ports import Calendar, Disconnected


def make_calendar(connection: CalendarConnection) -> Calendar:
    """Asks nothing yet. Raises Disconnected when the grant cannot be read."""
    try:
        grant = unseal(connection.sealed_grant) if connection.sealed_grant else ""
    except CannotUnseal as error:
        raise Disconnected("no_key", retryable=False) from error
    calendar: Calendar = import_string(settings.CALENDAR)(
        connection.calendar_id, time_zone=connection.rooftop.time_zone, refresh_token=grant
    )
    return calendar
