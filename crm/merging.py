"""Two customers who are one person: everything of the one goes to the other, in one transaction.

What belongs to a customer is known here by name. An app further left says in its AppConfig.ready() how
its own rows come over; nothing is deleted that nobody spoke for: what is left behind, or written
meanwhile, breaks a foreign key, and then nothing has happened.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, OperationalError, connection, models, transaction
from django.db.models import QuerySet

from crm import lookup
from crm.consent import latest, note
from crm.models import Consent, Customer, CustomerMerge, FollowUpTask, Ownership, Phone, RepairOrder

ATTEMPTS = 3
WAIT_MILLISECONDS = 2000  # for a row that somebody else is writing
FILLED = ("last_name", "date_of_birth", "address", "state", "zip_code", "email", "preferred_advisor_id")
TOLD = ("date_of_birth", "address", "state", "zip_code", "email", "language", "notes")
MOST_TWINS = 5
WORDING = "Two records of this person were merged; the stricter of their answers holds."


class MergeRefused(Exception):
    """A merge that did not happen; sentence says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Merge:
    """keep stays, other goes: both as they are under the lock."""

    keep: Customer
    other: Customer
    by: str
    now: datetime


Carry = Callable[[Merge], None]
_carriers: dict[tuple[type[models.Model], str], Carry] = {}


def add(model: type[models.Model], field: str = "customer", carry: Carry | None = None) -> None:
    """From now on carry brings the rows of model over that name a customer in field; else they are renamed."""
    _carriers[model, field] = carry or _renamed(model, field)


def handled() -> set[tuple[type[models.Model], str]]:
    return set(_carriers)


def merge(keep: Customer, other: Customer, *, by: str, now: datetime) -> Customer:
    """Bring everything of other to keep and delete other; CustomerMerge tells it. Raises MergeRefused.

    now is aware UTC, by names who decided. An opt-out of either holds for both.
    """
    if keep.pk == other.pk:
        raise MergeRefused("These two are the same customer already. Choose two.")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return _merge(Merge(*_locked(keep.pk, other.pk), by, now))
        except (IntegrityError, OperationalError) as error:
            # Something came for the row that goes, between our look and our end.
            if attempt == ATTEMPTS or connection.in_atomic_block:
                raise MergeRefused("Somebody is busy with one of them. Try again in a moment.") from error
    raise AssertionError("unreachable")


def _merge(two: Merge) -> Customer:
    moved = dict(what_moves(two.other))
    opted_out = _opt_outs(two)
    gone = _facts(two.other)
    _fill(two.keep, two.other)
    two.keep.phones.add(*two.other.phones.all())
    two.other.phones.clear()
    for carry in _carriers.values():
        carry(two)
    _keep_opt_outs(two, opted_out)
    CustomerMerge.objects.create(
        kept=two.keep, gone_id=two.other.pk, gone=gone, moved=moved, by=two.by, at=two.now
    )
    _delete(two.other)
    lookup.forget([two.keep.rooftop_id])
    return two.keep


def _locked(keep: int, other: int) -> tuple[Customer, Customer]:
    """Both rows, locked in one order for everybody; who books for one of them waits or is waited for.

    Whoever only writes a row that names them goes on, and _delete() sees it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [str(WAIT_MILLISECONDS)])
    rows = {row.pk: row for row in _rows([keep, other]).select_for_update(no_key=True)}
    if len(rows) < 2:
        raise MergeRefused("One of them is gone: somebody merged or deleted it. Look for them again.")
    if rows[keep].rooftop_id != rows[other].rooftop_id:
        raise MergeRefused("They belong to different stores. Only customers of one store can be merged.")
    return rows[keep], rows[other]


def _rows(keys: list[int]) -> QuerySet[Customer]:
    return Customer.objects.filter(pk__in=keys).order_by("pk")


def _delete(other: Customer) -> None:
    """Not the ORM's delete(), which takes along what points to the row: that must stop us instead."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM crm_customer WHERE id = %s", [other.pk])
    connection.check_constraints()


# --- the row itself -----------------------------------------------------------------------


def _fill(keep: Customer, other: Customer) -> None:
    """What keep does not say is taken from other; notes of both stay."""
    for field in FILLED:
        if not getattr(keep, field):
            setattr(keep, field, getattr(other, field))
    keep.notes = "\n".join(text for text in (keep.notes, other.notes) if text)
    keep.created_at = min(keep.created_at, other.created_at)
    keep.save()


def _facts(customer: Customer) -> dict[str, str]:
    told = {field: str(value) for field in TOLD if (value := getattr(customer, field))}
    return {"name": str(customer), **told}


# --- what belongs to it -------------------------------------------------------------------


def what_moves(other: Customer) -> list[tuple[str, int]]:
    """What a merge would bring over, in words and numbers; one query for each kind."""
    counted: list[tuple[type[models.Model], int]] = [(Phone, other.phones.count())]
    for model, field in _carriers:
        counted.append((model, model._default_manager.filter(**{field: other}).count()))
    return [(_kind(model, count), count) for model, count in counted if count]


def _kind(model: type[models.Model], count: int) -> str:
    return str(model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural)


def _renamed(model: type[models.Model], field: str) -> Carry:
    def carry(two: Merge) -> None:
        model._default_manager.filter(**{field: two.other}).update(**{field: two.keep})

    return carry


def members(model: type[models.Model], field: str) -> Carry:
    """For rows that name several customers in field: each names keep in place of other."""

    def carry(two: Merge) -> None:
        for row in model._default_manager.filter(**{field: two.other}):
            people = getattr(row, field)
            people.add(two.keep)
            people.remove(two.other)

    return carry


def _ownerships(two: Merge) -> None:
    """A vehicle that both have now is had once, since the earlier day."""
    present = {row.vehicle_id: row for row in two.keep.ownerships.filter(until=None)}
    for row in two.other.ownerships.filter(until=None):
        twin = present.get(row.vehicle_id)
        if twin:
            known = [since for since in (twin.since, row.since) if since]
            Ownership.objects.filter(pk=twin.pk).update(since=min(known, default=None))
            row.delete()
    two.other.ownerships.update(customer=two.keep)


Answer = tuple[str, str]  # number, channel


def _opt_outs(two: Merge) -> set[Answer]:
    """What either had refused last, by number and channel."""
    numbers = {row.number for each in (two.keep, two.other) for row in each.phones.all()}
    asked = Consent.objects.filter(customer__in=(two.keep, two.other))
    numbers |= set(asked.values_list("phone__number", flat=True))
    return {
        (number, channel)
        for each in (two.keep, two.other)
        for number in numbers
        for channel, is_granted in latest(each, number).items()
        if not is_granted
    }


def _keep_opt_outs(two: Merge, opted_out: set[Answer]) -> None:
    for number, channel in sorted(opted_out):
        if latest(two.keep, number).get(channel):
            note(
                two.keep,
                number,
                False,
                wording=WORDING,
                source=f"merge by {two.by}",
                now=two.now,
                channels=[Consent.Channel(channel)],
            )


add(Consent)
add(CustomerMerge, "kept")
add(FollowUpTask)
add(Ownership, carry=_ownerships)
add(RepairOrder)


# --- who could be one person --------------------------------------------------------------


def likely_twins(customer: Customer) -> list[Customer]:
    """Others of this store with the same telephone or name, the same name first; MOST_TWINS at most."""
    here = Customer.objects.filter(rooftop=customer.rooftop_id).exclude(pk=customer.pk).order_by("pk")
    by_name = here.filter(last_name=customer.last_name, first_name=customer.first_name)[:MOST_TWINS]
    by_phone = here.filter(phones__in=customer.phones.all()).distinct()[:MOST_TWINS]
    found = {one.pk: one for one in (*by_name, *by_phone)}
    return list(found.values())[:MOST_TWINS]
