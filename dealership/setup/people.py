"""What is asked of a store's people and bays."""

from datetime import time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction

from crm.models import Rooftop, Staff
from dealership.setup.forms import ClockField, StepForm, direct_line, weekly_hours
from scheduling.models import Bay, BayType, Shift, Skill, Technician

MOST_BAYS = 60


class AdvisorForm(StepForm):
    heading = "Advisors and other people whom callers ask for"
    note = (
        "Who shall log in: make the log-in under “Log-ins”, and choose it on the person's page under “Staff”."
    )
    button = "Add this person"
    adds_one = True

    name = forms.CharField(max_length=100, error_messages={"required": "Write the person's name."})
    role = forms.ChoiceField(choices=Staff.Role.choices)
    direct = forms.CharField(
        label="Direct line",
        max_length=40,
        required=False,
        help_text="Rings when a caller asks for this person; empty: the front desk.",
    )
    aliases = forms.CharField(
        label="Also called", required=False, max_length=200, help_text="Between commas: Mike, Mister Chen."
    )

    def there(self) -> list[str]:
        people = self.store.staff.order_by("pk")
        return [f"{person.name}, {person.get_role_display().lower()}" for person in people]

    def clean_name(self) -> str:
        return _new_name(self.store.staff.all(), self.cleaned_data["name"])

    def clean_direct(self) -> str:
        text = str(self.cleaned_data["direct"])
        return direct_line(text) if text else ""

    def clean_aliases(self) -> list[str]:
        names = [name.strip() for name in str(self.cleaned_data["aliases"]).split(",") if name.strip()]
        if too_long := [name for name in names if len(name) > 60]:
            raise ValidationError(f"{too_long[0][:20]}… is too long for a name.")
        return names

    def save(self) -> str:
        wanted = self.cleaned_data
        person = Staff.objects.create(
            rooftop=self.store,
            name=wanted["name"],
            role=wanted["role"],
            phone_number=wanted["direct"],
            aliases=wanted["aliases"],
        )
        return f"{person.name} is added."


class TechnicianForm(StepForm):
    """Somebody who works on every day that the store is open, within its hours."""

    heading = "Technicians"
    button = "Add this technician"
    adds_one = True

    name = forms.CharField(max_length=100, error_messages={"required": "Write the technician's name."})
    skills = forms.MultipleChoiceField(
        choices=Skill.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick what this technician does."},
    )
    starts = ClockField(initial=time(8))
    ends = ClockField(initial=time(17))
    lunch = ClockField(label="Lunch, an hour from", initial=time(12), required=False)

    def there(self) -> list[str]:
        people = self.store.technicians.order_by("pk")
        return [
            f"{person.name}: {', '.join(Skill(skill).label for skill in person.skills)}" for person in people
        ]

    def clean_name(self) -> str:
        return _new_name(self.store.technicians.all(), self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not self._shifts(cleaned):
            self.add_error("starts", "No day is open between these times. Write the store's hours first.")
        return cleaned

    @transaction.atomic
    def save(self) -> str:
        wanted = self.cleaned_data
        person = Technician.objects.create(rooftop=self.store, name=wanted["name"], skills=wanted["skills"])
        Shift.objects.bulk_create(
            Shift(technician=person, weekday=day, starts=starts, ends=ends)
            for day, starts, ends in self._shifts(wanted)
        )
        return (
            f"{person.name} is added. Other hours for some days? Change the shifts on the technician's page."
        )

    def _shifts(self, wanted: dict[str, Any]) -> list[tuple[int, time, time]]:
        """Weekday, from, until, on the store's clock."""
        shifts = []
        for hours in weekly_hours(self.store):
            starts, ends = max(wanted["starts"], hours.opens), min(wanted["ends"], hours.closes)
            if starts < ends:
                shifts += [(hours.weekday, *part) for part in _around(wanted["lunch"], starts, ends)]
        return shifts


def _around(lunch: time | None, starts: time, ends: time) -> list[tuple[time, time]]:
    if lunch is None or lunch.hour == 23:
        return [(starts, ends)]
    after = lunch.replace(hour=lunch.hour + 1)
    return [(starts, lunch), (after, ends)] if starts < lunch and after < ends else [(starts, ends)]


def _new_name(people: Any, name: str) -> str:
    if people.filter(name__iexact=name).exists():
        raise ValidationError(f"{name} is there already. Add the last name, or change the one who is there.")
    return name


class BaysForm(StepForm):
    """How many there are of each kind; more are made, none is taken away."""

    def __init__(self, *args: Any, store: Rooftop, **kwargs: Any) -> None:
        super().__init__(*args, store=store, **kwargs)
        self.now = {kind.value: 0 for kind in BayType}
        for kind in store.bays.values_list("bay_type", flat=True):
            self.now[kind] += 1
        for kind in BayType:
            self.fields[kind.value] = forms.IntegerField(
                label=str(kind.label), min_value=0, max_value=MOST_BAYS, initial=self.now[kind.value]
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for kind, count in self.now.items():
            if cleaned.get(kind) is not None and cleaned[kind] < count:
                self.add_error(kind, f"There are {count}. Take one away on the page of bays.")
        if not self.errors and not any(cleaned.values()):
            self.add_error(None, "Write how many bays there are: without one nothing can be booked.")
        return cleaned

    @transaction.atomic
    def save(self) -> str:
        taken = set(self.store.bays.values_list("name", flat=True))
        for kind in BayType:
            names = (f"{kind.label} {number}" for number in range(1, 2 * MOST_BAYS + len(taken)))
            free = (name for name in names if name not in taken)
            for _ in range(self.cleaned_data[kind.value] - self.now[kind.value]):
                Bay.objects.create(rooftop=self.store, name=next(free), bay_type=kind)
        return "The bays are saved."
