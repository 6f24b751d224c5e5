"""Whom a caller means by a name, and which numbers the desk may ring for them."""

import pytest
from django.core.exceptions import ValidationError

from crm import directory, phone
from crm.models import Rooftop, Staff
from tests.factories import make_demo_store


@pytest.fixture
def otto(db: None) -> Rooftop:
    return make_demo_store()


@pytest.mark.parametrize(
    ("spoken", "meant"),
    [
        ("Dana", ["Dana Brooks"]),
        ("dana brooks", ["Dana Brooks"]),
        ("Ms. Brooks", ["Dana Brooks"]),
        ("Mr. Chen", ["Mike Chen"]),
        ("Chen", ["Mike Chen"]),
        ("Mikey", ["Mike Chen"]),
        ("Mike Chen", ["Mike Chen"]),
        ("Mike", ["Mike Alvarez", "Mike Chen"]),
        ("Mister Mike", ["Mike Alvarez", "Mike Chen"]),
        ("Miguel", ["Mike Alvarez"]),
        ("Alvarez", ["Mike Alvarez"]),
        ("Zoe", []),
        ("", []),
        ("Mister", []),
        ("+19005550100", []),
    ],
)
def test_a_spoken_name_finds_those_it_may_mean(otto: Rooftop, spoken: str, meant: list[str]) -> None:
    assert [person.name for person in directory.find(otto, spoken)] == meant


def test_only_people_of_this_store_are_found(otto: Rooftop) -> None:
    Staff.objects.filter(rooftop=otto).delete()
    assert directory.find(otto, "Dana") == []


@pytest.mark.security
@pytest.mark.parametrize(
    ("number", "may"),
    [
        ("+12125550143", True),
        ("+16045550143", True),  # Canada
        ("+18005550143", True),
        ("+19005550143", False),
        ("+12129760143", False),
        ("+18765550143", False),  # Jamaica shares +1
        ("+18095550143", False),
        ("+15005550143", False),
        ("+447700900123", False),
        ("+1212555014", False),
        ("+11125550143", False),
        ("+12120550143", False),
        ("2125550143", False),
        ("sip:mike@example.com", False),
        ("911", False),
        ("", False),
    ],
)
def test_the_desk_rings_only_numbers_at_home_rates(number: str, may: bool) -> None:
    assert phone.may_be_dialled(number) is may


@pytest.mark.security
@pytest.mark.parametrize("number", ["+19005550143", "+447700900123", "201"])
def test_staff_cannot_enter_a_line_that_would_not_be_rung(otto: Rooftop, number: str) -> None:
    dana = Staff.objects.get(rooftop=otto, name="Dana Brooks")
    dana.phone_number = number
    with pytest.raises(ValidationError):
        dana.full_clean()
    otto.front_desk_number = number
    with pytest.raises(ValidationError, match="front_desk_number"):
        otto.full_clean()
