"""What was right out of how many, and the table of all of it."""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COLUMNS = ("", "right", "n", "share", "95 % interval", "goal", "")
Z = 1.96  # standard deviations on both sides that hold 95 %


@dataclass(slots=True)
class Score:
    """One row of the table. goal is the share wanted; wrong holds a line for each miss."""

    name: str
    goal: float | None = None
    right: int = 0
    wrong: list[str] = field(default_factory=list)

    def count(self, is_right: bool, otherwise: str) -> None:
        """otherwise says what was said, wanted and understood."""
        if is_right:
            self.right += 1
        else:
            self.wrong.append(otherwise)

    @property
    def n(self) -> int:
        return self.right + len(self.wrong)

    @property
    def share(self) -> float:
        return self.right / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's, which stays within 0 and 1 and holds for few samples too."""
        if not self.n:
            return 0.0, 1.0
        middle = self.share + Z * Z / (2 * self.n)
        half = Z * math.sqrt(self.share * (1 - self.share) / self.n + Z * Z / (4 * self.n * self.n))
        scale = 1 + Z * Z / self.n
        return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)

    @property
    def is_met(self) -> bool:
        return self.goal is None or self.share >= self.goal

    @property
    def cells(self) -> tuple[str, ...]:
        low, high = self.interval
        goal = (f"{self.goal:.2f}", "met" if self.is_met else "MISSED") if self.goal else ("", "")
        return (
            self.name,
            str(self.right),
            str(self.n),
            f"{self.share:.3f}",
            f"{low:.3f} to {high:.3f}",
            *goal,
        )


def table(scores: Iterable[Score]) -> str:
    rows: list[Sequence[str]] = [COLUMNS, *(score.cells for score in scores)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def rows_of(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """Every row of a file of JSON lines in the folder. Raises FileNotFoundError."""
    with (folder / name).open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
