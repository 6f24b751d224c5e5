"""Single facts out of free speech."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from voice.conversation import choices, intents, names, numbers, vehicles
from voice.conversation.numbers import spoken_digits, words_to_digits
from voice.conversation.states import Intent, Offer

TODAY = date(2026, 11, 21)
ALBANY = ZoneInfo("America/New_York")


def make_offer(handle: str, hour_utc: int, minute: int = 0, day: int = 24) -> Offer:
    moment = datetime(2026, 11, day, hour_utc, minute, tzinfo=UTC)
    return Offer(handle=handle, arrives_at=moment, local=moment.astimezone(ALBANY))


OFFERS = [make_offer("a", 12, 15), make_offer("b", 15), make_offer("c", 18, 30)]  # 7:15, 10:00, 13:30


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


@pytest.mark.parametrize(
    ("said", "asked", "expected"),
    [
        ("My name is Peter Walker.", False, "Peter Walker"),
        ("this is Maria", False, "Maria"),
        ("Peter Walker", True, "Peter Walker"),
        ("uh, it's Bob Miller", True, "Bob Miller"),
        ("Peter Walker", False, ""),
        ("I'm calling about my brakes", False, ""),
        ("It's a Honda Civic", False, ""),
        ("yes", True, ""),
    ],
)
def test_names_are_understood(said: str, asked: bool, expected: str) -> None:
    assert names.find_name(said, was_asked=asked) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("two one two, five five five, zero one four three", "+12125550143"),
        ("212-555-0143", "+12125550143"),
        ("2 1 2 5 5 5 0 1 4 3", "+12125550143"),
        ("one two one two five five five oh one four three", "+12125550143"),
        ("two one two, triple five, oh one double nine", "+12125550199"),
        ("five five five, oh one four three", None),
    ],
)
def test_phone_numbers_are_understood_in_every_grouping(said: str, expected: str | None) -> None:
    assert numbers.find_phone(said) == expected


def test_digits_and_number_words_are_normalised() -> None:
    assert spoken_digits("double eight four, oh 3") == "88403"
    assert words_to_digits("the twenty-fourth, at ten thirty") == "the 24th, at 10 30"


@pytest.mark.parametrize(
    "said",
    ["yes", "Yeah, that's right", "sure, go ahead", "sounds good", "uh, yes please", "that works", "perfect"],
)
def test_yes_has_many_forms(said: str) -> None:
    assert choices.is_yes(said)
    assert not choices.is_no(said)


@pytest.mark.parametrize("said", ["no", "nope", "not really", "no, that's wrong", "well, no"])
def test_no_has_many_forms(said: str) -> None:
    assert choices.is_no(said)
    assert not choices.is_yes(said)


@pytest.mark.parametrize(
    ("said", "handle"),
    [
        ("the first one", "a"),
        ("the second one, please", "b"),
        ("first one works", "a"),
        ("the last one", "c"),
        ("ten works", "b"),
        ("10 AM please", "b"),
        ("one thirty", "c"),
        ("I'll take the 7:15", "a"),
        ("Tuesday at ten", "b"),
        ("whichever", "a"),
    ],
)
def test_a_choice_among_offers_is_understood(said: str, handle: str) -> None:
    choice = choices.find_choice(said, OFFERS, TODAY)
    assert choice is not None
    assert choice.handle == handle


@pytest.mark.parametrize("said", ["hmm", "eleven", "Wednesday at ten", "what about my brakes"])
def test_what_is_no_choice_chooses_nothing(said: str) -> None:
    assert choices.find_choice(said, OFFERS, TODAY) is None


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
