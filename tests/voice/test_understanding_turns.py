"""A whole turn is understood before anybody could notice."""

import pytest
from django.conf import settings

from voice.understanding import turns

DATA = settings.BASE_DIR.parent / "shared" / "data"


@pytest.mark.performance
def test_a_turn_is_understood_in_five_milliseconds() -> None:
    if not (DATA / turns.FILE).exists():
        pytest.skip(f"the development data is not at hand: {DATA} has no {turns.FILE}")
    (score,) = turns.speed(DATA)
    assert score.n > 900
    assert score.is_met, score.name
