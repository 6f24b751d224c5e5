"""Who could not prove who they are, and what models were kept from saying: read-only, for staff who ask why."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm import phone
from crm.store_admin import ReadOnlyAdmin, lines, store_time
from voice.models import Call, Defect, FailedCheck
from voice.templatetags.call_pages import clock


@admin.register(FailedCheck)
class FailedCheckAdmin(ReadOnlyAdmin):
    """Three in an hour, from a number or about a customer, and the desk asks no more."""

    rooftop_path = "call__rooftop"
    list_display = ("when", "number", "meant", "of_call")
    sortable_by = ()
    ordering = ("-at", "-pk")
    search_fields = ("customers__first_name", "customers__last_name")
    search_help_text = "Customer or telephone number"
    phone_lookup = "caller_number__contains"
    fields = ("when", "number", "meant", "of_call")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[FailedCheck]:
        rows: QuerySet[FailedCheck] = super().get_queryset(request)
        return rows.select_related("call__rooftop").prefetch_related("customers")

    @admin.display(description="Time")
    def when(self, check: FailedCheck) -> str:
        return store_time(check.at, check.call.rooftop)

    @admin.display(description="Number")
    def number(self, check: FailedCheck) -> str:
        return phone.display(check.caller_number) if check.caller_number else "withheld"

    @admin.display(description="May have been meant")
    def meant(self, check: FailedCheck) -> str:
        return lines(check.customers.all())

    @admin.display(description="Call")
    def of_call(self, check: FailedCheck) -> SafeString:
        return link_to(check.call)


@admin.register(Defect)
class DefectAdmin(ReadOnlyAdmin):
    """What was untrue, and what callers heard in its place."""

    rooftop_path = "call__rooftop"
    list_display = ("of_call", "kind", "said", "truth")
    list_display_links = ("kind",)
    list_filter = ("kind",)
    list_select_related = ("call__rooftop",)
    sortable_by = ()
    ordering = ("-call__started_at", "at_ms")
    fields = ("of_call", "moment", "kind", "said", "truth")
    readonly_fields = fields

    @admin.display(description="Call")
    def of_call(self, defect: Defect) -> SafeString:
        return link_to(defect.call)

    @admin.display(description="At")
    def moment(self, defect: Defect) -> str:
        return clock(defect.at_ms)


def link_to(call: Call) -> SafeString:
    began = store_time(call.started_at, call.rooftop)
    return format_html('<a href="{}">{}</a>', reverse("call", args=[call.pk]), began)
