"""Connected calendars in the staff site, and how each visit stands with its calendar."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action, display

from crm.store_admin import StoreAdmin, store_time
from scheduling import consent, sync
from scheduling.models import Appointment, CalendarConnection, CalendarLink, CalendarOutbox

REASONS = {
    "invalid_grant": "the owner's consent has ended",
    "no_access": "Google refuses access to it",
    "no_key": "FIELD_ENCRYPTION_KEY does not open its grant",
    "no_service_account": "the service account's file cannot be read",
    "not_found": "there is no such calendar",
    "quota": "Google asks for patience",
    "timeout": "Google does not answer",
    "busy": "another change is in the way",
    "overtaken": "somebody keeps changing it there",
    "http_400": "Google does not take it",
}


def reason(code: str) -> str:
    return REASONS.get(code, f"Google fails ({code})")


def with_badges(visits: QuerySet[Appointment]) -> QuerySet[Appointment]:
    """With what badge() reads, in one query for all."""
    untold = CalendarOutbox.objects.select_related("connection")
    return visits.select_related("calendar_link").prefetch_related(Prefetch("calendar_outbox", untold))


def badge(visit: Appointment) -> tuple[str, str]:
    """How a visit stands with its calendar: a code, and the words with the reason."""
    rows = list(visit.calendar_outbox.all())
    if not rows:
        link: CalendarLink | None = getattr(visit, "calendar_link", None)
        return ("none", "in no calendar") if link is None or link.is_gone else ("told", "in step")
    row = rows[0]
    if row.connection.state == CalendarConnection.State.DISCONNECTED:
        return "failed", f"waits: {reason(row.connection.trouble)}; connect the calendar again"
    if row.parked_at:
        return "failed", f"failed: {reason(row.trouble)}"
    return "waiting", f"waits: {reason(row.trouble)}" if row.trouble else "on its way"


@admin.register(CalendarConnection)
class CalendarConnectionAdmin(StoreAdmin):
    """Which calendars are in step. Google's consent is asked for on the calendar's own page."""

    list_display = ("__str__", "status", "why", "read_at", "untold", "rooftop")
    list_filter = ("rooftop", "state")
    list_select_related = ("rooftop", "technician")
    fields = ("rooftop", "technician", "calendar_id", "state", "why", "read_at", "audited", "untold")
    readonly_fields = ("state", "why", "read_at", "audited", "untold")
    actions_detail = ("connect_with_google",)

    def get_readonly_fields(self, request: HttpRequest, obj: CalendarConnection | None = None) -> Any:
        # Another calendar is another connection: the events of the first would be looked for in it.
        fixed = ("rooftop", "technician", "calendar_id") if obj else ()
        return (*self.readonly_fields, *fixed)

    def save_model(self, request: HttpRequest, obj: CalendarConnection, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        # Nothing is asked before somebody agreed, unless the service account needs nobody's consent.
        obj.state, obj.trouble = CalendarConnection.State.DISCONNECTED, "not_connected"
        super().save_model(request, obj, form, change)
        if consent.has_service_account():
            consent.connect(obj, "", timezone.now())

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        """What a calendar was not told yet goes with it; a row of that alone nobody deletes."""
        rows, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return rows, counts, lacking - {str(CalendarOutbox._meta.verbose_name)}, protected

    def _connection(self, request: HttpRequest, object_id: str) -> CalendarConnection:
        connection: CalendarConnection | None = self.get_object(request, object_id)
        if connection is None:
            raise Http404
        return connection

    @action(  # type: ignore[untyped-decorator]
        description="Connect with Google", url_path="connect", icon="link", permissions=["change"]
    )
    def connect_with_google(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection = self._connection(request, object_id)
        if missing := consent.what_is_missing():
            messages.error(request, f"{missing} must be set on the server first.")
            return self._back(connection)
        return HttpResponseRedirect(consent.ask(request.session, connection))

    def _back(self, connection: CalendarConnection) -> HttpResponse:
        return HttpResponseRedirect(
            reverse("admin:scheduling_calendarconnection_change", args=[connection.pk])
        )

    @display(  # type: ignore[untyped-decorator]
        description="State",
        label={
            CalendarConnection.State.CONNECTED: "success",
            CalendarConnection.State.DISCONNECTED: "danger",
        },
    )
    def status(self, connection: CalendarConnection) -> tuple[str, str]:
        return connection.state, connection.get_state_display()

    @admin.display(description="Trouble")
    def why(self, connection: CalendarConnection) -> str:
        if connection.trouble == "not_connected":
            return "Choose “Connect with Google”."
        return reason(connection.trouble).capitalize() if connection.trouble else "none"

    @admin.display(description="Read")
    def read_at(self, connection: CalendarConnection) -> str:
        return store_time(connection.pulled_at, connection.rooftop) if connection.pulled_at else "never"

    @admin.display(description="Compared by night")
    def audited(self, connection: CalendarConnection) -> str:
        return store_time(connection.audited_at, connection.rooftop) if connection.audited_at else "not yet"

    @admin.display(description="Changes not told")
    def untold(self, connection: CalendarConnection) -> int:
        return connection.outbox.count()


def has_calendar(visit: Appointment) -> bool:
    connections = CalendarConnection.objects.filter(rooftop=visit.rooftop_id, technician__isnull=True)
    return connections.exists()


def tell_again(request: HttpRequest, visits: Iterable[Appointment]) -> None:
    """Staff want the calendar to be told now."""
    told = [sync.tell_again(visit, timezone.now()) for visit in visits]
    if not any(told):
        messages.warning(request, "This store has no calendar.")
        return
    of_how_many = f" of {sum(told)} appointments" if len(told) > 1 else ""
    messages.success(request, f"The calendar is told again{of_how_many}.")
