"""What technicians' own calendars say: when they are not there.

Events become BusySpan rows; settle() turns those into time off (Allocation), where nothing else is taken
yet. A span that meets work takes what is left of it, and the work becomes a task for staff.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from crm.models import FollowUpTask
from scheduling import closing, locking
from scheduling.models import Allocation, Appointment, BusySpan, CalendarConnection, Hold
from scheduling.ports import SeenEvent, Span
from scheduling.refusals import describe, local_time

REASON = "Busy in the calendar"
BEYOND_HORIZON = timedelta(days=30)  # kept so far; later ones come with the weekly listing of everything
TASK_WITHIN = timedelta(hours=4)


def remember(connection: CalendarConnection, events: Iterable[SeenEvent], now: datetime) -> None:
    """Keep or drop the span of each event. Our own visits, free time and the past are nobody's time off."""
    limit = now + timedelta(days=connection.rooftop.horizon_days) + BEYOND_HORIZON
    for event in events:
        span = event.span if event.is_busy and not event.is_deleted and event.stamp is None else None
        if span is None or span[1] <= now or span[0] > limit:
            connection.busy.filter(event_id=event.event_id).delete()
            continue
        row, is_new = BusySpan.objects.get_or_create(
            connection=connection,
            event_id=event.event_id,
            defaults={"starts_at": span[0], "ends_at": span[1]},
        )
        if not is_new and (row.starts_at, row.ends_at) != span:
            row.starts_at, row.ends_at, row.is_told = *span, False
            row.save()


def forget_others(connection: CalendarConnection, seen: Iterable[str]) -> None:
    """Everything was listed, and these are all there is."""
    connection.busy.exclude(event_id__in=list(seen)).delete()


def settle(connection: CalendarConnection, now: datetime) -> None:
    """Make the technician's time off what the spans say, from now to the end of the horizon.

    Raises Refusal busy when the days cannot be had.
    """
    changed = _difference(connection, now)
    if changed:
        _rewrite(connection, changed, now)
    _tell(connection, now)


def _rewrite(connection: CalendarConnection, changed: set[Span], now: datetime) -> None:
    rooftop = connection.rooftop
    first, last = min(span[0] for span in changed), max(span[1] for span in changed)

    def write() -> None:
        Hold.objects.forget_expired(rooftop, now)
        could_be_kept = closing.keeps_promises(rooftop, first, last, now)
        wanted, there = _wanted(connection, now), _there(connection, now)
        _allocations(connection, now).filter(
            pk__in=[pk for span, pk in there.items() if span not in wanted]
        ).delete()
        Allocation.objects.bulk_create(
            Allocation(
                rooftop=rooftop,
                kind=Allocation.Kind.TIME_OFF,
                technician=connection.technician,
                calendar=connection,
                starts_at=starts_at,
                ends_at=ends_at,
                reason=REASON,
            )
            for starts_at, ends_at in sorted(wanted - set(there))
        )
        if could_be_kept and not closing.keeps_promises(rooftop, first, last, now):
            _add_task(
                connection,
                now,
                f"{connection.technician} is busy in the calendar between {local_time(rooftop, first)} and "
                f"{local_time(rooftop, last)}, and cars that are left need these hours: move one of them.",
            )

    days = {day for span in changed for day in locking.days_between(rooftop, *span)}
    locking.in_transaction(write, rooftop, *sorted(days))


def _difference(connection: CalendarConnection, now: datetime) -> set[Span]:
    return _wanted(connection, now) ^ set(_there(connection, now))


def is_settled(connection: CalendarConnection, now: datetime) -> bool:
    return not _difference(connection, now)


def _allocations(connection: CalendarConnection, now: datetime) -> QuerySet[Allocation]:
    return Allocation.objects.filter(calendar=connection, ends_at__gt=now)


def _there(connection: CalendarConnection, now: datetime) -> dict[Span, int]:
    """Time off from now on that came from this calendar, and its row."""
    rows = _allocations(connection, now).values_list("starts_at", "ends_at", "pk")
    return {(max(starts_at, now), ends_at): pk for starts_at, ends_at, pk in rows}


def _wanted(connection: CalendarConnection, now: datetime) -> set[Span]:
    """The technician's busy time from now on, each moment once, without what is taken for something else."""
    end = _end(connection, now)
    rows = connection.busy.filter(ends_at__gt=now, starts_at__lt=end).values_list("starts_at", "ends_at")
    spans = merged((starts_at, min(ends_at, end)) for starts_at, ends_at in rows)
    if not spans:
        return set()
    taken = (
        Allocation.objects.filter(
            technician=connection.technician_id, ends_at__gt=spans[0][0], starts_at__lt=spans[-1][1]
        )
        .exclude(calendar=connection)
        .values_list("starts_at", "ends_at")
    )
    left = without(spans, merged(taken))
    return {(max(starts_at, now), ends_at) for starts_at, ends_at in left if ends_at > now}


def _end(connection: CalendarConnection, now: datetime) -> datetime:
    """Midnight after the last day that can be booked, on the store's clock."""
    rooftop = connection.rooftop
    midnight = now.astimezone(rooftop.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=rooftop.horizon_days + 2)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time in spans that do not touch, earliest first."""
    result: list[Span] = []
    for starts_at, ends_at in sorted(spans):
        if result and starts_at <= result[-1][1]:
            result[-1] = (result[-1][0], max(ends_at, result[-1][1]))
        else:
            result.append((starts_at, ends_at))
    return result


def without(spans: list[Span], taken: list[Span]) -> list[Span]:
    """What is left of spans; both as merged() gives them."""
    result: list[Span] = []
    for starts_at, ends_at in spans:
        for taken_from, taken_until in taken:
            if taken_until <= starts_at or taken_from >= ends_at:
                continue
            if taken_from > starts_at:
                result.append((starts_at, taken_from))
            starts_at = taken_until
        if starts_at < ends_at:
            result.append((starts_at, ends_at))
    return result


def _tell(connection: CalendarConnection, now: datetime) -> None:
    """A task for each event that meets work, once."""
    for span in connection.busy.filter(is_told=False, ends_at__gt=now):
        visit = (
            Appointment.objects.active()
            .filter(
                allocations__kind=Allocation.Kind.WORK,
                allocations__technician=connection.technician_id,
                allocations__starts_at__lt=span.ends_at,
                allocations__ends_at__gt=max(span.starts_at, now),
            )
            .select_related("customer", "vehicle", "rooftop")
            .first()
        )
        if visit is None:
            continue
        when = local_time(connection.rooftop, max(span.starts_at, now))
        with transaction.atomic():
            BusySpan.objects.filter(pk=span.pk).update(is_told=True)
            _add_task(
                connection,
                now,
                f"{connection.technician} is busy in the calendar from {when}, when {describe(visit)} is "
                "planned: move the visit, or the entry in the calendar.",
                visit,
            )


def _add_task(
    connection: CalendarConnection, now: datetime, summary: str, visit: Appointment | None = None
) -> None:
    FollowUpTask.objects.create(
        rooftop=connection.rooftop,
        kind=FollowUpTask.Kind.CONFLICT,
        customer=visit.customer if visit else None,
        summary=summary,
        due_at=now + TASK_WITHIN,
    )
