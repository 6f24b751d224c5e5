"""What reminders know about the rows of the apps to their right."""

from collections.abc import Iterator

from django.urls import reverse

from crm import links
from reminders import planning
from scheduling.models import Appointment


def add_links() -> None:
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
