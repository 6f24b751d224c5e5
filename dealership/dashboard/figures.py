"""Counts calls in a few statements, whatever their number."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Aggregate, Count, F, FloatField, Q, QuerySet, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce

from crm.models import Rooftop
from dealership.dashboard.definitions import DEFINITIONS, Definition, Kind
from dealership.dashboard.period import Period
from voice import call_search, counted
from voice.models import Call, ToolCall, Turn

# The ways in which the charts divide calls.
DAY, HOUR, STORE, VERSION = "day", "hour", "store", "version"


class P95(Aggregate):
    """Of a hundred values ninety-five are not above it; empty ones are left out."""

    function = "PERCENTILE_DISC"
    template = "%(function)s(0.95) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


# Of what calls have booked: a call that booked two visits counts once.
DUE = Count("call", distinct=True)
CAME = Count("call", distinct=True, filter=Q(appointment__status__in=counted.CAME))
HEARD = Cast(Coalesce(KT("latencies__first_mark"), KT("latencies__first_frame")), FloatField())


@dataclass(frozen=True, slots=True)
class Figure:
    """hits of total calls; amount is milliseconds or US dollars where the definition is of that kind."""

    definition: Definition
    total: int
    hits: int
    amount: float | None = None

    @property
    def share(self) -> float | None:
        """0 to 1; None where there was nothing to count."""
        return self.hits / self.total if self.total else None

    @property
    def value(self) -> str:
        """As it is shown: 82 %, 3, 1.2 s, $ 14.20, or a dash."""
        if self.definition.kind is Kind.SHARE:
            return "–" if self.share is None else f"{self.share * 100:.0f} %"
        if self.definition.kind is Kind.COUNT:
            return str(self.hits) if self.total else "–"
        if self.amount is None:
            return "–"
        return f"{self.amount / 1000:.1f} s" if self.definition.kind is Kind.WAIT else f"${self.amount:,.2f}"


@dataclass(frozen=True, slots=True)
class Counting:
    """What is counted: calls, and what they have booked for these days."""

    calls: QuerySet[Call]
    visits: QuerySet[ToolCall]


def counting(period: Period, rooftops: QuerySet[Rooftop]) -> Counting:
    """Of the period, at these stores; the calls are those of the list at period.calls_url(…)."""
    stores = rooftops.order_by().values("pk")
    calls = Call.objects.filter(call_search.on_days(period.since, period.until), rooftop__in=stores)
    days = call_search.on_days(period.since, period.until, "appointment__arrives_at", "call__rooftop")
    visits = counted.booked_visits("due").filter(days, call__rooftop__in=stores)
    if period.rooftop:
        calls = calls.filter(rooftop=period.rooftop)
        visits = visits.filter(call__rooftop=period.rooftop)
    return Counting(calls.order_by(), visits.order_by())


# --- totals -------------------------------------------------------------------------------


def totals(of: Counting) -> list[Figure]:
    """One figure for each definition."""
    names = {name for each in DEFINITIONS for name in (each.of, each.hit)} - counted.BY_VISIT.keys()
    found: dict[str, Any] = of.calls.aggregate(
        **{name: Count("pk", filter=counted.counted_as(name)) for name in names},
        **{f"sum_{each.adds_up}": Sum(each.adds_up) for each in DEFINITIONS if each.adds_up},
    )
    found |= of.visits.aggregate(due=DUE, came=CAME)
    found |= _turns(of.calls).aggregate(wait=P95(HEARD))
    return [_figure(each, found) for each in DEFINITIONS]


def _figure(definition: Definition, found: dict[str, Any]) -> Figure:
    amount = found["wait"] if definition.kind is Kind.WAIT else found.get(f"sum_{definition.adds_up}")
    return Figure(
        definition, found[definition.of], found[definition.hit], None if amount is None else float(amount)
    )


def _turns(calls: QuerySet[Call]) -> QuerySet[Turn]:
    timed = calls.filter(counted.counted_as("measured"))
    return Turn.objects.filter(call__in=timed.values("pk")).order_by()


# --- by day, hour, store and version ------------------------------------------------------


def divided(by: str, definition: Definition, of: Counting) -> dict[Any, Figure]:
    """The figure for each part of the calls that has any, by date, hour, Rooftop id or version.

    Show rates are by the day of the visit, and by the hour of the call.
    """
    if definition.of in counted.BY_VISIT:
        rows = _rows(of.visits, _key(by, "call__", "appointment__arrives_at")).annotate(total=DUE, hits=CAME)
        return {row["part"]: Figure(definition, row["total"], row["hits"]) for row in rows}
    rows = _rows(of.calls, _key(by)).annotate(
        total=Count("pk", filter=counted.counted_as(definition.of)),
        hits=Count("pk", filter=counted.counted_as(definition.hit)),
        amount=Sum(definition.adds_up or "cost"),
    )
    waits = _waits(by, of) if definition.kind is Kind.WAIT else {}
    return {
        row["part"]: _figure(
            definition,
            {
                definition.of: row["total"],
                definition.hit: row["hits"],
                f"sum_{definition.adds_up}": row["amount"],
                "wait": waits.get(row["part"]),
            },
        )
        for row in rows
    }


def _waits(by: str, of: Counting) -> dict[Any, float]:
    rows = _rows(_turns(of.calls), _key(by, "call__")).annotate(wait=P95(HEARD))
    return {row["part"]: row["wait"] for row in rows}


def _rows(found: QuerySet[Any], key: Any) -> Any:
    return found.annotate(part=key).values("part")


def _key(by: str, call: str = "", moment: str = "") -> Any:
    return {
        DAY: counted.day_of(call, moment or f"{call}started_at"),
        HOUR: counted.hour_of(call),
        STORE: F(f"{call}rooftop_id"),
        VERSION: F(f"{call}agent_version"),
    }[by]
