"""Texts in the staff site: what was written, and what became of it. Nobody changes them."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import display

from crm import phone
from crm.store_admin import ReadOnlyAdmin, store_time
from reminders.models import Text

COLOURS = {
    "delivered": "success",
    "received": "info",
    "refused": "warning",
    "unknown": "warning",
    "undelivered": "danger",
    "failed": "danger",
}


class OutboundAdmin(ReadOnlyAdmin):
    """A list of what goes out to customers says when nothing does, because a test number is set."""

    list_before_template = "reminders/test_number.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        number = settings.YOUR_TEST_NUMBER
        context = {"test_number": number and phone.display(number), **(extra_context or {})}
        response: HttpResponse = super().changelist_view(request, context)
        return response


@admin.register(Text)
class TextAdmin(OutboundAdmin):
    list_display = ("written", "who", "kind", "what_became", "reason", "rooftop")
    list_filter = ("status", "kind", "direction", "rooftop")
    list_select_related = ("customer", "rooftop")
    search_fields = ("sid", "customer__first_name", "customer__last_name")
    search_help_text = "Customer, telephone number or SID"
    phone_lookup = "number__contains"
    date_hierarchy = "created_at"
    fields = ("written", "who", "kind", "body", "what_became", "reason", "appointment", "rooftop", "sid")
    readonly_fields = fields

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
