"""May an automated call or text reach somebody? A ledger of what they said; the newest row counts.

A telephone is shared by a household: who says "stop calling" stops the calls to that telephone,
whoever had agreed to them. Channel by channel, at once, by any words that mean it (47 CFR 64.1200).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from crm.models import Consent, Customer, Phone, Rooftop

MAY_LIFT = "crm.add_consent"


class Withheld(Exception):
    """A refusal stands, and who was told "yes" may not write it over that."""

    sentence = (
        "They refused automated calls or texts before. Only a manager can write down that they agree again, "
        "on the customer's page."
    )


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


def is_refused(
    customer: Customer, number: str, channels: Iterable[Consent.Channel] = Consent.Channel
) -> bool:
    """Does a no stand in one of the channels: their own, or the last word of anybody on this number?"""
    anybody = Consent.objects.filter(customer__rooftop=customer.rooftop_id, phone__number=number)
    last_word = dict(anybody.order_by("at", "pk").values_list("channel", "is_granted"))
    own = latest(customer, number)
    return any(False in (own.get(channel), last_word.get(channel)) for channel in channels)


def standing(customer: Customer, number: str, *, now: datetime) -> bool | None:
    """Did they agree on this number? False while a no stands, as is_refused says; None: ask, perhaps again."""
    if is_refused(customer, number):
        return False
    days = settings.REASSIGNED_CHECK_DAYS
    said = Consent.objects.filter(customer=customer, phone__number=number)
    since = said.filter(at__gte=now - timedelta(days=days)) if days else said
    return True if since.exists() else None


@transaction.atomic
def agree(
    customer: Customer,
    number: str,
    *,
    by: User,
    wording: str,
    source: str,
    now: datetime,
    channels: Sequence[Consent.Channel] = tuple(Consent.Channel),
) -> None:
    """Keep a yes that somebody of the store was told. Raises Withheld where a no stands that they may not lift."""
    if is_refused(customer, number, channels) and not by.has_perm(MAY_LIFT):
        raise Withheld
    note(customer, number, True, wording=wording, source=source, now=now, channels=channels)


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
def revoke(
    rooftop: Rooftop,
    number: str,
    *,
    wording: str,
    source: str,
    now: datetime,
    channels: Iterable[Consent.Channel] = Consent.Channel,
) -> int:
    """Nobody at this rooftop is reached on this number any more; how many customers that concerns."""
    phone = Phone.objects.filter(number=number).first()
    customers = list(phone.customers.filter(rooftop=rooftop)) if phone else []
    if phone:
        _write(customers, phone, False, wording, source, now, channels)
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
