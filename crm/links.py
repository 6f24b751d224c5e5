"""Links between the admin pages of different apps.

An app further left says in its AppConfig.ready() what of its own belongs to a row further right;
the page of that row shows it without knowing the other app.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Model

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Link:
    """since and until, aware, are set where the link is to something that went on for a while: a call."""

    text: str
    url: str
    icon: str = "link"  # a Material Symbol
    since: datetime | None = None
    until: datetime | None = None  # empty while it goes on

    def held_at(self, moment: datetime) -> bool:
        has_begun = self.since is not None and self.since <= moment
        return has_begun and (self.until is None or moment <= self.until)


_sources: defaultdict[type[Model], list[Callable[..., Iterable[Link]]]] = defaultdict(list)


def add(model: type[Row], source: Callable[[Row], Iterable[Link]]) -> None:
    """From now on source gives links for the rows of model; adding it twice is adding it once."""
    if source not in _sources[model]:
        _sources[model].append(source)


def of(row: Model) -> list[Link]:
    return [link for source in _sources[type(row)] for link in source(row)]
