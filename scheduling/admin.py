"""The store's menu, hours, bays and technicians in the staff site; appointments have a module."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from crm.admin import lines
from crm.store_admin import StoreAdmin, StoreInline, store_time
from scheduling.appointment_admin import AppointmentAdmin
from scheduling.forms import OpCodeForm, TechnicianForm
from scheduling.models import Bay, Closure, OpCode, OpeningHours, Shift, Skill, Technician

__all__ = ["AppointmentAdmin"]


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
        "is_bookable_by_phone",
        "rooftop",
    )

    @admin.display(description="Price", ordering="price_min")
    def price(self, item: OpCode) -> str:
        return f"${item.price_min}–{item.price_max}"


@admin.register(OpeningHours)
class OpeningHoursAdmin(StoreAdmin):
    list_display = ("weekday", "opens", "first_arrival", "last_arrival", "closes", "rooftop")
    list_filter = ("rooftop",)
    list_select_related = ("rooftop",)
    ordering = ("rooftop", "weekday", "opens")
    fields = ("weekday", ("opens", "closes"), ("first_arrival", "last_arrival"), "rooftop")


@admin.register(Closure)
class ClosureAdmin(StoreAdmin):
    list_display = ("reason", "begins", "ends", "rooftop")
    list_filter = ("rooftop",)
    list_select_related = ("rooftop",)
    search_fields = ("reason",)
    fields = ("reason", ("starts_at", "ends_at"), "rooftop")

    @admin.display(description="From", ordering="starts_at")
    def begins(self, closure: Closure) -> str:
        return store_time(closure.starts_at, closure.rooftop)

    @admin.display(description="Until", ordering="ends_at")
    def ends(self, closure: Closure) -> str:
        return store_time(closure.ends_at, closure.rooftop)


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
