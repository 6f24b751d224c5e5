"""Which calls the dashboard is about: days, stores and the figure that its charts show."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet
from django.urls import reverse

from crm.models import Rooftop
from dealership.dashboard.definitions import BY_KEY, DEFINITIONS, Definition

LONGEST_DAYS = 100
LENGTHS = {"today": 1, "7": 7, "30": 30}
OWN = "own"
DEFAULT = "7"


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the end of the last, as each store counts days; of one store, or of all."""

    since: date
    until: date
    rooftop: Rooftop | None = None

    @property
    def days(self) -> list[date]:
        return [self.since + timedelta(days=n) for n in range((self.until - self.since).days + 1)]

    @property
    def query(self) -> dict[str, str]:
        """As the list of calls takes it."""
        store = {"rooftop": str(self.rooftop.pk)} if self.rooftop else {}
        return {"since": self.since.isoformat(), "until": self.until.isoformat(), **store}

    def calls_url(self, counted: str, **narrower: str) -> str:
        """The calls of this period that count as counted."""
        return f"{reverse('calls')}?{urlencode(self.query | {'counted': counted} | narrower)}"


class PeriodForm(forms.Form):
    """The query of the page's address. What makes no sense is told beside its field."""

    period = forms.ChoiceField(
        label="Days",
        required=False,
        choices=[("today", "Today"), ("7", "Last 7 days"), ("30", "Last 30 days"), (OWN, "From … to …")],
    )
    since = forms.DateField(label="From", required=False, widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput({"type": "date"}))
    rooftop = forms.ModelChoiceField(
        Rooftop.objects.none(), label="Store", required=False, empty_label="All stores"
    )
    figure = forms.ChoiceField(
        label="Charts show", required=False, choices=[(each.key, each.name) for each in DEFINITIONS]
    )

    def __init__(self, data: Any, rooftops: QuerySet[Rooftop]) -> None:
        super().__init__({"period": DEFAULT, "figure": DEFINITIONS[0].key} | data.dict())
        self._rooftops = rooftops
        cast("forms.ModelChoiceField[Rooftop]", self.fields["rooftop"]).queryset = rooftops

    def clean(self) -> dict[str, Any]:
        wanted = super().clean() or {}
        if wanted.get("period") == OWN and (problem := _problem(wanted.get("since"), wanted.get("until"))):
            self.add_error("since", problem)
        return wanted

    @property
    def definition(self) -> Definition:
        self.is_valid()
        return BY_KEY.get(self.cleaned_data.get("figure", ""), DEFINITIONS[0])

    def chosen(self, *, now: datetime) -> Period:
        """What was chosen, or the last 7 days; today is the chosen store's, or the first one's."""
        is_valid, wanted = self.is_valid(), self.cleaned_data
        rooftop = wanted.get("rooftop")
        if is_valid and wanted["period"] == OWN:
            return Period(wanted["since"], wanted["until"], rooftop)
        store = rooftop or self._rooftops.first()
        today = (now.astimezone(store.zone) if store else now).date()
        length = LENGTHS.get(wanted.get("period", ""), LENGTHS[DEFAULT])
        return Period(today - timedelta(days=length - 1), today, rooftop)


def _problem(since: date | None, until: date | None) -> str:
    if since is None or until is None:
        return "Choose both days: the first and the last."
    if until < since:
        return "The last day lies before the first: change one of them."
    if not 2000 <= since.year <= until.year <= 2200:
        return "Choose days between the years 2000 and 2200."
    if (until - since).days >= LONGEST_DAYS:
        return f"Choose {LONGEST_DAYS} days at most."
    return ""
