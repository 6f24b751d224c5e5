"""Which version of a visit a tool call wrote, so that the call's page leads to that line of its history."""

from collections.abc import Sequence
from datetime import timedelta

from scheduling.history import PHONE_DESK
from scheduling.models import AppointmentEvent
from voice.models import Call, ToolCall


def versions(call: Call, tool_calls: Sequence[ToolCall]) -> dict[int, int]:
    """The key of a tool call → the version; absent where the history does not tell. One query.

    Of what the phone desk changed while the call went on, that counts which is nearest in time.
    """
    wrote = [used for used in tool_calls if used.appointment_id and used.code == "ok"]
    changes = AppointmentEvent.objects.filter(
        appointment__in={used.appointment_id for used in wrote},
        actor=PHONE_DESK,
        kind=AppointmentEvent.Kind.CHANGE,
        version__gt=0,
        at__gte=call.started_at,
    )
    if call.ended_at:
        changes = changes.filter(at__lte=call.ended_at)
    rows = list(changes)
    found: dict[int, int] = {}
    for used in wrote:
        moment = (call.stream_opened_at or call.started_at) + timedelta(milliseconds=used.at_ms)
        theirs = [row for row in rows if row.appointment_id == used.appointment_id]
        if theirs:
            found[used.pk] = min(theirs, key=lambda row: abs(row.at - moment)).version
    return found
