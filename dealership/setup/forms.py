"""What is asked when a store is set up: its name and clock, numbers, hours, transfer desk.

Every form belongs to one store, says what is there already, and writes all or nothing.
"""

from collections.abc import Iterator
from datetime import time
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction

from crm import phone
from crm.form_fields import CLOCK_SENTENCE
from crm.models import Rooftop, RooftopNumber
from crm.validation import validate_direct_line
from scheduling.models import OpeningHours, Transport, TransportOption, Weekday

ZONES = {
    "America/New_York": "Eastern (New York)",
    "America/Detroit": "Eastern (Detroit)",
    "America/Indiana/Indianapolis": "Eastern (Indianapolis)",
    "America/Chicago": "Central (Chicago)",
    "America/Denver": "Mountain (Denver)",
    "America/Boise": "Mountain (Boise)",
    "America/Phoenix": "Mountain without summer time (Phoenix)",
    "America/Los_Angeles": "Pacific (Los Angeles)",
    "America/Anchorage": "Alaska (Anchorage)",
    "Pacific/Honolulu": "Hawaii (Honolulu)",
    "America/Puerto_Rico": "Atlantic (Puerto Rico)",
}
WAITERS_PER_HALF_HOUR = 2


class StepForm(forms.Form):
    """Part of a step. save() writes it and says what was done."""

    heading: ClassVar[str] = ""
    button: ClassVar[str] = "Save and go on"
    adds_one: ClassVar[bool] = False  # of several: the page stays
    template: ClassVar[str] = "dealership/setup/_fields.html"

    note: ClassVar[str] = ""

    def __init__(self, *args: Any, store: Rooftop, **kwargs: Any) -> None:
        self.store = store
        super().__init__(*args, **kwargs)
        self.auto_id = f"{self.key}_%s"  # two forms may share a page, and a name

    @property
    def key(self) -> str:
        return type(self).__name__

    def there(self) -> list[str]:
        """What the store has of it."""
        return []

    def save(self) -> str:
        raise NotImplementedError


class ClockField(forms.TimeField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TimeInput({"type": "time", "step": 60}, format="%H:%M")
        super().__init__(widget=widget, error_messages={"invalid": CLOCK_SENTENCE}, **kwargs)


# --- name and clock -----------------------------------------------------------------------


class StoreForm(StepForm):
    """Of a store that is there, or of a new one: store is unsaved then."""

    name = forms.CharField(max_length=100, help_text="As the desk says it: Otto's Auto.")
    time_zone = forms.ChoiceField(label="Clock")
    address = forms.CharField(
        max_length=200, required=False, help_text="As the desk says it: 18 Harbor Street, Albany, New York."
    )

    def __init__(self, *args: Any, store: Rooftop, **kwargs: Any) -> None:
        now = {"name": store.name, "time_zone": store.time_zone, "address": store.address}
        super().__init__(*args, store=store, initial=now, **kwargs)
        zone: Any = self.fields["time_zone"]
        own = {store.time_zone: store.time_zone} if store.time_zone else {"": "Choose one"}
        zone.choices = [*{**own, **ZONES}.items()]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if Rooftop.objects.filter(name=name).exclude(pk=self.store.pk).exists():
            raise ValidationError("Another store has this name. Add the town: Otto's Auto Albany.")
        return name

    @transaction.atomic
    def save(self) -> str:
        is_new = self.store.pk is None
        for field, value in self.cleaned_data.items():
            setattr(self.store, field, value)
        self.store.save()
        if is_new:  # as every store does; others are added on their page
            caps: dict[str, dict[str, int]] = {
                Transport.WAITER: {"per_half_hour": WAITERS_PER_HALF_HOUR},
                Transport.DROP_OFF: {},
            }
            for kind, cap in caps.items():
                TransportOption.objects.create(rooftop=self.store, kind=kind, **cap)
        return f"{self.store.name} is saved."


# --- numbers ------------------------------------------------------------------------------


class NumbersForm(StepForm):
    numbers = forms.CharField(
        widget=forms.Textarea({"rows": 3}),
        help_text="One a line, like (212) 555-0100. Without an account at a carrier any number will do for a test.",
        error_messages={"required": "Write the number that customers dial."},
    )

    def __init__(self, *args: Any, store: Rooftop, **kwargs: Any) -> None:
        there = "\n".join(str(number) for number in store.numbers.order_by("pk"))
        super().__init__(*args, store=store, initial={"numbers": there}, **kwargs)

    def clean_numbers(self) -> list[str]:
        found = []
        for line in filter(None, map(str.strip, str(self.cleaned_data["numbers"]).splitlines())):
            number = phone.parse(line)
            if number is None:
                raise ValidationError(f"{line} is not a telephone number. Write it like (212) 555-0100.")
            if number not in found:
                found.append(number)
        others = RooftopNumber.objects.filter(number__in=found).exclude(rooftop=self.store.pk)
        if taken := others.first():
            raise ValidationError(f"{taken} leads to another store already. Take it away there first.")
        return found

    @transaction.atomic
    def save(self) -> str:
        wanted = self.cleaned_data["numbers"]
        self.store.numbers.exclude(number__in=wanted).delete()
        for number in wanted:
            RooftopNumber.objects.get_or_create(rooftop=self.store, number=number)
        return f"Callers of {', '.join(map(phone.display, wanted))} reach {self.store}."


# --- hours --------------------------------------------------------------------------------

USUAL = {"opens": time(7, 30), "closes": time(18), "last": time(16, 30)}
WORKDAYS = range(5)
PARTS = {"opens": "opens", "closes": "closes", "last": "last car in"}


class HoursForm(StepForm):
    """One stretch for each weekday. Hours of certain dates stay as they are."""

    template = "dealership/setup/_hours.html"

    def __init__(self, *args: Any, store: Rooftop, **kwargs: Any) -> None:
        super().__init__(*args, store=store, **kwargs)
        self.rows = {row.weekday: row for row in weekly_hours(store)}
        for day in Weekday:
            now = self._now(day)
            for part, label in PARTS.items():
                field = ClockField(label=label, required=False, initial=now.get(part))
                self.fields[f"{part}_{day.value}"] = field

    def _now(self, day: Weekday) -> dict[str, time]:
        if row := self.rows.get(day):
            return {"opens": row.opens, "closes": row.closes, "last": row.last_arrival}
        return USUAL if not self.rows and day in WORKDAYS else {}

    @property
    def days(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        for day in Weekday:
            yield str(day.label), [self[f"{part}_{day.value}"] for part in PARTS]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for day in Weekday:
            opens, closes, last = (cleaned.get(f"{part}_{day.value}") for part in PARTS)
            if (opens is None) != (closes is None):
                self.add_error(f"opens_{day.value}", f"{day.label}: write both times, or none for a day off.")
            elif opens and closes and closes <= opens:
                self.add_error(f"closes_{day.value}", f"{day.label}: it closes before it opens.")
            elif last and not (opens and closes and opens <= last <= closes):
                self.add_error(f"last_{day.value}", f"{day.label}: the last car comes while it is open.")
        if not self.errors and not any(cleaned.get(f"opens_{day.value}") for day in Weekday):
            self.add_error(None, "The store is open on no day. Write the hours of one at least.")
        return cleaned

    @transaction.atomic
    def save(self) -> str:
        for day in Weekday:
            self._write(day)
        return "The hours are saved."

    def _write(self, day: Weekday) -> None:
        opens, closes = (self.cleaned_data[f"{part}_{day.value}"] for part in ("opens", "closes"))
        row = self.rows.get(day)
        if not opens:
            if row:
                row.delete()
            return
        row = row or OpeningHours(rooftop=self.store, weekday=day, first_arrival=opens)
        last = self.cleaned_data[f"last_{day.value}"] or max(opens, _an_hour_before(closes))
        row.first_arrival = opens if row.opens != opens else row.first_arrival
        row.opens, row.closes, row.last_arrival = opens, closes, last
        row.save()


def weekly_hours(store: Rooftop) -> list[OpeningHours]:
    """The hours that hold whenever none of certain dates do."""
    return list(store.opening_hours.filter(valid_from=None, valid_to=None))


def _an_hour_before(moment: time) -> time:
    return moment.replace(hour=moment.hour - 1) if moment.hour else moment


# --- transfer desk ------------------------------------------------------------------------


class DeskForm(StepForm):
    number = forms.CharField(
        label="Number of the front desk",
        max_length=40,
        help_text="Rings when a caller wants a person who has no direct line of their own.",
        error_messages={"required": "Write the number of somebody who can help a caller."},
    )
    records_calls = forms.BooleanField(
        label="Record calls, after saying so",
        required=False,
        help_text="Ask a lawyer first: in some states everybody on the line must agree.",
    )

    def __init__(self, *args: Any, store: Rooftop, **kwargs: Any) -> None:
        now = {"number": phone.display(store.front_desk_number), "records_calls": store.records_calls}
        super().__init__(*args, store=store, initial=now, **kwargs)

    def clean_number(self) -> str:
        number = direct_line(self.cleaned_data["number"])
        if self.store.numbers.filter(number=number).exists():
            raise ValidationError("Callers of this number reach the desk itself. Write a person's number.")
        return number

    def save(self) -> str:
        self.store.front_desk_number = self.cleaned_data["number"]
        self.store.records_calls = self.cleaned_data["records_calls"]
        self.store.save(update_fields=["front_desk_number", "records_calls"])
        return f"Callers who want a person are put through to {phone.display(self.store.front_desk_number)}."


def direct_line(text: str) -> str:
    """A number that the desk may ring. Raises ValidationError."""
    number = phone.parse(text)
    if number is None:
        raise ValidationError(f"{text} is not a telephone number. Write it like (212) 555-0199.")
    validate_direct_line(number)
    return number
