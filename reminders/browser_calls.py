"""Reminder calls that ring the phone page: what the carrier's webhooks would do for others."""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from reminders.models import Reminder
from voice import calls, ringing
from voice.models import Call


def listen() -> None:
    ringing.news.connect(note, dispatch_uid="reminders.browser_calls")


def note(sender: type[Call], *, call: Call, status: str, path: str, now: datetime, **more: Any) -> None:
    """Somebody answered the page that a reminder rings: the call learns which appointment it is about."""
    token = parse_qs(urlsplit(path).query).get("token", [""])[0]
    reminder = Reminder.objects.select_related("appointment__rooftop", "appointment__customer")
    found = reminder.filter(token=token).first()
    if found is None or status != Call.CarrierStatus.IN_PROGRESS:
        return
    calls.open_outbound(
        found.appointment,
        call.caller_number,
        carrier=call.carrier,
        sid=call.sid,
        purpose=Call.Purpose.REMINDER,
        now=now,
    )
