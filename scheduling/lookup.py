"""Find an appointment."""

from crm.models import Rooftop
from scheduling.models import Appointment


def by_confirmation_number(rooftop: Rooftop, number: str) -> Appointment | None:
    """The appointment with this number at this rooftop, whatever its status; None when there is none.

    number: its digits, as they were given out; whoever heard them spoken has turned words into digits.
    A number alone proves nothing about who is calling. Asked of PostgreSQL each time, by one unique
    index: whether a visit is still booked must never come from a cache.
    """
    return (
        Appointment.objects.select_related("rooftop", "customer", "vehicle", "advisor")
        .filter(rooftop=rooftop, confirmation_number=number)
        .first()
    )
