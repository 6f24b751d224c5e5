"""CSV files in and out of the staff site: what all of them share.

A file is checked as a whole and shown before anything is written; one wrong row and nothing is.
Whoever may delete rows of a kind may take them out or bring them in by the hundred: managers.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV
from import_export.resources import ModelResource
from import_export.tmp_storages import CacheStorage
from import_export.widgets import Widget
from tablib import Dataset
from unfold.contrib.import_export.forms import ImportForm, SelectableFieldsExportForm

from crm import days
from crm.models import Rooftop
from crm.rights import rooftops_of, rows_of

# A spreadsheet runs a cell that begins so: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
MOST_WARNINGS = 20  # shown above a preview


def escape_formula(cell: str) -> str:
    """A quote before what a spreadsheet would run, and before quotes that look like ours."""
    return f"'{cell}" if cell.lstrip("'").startswith(FORMULA_STARTS) else cell


def unescape_formula(cell: str) -> str:
    """What escape_formula was given, so that an exported file can be imported again."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULA_STARTS) else cell


class SafeCsv(CSV):  # type: ignore[misc]
    """CSV whose cells no spreadsheet takes for formulas."""

    def create_dataset(self, in_stream: Any, **kwargs: Any) -> Any:
        # An upload that was previewed too long ago is gone from the cache.
        return Dataset() if in_stream is None else super().create_dataset(in_stream, **kwargs)

    def export_data(self, dataset: Any, **kwargs: Any) -> Any:
        safe = Dataset(headers=dataset.headers)
        for row in dataset:
            safe.append([escape_formula("" if cell is None else str(cell)) for cell in row])
        return super().export_data(safe, **kwargs)


class DayWidget(Widget):  # type: ignore[misc]
    """A calendar day as 1984-05-17 or 5/17/1984; one without its whole year is refused, not guessed."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> date | None:
        text = str(value or "").strip()
        return days.parse(text) if text else None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return value.isoformat() if value else ""


class RooftopWidget(Widget):  # type: ignore[misc]
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Rooftop:
        return rooftop_named(str(value or ""))

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(value or "")


def rooftop_named(name: str) -> Rooftop:
    """Raises ValueError naming the rooftops there are."""
    rooftop = Rooftop.objects.filter(name=name).first()
    if rooftop is None:
        raise ValueError(not_a_rooftop(name, Rooftop.objects.values_list("name", flat=True)[:5]))
    return rooftop


def not_a_rooftop(name: str, names: Iterable[str]) -> str:
    return f"{name or 'Nothing'} is not a rooftop. Write one of: {', '.join(names)}."


class Sheet(ModelResource):  # type: ignore[misc]
    """One kind of row as a CSV file."""

    required_columns: Sequence[str] = ("rooftop",)
    most_rows = 5000

    class Meta:
        use_transactions = True
        clean_model_instances = True
        skip_unchanged = False

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        user = kwargs.get("user")
        stores = rooftops_of(user) if user else Rooftop.objects.all()
        self.own_stores = list(stores.order_by("name").values_list("name", flat=True))
        headers = [str(header or "").strip() for header in dataset.headers or ()]
        known = [field.column_name for field in self.get_user_visible_fields()]
        if unknown := [header for header in headers if header not in known]:
            raise ValueError(f"Unknown column: {', '.join(unknown)}. Columns are: {', '.join(known)}.")
        if missing := [column for column in self.required_columns if column not in headers]:
            raise ValueError(f"The column {', '.join(missing)} is missing.")
        if len(dataset) > self.most_rows:
            raise ValueError(f"At most {self.most_rows} rows at once; this file has {len(dataset)}.")
        if "id" in self.fields and "id" not in headers:
            dataset.append_col([""] * len(dataset), header="id")

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        for column, cell in row.items():
            row[column] = unescape_formula(str(cell or "").strip())
        key, store, user = row.get("id", ""), row.get("rooftop", ""), kwargs.get("user")
        rows = self._meta.model.objects.all()
        own = rows_of(user, rows) if user else rows
        if key and not (key.isdigit() and own.filter(pk=key).exists()):
            raise ValidationError({"id": f"There is no row {key}. Leave it empty for a new one."})
        if store not in self.own_stores:
            raise ValidationError({"rooftop": not_a_rooftop(store, self.own_stores[:5])})

    def import_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        errors: dict[str, Any] = {}
        try:
            super().import_instance(instance, row, **kwargs)
        except ValidationError as problem:
            errors = problem.update_error_dict(errors)
        errors.update({column: ValidationError(text) for column, text in self.problems(row).items()})
        if errors:
            raise ValidationError(errors)

    def after_import_row(self, row: Any, row_result: Any, **kwargs: Any) -> None:
        row_result.warnings = self.warnings(row)

    def problems(self, row: Any) -> dict[str, str]:
        """What else is wrong with a row: column → what would be right."""
        return {}

    def warnings(self, row: Any) -> list[str]:
        """What a person should look at before a row is written, which may yet be right."""
        return []


class SheetAdmin(ImportExportModelAdmin):  # type: ignore[misc]
    """Adds Import and Export to an admin page; name the sheet in resource_classes."""

    import_form_class = ImportForm
    export_form_class = SelectableFieldsExportForm
    formats = [SafeCsv]
    from_encoding = "utf-8-sig"  # spreadsheets begin a file so
    to_encoding = "utf-8-sig"
    tmp_storage_class = CacheStorage  # every web process sees it, and it goes away by itself
    skip_admin_log = False

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self._is_manager(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self._is_manager(request)

    def _is_manager(self, request: HttpRequest) -> bool:
        opts = self.model._meta
        has_perm: bool = request.user.has_perm(f"{opts.app_label}.delete_{opts.model_name}")
        return has_perm

    def get_import_data_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_import_data_kwargs(**kwargs), "rollback_on_validation_errors": True}

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Shows the preview; what is only doubtful stands above it as warnings."""
        response: HttpResponse = super().import_action(request, **kwargs)
        result = getattr(response, "context_data", {}).get("result")
        warnings = [
            f"Row {number}: {text}"
            for number, row in enumerate(result.rows if result else [], start=1)
            for text in getattr(row, "warnings", [])
        ]
        for warning in warnings[:MOST_WARNINGS]:
            self.message_user(request, warning, messages.WARNING)
        more = len(warnings) - MOST_WARNINGS
        if more > 0:
            self.message_user(request, f"And {more} warnings more.", messages.WARNING)
        return response

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        """Nothing was written if a row became wrong since the preview: say so instead of success."""
        if not (result.has_errors() or result.has_validation_errors() or not result.total_rows):
            response: HttpResponse = super().process_result(result, request)
            return response
        self.message_user(
            request,
            "Nothing was imported: something changed since the preview. Upload the file again to see what.",
            messages.ERROR,
        )
        return HttpResponseRedirect(reverse("admin:{}_{}_import".format(*self.get_model_info())))
