"""Cars, services and intents, held against what real people said."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from voice.understanding.intents import score_intents
from voice.understanding.reasons import score_reasons
from voice.understanding.score import Score
from voice.understanding.vehicles import score_vehicles

DATA: Path = settings.BASE_DIR.parent / "shared" / "data"


@pytest.mark.parametrize("source", [score_vehicles, score_reasons, score_intents])
def test_the_goals_are_met_on_the_development_data(source: Callable[[Path], list[Score]]) -> None:
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is not there: the development data is not part of the repository")
    scores = source(DATA)
    assert all(score.n for score in scores)
    missed = [f"{score.name}: {score.share:.3f}" for score in scores if not score.is_met]
    assert missed == []
