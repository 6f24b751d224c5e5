"""What failed, in the staff site: read here, written by crm/faults.py."""

from django.contrib import admin
from django.http import HttpRequest

from crm.models import SystemFault
from crm.store_admin import StoreAdmin


@admin.register(SystemFault)
class SystemFaultAdmin(StoreAdmin):
    shows_rows_of_no_rooftop = True  # what fails for everybody
    list_display = ("at", "source", "code", "sentence", "rooftop", "call_sid")
    list_filter = ("source",)
    list_select_related = ("rooftop",)
    fields = ("at", "source", "code", "sentence", "rooftop", "call_sid")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: SystemFault | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SystemFault | None = None) -> bool:
        return False
