"""Channels: the calendar tells us that something changed. A hint only; sync.py reads without it, too."""

import logging
import secrets
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from scheduling import sync
from scheduling.models import CalendarConnection
from scheduling.ports import Calendar, CalendarError, Disconnected, SlowDown
from scheduling.providers import make_calendar

log = logging.getLogger(__name__)

CHANNEL_SECONDS = 7 * 24 * 3600
RENEW_BEFORE = timedelta(days=1)


def watch_due(now: datetime) -> None:
    """Renew channels before they end; the old and the new one overlap. Only an https address is told."""
    if not settings.IS_SERVED_BY_TLS:
        return
    ending = Q(channel_expires_at=None) | Q(channel_expires_at__lt=now + RENEW_BEFORE)
    for connection in sync.ready(now).filter(ending):
        if not sync.ready(now).filter(pk=connection.pk).exists():
            continue  # slowed down by what another one was told
        try:
            _watch(make_calendar(connection), connection)
        except Disconnected as error:
            sync.disconnect(connection, error.code, now)
        except SlowDown as error:
            sync.slow_down(connection, error, now)
        except CalendarError as error:  # polling goes on meanwhile
            log.warning("calendar %s has no channel: %s", connection.pk, error.code)


def _watch(calendar: Calendar, connection: CalendarConnection) -> None:
    channel_id = f"{connection.key.hex}-{secrets.token_hex(8)}"
    channel = calendar.watch(
        channel_id,
        address=settings.PUBLIC_BASE_URL + reverse("google-calendar"),
        token=channel_token(channel_id),
        seconds=CHANNEL_SECONDS,
    )
    old_id, old_resource = connection.channel_id, connection.channel_resource
    CalendarConnection.objects.filter(pk=connection.pk).update(
        channel_id=channel.channel_id,
        channel_resource=channel.resource_id,
        channel_expires_at=channel.expires_at,
    )
    if old_id:
        with suppress(CalendarError):
            calendar.unwatch(old_id, old_resource)


def channel_token(channel_id: str) -> str:
    """The secret of a channel: derived, not stored."""
    return salted_hmac("calendar channel", channel_id, algorithm="sha256").hexdigest()


def channel_owner(channel_id: str, token: str) -> CalendarConnection | None:
    """Whose channel this is; None when the token is not the one that we gave it."""
    if not constant_time_compare(token.encode(), channel_token(channel_id).encode()):
        return None
    return CalendarConnection.objects.filter(key=channel_id.partition("-")[0]).first()
