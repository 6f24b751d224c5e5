"""What one button does with a visit: confirm, check in, no-show. Each goes through scheduling/booking.py."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from scheduling import booking
from scheduling.models import Appointment

Status = Appointment.Status


@dataclass(frozen=True, slots=True)
class Step:
    """Something that one button does. take gets the visit, the version that was seen, who, and when."""

    name: str
    label: str
    icon: str
    done: str
    allowed: tuple[Status, ...]
    take: Callable[[Appointment, int | None, str, datetime], Appointment]


EXPECTED = (Status.BOOKED, Status.CONFIRMED)
STEPS = {
    step.name: step
    for step in (
        Step(
            *("confirm", "Confirm", "check", "is confirmed", (Status.BOOKED,)),
            lambda visit, seen, who, now: booking.confirm(visit, actor=who, now=now, version=seen),
        ),
        Step(
            *("check-in", "Check in", "login", "is checked in", EXPECTED),
            lambda visit, seen, who, now: booking.check_in(visit, actor=who, now=now, version=seen),
        ),
        Step(
            *("no-show", "No-show", "person_off", "did not come", EXPECTED),
            lambda visit, seen, who, now: booking.no_show(visit, actor=who, now=now, version=seen),
        ),
    )
}


def cancelling(reason: str) -> Step:
    """Cancel for this reason. No button of its own: a page asks for the reason first."""
    return Step(
        *("cancel", "Cancel", "event_busy", "is cancelled", (*EXPECTED, Status.CHECKED_IN)),
        lambda visit, seen, who, now: booking.cancel(visit, reason=reason, actor=who, now=now, version=seen),
    )


def steps_of(visit: Appointment) -> list[Step]:
    return [step for step in STEPS.values() if visit.status in step.allowed]
