"""A measured figure, and the table of all of them. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

COLUMNS = ("unit", "median", "p95", "p99", "n", "a sample is")


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: n is the number of samples, and sample says what each of them is."""

    name: str
    unit: str
    samples: Sequence[float]
    sample: str

    def percentile(self, share: float) -> float:
        """The smallest sample that so large a share of all does not exceed."""
        ranked = sorted(self.samples)
        return ranked[max(0, math.ceil(share * len(ranked)) - 1)]

    @property
    def cells(self) -> tuple[str, ...]:
        median, p95, p99 = (f"{self.percentile(share):.1f}" for share in (0.5, 0.95, 0.99))
        return (self.name, self.unit, median, p95, p99, str(len(self.samples)), self.sample)


def table(figures: Iterable[Figure]) -> str:
    rows = [("", *COLUMNS), *(figure.cells for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    """Numbers to the right, words to the left."""
    numbers = {2, 3, 4, 5}
    cells = [
        cell.rjust(width) if column in numbers else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()
