"""Edge: the managers' dashboard."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm.models import Rooftop
from crm.rights import rooftops_of
from dealership.dashboard import charts
from dealership.dashboard.definitions import Definition
from dealership.dashboard.figures import (
    DAY,
    HOUR,
    STORE,
    VERSION,
    Counting,
    Figure,
    counting,
    divided,
    totals,
)
from dealership.dashboard.period import Period, PeriodForm


@require_GET
@staff_member_required
@permission_required("voice.view_call", raise_exception=True)
def dashboard(request: HttpRequest) -> HttpResponse:
    """How calls went in a period, at the stores of whoever looks."""
    return render(
        request,
        "dashboard/dashboard.html",
        {**admin.site.each_context(request), "title": "Dashboard", **_facts(request, timezone.now())},
    )


def _facts(request: HttpRequest, now: datetime) -> dict[str, Any]:
    rooftops = rooftops_of(request.user)
    form = PeriodForm(request.GET, rooftops)
    period, definition = form.chosen(now=now), form.definition
    of = counting(period, rooftops)
    shown = [period.rooftop] if period.rooftop else list(rooftops)
    return {
        "form": form,
        "period": period,
        "chosen": definition,
        "cards": [_card(figure, period) for figure in totals(of)],
        "charts": _charts(definition, period, of, shown),
    }


def _card(figure: Figure, period: Period) -> dict[str, Any]:
    definition = figure.definition
    return {
        "figure": figure,
        "url": period.calls_url(definition.hit),
        "total_url": period.calls_url(definition.of),
    }


def _charts(
    definition: Definition, period: Period, of: Counting, rooftops: list[Rooftop]
) -> list[charts.Chart]:
    found = {by: divided(by, definition, of) for by in (DAY, HOUR, STORE, VERSION)}
    parts = {
        DAY: ("By day", charts.days(period)),
        HOUR: ("By hour", charts.hours()),
        STORE: ("By store", charts.stores(rooftops)),
        VERSION: ("By agent version", charts.versions(found[VERSION])),
    }
    return [
        charts.chart(by, title, definition, found[by], parts_of, period)
        for by, (title, parts_of) in parts.items()
    ]
