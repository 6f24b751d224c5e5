"""The turn policy against spoken turns of a data file: how soon it answers, and how often too soon."""

import random
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from dealership.bench import turn_taking
from dealership.bench.callers import FILE, REPORT, TUNING, SpokenTurn, speak, spoken_turns
from dealership.bench.figures import Figure
from dealership.bench.turn_taking import (
    DATA,
    ListeningDesk,
    Providers,
    Result,
    WaitingDesk,
    converse,
    desks,
    play,
)

TURNS = 300


@pytest.fixture(scope="module")
def turns() -> list[SpokenTurn]:
    if not (DATA / FILE).exists():
        pytest.skip(f"the development dialogues (shared/data/{FILE}) are not here")
    return spoken_turns(DATA, REPORT, random.Random(1))[:TURNS]


def percentile(result: Result, share: float) -> float:
    return Figure("", "ms", result.waits_ms, "").percentile(share)


def test_the_desk_answers_in_time_and_hardly_ever_too_soon(turns: list[SpokenTurn]) -> None:
    result = play(turns, desks()["our policy"])
    assert percentile(result, 0.5) <= 950
    assert percentile(result, 0.95) <= 1200
    assert result.early_percent <= 2


def test_also_when_words_are_told_only_after_they_are_over(turns: list[SpokenTurn]) -> None:
    result = play(turns, desks()["our policy, words told when over"])
    assert percentile(result, 0.5) <= 1001
    assert percentile(result, 0.95) <= 1200
    assert result.early_percent <= 2


def test_the_providers_are_the_ones_that_were_measured(turns: list[SpokenTurn]) -> None:
    cautious = play(turns[:50], desks()["provider's 300 ms of silence"])
    assert percentile(cautious, 0.5) == pytest.approx(1290)
    hasty = play(turns, desks()["provider's 10 ms of silence"])
    assert percentile(hasty, 0.5) == pytest.approx(1000)
    assert hasty.early_percent > 10


def test_few_drafts_are_thought_for_nothing(turns: list[SpokenTurn]) -> None:
    result = play(turns, desks()["our policy"])
    assert result.drafts_used / result.turns > 0.95
    assert result.drafts / result.turns < 1.5


def test_no_rule_is_tuned_on_what_is_reported(turns: list[SpokenTurn]) -> None:
    tuning = spoken_turns(DATA, TUNING, random.Random(1))
    everything = len(tuning) + len(spoken_turns(DATA, REPORT, random.Random(1)))
    assert 0.4 < len(tuning) / everything < 0.6


async def test_without_the_data_there_are_no_figures(tmp_path: Path) -> None:
    assert await turn_taking.measure(rounds=1, data=tmp_path) == []


# --- the callers --------------------------------------------------------------------------


def test_a_caller_says_every_word_at_the_pace_of_speech() -> None:
    turn = speak("Can you book it for the 7th at 4 pm, please?", "", random.Random(3))
    assert [word.text for word in turn.words][-3:] == ["4", "pm", "please"]
    seconds = sum(word.ends_at - word.starts_at for word in turn.words)
    assert 150 <= len(turn.words) * 60 / seconds <= 190


def test_a_quarter_of_the_callers_pause_once() -> None:
    rng = random.Random(2)
    spoken = [speak("I would like to book it for Tuesday", "", rng) for _ in range(1000)]
    pieces = [len(list(turn.pieces())) for turn in spoken]
    assert set(pieces) == {1, 2}
    assert 0.2 < pieces.count(2) / len(pieces) < 0.3


def test_who_pauses_early_in_an_open_sentence_is_not_cut_off() -> None:
    providers = Providers()
    rng = random.Random(5)
    pausing = [turn for _ in range(400) if (turn := _paused_before(rng, "my"))]
    assert pausing
    for turn in pausing:
        desk = ListeningDesk(providers)
        converse(desk, turn, random.Random(1))
        assert desk.first_frames[0] > turn.ends_at


def _paused_before(rng: random.Random, word: str) -> SpokenTurn | None:
    """A turn whose pause follows the word, if this caller makes one there."""
    turn = speak("I would like to bring my car in tomorrow", "", rng)
    first, *rest = turn.pieces()
    return turn if rest and first[-1].text == word else None


def test_a_desk_that_only_waits_answers_every_pause() -> None:
    rng = random.Random(5)
    turn = next(
        turn
        for _ in range(1000)
        if (turn := _paused_before(rng, "my")) and turn.words[6].starts_at - turn.words[5].ends_at > 0.8
    )
    desk = WaitingDesk(Providers(first_token=0.2, first_audio=0.1))
    converse(desk, turn, random.Random(1))
    assert desk.first_frames[0] < turn.ends_at


# --- make bench ---------------------------------------------------------------------------


def table_of_bench(**options: Any) -> str:
    output = StringIO()
    call_command("bench", rounds=1, only=["turn_taking"], stdout=output, **options)
    return output.getvalue()


def test_make_bench_says_what_it_could_not_measure(tmp_path: Path) -> None:
    assert f"Turn taking was not measured: {tmp_path} has no {FILE}" in table_of_bench(data=tmp_path)


@pytest.mark.usefixtures("turns")
def test_make_bench_prints_how_soon_and_how_often_too_soon() -> None:
    table = table_of_bench()
    for desk in desks():
        assert f"end of speech to first frame, {desk} " in table
        assert f"begun too early, {desk} " in table
