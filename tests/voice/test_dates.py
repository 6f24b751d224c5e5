"""When callers say they would like to come; today is Saturday, 2026-11-21."""

from datetime import date, time
from time import perf_counter

import pytest

from voice.conversation.dates import ContradictoryDate, find_wish

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("today", "2026-11-21", "2026-11-21"),
        ("tomorrow please", "2026-11-22", "2026-11-22"),
        ("the day after tomorrow", "2026-11-23", "2026-11-23"),
        ("Tuesday", "2026-11-24", "2026-11-24"),
        ("this Thursday", "2026-11-26", "2026-11-26"),
        ("next Tuesday morning", "2026-11-24", "2026-11-24"),
        ("next Saturday", "2026-11-28", "2026-11-28"),
        ("on Saturday", "2026-11-28", "2026-11-28"),
        ("a week from Friday", "2026-12-04", "2026-12-04"),
        ("in two weeks", "2026-12-05", "2026-12-05"),
        ("in a couple of days", "2026-11-23", "2026-11-23"),
        ("November twenty fourth", "2026-11-24", "2026-11-24"),
        ("the 3rd of December", "2026-12-03", "2026-12-03"),
        ("December 3rd", "2026-12-03", "2026-12-03"),
        ("the third of December", "2026-12-03", "2026-12-03"),
        ("12/3", "2026-12-03", "2026-12-03"),
        ("the 5th", "2026-12-05", "2026-12-05"),
        ("January 7", "2027-01-07", "2027-01-07"),
        ("sometime next week", "2026-11-23", "2026-11-29"),
        ("as soon as possible", "2026-11-21", "2026-12-05"),
        ("this weekend", "2026-11-21", "2026-11-22"),
        ("Tuesday the 24th", "2026-11-24", "2026-11-24"),
        ("Wednesday the 23rd", "2026-12-23", "2026-12-23"),  # of November it is a Monday
        ("Monday 30 at 9", "2026-11-30", "2026-11-30"),
        ("tommorow", "2026-11-22", "2026-11-22"),
        ("can I come by Tuesday", "2026-11-24", "2026-11-24"),
        ("the next day", "2026-11-22", "2026-11-22"),
        ("first thing tomorrow", "2026-11-22", "2026-11-22"),
        ("the twenty-first", "2026-11-21", "2026-11-21"),
        ("the first of the month", "2026-12-01", "2026-12-01"),
        ("the 12th of next month", "2026-12-12", "2026-12-12"),
        ("November 30th, 2026", "2026-11-30", "2026-11-30"),
        ("3 Dec", "2026-12-03", "2026-12-03"),
        ("24/11", "2026-11-24", "2026-11-24"),
        ("12/3/26", "2026-12-03", "2026-12-03"),
        ("2026-12-03", "2026-12-03", "2026-12-03"),
        ("Thursday, next week", "2026-11-26", "2026-11-26"),
        ("next week on Friday", "2026-11-27", "2026-11-27"),
        ("Tuesday after next", "2026-12-01", "2026-12-01"),
        ("a week Tuesday", "2026-12-01", "2026-12-01"),
        ("a week from next Tuesday", "2026-12-01", "2026-12-01"),
        ("two Fridays from now", "2026-12-04", "2026-12-04"),
        ("two weeks from now on a Monday", "2026-11-30", "2026-11-30"),
        ("three business days from now", "2026-11-25", "2026-11-25"),
        ("in 48 hours", "2026-11-23", "2026-11-23"),
        ("the first Monday in December", "2026-12-07", "2026-12-07"),
        ("the last Friday of the month", "2026-11-27", "2026-11-27"),
        ("the day after Thanksgiving", "2026-11-27", "2026-11-27"),
        ("the Friday after Thanksgiving", "2026-11-27", "2026-11-27"),
        ("Christmas Eve", "2026-12-24", "2026-12-24"),
        ("Labor Day", "2027-09-06", "2027-09-06"),
        ("two weeks before Christmas", "2026-12-11", "2026-12-11"),
        ("in a month", "2026-12-21", "2026-12-21"),
        ("the week of the 7th", "2026-12-07", "2026-12-13"),
        ("the week after next", "2026-11-30", "2026-12-06"),
        ("the week after Thanksgiving", "2026-11-30", "2026-12-06"),
        ("the weekend after Thanksgiving", "2026-11-28", "2026-11-29"),
        ("early next week", "2026-11-23", "2026-11-25"),
        ("the beginning of the week", "2026-11-23", "2026-11-25"),
        ("the end of next week", "2026-11-26", "2026-11-29"),
        ("next weekend", "2026-11-28", "2026-11-29"),
        ("the end of the month", "2026-11-24", "2026-11-30"),
        ("the first week of December", "2026-12-01", "2026-12-07"),
        ("sometime in January", "2027-01-01", "2027-01-31"),
        ("mid December", "2026-12-11", "2026-12-20"),
        ("next month", "2026-12-01", "2026-12-31"),
        ("in the new year", "2027-01-02", "2027-01-15"),
        ("the middle of the month", "2026-12-11", "2026-12-20"),
        ("the first two weeks of January", "2027-01-01", "2027-01-14"),
        ("the first weekend in December", "2026-12-05", "2026-12-06"),
        ("Memorial Day weekend", "2027-05-29", "2027-05-31"),
        ("two weeks and a day from now", "2026-12-06", "2026-12-06"),
        ("after the holidays", "2027-01-02", "2027-01-15"),
        ("whenever you have an opening", "2026-11-21", "2026-12-05"),
    ],
)
def test_days_are_understood(said: str, first: str, last: str) -> None:
    wish = find_wish(said, TODAY)
    assert (str(wish.first), str(wish.last)) == (first, last)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Tuesday at ten", time(10)),
        ("at 10:30", time(10, 30)),
        ("at ten thirty", time(10, 30)),
        ("around 2", time(14)),
        ("half past two", time(14, 30)),
        ("quarter to nine", time(8, 45)),
        ("9 o'clock", time(9)),
        ("10 AM", time(10)),
        ("2 p.m.", time(14)),
        ("at noon", time(12)),
        ("at 8 in the evening", time(20)),
    ],
)
def test_times_are_understood(said: str, expected: time) -> None:
    assert find_wish(said, TODAY).exactly == expected


@pytest.mark.parametrize(
    ("said", "not_before", "not_after"),
    [
        ("in the morning", None, time(11, 59)),
        ("Thursday afternoon", time(12), time(17)),
        ("after work", time(16), None),
        ("before ten", None, time(10)),
        ("after 3 on Thursday", time(15), None),
        ("first thing tomorrow", None, time(9)),
    ],
)
def test_parts_of_the_day_are_understood(said: str, not_before: time | None, not_after: time | None) -> None:
    wish = find_wish(said, TODAY)
    assert (wish.not_before, wish.not_after, wish.exactly) == (not_before, not_after, None)


@pytest.mark.parametrize(
    "said",
    [
        "I have a 2019 Honda Civic",
        "the second one please",
        "my brakes squeak",
        "it has 60,000 miles",
        "I may need new tires",
        "my number is 212 555 0143",
    ],
)
def test_ordinary_sentences_hold_no_wish(said: str) -> None:
    assert find_wish(said, TODAY).is_empty


def test_the_caller_words_are_kept_for_reading_back() -> None:
    assert find_wish("Next Tuesday, please!", TODAY).said == "Next Tuesday, please!"


@pytest.mark.performance
def test_a_long_turn_is_read_quickly() -> None:
    turn = (
        "yeah so um I've got a 2018 Honda Accord with about 60,000 miles on it and the brakes started squealing last week,"
        " so I was hoping to bring it in sometime next week, not Wednesday, maybe Tuesday or Thursday around half past two"
    )
    took = []
    for _ in range(50):
        begun = perf_counter()
        find_wish(turn, TODAY)
        took.append(perf_counter() - begun)
    assert min(took) < 0.005


def test_a_weekday_that_does_not_fit_its_date_is_not_guessed() -> None:
    with pytest.raises(ContradictoryDate) as caught:
        find_wish("Tuesday the 25th", TODAY)
    assert (caught.value.day, caught.value.weekday) == (date(2026, 11, 25), 1)
