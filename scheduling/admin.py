"""The store's menu, hours, bays and technicians in the staff site; appointments have a module."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from crm.admin import lines
from crm.store_admin import StoreAdmin, StoreInline
from scheduling.appointment_admin import AppointmentAdmin
from scheduling.forms import OpCodeForm, TechnicianForm
from scheduling.models import Bay, OpCode, OpeningHours, Shift, Skill, Technician
from scheduling.outbox_admin import CalendarOutboxAdmin
from scheduling.store_admin import BlockAdmin, ClosureAdmin

__all__ = ["AppointmentAdmin", "BlockAdmin", "CalendarOutboxAdmin", "ClosureAdmin"]


@admin.register(OpCode)
class OpCodeAdmin(StoreAdmin):
    form = OpCodeForm
    list_display = ("code", "name", "minutes", "price", "skill", "is_bookable_by_phone", "rooftop")
    list_display_links = ("code", "name")
    list_filter = ("rooftop", "skill", "is_bookable_by_phone")
    list_select_related = ("rooftop",)
    search_fields = ("code", "name", "synonyms")
    fields = (
        ("code", "name"),
        "synonyms",
        ("minutes", "price_min", "price_max"),
        "skill",
        "bay_types",
        ("is_bookable_by_phone", "can_wait", "per_day", "every_miles"),
        "absorbed_by",
        "rooftop",
    )

    @admin.display(description="Price", ordering="price_min")
    def price(self, item: OpCode) -> str:
        return item.price_range


@admin.register(OpeningHours)
class OpeningHoursAdmin(StoreAdmin):
    list_display = ("weekday", "opens", "first_arrival", "last_arrival", "closes", "rooftop")
    list_filter = ("rooftop",)
    list_select_related = ("rooftop",)
    ordering = ("rooftop", "weekday", "opens")
    fields = (
        "weekday",
        ("opens", "closes"),
        ("first_arrival", "last_arrival"),
        ("valid_from", "valid_to"),
        "rooftop",
    )


@admin.register(Bay)
class BayAdmin(StoreAdmin):
    list_display = ("name", "bay_type", "rooftop")
    list_filter = ("rooftop", "bay_type")
    list_select_related = ("rooftop",)
    search_fields = ("name",)
    fields = ("name", "bay_type", "rooftop")


class ShiftInline(StoreInline):
    model = Shift
    fields = ("weekday", "starts", "ends")


@admin.register(Technician)
class TechnicianAdmin(StoreAdmin):
    form = TechnicianForm
    list_display = ("name", "skill_list", "proficiency", "hours", "rooftop")
    list_filter = ("rooftop",)
    search_fields = ("name",)
    fields = ("name", "skills", "proficiency", "rooftop")
    inlines = (ShiftInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Technician]:
        rows: QuerySet[Technician] = super().get_queryset(request)
        return rows.select_related("rooftop").prefetch_related("shifts")

    @admin.display(description="Skills")
    def skill_list(self, person: Technician) -> str:
        return ", ".join(str(Skill(skill).label) for skill in person.skills)

    @admin.display(description="Shifts")
    def hours(self, person: Technician) -> str:
        return lines(person.shifts.all())
