"""Single facts out of free speech."""

import pytest

from voice.conversation import intents, vehicles
from voice.conversation.numbers import words_to_digits
from voice.conversation.states import Intent


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("my Civic", (None, "Honda", "Civic")),
        ("a 2018 Toyota Camry", (2018, "Toyota", "Camry")),
        ("twenty nineteen Honda Accord", (2019, "Honda", "Accord")),
        ("the F-150", (None, "Ford", "F-150")),
        ("a Honda CRV", (None, "Honda", "CR-V")),
        ("my Chevy", (None, "Chevrolet", "")),
        ("it's a Civik", (None, "Honda", "Civic")),
        ("a Ford Escape", (None, "Ford", "Escape")),
        ("BMW X3", (None, "BMW", "X3")),
    ],
)
def test_vehicles_are_understood(said: str, expected: tuple[int | None, str, str]) -> None:
    vehicle = vehicles.find_vehicle(said)
    assert vehicle is not None
    assert (vehicle.year, vehicle.make, vehicle.model) == expected


@pytest.mark.parametrize(
    "said", ["I need to escape the traffic", "can I talk to someone", "the second one", "Tuesday at ten"]
)
def test_ordinary_words_are_no_vehicle(said: str) -> None:
    assert vehicles.find_vehicle(said) is None


def test_number_words_are_normalised() -> None:
    assert words_to_digits("the twenty-fourth, at ten thirty") == "the 24th, at 10 30"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("I'd like to book an appointment", Intent.BOOK),
        ("can I talk to a person", Intent.PERSON),
        ("let me speak to Mike", Intent.PERSON),
        ("operator", Intent.PERSON),
        ("I need to cancel my appointment", Intent.CANCEL),
        ("can we move my appointment", Intent.RESCHEDULE),
        ("when is my appointment", Intent.CHECK),
        ("what are your hours", Intent.HOURS_INQUIRY),
        ("how much is an oil change", Intent.SERVICE_INQUIRY),
        ("the sky is blue", Intent.UNKNOWN),
    ],
)
def test_intents_are_understood(said: str, expected: Intent) -> None:
    assert intents.find_intent(said) is expected
