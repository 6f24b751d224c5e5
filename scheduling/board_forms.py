"""What the day board sends: a card put down somewhere, a column blocked for a while."""

from datetime import date, datetime
from typing import Any

from django import forms

from crm.models import Rooftop, Staff
from scheduling.lane import at_wall_time
from scheduling.models import Bay

NOWHERE = "The board did not say where to. Reload the page and try again."


class PlaceForm(forms.Form):
    """arrives_at is a moment with its offset. Advisor and bay may be left to the lane."""

    version = forms.IntegerField()
    arrives_at = forms.DateTimeField()
    advisor = forms.ModelChoiceField(Staff.objects.none(), required=False)
    bay = forms.ModelChoiceField(Bay.objects.none(), required=False)
    overbook_reason = forms.CharField(required=False, max_length=200)

    def __init__(self, rooftop: Rooftop, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in _columns(rooftop).items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]

    @property
    def sentence(self) -> str:
        """What is wrong with it: a page that we drew sends nothing else than what we understand."""
        if "overbook_reason" in self.errors:
            return "Say the reason in 200 letters at most."
        return NOWHERE


class BlockForm(forms.Form):
    """An advisor or a bay is out of the lane from one wall time of the day to another."""

    what = forms.ChoiceField(label="Advisor or bay")
    starts = forms.TimeField(label="From", widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    ends = forms.TimeField(label="Until", widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    reason = forms.CharField(max_length=200, widget=forms.TextInput({"autocomplete": "off"}))

    def __init__(self, rooftop: Rooftop, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = _columns(rooftop)
        self.things = {f"{name}-{row.pk}": row for name in rows for row in rows[name]}
        titles = {"advisor": "Advisors", "bay": "Bays"}
        self.fields["what"].choices = [  # type: ignore[attr-defined]
            (titles[name], [(f"{name}-{row.pk}", str(row)) for row in rows[name]]) for name in titles
        ]

    def span(self, date_: date, rooftop: Rooftop) -> tuple[datetime, datetime]:
        """The two moments, on the store's clock."""
        wanted = self.cleaned_data
        starts, ends = (at_wall_time(date_, wanted[name], rooftop.zone) for name in ("starts", "ends"))
        return starts, ends

    @property
    def resource(self) -> dict[str, Any]:
        """The column by its kind, as closing.block takes it."""
        what = self.cleaned_data["what"]
        return {what.split("-")[0]: self.things[what]}

    @property
    def sentence(self) -> str:
        return " ".join(f"{self.fields[name].label or name}: {text[0]}" for name, text in self.errors.items())


def _columns(rooftop: Rooftop) -> dict[str, Any]:
    return {
        "advisor": Staff.objects.filter(rooftop=rooftop, role=Staff.Role.ADVISOR).order_by("name", "pk"),
        "bay": Bay.objects.filter(rooftop=rooftop).order_by("bay_type", "name"),
    }
