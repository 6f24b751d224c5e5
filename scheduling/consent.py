"""The owner's consent to use a calendar: what is asked on the way out is checked on the way back.

The state, the PKCE verifier and the calendar it is about wait in the session of the person who asked.
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import MutableMapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from crm.sealing import can_seal, seal
from scheduling import sync
from scheduling.calendars import google
from scheduling.models import CalendarConnection

WAITING = "calendar_consent"


def what_is_missing() -> str:
    """The setting without which nobody can consent; empty when all is there."""
    if not (settings.GOOGLE_CLIENT_ID and settings.GOOGLE_CLIENT_SECRET):
        return "GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET"
    return "" if can_seal() else "FIELD_ENCRYPTION_KEY"


def has_service_account() -> bool:
    return bool(settings.GOOGLE_SERVICE_ACCOUNT_FILE)


def ask(session: MutableMapping[str, Any], connection: CalendarConnection) -> str:
    """The address of Google's page for this calendar."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    session[WAITING] = {"state": state, "verifier": verifier, "connection": connection.pk}
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = urlsafe_b64encode(digest).decode().rstrip("=")
    return google.consent_url(state=state, challenge=challenge, redirect_uri=_redirect_uri())


def come_back(
    session: MutableMapping[str, Any], *, state: str, code: str, now: datetime
) -> CalendarConnection | None:
    """Keep the grant of who consented; None when nobody here asked for it. Raises CalendarError.

    What was asked serves once, whatever comes of it.
    """
    asked = session.pop(WAITING, None)
    if not asked or not constant_time_compare(state.encode(), asked["state"].encode()):
        return None
    connection = CalendarConnection.objects.select_related("rooftop").filter(pk=asked["connection"]).first()
    if connection is None:
        return None
    grant = google.exchange(code, verifier=asked["verifier"], redirect_uri=_redirect_uri())
    connect(connection, seal(grant), now)
    return connection


def connect(connection: CalendarConnection, sealed_grant: str, now: datetime) -> None:
    """From now on the calendar is in step: all that is ahead goes out, all that is there comes in."""
    with transaction.atomic():
        connection.sealed_grant, connection.state = sealed_grant, CalendarConnection.State.CONNECTED
        connection.trouble, connection.slow_until, connection.slow_count = "", None, 0
        connection.sync_token, connection.pull_due_at = "", now
        connection.channel_expires_at = None
        connection.save()
        sync.show_all(connection, now)


def _redirect_uri() -> str:
    return f"{settings.PUBLIC_BASE_URL}{reverse('calendar-consent')}"
