"""Find customers by anything somebody has of them, within some stores. Every way has its index."""

import re
from collections.abc import Collection

from django.db.models import F, Prefetch, Q, QuerySet

from crm.folding import folded, folded_text
from crm.long_lists import search
from crm.models import Customer, Ownership, Vehicle

PHONE_DIGITS = 4  # fewer are no telephone number yet
NAMED = ("first_name", "last_name", "email", "vehicles__plate", "vehicles__vin")
LEAST, LONGEST = 2, 80  # characters of what is looked for; one letter is half the town
MOST_WORDS = 5


def customers(rooftop_ids: Collection[int], text: str, *, most: int) -> list[Customer]:
    """By name, e-mail, telephone number or plate in any writing, or VIN (its last six too).

    With their telephones, and as present_ownerships what they drive now. Most of them, by name; a plate
    that fits as a whole comes first.
    """
    words = text[:LONGEST].split()[:MOST_WORDS]
    if len("".join(words)) < LEAST:
        return []
    mine = with_vehicles(Customer.objects.filter(rooftop__in=rooftop_ids))
    exact = list(mine.filter(pk__in=_owners_of_plate(rooftop_ids, "".join(words), most))[:most])
    phone = phone_digits(text)
    number = Q(phones__number__contains=phone) if phone else None
    others = search(mine, NAMED, words, phone=number).exclude(pk__in=[each.pk for each in exact])
    return [*exact, *others[: most - len(exact)]]


def with_vehicles(rows: QuerySet[Customer]) -> QuerySet[Customer]:
    """Three queries for any number of rows."""
    present = Ownership.objects.filter(until=None).select_related("vehicle").order_by("vehicle_id")
    return rows.select_related("rooftop").prefetch_related(
        "phones", Prefetch("ownerships", present, to_attr="present_ownerships")
    )


def present(customer: Customer) -> list[Ownership]:
    """What a customer of customers() drives now, each with its vehicle."""
    owned: list[Ownership] = customer.present_ownerships  # type: ignore[attr-defined]  # by with_vehicles()
    return owned


def phone_digits(text: str) -> str:
    """The digits of what looks like a telephone number or its end, in any writing; else nothing."""
    digits = re.sub(r"\D", "", text)
    has_letters = re.search("[a-z]", text, re.IGNORECASE)
    return digits if len(digits) >= PHONE_DIGITS and not has_letters else ""


def _owners_of_plate(rooftop_ids: Collection[int], text: str, most: int) -> list[int]:
    """Step by step: in one statement PostgreSQL expects many vehicles of one plate, and reads all owners."""
    plate = folded_text(text)
    if not plate:
        return []
    plated = Vehicle.objects.alias(folded_plate=folded(F("plate"))).filter(
        rooftop__in=rooftop_ids, folded_plate=plate
    )
    vehicles = list(plated.values_list("pk", flat=True)[:most])
    owners = Ownership.objects.filter(until=None, vehicle__in=vehicles)
    return list(owners.values_list("customer_id", flat=True)) if vehicles else []
