"""Telephone numbers: E.164 inside, usual writing on screen, digits for the ear."""

import pytest
from django.core.exceptions import ValidationError

from crm import phone
from crm.models import Rooftop
from crm.validation import validate_e164, validate_time_zone


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("(212) 555-0143", "+12125550143"),
        ("212.555.0143", "+12125550143"),
        ("+44 20 7946 0018", "+442079460018"),
        ("555-0143", None),
        ("hello", None),
        ("", None),
    ],
)
def test_usual_writings_become_e164(text: str, number: str | None) -> None:
    assert phone.parse(text) == number


def test_numbers_are_shown_and_spoken_for_people() -> None:
    assert phone.display("+12125550143") == "(212) 555-0143"
    assert phone.display("+442079460018") == "+44 20 7946 0018"
    assert phone.display("withheld") == "withheld"
    assert phone.speak("+12125550143") == "two one two, five five five, zero one four three"


def test_a_refused_number_or_zone_says_how_to_write_it() -> None:
    with pytest.raises(ValidationError, match=r"like \+12125550143"):
        validate_e164("212 555 0143")
    with pytest.raises(ValidationError, match="America/New_York"):
        validate_time_zone("Albany")
    with pytest.raises(ValidationError, match="America/New_York"):
        Rooftop(name="X", time_zone="Nowhere").clean_fields()
