"""VINs: read in any writing, refused with what would be right, and what they tell by themselves."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm import vin, vin_makers
from crm.vin import InvalidVin

TODAY = date(2026, 11, 21)
# Worked out by hand from 49 CFR 565, so that a mistake in our table cannot prove itself right.
BUS = "1M8GDM9AXKP042788"
ACCORD = "1HGCM82633A004352"
ALPHABET = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"


def refusal(text: str) -> InvalidVin:
    with pytest.raises(InvalidVin) as caught:
        vin.parse(text)
    return caught.value


def with_check_digit(number: str) -> str:
    return number[:8] + vin.check_digit(number) + number[9:]


# --- reading and refusing -----------------------------------------------------------------


@pytest.mark.parametrize("text", [ACCORD, "1hgcm82633a004352", " 1HG CM826-3 3A.004352\n"])
def test_any_usual_writing_is_read(text: str) -> None:
    assert str(vin.parse(text)) == ACCORD
    assert vin.parse(text).last_six == "004352"


@pytest.mark.parametrize("number", [BUS, ACCORD])
def test_known_check_digits_are_right(number: str) -> None:
    assert vin.check_digit(number) == number[8]
    assert vin.parse(number).warning == ""


def test_a_wrong_length_says_which_would_be_right() -> None:
    problem = refusal("1HGCM82633A00435")
    assert (problem.code, problem.sentence) == ("length", "A VIN has 17 characters; this one has 16.")
    assert refusal("").code == "length"


def test_letters_that_look_like_digits_are_refused_with_the_digit() -> None:
    problem = refusal("1HGCM82633AOO4352")
    assert problem.code == "alphabet"
    assert "probably the digit 0" in problem.sentence
    assert problem.suggestion == ACCORD
    assert problem.suggestion in problem.sentence
    assert refusal("IHGCM82633A004352").suggestion == ACCORD
    assert refusal("1HGCM82633AOO4353").suggestion == ""


@pytest.mark.parametrize("wrong", ["É", "٣", "!", "²"])
def test_signs_of_no_vin_are_refused(wrong: str) -> None:
    problem = refusal(ACCORD[:-1] + wrong)
    assert (problem.code, problem.suggestion) == ("alphabet", "")


def test_one_character_repeated_is_no_car_although_its_check_digit_is_right() -> None:
    assert vin.check_digit("1" * 17) == "1"
    assert refusal("1" * 17).code == "repeated"


def test_a_wrong_check_digit_refuses_a_north_american_vin_and_says_what_it_would_be() -> None:
    problem = refusal("1HGCM82653A004352")
    assert problem.code == "check_digit"
    assert "is 5" in problem.sentence
    assert "would be 3" in problem.sentence


def test_a_wrong_check_digit_elsewhere_only_warns() -> None:
    european = vin.parse("WVWZZZ1KZ8W000123")
    assert european.number == "WVWZZZ1KZ8W000123"
    assert "would be" in european.warning


@pytest.mark.parametrize(
    ("start", "binds"),
    [("1A", True), ("50", True), ("7E", False), ("7F", True), ("70", True), ("8A", False), ("JH", False)],
)
def test_the_check_digit_binds_north_americas_old_and_new_codes(start: str, binds: bool) -> None:
    assert vin_makers.is_north_american(f"{start}GCM82643A004352") == binds
    assert not vin_makers.is_north_american(start[0])


@given(
    st.text(ALPHABET, min_size=17, max_size=17).map(lambda text: "12345"[ord(text[0]) % 5] + text[1:]),
    st.integers(0, 16),
    st.sampled_from(ALPHABET),
)
def test_a_single_wrong_character_is_noticed_unless_it_counts_the_same(
    text: str, place: int, other: str
) -> None:
    number = with_check_digit(text)
    changed = number[:place] + other + number[place + 1 :]
    if place == vin.CHECK_PLACE:
        counts_the_same = other == number[place]
    else:
        counts_the_same = vin.VALUES[other] == vin.VALUES[number[place]]
    try:
        is_noticed = bool(vin.parse(changed).warning)  # another first character may be another continent's
    except InvalidVin as problem:
        is_noticed = problem.code == "check_digit"
    if len({*changed}) > 1:
        assert is_noticed != counts_the_same


@given(st.text(max_size=40))
def test_nothing_that_is_typed_makes_it_stumble(text: str) -> None:
    try:
        number = vin.parse(text).number
    except InvalidVin as problem:
        assert problem.code in ("length", "alphabet", "repeated", "check_digit")
    else:
        vin.model_year(number, today=TODAY)
        assert vin.speak(number)


# --- what it tells ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "year"),
    [
        (BUS, 1989),  # seventh character a digit
        (ACCORD, 2003),
        ("5YJ3E1EAXKF000789", 2019),  # a letter
        ("1HGCV1F30TA000123", 2026),
        ("1HGCV1F30VA000123", 2027),  # next year's model is sold already
        ("1HGCV1F30WA000123", 1998),  # the year after next cannot be
        ("JTMB1RFV0KD002021", 2019),  # no rule elsewhere: the latest that can be
        ("WVWZZZ1KZ8W000123", 2008),
        ("1HGCV1F30UA000123", None),  # no year's character
        ("WVWZZZ1KZ0W000123", None),
    ],
)
def test_the_model_year_is_read_from_two_characters(number: str, year: int | None) -> None:
    assert vin.model_year(number, today=TODAY) == year


def test_the_owners_word_decides_between_two_possible_years() -> None:
    truck = "1FUJA6CK0CL000123"  # heavy trucks keep a digit in the seventh place
    assert vin.model_year(truck, today=TODAY, said=2012) == 2012
    assert vin.model_year(truck, today=TODAY, said=2011) == vin.model_year(truck, today=TODAY)


@pytest.mark.parametrize(
    ("number", "make", "country"),
    [
        (ACCORD, "Honda", "United States"),
        ("2T3P1RFV", "Toyota", "Canada"),
        ("3VWC57BU", "Volkswagen", "Mexico"),
        ("JF1GPAA6", "Subaru", "Japan"),
        ("WVWZZZ1K", "Volkswagen", "Germany"),
        ("7SAYGDEE", "Tesla", "United States"),
        ("9BWZZZ37", "", "Brazil"),
        ("5XYZU3LB", "Hyundai", "United States"),
        ("5XYPGDA3", "Kia", "United States"),
        ("KMHGN4JE", "", "South Korea"),
        ("1C4HJXDG", "", "United States"),  # Jeep or Dodge: not told by the code
        ("RFG12345", "", "Asia"),
        ("0", "", ""),
        ("ÅÅÅ", "", ""),
    ],
)
def test_the_first_characters_tell_make_and_country(number: str, make: str, country: str) -> None:
    assert (vin_makers.make_of(number), vin_makers.country_of(number)) == (make, country)


def test_no_makers_code_stands_for_two_makes() -> None:
    codes = [code for codes in vin_makers.MAKES.values() for code in codes.split()]
    assert len(codes) == len(set(codes))
    assert all(3 <= len(code) <= 4 and set(code) <= set(ALPHABET) for code in codes)


# --- for the ear --------------------------------------------------------------------------


def test_it_is_spoken_in_groups_digit_by_digit() -> None:
    assert vin.speak(ACCORD) == ("one H G, C M eight two six, three three A, zero zero four, three five two")
    assert vin.speak(vin.last_six(ACCORD)) == "zero zero four, three five two"
