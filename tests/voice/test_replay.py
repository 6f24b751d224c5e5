"""The ring of audio that is heard again, and the clocks of those who hear it."""

import pytest

from voice.speech.replay import Piece, Replay, Timeline

SECOND = 8000


def numbered(seconds: float, first: int = 0) -> bytes:
    """Audio in which each tenth of a second has a byte of its own."""
    return b"".join(bytes([first + tenth]) * (SECOND // 10) for tenth in range(round(seconds * 10)))


def test_audio_is_taken_once_in_order() -> None:
    replay = Replay()
    replay.add(b"ab")
    replay.add(b"cd")

    assert replay.take() == Piece(0, b"abcd")
    assert replay.take() is None
    replay.add(b"e")
    assert replay.take() == Piece(4, b"e")


def test_what_no_final_result_covers_is_taken_again() -> None:
    replay = Replay()
    replay.add(numbered(3))
    replay.take()
    replay.cover(2.0)

    assert replay.rewind() == 2.0
    assert replay.take() == Piece(2 * SECOND, numbered(3)[2 * SECOND :])


def test_a_lead_in_comes_before_what_was_missed() -> None:
    replay = Replay(lead_in_seconds=0.5)
    replay.add(numbered(3))
    replay.take()
    replay.cover(2.0)

    assert replay.rewind() == 2.0
    assert replay.take() == Piece(12_000, numbered(3)[12_000:])


def test_audio_that_was_never_sent_follows_the_replay_without_a_gap() -> None:
    replay = Replay()
    replay.add(numbered(1))
    replay.take()
    replay.add(numbered(1, first=10))

    replay.rewind()

    assert replay.take() == Piece(0, numbered(1) + numbered(1, first=10))


def test_of_what_was_sent_ten_seconds_are_kept() -> None:
    replay = Replay()
    for tenth in range(150):
        replay.add(bytes([tenth]) * 800)
        replay.take()

    assert replay.rewind() == 5.0
    piece = replay.take()
    assert piece is not None
    assert (piece.position, len(piece.mulaw), piece.mulaw[0]) == (5 * SECOND, 10 * SECOND, 50)


def test_of_what_waits_the_newest_ten_seconds_are_kept() -> None:
    replay = Replay()
    for tenth in range(150):
        replay.add(bytes([tenth]) * 800)

    piece = replay.take()

    assert piece is not None
    assert (piece.position, len(piece.mulaw), piece.mulaw[0]) == (5 * SECOND, 10 * SECOND, 50)


def test_a_result_about_audio_that_was_not_sent_covers_nothing_more() -> None:
    replay = Replay()
    replay.add(numbered(1))
    replay.take()
    replay.add(numbered(1))

    replay.cover(99.0)

    assert replay.rewind() == 1.0


def test_a_second_connection_s_clock_begins_where_its_audio_does() -> None:
    timeline = Timeline()
    timeline.give(5 * SECOND, SECOND)
    timeline.give(6 * SECOND, SECOND)

    assert timeline.call_seconds(0.0) == 5.0
    assert timeline.call_seconds(1.5) == 6.5


def test_audio_that_was_left_out_moves_the_clock_on() -> None:
    timeline = Timeline()
    timeline.give(0, SECOND)
    timeline.give(4 * SECOND, SECOND)

    assert timeline.call_seconds(0.5) == 0.5
    assert timeline.call_seconds(1.5) == 4.5


def test_silence_that_is_no_part_of_the_call_takes_none_of_its_time() -> None:
    timeline = Timeline()
    timeline.give(0, SECOND)
    timeline.give(SECOND, 2 * SECOND)  # for a gap
    timeline.give(SECOND, SECOND)

    assert [timeline.call_seconds(at) for at in (0.5, 1.0, 2.0, 3.0, 3.5)] == [0.5, 1.0, 1.0, 1.0, 1.5]


@pytest.mark.parametrize("at", [0.0, 1.25])
def test_before_any_audio_the_clocks_agree(at: float) -> None:
    assert Timeline().call_seconds(at) == at
