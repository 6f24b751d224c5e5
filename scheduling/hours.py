"""Which opening hours rule a date. Pure."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar


class Valid(Protocol):
    """The hours of a weekday, 0 is Monday, from one date to another (None: always)."""

    @property
    def weekday(self) -> int: ...
    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...


Rule = TypeVar("Rule", bound=Valid)


def rule_for(rules: Iterable[Rule], day: date) -> Rule | None:
    """Of the rules that hold on day the most special: valid for the shortest time, then from the latest date."""
    holding = [
        rule
        for rule in rules
        if rule.weekday == day.weekday()
        and (rule.valid_from is None or rule.valid_from <= day)
        and (rule.valid_to is None or day <= rule.valid_to)
    ]
    return min(holding, key=_generality, default=None)


def _generality(rule: Valid) -> tuple[int, int]:
    begins = (rule.valid_from or date.min).toordinal()
    return (rule.valid_to or date.max).toordinal() - begins, -begins
