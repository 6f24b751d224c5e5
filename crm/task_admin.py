"""What staff have to do, by when, and whose it is: the list as tabs, and one button to take or end a task."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from crm import phone
from crm.form_fields import PhoneField
from crm.models import FollowUpTask, Rooftop, Staff
from crm.store_admin import StoreAdmin, back, lines, store_time

TABS = [("mine", "Mine"), ("overdue", "Overdue"), ("open", "Open"), ("done", "Done")]
DUE_WITHIN = timedelta(hours=1)  # of a task made by hand, unless its maker says otherwise


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return TABS

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[FollowUpTask]
    ) -> QuerySet[FollowUpTask] | None:
        to_do = queryset.filter(done_at__isnull=True)
        match self.value():
            case "mine":
                return to_do.filter(owner__user=request.user.pk)
            case "overdue":
                return to_do.filter(due_at__lt=timezone.now())
            case "open":
                return to_do
            case "done":
                return queryset.filter(done_at__isnull=False)
        return queryset


class TaskForm(forms.ModelForm):  # type: ignore[type-arg]
    phone_number = PhoneField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        owner, rooftop = cleaned.get("owner"), cleaned.get("rooftop")
        if owner and rooftop and owner.rooftop_id != rooftop.pk:
            self.add_error("owner", f"{owner} works at {owner.rooftop}. Choose somebody of {rooftop}.")
        return cleaned


@admin.register(FollowUpTask)
class FollowUpTaskAdmin(StoreAdmin):
    form = TaskForm
    list_display = ("due", "kind", "summary", "who", "owner", "state", "buttons", "rooftop")
    list_display_links = ("due", "summary")
    list_filter = (StateFilter, "kind", "owner", "rooftop")
    search_fields = ("summary", "customer__first_name", "customer__last_name")
    search_help_text = "Words of the task, customer or telephone number"
    phone_lookup = "phone_number__contains"
    list_select_related = ("customer", "owner", "rooftop")
    list_before_template = "crm/task_tabs.html"
    autocomplete_fields = ("customer",)
    fields = ("kind", "summary", "customer", "phone_number", ("due_at", "done_at"), "owner", "rooftop")
    actions = ("take_tasks", "mark_done")

    class Media:
        css = {"all": ["crm/tasks.css"]}

    def get_urls(self) -> list[URLPattern]:
        button = self.admin_site.admin_view(self.press)
        own = [
            path(f"<int:pk>/{name}/", button, {"name": name}, name=f"crm_followuptask_{name}")
            for name in ("take", "done")
        ]
        return [*own, *super().get_urls()]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        mine = Staff.objects.filter(user=request.user.pk).order_by("pk").first()
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        return {
            "rooftop": mine.rooftop_id if mine else Rooftop.objects.order_by("pk").first(),
            "owner": mine.pk if mine else None,
            "due_at": timezone.now() + DUE_WITHIN,
            **initial,
        }

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        chosen = {"tabs": [("", "All"), *TABS], "chosen_tab": request.GET.get("state", "")}
        response: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **chosen})
        return response

    # --- taking and ending -----------------------------------------------------------------

    def press(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """A button of one row."""
        verb = {"take": self._take, "done": self._end}[name]
        task = self.get_object(request, str(pk))
        if task is None:
            raise Http404
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_change_permission(request, task):
            raise PermissionDenied
        level, sentence = verb(request, task, timezone.now())
        self.message_user(request, sentence, level)
        return back(request, reverse("admin:crm_followuptask_changelist"))

    def _take(self, request: HttpRequest, task: FollowUpTask, now: datetime) -> tuple[int, str]:
        me = Staff.objects.filter(user=request.user.pk, rooftop=task.rooftop_id).first()
        if me is None:
            return messages.ERROR, f"Your log-in belongs to nobody on the staff of {task.rooftop}."
        seen = request.POST.get("owner", "")
        free = FollowUpTask.objects.filter(pk=task.pk, done_at=None)
        was = Q(owner=int(seen)) if seen.isdecimal() and len(seen) < 19 else Q(owner=None)
        if not free.filter(was | Q(owner=me)).update(owner=me):
            return messages.WARNING, "Somebody else took it or ended it meanwhile."
        self.log_change(request, task, f"Taken by {me}.")
        return messages.SUCCESS, f"Yours now: {task.summary}"

    def _end(self, request: HttpRequest, task: FollowUpTask, now: datetime) -> tuple[int, str]:
        if not FollowUpTask.objects.filter(pk=task.pk, done_at=None).update(done_at=now):
            return messages.WARNING, "It was done already."
        self.log_change(request, task, "Done.")
        return messages.SUCCESS, f"Done: {task.summary}"

    @admin.action(description="Take", permissions=["change"])
    def take_tasks(self, request: HttpRequest, tasks: QuerySet[FollowUpTask]) -> None:
        mine = {one.rooftop_id: one for one in Staff.objects.filter(user=request.user.pk)}
        count = sum(
            tasks.filter(done_at__isnull=True, rooftop=rooftop).update(owner=me)
            for rooftop, me in mine.items()
        )
        self.message_user(request, f"{count} task{'' if count == 1 else 's'} yours now.")

    @admin.action(description="Mark as done", permissions=["change"])
    def mark_done(self, request: HttpRequest, tasks: QuerySet[FollowUpTask]) -> None:
        count = tasks.filter(done_at__isnull=True).update(done_at=timezone.now())
        self.message_user(request, f"{count} task{'' if count == 1 else 's'} done.")

    # --- what is shown ---------------------------------------------------------------------

    @admin.display(description="Due", ordering="due_at")
    def due(self, task: FollowUpTask) -> str:
        return store_time(task.due_at, task.rooftop)

    @admin.display(description="Customer")
    def who(self, task: FollowUpTask) -> str:
        number = phone.display(task.phone_number) if task.phone_number else ""
        return lines(part for part in (task.customer, number) if part)

    @display(description="State", label={"Open": "info", "Overdue": "danger", "Done": "success"})  # type: ignore[untyped-decorator]
    def state(self, task: FollowUpTask) -> str:
        if task.done_at:
            return "Done"
        return "Overdue" if task.is_overdue(timezone.now()) else "Open"

    @admin.display(description="Do")
    def buttons(self, task: FollowUpTask) -> SafeString | str:
        """They belong to the list's own form, which carries the token; each has an address of its own."""
        if task.done_at:
            return "—"
        return format_html_join(
            " ",
            '<button type="submit" class="task-button" formnovalidate formaction="{}" name="owner" value="{}" '
            'aria-label="{}: {}">{}</button>',
            (
                (address, task.owner_id or "", label, task.summary, label)
                for label, address in (("Take", _address(task, "take")), ("Done", _address(task, "done")))
            ),
        )


def _address(task: FollowUpTask, name: str) -> str:
    return reverse(f"admin:crm_followuptask_{name}", args=[task.pk])
