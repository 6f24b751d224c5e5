"""Reminders in the staff site: to see what was told, what was not, and why; and to ask for one now."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.decorators import display

from crm import phone
from crm.rights import rows_of
from crm.store_admin import store_time
from reminders import manual
from reminders.models import Reminder
from reminders.text_admin import OutboundAdmin, TextAdmin
from scheduling.models import Appointment

__all__ = ["ReminderAdmin", "TextAdmin"]

State = Reminder.State
VARIANTS = {
    State.ANSWERED: "success",
    State.WRITTEN: "success",
    State.VOICEMAIL: "info",
    State.PLACED: "primary",
    State.DIALING: "primary",
    State.SKIPPED: "warning",
    State.NO_ANSWER: "warning",
    State.BUSY: "warning",
    State.UNKNOWN: "danger",
    State.FAILED: "danger",
    State.OPTED_OUT: "danger",
}


@admin.register(Reminder)
class ReminderAdmin(OutboundAdmin):
    """Nobody writes a reminder but the sweep and the carrier."""

    rooftop_path = "appointment__rooftop"
    list_display = ("due", "customer", "kind", "result", "reason", "arrives", "rooftop")
    list_filter = ("state", "kind", "appointment__rooftop")
    list_select_related = ("appointment__rooftop", "appointment__customer")
    sortable_by = ()
    ordering = ("-due_at", "-pk")
    search_fields = (
        "appointment__confirmation_number__startswith",
        "appointment__customer__first_name",
        "appointment__customer__last_name",
    )
    search_help_text = "Confirmation number, customer or telephone number"
    phone_lookup = "number__contains"
    fields = (
        *("customer", "kind", "state", "reason", "due", "arrives", "dialled", "rung_number"),
        *("attempt", "version", "sid", "call", "text"),
    )
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        now = self.admin_site.admin_view(self.remind_now)
        own = path("now/<int:appointment_id>/", now, name="reminders_reminder_now")
        return [own, *super().get_urls()]

    def remind_now(self, request: HttpRequest, appointment_id: int) -> HttpResponse:
        """A page that asks, and the answer to it."""
        rows = rows_of(request.user, Appointment.objects.select_related("rooftop", "customer", "vehicle"))
        appointment = rows.filter(pk=appointment_id).first()
        if appointment is None:
            raise Http404
        if not request.user.has_perm("scheduling.change_appointment"):
            raise PermissionDenied
        if request.method == "POST":
            return self._ask(request, appointment)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Remind now",
            "opts": self.opts,
            "appointment": appointment,
        }
        return TemplateResponse(request, "reminders/remind_now.html", context)

    def _ask(self, request: HttpRequest, appointment: Appointment) -> HttpResponse:
        now = timezone.now()
        try:
            rings_at = manual.remind_now(appointment, now=now)
        except manual.NotNow as refused:
            self.message_user(request, str(refused), "WARNING")
        else:
            self.message_user(request, _when_it_rings(appointment, rings_at, now))
        return HttpResponseRedirect(reverse("admin:scheduling_appointment_change", args=[appointment.pk]))

    # --- what is shown ---------------------------------------------------------------------

    @admin.display(description="Due")
    def due(self, reminder: Reminder) -> str:
        return store_time(reminder.due_at, reminder.appointment.rooftop)

    @admin.display(description="Appointment")
    def arrives(self, reminder: Reminder) -> str:
        moment = reminder.arrives_at or reminder.appointment.arrives_at
        return store_time(moment, reminder.appointment.rooftop)

    @admin.display(description="Dialled", empty_value="–")
    def dialled(self, reminder: Reminder) -> str | None:
        return store_time(reminder.dialed_at, reminder.appointment.rooftop) if reminder.dialed_at else None

    @admin.display(description="Number", empty_value="–")
    def rung_number(self, reminder: Reminder) -> str | None:
        return phone.display(reminder.number) if reminder.number else None

    @admin.display(description="Customer")
    def customer(self, reminder: Reminder) -> str:
        return str(reminder.appointment.customer)

    @admin.display(description="Rooftop")
    def rooftop(self, reminder: Reminder) -> str:
        return str(reminder.appointment.rooftop)

    @display(description="State", label=VARIANTS)  # type: ignore[untyped-decorator]
    def result(self, reminder: Reminder) -> tuple[str, str]:
        return reminder.state, reminder.get_state_display()


def _when_it_rings(appointment: Appointment, rings_at: datetime, now: datetime) -> str:
    if rings_at <= now:
        return f"{appointment.customer} is rung within a minute."
    when = store_time(rings_at, appointment.rooftop)
    return f"It is too early or too late in the day. {appointment.customer} is rung on {when}."
