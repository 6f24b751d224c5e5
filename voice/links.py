"""What the phone desk knows about the rows of the apps to its right."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from crm import links, merging, records
from crm.models import Customer, FollowUpTask
from crm.records import LATEST, Row, Section
from scheduling.models import Appointment
from voice.models import Call, FailedCheck


def add_links() -> None:
    merging.add(Call)
    merging.add(FailedCheck, "customers", carry=merging.members(FailedCheck, "customers"))
    links.add(Appointment, calls_of_appointment)
    links.add(FollowUpTask, call_of_task)
    records.add("voice.view_call", calls_of_customer, place=40)


def calls_of_appointment(appointment: Appointment) -> Iterator[links.Link]:
    for call in Call.objects.filter(tool_calls__appointment=appointment).select_related("rooftop").distinct():
        yield _link(call)


def call_of_task(task: FollowUpTask) -> Iterator[links.Link]:
    if not task.call_sid:
        return
    for call in Call.objects.filter(sid=task.call_sid).select_related("rooftop"):
        yield _link(call)


def calls_of_customer(customer: Customer, now: datetime) -> Section:
    found = customer.calls.select_related("rooftop").order_by("-started_at")
    rows = [_call(call) for call in found[:LATEST]]
    return Section("Calls", "call", rows, "No call yet.")


def _call(call: Call) -> Row:
    link = _link(call)
    return Row(link.text, call.summary[:160], link.url, call.get_outcome_display())


def _link(call: Call) -> links.Link:
    began = call.started_at.astimezone(call.rooftop.zone)
    text, address = f"Call of {began:%b %-d, %-I:%M %p}", reverse("call", args=[call.pk])
    return links.Link(text, address, "call", since=call.started_at, until=call.ended_at)
