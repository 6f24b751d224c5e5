"""From a caller's words to the lines of the menu, and to dangers."""

import pytest

from dealership.demo.menu import op_codes
from voice.conversation.dangers import find_danger
from voice.conversation.facts import MenuItem
from voice.conversation.services import find_services
from voice.conversation.symptoms import Topic, find_topics

DEMO = tuple(
    MenuItem(line.code, line.name, tuple(line.synonyms), line.minutes, line.price_min, line.price_max)
    for line in op_codes()
)
# Another store, with names and codes of its own and few synonyms.
OTHER = tuple(
    MenuItem(code, name, (), 60, 0, 100)
    for code, name in (
        ("A1", "lube, oil and filter"),
        ("A2", "rotate and balance"),
        ("A3", "brake check"),
        ("A4", "diagnostic hour"),
        ("A5", "climate control service"),
        ("A6", "battery and charging system"),
        ("A7", "vibration analysis"),
    )
)


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("I need an oil change", ["LOF"]),
        ("an oil change and a tire rotation", ["LOF", "TROT"]),
        ("an oil change and tire rotation", ["LOFTR"]),
        ("an oil change and a state inspection", ["LOF", "SI"]),
        ("rotate my tires and check the brakes", ["TROT", "BRKI"]),
        ("front brakes", ["BRKF"]),
        ("new rear pads", ["BRKR"]),
        ("my breaks are squeaking", ["BRKI"]),
        ("the thirty thousand mile service", ["M30"]),
        ("a coolant flush", ["COOL"]),
        ("change the transmission fluid", ["TRAN"]),
        ("four new tires", ["TIRE4"]),
        ("put winter tires on", ["TIRE4"]),
        ("a smog check", ["SI"]),
        ("replace the cabin filter", ["FLTR"]),
    ],
)
def test_services_are_known_by_the_menu_names(said: str, codes: list[str]) -> None:
    assert find_services(said, DEMO) == codes


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("it squeals when I stop the brakes", ["BRKI"]),
        ("it grinds when I hit the brakes", ["BRKI"]),
        ("it takes forever and I can't stop", ["BRKI"]),
        ("the AC blows warm", ["ACD"]),
        ("there is no cold air", ["ACD"]),
        ("I have no heat", ["ACD"]),
        ("the check engine light came on", ["DIAG"]),
        ("it shakes at sixty", ["NVH"]),
        ("the steering wheel wobbles", ["NVH"]),
        ("there's a clunk when I turn", ["NVH"]),
        ("it drifts to the right", ["ALGN"]),
        ("my car won't start", ["BATT"]),
        ("the battery keeps dying", ["BATT"]),
        ("it keeps stalling at lights", ["DIAG"]),
        ("the transmission slips", ["DIAG"]),
        ("it hesitates when I accelerate", ["DIAG"]),
        ("there's a puddle under my car", ["DIAG"]),
        ("a headlight is out", ["DIAG"]),
        ("something is wrong with my car", ["DIAG"]),
        ("it's acting up", ["DIAG"]),
        ("my tire has a nail in it", ["MPI"]),
        ("the tires are bald and I need them replaced", ["TIRE4"]),
    ],
)
def test_symptoms_find_the_line_that_looks_after_them(said: str, codes: list[str]) -> None:
    assert find_services(said, DEMO) == codes


def test_two_complaints_in_two_clauses_are_two_services() -> None:
    assert find_services("my brakes squeal, and also the AC is weak", DEMO) == ["BRKI", "ACD"]


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("I don't need an oil change, just a rotation", ["TROT"]),
        ("forget the alignment, do an oil change", ["LOF"]),
        ("not the brakes, the battery", ["BATT"]),
        ("a tire rotation instead of an alignment", ["TROT"]),
    ],
)
def test_what_is_not_wanted_is_no_service(said: str, codes: list[str]) -> None:
    assert find_services(said, DEMO) == codes


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("I need an oil change", ["A1"]),
        ("my tires rotated", ["A2"]),
        ("my brakes squeak", ["A3"]),
        ("my check engine light stays on", ["A4"]),
        ("the AC blows hot", ["A5"]),
        ("it won't start", ["A6"]),
        ("it shakes at high speed", ["A7"]),
        ("it makes a funny noise", ["A7"]),
        ("the window is stuck", ["A4"]),
    ],
)
def test_any_menu_is_read_by_what_its_lines_are_called(said: str, codes: list[str]) -> None:
    assert find_services(said, OTHER) == codes


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("I've got a 2016 Equinox and it makes this grinding noise whenever I hit the brakes", ["BRKI"]),
        ("the light came on for the engine and the car shakes when I'm stopped", ["DIAG", "NVH"]),
        ("you guys replaced my alternator and now it won't start again", ["BATT"]),
        ("I don't want the rotation, just the oil change", ["LOF"]),
        ("my Jeep has the death wobble at highway speed", ["NVH"]),
        ("I'm not going to do the struts right now, just do the brakes", ["BRKI"]),
        ("the AC isn't cold and there's a weird smell", ["ACD"]),
        ("I think it's time for my 30k", ["M30"]),
        ("just the usual service", ["MPI"]),
        ("it's a 2022 with thirty thousand miles on it", []),
        ("my wiper blades are shot", ["DIAG"]),
    ],
)
def test_what_people_say_on_the_telephone_finds_its_services(said: str, codes: list[str]) -> None:
    assert find_services(said, DEMO) == codes


@pytest.mark.parametrize(
    "said",
    [
        "that sounds good",
        "ten sounds perfect",
        "how does that sound",
        "I get off my shift at five",
        "I take my lunch break at noon",
        "the first one",
        "my name is Wheeler",
        "it's a Ford Focus with the big engine",
        "yes please",
        "I need to check my calendar",
        "talk to you later",
        "I need to break the bank",
        "can you speak louder",
    ],
)
def test_ordinary_talk_names_no_service(said: str) -> None:
    assert find_services(said, DEMO) == []


def test_an_empty_menu_has_nothing_to_offer() -> None:
    assert find_services("an oil change", ()) == []


@pytest.mark.parametrize(
    ("said", "topic"),
    [
        ("every time I break it squeals", Topic.BRAKES),
        ("it needs a tuneup", Topic.TUNE_UP),
        ("I've got a flat", Topic.TIRE_AIR),
        ("the muffler fell off", Topic.EXHAUST),
        ("a rock cracked my windshield", Topic.GLASS),
        ("my bumper is hanging", Topic.BODY),
        ("the door won't close", Topic.DOORS),
        ("my left blinker is dead", Topic.LIGHTS),
        ("the radio keeps cutting out", Topic.ELECTRICAL),
        ("it's leaking oil", Topic.LEAK),
        ("it's running hot", Topic.COOLING),
        ("I smell something sweet", Topic.SMELL),
        ("the clutch feels soft", Topic.TRANSMISSION),
        ("the struts are worn", Topic.SUSPENSION),
        ("it's hard to steer", Topic.STEERING),
        ("I got a recall letter", Topic.RECALL),
        ("it is time for regular maintenance", Topic.MAINTENANCE),
        ("can you top off the fluids", Topic.FLUIDS),
        ("the engine misfires", Topic.RUNNING),
        ("the alternator is bad", Topic.BATTERY),
    ],
)
def test_a_complaint_has_its_topic(said: str, topic: Topic) -> None:
    assert topic in find_topics(said)


@pytest.mark.parametrize(
    ("said", "danger"),
    [
        ("there's smoke coming out of the hood", "smoke"),
        ("it smells like burning rubber", "smoke"),
        ("my car is on fire", "fire"),
        ("I smell gas inside the car", "fuel smell"),
        ("the brakes failed on the way home", "brakes"),
        ("my brakes went out", "brakes"),
        ("the pedal goes to the floor", "brakes"),
        ("it's overheating", "overheating"),
        ("the gauge is in the red", "overheating"),
        ("the check engine light is flashing", "flashing engine light"),
        ("I lost power steering", "steering"),
        ("the steering locked up", "steering"),
        ("the wheel is about to fall off", "wheel"),
        ("the gas pedal is stuck", "stuck accelerator"),
    ],
)
def test_a_danger_is_named(said: str, danger: str) -> None:
    assert find_danger(said) == danger


@pytest.mark.parametrize(
    "said",
    [
        "my brakes squeak a little",
        "my check engine light stays on",
        "there is no smoke",
        "it's not overheating",
        "I need a brake inspection",
        "the fire station is next door",
        "I can't stop by today",
        "it pulls to the left",
        "I need gas on the way",
    ],
)
def test_what_can_wait_is_no_danger(said: str) -> None:
    assert find_danger(said) == ""
