"""A measured figure, and the table of all of them."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

COLUMNS = ("unit", "median", "p95", "p99", "n", "goal", "", "a sample is")
SHARES = {"median": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure has to stay below, in its own unit."""

    which: Literal["median", "p95", "p99", "max"]
    below: float

    def __str__(self) -> str:
        return f"{self.which} < {self.below:g}"


NONE = Goal("max", 1)  # of what is counted, not even one


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: n is the number of samples, and sample says what each of them is."""

    name: str
    unit: str
    samples: Sequence[float]
    sample: str
    goal: Goal | None = None

    def percentile(self, share: float) -> float:
        """The smallest sample that so large a share of all does not exceed."""
        ranked = sorted(self.samples)
        return ranked[max(0, math.ceil(share * len(ranked)) - 1)]

    @property
    def is_met(self) -> bool:
        return self.goal is None or self.percentile(SHARES[self.goal.which]) < self.goal.below

    @property
    def cells(self) -> tuple[str, ...]:
        median, p95, p99 = (_written(self.percentile(SHARES[which])) for which in ("median", "p95", "p99"))
        goal = (str(self.goal), "met" if self.is_met else "MISSED") if self.goal else ("", "")
        return (self.name, self.unit, median, p95, p99, str(len(self.samples)), *goal, self.sample)


def milliseconds(work: Callable[[], object]) -> float:
    """How long work takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def table(figures: Iterable[Figure]) -> str:
    rows = [("", *COLUMNS), *(figure.cells for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(_line(row, widths) for row in rows)


def _written(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    """Numbers to the right, words to the left."""
    numbers = {2, 3, 4, 5}
    cells = [
        cell.rjust(width) if column in numbers else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()
