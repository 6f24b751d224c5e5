"""The rows that a change of a visit is made of. For scheduling/booking.py, under its locks."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from itertools import count

from django.db.models import F

from crm.models import RepairOrder, Rooftop
from scheduling import history, outbox
from scheduling.models import (
    Allocation,
    Appointment,
    AppointmentEvent,
    AppointmentLine,
    Demand,
    Hold,
    OpCode,
)
from scheduling.refusals import Refusal
from scheduling.slots import WRITE_UP, Slot

KEY_LENGTH = 120  # as in models.py
LONGEST_NOTE = 300  # characters, as its column


def take(
    rooftop: Rooftop, slot: Slot, *, appointment: Appointment | None = None, hold: Hold | None = None
) -> None:
    """Write what the slot takes: technicians and bays, the advisor's write-up, a loaner, hours of the day."""
    owner = {"rooftop": rooftop, "appointment": appointment, "hold": hold}
    rows = [
        Allocation(
            **owner,
            technician_id=work.technician_id,
            bay_id=work.bay_id,
            starts_at=work.starts_at,
            ends_at=work.ends_at,
        )
        for work in slot.work
    ]
    if slot.advisor_id:
        rows.append(
            Allocation(
                **owner,
                kind=Allocation.Kind.WRITE_UP,
                advisor_id=slot.advisor_id,
                starts_at=slot.arrives_at,
                ends_at=slot.arrives_at + WRITE_UP,
            )
        )
    if slot.loaner_id:
        rows.append(
            Allocation(
                **owner,
                kind=Allocation.Kind.LOAN,
                loaner_id=slot.loaner_id,
                starts_at=slot.arrives_at,
                ends_at=slot.ready_at,
            )
        )
    Allocation.objects.bulk_create(rows)
    day = slot.day or slot.arrives_at.astimezone(rooftop.zone).date()
    Demand.objects.bulk_create(
        Demand(**owner, day=day, skill=skill, minutes=round(minutes))
        for skill, minutes in slot.demand.items()
    )


def free(appointment: Appointment) -> None:
    appointment.allocations.all().delete()
    appointment.demands.all().delete()


def free_from(appointment: Appointment, now: datetime) -> None:
    """Give back people and things from now on. Hours promised by the day were worked, and stay counted."""
    appointment.allocations.filter(starts_at__gte=now).delete()
    appointment.allocations.filter(ends_at__gt=now).update(ends_at=now)


def write_lines(appointment: Appointment, op_codes: Sequence[OpCode]) -> None:
    codes = {item.code for item in op_codes}
    AppointmentLine.objects.bulk_create(
        AppointmentLine(
            appointment=appointment,
            op_code=op_code,
            minutes=op_code.minutes if codes.isdisjoint(op_code.absorbed_by) else 0,
            price_min=op_code.price_min,
            price_max=op_code.price_max,
        )
        for op_code in op_codes
    )


def fresh(seen: Appointment) -> Appointment:
    return Appointment.objects.select_related("rooftop", "customer", "vehicle").get(pk=seen.pk)


def refuse_stale(current: Appointment, version: int | None) -> None:
    """version is the one that was seen; None takes any."""
    if version is not None and current.version != version:
        raise Refusal("stale_version", "Somebody else changed this appointment meanwhile. Look at it again.")
    if not current.is_active:
        raise Refusal("not_active", f"This appointment is {current.get_status_display().lower()}.")


def compare_and_set(current: Appointment, **changes: object) -> None:
    """Write only over the version that was read, so that no change is ever lost."""
    changed = Appointment.objects.filter(pk=current.pk, version=current.version).update(
        version=F("version") + 1, **changes
    )
    if not changed:
        raise Refusal("stale_version", "Somebody else changed this appointment meanwhile. Look at it again.")
    current.refresh_from_db(fields=["version", *changes])


def log(appointment: Appointment, actor: str, what: str, now: datetime) -> None:
    """Every change of a visit passes here once: it is kept in its history, and its calendar hears of it."""
    AppointmentEvent.objects.create(
        appointment=appointment,
        actor=actor,
        what=what,
        at=now,
        version=appointment.version,
        facts=history.facts(appointment),
    )
    outbox.note(appointment, now)


def fit_key(key: str) -> str:
    """A key of any length as one that fits its column: callers make them of what they know."""
    return key if len(key) <= KEY_LENGTH else sha256(key.encode()).hexdigest()


def new_confirmation_number(rooftop: Rooftop) -> str:
    while True:
        number = str(secrets.randbelow(900_000) + 100_000)
        if not Appointment.objects.filter(rooftop=rooftop, confirmation_number=number).exists():
            return number


# --- repair orders ------------------------------------------------------------------------


def new_order_number(appointment: Appointment) -> str:
    """R and the confirmation number; the next free one where staff gave that to another order."""
    wanted = f"R{appointment.confirmation_number}"
    taken = set(
        RepairOrder.objects.filter(rooftop=appointment.rooftop_id, number__startswith=wanted).values_list(
            "number", flat=True
        )
    )
    return next(number for n in count(1) if (number := wanted if n == 1 else f"{wanted}-{n}") not in taken)


def close_order(appointment: Appointment, now: datetime) -> None:
    """Orders that staff closed before keep their time."""
    RepairOrder.objects.filter(appointment=appointment).exclude(status=RepairOrder.Status.CLOSED).update(
        status=RepairOrder.Status.CLOSED, closed_at=now, status_changed_at=now
    )


def close_unbegun_order(appointment: Appointment, now: datetime) -> None:
    """Raises Refusal when work on the car has begun: then the visit is completed, not cancelled."""
    order = appointment.repair_order
    if order is None:
        return
    if order.status not in (RepairOrder.Status.CHECKED_IN, RepairOrder.Status.CLOSED):
        raise Refusal("wrong_status", f"Work on {order} has begun. Complete the visit instead.")
    close_order(appointment, now)


def annotate(appointment: Appointment, note: str, *, actor: str, now: datetime) -> AppointmentEvent:
    """Keep a note, at most LONGEST_NOTE characters, in the visit's history. The visit itself stays as it is."""
    return AppointmentEvent.objects.create(
        appointment=appointment,
        actor=actor,
        what=note.strip()[:LONGEST_NOTE],
        at=now,
        kind=AppointmentEvent.Kind.NOTE,
        version=appointment.version,
    )
