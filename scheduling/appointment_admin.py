"""Appointments in the staff site. Every change goes through scheduling/booking.py."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action, display

from crm.admin import lines
from crm.models import Rooftop
from crm.rights import rooftops_of
from crm.sheets import SheetAdmin
from crm.store_admin import StoreAdmin, store_time
from scheduling import booking, calendar_admin, history
from scheduling.appointment_filters import (
    AdvisorFilter,
    CallFilter,
    DayFilter,
    NeedsFilter,
    SkillFilter,
    SpanFilter,
)
from scheduling.appointment_sheets import AppointmentSheet
from scheduling.forms import CancelForm, MoveForm
from scheduling.models import Allocation, Appointment, CalendarConnection, OpCode
from scheduling.refusals import Refusal
from scheduling.visit_actions import VisitActions, page_of, refused

BEYOND = ("Beyond what the lane can keep", {"fields": ("overbook_reason",)})
ALTERNATIVES = 3
SEARCHED = timedelta(days=6)
TOLD_AT_ONCE = 200


@admin.register(Appointment)
class AppointmentAdmin(VisitActions, SheetAdmin, StoreAdmin):
    """Look up, move and cancel visits; what booking refuses becomes an error of the form."""

    resource_classes = (AppointmentSheet,)
    list_display = (
        "arrival_time",
        "customer",
        "vehicle",
        "services",
        "work",
        "state",
        "source",
        "menu_of_row",
    )
    list_filter = (
        *(DayFilter, SpanFilter, NeedsFilter, "status", AdvisorFilter),
        *("transport", SkillFilter, CallFilter, "rooftop"),
    )
    sortable_by = ("arrival_time", "state")  # what an index can sort
    search_fields = (
        "confirmation_number__startswith",
        "customer__first_name",
        "customer__last_name",
        "vehicle__plate",
        "vehicle__vin",
    )
    search_help_text = "Confirmation number, customer, telephone number, plate or VIN"
    phone_lookup = "customer__phones__number__contains"
    actions = (*VisitActions.actions, "tell_calendars_again")
    change_form_before_template = "scheduling/visit_head.html"
    actions_detail = ("cancel_appointment", "tell_calendar_again")
    readonly_fields = (
        "customer",
        "vehicle",
        "services",
        "work",
        "ready_at",
        "status",
        "source",
        "confirmation_number",
        "concern",
        "cancel_reason",
        "stands_in_calendar",
        "advisor",
        "transport",
        "history",
    )

    class Media:
        css = {"all": ["scheduling/visits.css"]}

    move_fieldsets = (
        ("When", {"fields": ("arrival", "ready_at", "work", "seen_version")}),
        ("What", {"fields": ("customer", "vehicle", "services", "concern", "transport", "advisor")}),
        (
            "Record",
            {
                "fields": (
                    *("confirmation_number", "status", "cancel_reason"),
                    *("source", "stands_in_calendar", "history"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appointment]:
        rows: QuerySet[Appointment] = super().get_queryset(request)
        rows = calendar_admin.with_badges(rows)
        return rows.select_related("rooftop", "customer", "vehicle").prefetch_related(
            "lines__op_code",
            Prefetch(
                "allocations",
                Allocation.objects.filter(kind=Allocation.Kind.WORK).select_related(
                    "technician", "bay", "advisor", "loaner"
                ),
            ),
        )

    def get_list_display(self, request: HttpRequest) -> Sequence[str]:
        """How visits stand with their calendar is shown once there is one."""
        theirs = CalendarConnection.objects.filter(rooftop__in=rooftops_of(request.user))
        return (*self.list_display, "calendar") if theirs.exists() else self.list_display

    # --- who may ---------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Appointment | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.is_active)

    def has_cancel_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        if request.method == "POST":  # of a visit that ended meanwhile: they are told by whom
            return self.has_step_permission(request)
        appointment = self.get_object(request, object_id) if object_id else None
        return self.has_change_permission(request, appointment)

    def has_tell_calendar_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Where the store has a calendar."""
        appointment = self.get_object(request, object_id) if object_id else None
        return (
            appointment is not None
            and calendar_admin.has_calendar(appointment)
            and self.has_change_permission(request, appointment)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Appointment | None = None) -> bool:
        return False  # cancelling keeps the record and frees the bay

    # --- booking and moving ----------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Appointment | None = None) -> Any:
        beyond = (BEYOND,) if request.user.has_perm("scheduling.overbook") else ()
        if self.has_change_permission(request, obj):
            return (self.move_fieldsets[0], *beyond, *self.move_fieldsets[1:])
        when = ("arrival_time", "ready_at", "work", "overbook_reason")
        return (("When", {"fields": when}), *self.move_fieldsets[1:])

    def get_readonly_fields(self, request: HttpRequest, obj: Appointment | None = None) -> Sequence[str]:
        if self.has_change_permission(request, obj):
            return (*self.readonly_fields, "arrival_time")
        return (*self.readonly_fields, "arrival_time", "overbook_reason")

    def get_form(
        self, request: HttpRequest, obj: Appointment | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        refused = getattr(request, "refused", {})
        may_overbook = request.user.has_perm("scheduling.overbook")
        kwargs["form"] = type(MoveForm.__name__, (MoveForm,), {**refused, "may_overbook": may_overbook})
        return super().get_form(request, obj, change, **kwargs)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Visits are booked on a page of their own."""
        return HttpResponseRedirect(reverse("book"))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if object_id and (ended := self._ended_meanwhile(request, object_id)):
            return ended
        extra_context = {
            **(extra_context or {}),
            "show_save_and_add_another": False,
            "may_step": self.has_step_permission(request),
        }
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refusal:
            # The transaction is rolled back: show the same form again, now with request.refused.
            extra_context["overtaken"] = getattr(request, "overtaken", None)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def _ended_meanwhile(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        """Somebody cancelled the visit while a person was moving it: say who and when, and what was typed."""
        seen, typed = request.POST.get("seen_version", ""), request.POST.get("arrival", "")
        visit = self.get_object(request, object_id) if seen else None
        if visit is None or visit.is_active or seen == str(visit.version):
            return None
        said = history.last_change(visit, now=timezone.now())
        self.message_user(request, f"{said} Not saved: arrives {typed.replace('T', ' ')}.", messages.ERROR)
        return HttpResponseRedirect(page_of(visit))

    def save_model(self, request: HttpRequest, obj: Appointment, form: Any, change: bool) -> None:
        """Move through booking.py, the only writer. A Refusal goes to changeform_view."""
        wanted, now = form.cleaned_data, timezone.now()
        try:
            self._move(request, obj, wanted, now)
        except Refusal as refusal:
            if refusal.code == "stale_version":
                seen = wanted["seen_version"]
                request.overtaken = history.overtaken(obj, seen, now=now)  # type: ignore[attr-defined]
                request.refused = {"refusal": refusal}  # type: ignore[attr-defined]
                raise
            op_codes = [line.op_code for line in obj.lines.all()]
            near = nearest_openings(obj.rooftop, op_codes, wanted["arrival"], now)
            request.refused = {"refusal": refusal, "alternatives": near}  # type: ignore[attr-defined]
            raise
        obj.refresh_from_db()

    def _move(
        self, request: HttpRequest, appointment: Appointment, wanted: dict[str, Any], now: datetime
    ) -> Appointment:
        return booking.reschedule(
            appointment,
            wanted["arrival"],
            actor=request.user.get_username(),
            now=now,
            version=wanted["seen_version"],
            overbook_reason=wanted["overbook_reason"],
            by=request.user,
        )

    @action(  # type: ignore[untyped-decorator]
        description="Cancel appointment",
        url_path="cancel",
        icon="event_busy",
        permissions=["cancel"],
    )
    def cancel_appointment(self, request: HttpRequest, object_id: str) -> HttpResponse:
        appointment = self.get_object(request, object_id)
        if appointment is None:
            raise Http404
        if not appointment.is_active:
            said = history.last_change(appointment, now=timezone.now())
            self.message_user(request, said, messages.ERROR)
            return HttpResponseRedirect(page_of(appointment))
        form = CancelForm(request.POST or None, initial={"seen_version": appointment.version})
        overtaken = None
        if form.is_valid():
            try:
                self._cancel(request, appointment, form)
                return HttpResponseRedirect(page_of(appointment))
            except Refusal as refusal:
                overtaken = refused(form, appointment, refusal)
        context = {
            **self.admin_site.each_context(request),
            "title": "Cancel appointment",
            "opts": self.opts,
            "appointment": appointment,
            "form": form,
            "overtaken": overtaken,
        }
        return TemplateResponse(request, "scheduling/cancel_appointment.html", context)

    @action(  # type: ignore[untyped-decorator]
        description="Tell the calendar again", url_path="calendar", icon="sync", permissions=["tell_calendar"]
    )
    def tell_calendar_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A page that says how it stands, and the answer to it."""
        appointment = self.get_object(request, object_id)
        if appointment is None:
            raise Http404
        if request.method == "POST":
            calendar_admin.tell_again(request, [appointment])
            return HttpResponseRedirect(reverse("admin:scheduling_appointment_change", args=[appointment.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": "Tell the calendar again",
            "opts": self.opts,
            "appointment": appointment,
            "stands": calendar_admin.badge(appointment)[1],
        }
        return TemplateResponse(request, "scheduling/tell_calendar.html", context)

    @action(description="Tell the calendar again", permissions=["change"])  # type: ignore[untyped-decorator]
    def tell_calendars_again(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> None:
        if queryset.count() > TOLD_AT_ONCE:
            sentence = f"Choose {TOLD_AT_ONCE} appointments at most: each of them is written anew."
            self.message_user(request, sentence, "ERROR")
            return
        calendar_admin.tell_again(request, queryset)

    def _cancel(self, request: HttpRequest, appointment: Appointment, form: CancelForm) -> None:
        booking.cancel(
            appointment,
            reason=form.cleaned_data["reason"],
            actor=request.user.get_username(),
            now=timezone.now(),
            version=form.cleaned_data["seen_version"],
        )
        self.log_change(request, appointment, "Cancelled.")
        self.message_user(request, f"Appointment {appointment.confirmation_number} is cancelled.")

    # --- what is shown ---------------------------------------------------------------------

    @admin.display(description="Arrives", ordering="arrives_at")
    def arrival_time(self, appointment: Appointment) -> str:
        return store_time(appointment.arrives_at, appointment.rooftop)

    @admin.display(description="Services")
    def services(self, appointment: Appointment) -> str:
        return lines(line.op_code for line in appointment.lines.all())

    @admin.display(description="Technician, bay")
    def work(self, appointment: Appointment) -> str:
        return lines(appointment.allocations.all())

    @display(  # type: ignore[untyped-decorator]
        description="Status",
        ordering="status",
        label={
            Appointment.Status.BOOKED: "info",
            Appointment.Status.CONFIRMED: "info",
            Appointment.Status.CHECKED_IN: "primary",
            Appointment.Status.COMPLETED: "success",
            Appointment.Status.CANCELLED: "",
            Appointment.Status.NO_SHOW: "danger",
        },
    )
    def state(self, appointment: Appointment) -> tuple[str, str]:
        return appointment.status, appointment.get_status_display()

    @display(  # type: ignore[untyped-decorator]
        description="Calendar", label={"told": "success", "waiting": "info", "failed": "danger", "none": ""}
    )
    def calendar(self, appointment: Appointment) -> tuple[str, str]:
        return calendar_admin.badge(appointment)

    @admin.display(description="Calendar")
    def stands_in_calendar(self, appointment: Appointment) -> str:
        return calendar_admin.badge(appointment)[1]

    @admin.display(description="History")
    def history(self, appointment: Appointment) -> str:
        newest_first = history.entries(appointment)[::-1]
        return render_to_string("scheduling/_history.html", {"visit": appointment, "entries": newest_first})


def nearest_openings(
    rooftop: Rooftop, op_codes: Sequence[OpCode], arrives_at: datetime, now: datetime
) -> tuple[str, ...]:
    """The openings closest to a time that could not be had, in order, as staff read them."""
    day = arrives_at.astimezone(rooftop.zone).date()
    slots = booking.openings(rooftop, op_codes, day, day + SEARCHED, now=now)
    nearest = sorted(slots, key=lambda slot: abs(slot.arrives_at - arrives_at))[:ALTERNATIVES]
    return tuple(store_time(moment, rooftop) for moment in sorted(slot.arrives_at for slot in nearest))
