"""The visits of a customer who turned out to be another one. Part of crm/merging.py's transaction."""

from crm.merging import Merge
from scheduling import writing
from scheduling.models import Appointment


def visits_come_over(two: Merge) -> None:
    """Nothing of the lane changes, so no day is locked; visits ahead tell it in their history and calendar."""
    ahead = Appointment.objects.active().filter(customer=two.other).select_related("rooftop")
    for visit in list(ahead):
        writing.log(visit, two.by, f"now of {two.keep}: two records of one customer were merged", two.now)
    Appointment.objects.filter(customer=two.other).update(customer=two.keep)
