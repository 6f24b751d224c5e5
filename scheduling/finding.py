"""What the search on every page finds: customers and visits, of the stores that a person works at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.urls import reverse

from crm import finding
from crm.models import Customer
from crm.rights import rooftops_of
from crm.store_admin import store_time
from scheduling.models import Appointment

MOST_CUSTOMERS = 8
MOST_VISITS = 8
NUMBER_DIGITS = 3  # of a confirmation number; fewer begin too many


@dataclass(frozen=True, slots=True)
class Found:
    title: str
    detail: str
    url: str
    icon: str  # a Material Symbol


def everything(user: User | AnonymousUser, text: str) -> list[Found]:
    """By name, telephone number or plate in any writing, VIN's last six, confirmation number.

    A visit is found by its number and, while it is ahead, by its customer. What somebody may not see is
    not found.
    """
    stores = list(rooftops_of(user).values_list("pk", flat=True))
    people = (
        finding.customers(stores, text, most=MOST_CUSTOMERS) if user.has_perm("crm.view_customer") else []
    )
    visits = _visits(stores, text.strip(), people) if user.has_perm("scheduling.view_appointment") else []
    once = {visit.pk: visit for visit in visits}
    return [*map(_visit, once.values()), *map(_customer, people)]


def _visits(stores: Sequence[int], text: str, people: Sequence[Customer]) -> Iterator[Appointment]:
    mine = Appointment.objects.filter(rooftop__in=stores).select_related("rooftop", "customer", "vehicle")
    if text.isdecimal() and len(text) >= NUMBER_DIGITS:
        yield from _newest(mine.filter(confirmation_number__startswith=text))
    if people:
        yield from mine.active().filter(customer__in=people).order_by("arrives_at")[:MOST_VISITS]


def _newest(visits: QuerySet[Appointment]) -> QuerySet[Appointment]:
    return visits.order_by("-arrives_at")[:MOST_VISITS]


def _visit(visit: Appointment) -> Found:
    when = store_time(visit.arrives_at, visit.rooftop)
    return Found(
        f"{visit.customer}, {when}",
        f"{visit.confirmation_number} · {visit.vehicle} · {visit.get_status_display()}",
        reverse("admin:scheduling_appointment_change", args=[visit.pk]),
        "event",
    )


def _customer(customer: Customer) -> Found:
    numbers = (str(number) for number in customer.phones.all())
    cars = (f"{owned.vehicle} {owned.vehicle.plate}".strip() for owned in finding.present(customer))
    return Found(
        str(customer),
        " · ".join([*numbers, *cars]),
        reverse("admin:crm_customer_change", args=[customer.pk]),
        "person",
    )
