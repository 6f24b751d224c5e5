"""What happened to a visit, for people: who did it, and what stood before and after."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm import links, names
from scheduling.models import Allocation, Appointment, AppointmentEvent
from scheduling.refusals import Refusal, local_time

PHONE_DESK = "phone desk"
# Those who are no person with a log-in, as their names begin.
THE = (PHONE_DESK, "calendar", "customer")
# Refusals of a change because of another one.
OVERTAKEN = ("stale_version", "not_active")
UNKNOWN = "?"  # what stood in a version whose facts were not kept

Change = tuple[str, str, str]  # what, before, after


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history. call is where the phone desk did it; changes are empty when not kept."""

    at: datetime
    actor: str  # the name of a person
    what: str
    version: int = 0  # of the visit from then on; 0 where this entry made none
    is_note: bool = False
    call: links.Link | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Somebody changed a visit that a person was looking at: both versions, row by row."""

    sentence: str
    rows: tuple[Change, ...]

    @property
    def changed(self) -> tuple[Change, ...]:
        return tuple(row for row in self.rows if row[1] not in (row[2], UNKNOWN))


def facts(visit: Appointment) -> dict[str, str]:
    """How a visit stands, as staff read it. Kept with each change, so that two can be compared."""
    taken = visit.allocations.filter(kind=Allocation.Kind.WORK).select_related("technician", "bay")
    return {
        "Arrives": local_time(visit.rooftop, visit.arrives_at),
        "Ready": local_time(visit.rooftop, visit.ready_at),
        "Status": visit.get_status_display(),
        "Transport": visit.get_transport_display(),
        "Advisor": str(visit.advisor or ""),
        "Technician, bay": "; ".join(f"{work.technician}, {work.bay}" for work in taken),
        "Reason": visit.cancel_reason,
    }


def entries(visit: Appointment) -> list[Entry]:
    """The history of a visit, in the order in which it happened."""
    calls = [link for link in links.of(visit) if link.since]
    return list(_entries(visit, calls))


def _entries(visit: Appointment, calls: list[links.Link]) -> Iterator[Entry]:
    before: dict[str, str] = {}
    version = 0
    events = list(visit.events.order_by("at", "pk"))
    people = names.of(event.actor for event in events)
    for event in events:
        after = event.facts or {}
        yield Entry(
            at=event.at,
            actor=people.get(event.actor, event.actor),
            what=event.what,
            version=event.version if event.version > version else 0,
            is_note=event.kind == AppointmentEvent.Kind.NOTE,
            call=_call_of(event, calls),
            changes=tuple(differences(before, after)) if before and after else (),
        )
        before, version = after or before, max(version, event.version)


def _call_of(event: AppointmentEvent, calls: list[links.Link]) -> links.Link | None:
    """The call in which the phone desk did this: the one that was going on."""
    if event.actor != PHONE_DESK:
        return None
    return next((call for call in calls if call.held_at(event.at)), None)


def differences(before: dict[str, str], after: dict[str, str]) -> Iterator[Change]:
    for name, value in after.items():
        if value != before.get(name, ""):
            yield name, before.get(name) or "—", value or "—"


# --- changed under somebody's eyes --------------------------------------------------------


def overtaken(visit: Appointment, seen_version: int, *, now: datetime) -> Overtaken:
    """What changed since the version that a person saw. Values that did not change stand in the rows too."""
    seen = visit.events.filter(version=seen_version, facts__isnull=False).order_by("pk").last()
    current = Appointment.objects.select_related("rooftop", "advisor").get(pk=visit.pk)
    old, new = (seen.facts or {}) if seen else {}, facts(current)
    return Overtaken(
        last_change(current, now=now), tuple((name, old.get(name, UNKNOWN), new[name]) for name in new)
    )


def why_not(visit: Appointment, refusal: Refusal, seen_version: int | None, *, now: datetime) -> str:
    """A refusal in one line; of who was overtaken: by whom, when, and what is other than they saw."""
    if refusal.code not in OVERTAKEN:
        return refusal.sentence
    if seen_version is None:
        return f"{refusal.sentence} {last_change(visit, now=now)}"
    found = overtaken(visit, seen_version, now=now)
    told = "; ".join(f"{name}: {seen or '—'} → {stands or '—'}" for name, seen, stands in found.changed)
    return f"{found.sentence} {told}." if told else f"{refusal.sentence} {found.sentence}"


def last_change(visit: Appointment, *, now: datetime) -> str:
    """A sentence: Changed by the phone desk 20 seconds ago: moved to …"""
    latest = visit.events.filter(kind=AppointmentEvent.Kind.CHANGE).order_by("pk").last()
    if latest is None:
        return "Somebody else changed this."
    return f"Changed by {_called(latest.actor)} {ago(now - latest.at)}: {latest.what}."


def _called(actor: str) -> str:
    """The phone desk; the customer, by text; Dana Brooks."""
    return f"the {actor}" if actor.startswith(THE) else names.of([actor]).get(actor, actor)


def ago(passed: timedelta) -> str:
    """Just now, or 20 seconds ago; from a minute, an hour, a day on in those."""
    seconds = int(passed.total_seconds())
    if seconds < 1:
        return "just now"
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return _some(seconds // length, unit)
    return _some(seconds, "second")


def _some(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'} ago"
