"""VINs as they are said: joined, repaired where one letter was misheard, or known to be incomplete."""

import pytest

from crm.vin import check_digit, speak
from voice.conversation.vins import Outcome, find_last_six, find_vin

ACCORD = "1HGCM82633A004352"


@pytest.mark.parametrize(
    "said",
    [
        f"my VIN is {ACCORD}",
        "one h g c m eight two six three three a zero zero four three five two",
        "it's a one H G, C M eight two six, three three A, oh oh four, three five two",
        "the VIN is one hotel golf charlie mike eighty-two sixty-three three alpha double oh forty-three fifty-two",
        "1 H as in Henry, G as in George, C M 82633 A 004352",
        "1HG CM826 33A 004352",
        "one, aitch, gee, cee, em, eight, two, six, three, three, A as in apple, zero, zero, four, three, five, two",
        speak(ACCORD),
    ],
)
def test_a_vin_is_heard_however_it_is_said(said: str) -> None:
    vin = find_vin(said)
    assert vin is not None
    assert (vin.outcome, vin.number) == (Outcome.HEARD, ACCORD)
    assert vin.is_whole


@pytest.mark.parametrize(
    ("said", "place", "heard", "meant"),
    [
        ("one h g c n eight two six three three a zero zero four three five two", 5, "N", "M"),
        ("one h g z m eight two six three three a zero zero four three five two", 4, "Z", "C"),
        ("one h g c m a two six three three a zero zero four three five two", 6, "A", "8"),
        ("one h g c m eight two six three three a zero zero four three nine two", 16, "9", "5"),
        ("I H G C M 8 2 6 3 3 A 0 0 4 3 5 2", 1, "I", "1"),
    ],
)
def test_one_misheard_character_is_repaired_and_named(said: str, place: int, heard: str, meant: str) -> None:
    vin = find_vin(said)
    assert vin is not None
    assert (vin.outcome, vin.number) == (Outcome.REPAIRED, ACCORD)
    assert (vin.place, vin.heard, vin.meant) == (place, heard, meant)


def test_a_letter_that_was_made_sure_is_not_repaired() -> None:
    vin = find_vin("one h g c, N as in Nancy, eight two six three three a zero zero four three five two")
    assert vin is not None
    assert vin.outcome is not Outcome.REPAIRED or vin.place != 5


def test_two_possible_repairs_are_asked_about() -> None:
    vin = find_vin("five y j three e one e a seven l f zero zero zero three one six")
    assert vin is not None
    assert vin.outcome is Outcome.UNCLEAR
    assert len(vin.candidates) > 1
    assert all(candidate[8] == check_digit(candidate) for candidate in vin.candidates)


@pytest.mark.parametrize(
    ("said", "outcome", "missing"),
    [
        ("one h g c m eight two six", Outcome.INCOMPLETE, 9),
        ("1HGCM82633A00435", Outcome.INCOMPLETE, 1),
        (f"{ACCORD}1", Outcome.TOO_LONG, -1),
    ],
)
def test_another_length_says_how_many_are_missing(said: str, outcome: Outcome, missing: int) -> None:
    vin = find_vin(said)
    assert vin is not None
    assert (vin.outcome, vin.missing) == (outcome, missing)
    assert not vin.is_whole


def test_a_vin_from_abroad_is_heard_with_a_warning() -> None:
    vin = find_vin("WVWZZZ1KZ8W000123")
    assert vin is not None
    assert vin.outcome is Outcome.HEARD
    assert vin.warning


@pytest.mark.parametrize(
    "said", ["", "hello there, how are you", "I don't have it with me", "it's a Honda Civic"]
)
def test_ordinary_sentences_hold_no_vin(said: str) -> None:
    assert find_vin(said) is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("the last six are zero zero four three five two", "004352"),
        ("last six is 004352", "004352"),
        ("last eight of the VIN, three A zero zero four three five two", "004352"),
        ("the last six digits are oh oh four three five two", "004352"),
        ("double zero forty-three fifty-two", "004352"),
        (f"it's {ACCORD}", "004352"),
        ("A, zero, four, three, five, two", "A04352"),
        ("my number is 212 555 0143", None),
        ("no idea", None),
    ],
)
def test_the_last_six_characters_name_a_car(said: str, expected: str | None) -> None:
    assert find_last_six(said) == expected
