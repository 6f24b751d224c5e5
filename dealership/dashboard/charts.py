"""Bars, as they stand on the page: drawn by the template, each one a link to its calls."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from crm.models import Rooftop
from dealership.dashboard.definitions import Definition, Kind
from dealership.dashboard.figures import DAY, HOUR, Figure
from dealership.dashboard.period import Period
from voice.call_search import HOURS
from voice.counted import NO_VERSION

COLUMN_PX = 28  # wide enough for a finger


@dataclass(frozen=True, slots=True)
class Bar:
    """Lengths are percents of the chart's; x and width too, where bars stand side by side."""

    label: str
    figure: Figure
    url: str
    total_percent: float
    hits_percent: float
    x: float
    width: float

    @property
    def total_y(self) -> float:
        return round(100 - self.total_percent, 2)

    @property
    def hits_y(self) -> float:
        return round(100 - self.hits_percent, 2)

    @property
    def sentence(self) -> str:
        """What a screen reader says, and what stands under the mouse."""
        figure = self.figure
        if figure.definition.kind is Kind.COUNT:
            return f"{self.label}: {figure.hits} of {figure.total}"
        if figure.definition.kind is Kind.SHARE:
            return f"{self.label}: {figure.hits} of {figure.total}, {figure.value}"
        return f"{self.label}: {figure.value}, {figure.hits} calls"


@dataclass(frozen=True, slots=True)
class Chart:
    key: str
    title: str
    bars: list[Bar]
    top: str  # what the longest bar stands for

    @property
    def stands_upright(self) -> bool:
        return self.key in (DAY, HOUR)

    @property
    def least_px(self) -> int:
        return len(self.bars) * COLUMN_PX

    @property
    def labelled(self) -> list[Bar]:
        """Those whose label has room."""
        step = -(-len(self.bars) // 8) or 1
        return self.bars[::step]


@dataclass(frozen=True, slots=True)
class Part:
    """One bar to be: narrower is what its calls' list is filtered by."""

    key: Any
    label: str
    narrower: dict[str, str]


def days(period: Period) -> list[Part]:
    return [
        Part(day, f"{day:%b %-d}", {"since": day.isoformat(), "until": day.isoformat()})
        for day in period.days
    ]


def hours() -> list[Part]:
    return [Part(int(hour), label, {"hour": hour}) for hour, label in HOURS]


def stores(rooftops: Iterable[Rooftop]) -> list[Part]:
    return [Part(store.pk, store.name, {"rooftop": str(store.pk)}) for store in rooftops]


def versions(found: Iterable[str]) -> list[Part]:
    return [
        Part(version, version or "not noted", {"version": version or NO_VERSION}) for version in sorted(found)
    ]


def chart(
    key: str, title: str, definition: Definition, found: dict[Any, Figure], parts: list[Part], period: Period
) -> Chart:
    """The parts in their order; one without calls is an empty bar."""
    figures = [found.get(part.key, Figure(definition, 0, 0)) for part in parts]
    longest = max([_length(figure) for figure in figures], default=0.0)
    bars = [
        _bar(at, part, figure, longest or 1.0, period, len(parts))
        for at, (part, figure) in enumerate(zip(parts, figures, strict=True))
    ]
    return Chart(key, title, bars, _written(definition, longest))


def _bar(at: int, part: Part, figure: Figure, longest: float, period: Period, count: int) -> Bar:
    is_share = figure.definition.kind is Kind.SHARE
    total = 100 * _length(figure) / longest
    return Bar(
        label=part.label,
        figure=figure,
        url=period.calls_url(figure.definition.hit, **part.narrower),
        total_percent=round(total, 2),
        hits_percent=round(100 * figure.hits / longest if is_share else total, 2),
        x=round(100 * (at + 0.12) / count, 3),
        width=round(76 / count, 3),
    )


def _length(figure: Figure) -> float:
    lengths = {Kind.SHARE: figure.total, Kind.COUNT: figure.hits}
    return float(lengths.get(figure.definition.kind, figure.amount or 0.0))


def _written(definition: Definition, longest: float) -> str:
    if definition.kind in (Kind.SHARE, Kind.COUNT):
        return f"{longest:.0f} call{'' if longest == 1 else 's'}"
    return Figure(definition, 1, 1, longest).value
