"""What scheduling knows about the rows of the apps to its right."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone

from crm import links
from crm.models import Customer, FollowUpTask
from scheduling.models import Appointment

VISITS_LINKED = 3


def add_links() -> None:
    links.add(Customer, visits)
    links.add(FollowUpTask, visits_of_task)


def visits(customer: Customer) -> Iterator[links.Link]:
    book = reverse("admin:scheduling_appointment_add")
    yield links.Link("Book an appointment", f"{book}?customer={customer.pk}", "event")
    count = customer.appointments.count()
    if count:
        seen = reverse("admin:scheduling_appointment_changelist")
        text = f"{count} appointment{'' if count == 1 else 's'}"
        yield links.Link(text, f"{seen}?customer__id__exact={customer.pk}", "history")


def visits_of_task(task: FollowUpTask) -> Iterator[links.Link]:
    """What the customer has ahead, or has here: a task is mostly about one of those."""
    if task.customer is None:
        return
    active = Appointment.objects.active().filter(customer=task.customer, ready_at__gt=timezone.now())
    for visit in active.select_related("rooftop").order_by("arrives_at")[:VISITS_LINKED]:
        address = reverse("admin:scheduling_appointment_change", args=[visit.pk])
        yield links.Link(f"Appointment {visit}", address, "event")
