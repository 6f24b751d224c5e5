"""Times of day in every wording."""

from datetime import date, time

import pytest

from voice.conversation.dates import find_clock_time, find_wish

TODAY = date(2026, 11, 21)
NUMBERS = "twelve one two three four five six seven eight nine ten eleven".split()  # noqa: SIM905
QUARTERS = [(hour, minute) for hour in range(24) for minute in (0, 15, 30, 45)]


def clock(hour: int, minute: int) -> str:
    return f"{hour}:{minute:02}" if minute else str(hour)


def part_of(hour: int) -> str:
    if hour < 12:
        return "morning"
    return "afternoon" if hour < 17 else "evening" if hour < 21 else "night"


@pytest.mark.parametrize(("hour", "minute"), QUARTERS)
def test_every_quarter_of_an_hour_is_understood_in_every_wording(hour: int, minute: int) -> None:
    twelve, half, part = hour % 12 or 12, "am" if hour < 12 else "pm", part_of(hour)
    minutes = {0: "", 15: " fifteen", 30: " thirty", 45: " forty five"}[minute]
    wordings = [
        f"{clock(twelve, minute)} {half}",
        f"{clock(twelve, minute)}{half.upper()}",
        f"{twelve}:{minute:02} {half[0]}.m.",
        f"{NUMBERS[hour % 12]}{minutes} {half}",
        f"{clock(twelve, minute)} in the {part}",
        f"{part} {clock(twelve, minute)}",
        f"{part} at {clock(twelve, minute)}",
        f"at {clock(twelve, minute)} {half} on Tuesday",
        f"Tuesday {part} around {NUMBERS[hour % 12]}{minutes}",
    ]
    if minute in {15, 30}:
        wordings.append(f"{'half' if minute == 30 else 'a quarter'} past {twelve} in the {part}")
    if minute == 45 and part_of((hour + 1) % 24) == part:
        wordings.append(f"quarter to {(hour + 1) % 12 or 12} in the {part}")
    if hour > 12:
        wordings.append(f"{hour}:{minute:02}")
    wrong = {said: find_wish(said, TODAY).exactly for said in wordings}
    assert wrong == dict.fromkeys(wordings, time(hour, minute))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("eight", time(8)),
        ("how about ten", time(10)),
        ("let's do two thirty", time(14, 30)),
        ("930", time(9, 30)),
        ("at 930", time(9, 30)),
        ("820 am", time(8, 20)),
        ("nine oh five", time(9, 5)),
        ("ten to nine", time(8, 50)),
        ("at ten to four", time(15, 50)),
        ("twenty past eight", time(8, 20)),
        ("twenty-two minutes past nine", time(9, 22)),
        ("twelve noon", time(12)),
        ("noonish", time(12)),
        ("around nine-ish", time(9)),
        ("the 8:15", time(8, 15)),
        ("a two o'clock appointment", time(14)),
        ("Wednesday 4 o'clock", time(16)),
        ("Friday at 9 sharp", time(9)),
        ("ten, no, eleven", time(11)),
        ("3p", time(15)),
        ("05:45", time(5, 45)),
        ("6:30", time(18, 30)),
        ("13:15", time(13, 15)),
        ("can I do three on Monday", time(15)),
        ("nine tomorrow", time(9)),
        ("could I come by around noon", time(12)),
        ("I'll stop by at 4", time(16)),
    ],
)
def test_a_wished_time(said: str, expected: time) -> None:
    assert find_wish(said, TODAY).exactly == expected


@pytest.mark.parametrize(
    ("said", "not_before", "not_after"),
    [
        ("between nine and eleven", time(9), time(11)),
        ("between 3 and 3:45pm", time(15), time(15, 45)),
        ("from 8 to 5", time(8), time(17)),
        ("8:30-11am", time(8, 30), time(11)),
        ("4pm-5pm", time(16), time(17)),
        ("9:30 and 3 are fine", None, None),
        ("between 9:30 and 3:00 pm", time(9, 30), time(15)),
        ("eight until noon", time(8), time(12)),
        ("no earlier than 10", time(10), None),
        ("ten or later", time(10), None),
        ("any time after three", time(15), None),
        ("not before nine thirty", time(9, 30), None),
        ("I work until 4", time(16), None),
        ("nothing before ten", time(10), None),
        ("I can't make it before noon", time(12), None),
        ("do you have anything before ten", None, time(10)),
        ("I can't come after 4", None, time(16)),
        ("I can't come until after 4", time(16), None),
        ("I work nights so mornings are better", None, time(11, 59)),
        ("by the end of the day", None, time(17)),
        ("eleven or eleven thirty on Monday", time(11), time(11, 30)),
        ("as early as 7 am", time(7), None),
        ("I get off work at 5", time(17), None),
        ("before 915 am", None, time(9, 15)),
        ("at or before 9", None, time(9)),
        ("no later than four", None, time(16)),
        ("after 10 but before 2", time(10), time(14)),
        ("in the morning before 11", None, time(11)),
        ("in the afternoon before 3", time(12), time(15)),
        ("in the evening after 6", time(18), None),
        ("two or three", time(14), time(15)),
        ("first thing in the morning", None, time(9)),
        ("early afternoon", time(12), time(14)),
        ("late afternoon", time(15), None),
        ("around lunchtime", time(11, 30), time(13, 30)),
        ("after lunch", time(13), None),
        ("on my way to work", None, time(10)),
        ("toward the end of the day", time(15), None),
        ("not in the morning", time(12), None),
        ("anything but afternoons", None, time(12)),
        ("no afternoon works better", time(12), time(17)),
        ("mornings don't work for me", time(12), None),
        ("AM", None, time(11, 59)),
        ("morning or early afternoon", None, time(14)),
    ],
)
def test_bounds(said: str, not_before: time | None, not_after: time | None) -> None:
    wish = find_wish(said, TODAY)
    if not_before or not_after:
        assert (wish.not_before, wish.not_after, wish.exactly) == (not_before, not_after, None)
    else:
        assert (wish.not_before, wish.not_after) == (None, None)


def test_hours_from_now_need_the_time_it_is() -> None:
    assert find_wish("in two hours", TODAY, time(9, 15)).exactly == time(11, 15)
    assert find_wish("half an hour from now", TODAY, time(9, 15)).exactly == time(9, 45)
    assert find_wish("within two hours", TODAY, time(9, 15)).not_after == time(11, 15)
    assert find_wish("in two hours", TODAY).exactly is None
    assert find_wish("in two hours", TODAY).first == TODAY
    assert find_wish("in three hours", TODAY, time(22)).exactly is None  # that would be tomorrow


@pytest.mark.parametrize(
    "said",
    [
        "it needs four tires",
        "it shakes between 50 and 60",
        "two of them",
        "my tire pressure is at 30",
        "it takes five to ten minutes to start",
        "a 2018",
        "model 3",
        "the first one",
        "that one works for me",
        "I have two cars",
        "from zero to sixty it's slow",
        "Good morning!",
        "Morning, I need an oil change",
        "have a good evening",
        "in the morning it makes a grinding noise",
        "when it's cold in the morning it won't start",
        "I live at 9 Elm Street",
        "there are dents at 2 places",
        "from 1 to 3 scratches",
        "it is a 4 by 4",
        "there are two to three dents in it",
        "I shift from 3 to 4 and it jerks",
    ],
)
def test_other_figures_and_greetings_are_no_time(said: str) -> None:
    wish = find_wish(said, TODAY)
    assert (wish.exactly, wish.not_before, wish.not_after) == (None, None, None)


def test_a_clock_time_by_itself() -> None:
    assert find_clock_time("at 10 30") == time(10, 30)
    assert find_clock_time("at 8", is_late=True) == time(20)
    assert find_clock_time("my brakes") is None
