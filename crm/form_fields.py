"""Form fields that read what people write and refuse with what would be right."""

from datetime import date
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from crm import days, phone, vin

WALL_TIME_SENTENCE = "Write a day and time like 2027-03-15 09:15."
CLOCK_SENTENCE = "Write a time like 09:15."
# Django's own list reads 3/15/27 too, and guesses the century.
WALL_TIMES = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M %p"]


class DayField(forms.DateField):
    """A calendar day with its whole year."""

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        if isinstance(value, date):
            return value
        try:
            return days.parse(str(value).strip())
        except ValueError as problem:
            raise forms.ValidationError(f"{self.label}: {problem}" if self.label else str(problem)) from None


class WallTimeField(forms.DateTimeField):
    """A day and time on the clock that is active, with the whole year."""

    input_formats = WALL_TIMES
    default_error_messages = {"invalid": WALL_TIME_SENTENCE}


class VinField(forms.CharField):
    """A VIN in any usual writing, in capitals without spaces afterwards."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label="VIN", widget=UnfoldAdminTextInputWidget, **kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if not text:
            return ""
        try:
            return vin.parse(text).number
        except vin.InvalidVin as problem:
            raise forms.ValidationError(problem.sentence, code=problem.code) from None


class PhoneField(forms.CharField):
    """A telephone number as people write it, in E.164 afterwards."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminTextInputWidget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return phone.display(value) if isinstance(value, str) and phone.is_valid(value) else value

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        number = phone.parse(text) if text else ""
        if number is None:
            raise forms.ValidationError(f"{text} is not a telephone number. Write it like (212) 555-0143.")
        return number


class StateField(forms.CharField):
    """A state's two letters in either case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminTextInputWidget, **kwargs)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).upper()
