"""What happened to vehicles and what customers agreed to, in the staff site."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from crm.models import Consent, DeclinedService, OdometerReading, RecallCheck, RepairOrder
from crm.store_admin import StoreAdmin, StoreInline, store_time

Status = RepairOrder.Status


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
    fields = (
        ("number", "status"),
        ("customer", "vehicle"),
        "advisor",
        ("opened_at", "promised_at"),
        "complaint",
        "cause",
        "correction",
        "rooftop",
    )

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
