"""What is asked of a store's menu: to begin with the usual one, or a file of its own (CSV)."""

import csv
import io
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from crm.sheets import unescape_formula
from dealership.demo.menu import op_codes
from dealership.setup.forms import StepForm
from scheduling.models import BayType, OpCode, Skill

NEEDED = ("code", "name", "minutes", "price_min", "price_max", "skill", "bay_types")
COLUMNS = (*NEEDED, "synonyms")
BETWEEN = ";"
MOST_ROWS = 300
MOST_BYTES = 200_000
MOST_ERRORS = 5
LONGEST_VISIT = 600  # minutes


class MenuForm(StepForm):
    """Lines that are there stay, unless the file has the same code: then they become what it says."""

    USUAL, FILE = "usual", "file"

    source = forms.ChoiceField(
        label="Begin with",
        choices=[(USUAL, "The usual menu, to be changed afterwards"), (FILE, "A file of ours")],
        widget=forms.RadioSelect,
        initial=USUAL,
    )
    file = forms.FileField(
        label="The file (CSV)",
        required=False,
        help_text=f"Columns: {', '.join(NEEDED)}, and synonyms if you like. Lists between semicolons; prices in "
        f"whole dollars. Skills: {', '.join(Skill.values)}. Bays: {', '.join(BayType.values)}.",
    )

    def there(self) -> list[str]:
        lines = self.store.op_codes.order_by("pk")
        return [f"{line.name}, {line.minutes} min, ${line.price_min}–{line.price_max}" for line in lines]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("source") == self.FILE:
            file = cleaned.get("file")
            try:
                cleaned["lines"] = read(file) if file else []
            except ValidationError as problem:
                self.add_error("file", problem)
            else:
                if not file:
                    self.add_error("file", "Choose the file.")
        return cleaned

    @transaction.atomic
    def save(self) -> str:
        there = {line.code: line.pk for line in self.store.op_codes.all()}
        if self.cleaned_data["source"] == self.USUAL:
            lines = [line for line in op_codes() if line.code not in there]
        else:
            lines = self.cleaned_data["lines"]
        for line in lines:
            line.rooftop, line.pk = self.store, there.get(line.code)
            line.save(update_fields=COLUMNS if line.pk else None)
        return f"The menu has {len(there.keys() | {line.code for line in lines})} services."


def read(file: "UploadedFile[Any]") -> list[OpCode]:
    """The lines of a file, unsaved and without a store. Raises ValidationError that names rows."""
    if (file.size or 0) > MOST_BYTES:
        raise ValidationError("The file is too large for a menu. Save the sheet as CSV.")
    try:
        text = file.read().decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except (UnicodeDecodeError, csv.Error):
        raise ValidationError("This is not a CSV file in UTF-8. Save the sheet as CSV.") from None
    _check_shape(rows)
    lines, errors = [], []
    for number, row in enumerate(rows, start=2):  # as a spreadsheet counts
        try:
            lines.append(_line(row))
        except ValueError as problem:
            errors.append(f"Row {number}: {problem}")
    codes = [line.code for line in lines]
    errors += [f"{code} stands there twice." for code in sorted(set(codes)) if codes.count(code) > 1]
    if errors:
        raise ValidationError(errors[:MOST_ERRORS])
    return lines


def _check_shape(rows: list[dict[str, Any]]) -> None:
    if not rows:
        raise ValidationError("The file has no rows below its head.")
    if len(rows) > MOST_ROWS:
        raise ValidationError(f"At most {MOST_ROWS} rows; this file has {len(rows)}.")
    head = list(rows[0])
    if missing := [column for column in NEEDED if column not in head]:
        raise ValidationError(f"The column {', '.join(missing)} is missing.")
    if unknown := [str(column) for column in head if column not in COLUMNS]:
        raise ValidationError(f"Unknown column: {', '.join(unknown)}. Columns are: {', '.join(COLUMNS)}.")


def _line(row: dict[str, Any]) -> OpCode:
    cells = {column: unescape_formula(str(row.get(column) or "").strip()) for column in COLUMNS}
    if "\0" in "".join(cells.values()):
        raise ValueError("it holds a character that is no text.")
    line = OpCode(
        code=_short(cells["code"].upper(), "code", 10),
        name=_short(cells["name"], "name", 80),
        minutes=_whole(cells["minutes"], "minutes", least=5, most=LONGEST_VISIT),
        price_min=_whole(cells["price_min"], "price_min"),
        price_max=_whole(cells["price_max"], "price_max"),
        skill=_one_of(cells["skill"], "skill", Skill.values),
        bay_types=[_one_of(part, "bay_types", BayType.values) for part in _parts(cells["bay_types"])],
        synonyms=[_short(part, "synonyms", 60) for part in _parts(cells["synonyms"])],
    )
    if line.price_max < line.price_min:
        raise ValueError("price_max is less than price_min.")
    if not line.bay_types:
        raise ValueError(f"bay_types is empty. Write one of: {', '.join(BayType.values)}.")
    return line


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(BETWEEN) if part.strip()]


def _short(text: str, column: str, most: int) -> str:
    if not text:
        raise ValueError(f"{column} is empty.")
    if len(text) > most:
        raise ValueError(f"{column} is longer than {most} letters.")
    return text


def _whole(text: str, column: str, *, least: int = 0, most: int = 100_000) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9 and least <= int(text) <= most):
        raise ValueError(f"{column} is {text or 'empty'}. Write a whole number from {least} to {most}.")
    return int(text)


def _one_of(text: str, column: str, known: list[str]) -> str:
    if text.lower() not in known:
        raise ValueError(f"{column} is {text or 'empty'}. Write one of: {', '.join(known)}.")
    return text.lower()
