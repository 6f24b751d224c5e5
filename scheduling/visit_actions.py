"""What staff do with a visit from a list or from its page: confirm, check in, give to another advisor…

A step is one button, sent with the version that was on the screen. What needs words has a page that asks.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.store_admin import back
from scheduling import history, moving, writing
from scheduling.forms import AdvisorForm, CancelManyForm, NoteForm, SeenForm
from scheduling.models import Appointment
from scheduling.refusals import Refusal
from scheduling.steps import STEPS, Step, cancelling

MOST_AT_ONCE = 50  # visits that one bulk action changes: each waits for the lock of its day


class VisitActions:
    """The part of AppointmentAdmin that changes visits beside the form."""

    actions: tuple[str, ...] = ("confirm_visits", "check_in_visits", "no_show_visits", "cancel_visits")

    def get_urls(self: Any) -> list[URLPattern]:
        views = {
            "menu": ("<int:pk>/menu/", self.menu),
            "step": ("<int:pk>/step/<slug:name>/", self.step),
            "reassign": ("<int:pk>/reassign/", self.reassign),
            "note": ("<int:pk>/note/", self.note),
        }
        own = [
            path(route, self.admin_site.admin_view(view), name=f"scheduling_appointment_{name}")
            for name, (route, view) in views.items()
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    # --- one visit -------------------------------------------------------------------------

    def menu(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        """The buttons of one row, fetched when somebody opens them."""
        visit = self._visit(request, pk, to_change=False)
        context = {"visit": visit, "may_step": self.has_step_permission(request)}
        return TemplateResponse(request, "scheduling/visit_menu.html", context)

    def step(self: Any, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        visit, step = self._visit(request, pk), STEPS.get(name)
        if step is None:
            raise Http404
        seen = request.POST.get("version", "")
        self._take(request, visit, step, int(seen) if seen.isdecimal() and len(seen) < 10 else None)
        return back(request, page_of(visit))

    def reassign(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        visit = self._visit(request, pk)
        form = AdvisorForm(request.POST or None, visit=visit)

        def write() -> str:
            advisor, seen = form.cleaned_data["advisor"], form.cleaned_data["seen_version"]
            moving.reassign(visit, advisor, actor=self._who(request), now=timezone.now(), version=seen)
            return f"{visit.confirmation_number} is {advisor}'s now."

        page: HttpResponse = self._ask(
            request, visit, form, write, title="Give to another advisor", verb="Give"
        )
        return page

    def note(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        visit = self._visit(request, pk)
        form = NoteForm(request.POST or None)

        def write() -> str:
            note = form.cleaned_data["note"]
            writing.annotate(visit, note, actor=self._who(request), now=timezone.now())
            return "The note is kept."

        page: HttpResponse = self._ask(request, visit, form, write, title="Add a note", verb="Keep the note")
        return page

    def _ask(
        self: Any,
        request: HttpRequest,
        visit: Appointment,
        form: Any,
        write: Callable[[], str],
        *,
        title: str,
        verb: str,
    ) -> HttpResponse:
        """A page that asks for what write needs. What booking refuses stands above the form."""
        overtaken = None
        if form.is_valid():
            try:
                self.message_user(request, write(), messages.SUCCESS)
                return HttpResponseRedirect(page_of(visit))
            except Refusal as refusal:
                overtaken = refused(form, visit, refusal)
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "verb": verb,
            "opts": self.opts,
            "appointment": visit,
            "form": form,
            "overtaken": overtaken,
        }
        return TemplateResponse(request, "scheduling/ask.html", context)

    def _visit(self: Any, request: HttpRequest, pk: int, *, to_change: bool = True) -> Appointment:
        visit: Appointment | None = self.get_object(request, str(pk))
        if visit is None:
            raise Http404
        may = self.has_step_permission(request) if to_change else self.has_view_permission(request, visit)
        if not may:
            raise PermissionDenied
        return visit

    def has_step_permission(self: Any, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("scheduling.change_appointment"))

    def _who(self, request: HttpRequest) -> str:
        return request.user.get_username()

    def _take(self: Any, request: HttpRequest, visit: Appointment, step: Step, seen: int | None) -> bool:
        now = timezone.now()
        try:
            step.take(visit, seen, self._who(request), now)
        except Refusal as refusal:
            why = history.why_not(visit, refusal, seen, now=now)
            self.message_user(request, f"{visit.confirmation_number}: {why}", messages.ERROR)
            return False
        self.message_user(
            request, f"{visit.customer} ({visit.confirmation_number}) {step.done}.", messages.SUCCESS
        )
        return True

    # --- several ---------------------------------------------------------------------------

    @admin.action(description="Confirm", permissions=["step"])
    def confirm_visits(self, request: HttpRequest, visits: QuerySet[Appointment]) -> None:
        self._each(request, visits, STEPS["confirm"])

    @admin.action(description="Check in", permissions=["step"])
    def check_in_visits(self, request: HttpRequest, visits: QuerySet[Appointment]) -> None:
        self._each(request, visits, STEPS["check-in"])

    @admin.action(description="Did not come", permissions=["step"])
    def no_show_visits(self, request: HttpRequest, visits: QuerySet[Appointment]) -> None:
        self._each(request, visits, STEPS["no-show"])

    @admin.action(description="Cancel…", permissions=["step"])
    def cancel_visits(self: Any, request: HttpRequest, visits: QuerySet[Appointment]) -> HttpResponse | None:
        """Ask once for the reason, then cancel those that are still as they were on that page."""
        chosen = self._chosen(request, visits)
        form = CancelManyForm(request.POST if "reason" in request.POST else None, visits=chosen)
        if chosen and form.is_valid():
            for visit, seen in form.seen:
                self._take(request, visit, cancelling(form.cleaned_data["reason"]), seen)
            return None
        if not chosen:
            return None
        context = {"title": "Cancel appointments", "opts": self.opts, "visits": chosen, "form": form}
        return TemplateResponse(
            request, "scheduling/cancel_many.html", {**self.admin_site.each_context(request), **context}
        )

    def _each(self: Any, request: HttpRequest, visits: QuerySet[Appointment], step: Step) -> None:
        """One by one, each in its own transaction: what is refused stays as it is, and is named."""
        for visit in self._chosen(request, visits):
            self._take(request, visit, step, visit.version)

    def _chosen(self: Any, request: HttpRequest, visits: QuerySet[Appointment]) -> list[Appointment]:
        """None of them when there are too many, which is told."""
        chosen = list(visits[: MOST_AT_ONCE + 1])
        if len(chosen) <= MOST_AT_ONCE:
            return chosen
        self.message_user(request, f"Choose {MOST_AT_ONCE} visits at most.", messages.ERROR)
        return []

    # --- in the list -----------------------------------------------------------------------

    @admin.display(description="Do")
    def menu_of_row(self, visit: Appointment) -> SafeString:
        return format_html(
            '<details class="visit-menu" hx-get="{}" hx-trigger="toggle once" hx-target="find div">'
            '<summary aria-label="Actions for {}"><span class="material-symbols-outlined" aria-hidden="true">'
            'more_horiz</span></summary><div aria-live="polite">One moment…</div></details>',
            reverse("admin:scheduling_appointment_menu", args=[visit.pk]),
            visit.confirmation_number,
        )


def refused(form: SeenForm, visit: Appointment, refusal: Refusal) -> history.Overtaken | None:
    """Say why on the form; whoever was overtaken sees both versions, and may send it again."""
    now, seen = timezone.now(), form.cleaned_data["seen_version"]
    if refusal.code != "stale_version":
        form.add_error(None, history.why_not(visit, refusal, None, now=now))
        return None
    form.see(visit.version)
    return history.overtaken(visit, seen, now=now)


def page_of(visit: Appointment) -> str:
    return reverse("admin:scheduling_appointment_change", args=[visit.pk])
