"""What a customer's page tells at a glance, in sections; each app gives those of its own rows.

Like crm/links.py: an app further left adds its sections in its AppConfig.ready().
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User

from crm.links import Link
from crm.models import Customer

LATEST = 6  # rows of a section; the rest is behind its link


@dataclass(frozen=True, slots=True)
class Row:
    text: str
    detail: str = ""
    url: str = ""
    mark: str = ""  # a short word, like "Overdue"
    variant: str = ""  # its colour: success, info, warning, danger


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    icon: str  # a Material Symbol
    rows: Sequence[Row]
    empty: str  # the sentence in place of rows
    more: Link | None = None


Source = Callable[[Customer, datetime], Section]
_sources: dict[Source, tuple[int, str]] = {}


def add(permission: str, source: Source, *, place: int) -> None:
    """From now on source gives a section to whoever has the permission; a few queries, for any number of rows."""
    _sources[source] = place, permission


def of(customer: Customer, user: User | AnonymousUser, now: datetime) -> list[Section]:
    """By their places. now is aware UTC."""
    in_order = sorted(_sources.items(), key=lambda item: item[1])
    return [source(customer, now) for source, (_, permission) in in_order if user.has_perm(permission)]
