"""Reminder calls that ring the phone page: what the carrier's webhooks would do for others."""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from reminders import outcomes
from voice import ringing
from voice.models import Call


def listen() -> None:
    ringing.news.connect(note, dispatch_uid="reminders.browser_calls")


def note(sender: type[Call], *, call: Call, status: str, path: str, now: datetime, **more: Any) -> None:
    """Somebody answers the page that a reminder rings, or nobody did."""
    about = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
    reminder = outcomes.named(
        about.get("appointment_id", ""), about.get("attempt", ""), about.get("token", "")
    )
    if reminder is None:
        return
    outcomes.note_evidence(reminder, call.sid)
    if status == Call.CarrierStatus.IN_PROGRESS:
        outcomes.open_call(reminder, call.sid, carrier=Call.Carrier.BROWSER, now=now)
    else:
        outcomes.note_status(reminder, status, now=now)
