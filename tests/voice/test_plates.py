"""Licence plates and ZIP codes."""

import pytest

from voice.conversation.plates import find_plate, find_zip


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("my plate is A B C one two three four", "ABC1234"),
        ("license plate seven K L M four five six", "7KLM456"),
        ("the plate is ABC-1234", "ABC1234"),
        ("tag number mike oscar 7 7 oh 1", "MO7701"),
        ("the plates are J as in John, O, K, 4, oh, 2", "JOK402"),
        ("my plate is dirty", None),
        ("A B C one two three four", None),
    ],
)
def test_plates_are_understood_where_they_are_spoken_of(said: str, expected: str | None) -> None:
    assert find_plate(said) == expected


def test_a_plate_that_was_asked_for_needs_no_word_for_it() -> None:
    assert find_plate("J as in John, K, L, 4 oh 2 3", was_asked=True) == "JKL4023"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("one two two oh five", "12205"),
        ("my zip is one twenty-two oh five", "12205"),
        ("nine oh two one oh", "90210"),
        ("12205-1234", "12205-1234"),
        ("one two two zero five dash one two three four", "12205-1234"),
        ("Albany, 12205", "12205"),
        ("518 555 0143", None),
        ("one two three", None),
    ],
)
def test_zip_codes_are_understood(said: str, expected: str | None) -> None:
    assert find_zip(said) == expected
