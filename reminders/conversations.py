"""The texts between a store and one telephone, as staff read them."""

from hashlib import sha256

from django.db.models import QuerySet

from crm import names
from crm.models import Customer, Rooftop
from reminders.models import Text

LATEST = 100


def between(rooftop: Rooftop, number: str) -> list[Text]:
    """The latest texts to and from number (E.164), oldest first."""
    found = Text.objects.filter(rooftop=rooftop, number=number).select_related("rooftop")
    return list(found.order_by("-created_at", "-pk")[:LATEST])[::-1]


def authors(texts: list[Text]) -> list[tuple[Text, str]]:
    """Each with the name of the person who wrote it; of the desk and of customers nobody's."""
    people = names.of(text.author for text in texts if text.author)
    return [(text, people.get(text.author, text.author)) for text in texts]


def fingerprint(texts: list[Text]) -> str:
    """Another one when a text came, or fared differently."""
    told = ";".join(f"{text.pk}:{text.status}:{text.reason}" for text in texts)
    return sha256(told.encode()).hexdigest()[:16]


def customers_at(rooftop: Rooftop, number: str) -> QuerySet[Customer]:
    """Who has this telephone, at this store."""
    return rooftop.customers.filter(phones__number=number).order_by("pk")


def is_known(rooftop: Rooftop, number: str) -> bool:
    """Has this store a customer with this telephone, or texts with it?"""
    texted = Text.objects.filter(rooftop=rooftop, number=number)
    return customers_at(rooftop, number).exists() or texted.exists()
