"""What reminders know about the rows of the apps to their right."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from crm import links, merging, records
from crm.models import Customer
from crm.records import LATEST, Row, Section
from crm.store_admin import store_time
from reminders import planning
from reminders.models import Text
from scheduling.models import Appointment


def add_links() -> None:
    merging.add(Text)
    records.add("reminders.view_text", texts_of_customer, place=50)
    links.add(Appointment, reminders_of_appointment)


def reminders_of_appointment(appointment: Appointment) -> Iterator[links.Link]:
    if appointment.status in planning.EXPECTED:
        now = reverse("admin:reminders_reminder_now", args=[appointment.pk])
        yield links.Link("Remind now", now, "notifications_active")
    count = appointment.reminders.count()
    if count:
        seen = reverse("admin:reminders_reminder_changelist")
        text = f"{count} reminder{'' if count == 1 else 's'}"
        yield links.Link(text, f"{seen}?appointment__id__exact={appointment.pk}", "notifications")


def texts_of_customer(customer: Customer, now: datetime) -> Section:
    """In both directions, the latest first."""
    found = Text.objects.filter(customer=customer).order_by("-created_at", "-pk")
    rows = [_text(text, customer) for text in found[:LATEST]]
    seen = f"{reverse('admin:reminders_text_changelist')}?customer__id__exact={customer.pk}"
    return Section("Texts", "sms", rows, "No text yet.", links.Link("All", seen) if rows else None)


def _text(text: Text, customer: Customer) -> Row:
    return Row(
        text.body[:120],
        store_time(text.created_at, customer.rooftop),
        reverse("admin:reminders_text_change", args=[text.pk]),
        "Received" if text.direction == Text.Direction.INBOUND else text.get_status_display(),
    )
