"""What is told to whoever listens in, by the clock."""

from itertools import pairwise

from voice.ports import Clear, Play
from voice.tracks import CALLER, DESK, MOST_WAITING, Tracks

FRAME = 160
SECOND = 8000


def heard(tracks: Tracks, now: float) -> list[tuple[int, int, bytes]]:
    """(side, position, mulaw) of what is told at this moment."""
    return [(piece[0], int.from_bytes(piece[1:5], "big"), piece[5:]) for piece in tracks.pieces(now)]


def test_a_caller_whose_frames_come_unevenly_is_heard_without_a_seam() -> None:
    tracks, told = Tracks(), []
    for frame in range(100):
        late = 0.08 if frame % 7 == 0 else 0.0
        tracks.hear_caller(bytes([frame]) * FRAME, 1.0 + frame * 0.02 + late)
        if frame % 10 == 9:
            told += heard(tracks, 1.0 + frame * 0.02 + 0.09)
    assert b"".join(mulaw for _, _, mulaw in told) == b"".join(bytes([n]) * FRAME for n in range(100))
    assert all(at + len(mulaw) == then for (_, at, mulaw), (_, then, _) in pairwise(told))
    assert told[0][1] == round(1.08 * SECOND) - FRAME


def test_a_line_that_stalled_is_not_made_up_for() -> None:
    tracks = Tracks()
    tracks.hear_caller(b"a" * FRAME, 1.0)
    assert heard(tracks, 1.1) == [(CALLER, SECOND - FRAME, b"a" * FRAME)]
    for _ in range(150):  # three seconds at once
        tracks.hear_caller(b"b" * FRAME, 4.0)
    ((_, position, late),) = heard(tracks, 4.1)
    assert position == 4 * SECOND - FRAME
    assert len(late) < 0.3 * SECOND
    tracks.hear_caller(b"c" * FRAME, 4.3)
    ((_, position, _),) = heard(tracks, 4.4)
    assert 4 * SECOND < position < 4.4 * SECOND  # behind what was told, and in time again


def test_the_desk_is_told_when_the_caller_hears_it() -> None:
    tracks = Tracks()
    for piece in range(5):  # a second at once, as the desk sends it
        tracks.hear_desk(Play(bytes([piece]) * 1600), ahead=(piece + 1) * 1600, now=2.0)
    assert heard(tracks, 2.2) == [(DESK, 2 * SECOND, b"\0" * 1600)]
    assert heard(tracks, 2.2) == []
    assert heard(tracks, 2.5) == [(DESK, 2 * SECOND + 1600, b"\1" * 1600 + b"\2" * 800)]


def test_what_a_clear_takes_back_is_told_to_nobody() -> None:
    tracks = Tracks()
    tracks.hear_desk(Play(b"d" * SECOND), ahead=SECOND, now=2.0)
    tracks.hear_desk(Clear(), ahead=0, now=2.3)
    assert heard(tracks, 2.4) == [(DESK, 2 * SECOND, b"d" * 2400)]
    tracks.hear_desk(Play(b"e" * 800), ahead=800, now=3.0)
    assert heard(tracks, 3.2) == [(DESK, 3 * SECOND, b"e" * 800)]


def test_who_comes_in_the_middle_of_a_sentence_hears_it_in_step() -> None:
    tracks = Tracks()
    tracks.hear_desk(Play(b"f" * 1600), ahead=SECOND, now=0.5)  # 6400 bytes before it nobody told us
    assert heard(tracks, 1.2) == []
    assert heard(tracks, 1.5) == [(DESK, 4000 + 6400, b"f" * 1600)]


def test_nothing_piles_up_while_nothing_is_taken() -> None:
    tracks = Tracks()
    for frame in range(3000):
        tracks.hear_caller(b"g" * FRAME, 1.0 + frame * 0.02)
        tracks.hear_desk(Play(b"h" * FRAME), ahead=FRAME, now=1.0 + frame * 0.02)
    told = heard(tracks, 61.0)
    assert [len(mulaw) for _, _, mulaw in told] == [MOST_WAITING, MOST_WAITING]
    assert all(position > 58 * SECOND for _, position, _ in told)
