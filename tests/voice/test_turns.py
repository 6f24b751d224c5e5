"""When is a caller's turn over?"""

import pytest

from voice.conversation import phrases
from voice.ports import Words
from voice.turns import Assembler, is_backchannel, wait_after


@pytest.mark.parametrize("said", ["I need an oil change and", "it's, um", "my car is a", "Tuesday or"])
def test_a_sentence_that_cannot_be_over_is_waited_for(said: str) -> None:
    assert wait_after(said, "") > 1


@pytest.mark.parametrize("said", ["Yes.", "an oil change for my Civic", "Tuesday at ten"])
def test_a_whole_sentence_is_answered_at_once(said: str) -> None:
    assert wait_after(said, "") == 0


def test_a_number_is_waited_for_until_it_has_ten_digits() -> None:
    assert wait_after("two one two", phrases.ASK_PHONE) > 1
    assert wait_after("212 555", phrases.ASK_PHONE) > 1
    assert wait_after("212 555 0143", phrases.ASK_PHONE) == 0
    assert wait_after("I don't have one", phrases.ASK_PHONE) > 0  # "one" may be the first digit


@pytest.mark.parametrize("said", ["uh-huh", "mm-hmm", "Mhm.", "um", "uh huh, mm"])
def test_signs_of_listening_are_no_turn(said: str) -> None:
    assert is_backchannel(said)


@pytest.mark.parametrize("said", ["yes", "stop", "uh, Tuesday", "no"])
def test_words_are_a_turn(said: str) -> None:
    assert not is_backchannel(said)


def test_segments_become_one_turn_with_the_newest_interim_at_its_end() -> None:
    assembler = Assembler()
    assembler.add(Words("I need", is_final=True, starts_at=1.0, ends_at=1.5))
    assembler.add(Words("an oil", is_final=False, starts_at=1.5, ends_at=1.9))
    assembler.add(Words("an oil change", is_final=False, starts_at=1.5, ends_at=2.2))
    turn = assembler.take()
    assert turn is not None
    assert (turn.text, turn.starts_at, turn.ends_at) == ("I need an oil change", 1.0, 2.2)
    assert assembler.take() is None


def test_a_final_segment_replaces_its_interim() -> None:
    assembler = Assembler()
    assembler.add(Words("oil chain", is_final=False, starts_at=0, ends_at=1))
    assembler.add(Words("oil change", is_final=True, starts_at=0, ends_at=1))
    assert assembler.text == "oil change"
