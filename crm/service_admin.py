"""What happened to vehicles and what customers agreed to, in the staff site."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from crm.models import Consent, DeclinedService, OdometerReading, RecallCheck, RepairOrder
from crm.repair_orders import set_status, was_changed
from crm.store_admin import StoreAdmin, StoreInline, store_time

Status = RepairOrder.Status


class RepairOrderForm(forms.ModelForm):  # type: ignore[type-arg]
    """An order as somebody saw it; a status that moved meanwhile is not written over."""

    seen_status = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.current_status = self.instance.status if self.instance.pk else Status.CHECKED_IN
        self.initial["seen_status"] = self.current_status

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        order = self._locked()
        if order:
            self._heed_others(cleaned, order)
        closed_at = self._closed_at(order, cleaned.get("status"))
        opened_at = cleaned.get("opened_at")
        if closed_at and opened_at and opened_at > closed_at:
            self.add_error("opened_at", "It cannot be closed before it was opened. Write the earlier time.")
        return cleaned

    def _heed_others(self, cleaned: dict[str, Any], order: RepairOrder) -> None:
        seen, wanted = cleaned.get("seen_status") or order.status, cleaned.get("status")
        self.current_status = order.status
        if wanted == seen:
            cleaned["status"] = order.status  # whoever did not touch it does not take it back
        elif order.status not in (seen, wanted):
            self.add_error("status", was_changed(order))

    def _locked(self) -> RepairOrder | None:
        """The row as it is now, and until the page's transaction has written."""
        return RepairOrder.objects.select_for_update().filter(pk=self.instance.pk).first()

    def _closed_at(self, order: RepairOrder | None, wanted: str | None) -> datetime | None:
        if wanted != Status.CLOSED:
            return None
        return (order.closed_at if order else None) or timezone.now()


class ReadingInline(StoreInline):
    model = OdometerReading
    verbose_name = "odometer reading"
    fields = ("miles", "read_on")


class DeclinedInline(StoreInline):
    model = DeclinedService
    verbose_name = "declined service"
    fields = ("description", "amount", "follow_up_on")


class RecallInline(StoreInline):
    model = RecallCheck
    verbose_name = "recall"
    fields = ("campaign", "summary", "has_remedy", "has_parts", "is_do_not_drive", "source")


@admin.register(RepairOrder)
class RepairOrderAdmin(StoreAdmin):
    list_display = ("number", "customer", "vehicle", "state", "promised", "advisor", "rooftop")
    list_filter = ("status", "advisor", "rooftop")
    list_select_related = ("customer", "vehicle", "advisor", "rooftop")
    search_fields = ("number", "customer__first_name", "customer__last_name", "vehicle__plate")
    search_help_text = "Number, customer, telephone number or plate"
    phone_lookup = "customer__phones__number__contains"
    autocomplete_fields = ("customer", "vehicle", "advisor")
    form = RepairOrderForm
    readonly_fields = ("status_changed_at", "closed_at")
    fields = (
        ("number", "status"),
        ("status_changed_at", "closed_at"),
        ("customer", "vehicle"),
        "advisor",
        ("opened_at", "promised_at"),
        "complaint",
        "cause",
        "correction",
        "rooftop",
        "seen_status",  # in a line of its own, which is hidden whole
    )

    def save_model(self, request: HttpRequest, order: RepairOrder, form: Any, change: bool) -> None:
        """The status goes through its verb, the other changes beside it."""
        wanted, order.status = order.status, form.current_status
        if not change:
            super().save_model(request, order, form, change)
        elif fields := [name for name in form.changed_data if name not in ("status", "seen_status")]:
            order.save(update_fields=fields)
        set_status(order, wanted, now=timezone.now())

    @admin.display(description="Promised", ordering="promised_at")
    def promised(self, order: RepairOrder) -> str:
        return store_time(order.promised_at, order.rooftop) if order.promised_at else "—"

    @display(  # type: ignore[untyped-decorator]
        description="Status",
        ordering="status",
        label={
            Status.WAITING_APPROVAL: "warning",
            Status.WAITING_PARTS: "warning",
            Status.READY: "success",
            Status.CLOSED: "",
        },
    )
    def state(self, order: RepairOrder) -> tuple[str, str]:
        return order.status, order.get_status_display()


@admin.register(Consent)
class ConsentAdmin(StoreAdmin):
    """A ledger: read here, written where it is given."""

    rooftop_path = "customer__rooftop"
    list_display = ("customer", "phone", "channel", "is_granted", "source", "given")
    list_filter = ("channel", "is_granted")
    list_select_related = ("customer__rooftop", "phone")
    search_fields = ("customer__first_name", "customer__last_name")
    search_help_text = "Customer or telephone number"
    phone_lookup = "phone__number__contains"
    fields = ("customer", "phone", "channel", "is_granted", "wording", "source", "given")

    @admin.display(description="At", ordering="at")
    def given(self, consent: Consent) -> str:
        return store_time(consent.at, consent.customer.rooftop)

    def get_readonly_fields(self, request: HttpRequest, obj: Consent | None = None) -> tuple[str, ...]:
        return self.fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Consent | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Consent | None = None) -> bool:
        return False
