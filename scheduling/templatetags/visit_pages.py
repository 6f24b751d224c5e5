"""Pieces of the pages of a visit."""

from django import template

from scheduling.models import Appointment
from scheduling.steps import Step, steps_of

register = template.Library()


@register.filter
def steps(visit: Appointment) -> list[Step]:
    """What one button can do with this visit now."""
    return steps_of(visit)
