"""What reminders know about the rows of the apps to their right."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from crm import links, merging, records
from crm.models import Customer, FollowUpTask, Phone, Rooftop
from crm.records import LATEST, Row, Section
from crm.store_admin import store_time
from reminders import planning, texts
from reminders.models import Text
from scheduling.models import Appointment


def add_links() -> None:
    merging.add(Text)
    records.add("reminders.view_text", latest_texts, place=50)
    links.add(Appointment, reminders_of_appointment)
    links.add(Appointment, thread_of_appointment)
    links.add(Customer, thread_of_customer)
    links.add(FollowUpTask, thread_of_task)
    links.add(Text, thread_of_text)


def thread_of_customer(customer: Customer) -> Iterator[links.Link]:
    for phone in customer.phones.order_by("pk"):
        yield _texts(customer.rooftop, phone)


def thread_of_appointment(appointment: Appointment) -> Iterator[links.Link]:
    yield from _texts_with(appointment.rooftop, texts.number_of(appointment.customer))


def thread_of_task(task: FollowUpTask) -> Iterator[links.Link]:
    number = task.phone_number or (texts.number_of(task.customer) if task.customer else "")
    yield from _texts_with(task.rooftop, number)


def thread_of_text(text: Text) -> Iterator[links.Link]:
    yield from _texts_with(text.rooftop, text.number)


def _texts_with(rooftop: Rooftop, number: str) -> Iterator[links.Link]:
    for phone in Phone.objects.filter(number=number):
        yield _texts(rooftop, phone)


def _texts(rooftop: Rooftop, phone: Phone) -> links.Link:
    return links.Link(f"Texts with {phone}", reverse("texts", args=[rooftop.pk, phone.pk]), "forum")


def reminders_of_appointment(appointment: Appointment) -> Iterator[links.Link]:
    if appointment.status in planning.EXPECTED:
        now = reverse("admin:reminders_reminder_now", args=[appointment.pk])
        yield links.Link("Remind now", now, "notifications_active")
    count = appointment.reminders.count()
    if count:
        seen = reverse("admin:reminders_reminder_changelist")
        text = f"{count} reminder{'' if count == 1 else 's'}"
        yield links.Link(text, f"{seen}?appointment__id__exact={appointment.pk}", "notifications")


def latest_texts(customer: Customer, now: datetime) -> Section:
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
