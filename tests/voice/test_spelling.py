"""What is spelled: letter by letter, with a word for each, or with a recogniser's own ideas of them."""

import pytest

from voice.conversation.spelling import find_spelling, read_runs


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("M as in Mary, double A, R", "MAAR"),
        ("D as in boy, O, B", "BOB"),
        ("N as in Nancy, G, U, Y, E, N", "NGUYEN"),
        ("S-m-y-t-h", "SMYTH"),
        ("capital M, c, capital D", "MCD"),
        ("bravo oscar bravo", "BOB"),
        ("x-ray yankee zulu", "XYZ"),
        ("two L's, e, w", "LLEW"),
        ("double u, h, i, t, e", "WHITE"),
        ("bee oh bee", "BOB"),
        ("ell ee ee", "LEE"),
        ("A for apple, N for Nancy, N for Nancy", "ANN"),
        ("L O P E Z, with a z", "LOPEZ"),
        ("L O P E Z, M A R I A", "LOPEZ"),
        ("T, H, O, M, P, S, O, N", "THOMPSON"),
        ("X as in extra, Y, Z", "XYZ"),
        ("A, A, R, O, N", "AARON"),
    ],
)
def test_spelled_words_are_put_together(said: str, expected: str) -> None:
    assert find_spelling(said) == expected


@pytest.mark.parametrize(
    "said",
    [
        "I have a car",
        "that's a no",
        "see you later",
        "are you open",
        "",
        "oh I have it",
        "a hotel in town",
        "could a hotel be booked",
        "Mike is here",
        "my name is Bob",
    ],
)
def test_ordinary_sentences_spell_nothing(said: str) -> None:
    assert find_spelling(said) == ""


def test_a_word_for_a_letter_makes_it_sure() -> None:
    (run,) = read_runs("B as in boy, C")
    assert [(sign.character, sign.is_sure) for sign in run.signs] == [("B", True), ("C", False)]


def test_a_run_knows_where_it_stands() -> None:
    said = "it's Lopez, L O P E S, thanks"
    (run,) = read_runs(said, takes_groups=False)
    assert said[run.starts : run.ends] == "L O P E S"
