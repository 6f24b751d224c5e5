"""What the caller hears of what was sent, 20 ms at a time."""

from tests.emulators.playback import FRAME, Playback

QUIET = b"\xff" * FRAME


def test_audio_is_played_in_order_whatever_its_pieces() -> None:
    line = Playback()
    for piece in (b"a" * 100, b"b" * 300, b"c" * 20):
        line.add(piece)
    assert [line.play()[0] for _ in range(4)] == [
        b"a" * 100 + b"b" * 60,
        b"b" * 160,
        b"b" * 80 + b"c" * 20 + b"\xff" * 60,
        QUIET,
    ]
    assert line.buffered == 0


def test_a_mark_comes_back_when_all_before_it_was_played() -> None:
    line = Playback()
    line.add(b"a" * 200)
    assert line.mark("first") == []
    line.add(b"b" * 200)
    assert line.mark("second") == []
    assert [line.play()[1] for _ in range(4)] == [[], ["first"], ["second"], []]


def test_a_mark_with_nothing_before_it_comes_back_at_once() -> None:
    line = Playback()
    assert line.mark("alone") == ["alone"]
    line.add(b"a" * FRAME)
    line.mark("after")
    assert line.play() == (b"a" * FRAME, ["after"])
    assert line.mark("again") == ["again"]


def test_clear_drops_the_audio_and_returns_the_marks() -> None:
    line = Playback()
    line.add(b"a" * 400)
    line.mark("one")
    line.add(b"b" * 400)
    line.mark("two")
    line.play()
    assert line.clear() == ["one", "two"]
    assert (line.play(), line.buffered) == ((QUIET, []), 0)
