"""Dates of birth, in words and figures."""

from datetime import date

import pytest

from voice.conversation.births import find_birth_date

TODAY = date(2026, 11, 21)
MARCH_3 = date(1982, 3, 3)


@pytest.mark.parametrize(
    "said",
    [
        "March third nineteen eighty two",
        "3/3/82",
        "the third of March, eighty-two",
        "March 3rd, 1982",
        "03-03-1982",
        "oh three oh three eighty two",
        "three three eighty-two",
        "zero three zero three one nine eight two",
        "03031982",
        "1982-03-03",
        "three slash three slash eighty two",
        "I was born in eighty two, on March third",
        "March third nineteen eighty-one, sorry, eighty-two",
        "March second, no wait, the third, 1982",
        "April 3rd 1982, no, sorry, March 3rd 1982",
    ],
)
def test_one_day_of_birth_has_many_forms(said: str) -> None:
    assert find_birth_date(said, TODAY) == MARCH_3


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("December twenty fifth two thousand and one", date(2001, 12, 25)),
        ("June 5th twenty oh five", date(2005, 6, 5)),
        ("October thirty first nineteen seventy", date(1970, 10, 31)),
        ("one eleven nineteen ninety", date(1990, 1, 11)),
        ("eleven thirty seventy nine", date(1979, 11, 30)),
        ("13/3/82", date(1982, 3, 13)),
        ("my birthday is May 1st 1990", date(1990, 5, 1)),
        ("seven four oh two", date(2002, 7, 4)),
        ("August 12th, 64", date(1964, 8, 12)),
    ],
)
def test_years_and_days_in_words(said: str, expected: date) -> None:
    assert find_birth_date(said, TODAY) == expected


@pytest.mark.parametrize(
    "said",
    [
        "February thirtieth 1980",
        "March third",
        "tomorrow",
        "January 1 2030",
        "nineteen eighty two",
        "",
        "June 1 1850",
    ],
)
def test_what_cannot_be_a_date_of_birth_is_none(said: str) -> None:
    assert find_birth_date(said, TODAY) is None
