"""May an automated call or text reach somebody? A ledger of what they said; the newest row counts.

A telephone is shared by a household: who says "stop calling" stops the calls to that telephone,
whoever had agreed to them. Channel by channel, at once, by any words that mean it (47 CFR 64.1200).
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from crm.models import Consent, Customer, Phone, Rooftop


def latest(customer: Customer, number: str) -> dict[str, bool]:
    """What holds for this customer on this number (E.164), by channel; a channel nobody spoke of is absent."""
    rows = Consent.objects.filter(customer=customer, phone__number=number).order_by("at", "pk")
    return dict(rows.values_list("channel", "is_granted"))


def is_revoked(rooftop: Rooftop, number: str, channel: Consent.Channel) -> bool:
    """Was the last that anybody on this number said to this rooftop: no more of it?"""
    said = Consent.objects.filter(customer__rooftop=rooftop, phone__number=number, channel=channel).order_by(
        "-at", "-pk"
    )
    return said.values_list("is_granted", flat=True).first() is False


@transaction.atomic
def note(
    customer: Customer,
    number: str,
    is_granted: bool,
    *,
    wording: str,
    source: str,
    now: datetime,
    channels: Iterable[Consent.Channel] = Consent.Channel,
) -> None:
    """Keep an answer about calls and texts alike, word for word; channels when it was about fewer."""
    phone, _ = Phone.objects.get_or_create(number=number)
    _write([customer], phone, is_granted, wording, source, now, channels)


@transaction.atomic
def revoke(rooftop: Rooftop, number: str, *, wording: str, source: str, now: datetime) -> int:
    """Nobody at this rooftop is reached on this number any more; how many customers that concerns."""
    phone = Phone.objects.filter(number=number).first()
    customers = list(phone.customers.filter(rooftop=rooftop)) if phone else []
    if phone:
        _write(customers, phone, False, wording, source, now, Consent.Channel)
    return len(customers)


def _write(
    customers: list[Customer],
    phone: Phone,
    is_granted: bool,
    wording: str,
    source: str,
    now: datetime,
    channels: Iterable[Consent.Channel],
) -> None:
    Consent.objects.bulk_create(
        Consent(
            customer=customer,
            phone=phone,
            channel=channel,
            is_granted=is_granted,
            wording=wording,
            source=source[:100],
            at=now,
        )
        for customer in customers
        for channel in channels
    )
