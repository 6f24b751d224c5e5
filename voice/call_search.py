"""Finds calls: by what was said, who called, and how it went.

Words are looked for as PostgreSQL's English text search does it: "brakes" finds "brake", "oil change"
in quotation marks only the two together, -tires leaves out.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchVector
from django.db.models import Q, QuerySet

from crm.models import Customer, Rooftop
from voice.conversation.states import Intent, State
from voice.models import Call, Turn

SPOKEN = SearchVector("text", config="english")
NUMBER_DIGITS = 4  # fewer are a word: "4 tires"
SLOW = [("1", "over 1 s"), ("2", "over 2 s"), ("4", "over 4 s")]
# Between these stands what was found; neither can be in a text (see crm.validation).
BEGIN, END = "\x02", "\x03"


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a turn; is_found when it is what was looked for."""

    text: str
    is_found: bool


class CallFilter(forms.Form):
    """The query of the list's address: every name may be left out, and what makes no sense is."""

    q = forms.CharField(label="Said, name or number", required=False, max_length=200)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput({"type": "date"}))
    rooftop = forms.ModelChoiceField(
        Rooftop.objects.none(), label="Store", required=False, empty_label="Any store"
    )
    outcome = forms.ChoiceField(required=False, choices=[("", "Any outcome"), *Call.Outcome.choices])
    intent = forms.ChoiceField(
        required=False,
        choices=[("", "Any wish"), *((intent.value, intent.value.replace("_", " ")) for intent in Intent)],
    )
    state = forms.ChoiceField(
        label="Ended in",
        required=False,
        choices=[("", "Any state"), *((state.value, state.value.replace("_", " ")) for state in State)],
    )
    direction = forms.ChoiceField(
        required=False, choices=[("", "In and out"), ("inbound", "Callers"), ("outbound", "We rang")]
    )
    slow = forms.ChoiceField(label="Slowest answer", required=False, choices=[("", "Any wait"), *SLOW])
    trouble = forms.BooleanField(label="Something failed", required=False)

    def __init__(self, wanted: Any, *, rooftops: QuerySet[Rooftop]) -> None:
        super().__init__(wanted)
        store: Any = self.fields["rooftop"]
        store.queryset = rooftops

    @property
    def is_used(self) -> bool:
        return any(self.wanted.values())

    @property
    def wanted(self) -> dict[str, Any]:
        """What was chosen and is valid; a bad value is told beside its field and changes nothing."""
        self.is_valid()
        return self.cleaned_data


# By name, as they stand above the list.
VIEWS = {
    "Every call": "",
    "Booked": "outcome=booked",
    "With a person": "outcome=transferred",
    "Messages": "outcome=message",
    "Hung up": "outcome=hung_up",
    "Slow answers": "slow=2",
    "Something failed": "trouble=on",
}


def find(filters: CallFilter) -> QuerySet[Call]:
    """The calls that fit, newest first. Days are those of each call's own store."""
    wanted = filters.wanted
    calls = Call.objects.select_related("rooftop", "customer").order_by("-started_at", "-pk")
    for name in ("rooftop", "outcome", "state", "direction"):
        if wanted.get(name):
            calls = calls.filter(**{name: wanted[name]})
    if wanted.get("intent"):
        calls = calls.filter(conversation__intent=wanted["intent"])
    if wanted.get("slow"):
        calls = calls.filter(slowest_ms__gte=int(str(wanted["slow"])) * 1000)
    if wanted.get("trouble"):
        calls = calls.filter(failures__gt=0)
    calls = _on_days(calls, wanted)
    text = str(wanted.get("q") or "").strip()
    return calls.filter(_said_or_known(text)) if text else calls


def _on_days(calls: QuerySet[Call], wanted: dict[str, Any]) -> QuerySet[Call]:
    since, until = wanted.get("since"), wanted.get("until")
    if not (since or until):
        return calls
    days = Q(pk__in=[])
    for rooftop in Rooftop.objects.all():
        theirs = Q(rooftop=rooftop)
        if since:
            theirs &= Q(started_at__gte=datetime.combine(since, time(), rooftop.zone))
        if until:
            next_day = until + timedelta(days=1)
            theirs &= Q(started_at__lt=datetime.combine(next_day, time(), rooftop.zone))
        days |= theirs
    return calls.filter(days)


def _said_or_known(text: str) -> Q:
    said = Turn.objects.annotate(words=SPOKEN).filter(words=_query(text))
    found = Q(pk__in=said.values("call"))
    digits = "".join(character for character in text if character.isdigit())
    if len(digits) >= NUMBER_DIGITS:
        found |= Q(caller_number__contains=digits)
    names = Customer.objects.all()
    for word in text.split():
        names = names.filter(Q(first_name__icontains=word) | Q(last_name__icontains=word))
    return found | Q(customer__in=names)


def _query(text: str) -> SearchQuery:
    return SearchQuery(text, config="english", search_type="websearch")


def snippets(calls: Iterable[Call], text: str) -> dict[int, list[Piece]]:
    """Of each of these calls the first turn that holds the words, cut where they are; by the call's key."""
    if not text.strip():
        return {}
    query = _query(text.strip())
    headline = SearchHeadline(
        "text", query, config="english", start_sel=BEGIN, stop_sel=END, max_words=24, min_words=12
    )
    turns = (
        Turn.objects.annotate(words=SPOKEN)
        .filter(words=query, call__in=[call.pk for call in calls])
        .annotate(headline=headline)
        .order_by("call_id", "number")
        .distinct("call_id")
    )
    return {turn.call_id: _pieces(turn.headline) for turn in turns}


def _pieces(headline: str) -> list[Piece]:
    return [
        Piece(text, is_found=bool(at % 2))
        for at, text in enumerate(re.split(f"[{BEGIN}{END}]", headline))
        if text
    ]
