"""Dates and times, held against the development data where it is there."""

from pathlib import Path

import pytest
from django.conf import settings

from voice.understanding import dates
from voice.understanding.score import Score

FOLDER = settings.BASE_DIR.parent / "shared" / "data"


@pytest.fixture(scope="module")
def scores() -> list[Score]:
    if not (FOLDER / "README.md").exists():
        pytest.skip(f"the development data is not at {FOLDER}")
    return dates.sources(Path(FOLDER))


def test_every_goal_is_met(scores: list[Score]) -> None:
    missed = {score.name: score.wrong for score in scores if not score.is_met}
    assert missed == {}


def test_every_source_was_read(scores: list[Score]) -> None:
    assert all(score.n for score in scores)
    assert len(scores) == 9
