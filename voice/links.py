"""What the phone desk knows about the rows of the apps to its right."""

from collections.abc import Iterator

from django.urls import reverse

from crm import links
from crm.models import Customer, FollowUpTask
from scheduling.models import Appointment
from voice.models import Call

CALLS_LINKED = 3


def add_links() -> None:
    links.add(Appointment, calls_of_appointment)
    links.add(FollowUpTask, call_of_task)
    links.add(Customer, calls_of_customer)


def calls_of_appointment(appointment: Appointment) -> Iterator[links.Link]:
    for call in Call.objects.filter(tool_calls__appointment=appointment).select_related("rooftop").distinct():
        yield _link(call)


def call_of_task(task: FollowUpTask) -> Iterator[links.Link]:
    if not task.call_sid:
        return
    for call in Call.objects.filter(sid=task.call_sid).select_related("rooftop"):
        yield _link(call)


def calls_of_customer(customer: Customer) -> Iterator[links.Link]:
    for call in customer.calls.select_related("rooftop")[:CALLS_LINKED]:
        yield _link(call)


def _link(call: Call) -> links.Link:
    began = call.started_at.astimezone(call.rooftop.zone)
    text, address = f"Call of {began:%b %-d, %-I:%M %p}", reverse("call", args=[call.pk])
    return links.Link(text, address, "call", since=call.started_at, until=call.ended_at)
