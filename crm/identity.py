"""Is it really them? Facts that a caller says about themselves, compared with the customers'.

Two facts of the same customer must fit, one of which a stranger does not know (VIN, plate, date of
birth): a name and a ZIP code stand on every envelope. A caller's number is none of them. Every fact
that was said has to fit. Whether somebody does not exist or a fact is wrong, the answer is the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

from django.db.models import Q, QuerySet

from crm.folding import folded_text
from crm.lookup import owners_of
from crm.models import Customer, Ownership, Rooftop

ENOUGH = 2
# How much of a name must fit: recognisers spell names anew each time.
LIKE_FIRST, LIKE_LAST = 0.7, 0.75


@dataclass(frozen=True, slots=True)
class Facts:
    """What was said; empty where nothing was. vin_end: the VIN's last six."""

    name: str = ""
    vin_end: str = ""
    plate: str = ""
    date_of_birth: date | None = None
    zip_code: str = ""

    @property
    def are_enough(self) -> bool:
        secrets = (self.vin_end, self.plate, self.date_of_birth)
        given = [fact for fact in (self.name, self.zip_code, *secrets) if fact]
        return len(given) >= ENOUGH and any(secrets)


def prove(rooftop: Rooftop, facts: Facts) -> Customer | None:
    """The one customer whom all of these facts fit; None too when they are not enough, or fit two."""
    if not facts.are_enough:
        return None
    fitting = [customer for customer in _with_secrets(rooftop, facts) if _fits(customer, facts)]
    return fitting[0] if len(fitting) == 1 else None


def meant(rooftop: Rooftop, facts: Facts) -> list[int]:
    """The customers somebody may have tried to pass for: whom any of the facts points to."""
    pointed = Q(pk__in=_owners(rooftop, facts)) if facts.vin_end or facts.plate else Q(pk__in=[])
    first, _, last = facts.name.strip().partition(" ")
    if last:
        pointed |= Q(last_name__iexact=last, first_name__iexact=first)
    return list(Customer.objects.filter(pointed, rooftop=rooftop).values_list("pk", flat=True)[:20])


def _with_secrets(rooftop: Rooftop, facts: Facts) -> Iterable[Customer]:
    found = Customer.objects.filter(rooftop=rooftop)
    if facts.date_of_birth:
        found = found.filter(date_of_birth=facts.date_of_birth)
    if facts.vin_end or facts.plate:
        found = found.filter(pk__in=_owners(rooftop, facts))
    return found.order_by("pk")[:50]


def _owners(rooftop: Rooftop, facts: Facts) -> QuerySet[Ownership, int]:
    return owners_of(rooftop, plate=facts.plate, vin6=facts.vin_end)


def _fits(customer: Customer, facts: Facts) -> bool:
    if facts.zip_code and customer.zip_code[:5] != facts.zip_code[:5]:
        return False
    return not facts.name or _is_called(customer, facts.name)


def _is_called(customer: Customer, said: str) -> bool:
    """First and last name, each as it may be misheard; who has only one name is called by that."""
    words = [folded_text(word) for word in said.split()]
    if not customer.last_name:
        return _is_like("".join(words), folded_text(customer.first_name), LIKE_LAST)
    if len(words) < 2:
        return False
    first, last = words[0], "".join(words[1:])
    return _is_like(first, folded_text(customer.first_name), LIKE_FIRST) and _is_like(
        last, folded_text(customer.last_name), LIKE_LAST
    )


def _is_like(said: str, known: str, share: float) -> bool:
    return SequenceMatcher(None, said, known).ratio() >= share
