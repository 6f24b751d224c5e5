"""What people do in the calendar to events of ours. It is a wish; booking.py decides, and the database wins.

    moved      tried as a reschedule; refused, it is put back and staff get a task
    deleted    put back as a new event, with a task: never a silent cancellation
    else       words, colours, guests: theirs to change

The stamp in an event says which time we wrote, so that our own writes, even those whose answer was lost,
are never taken for a person's.
"""

from base64 import b32hexencode
from datetime import datetime, timedelta

from django.db import transaction

from crm.models import FollowUpTask
from scheduling import booking, outbox
from scheduling.models import Appointment, CalendarConnection, CalendarLink
from scheduling.ports import SeenEvent, Stamp
from scheduling.refusals import Refusal, local_time

ACTOR = "calendar"
TASK_WITHIN = timedelta(hours=4)
Status = Appointment.Status
# Visits that an event stands for. Of the others the calendar shows nothing.
SHOWN = (*Appointment.ACTIVE, Status.COMPLETED)


def event_id(connection: CalendarConnection, appointment_id: int, generation: int) -> str:
    """The same for the same visit whoever asks, in the letters that Google takes (base32hex, lower case)."""
    key = connection.key.bytes + appointment_id.to_bytes(8) + generation.to_bytes(4)
    return b32hexencode(key).decode().rstrip("=").lower()


def take(connection: CalendarConnection, event: SeenEvent, now: datetime) -> None:
    """Judge an event as it stands there; once, however often it is told. Raises Refusal busy: later again."""
    with transaction.atomic():
        link = (
            CalendarLink.objects.select_for_update(of=("self",))
            .select_related("appointment__rooftop", "appointment__customer")
            .filter(connection=connection, event_id=event.event_id)
            .first()
        )
        if link is None or _is_known(link, event):
            return
        if event.is_deleted:
            _deleted(link, now)
            return
        if link.is_gone:
            _again(link, now)  # the visit is off, and here is its event after all
        elif event.stamp is None or event.span is None or event.is_all_day:
            _put_back(link, now, "changed what it needs to be found by, or its time")
        elif event.span != event.stamp.span:
            _moved(link, event.stamp, event.span[0], now)
        else:
            link.version = event.stamp.version
        link.etag, link.updated_at = event.etag, event.updated_at
        link.save()


def _is_known(link: CalendarLink, event: SeenEvent) -> bool:
    """Our own echo, or something older than what we know."""
    if link.etag and link.etag == event.etag:
        return True
    return bool(link.updated_at and event.updated_at and event.updated_at < link.updated_at)


def _moved(link: CalendarLink, stamp: Stamp, wanted: datetime, now: datetime) -> None:
    visit, written = link.appointment, stamp.span[0]
    link.version = stamp.version
    if wanted in (written, visit.arrives_at):
        _again(link, now)  # at most its end differs, and that follows from the services
        return
    if visit.arrives_at != written:
        _put_back(link, now, f"moved it to {local_time(visit.rooftop, wanted)}, but it was moved here too")
        return
    try:
        booking.reschedule(visit, wanted, actor=ACTOR, now=now, version=visit.version)
    except Refusal as refusal:
        if refusal.code == "busy":
            raise
        when = local_time(visit.rooftop, wanted)
        _put_back(link, now, f"moved it to {when}, which cannot be kept ({refusal.code})")


def _deleted(link: CalendarLink, now: datetime) -> None:
    if link.is_gone:
        return
    if not link.appointment.is_active:
        link.is_gone = True
        link.save(update_fields=["is_gone"])
        return
    renew(link)
    _put_back(link, now, "deleted it. Cancel it here if the customer is not coming")


def renew(link: CalendarLink) -> None:
    """Another event for the same visit: the id of a deleted one stays taken."""
    link.generation += 1
    link.event_id = event_id(link.connection, link.appointment_id, link.generation)
    link.etag, link.version, link.updated_at, link.is_gone = "", 0, None, False
    link.save()


def _again(link: CalendarLink, now: datetime) -> None:
    """Write the event again as the visit is."""
    link.version, link.is_gone = 0, False
    link.save(update_fields=["version", "is_gone"])
    outbox.note(link.appointment, now)


def _put_back(link: CalendarLink, now: datetime, what: str) -> None:
    visit = link.appointment
    _again(link, now)
    if not visit.is_active:
        return
    when = local_time(visit.rooftop, visit.arrives_at)
    FollowUpTask.objects.create(
        rooftop=visit.rooftop,
        kind=FollowUpTask.Kind.CONFLICT,
        customer=visit.customer,
        summary=f"Visit {visit.confirmation_number} on {when}: somebody at the calendar {what}. "
        "The calendar shows it again as booked here.",
        due_at=now + TASK_WITHIN,
    )
