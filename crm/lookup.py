"""Find the caller and what they drive: PostgreSQL, with Redis in front of it for five minutes.

Redis may be down at the very moment of a write, so no write depends on it. An answer is kept under
the version of its rooftop, and that version lives in PostgreSQL: it is the transaction that last
wrote the rooftop's row. Whoever changes a customer, telephone number, vehicle or ownership touches
that row when the change is committed, and from then on nobody finds the older answers. A look-up
therefore reads one row by its primary key (about 0.1 ms) before it asks Redis. In exchange
no look-up after a write gives an old answer, whichever process wrote, whatever Redis kept or forgot.
Only a writer killed between its commit and the touch leaves old answers, for LIFETIME at most.

Bulk writes (bulk_create, QuerySet.update, raw SQL, rows of Customer.phones.through) send no signals:
call forget() after them.
Inside a transaction Redis is left alone: others must not see what is not committed yet.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, connection, models, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Concat, Right
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save
from pydantic import TypeAdapter, ValidationError

from crm import cache
from crm.folding import folded, folded_text
from crm.models import LENGTH_OF_VIN_END, Customer, Ownership, Phone, Rooftop, Vehicle

LIFETIME = timedelta(minutes=5)
# The store's own number, given for everybody who had none, must not fetch ten thousand people.
MOST = 50


@dataclass(frozen=True, slots=True)
class KnownVehicle:
    id: int
    year: int | None
    make: str
    model: str
    plate: str
    last_six: str  # of the VIN; "" when that is unknown


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """Somebody we know, with the vehicles they have now."""

    id: int
    first_name: str
    last_name: str
    vehicles: tuple[KnownVehicle, ...] = ()


KNOWN = TypeAdapter(tuple[KnownCustomer, ...])


def by_phone(rooftop: Rooftop, number: str) -> tuple[KnownCustomer, ...]:
    """Everybody at this rooftop who calls from number (E.164), oldest first, MOST at most.

    Caller ID proves nothing: this is a hint whom to ask for. No number, nobody.
    """
    if not number:
        return ()
    return _remembered(
        rooftop,
        ("phone", number),
        lambda: _known(rooftop, BY_PHONE, [number, rooftop.pk, MOST]),
    )


def by_name_and_vehicle(
    rooftop: Rooftop, name: str, *, make: str = "", model: str = "", plate: str = "", vin6: str = ""
) -> tuple[KnownCustomer, ...]:
    """Everybody of this name who has such a vehicle now, oldest first, MOST at most.

    name is first, last, or both. Every vehicle fact given has to fit; without any, nobody is found.
    Case, accents, spaces, hyphens and apostrophes make no difference. vin6 is the VIN's last six.
    """
    who = folded_text(name)
    facts = {
        "make": folded_text(make),
        "model": folded_text(model),
        "plate": folded_text(plate),
        "vin": folded_text(vin6),
    }
    if not who or not any(facts.values()) or len(facts["vin"]) not in (0, LENGTH_OF_VIN_END):
        return ()
    return _remembered(
        rooftop,
        ("name and vehicle", who, *facts.values()),
        lambda: _known(rooftop, *_named_owners(rooftop, who, facts)),
    )


def forget(rooftop_ids: Iterable[int]) -> None:
    """Give no older answers about these rooftops once the present transaction is committed."""
    _owed.rooftops.update(rooftop_ids)
    if _owed.rooftops:
        transaction.on_commit(_pay, robust=True)


# --- PostgreSQL ---------------------------------------------------------------------------


def _named_owners(rooftop: Rooftop, who: str, facts: dict[str, str]) -> tuple[str, tuple[Any, ...]]:
    """The statement that finds them, and its parameters."""
    found = _named(rooftop, who).filter(pk__in=_owners(rooftop, facts))
    return found.order_by("pk").values_list("pk", "first_name", "last_name")[:MOST].query.sql_with_params()


def _named(rooftop: Rooftop, who: str) -> QuerySet[Customer]:
    return (
        Customer.objects.filter(rooftop=rooftop)
        .alias(
            first=folded(F("first_name")),
            last=folded(F("last_name")),
            full=folded(Concat(F("first_name"), F("last_name"))),
        )
        .filter(Q(full=who) | Q(first=who) | Q(last=who))
    )


def owners_of(rooftop: Rooftop, *, plate: str = "", vin6: str = "") -> QuerySet[Ownership, int]:
    """Ids of the customers who have a vehicle with this plate and these last six of the VIN now."""
    return _owners(rooftop, {"plate": folded_text(plate), "vin": folded_text(vin6)})


def _owners(rooftop: Rooftop, facts: dict[str, str]) -> QuerySet[Ownership, int]:
    owned = _present(rooftop)
    for field, fact in facts.items():
        if not fact:
            continue
        column = F(f"vehicle__{field}")
        # As the indexes of Vehicle word it. A stored VIN needs no folding: it has its form.
        told = Right(column, LENGTH_OF_VIN_END) if field == "vin" else folded(column)
        owned = owned.alias(**{field: told}).filter(**{field: fact})
    return owned.values_list("customer_id", flat=True)


def _present(rooftop: Rooftop) -> QuerySet[Ownership]:
    return Ownership.objects.filter(until__isnull=True, vehicle__rooftop=rooftop)


# Written out: the ORM took as long to word these as PostgreSQL to answer.
BY_PHONE = """
SELECT crm_customer.id, first_name, last_name FROM crm_phone
JOIN crm_customer_phones ON phone_id = crm_phone.id
JOIN crm_customer ON crm_customer.id = customer_id
WHERE number = %s AND rooftop_id = %s ORDER BY crm_customer.id LIMIT %s
"""
WITH_VEHICLES = """
WITH people (id, first_name, last_name) AS ({people})
SELECT people.id, first_name, last_name, vehicle.id, year, make, model, plate, vin
FROM people
LEFT JOIN crm_ownership AS owned ON owned.customer_id = people.id AND owned.until IS NULL
LEFT JOIN crm_vehicle AS vehicle ON vehicle.id = owned.vehicle_id AND vehicle.rooftop_id = %s
ORDER BY people.id, vehicle.id
"""


def _known(rooftop: Rooftop, people: str, parameters: Sequence[Any]) -> tuple[KnownCustomer, ...]:
    """Whom the statement people finds, with the vehicles they have now."""
    with connection.cursor() as cursor:
        cursor.execute(WITH_VEHICLES.format(people=people), [*parameters, rooftop.pk])
        rows = cursor.fetchall()
    names: dict[int, tuple[str, str]] = {}
    vehicles: defaultdict[int, dict[int, KnownVehicle]] = defaultdict(dict)
    for pk, first_name, last_name, vehicle, year, make, model, plate, vin in rows:
        names[pk] = first_name, last_name
        if vehicle:
            vehicles[pk][vehicle] = KnownVehicle(vehicle, year, make, model, plate, vin[-LENGTH_OF_VIN_END:])
    return tuple(KnownCustomer(pk, *name, tuple(vehicles[pk].values())) for pk, name in names.items())


# --- Redis in front -----------------------------------------------------------------------


def _remembered(
    rooftop: Rooftop, question: tuple[str, ...], load: Callable[[], tuple[KnownCustomer, ...]]
) -> tuple[KnownCustomer, ...]:
    if connection.in_atomic_block:
        return load()
    # The version first: an answer that a write overtakes is kept under the old one, where nobody looks.
    name = cache.key("lookup", rooftop.pk, _version(rooftop.pk), *question)
    kept = cache.read(name)
    if kept is not None:
        try:
            return KNOWN.validate_json(kept, strict=True)
        except ValidationError:
            pass  # not ours, or from another release
    known = load()
    cache.write(name, KNOWN.dump_json(known), LIFETIME)
    return known


def _version(rooftop_id: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT xmin::text FROM crm_rooftop WHERE id = %s", [rooftop_id])
        row = cursor.fetchone()
    return row[0] if row else ""


# --- what makes answers old ---------------------------------------------------------------


class _Owed(threading.local):
    """The rooftops whose version this thread has to change: a connection serves one thread.

    A rollback leaves them here, and the next commit changes them for nothing, which does no harm.
    """

    def __init__(self) -> None:
        self.rooftops: set[int] = set()


_owed = _Owed()


def _pay() -> None:
    """Touch the rooftops' rows, one statement and transaction each, so that no two writers deadlock.

    What could not be paid stays owed, and who wrote goes on, on a new connection if this one was lost.
    """
    try:
        for pk in sorted(_owed.rooftops):
            Rooftop.objects.filter(pk=pk).update(name=F("name"))
            _owed.rooftops.discard(pk)
    except (OperationalError, InterfaceError):
        connection.close_if_unusable_or_obsolete()
        raise


# How each leads to the rooftops of the people whose answers it is part of.
_PATHS: dict[type[models.Model], str] = {
    Customer: "rooftop_id",
    Vehicle: "rooftop_id",
    Ownership: "customer__rooftop_id",
    Phone: "customers__rooftop_id",
}


def connect_signals() -> None:
    """Called once by CrmConfig.ready()."""
    for sender in _PATHS:
        pre_save.connect(_before_save, sender=sender, dispatch_uid="crm.lookup")
        post_save.connect(_after_save, sender=sender, dispatch_uid="crm.lookup")
        pre_delete.connect(_before_delete, sender=sender, dispatch_uid="crm.lookup")
    m2m_changed.connect(_membership_changed, sender=Customer.phones.through, dispatch_uid="crm.lookup")


def _before_save(sender: type[models.Model], instance: models.Model, **kwargs: Any) -> None:
    # As it stands in the database: the row may be moving away from a rooftop, a customer or a number.
    # Only noted, for nothing is written yet; _after_save changes the versions.
    if not instance._state.adding:
        _owed.rooftops.update(_rooftops_in_database(sender, instance))


def _after_save(sender: type[models.Model], instance: models.Model, created: bool, **kwargs: Any) -> None:
    match instance:
        case Customer() | Vehicle():
            forget([instance.rooftop_id])
        case Phone() if created:
            pass  # nobody's yet
        case _:
            forget(_rooftops_in_database(sender, instance))


def _before_delete(sender: type[models.Model], instance: models.Model, **kwargs: Any) -> None:
    forget(_rooftops_in_database(sender, instance))


def _membership_changed(
    sender: type[models.Model], instance: Customer | Phone, action: str, **kwargs: Any
) -> None:
    if action not in ("post_add", "post_remove", "pre_clear"):
        return
    if isinstance(instance, Customer):
        forget([instance.rooftop_id])
    elif action == "pre_clear":
        forget(_rooftops_in_database(Phone, instance))
    else:
        forget(Customer.objects.filter(pk__in=kwargs["pk_set"]).values_list("rooftop_id", flat=True))


def _rooftops_in_database(sender: type[models.Model], instance: models.Model) -> list[int]:
    ids = sender._default_manager.filter(pk=instance.pk).values_list(_PATHS[sender], flat=True).distinct()
    return [pk for pk in ids if pk is not None]
