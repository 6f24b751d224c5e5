"""What was recognised becomes turns."""

import pytest

from voice.ports import Words
from voice.turns import Assembler, is_backchannel, same


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


def test_the_same_words_are_the_same_however_they_are_written() -> None:
    assert same("I need an oil change", "I need an oil change.")
    assert not same("Tuesday at ten", "Tuesday at two")
