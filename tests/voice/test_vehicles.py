"""Which car the caller speaks of."""

import pytest

from voice.conversation.vehicles import find_colour, find_vehicle, find_year

Car = tuple[int | None, str, str]


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
        ("I drive a Grand Cherokee", (None, "Jeep", "Grand Cherokee")),
        ("she has a Town and Country", (None, "Chrysler", "Town & Country")),
        ("the old Dodge Ram needs brakes", (None, "Dodge", "Ram")),
        ("my wife's Subaru Legacy", (None, "Subaru", "Legacy")),
        ("it's for our Saturn Vue", (None, "Saturn", "Vue")),
        ("a Pontiac Grand Am", (None, "Pontiac", "Grand Am")),
        ("the Scion tC", (None, "Scion", "tC")),
        ("I have a Rivian R1T", (None, "Rivian", "R1T")),
        ("a Polestar 2", (None, "Polestar", "2")),
        ("an Alfa Romeo Giulia", (None, "Alfa Romeo", "Giulia")),
        ("the Range Rover", (None, "Land Rover", "Range Rover")),
        ("my Land Rover Discovery", (None, "Land Rover", "Discovery")),
        ("an Isuzu Trooper", (None, "Isuzu", "Trooper")),
        ("a Saab 9-3", (None, "Saab", "9-3")),
        ("a Genesis G80", (None, "Genesis", "G80")),
        ("a Hyundai Genesis", (None, "Hyundai", "Genesis")),
        ("the Model Y", (None, "Tesla", "Model Y")),
        ("a Smart Fortwo", (None, "Smart", "Fortwo")),
        ("my Hummer H3", (None, "Hummer", "H3")),
    ],
)
def test_make_and_model_are_understood(said: str, expected: Car) -> None:
    assert car_in(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("a Ford F one fifty", (None, "Ford", "F-150")),
        ("the F two fifty", (None, "Ford", "F-250")),
        ("a BMW three series", (None, "BMW", "3 Series")),
        ("a BMW three twenty eight i", (None, "BMW", "328i")),
        ("a Mazda C X five", (None, "Mazda", "CX-5")),
        ("my CX-5", (None, "Mazda", "CX-5")),
        ("a Silverado fifteen hundred", (None, "Chevrolet", "Silverado 1500")),
        ("a silverado 1500", (None, "Chevrolet", "Silverado 1500")),
        ("a Toyota rav four", (None, "Toyota", "RAV4")),
        ("a four runner", (None, "Toyota", "4Runner")),
        ("a Mercedes C class", (None, "Mercedes-Benz", "C-Class")),
        ("a Mercedes C three hundred", (None, "Mercedes-Benz", "C300")),
        ("a Lexus RX 350", (None, "Lexus", "RX350")),
        ("an Audi A four", (None, "Audi", "A4")),
        ("an Infiniti Q fifty", (None, "Infiniti", "Q50")),
        ("a Tesla model three", (None, "Tesla", "Model 3")),
        ("a Porsche nine eleven", (None, "Porsche", "911")),
        ("a Chrysler three hundred", (None, "Chrysler", "300")),
        ("a Volvo X C ninety", (None, "Volvo", "XC90")),
        ("a Mazda 3", (None, "Mazda", "Mazda3")),
    ],
)
def test_models_that_are_numbers_are_understood(said: str, expected: Car) -> None:
    assert car_in(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("a Toyata Corola", (None, "Toyota", "Corolla")),
        ("a Hundai Elentra", (None, "Hyundai", "Elantra")),
        ("my Mitsubichi", (None, "Mitsubishi", "")),
        ("a Volkswagon Jeta", (None, "Volkswagen", "Jetta")),
        ("a Chevrolette", (None, "Chevrolet", "")),
        ("the Nisan Pathfinder", (None, "Nissan", "Pathfinder")),
        ("an Infinity QX60", (None, "Infiniti", "QX60")),
        ("a Porche Cayene", (None, "Porsche", "Cayenne")),
        ("an Ultima", (None, "Nissan", "Altima")),
        ("a beamer", (None, "BMW", "")),
        ("a Suburu Forrester", (None, "Subaru", "Forester")),
        ("my Silverrado", (None, "Chevrolet", "Silverado")),
    ],
)
def test_misheard_and_misspelled_names_are_understood(said: str, expected: Car) -> None:
    assert car_in(said) == expected


@pytest.mark.parametrize(
    "said",
    [
        "I need to escape the traffic",
        "can I talk to someone",
        "the second one",
        "Tuesday at ten",
        "will you start at seven",
        "I could carry it in",
        "how long does it take to get to Tacoma",
        "those are fine",
        "I have to focus on work",
        "my legacy",
        "I left my passport in the car",
        "is it in transit",
        "a quick question about the price",
        "it's a mini van",
        "my phone is smart enough",
        "do you have any cosmetic services",
        "my name is Peter Walker",
        "it is at 15 Fiesta Lane",
        "the steering wheel shakes",
        "see you at three",
        "is ten okay",
        "i saw a fire truck",
        "I have a note here",
        "there is no escape",
        "my name is John Ford",
        "it's Jimmy",
        "this is Sierra Brown",
        "on the edge of town",
    ],
)
def test_ordinary_words_are_no_vehicle(said: str) -> None:
    assert find_vehicle(said) is None


@pytest.mark.parametrize(
    "said",
    [
        "Escape",
        "it's a Focus",
        "the Pilot please",
        "a Fiesta",
        "2014 Soul",
        "Fusion Hybrid",
        "a black Edge SEL",
        "I drive an Escape and it needs an oil change",
        "I have a Rogue that won't start",
        "my Focus needs brakes",
        "Mustang GT",
    ],
)
def test_an_everyday_word_is_a_car_where_a_car_is_spoken_of(said: str) -> None:
    assert find_vehicle(said) is not None


@pytest.mark.parametrize(
    ("said", "year"),
    [
        ("2019", 2019),
        ("it's a 2014", 2014),
        ("an oh nine", 2009),
        ("'09", 2009),
        ("09", 2009),
        ("17", 2017),
        ("'98", 1998),
        ("ninety eight", 1998),
        ("nineteen ninety eight", 1998),
        ("twenty fourteen", 2014),
        ("twenty twenty", 2020),
        ("twenty twenty three", 2023),
        ("two thousand and eight", 2008),
        ("two thousand eight", 2008),
        ("two thousand", 2000),
        ("two thousand twelve", 2012),
        ("twenty oh five", 2005),
        ("the year is 1987", 1987),
        ("2003 or 2004", 2003),
        ("2005 2500", 2005),
    ],
)
def test_a_model_year_is_understood_in_every_form(said: str, year: int) -> None:
    assert find_year(said) == year


@pytest.mark.parametrize(
    "said", ["at ten", "1500", "the 25th", "no", "three", "forty two", "at twenty to nine"]
)
def test_other_numbers_are_no_model_year(said: str) -> None:
    assert find_year(said) is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("an oh nine Civic", (2009, "Honda", "Civic")),
        ("my '98 Ranger", (1998, "Ford", "Ranger")),
        ("a ninety eight Camry", (1998, "Toyota", "Camry")),
        ("a fifteen Silverado", (2015, "Chevrolet", "Silverado")),
        ("a Toyota Corolla from two thousand and eight", (2008, "Toyota", "Corolla")),
        ("a Chevrolet Tahoe, 2016", (2016, "Chevrolet", "Tahoe")),
        ("ford 1988 mustang", (1988, "Ford", "Mustang")),
        ("a 2015 Ram 2500", (2015, "Ram", "2500")),
    ],
)
def test_the_year_beside_a_car_is_its_own(said: str, expected: Car) -> None:
    assert car_in(said) == expected


@pytest.mark.parametrize(
    ("said", "colour"),
    [
        ("the black one", "black"),
        ("my silver truck", "silver"),
        ("the dark blue SUV", "dark blue"),
        ("it's red", "red"),
        ("the check engine light is red", ""),
        ("I have the green light", ""),
        ("the gray Honda", ""),
    ],
)
def test_a_car_is_known_by_its_colour(said: str, colour: str) -> None:
    assert find_colour(said) == colour


@pytest.mark.parametrize("said", ["my black 2014 Accord", "the black Honda Accord", "a Honda Accord, black"])
def test_the_colour_goes_with_the_car(said: str) -> None:
    vehicle = find_vehicle(said)
    assert vehicle is not None
    assert (vehicle.model, vehicle.colour) == ("Accord", "black")


@pytest.mark.parametrize(
    ("said", "model"),
    [
        ("can you fit my Honda in on Tuesday", ""),
        ("my Lexus is making a noise", ""),
        ("it's a Lexus IS", "IS"),
        ("I have to carry my Toyota over there", ""),
        ("it's a Ford, an Escape I think", "Escape"),
        ("the Mazda at three", ""),
    ],
)
def test_an_everyday_word_beside_a_make_is_not_always_its_model(said: str, model: str) -> None:
    vehicle = find_vehicle(said)
    assert vehicle is not None
    assert vehicle.model == model


def test_the_make_that_was_said_wins_over_the_one_a_model_belongs_to() -> None:
    assert car_in("a Honda Forerunner") == (None, "Honda", "")


def car_in(said: str) -> Car:
    vehicle = find_vehicle(said)
    assert vehicle is not None
    return vehicle.year, vehicle.make, vehicle.model
