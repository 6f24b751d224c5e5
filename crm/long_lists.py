"""Lists of millions of rows in the staff site: counted no further than anybody pages, searched by index."""

from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.contrib.admin.utils import get_fields_from_path
from django.core.paginator import Paginator
from django.db.models import IntegerField, Model, Q, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.views import ChangeList

MOST_COUNTED = 5000  # a hundred pages: whoever has not found it by then searches
SHORT_WORD = 3  # letters; a trigram index finds shorter ones only where a word begins


class ShortPaginator(Paginator):  # type: ignore[type-arg]
    """Counts MOST_COUNTED rows at most, and has pages only for those."""

    template_name: ClassVar[str] = "crm/pagination.html"

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # the staff site's lists are querysets
        return rows.order_by()[:MOST_COUNTED].count()

    @property
    def has_more(self) -> bool:
        return self.count == MOST_COUNTED


class StoreChangeList(ChangeList):  # type: ignore[misc]
    """Knows the number of all rows only where it was counted anyway."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query and not self.params:
            self.full_result_count = self.result_count


def search(
    rows: QuerySet[Any], fields: Sequence[str], words: Sequence[str], *, phone: Q | None = None
) -> QuerySet[Any]:
    """The rows of which all words are found, in whatever fields; or those with the telephone number.

    A field may name its lookup (number__startswith); else a part is enough, and of a word of one or
    two letters its beginning. Each table is asked on its own, for one condition over several can use
    no index. All words in one table come first; words of different ones (a model and its owner) are
    looked for only when that finds nothing.
    """
    model = rows.model
    tables = [[_condition(model, fields_of_it, word) for word in words] for fields_of_it in _by_table(fields)]
    numbers = [] if phone is None else [_ids(model, phone)]
    found = _union([*(_ids(model, *conditions) for conditions in tables), *numbers])
    if len(words) == 1 or numbers or found.exists():
        return rows.filter(pk__in=found)
    each = [
        _union([_ids(model, condition) for condition in of_word]) for of_word in zip(*tables, strict=True)
    ]
    return rows.filter(*(Q(pk__in=ids) for ids in each))


def _by_table(fields: Sequence[str]) -> list[list[str]]:
    """The fields of each path together: first_name, last_name | vehicles__plate, vehicles__vin."""
    tables = defaultdict(list)
    for field in fields:
        path = field.removesuffix("__startswith").removesuffix("__contains")
        tables[path.rpartition(LOOKUP_SEP)[0]].append(field)
    return list(tables.values())


def _condition(model: type[Model], fields: Sequence[str], word: str) -> Q:
    return reduce(or_, (_matches(model, field, word) for field in fields))


def _matches(model: type[Model], field: str, word: str) -> Q:
    if field.endswith(("__startswith", "__contains")):
        return Q(**{field: word})
    column = get_fields_from_path(model, field)[-1]
    if isinstance(column, IntegerField):
        return Q(**{field: int(word)}) if word.isdecimal() else Q(pk__in=())
    return Q(**{f"{field}__{'icontains' if len(word) >= SHORT_WORD else 'istartswith'}": word})


def _ids(model: type[Model], *conditions: Q) -> QuerySet[Any, Any]:
    return model._default_manager.filter(*conditions).order_by().values("pk")


def _union(queries: Sequence[QuerySet[Any, Any]]) -> QuerySet[Any, Any]:
    return queries[0].union(*queries[1:]) if len(queries) > 1 else queries[0]
