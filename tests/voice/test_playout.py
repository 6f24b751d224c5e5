"""What the caller has heard: marks are the truth, the clock a bounded guess."""

from hypothesis import given
from hypothesis import strategies as st

from voice.playout import Playout, Script

SECOND = 8000


def test_nothing_is_heard_before_anything_was_sent() -> None:
    assert Playout().heard(5.0) == 0
    assert Playout().ahead(5.0) == 0


def test_without_marks_the_clock_is_believed() -> None:
    playout = Playout()
    playout.sent(2 * SECOND, 10.0)
    assert playout.heard(10.5) == SECOND // 2
    assert playout.ahead(10.5) == 2 * SECOND - SECOND // 2
    assert playout.heard(99.0) == 2 * SECOND


def test_after_a_mark_a_stalled_line_is_not_counted_as_heard() -> None:
    playout = Playout()
    playout.sent(1600, 0.0)
    playout.mark("m1")
    playout.sent(3 * SECOND, 0.1)
    assert playout.reached("m1", 0.25)
    assert playout.heard(10.0) <= 1600 + SECOND


def test_marks_that_come_back_because_of_a_clear_prove_nothing() -> None:
    playout = Playout()
    playout.sent(2 * SECOND, 0.0)
    playout.mark("end")
    playout.clear(0.5)
    assert not playout.reached("end", 0.51)
    assert playout.heard(5.0) == SECOND // 2
    assert playout.ahead(0.6) == 0


def test_a_mark_of_another_utterance_is_ignored() -> None:
    playout = Playout()
    playout.sent(SECOND, 0.0)
    assert not playout.reached("of-another", 0.1)
    assert playout.heard(0.1) == 800


def test_a_pause_between_clauses_is_no_playing_time() -> None:
    playout = Playout()
    playout.sent(SECOND, 0.0)
    playout.sent(SECOND, 5.0)  # thought for four seconds after the first was over
    assert playout.heard(5.5) == SECOND + SECOND // 2


def test_the_last_mark_acknowledges_the_end() -> None:
    playout = Playout()
    playout.sent(1600, 0.0)
    playout.mark("a")
    assert not playout.is_acknowledged
    playout.reached("a", 0.2)
    assert playout.is_acknowledged


def test_text_is_cut_at_a_word() -> None:
    script = Script()
    script.add("On Tuesday I have nine AM.", 0, 2600)
    script.add("Which works for you?", 2600, 4600)
    assert script.split(4600) == ("On Tuesday I have nine AM. Which works for you?", "")
    assert script.split(0) == ("", "On Tuesday I have nine AM. Which works for you?")
    said, unsaid = script.split(1300)
    assert said == "On Tuesday I"
    assert unsaid == "have nine AM. Which works for you?"


def test_of_a_clause_that_is_still_being_spoken_no_more_is_believed_than_a_slow_voice_says() -> None:
    script = Script()
    text = "So that's an oil change on Tuesday, November 24th at 9 AM. Shall I book it?"
    script.add(text, 0, SECOND, is_whole=False)
    assert script.split(SECOND) == ("So that's", text.removeprefix("So that's "))
    script.add(text, 0, 5 * SECOND)
    assert script.split(5 * SECOND) == (text, "")


def test_somebody_who_reads_misses_nothing() -> None:
    script = Script()
    script.add("On Tuesday I have nine AM.", 0, 2600)
    script.add("Which works for you?", 2600, 2600)
    script.add("Or another day?", 4000, 6000)
    assert script.read(3000) == ("On Tuesday I have nine AM. Which works for you?", "Or another day?")


def test_a_clause_that_made_no_sound_was_not_heard() -> None:
    script = Script()
    script.add("Hello there.", 0, 0)
    assert script.split(0) == ("", "Hello there.")


def test_the_clause_before_one_without_a_sound_yet_is_cut_at_what_was_heard() -> None:
    script = Script()
    script.add("On Tuesday I have nine AM.", 0, 2600)
    script.add("Which works for you?", 2600, 2600)
    assert script.split(1300) == ("On Tuesday I", "have nine AM. Which works for you?")


@given(st.lists(st.tuples(st.integers(1, 9000), st.floats(0, 2)), max_size=12), st.floats(0, 3))
def test_heard_never_runs_back_or_beyond_what_was_sent(steps: list[tuple[int, float]], later: float) -> None:
    playout, now, heard = Playout(), 0.0, 0
    for count, (size, wait) in enumerate(steps):
        playout.sent(size, now)
        playout.mark(str(count))
        now += wait
        if count % 2:
            playout.reached(str(count - 1), now)
        assert heard <= playout.heard(now) <= playout.sent_bytes
        heard = playout.heard(now)
    playout.clear(now)
    assert playout.heard(now + later) == playout.heard(now)
