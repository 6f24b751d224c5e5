"""Yesterday in figures, by e-mail at seven to the managers of each store.

The row that says so is written before the e-mail leaves: two workers never send it twice, nor does one
that is killed in between. An e-mail that the server refuses is tried again until noon.
"""

import logging
from datetime import date, datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from crm.models import Rooftop
from dealership.dashboard.figures import Figure, counting, totals
from dealership.dashboard.period import OWN, Period
from dealership.models import DailySummary

log = logging.getLogger(__name__)

GROUP = "manager"
FROM_HOUR, UNTIL_HOUR = 7, 12  # the store's wall clock


def due(*, now: datetime) -> list[tuple[int, date]]:
    """Stores whose summary is to be sent now, and of which day."""
    waiting = []
    sent = set(
        DailySummary.objects.filter(day__gte=now.date() - timedelta(days=3)).values_list("rooftop", "day")
    )
    led = Rooftop.objects.filter(staff__user__in=_managers().values("pk")).distinct()
    for rooftop in led.order_by("pk"):
        local = now.astimezone(rooftop.zone)
        day = local.date() - timedelta(days=1)
        if FROM_HOUR <= local.hour < UNTIL_HOUR and (rooftop.pk, day) not in sent:
            waiting.append((rooftop.pk, day))
    return waiting


def send(rooftop: Rooftop, day: date, *, now: datetime) -> bool:
    """Send the summary of a day of the store, unless it was; whether it was sent now."""
    people = recipients(rooftop)
    if not people:
        return False
    row, is_new = DailySummary.objects.get_or_create(rooftop=rooftop, day=day, defaults={"sent_at": now})
    if not is_new:
        return False
    try:
        _message(rooftop, day, people).send()
    except (OSError, SMTPException) as error:
        row.delete()
        log.warning("summary of rooftop %s: the e-mail was not sent: %s", rooftop.pk, type(error).__name__)
        return False
    return True


def recipients(rooftop: Rooftop) -> list[str]:
    """The addresses of the managers on the store's staff."""
    found = _managers().filter(staff__rooftop=rooftop).order_by("email")
    return list(found.values_list("email", flat=True).distinct())


def _managers() -> QuerySet[User]:
    return User.objects.filter(groups__name=GROUP, is_active=True).exclude(email="")


def _message(rooftop: Rooftop, day: date, people: list[str]) -> EmailMultiAlternatives:
    facts = _facts(rooftop, day)
    message = EmailMultiAlternatives(
        subject=f"{rooftop}: {facts['callers']} calls on {day:%A, %B %-d}",
        body=render_to_string("dashboard/summary.txt", facts),
        to=people,
    )
    message.attach_alternative(render_to_string("dashboard/summary.html", facts), "text/html")
    return message


def _facts(rooftop: Rooftop, day: date) -> dict[str, Any]:
    period = Period(day, day, rooftop)
    figures = totals(counting(period, Rooftop.objects.filter(pk=rooftop.pk)))
    whole = f"period={OWN}&since={day}&until={day}&rooftop={rooftop.pk}"
    return {
        "store": rooftop,
        "day": day,
        "callers": figures[0].total,
        "lines": [(figure, _link(figure, period)) for figure in figures],
        "dashboard": f"{settings.PUBLIC_BASE_URL}{reverse('dashboard')}?{whole}",
    }


def _link(figure: Figure, period: Period) -> str:
    return f"{settings.PUBLIC_BASE_URL}{period.calls_url(figure.definition.hit)}"
