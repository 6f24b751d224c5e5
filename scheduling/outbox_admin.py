"""What calendars have not been told yet, and why: read-only; each visit's page can try again."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.store_admin import ReadOnlyAdmin, store_time
from scheduling.calendar_admin import reason
from scheduling.models import CalendarOutbox


@admin.register(CalendarOutbox)
class CalendarOutboxAdmin(ReadOnlyAdmin):
    rooftop_path = "appointment__rooftop"
    list_display = ("visit", "connection", "why", "attempts", "since", "given_up")
    list_display_links = None
    list_select_related = ("appointment__rooftop", "connection__rooftop", "connection__technician")
    sortable_by = ()
    fields = ("visit", "connection", "why", "attempts", "since", "given_up")
    readonly_fields = fields

    @admin.display(description="Appointment")
    def visit(self, row: CalendarOutbox) -> SafeString:
        address = reverse("admin:scheduling_appointment_change", args=[row.appointment_id])
        return format_html('<a href="{}">{}</a>', address, row.appointment)

    @admin.display(description="Why")
    def why(self, row: CalendarOutbox) -> str:
        return reason(row.trouble) if row.trouble else "on its way"

    @admin.display(description="Since")
    def since(self, row: CalendarOutbox) -> str:
        return store_time(row.created_at, row.appointment.rooftop)

    @admin.display(description="Given up", boolean=True)
    def given_up(self, row: CalendarOutbox) -> bool:
        return row.parked_at is not None
