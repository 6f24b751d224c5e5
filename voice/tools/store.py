"""The store's facts, read once at the start of a call."""

from datetime import datetime, timedelta

from crm.models import Rooftop
from scheduling.models import Closure, OpCode, OpeningHours, TransportOption
from voice.conversation.facts import ClosedSpan, DayHours, MenuItem, Store


def load_store(rooftop: Rooftop, *, now: datetime) -> Store:
    """What the desk may say about this rooftop, with the closures of the next 100 days."""
    zone = rooftop.zone
    number = rooftop.numbers.first()
    closures = Closure.objects.filter(
        rooftop=rooftop, ends_at__gt=now, starts_at__lt=now + timedelta(days=100)
    )
    return Store(
        name=rooftop.name,
        zone=zone,
        address=rooftop.address,
        phone_number=number.number if number else "",
        hours=tuple(
            DayHours(day.weekday, day.opens, day.closes, day.valid_from, day.valid_to)
            for day in OpeningHours.objects.filter(rooftop=rooftop)
        ),
        closures=tuple(
            ClosedSpan(span.starts_at.astimezone(zone), span.ends_at.astimezone(zone), span.reason)
            for span in closures
        ),
        menu=tuple(
            MenuItem(
                item.code,
                item.name,
                tuple(item.synonyms),
                item.minutes,
                item.price_min,
                item.price_max,
                item.every_miles,
            )
            for item in OpCode.objects.filter(rooftop=rooftop, is_bookable_by_phone=True)
        ),
        records_calls=rooftop.records_calls,
        rides={
            option.kind: tuple(option.departures)
            for option in TransportOption.objects.filter(rooftop=rooftop)
        },
    )
