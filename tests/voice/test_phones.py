"""Telephone numbers and strings of digits in every spoken grouping."""

import pytest

from voice.conversation.numbers import find_phone, spoken_digits


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("two one two, five five five, zero one four three", "+12125550143"),
        ("212-555-0143", "+12125550143"),
        ("(212) 555-0143", "+12125550143"),
        ("2 1 2 5 5 5 0 1 4 3", "+12125550143"),
        ("one two one two five five five oh one four three", "+12125550143"),
        ("plus one 212 555 0143", "+12125550143"),
        ("two one two, triple five, oh one double nine", "+12125550199"),
        ("two one two, three fives, oh one four three", "+12125550143"),
        ("five five five, two one two, double eight four three", "+15552128843"),
        ("eight hundred, five five five, twelve twelve", "+18005551212"),
        ("one eight hundred five five five twenty one hundred", "+18005552100"),
        ("five fifty-five, two twelve, twenty-one hundred", "+15552122100"),
        ("four seven three two double oh nine thousand", "+14732009000"),
        ("five one eight, five hundred twelve, oh one nine nine", "+15185120199"),
        ("five one eight, five hundred and twelve, oh one nine nine", "+15185120199"),
        ("two twelve five fifty five oh one forty three", "+12125550143"),
        ("five one eight 555 12 34", "+15185551234"),
        ("two one two five five five to one for three", "+12125552143"),
        ("that's 518, uh, five five five, and then zero one double nine", "+15185550199"),
        ("area code two one two, five five five, oh one four three", "+12125550143"),
        ("555 0143, area code 212", "+12125550143"),
        ("my number is 212 555 0143 and I'll be there at 3", "+12125550143"),
        ("we are at 7200 Main Street, the number is 510-555-0164", "+15105550164"),
        (
            "I have two cars and the number is five one eight two three four five six seven eight",
            "+15182345678",
        ),
        ("it's two one two, triple five, zero one four three, extension 12", "+12125550143"),
        ("212 555 0143, again that's 212 555 0143", "+12125550143"),
        ("you can use 555 0143, no, use 212 555 0144", "+12125550144"),
        ("the best one is 212 555 0143", "+12125550143"),
        ("it's 212-555-0143, sorry, I'm on the road until 3", "+12125550143"),
    ],
)
def test_phone_numbers_are_understood_in_every_grouping(said: str, expected: str) -> None:
    assert find_phone(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("two one two five five five oh one four four, no wait, oh one four three", "+12125550143"),
        ("212-555-0144, no wait, 0143", "+12125550143"),
        ("212 554, sorry, 555 0143", "+12125550143"),
        ("518 555 01, no wait, 0243", "+15185550243"),
        ("212 555 0144, sorry, the area code is 518", "+15185550144"),
        ("no, use 212 555 0199", "+12125550199"),
        ("212 555 0144, I meant 518 555 0143", "+15185550143"),
    ],
)
def test_a_correction_replaces_the_end_of_the_number(said: str, expected: str) -> None:
    assert find_phone(said) == expected


@pytest.mark.parametrize(
    "said",
    [
        "five five five, oh one four three",
        "212 555 0143, no, 518",  # the area code, or another part?
        "two one two five five five oh one four three nine",
        "Tuesday at ten",
        "the same one as before",
        "it is rated 4.8 and stands at 3300 Mill Street, number 1200",
        "",
    ],
)
def test_what_has_another_length_is_no_number(said: str) -> None:
    assert find_phone(said) is None


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("double eight four, oh 3", "88403"),
        ("forty three twenty one", "4321"),
        ("twenty-one hundred", "2100"),
        ("triple two", "222"),
        ("two zeros five", "005"),
        ("nothing of the kind", ""),
    ],
)
def test_digits_are_strung_together_as_said(said: str, digits: str) -> None:
    assert spoken_digits(said) == digits
