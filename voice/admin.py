"""Calls in the staff site: to find and filter; they are read on their own page."""

from django.contrib import admin
from django.db.models import Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import display

from crm import phone
from crm.store_admin import StoreAdmin, store_time
from voice.models import Call, Usage
from voice.review_admin import DefectAdmin, FailedCheckAdmin
from voice.templatetags.call_pages import VARIANTS, call_length, clock

__all__ = ["CallAdmin", "DefectAdmin", "FailedCheckAdmin"]


class UsageInline(TabularInline):  # type: ignore[misc]
    """What each request to a language model cost; whoever may view the call may view this."""

    model = Usage
    fields = ("at", "model", "prompt_tokens", "completion_tokens", "characters", "error")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        return request.user.has_perm("voice.view_call")

    def has_add_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        return False

    @admin.display(description="At")
    def at(self, usage: Usage) -> str:
        return clock(usage.at_ms)


@admin.register(Call)
class CallAdmin(StoreAdmin):
    """Nobody writes a call but the call itself."""

    list_display = ("began", "caller", "result", "duration", "carrier", "rooftop", "transcript")
    list_filter = ("outcome", "carrier", "rooftop")
    list_select_related = ("customer", "rooftop")
    search_fields = ("sid", "customer__first_name", "customer__last_name")
    search_help_text = "Customer, telephone number or SID"
    phone_lookup = "caller_number__contains"
    date_hierarchy = "started_at"
    fields = (
        "transcript",
        "began",
        "caller",
        "called_number",
        "outcome",
        "duration",
        "carrier",
        "carrier_status",
        "carrier_seconds",
        "carrier_error",
        "answered_by",
        "rooftop",
        "sid",
        "model_tokens",
        "characters_synthesized",
        "seconds_transcribed",
    )
    readonly_fields = fields
    inlines = (UsageInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        return False

    @admin.display(description="Time", ordering="started_at")
    def began(self, call: Call) -> str:
        return store_time(call.started_at, call.rooftop)

    @admin.display(description="Caller")
    def caller(self, call: Call) -> str:
        number = phone.display(call.caller_number) if call.caller_number else "withheld"
        return f"{call.customer}, {number}" if call.customer else number

    @display(description="Outcome", ordering="outcome", label=VARIANTS)  # type: ignore[untyped-decorator]
    def result(self, call: Call) -> tuple[str, str]:
        return call.outcome, call.get_outcome_display()

    @admin.display(description="Duration")
    def duration(self, call: Call) -> str:
        return call_length(call.duration) or "in progress"

    @admin.display(description="Model tokens")
    def model_tokens(self, call: Call) -> str:
        """Of all requests that told theirs."""
        told = call.usages.aggregate(prompt=Sum("prompt_tokens"), completion=Sum("completion_tokens"))
        return f"{told['prompt'] or 0:,} in, {told['completion'] or 0:,} out"

    @admin.display(description="Transcript")
    def transcript(self, call: Call) -> SafeString:
        return format_html('<a href="{}">Read</a>', reverse("call", args=[call.pk]))
