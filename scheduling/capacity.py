"""Can a day's promised work really be done? Pure.

A drop-off is promised by the day, not by the hour: what counts is whether the technicians' hours
can be shared out so that every skill's work is covered, each technician counting once.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

# The trade's rule: this share of every technician's day is left for walk-ins and tow-ins.
RESERVE = 0.15
ROUNDING = 1e-6  # minutes

Minutes = float


def is_feasible(demand: Mapping[str, Minutes], technicians: Iterable[tuple[frozenset[str], Minutes]]) -> bool:
    """Can demand (minutes by skill) be assigned to technicians (their skills, their free minutes)?

    By the max-flow min-cut theorem it can exactly when every set of skills finds enough minutes
    among the technicians who have any of them (Hall's condition; skills are few).
    """
    return all(minutes >= -ROUNDING for _, minutes in to_spare(demand, technicians))


def to_spare(
    demand: Mapping[str, Minutes], technicians: Iterable[tuple[frozenset[str], Minutes]]
) -> Iterator[tuple[frozenset[str], Minutes]]:
    """Each set of skills in demand, and the minutes that those who have any of them have left beside it."""
    wanted = {skill: minutes for skill, minutes in demand.items() if minutes > 0}
    people = [(skills, max(0.0, minutes)) for skills, minutes in technicians]
    for size in range(1, len(wanted) + 1):
        for some in combinations(wanted, size):
            there = sum(minutes for skills, minutes in people if not skills.isdisjoint(some))
            yield frozenset(some), there - sum(wanted[skill] for skill in some)


def room_for(
    skill: str, demand: Mapping[str, Minutes], technicians: Iterable[tuple[frozenset[str], Minutes]]
) -> Minutes:
    """How many more minutes of one skill can be promised beside demand; never below zero."""
    wanted = {**demand, skill: max(demand.get(skill, 0.0), ROUNDING)}
    return max(0.0, min(minutes for skills, minutes in to_spare(wanted, technicians) if skill in skills))
