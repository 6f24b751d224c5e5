"""Keeps calendars in step: what changed here goes out (push), what people did there comes in (pull).

Only these functions ask a calendar, never within a transaction and never while a caller waits. However a
calendar fails, visits stay as they are; what was not told stays in the outbox.
"""

import logging
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Greatest
from django.urls import reverse

from crm import faults
from crm.models import FollowUpTask
from scheduling import busy, calendar_edits, outbox
from scheduling.calendar_edits import SHOWN, TASK_WITHIN
from scheduling.models import Appointment, CalendarConnection, CalendarLink, CalendarOutbox
from scheduling.ports import (
    Calendar,
    CalendarError,
    Changed,
    Disconnected,
    Gone,
    Page,
    SeenEvent,
    SlowDown,
    Stamp,
    Taken,
    TokenExpired,
    VisitEvent,
)
from scheduling.providers import make_calendar
from scheduling.refusals import Refusal

log = logging.getLogger(__name__)

SWEEP_SECONDS = 60.0  # of one task, well below its time limit
ROUNDS = 4  # of writing, being overtaken by a person, and looking again
PULL_EVERY = timedelta(minutes=5)
PULL_AGAIN = timedelta(seconds=30)  # after a failure
PULL_CLAIM = timedelta(minutes=3)
LIST_ALL_EVERY = timedelta(days=7)  # what was too far ahead to be kept comes into sight
LONGEST_SLOW_SECONDS = 900.0
State = CalendarConnection.State


# --- what goes wrong with a whole calendar ------------------------------------------------


def disconnect(connection: CalendarConnection, code: str, now: datetime) -> None:
    """Nothing is asked any more until a person connects it again; staff get a task, once."""
    sentence = (
        f"{connection} is disconnected: connect it again in the staff site. Booking goes on without it."
    )
    with transaction.atomic():
        changed = CalendarConnection.objects.filter(pk=connection.pk, state=State.CONNECTED).update(
            state=State.DISCONNECTED, trouble=code
        )
        if not changed:
            return
        FollowUpTask.objects.create(
            rooftop=connection.rooftop,
            kind=FollowUpTask.Kind.CONFLICT,
            summary=sentence,
            due_at=now + TASK_WITHIN,
        )
    faults.record(faults.Source.CALENDAR, code, sentence, rooftop=connection.rooftop, at=now)


def slow_down(connection: CalendarConnection, error: SlowDown, now: datetime) -> None:
    """A quota is used up: whatever shares it waits, at least as long as Google said.

    Quotas are a person's, or the service account's: a store's calendars mostly share one.
    """
    spread = random.uniform(0, min(2.0 ** (connection.slow_count + 2), LONGEST_SLOW_SECONDS))
    until = now + timedelta(seconds=error.retry_after + spread)
    shares = Q(rooftop=connection.rooftop_id)
    if not connection.sealed_grant:
        shares |= Q(sealed_grant="")
    CalendarConnection.objects.filter(shares, state=State.CONNECTED).update(
        slow_until=Greatest("slow_until", Value(until)),
        slow_count=F("slow_count") + 1,
        trouble=error.code,
    )


def _answered(connection: CalendarConnection) -> None:
    CalendarConnection.objects.filter(pk=connection.pk).exclude(slow_count=0, trouble="").update(
        slow_count=0, trouble=""
    )


# --- out ----------------------------------------------------------------------------------


def push_due(now: datetime, *, appointment_id: int | None = None) -> int:
    """Tell calendars what is due, all of it or one visit's; returns how many changes were told.

    A calendar that fails is left alone for the rest of this round.
    """
    until, told, failing = time.monotonic() + SWEEP_SECONDS, 0, set[int]()
    calendars: dict[int, Calendar] = {}  # one TCP connection each for the whole round
    while time.monotonic() < until:
        row = outbox.claim(now, appointment_id=appointment_id, but=failing)
        if row is None:
            break
        if push(row, calendars, now):
            told += 1
        else:
            failing.add(row.connection_id)
    return told


def push(row: CalendarOutbox, calendars: dict[int, Calendar], now: datetime) -> bool:
    """Make the calendar show the visit as it is now. False when the calendar itself is in trouble.

    calendars: those of this round by connection; a new one is added.
    """
    connection = row.connection
    try:
        if connection.pk not in calendars:
            calendars[connection.pk] = make_calendar(connection)
        _show(calendars[connection.pk], connection, row.appointment_id, now)
    except Disconnected as error:
        outbox.later(row, now, code=error.code)
        disconnect(connection, error.code, now)
        return False
    except SlowDown as error:
        outbox.later(row, now, code=error.code)
        slow_down(connection, error, now)
        return False
    except CalendarError as error:
        if not error.retryable:
            outbox.park(row, now, code=error.code)
            return True
        outbox.later(row, now, code=error.code, after=error.retry_after)
        return False
    except Refusal:
        outbox.later(row, now, code="busy", after=0.0)
        return True
    outbox.done(row)
    _answered(connection)
    return True


def _show(calendar: Calendar, connection: CalendarConnection, appointment_id: int, now: datetime) -> None:
    """Write, and when a person was there before us, judge what they did and write again."""
    for _ in range(ROUNDS):
        visit = Appointment.objects.select_related("rooftop", "customer", "vehicle").get(pk=appointment_id)
        link = CalendarLink.objects.filter(appointment=visit).first()
        if visit.status not in SHOWN:
            _take_down(calendar, link)
            return
        link = link or _new_link(connection, visit)
        if link.connection_id != connection.pk or link.is_gone:
            _adopt(link, connection)
        if link.version == visit.version:
            return
        try:
            _write(calendar, link, visit)
            return
        except (Taken, Changed):
            _look(calendar, link, now)
        except Gone:
            calendar_edits.take(connection, SeenEvent(link.event_id, is_deleted=True), now)
    raise CalendarError("overtaken")


def _new_link(connection: CalendarConnection, visit: Appointment) -> CalendarLink:
    """Saved before the calendar is asked: an insert whose answer is lost is found again by its id."""
    event_id = calendar_edits.event_id(connection, visit.pk, 0)
    link, _ = CalendarLink.objects.get_or_create(
        appointment=visit, defaults={"connection": connection, "event_id": event_id}
    )
    return link


def _adopt(link: CalendarLink, connection: CalendarConnection) -> None:
    link.connection = connection
    calendar_edits.renew(link)


def _write(calendar: Calendar, link: CalendarLink, visit: Appointment) -> None:
    event = event_of(visit, link)
    seen = calendar.update(event, etag=link.etag) if link.etag else calendar.insert(event)
    CalendarLink.objects.filter(pk=link.pk, event_id=link.event_id).update(
        etag=seen.etag, version=visit.version, updated_at=seen.updated_at
    )


def _look(calendar: Calendar, link: CalendarLink, now: datetime) -> None:
    """There is something else than we thought: ours after all, a person's change, or a stranger's event."""
    try:
        seen = calendar.get(link.event_id)
    except Gone:
        seen = SeenEvent(link.event_id, is_deleted=True)
    if not seen.is_deleted and not _is_ours(seen.stamp, link):
        calendar_edits.renew(link)  # ids can collide, and Google does not promise to notice
    elif seen.is_deleted and not link.etag and not link.version:
        calendar_edits.renew(link)  # never seen standing: an id from before, nobody deleted this visit
    else:
        calendar_edits.take(link.connection, seen, now)


def _is_ours(stamp: Stamp | None, link: CalendarLink) -> bool:
    return (
        stamp is not None and stamp.visit_id == link.appointment_id and stamp.desk == link.connection.key.hex
    )


def _take_down(calendar: Calendar, link: CalendarLink | None) -> None:
    if link is None or link.is_gone:
        return
    with suppress(Gone):
        calendar.delete(link.event_id)
    CalendarLink.objects.filter(pk=link.pk, event_id=link.event_id).update(is_gone=True)


def event_of(visit: Appointment, link: CalendarLink) -> VisitEvent:
    """What the calendar shows: a first name, the services and the car. No number, no family name."""
    services = ", ".join(str(line.op_code) for line in visit.lines.select_related("op_code"))
    page = reverse("admin:scheduling_appointment_change", args=[visit.pk])
    return VisitEvent(
        event_id=link.event_id,
        summary=f"{visit.customer.first_name}: {services} ({visit.vehicle})",
        description=f"{visit.get_status_display()}, {visit.get_transport_display()}. "
        f"Number {visit.confirmation_number}.\n{settings.PUBLIC_BASE_URL}{page}",
        time_zone=visit.rooftop.time_zone,
        stamp=Stamp(link.connection.key.hex, visit.pk, visit.version, (visit.arrives_at, visit.ready_at)),
    )


def show_all(connection: CalendarConnection, now: datetime) -> None:
    """Queue every visit ahead: a calendar was connected, perhaps again."""
    if connection.technician_id is not None:
        return
    told = CalendarOutbox.objects.filter(connection=connection).values("appointment")
    visits = Appointment.objects.active().filter(rooftop=connection.rooftop, ready_at__gt=now)
    CalendarOutbox.objects.bulk_create(
        CalendarOutbox(appointment=visit, connection=connection, created_at=now, due_at=now)
        for visit in visits.exclude(pk__in=told)
    )


def tell_again(visit: Appointment, now: datetime) -> bool:
    """A person wants the event written, whatever it seems to show; False without a calendar."""
    with transaction.atomic():
        CalendarLink.objects.filter(appointment=visit, is_gone=False).update(version=0)
        outbox.note(visit, now)
        return bool(outbox.try_again(now, visit))


# --- in -----------------------------------------------------------------------------------


def pull_soon(connection_id: int, now: datetime) -> None:
    CalendarConnection.objects.filter(pk=connection_id).update(pull_due_at=now)


def pull_due(now: datetime, *, connection_id: int | None = None) -> None:
    """Read what changed in every calendar whose time has come, or in one."""
    due = ready(now).filter(Q(pulling_until=None) | Q(pulling_until__lte=now), pull_due_at__lte=now)
    if connection_id is not None:
        due = due.filter(pk=connection_id)
    until = time.monotonic() + SWEEP_SECONDS
    for connection in due.order_by("pull_due_at"):
        if time.monotonic() < until:
            pull(connection, now)


def ready(now: datetime) -> QuerySet[CalendarConnection]:
    """Those that may be asked: connected, and not slowed down."""
    return CalendarConnection.objects.select_related("rooftop", "technician").filter(
        Q(slow_until=None) | Q(slow_until__lte=now), state=State.CONNECTED
    )


def pull(connection: CalendarConnection, now: datetime) -> None:
    """Read and apply what changed; one worker at a time. What fails is read again soon."""
    with _pulling(connection, now) as is_mine:
        if not is_mine:
            return
        try:
            _read(make_calendar(connection), connection, now)
        except Disconnected as error:
            disconnect(connection, error.code, now)
        except SlowDown as error:
            slow_down(connection, error, now)
        except CalendarError as error:
            _pull_again(connection, error.code, now)
        except Refusal as refusal:
            _pull_again(connection, refusal.code, now)
        else:
            _answered(connection)


@contextmanager
def _pulling(connection: CalendarConnection, now: datetime) -> Iterator[bool]:
    rows = CalendarConnection.objects.filter(pk=connection.pk)
    is_slow = Q(slow_until__gt=now)  # since this round began, by another one's answer
    free = rows.filter(Q(pulling_until=None) | Q(pulling_until__lte=now)).exclude(is_slow)
    # The next time is set first, so that a push that comes meanwhile asks for one more.
    is_mine = bool(free.update(pulling_until=now + PULL_CLAIM, pull_due_at=now + PULL_EVERY))
    if is_mine:
        connection.refresh_from_db(fields=["sync_token", "listed_at"])
    try:
        yield is_mine
    finally:
        if is_mine:
            rows.update(pulling_until=None)


def _pull_again(connection: CalendarConnection, code: str, now: datetime) -> None:
    log.warning("calendar %s is read again soon: %s", connection.pk, code)
    CalendarConnection.objects.filter(pk=connection.pk).update(pull_due_at=now + PULL_AGAIN, trouble=code)


def _read(calendar: Calendar, connection: CalendarConnection, now: datetime) -> None:
    is_old = connection.listed_at is None or connection.listed_at < now - LIST_ALL_EVERY
    try:
        _read_since(calendar, connection, "" if is_old else connection.sync_token, now)
    except TokenExpired:
        _read_since(calendar, connection, "", now)


def _read_since(calendar: Calendar, connection: CalendarConnection, sync_token: str, now: datetime) -> None:
    """Every page, then the new token: one that was saved too early would lose what it covers.

    Without sync_token all of it is read, and what is not there any more is forgotten.
    """
    seen: set[str] = set()
    for page in _pages(calendar, sync_token):
        seen.update(event.event_id for event in page.events if not event.is_deleted)
        if connection.technician_id is None:
            _take_all(connection, page, now)
            if page.sync_token and not sync_token:
                _look_for_missing(calendar, connection, seen, now)
            _remember(connection, page, sync_token, now)
            continue
        with transaction.atomic():
            busy.remember(connection, page.events, now)
            if page.sync_token and not sync_token:
                busy.forget_others(connection, seen)
            _remember(connection, page, sync_token, now)
    if connection.technician_id is not None:
        busy.settle(connection, now)


def _pages(calendar: Calendar, sync_token: str) -> Iterator[Page]:
    page = calendar.changes(sync_token=sync_token, page="")
    yield page
    while page.next_page:
        page = calendar.changes(sync_token=sync_token, page=page.next_page)
        yield page


def _remember(connection: CalendarConnection, page: Page, sync_token: str, now: datetime) -> None:
    if page.next_page:
        return
    read = {"sync_token": page.sync_token, "pulled_at": now}
    if not sync_token:
        read["listed_at"] = now
    CalendarConnection.objects.filter(pk=connection.pk).update(**read)


def _take_all(connection: CalendarConnection, page: Page, now: datetime) -> None:
    """Each in a transaction of its own, so that no day stays locked for long. A worker that dies in between
    leaves the old token: all of it is read again, and what was judged already is known by its etag."""
    ids = [event.event_id for event in page.events]
    ours = set(connection.links.filter(event_id__in=ids).values_list("event_id", flat=True))
    for event in page.events:
        if event.event_id in ours:
            calendar_edits.take(connection, event, now)


def _look_for_missing(
    calendar: Calendar, connection: CalendarConnection, seen: set[str], now: datetime
) -> None:
    """Events that should have been in the list. Each is asked for: one may be younger than the list."""
    ahead = connection.links.filter(
        is_gone=False, appointment__ready_at__gt=now, appointment__status__in=Appointment.ACTIVE
    )
    for link in ahead.exclude(etag="").exclude(event_id__in=seen):
        try:
            event = calendar.get(link.event_id)
        except Gone:
            event = SeenEvent(link.event_id, is_deleted=True)
        calendar_edits.take(connection, event, now)
