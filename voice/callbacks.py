"""By when a person rings back."""

from datetime import UTC, datetime, timedelta

from crm.models import Rooftop
from scheduling.hours import rule_for
from scheduling.lane import stretch_of
from scheduling.models import Closure, OpeningHours

CALLBACK_WITHIN = timedelta(minutes=30)


def callback_due(rooftop: Rooftop, *, now: datetime) -> datetime:
    """By when a callback is promised: soon while the desk is open, else soon after it next opens."""
    zone = rooftop.zone
    rules = list(OpeningHours.objects.filter(rooftop=rooftop))
    day = now.astimezone(zone).date() - timedelta(days=1)  # its hours may go on after midnight
    for _ in range(30):
        rule = rule_for(rules, day)
        if rule:
            opens_at, closes_at = stretch_of(day, rule.opens, rule.closes, zone)
            start = max(now, opens_at)
            for closure in Closure.objects.filter(rooftop=rooftop, starts_at__lte=start, ends_at__gt=start):
                start = max(start, closure.ends_at)
            due = start + CALLBACK_WITHIN
            if due <= closes_at:
                return due.astimezone(UTC).replace(second=0, microsecond=0)
        day += timedelta(days=1)
    return now + timedelta(days=1)
