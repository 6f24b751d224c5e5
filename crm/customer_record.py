"""The sections of a customer's page that are of crm's own rows."""

from datetime import datetime

from django.db.models import F, OuterRef, Subquery
from django.urls import reverse

from crm import records
from crm.models import (
    LENGTH_OF_VIN_END,
    Consent,
    Customer,
    DeclinedService,
    FollowUpTask,
    OdometerReading,
    Ownership,
    RepairOrder,
)
from crm.records import LATEST, Row, Section
from crm.store_admin import store_time


def add_sections() -> None:
    records.add("crm.view_vehicle", vehicles, place=10)
    records.add("crm.view_followuptask", tasks, place=30)
    records.add("crm.view_vehicle", declined, place=60)
    records.add("crm.view_consent", consents, place=70)
    records.add("crm.view_repairorder", orders, place=80)


def vehicles(customer: Customer, now: datetime) -> Section:
    """Those that they have now, with the last reading."""
    newest = OdometerReading.objects.filter(vehicle=OuterRef("vehicle")).order_by("-read_on").values("miles")
    owned = customer.ownerships.filter(until=None).select_related("vehicle")
    rows = [
        Row(str(each.vehicle), _marks(each), reverse("admin:crm_vehicle_change", args=[each.vehicle_id]))
        for each in owned.annotate(miles=Subquery(newest[:1])).order_by("vehicle_id")[:LATEST]
    ]
    return Section("Vehicles", "directions_car", rows, "No vehicle yet.")


def _marks(owned: Ownership) -> str:
    car, miles = owned.vehicle, owned.miles  # type: ignore[attr-defined]  # annotated
    known = (car.plate, car.vin and f"VIN …{car.vin[-LENGTH_OF_VIN_END:]}", miles and f"{miles:,} miles")
    return " · ".join(str(mark) for mark in known if mark)


def tasks(customer: Customer, now: datetime) -> Section:
    found = customer.tasks.filter(done_at=None).select_related("owner").order_by("due_at")
    return Section("Open tasks", "task_alt", [_task(task, customer, now) for task in found[:LATEST]], "None.")


def _task(task: FollowUpTask, customer: Customer, now: datetime) -> Row:
    is_late = task.is_overdue(now)
    return Row(
        task.summary,
        f"{task.owner or 'nobody'}, due {store_time(task.due_at, customer.rooftop)}",
        reverse("admin:crm_followuptask_change", args=[task.pk]),
        "Overdue" if is_late else task.get_kind_display(),
        "danger" if is_late else "info",
    )


def orders(customer: Customer, now: datetime) -> Section:
    found = customer.repair_orders.select_related("vehicle").order_by("-opened_at")
    rows = [_order(order, customer) for order in found[:LATEST]]
    return Section("Service history", "build", rows, "No repair order yet.")


def _order(order: RepairOrder, customer: Customer) -> Row:
    is_closed = order.status == RepairOrder.Status.CLOSED
    opened = order.opened_at.astimezone(customer.rooftop.zone)
    return Row(
        f"{order}: {order.vehicle}",
        f"{opened:%b %-d, %Y} · {order.correction or order.complaint or 'no words kept'}"[:160],
        reverse("admin:crm_repairorder_change", args=[order.pk]),
        order.get_status_display(),
        "" if is_closed else "info",
    )


def declined(customer: Customer, now: datetime) -> Section:
    """Of the vehicles that they have now."""
    found = DeclinedService.objects.filter(
        vehicle__ownerships__customer=customer, vehicle__ownerships__until=None
    ).select_related("vehicle")
    today = now.astimezone(customer.rooftop.zone).date()
    rows = [
        Row(
            f"{each} (${each.amount})",
            str(each.vehicle) + (f", ask again {each.follow_up_on:%b %-d, %Y}" if each.follow_up_on else ""),
            reverse("admin:crm_vehicle_change", args=[each.vehicle_id]),
            "Due" if each.follow_up_on and each.follow_up_on <= today else "",
            "warning",
        )
        for each in found.order_by(F("follow_up_on").asc(nulls_last=True), "pk")[:LATEST]
    ]
    return Section("Declined work", "money_off", rows, "Nothing was declined.")


def consents(customer: Customer, now: datetime) -> Section:
    """What holds: the newest answer of each number and channel."""
    newest = (
        Consent.objects.filter(customer=customer)
        .order_by("phone_id", "channel", "-at", "-pk")
        .distinct("phone_id", "channel")
        .select_related("phone")
    )
    rows = [
        Row(
            f"{each.get_channel_display()} to {each.phone}",
            f"{store_time(each.at, customer.rooftop)} · {each.source}",
            reverse("admin:crm_consent_change", args=[each.pk]),
            "Agreed" if each.is_granted else "Refused",
            "success" if each.is_granted else "danger",
        )
        for each in newest[: 2 * LATEST]
    ]
    return Section("Automated calls and texts", "how_to_reg", rows, "Nobody has asked them yet.")
