"""A store with nothing but its hours, its people and one customer: made in a few milliseconds."""

from datetime import time

from crm.models import Customer, Phone, Rooftop, RooftopNumber, Staff
from scheduling.models import OpeningHours
from tests.talking import MARIA, OTTO_NUMBER

BART_NUMBER = "+16025550100"


def make_small_store(*, number: str = OTTO_NUMBER, name: str = "Otto's Auto") -> Rooftop:
    """Open from Monday to Saturday like the demo store; Maria is its customer."""
    rooftop = Rooftop.objects.create(
        name=name, time_zone="America/New_York", front_desk_number=number[:-2] + "99"
    )
    RooftopNumber.objects.create(rooftop=rooftop, number=number)
    OpeningHours.objects.bulk_create(
        OpeningHours(
            rooftop=rooftop,
            weekday=weekday,
            opens=time(7 if weekday < 5 else 8),
            closes=time(18 if weekday < 5 else 16),
            first_arrival=time(8),
            last_arrival=time(14),
        )
        for weekday in range(6)
    )
    Staff.objects.bulk_create(
        Staff(rooftop=rooftop, name=person, role=Staff.Role.ADVISOR, aliases=aliases)
        for person, aliases in (
            ("Mike Alvarez", ["Mike", "Miguel"]),
            ("Mike Chen", ["Mike", "Mister Chen"]),
            ("Dana Brooks", ["Dana"]),
        )
    )
    maria = Customer.objects.create(rooftop=rooftop, first_name="Maria", last_name="Lopez")
    maria.phones.add(Phone.objects.get_or_create(number=MARIA)[0])
    return rooftop
