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
from django.db.models.functions import Upper

from crm.folding import folded_text
from crm.lookup import owners_of
from crm.models import Customer, Ownership, Rooftop

ENOUGH = 2
# How much of a name must fit: recognisers spell names anew each time.
LIKE_FIRST, LIKE_LAST = 0.7, 0.75
MOST_MEANT = 50
MOST_ALIKE = 2000  # that are looked at, of names like the one that was said


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
    """The customers somebody may have tried to pass for: whom any of the facts points to, MOST_MEANT at most.

    A name points to everybody whom it would prove; a birth date does so together with a ZIP code.
    """
    people = Customer.objects.filter(rooftop=rooftop)
    pointed: list[int] = []
    if facts.vin_end or facts.plate:
        pointed += people.filter(pk__in=_owners(rooftop, facts)).values_list("pk", flat=True)[:MOST_MEANT]
    if facts.zip_code and facts.date_of_birth:
        born = people.filter(date_of_birth=facts.date_of_birth, zip_code__startswith=facts.zip_code[:5])
        pointed += born.values_list("pk", flat=True)[:MOST_MEANT]
    if facts.name:
        pointed += [customer.pk for customer in _called(people, facts.name)]
    return list(dict.fromkeys(pointed))[:MOST_MEANT]


def _called(people: QuerySet[Customer], said: str) -> list[Customer]:
    """Whoever may be called so, the likest first. The index on names finds those that share some letters."""
    last = said.strip().partition(" ")[2]
    named = Q(last__trigram_similar=last.upper()) if last else Q(pk__in=[])
    only = Q(last_name="", first__trigram_similar=said.upper())
    found = people.alias(first=Upper("first_name"), last=Upper("last_name")).filter(named | only)
    alike = [customer for customer in found.order_by("pk")[:MOST_ALIKE] if _is_called(customer, said)]
    return sorted(alike, key=lambda customer: -_likeness(said, str(customer)))


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
    return _likeness(said, known) >= share


def _likeness(said: str, known: str) -> float:
    return SequenceMatcher(None, said, known).ratio()
