"""Holds every calendar against our rows, event by event: what differs although nothing is on its way?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from crm import faults
from scheduling import busy, outbox, sync
from scheduling.calendar_edits import SHOWN
from scheduling.models import Appointment, CalendarConnection, CalendarLink, CalendarOutbox
from scheduling.ports import Calendar, CalendarError, Disconnected, SeenEvent, SlowDown
from scheduling.providers import make_calendar

FROM_HOUR, UNTIL_HOUR = 2, 6  # of the night, on the store's clock
AUDITED_FOR = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Difference:
    """code: waiting, parked, missing, moved, stale, extra, unread or unsettled. No personal data.

    appointment_id: None for a technician's hours, or an event that belongs to no visit of ours.
    """

    code: str
    sentence: str
    appointment_id: int | None = None


def audit(connection: CalendarConnection, now: datetime) -> list[Difference]:
    """Everything ahead that differs. Asks the calendar; raises CalendarError."""
    calendar = make_calendar(connection)
    if connection.technician_id is None:
        return [*_untold(connection), *_visits(calendar, connection, now)]
    return list(_hours(calendar, connection, now))


def due(now: datetime) -> list[int]:
    """Calendars whose night it is on their store's clock, and that none of its hours has looked at yet."""
    waiting = sync.ready(now).filter(_not_since(now)).order_by("pk")
    return [row.pk for row in waiting if FROM_HOUR <= now.astimezone(row.rooftop.zone).hour < UNTIL_HOUR]


def _not_since(now: datetime) -> Q:
    return Q(audited_at=None) | Q(audited_at__lt=now - AUDITED_FOR)


def audit_by_night(connection_id: int, now: datetime) -> int:
    """Look at one calendar, report what differs, and set it right; returns how many differ.

    Once a night, however many ask. One that cannot be asked is looked at again in an hour, or the next night.
    """
    connection = sync.ready(now).filter(pk=connection_id).first()
    mine = CalendarConnection.objects.filter(_not_since(now), pk=connection_id)
    if connection is None or not mine.update(audited_at=now):
        return 0
    outbox.try_parked_again(now, connection)
    try:
        found = [one for one in audit(connection, now) if one.code != "waiting"]
    except CalendarError as error:
        CalendarConnection.objects.filter(pk=connection_id).update(audited_at=connection.audited_at)
        _not_audited(connection, error, now)
        return 0
    if found:
        _set_right(connection, found, now)
    return len(found)


def _not_audited(connection: CalendarConnection, error: CalendarError, now: datetime) -> None:
    if isinstance(error, Disconnected):
        sync.disconnect(connection, error.code, now)
        return
    if isinstance(error, SlowDown):
        sync.slow_down(connection, error, now)
    faults.record(
        faults.Source.CALENDAR,
        error.code,
        f"{connection} could not be audited; it is tried again.",
        rooftop=connection.rooftop,
        at=now,
    )


def _set_right(connection: CalendarConnection, found: list[Difference], now: datetime) -> None:
    faults.record(
        faults.Source.CALENDAR,
        "drift",
        f"{connection} differed in {len(found)} places; it is set right now.",
        rooftop=connection.rooftop,
        at=now,
    )
    # Read first: what a person moved there is their wish, not drift.
    CalendarConnection.objects.filter(pk=connection.pk).update(sync_token="", pull_due_at=now)
    visits = Appointment.objects.filter(pk__in=[one.appointment_id for one in found if one.appointment_id])
    CalendarLink.objects.filter(appointment__in=visits).update(version=0, is_gone=False)
    for visit in visits:
        outbox.note(visit, now + timedelta(minutes=2))


def _untold(connection: CalendarConnection) -> Iterator[Difference]:
    for row in CalendarOutbox.objects.filter(connection=connection):
        code = "parked" if row.parked_at else "waiting"
        yield Difference(code, f"a change is not told: {row.trouble or 'its turn comes'}", row.appointment_id)


def _visits(calendar: Calendar, connection: CalendarConnection, now: datetime) -> Iterator[Difference]:
    on_its_way = set(connection.outbox.values_list("appointment", flat=True))
    events = {event.event_id: event for event in _ours(calendar, connection, now)}
    shown = Appointment.objects.active().filter(rooftop=connection.rooftop, ready_at__gt=now)
    for visit in shown.select_related("calendar_link").order_by("pk"):
        link: CalendarLink | None = getattr(visit, "calendar_link", None)
        event = events.pop(link.event_id, None) if link else None
        if visit.pk in on_its_way:
            continue
        if event is None or event.stamp is None:
            yield Difference("missing", "the calendar does not show it", visit.pk)
        elif event.span != (visit.arrives_at, visit.ready_at):
            yield Difference("moved", "the calendar shows another time", visit.pk)
        elif event.stamp.version != visit.version:
            yield Difference("stale", "the calendar shows an earlier version", visit.pk)
    off = set(
        Appointment.objects.filter(rooftop=connection.rooftop)
        .exclude(status__in=SHOWN)
        .values_list("calendar_link__event_id", "pk")
        .filter(calendar_link__event_id__in=list(events))
    )
    for event_id, pk in sorted(off):
        del events[event_id]
        if pk not in on_its_way:
            yield Difference("extra", "the calendar shows it, and it is off", pk)
    past = set(connection.links.filter(event_id__in=list(events)).values_list("event_id", flat=True))
    for event_id in sorted(set(events) - past):
        yield Difference(
            "extra", f"the event {event_id} shows a visit a second time, or one that is not ours"
        )


def _ours(calendar: Calendar, connection: CalendarConnection, now: datetime) -> Iterator[SeenEvent]:
    page = calendar.ours(connection.key.hex, since=now, page="")
    yield from page.events
    while page.next_page:
        page = calendar.ours(connection.key.hex, since=now, page=page.next_page)
        yield from page.events


def _hours(calendar: Calendar, connection: CalendarConnection, now: datetime) -> Iterator[Difference]:
    """The spans we keep against those that are there, then the time off that was made of them."""
    kept = set(connection.busy.filter(ends_at__gt=now).values_list("event_id", "starts_at", "ends_at"))
    limit = now + timedelta(days=connection.rooftop.horizon_days)
    there, page = set(), calendar.changes(sync_token="", page="")
    while True:
        there |= {
            (event.event_id, *event.span)
            for event in page.events
            if event.span and event.is_busy and not event.stamp and event.span[1] > now
        }
        if not page.next_page:
            break
        page = calendar.changes(sync_token="", page=page.next_page)
    unread = {span for span in kept ^ there if span[1] < limit}
    if unread:
        yield Difference("unread", f"{len(unread)} busy hours differ from what was read")
    if not busy.is_settled(connection, now):
        yield Difference("unsettled", "busy hours are not taken out of the lane")
