"""Spellings of days and times, brought into one form."""

import pytest

from voice.conversation.date_spelling import plain


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Tommorrow", "tomorrow"),
        ("tomorow evening", "tomorrow evening"),
        ("tmrw", "tomorrow"),
        ("Wendsday", "wednesday"),
        ("wensday", "wednesday"),
        ("thrusday", "thursday"),
        ("saterday", "saturday"),
        ("teusday", "tuesday"),
        ("Januray 5", "january 5"),
        ("septmber 3rd", "september 3rd"),
        ("this aftenoon", "this afternoon"),
        ("Thankgiving", "thanksgiving"),
        ("Mondays", "monday"),
        ("Friday's fine", "friday fine"),
        ("Tues.", "tuesday."),
        ("on Sat", "on saturday"),
        ("Dec 4", "december 4"),
    ],
)
def test_days_and_months_are_known_by_any_spelling(written: str, expected: str) -> None:
    assert plain(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "a moaning noise",
        "it sat outside",
        "the sun visor",
        "remember me",
        "a number",
        "sunny",
        "opening hours",
        "the leaving date",
    ],
)
def test_ordinary_words_are_left_alone(written: str) -> None:
    assert plain(written) == written


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("9:30 A.M.", "9:30 am"),
        ("9 a m", "9 am"),
        ("4p", "4 pm"),
        ("8.30pm", "8:30 pm"),
        ("three o clock", "3 o'clock"),
        ("nine oh five", "9:05"),
        ("2-4pm", "2 to 4 pm"),
        ("8:00–9:30", "8:00 to 9:30"),
        ("Mon-Fri", "monday to friday"),
        ("2026-12-03", "2026/12/03"),
        ("12-3-2026", "12/3/2026"),
        ("@ 10", "at 10"),
        ("in a couple of days", "in 2 days"),
        ("a week or two", "1 to 2 weeks"),
    ],
)
def test_figures_have_one_form(written: str, expected: str) -> None:
    assert plain(written).strip() == expected


@pytest.mark.parametrize(
    "written",
    [
        "212-555-0143",
        "(212) 555-0143",
        "two one two five five five oh one four three",
        "$930",
        "30,000 miles",
        "85 thousand miles",
        "45 percent",
        "7 people",
        "12 Oak Street",
        "highway 9",
        "225/60",
        "24/7",
    ],
)
def test_other_figures_are_hidden(written: str) -> None:
    assert not any(character.isdigit() for character in plain(written))


def test_one_may_be_a_car() -> None:
    assert "1" not in plain("that one is mine")
    assert plain("the one o'clock") == "the 1 o'clock"
