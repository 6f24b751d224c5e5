"""Days as people write them: read whole or refused, never guessed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm import days


@pytest.mark.parametrize("text", ["1984-05-17", "1984-5-17", "5/17/1984", "05/17/1984"])
def test_a_day_with_its_whole_year_is_read(text: str) -> None:
    assert days.parse(text) == date(1984, 5, 17)


@pytest.mark.parametrize("text", ["", "05/17", "5/17/84", "84-05-17", "17.05.1984", "1984", "١٩٨٤-05-17"])
def test_anything_less_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match="Write it like 1984-05-17"):
        days.parse(text)


@given(st.dates(min_value=date(days.FIRST_YEAR, 1, 1)))
def test_every_day_is_read_in_both_writings(day: date) -> None:
    assert days.parse(day.isoformat()) == days.parse(f"{day.month}/{day.day}/{day.year:04}") == day


@given(st.text(max_size=12) | st.from_regex(r"\d{1,4}[-/]\d{1,2}[-/]\d{1,4}", fullmatch=True))
def test_nothing_that_is_typed_becomes_a_day_of_another_century(text: str) -> None:
    try:
        day = days.parse(text)
    except ValueError as problem:
        assert "Write it like" in str(problem)
    else:
        assert str(day.year) in text
