"""Texts in the staff site: what was written, and what became of it. Nobody changes them."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from crm import phone
from crm.store_admin import StoreAdmin, store_time
from reminders.models import Text

COLOURS = {
    "delivered": "success",
    "received": "info",
    "refused": "warning",
    "unknown": "warning",
    "undelivered": "danger",
    "failed": "danger",
}


@admin.register(Text)
class TextAdmin(StoreAdmin):
    list_display = ("written", "who", "kind", "what_became", "reason", "rooftop")
    list_filter = ("status", "kind", "direction", "rooftop")
    list_select_related = ("customer", "rooftop")
    search_fields = ("sid", "customer__first_name", "customer__last_name")
    search_help_text = "Customer, telephone number or SID"
    phone_lookup = "number__contains"
    date_hierarchy = "created_at"
    fields = ("written", "who", "kind", "body", "what_became", "reason", "appointment", "rooftop", "sid")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Text | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Text | None = None) -> bool:
        return False

    @admin.display(description="Time", ordering="created_at")
    def written(self, text: Text) -> str:
        return store_time(text.created_at, text.rooftop)

    @admin.display(description="Customer")
    def who(self, text: Text) -> str:
        number = phone.display(text.number)
        return f"{text.customer}, {number}" if text.customer else number

    @display(description="Status", ordering="status", label=COLOURS)  # type: ignore[untyped-decorator]
    def what_became(self, text: Text) -> tuple[str, str]:
        return text.status, text.get_status_display()
