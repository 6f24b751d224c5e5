"""What scheduling knows about the rows of the apps to its right."""

from collections.abc import Iterator

from django.urls import reverse

from crm import links
from crm.models import Customer


def add_links() -> None:
    links.add(Customer, visits)


def visits(customer: Customer) -> Iterator[links.Link]:
    book = reverse("admin:scheduling_appointment_add")
    yield links.Link("Book an appointment", f"{book}?customer={customer.pk}", "event")
    count = customer.appointments.count()
    if count:
        seen = reverse("admin:scheduling_appointment_changelist")
        text = f"{count} appointment{'' if count == 1 else 's'}"
        yield links.Link(text, f"{seen}?customer__id__exact={customer.pk}", "history")
