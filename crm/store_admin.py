"""What the admin pages of every app share: whose rows, the store's clock, phone search, unfold's look.

unfold carries no types; this module is where its classes become ours.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Any

from django import forms
from django.contrib.admin import AdminSite, FieldListFilter, RelatedFieldListFilter
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminTextareaWidget

from crm.form_fields import CLOCK_SENTENCE, DayField, WallTimeField
from crm.long_lists import ShortPaginator, StoreChangeList, search
from crm.models import Rooftop
from crm.rights import rooftops_of, rows_of
from crm.validation import EMAIL_SENTENCE

PHONE_SEARCH_DIGITS = 4


def store_time(moment: datetime, rooftop: Rooftop) -> str:
    """A moment on the store's clock: Tue, Nov 24, 9:15 AM."""
    return f"{moment.astimezone(rooftop.zone):%a, %b %-d, %-I:%M %p}"


LOOK = {"class": " ".join([*BASE_INPUT_CLASSES, "max-w-2xl"])}

# The browser's own fields for days and times: good under a thumb, and without the admin's warning
# that the server's clock differs, which it always does from a store's.


class WallTimeInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__({**LOOK, "step": 60}, format="%Y-%m-%dT%H:%M")


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(LOOK, format="%Y-%m-%d")


class ClockInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__({**LOOK, "step": 60}, format="%H:%M")


def lines(texts: Iterable[object]) -> SafeString | str:
    """Several short texts one below the other in a cell."""
    return format_html_join("", "<div>{}</div>", ((text,) for text in texts)) or "—"


def back(request: HttpRequest, otherwise: str) -> HttpResponseRedirect:
    """To the page whose button was pressed, with its filters; to another address when it is not known."""
    came_from = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(
        came_from, {request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(came_from if is_ours else otherwise)


class SmallTextarea(UnfoldAdminTextareaWidget):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__({"rows": 3})


OUR_FIELDS: dict[type[Any], dict[str, Any]] = {
    models.DateTimeField: {"form_class": WallTimeField, "widget": WallTimeInput},
    models.DateField: {"form_class": DayField, "widget": DayInput},
    models.TimeField: {"widget": ClockInput, "error_messages": {"invalid": CLOCK_SENTENCE}},
    models.EmailField: {"error_messages": {"invalid": EMAIL_SENTENCE}},
    models.TextField: {"widget": SmallTextarea},
    ArrayField: {"widget": SmallTextarea},
}


def own_rows(site: AdminSite, request: HttpRequest, model: type[models.Model]) -> QuerySet[Any] | None:
    """The rows of a model that this person may see and choose; None where its admin page has no stores."""
    page = site._registry.get(model)
    if not isinstance(page, StoreAdmin):
        return None
    return page.own(request, model._default_manager.all())


def choose_among_own(page: Any, field: Any, request: HttpRequest, asked: dict[str, Any]) -> None:
    """Offer, and accept, nothing of another store."""
    rows = own_rows(page.admin_site, request, field.remote_field.model)
    if rows is not None and "queryset" not in asked:
        asked["queryset"] = rows


class OwnRowsFilter(RelatedFieldListFilter):
    """Above a list: the stores, people and things of one's own stores only."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        ordering = self.field_admin_ordering(field, request, model_admin)
        rows = own_rows(model_admin.admin_site, request, field.remote_field.model)
        limit = {} if rows is None else {"pk__in": rows.order_by().values("pk")}
        return field.get_choices(include_blank=False, ordering=ordering, limit_choices_to=limit)


FieldListFilter.register(lambda field: field.remote_field, OwnRowsFilter, take_priority=True)


class StoreAdmin(ModelAdmin):  # type: ignore[misc]
    """The base of our admin pages: rows of one's own stores, and nobody else's.

    Forms of a row with a rooftop read and show times on that store's clock, whatever the server's.
    """

    rooftop_path = "rooftop"  # from a row to its store; "" when it is everybody's
    shows_rows_of_no_rooftop = False
    warn_unsaved_form = True
    list_per_page = 50
    paginator = ShortPaginator
    show_full_result_count = False
    phone_lookup = ""  # where search finds a telephone number, like "phones__number__contains"
    change_form_before_template = "crm/form_links.html"
    formfield_overrides = OUR_FIELDS

    # --- whose rows ------------------------------------------------------------------------

    def own(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        if not self.rooftop_path:
            return rows
        mine = rows_of(request.user, rows, self.rooftop_path)
        if self.shows_rows_of_no_rooftop and mine is not rows:
            return mine | rows.filter(**{f"{self.rooftop_path}__isnull": True})
        return mine

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.own(request, super().get_queryset(request))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        choose_among_own(self, db_field, request, kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        choose_among_own(self, db_field, request, kwargs)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> Any:
        # Django would go to the start page and say that the row was perhaps deleted.
        raise Http404

    # --- forms and lists -------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        with timezone.override(self._zone(request, object_id)):
            response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
            if isinstance(response, TemplateResponse):
                response.render()  # here and not later, when the clock is the server's again
        return response

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[StoreChangeList]:
        return StoreChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """All words of the term, or a telephone number however it is written."""
        if not search_term.strip():
            return queryset, False
        digits = re.sub(r"\D", "", search_term)
        is_phone = len(digits) >= PHONE_SEARCH_DIGITS and not re.search("[a-z]", search_term, re.IGNORECASE)
        phone = Q(**{self.phone_lookup: digits}) if self.phone_lookup and is_phone else None
        return search(queryset, self.get_search_fields(request), search_term.split(), phone=phone), False

    def _zone(self, request: HttpRequest, object_id: str | None) -> tzinfo:
        """The clock of the store that is chosen in the form, else of the row's, else of one's first."""
        stores = rooftops_of(request.user)
        chosen = request.POST.get("rooftop", "")
        if chosen.isdigit() and (store := stores.filter(pk=chosen).first()):
            return store.zone
        row = self.get_object(request, object_id) if object_id else None
        store = getattr(row, "rooftop", None) or stores.first()
        return store.zone if store else timezone.get_default_timezone()


class ReadOnlyAdmin(StoreAdmin):
    """Rows that the product alone writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return False


class KnownSelect(AutocompleteSelect):
    """Names what is chosen without asking the database once for each row of an inline."""

    chosen: models.Model | None = None

    def optgroups(self, name: str, value: Sequence[Any], attrs: dict[str, Any] | None = None) -> list[Any]:
        if self.chosen is None or [str(key) for key in value] != [str(self.chosen.pk)]:
            return super().optgroups(name, value, attrs)
        option = self.create_option(name, value[0], str(self.chosen), True, 0)
        empty = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        return [(None, [*empty, option], 0)]


class KnownFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for name, field in form.fields.items():
            widget = getattr(field.widget, "widget", None)  # within the one with the link to add another
            if isinstance(widget, KnownSelect) and form.instance.pk:
                widget.chosen = getattr(form.instance, name)


class StoreInline(TabularInline):  # type: ignore[misc]
    """get_queryset() selects what autocomplete_fields refer to."""

    extra = 0
    formset = KnownFormSet
    formfield_overrides = OUR_FIELDS

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The head of the column is no label for a screen reader."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs.setdefault("aria-label", capfirst(field.label or db_field.verbose_name))
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        choose_among_own(self, db_field, request, kwargs)
        if db_field.name in self.autocomplete_fields:
            kwargs["widget"] = KnownSelect(db_field, self.admin_site, using=kwargs.get("using"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
