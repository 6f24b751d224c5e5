"""Holidays and months, by the calendar."""

from datetime import date

import pytest

from voice.conversation.calendar_days import easter, holiday, months_later, next_date, nth_weekday


@pytest.mark.parametrize(
    ("year", "day"),
    [(2016, "03-27"), (2019, "04-21"), (2024, "03-31"), (2025, "04-20"), (2026, "04-05"), (2038, "04-25")],
)
def test_easter(year: int, day: str) -> None:
    assert easter(year) == date.fromisoformat(f"{year}-{day}")


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("thanksgiving", "2026-11-26"),
        ("black friday", "2026-11-27"),
        ("christmas eve", "2026-12-24"),
        ("new year's", "2027-01-01"),
        ("mlk day", "2027-01-18"),
        ("president's day", "2027-02-15"),
        ("good friday", "2027-03-26"),
        ("mother's day", "2027-05-09"),
        ("memorial day", "2027-05-31"),
        ("juneteenth", "2027-06-19"),
        ("independence day", "2027-07-04"),
        ("labor day", "2027-09-06"),
        ("columbus day", "2027-10-11"),
        ("halloween", "2027-10-31"),
        ("election day", "2027-11-02"),
        ("veterans day", "2027-11-11"),
    ],
)
def test_the_next_such_holiday_is_meant(name: str, day: str) -> None:
    assert holiday(name, date(2026, 11, 21)) == date.fromisoformat(day)


def test_a_holiday_may_be_today() -> None:
    assert holiday("christmas", date(2026, 12, 25)) == date(2026, 12, 25)
    assert holiday("christmas", date(2026, 12, 26)) == date(2027, 12, 25)


def test_months_of_every_length() -> None:
    assert months_later(date(2027, 1, 31), 1) == date(2027, 2, 28)
    assert months_later(date(2026, 12, 5), 2) == date(2027, 2, 5)
    assert months_later(date(2027, 2, 5), -3) == date(2026, 11, 5)
    assert nth_weekday(2026, 11, 0, -1) == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("today", "day", "month", "expected"),
    [
        ("2026-11-21", 24, None, "2026-11-24"),
        ("2026-11-21", 20, None, "2026-12-20"),
        ("2027-01-31", 30, None, "2027-03-30"),
        ("2026-11-21", 29, 2, "2028-02-29"),
        ("2026-11-21", 31, 11, None),
    ],
)
def test_a_day_of_some_month(today: str, day: int, month: int | None, expected: str | None) -> None:
    found = next_date(date.fromisoformat(today), day, month)
    assert found == (date.fromisoformat(expected) if expected else None)
