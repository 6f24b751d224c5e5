"""What a row has to keep to before PostgreSQL is asked, and the sentences that say what would be right."""

from collections.abc import Collection
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from crm import days, phone, vin

STATES = [
    "AL",
    "AK",
    "AZ",
    "AR",
    "CA",
    "CO",
    "CT",
    "DE",
    "DC",
    "FL",
    "GA",
    "HI",
    "ID",
    "IL",
    "IN",
    "IA",
    "KS",
    "KY",
    "LA",
    "ME",
    "MD",
    "MA",
    "MI",
    "MN",
    "MS",
    "MO",
    "MT",
    "NE",
    "NV",
    "NH",
    "NJ",
    "NM",
    "NY",
    "NC",
    "ND",
    "OH",
    "OK",
    "OR",
    "PA",
    "RI",
    "SC",
    "SD",
    "TN",
    "TX",
    "UT",
    "VT",
    "VA",
    "WA",
    "WV",
    "WI",
    "WY",
    "PR",
    "VI",
    "GU",
    "AS",
    "MP",
]
E164 = r"^\+[1-9][0-9]{6,14}$"
VIN_FORM = r"^[A-HJ-NPR-Z0-9]{17}$"
# Coarser than Django's validator, which has looked before: somebody, one @, a host.
EMAIL_FORM = r"^[^@\s]+@[^@\s]+$"
EMAIL_SENTENCE = "Write the e-mail address like nora@example.com."
YOUNGEST_CUSTOMER = 15  # years
FIRST_BIRTHDAY = date(days.FIRST_YEAR, 1, 1)
MODEL_YEARS = (1900, 2100)
YEAR_SENTENCE = "Write the model year with four digits, like 2019."

validate_state = RegexValidator(f"^({'|'.join(STATES)})$", "Write the state as two letters, like NY.")
validate_zip = RegexValidator(r"^\d{5}(-\d{4})?$", "Write the ZIP code as 12207 or 12207-1234.")
model_year_validators = [
    MinValueValidator(MODEL_YEARS[0], YEAR_SENTENCE),
    MaxValueValidator(MODEL_YEARS[1], YEAR_SENTENCE),
]


def validate_e164(number: str) -> None:
    if not phone.is_valid(number):
        raise ValidationError(f"{number} is not a telephone number. Write it like +12125550143.")


def validate_direct_line(number: str) -> None:
    validate_e164(number)
    if not phone.may_be_dialled(number):
        raise ValidationError(f"{number} is not rung: only numbers in the US and Canada at home rates are.")


def validate_time_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValidationError(f"{name} is not a time zone. Write it like America/New_York.") from None


def is_e164(field: str) -> Q:
    return Q(**{f"{field}__regex": E164})


def validate_vin(number: str) -> None:
    """A VIN as it is stored; its check digit binds North American cars only (49 CFR 565)."""
    try:
        parsed = vin.parse(number)
    except vin.InvalidVin as problem:
        raise ValidationError(problem.sentence, code=problem.code) from problem
    if parsed.number != number:
        raise ValidationError(f"Write the VIN in capitals without spaces: {parsed.number}.")


def validate_birth_date(born: date) -> None:
    """At least fifteen years old today, on the clock that is active (a store's, in the staff site)."""
    today = timezone.localdate()
    if born < FIRST_BIRTHDAY:
        raise ValidationError(
            f"A date of birth lies after {days.FIRST_YEAR - 1}. "
            f"Write it with its year in four digits, like {days.EXAMPLE}."
        )
    if _age(born, today) < YOUNGEST_CUSTOMER:
        raise ValidationError(
            f"A date of birth lies at least {YOUNGEST_CUSTOMER} years back. "
            f"Write it with its year, like {days.EXAMPLE}."
        )


def _age(born: date, today: date) -> int:
    """Whole years; somebody born on February 29 has their day on March 1 in other years."""
    is_still_to_come = (today.month, today.day) < (born.month, born.day)
    return today.year - born.year - is_still_to_come


class TellsTheField(models.Model):
    """A row whose broken constraints are told at a field: violation_error_code is its name."""

    class Meta:
        abstract = True

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        try:
            super().validate_constraints(exclude)
        except ValidationError as problem:
            raise ValidationError(self._by_field(problem, set(exclude or ()))) from problem

    def _by_field(self, problem: ValidationError, hidden: set[str]) -> dict[str, Any]:
        """A field that the form does not have cannot carry an error."""
        shown = {field.name for field in self._meta.get_fields()} - hidden
        errors: dict[str, Any] = problem.update_error_dict({})
        told: dict[str, Any] = {}
        for place, found in errors.items():
            for error in found:
                field = error.code if place == NON_FIELD_ERRORS and error.code in shown else place
                told.setdefault(field, []).append(error)
        return told
