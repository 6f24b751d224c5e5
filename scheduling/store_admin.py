"""The store's own time in the staff site: closures, time off and blocked bays, loaners, the waitlist."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from crm.store_admin import StoreAdmin, store_time
from scheduling import closing
from scheduling.models import Allocation, Closure, Loaner, TransportOption, WaitlistEntry
from scheduling.refusals import Refusal
from scheduling.store_forms import BlockForm, ClosureForm

BLOCKS = (Allocation.Kind.TIME_OFF, Allocation.Kind.BLOCK)


class RefusableAdmin(StoreAdmin):
    """Saves through booking.py; what that refuses becomes an error of the form, a SpanForm."""

    def get_form(
        self, request: HttpRequest, obj: Any | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        kwargs["form"] = type(
            self.form.__name__, (self.form,), {"refusal": getattr(request, "refusal", None)}
        )
        return super().get_form(request, obj, change, **kwargs)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refusal as refusal:
            # Rolled back: show the same form again, now with what booking said.
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)


@admin.register(Closure)
class ClosureAdmin(RefusableAdmin):
    """A new closure goes through closing.close_store, so that every visit it touches becomes a task.

    In two steps: the form, then a page that names everybody who has to be rung.
    """

    form = ClosureForm
    list_display = ("reason", "begins", "ends", "rooftop")
    list_filter = ("rooftop",)
    list_select_related = ("rooftop",)
    search_fields = ("reason",)
    fields = ("reason", ("starts_at", "ends_at"), "rooftop")

    class Media:
        css = {"all": ["scheduling/visits.css"]}

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "POST" and self.has_add_permission(request):
            with timezone.override(self._zone(request, None)):
                form = self.get_form(request)(request.POST)
                if form.is_valid() and (page := self._asks(request, form)):
                    return page
        response: HttpResponse = super().add_view(request, form_url, extra_context)
        return response

    def _asks(self, request: HttpRequest, form: Any) -> HttpResponse | None:
        """The page with whom the closure touches; None when exactly those were agreed to."""
        wanted = form.cleaned_data
        visits = list(closing.touched(wanted["rooftop"], wanted["starts_at"], wanted["ends_at"]))
        names = ",".join(str(visit.pk) for visit in visits)
        agreed = request.POST.get("agreed")
        if agreed == names:
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": "Who is affected",
            "opts": self.opts,
            "media": self.media,
            "wanted": wanted,
            "visits": visits,
            "agreed": names,
            "has_changed": agreed is not None,
            "sent": [(name, request.POST[name]) for name in form.fields if name in request.POST],
        }
        return TemplateResponse(request, "scheduling/closure_touches.html", context).render()

    def get_readonly_fields(self, request: HttpRequest, obj: Closure | None = None) -> Any:
        return ("starts_at", "ends_at", "rooftop") if obj else ()  # another time is another closure

    def save_model(self, request: HttpRequest, obj: Closure, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        written, affected = closing.close_store(
            obj.rooftop, obj.starts_at, obj.ends_at, reason=obj.reason, now=timezone.now()
        )
        obj.pk = written.pk
        obj._state.adding = False
        if affected:
            count = f"{len(affected)} appointment{'' if len(affected) == 1 else 's'}"
            self.message_user(request, f"{count} need another time: see the follow-up tasks.")

    @admin.display(description="From", ordering="starts_at")
    def begins(self, closure: Closure) -> str:
        return store_time(closure.starts_at, closure.rooftop)

    @admin.display(description="Until", ordering="ends_at")
    def ends(self, closure: Closure) -> str:
        return store_time(closure.ends_at, closure.rooftop)


@admin.register(Allocation)
class BlockAdmin(RefusableAdmin):
    """Time off and bays out of use, through closing.block. What visits take is shown with the visits."""

    form = BlockForm
    list_display = ("__str__", "begins", "ends", "reason", "rooftop")
    list_filter = ("rooftop", "kind")
    list_select_related = ("rooftop", "technician", "bay", "advisor", "loaner")
    search_fields = ("reason", "technician__name", "bay__name", "advisor__name")
    fields = (("technician", "bay", "advisor"), ("starts_at", "ends_at"), "reason", "rooftop")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Allocation]:
        rows: QuerySet[Allocation] = super().get_queryset(request)
        return rows.filter(kind__in=BLOCKS)

    def has_change_permission(self, request: HttpRequest, obj: Allocation | None = None) -> bool:
        return False  # delete it and block another time

    def save_model(self, request: HttpRequest, obj: Allocation, form: Any, change: bool) -> None:
        written = closing.block(
            obj.rooftop,
            obj.starts_at,
            obj.ends_at,
            reason=obj.reason,
            now=timezone.now(),
            technician=obj.technician,
            bay=obj.bay,
            advisor=obj.advisor,
        )
        obj.pk = written.pk
        obj._state.adding = False

    @admin.display(description="From", ordering="starts_at")
    def begins(self, block: Allocation) -> str:
        return store_time(block.starts_at, block.rooftop)

    @admin.display(description="Until", ordering="ends_at")
    def ends(self, block: Allocation) -> str:
        return store_time(block.ends_at, block.rooftop)


@admin.register(TransportOption)
class TransportOptionAdmin(StoreAdmin):
    list_display = ("kind", "per_half_hour", "per_day", "seats", "rooftop")
    list_filter = ("rooftop",)
    list_select_related = ("rooftop",)
    fields = ("kind", ("per_half_hour", "per_day"), "departures", "seats", "rooftop")


@admin.register(Loaner)
class LoanerAdmin(StoreAdmin):
    list_display = ("name", "rooftop")
    list_filter = ("rooftop",)
    list_select_related = ("rooftop",)
    search_fields = ("name",)
    fields = ("name", "rooftop")


@admin.register(WaitlistEntry)
class WaitlistEntryAdmin(StoreAdmin):
    list_display = ("customer", "vehicle", "first_day", "last_day", "served_at", "rooftop")
    list_filter = ("rooftop",)
    list_select_related = ("customer", "vehicle", "rooftop")
    search_fields = ("customer__first_name", "customer__last_name")
    autocomplete_fields = ("customer", "vehicle", "op_codes")
    fields = ("customer", "vehicle", "op_codes", ("first_day", "last_day"), "served_at", "rooftop")
