import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.conversation.number_words import cardinal, decimal, ordinal, year
from voice.conversation.numbers import words_to_digits


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (7, "seven"),
        (40, "forty"),
        (49, "forty-nine"),
        (100, "one hundred"),
        (1200, "one thousand two hundred"),
        (60_015, "sixty thousand fifteen"),
        (2_000_001, "two million one"),
    ],
)
def test_a_number_is_said(number: int, words: str) -> None:
    assert cardinal(number) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "first"),
        (12, "twelfth"),
        (20, "twentieth"),
        (22, "twenty-second"),
        (31, "thirty-first"),
        (60, "sixtieth"),
        (85, "eighty-fifth"),
    ],
)
def test_an_ordinal_is_said(number: int, words: str) -> None:
    assert ordinal(number) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (2026, "twenty twenty-six"),
        (2005, "two thousand five"),
        (2000, "two thousand"),
        (1999, "nineteen ninety-nine"),
        (1906, "nineteen oh six"),
        (1900, "nineteen hundred"),
    ],
)
def test_a_year_is_said(number: int, words: str) -> None:
    assert year(number) == words


@pytest.mark.parametrize(
    ("figure", "words"), [("1.5", "one point five"), ("1,249", "one thousand two hundred forty-nine")]
)
def test_a_fraction_is_said_digit_by_digit(figure: str, words: str) -> None:
    assert decimal(figure) == words


@given(st.integers(4, 31))
def test_what_is_said_is_understood(day: int) -> None:
    assert words_to_digits(ordinal(day)) == f"{day}th"
