"""What scheduling knows about the rows of the apps to its right."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from crm import links, merging, records
from crm.models import Customer, FollowUpTask
from crm.records import LATEST, Row, Section
from crm.store_admin import store_time
from scheduling.handing_over import visits_come_over
from scheduling.models import Appointment, WaitlistEntry

VISITS_LINKED = 3
VARIANTS: dict[str, str] = {
    Appointment.Status.BOOKED: "info",
    Appointment.Status.CONFIRMED: "info",
    Appointment.Status.CHECKED_IN: "primary",
    Appointment.Status.COMPLETED: "success",
    Appointment.Status.NO_SHOW: "danger",
}


def add_links() -> None:
    merging.add(Appointment, carry=visits_come_over)
    merging.add(WaitlistEntry)
    links.add(Customer, book)
    links.add(FollowUpTask, visits_of_task)
    records.add("scheduling.view_appointment", visits, place=20)


def book(customer: Customer) -> Iterator[links.Link]:
    yield links.Link("Book an appointment", f"{reverse('book')}?customer={customer.pk}", "event")


def visits(customer: Customer, now: datetime) -> Section:
    """What is ahead and what was, the latest first."""
    found = customer.appointments.select_related("vehicle", "rooftop").prefetch_related("lines__op_code")
    rows = [_visit(visit) for visit in found.order_by("-arrives_at")[:LATEST]]
    seen = f"{reverse('admin:scheduling_appointment_changelist')}?customer__id__exact={customer.pk}"
    return Section("Visits", "event", rows, "No visit yet.", links.Link("All", seen) if rows else None)


def _visit(visit: Appointment) -> Row:
    services = ", ".join(str(line) for line in visit.lines.all())
    return Row(
        store_time(visit.arrives_at, visit.rooftop),
        f"{visit.vehicle} · {services} · {visit.confirmation_number}",
        reverse("admin:scheduling_appointment_change", args=[visit.pk]),
        visit.get_status_display(),
        VARIANTS.get(visit.status, ""),
    )


def visits_of_task(task: FollowUpTask) -> Iterator[links.Link]:
    """What the customer has ahead, or has here: a task is mostly about one of those."""
    if task.customer is None:
        return
    active = Appointment.objects.active().filter(customer=task.customer, ready_at__gt=timezone.now())
    for visit in active.select_related("rooftop").order_by("arrives_at")[:VISITS_LINKED]:
        address = reverse("admin:scheduling_appointment_change", args=[visit.pk])
        yield links.Link(f"Appointment {visit}", address, "event")
