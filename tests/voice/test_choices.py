"""Which of the offers is meant, and which is not."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from voice.conversation.choices import EARLIER, LATER, OTHER_DAY, find_bare_time, find_choice, names_place
from voice.conversation.states import Offer

TODAY = date(2026, 11, 21)
ALBANY = ZoneInfo("America/New_York")


def make_offer(handle: str, hour: int, minute: int = 0, day: int = 24) -> Offer:
    """An opening at a wall time of the store, on a Tuesday unless said otherwise."""
    local = datetime(2026, 11, day, hour, minute, tzinfo=ALBANY)
    return Offer(handle=handle, arrives_at=local.astimezone(UTC), local=local)


ONE_DAY = [make_offer("7:15", 7, 15), make_offer("10", 10), make_offer("13:30", 13, 30)]
TWO_DAYS = [
    make_offer("tue10", 10),
    make_offer("tue2", 14),
    make_offer("wed9", 9, day=25),
    make_offer("wed3", 15, day=25),
]


def handle_of(said: str, offers: list[Offer]) -> str:
    choice = find_choice(said, offers, TODAY)
    return choice.handle if choice else ""


@pytest.mark.parametrize(
    ("said", "handle"),
    [
        ("the first one", "7:15"),
        ("the second one, please", "10"),
        ("first one works", "7:15"),
        ("the last one", "13:30"),
        ("the middle one", "10"),
        ("the second to last", "10"),
        ("let's do the first", "7:15"),
        ("could I get the second slot", "10"),
        ("option two", "10"),
        ("number three", "13:30"),
        ("the later one", "13:30"),
        ("the earlier one", "7:15"),
        ("the early one", "7:15"),
        ("I'd prefer the later time", "13:30"),
        ("the earliest possible", "7:15"),
        ("I guess the second one", "10"),
        ("sorry, I meant the second one", "10"),
        ("no, the second one", "10"),
        ("why don't we do the second one", "10"),
    ],
)
def test_an_offer_is_chosen_by_its_place(said: str, handle: str) -> None:
    assert handle_of(said, ONE_DAY) == handle


@pytest.mark.parametrize(
    ("said", "handle"),
    [
        ("ten works", "10"),
        ("10 AM please", "10"),
        ("one thirty", "13:30"),
        ("the one thirty one", "13:30"),
        ("I'll take the 7:15", "7:15"),
        ("the seven fifteen", "7:15"),
        ("quarter past seven", "7:15"),
        ("half past one", "13:30"),
        ("the ten o'clock one", "10"),
        ("the one at ten", "10"),
        ("yeah, the ten", "10"),
        ("ten-ish", "10"),
        ("around ten", "10"),
        ("is ten still open", "10"),
        ("Tuesday at ten", "10"),
        ("can we do ten instead", "10"),
        ("I don't mind, ten is fine", "10"),
        ("the afternoon one", "13:30"),
        ("in the afternoon", "13:30"),
        ("after ten", "13:30"),
        ("before ten", "7:15"),
    ],
)
def test_an_offer_is_chosen_by_its_time(said: str, handle: str) -> None:
    assert handle_of(said, ONE_DAY) == handle


@pytest.mark.parametrize(
    ("said", "handle"),
    [
        ("the first one on Wednesday", "wed9"),
        ("the later one on Tuesday", "tue2"),
        ("Tuesday at ten", "tue10"),
        ("Wednesday morning", "wed9"),
        ("the 25th at three", "wed3"),
        ("Tuesday afternoon", "tue2"),
        ("two works", "tue2"),
        ("the third one", "wed9"),
        ("not Tuesday, Wednesday at nine", "wed9"),
        ("either one on Wednesday", "wed9"),
    ],
)
def test_a_day_narrows_the_offers(said: str, handle: str) -> None:
    assert handle_of(said, TWO_DAYS) == handle


@pytest.mark.parametrize(
    "said",
    [
        "whichever",
        "either",
        "any of those work",
        "it doesn't matter",
        "you choose",
        "I don't care",
        "any time",
    ],
)
def test_whichever_is_the_first(said: str) -> None:
    assert handle_of(said, ONE_DAY) == "7:15"


@pytest.mark.parametrize(
    ("said", "handle"),
    [
        ("not the first, the second", "10"),
        ("not the first one the second one", "10"),
        ("not ten, the last one", "13:30"),
        ("I can't do ten but the last one works", "13:30"),
        ("the second one, not the first", "10"),
        ("ten not seven fifteen", "10"),
        ("seven fifteen is too early what about ten", "10"),
        ("I work until noon so the one thirty", "13:30"),
        ("I have another appointment at ten", ""),
        ("ten doesn't work", ""),
        ("ten is too early", ""),
        ("anything but the first", ""),
        ("I can't make the first one", ""),
    ],
)
def test_what_is_refused_is_not_chosen(said: str, handle: str) -> None:
    assert handle_of(said, ONE_DAY) == handle


@pytest.mark.parametrize(
    "said",
    [
        "hmm",
        "eleven",
        "noon",
        "Wednesday at ten",
        "the first on Wednesday",
        "the fourth one",
        "what about my brakes",
        "neither",
        "none of those",
        "no",
        "yes",
        "anything later?",
        "later would be better",
        "do you have any other times",
        "wait a second",
        "on second thought",
        "my last name is Smith",
        "first thing in the morning",
    ],
)
def test_what_is_no_choice_chooses_nothing(said: str) -> None:
    assert handle_of(said, ONE_DAY) == ""


def test_two_offers_that_fit_alike_choose_none() -> None:
    assert handle_of("the Tuesday one", TWO_DAYS) == ""
    assert handle_of("yes", TWO_DAYS) == ""


def test_the_other_of_two_is_the_one_not_refused() -> None:
    assert handle_of("not the first one", ONE_DAY[:2]) == "10"


@pytest.mark.parametrize(
    ("said", "is_chosen"),
    [
        ("yes", True),
        ("sure, why not", True),
        ("I'll take it", True),
        ("that one", True),
        ("no", False),
        ("can't do that", False),
        ("is that Tuesday", False),
        ("Tuesday is good", True),
    ],
)
def test_a_single_offer_is_taken_by_a_yes(said: str, is_chosen: bool) -> None:
    assert handle_of(said, ONE_DAY[1:2]) == ("10" if is_chosen else "")


def test_nothing_is_chosen_where_nothing_was_offered() -> None:
    assert find_choice("the first one", [], TODAY) is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("ten", time(10)),
        ("ten thirty", time(10, 30)),
        ("half past two", time(14, 30)),
        ("quarter to nine", time(8, 45)),
        ("twenty past eight", time(8, 20)),
        ("ten oh five", time(10, 5)),
        ("noon", time(12)),
        ("the brakes", None),
    ],
)
def test_a_bare_time_counts_where_times_were_read_out(said: str, expected: time | None) -> None:
    assert find_bare_time(said) == expected


def test_later_and_earlier_ask_for_others_and_the_later_one_does_not() -> None:
    assert LATER.search("anything later?")
    assert EARLIER.search("a bit earlier would be good")
    assert not LATER.search("the later one")
    assert not EARLIER.search("the earlier slot")
    assert OTHER_DAY.search("none of those work for me")
    assert names_place("that one")
