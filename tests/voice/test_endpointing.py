"""When the caller begins, pauses and stops, from probabilities alone."""

from voice.speech.endpointing import Change, Endpointer

VOICE, SILENCE = 0.9, 0.05


def changes(*runs: tuple[float, int]) -> list[tuple[Change, int]]:
    """Every change, with the window it was noticed in."""
    endpointer, noticed = Endpointer(), []
    for at, probability in enumerate(p for p, windows in runs for _ in range(windows)):
        if change := endpointer.push(probability):
            noticed.append((change, at))
    return noticed


def test_a_click_is_no_speech() -> None:
    assert changes((SILENCE, 5), (VOICE, 2), (SILENCE, 40)) == []


def test_speech_is_noticed_within_a_tenth_of_a_second() -> None:
    assert changes((SILENCE, 5), (VOICE, 3)) == [(Change.STARTED, 7)]


def test_a_pause_comes_first_and_the_end_later() -> None:
    noticed = changes((VOICE, 10), (SILENCE, 30))
    assert [change for change, _ in noticed] == [Change.STARTED, Change.PAUSED, Change.ENDED]
    paused, ended = noticed[1][1], noticed[2][1]
    assert (paused - 9) * 0.032 < 0.3
    assert 0.55 <= (ended - 9) * 0.032 <= 0.65


def test_groups_of_a_number_stay_together() -> None:
    noticed = changes((VOICE, 20), (SILENCE, 18), (VOICE, 20), (SILENCE, 18), (VOICE, 20), (SILENCE, 25))
    kinds = [change for change, _ in noticed]
    assert kinds.count(Change.RESUMED) == 2
    assert kinds.count(Change.ENDED) == 1


def test_a_weak_sound_goes_on_with_speech_but_does_not_begin_it() -> None:
    assert changes((0.4, 50)) == []
    assert [change for change, _ in changes((VOICE, 5), (0.4, 50))] == [Change.STARTED]


def test_long_speech_is_cut_at_a_short_gap() -> None:
    noticed = changes((VOICE, 500), (SILENCE, 4), (VOICE, 100), (SILENCE, 25))
    assert noticed[1] == (Change.CUT, 502)
    assert noticed[-1][0] is Change.ENDED


def test_speech_without_any_gap_is_cut_before_the_recogniser_loses_it() -> None:
    cuts = [at for change, at in changes((VOICE, 2000)) if change is Change.CUT]
    assert len(cuts) == 2
    assert cuts[0] * 0.032 < 25


def test_positions_are_those_of_the_voice() -> None:
    endpointer = Endpointer()
    for probability in [SILENCE] * 5 + [VOICE] * 10 + [SILENCE] * 10:
        endpointer.push(probability)
    assert (endpointer.begins_at, endpointer.voice_ends_at) == (5, 15)
