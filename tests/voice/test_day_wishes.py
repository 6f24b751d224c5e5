"""Days that are named together: ranges, alternatives, bounds, refusals, and what is no wish at all.

Today is Saturday, 2026-11-21.
"""

from datetime import date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.conversation.dates import ContradictoryDate, find_wish

TODAY = date(2026, 11, 21)
SAID_AT_RANDOM = (
    "monday tuesday friday sat the 5th 24th first of december march may to through and or not but until before after by at"
    " around half past quarter ten two thirty 9:30 am pm noon next this week weekend month in a couple days 3 from now"
    " tomorrow today morning afternoon evening thing between christmas thanksgiving day 11/24 2026 24 31 february , . can't"
    " any except early late end beginning last every work lunch o'clock minutes hours move asap 0 1 same one 2027-03-02 no"
)


def days(said: str) -> tuple[str, str]:
    wish = find_wish(said, TODAY)
    return str(wish.first), str(wish.last)


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("Monday through Wednesday", "2026-11-23", "2026-11-25"),
        ("Mon-Fri", "2026-11-23", "2026-11-27"),
        ("from the 1st to the 4th of December", "2026-12-01", "2026-12-04"),
        ("December 7th through 9th", "2026-12-07", "2026-12-09"),
        ("the ninth till the eleventh", "2026-12-09", "2026-12-11"),
        ("between December 28 and January 3", "2026-12-28", "2027-01-03"),
        ("12/1 to 12/3", "2026-12-01", "2026-12-03"),
        ("from Monday to Thursday next week", "2026-11-23", "2026-11-26"),
        ("in January or February", "2027-01-01", "2027-02-28"),
        ("within two weeks", "2026-11-21", "2026-12-05"),
        ("in the next three days", "2026-11-22", "2026-11-24"),
        ("in two or three days", "2026-11-23", "2026-11-24"),
        ("by Friday", "2026-11-21", "2026-11-27"),
        ("no later than Friday", "2026-11-21", "2026-11-27"),
        ("before Thanksgiving", "2026-11-21", "2026-11-25"),
        ("before the end of the month", "2026-11-21", "2026-11-30"),
        ("as early as Monday", "2026-11-23", "2026-12-06"),
        ("after Friday", "2026-11-28", "2026-12-11"),
        ("any time after the 5th", "2026-12-06", "2026-12-19"),
        ("not before Monday", "2026-11-23", "2026-12-06"),
        ("I can't come before Monday", "2026-11-23", "2026-12-06"),
        ("from Monday on", "2026-11-23", "2026-12-06"),
        ("I'm out of town until the 5th", "2026-12-05", "2026-12-18"),
        ("after Tuesday but before Friday", "2026-11-25", "2026-11-26"),
        ("next week after Tuesday", "2026-11-25", "2026-11-29"),
        ("on or after December 1st", "2026-12-01", "2026-12-14"),
    ],
)
def test_ranges_and_bounds(said: str, first: str, last: str) -> None:
    assert days(said) == (first, last)


@pytest.mark.parametrize(
    ("said", "expected", "not_on"),
    [
        ("Monday or Tuesday", ["2026-11-23", "2026-11-24"], []),
        ("Tuesday or Thursday", ["2026-11-24", "2026-11-26"], [2]),
        ("Monday, Tuesday or Wednesday", ["2026-11-23", "2026-11-24", "2026-11-25"], []),
        ("next Wednesday or Thursday", ["2026-11-25", "2026-11-26"], []),
        ("the 2nd, 3rd or 4th", ["2026-12-02", "2026-12-03", "2026-12-04"], []),
        ("March 15th or 17th", ["2027-03-15", "2027-03-17"], [1]),
        ("tomorrow or the day after", ["2026-11-22", "2026-11-23"], []),
        ("Christmas Eve or the day after", ["2026-12-24", "2026-12-25"], []),
        ("this Friday or next", ["2026-11-27", "2026-12-04"], [0, 1, 2, 3, 5, 6]),
    ],
)
def test_of_several_days_each_is_meant_and_none_between(
    said: str, expected: list[str], not_on: list[int]
) -> None:
    wish = find_wish(said, TODAY)
    assert [str(day) for day in wish.days] == expected
    assert (wish.first, wish.last) == (wish.days[0], wish.days[-1])
    assert wish.not_on == not_on


@pytest.mark.parametrize(
    ("said", "first", "last", "not_on"),
    [
        ("sometime next week but not Wednesday", "2026-11-23", "2026-11-29", [2]),
        ("next week but not Monday or Tuesday", "2026-11-23", "2026-11-29", [0, 1]),
        ("next week any day except Thursday", "2026-11-23", "2026-11-29", [3]),
        ("any day but Friday", "2026-11-21", "2026-12-05", [4]),
        ("any weekday", "2026-11-21", "2026-12-05", [5, 6]),
        ("Tuesday doesn't work, Wednesday?", "2026-11-25", "2026-11-25", [1]),
        ("I can't do Monday, how about Tuesday", "2026-11-24", "2026-11-24", [0]),
        ("I work Mondays so Tuesday", "2026-11-24", "2026-11-24", [0]),
        ("not Monday but Tuesday", "2026-11-24", "2026-11-24", [0]),
        ("not this week but next week", "2026-11-23", "2026-11-29", []),
        ("not next week, the week after", "2026-11-30", "2026-12-06", []),
        ("not this Friday but the one after", "2026-12-04", "2026-12-04", []),
        ("why not Monday", "2026-11-23", "2026-11-23", []),
        ("why don't we do Monday", "2026-11-23", "2026-11-23", []),
    ],
)
def test_a_refused_day_is_not_wished_for(said: str, first: str, last: str, not_on: list[int]) -> None:
    assert days(said) == (first, last)
    assert find_wish(said, TODAY).not_on == not_on


def test_a_refusal_alone_is_a_wish() -> None:
    assert find_wish("Wednesday doesn't work for me", TODAY).not_on == [2]
    assert find_wish("not tomorrow", TODAY).not_days == [date(2026, 11, 22)]
    assert not find_wish("not tomorrow", TODAY).is_empty


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("Tuesday, no wait, Wednesday", "2026-11-25"),
        ("Tuesday, actually make it Thursday", "2026-11-26"),
        ("move it from Tuesday to Thursday", "2026-11-26"),
        ("I have an appointment Monday, can we change it to Wednesday", "2026-11-25"),
        ("next week, preferably Thursday", "2026-11-26"),
        ("next week sometime, maybe on Tuesday", "2026-11-24"),
        ("tomorrow, which is Sunday", "2026-11-22"),
        ("December 1st, that's a Tuesday", "2026-12-01"),
        ("next Tuesday the 1st", "2026-12-01"),
        ("tomorrow, the 22nd", "2026-11-22"),
        ("the battery died on Monday, can I come in Thursday", "2026-11-26"),
        ("it broke down Tuesday and I need it in on Friday", "2026-11-27"),
    ],
)
def test_what_is_said_together_comes_to_one_day(said: str, day: str) -> None:
    assert days(said) == (day, day)


@pytest.mark.parametrize(
    ("said", "day", "moment"),
    [
        ("my appointment is on Monday at 10, can I change that to Tuesday at 11", "2026-11-24", time(11)),
        ("reschedule from Monday at 9 to Wednesday at 2", "2026-11-25", time(14)),
        ("move my ten o'clock on Tuesday to eleven", "2026-11-24", time(11)),
        ("change my Monday appointment at 9 to Tuesday at 10", "2026-11-24", time(10)),
        ("can I switch from 10 to 11 on Monday", "2026-11-23", time(11)),
        ("an oil change Monday at 9", "2026-11-23", time(9)),
    ],
)
def test_an_appointment_is_moved_to_what_is_said_last(said: str, day: str, moment: time) -> None:
    wish = find_wish(said, TODAY)
    assert (str(wish.first), wish.first, wish.exactly) == (day, wish.last, moment)


@pytest.mark.parametrize(
    ("said", "day", "weekday"),
    [
        ("Tuesday the 25th", "2026-11-25", 1),
        ("the 25th, a Tuesday", "2026-11-25", 1),
        ("Friday, March 1st", "2027-03-01", 4),
        ("Monday 12/1", "2026-12-01", 0),
        ("tomorrow, that's Monday", "2026-11-22", 0),
        ("tomorrow the 24th", "2026-11-24", 6),
        ("Friday January 12 at 9", "2027-01-12", 4),
    ],
)
def test_days_that_contradict_each_other_are_asked_about(said: str, day: str, weekday: int) -> None:
    with pytest.raises(ContradictoryDate) as caught:
        find_wish(said, TODAY)
    assert (caught.value.day, caught.value.weekday) == (date.fromisoformat(day), weekday)


@pytest.mark.parametrize(
    "said",
    [
        "I have 30,000 miles on it",
        "it's a 2019",
        "the second gear slips",
        "it may rain",
        "March it in",
        "may I ask about a recall",
        "my name is April",
        "this is June Carter",
        "the sun visor is broken",
        "it sat in the driveway",
        "it started last Tuesday",
        "it's been leaking since Monday",
        "it broke down three days ago",
        "yesterday morning it wouldn't start",
        "I bought it in March 2019",
        "my last oil change was on October 3rd",
        "earlier today it was fine",
        "how are you today",
        "that's all for today",
        "have a good weekend",
        "every Monday it squeaks",
        "the third row seat",
        "this is the 5th time",
        "I live on 5th Avenue",
        "a 3/4 ton truck",
        "whenever I brake it squeals",
        "any time I turn left it clicks",
        "it dies immediately",
        "it gets worse day after day",
        "February 30th",
        "my number is 212 555 0143",
        "I was born June 5th 1962",
    ],
)
def test_ordinary_sentences_hold_no_date(said: str) -> None:
    assert find_wish(said, TODAY).is_empty


@pytest.mark.parametrize(
    ("said", "moments"),
    [
        ("Tuesday at 8 or Friday at 9", ["2026-11-24T08:00", "2026-11-27T09:00"]),
        ("either Monday at half past two or the 1st at ten thirty", ["2026-11-23T14:30", "2026-12-01T10:30"]),
        ("Tuesday at 8 or 9", []),
        ("Tuesday or Friday at 9", []),
        ("Tuesday at 9", []),
        ("Tuesday at 8 or Friday", []),
    ],
)
def test_each_of_two_days_may_have_its_own_time(said: str, moments: list[str]) -> None:
    assert [moment.isoformat(timespec="minutes") for moment in find_wish(said, TODAY).moments] == moments


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(SAID_AT_RANDOM.split()), min_size=1, max_size=9),
    st.sampled_from([TODAY, date(2028, 2, 29), date(2026, 12, 31)]),
)
def test_whatever_is_said_makes_sense_or_contradicts_itself(words: list[str], today: date) -> None:
    try:
        wish = find_wish(" ".join(words), today, time(10))
    except ContradictoryDate:
        return
    assert (wish.first is None) == (wish.last is None)
    assert not (wish.first and wish.last) or today <= wish.first <= wish.last
    assert not (wish.not_before and wish.not_after) or wish.not_before <= wish.not_after


@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    try:
        find_wish(text, TODAY)
    except ContradictoryDate as error:
        assert error.day >= TODAY
