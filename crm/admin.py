"""The store, its people and its customers, in the staff site."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from crm import phone, vin
from crm.customer_sheets import CustomerSheet, VehicleSheet
from crm.fault_admin import SystemFaultAdmin
from crm.form_fields import StateField, VinField
from crm.models import Customer, CustomerMerge, Ownership, Phone, Rooftop, RooftopNumber, Staff, Vehicle
from crm.rights import rooftops_of
from crm.service_admin import ConsentAdmin, DeclinedInline, ReadingInline, RecallInline, RepairOrderAdmin
from crm.sheets import SheetAdmin
from crm.store_admin import StoreAdmin, StoreInline, lines
from crm.task_admin import FollowUpTaskAdmin

__all__ = ["ConsentAdmin", "FollowUpTaskAdmin", "RepairOrderAdmin", "SystemFaultAdmin", "lines"]


# --- customers and vehicles ---------------------------------------------------------------


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]
    """A customer with the telephone numbers as people write them."""

    state = StateField(required=False)
    phone_numbers = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text="One a line, like (212) 555-0143. A household may share one.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["phone_numbers"] = "\n".join(str(number) for number in self.instance.phones.all())

    def clean_phone_numbers(self) -> list[str]:
        numbers = []
        for line in self.cleaned_data["phone_numbers"].splitlines():
            if not line.strip():
                continue
            number = phone.parse(line)
            if number is None:
                raise forms.ValidationError(
                    f"{line.strip()} is not a telephone number. Write it like (212) 555-0143."
                )
            numbers.append(number)
        return numbers


class VehicleInline(StoreInline):
    model = Ownership
    verbose_name = "vehicle"
    verbose_name_plural = "vehicles"
    fields = ("vehicle", "plate", "vin", "since", "until")
    readonly_fields = ("plate", "vin")
    autocomplete_fields = ("vehicle",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ownership]:
        rows: QuerySet[Ownership] = super().get_queryset(request).select_related("vehicle", "customer")
        return rows.order_by("until", "-since")

    @admin.display(description="Plate")
    def plate(self, row: Ownership) -> str:
        return row.vehicle.plate or "—"

    @admin.display(description="VIN")
    def vin(self, row: Ownership) -> str:
        return row.vehicle.vin or "—"


class LanguageFilter(admin.SimpleListFilter):
    """Not Django's own, which reads every customer to learn which languages there are."""

    title = "language"
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("other", "Not English")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Customer]) -> QuerySet[Customer]:
        return queryset.exclude(language="en") if self.value() else queryset


@admin.register(Customer)
class CustomerAdmin(SheetAdmin, StoreAdmin):
    resource_classes = (CustomerSheet,)
    form = CustomerForm
    list_display = ("name", "phone_list", "vehicle_list", "email", "rooftop")
    list_filter = ("rooftop", LanguageFilter)
    search_fields = ("first_name", "last_name", "email", "vehicles__plate", "vehicles__vin")
    search_help_text = "Name, telephone number, plate or VIN"
    phone_lookup = "phones__number__contains"
    fields = (
        ("first_name", "last_name"),
        "phone_numbers",
        "email",
        "date_of_birth",
        "address",
        ("state", "zip_code"),
        ("language", "preferred_advisor"),
        "rooftop",
        "notes",
    )
    inlines = (VehicleInline,)
    actions = ("merge_two",)
    change_form_before_template = "crm/customer_page.html"

    class Media:
        css = {"all": ("crm/customer.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        rows: QuerySet[Customer] = super().get_queryset(request)
        return rows.select_related("rooftop").prefetch_related("phones", "ownerships__vehicle")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        return {"rooftop": rooftops_of(request.user).first(), **initial}

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """An address that was kept from before a merge leads to the customer it was merged into."""
        merges = CustomerMerge.objects.filter(kept__rooftop__in=rooftops_of(request.user))
        gone = int(object_id) if object_id.isdecimal() and len(object_id) < 19 else 0
        if merge := merges.filter(gone_id=gone).select_related("kept").first():
            self.message_user(request, f"These records were merged: this is {merge.kept} now.")
            return HttpResponseRedirect(reverse("admin:crm_customer_change", args=[merge.kept_id]))
        missing: HttpResponse = super()._get_obj_does_not_exist_redirect(request, opts, object_id)
        return missing

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.instance.phones.set(
            Phone.objects.get_or_create(number=number)[0] for number in form.cleaned_data["phone_numbers"]
        )

    @admin.action(description="Merge two records of one customer", permissions=["change"])
    def merge_two(self, request: HttpRequest, chosen: QuerySet[Customer]) -> HttpResponse | None:
        keys = sorted(chosen.values_list("pk", flat=True)[:3])
        if len(keys) != 2:
            self.message_user(request, "Choose two customers to merge.", messages.WARNING)
            return None
        return HttpResponseRedirect(f"{reverse('merge-customers', args=keys[:1])}?with={keys[1]}")

    @admin.display(description="Name", ordering="last_name")
    def name(self, customer: Customer) -> str:
        return str(customer)

    @admin.display(description="Phones")
    def phone_list(self, customer: Customer) -> str:
        return lines(customer.phones.all())

    @admin.display(description="Vehicles")
    def vehicle_list(self, customer: Customer) -> str:
        today = timezone.now().astimezone(customer.rooftop.zone).date()
        return lines(
            f"{owned.vehicle} {owned.vehicle.plate}".strip()
            for owned in customer.ownerships.all()
            if is_current(owned, today)
        )


def is_current(owned: Ownership, today: date) -> bool:
    return owned.until is None or owned.until >= today


class VehicleForm(forms.ModelForm):  # type: ignore[type-arg]
    vin = VinField(required=False, help_text="In any writing; seventeen letters and digits.")


class OwnerInline(StoreInline):
    model = Ownership
    verbose_name = "owner"
    verbose_name_plural = "owners"
    autocomplete_fields = ("customer",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ownership]:
        rows: QuerySet[Ownership] = super().get_queryset(request)
        return rows.select_related("vehicle", "customer")


@admin.register(Vehicle)
class VehicleAdmin(SheetAdmin, StoreAdmin):
    resource_classes = (VehicleSheet,)
    form = VehicleForm
    list_display = ("__str__", "plate", "vin", "owner_list", "rooftop")
    list_filter = ("rooftop",)
    search_fields = ("make", "model", "year", "plate", "vin", "owners__last_name", "owners__first_name")
    search_help_text = "Make, model, plate, VIN or owner"
    fields = (("year", "make", "model", "trim"), ("plate", "vin"), "warranty_ends", "rooftop")
    inlines = (OwnerInline, ReadingInline, DeclinedInline, RecallInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Vehicle]:
        rows: QuerySet[Vehicle] = super().get_queryset(request)
        return rows.select_related("rooftop").prefetch_related("ownerships__customer")

    def save_model(self, request: HttpRequest, vehicle: Vehicle, form: Any, change: bool) -> None:
        super().save_model(request, vehicle, form, change)
        if vehicle.vin and "vin" in form.changed_data and (warning := vin.parse(vehicle.vin).warning):
            self.message_user(request, f"VIN {vehicle.vin}: {warning}", messages.WARNING)

    @admin.display(description="Owners")
    def owner_list(self, vehicle: Vehicle) -> str:
        today = timezone.now().astimezone(vehicle.rooftop.zone).date()
        return lines(owned.customer for owned in vehicle.ownerships.all() if is_current(owned, today))


# --- the store and its people -------------------------------------------------------------


class RooftopNumberInline(StoreInline):
    model = RooftopNumber
    verbose_name = "telephone number"


@admin.register(Rooftop)
class RooftopAdmin(StoreAdmin):
    rooftop_path = "pk"
    list_display = ("name", "number_list", "time_zone", "address")
    search_fields = ("name",)
    fields = (
        "name",
        "address",
        "time_zone",
        "front_desk_number",
        "records_calls",
        ("grid_minutes", "lead_minutes", "horizon_days"),
    )
    inlines = (RooftopNumberInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rooftop]:
        rows: QuerySet[Rooftop] = super().get_queryset(request)
        return rows.prefetch_related("numbers")

    @admin.display(description="Numbers")
    def number_list(self, rooftop: Rooftop) -> str:
        return lines(rooftop.numbers.all())


@admin.register(Staff)
class StaffAdmin(StoreAdmin):
    list_display = ("name", "role", "extension", "rooftop", "user")
    list_filter = ("rooftop", "role")
    list_select_related = ("rooftop", "user")
    search_fields = ("name",)
    fields = ("name", "role", "phone_number", "extension", "aliases", "away_until", "rooftop", "user")

    def get_readonly_fields(self, request: HttpRequest, obj: Staff | None = None) -> tuple[str, ...]:
        """Who may log in, and at which stores, is said by those who give out log-ins."""
        if request.user.has_perm("auth.change_user"):
            return ()
        return ("user", "rooftop") if obj and obj.user_id else ("user",)


# --- log-ins ------------------------------------------------------------------------------

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    filter_horizontal = ()  # its two lists can hardly be read, and not be heard

    # Only who has all rights may give all of them, or change somebody who has.

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        all_rights = () if request.user.is_superuser else ("is_superuser", "user_permissions")
        return (*super().get_readonly_fields(request, obj), *all_rights)


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    return request.user.is_superuser or user is None or not user.is_superuser


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]
    pass
