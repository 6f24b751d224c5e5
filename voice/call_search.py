"""Finds calls: by what was said, who called, and how it went.

Words are looked for as PostgreSQL's English text search does it: "brakes" finds "brake", "oil change"
in quotation marks only the two together, -tires leaves out.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchVector
from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Mod
from django.db.models.lookups import Exact

from crm.models import Customer, Rooftop, Staff
from crm.rights import rooftops_of
from voice.conversation.states import Ending, Intent, State
from voice.counted import BY_VISIT, LABELS, NO_VERSION, booked_visits, counted_as, hour_of
from voice.models import Call, CallReview, ToolCall, Turn

SPOKEN = SearchVector("text", config="english")
NUMBER_DIGITS = 4  # fewer are a word: "4 tires"
SLOW = [("1", "over 1 s"), ("2", "over 2 s"), ("4", "over 4 s")]
LENGTHS = [
    ("under", "under 30 s"),
    ("30", "30 s or more"),
    ("120", "2 min or more"),
    ("300", "5 min or more"),
]
SHORT = timedelta(seconds=30)
VERSIONS_SHOWN = 50
HOURS = [(str(hour), f"{hour % 12 or 12} {'AM' if hour < 12 else 'PM'}") for hour in range(24)]
SAMPLED = 20  # one call in so many is to be reviewed although nothing was wrong
# An outcome that no call has by itself: it is over, and no visit came of it.
UNBOOKED = "unbooked"
NOT_BOOKED = ("no_booking", "hung_up", "message", "failed", "transferred")
IS_UNTRUE = ExpressionWrapper(Q(contradictions__gt=0), BooleanField())
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
    outcome = forms.ChoiceField(
        required=False,
        choices=[("", "Any outcome"), *Call.Outcome.choices, (UNBOOKED, "No visit came of it")],
    )
    intent = forms.ChoiceField(
        required=False,
        choices=[("", "Any wish"), *((intent.value, intent.value.replace("_", " ")) for intent in Intent)],
    )
    state = forms.ChoiceField(
        label="Ended in",
        required=False,
        choices=[("", "Any state"), *((state.value, state.value.replace("_", " ")) for state in State)],
    )
    handover = forms.ChoiceField(
        label="A person",
        required=False,
        choices=[
            ("", "Asked for or not"),
            ("asked", "Was fetched"),
            ("reached", "Came to the phone"),
            ("missed", "Did not come"),
            ("taken", "Took the call over"),
        ],
    )
    direction = forms.ChoiceField(
        required=False, choices=[("", "In and out"), ("inbound", "Callers"), ("outbound", "We rang")]
    )
    slow = forms.ChoiceField(label="Slowest answer", required=False, choices=[("", "Any wait"), *SLOW])
    length = forms.ChoiceField(label="Duration", required=False, choices=[("", "Any"), *LENGTHS])
    sentiment = forms.ChoiceField(required=False, choices=[("", "Any"), *Call.Sentiment.choices])
    review = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Any"),
            ("queue", "To review"),
            *CallReview.State.choices,
            ("mentioned", "A remark names me"),
        ],
    )
    advisor = forms.ModelChoiceField(Staff.objects.none(), required=False, empty_label="Anybody's")
    version = forms.ChoiceField(label="Who talked", required=False)
    counted = forms.ChoiceField(
        label="Counted as", required=False, choices=[("", "Anything"), *LABELS.items()]
    )
    hour = forms.ChoiceField(label="Began", required=False, choices=[("", "At any hour"), *HOURS])
    trouble = forms.BooleanField(label="Something failed", required=False)
    untrue = forms.BooleanField(label="Said what is not so", required=False)

    def __init__(self, query: Mapping[str, Any], user: User | AnonymousUser) -> None:
        """Only calls of the stores of this user are found."""
        super().__init__(query)
        self.user = user
        self.rooftops = rooftops_of(user)
        self.fields["rooftop"].queryset = self.rooftops  # type: ignore[attr-defined]
        people = Staff.objects.filter(rooftop__in=self.rooftops, role=Staff.Role.ADVISOR)
        self.fields["advisor"].queryset = people.order_by("name")  # type: ignore[attr-defined]
        self.fields["version"].choices = self._versions  # type: ignore[attr-defined]

    def _versions(self) -> list[tuple[str, str]]:
        """Who has talked in these stores' calls; asked for only when the field is shown or read."""
        talked = Call.objects.filter(rooftop__in=self.rooftops).exclude(agent_version="")
        names = talked.order_by("agent_version").values_list("agent_version", flat=True).distinct()
        return [("", "Any"), *((name, name) for name in names[:VERSIONS_SHOWN]), (NO_VERSION, "Nobody yet")]

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
    "To review": "review=queue",
    "A remark names me": "review=mentioned",
    "Failed handoffs": "handover=missed",
    "Unbooked": "intent=book&outcome=unbooked",
    "Booked": "outcome=booked",
    "With a person": "outcome=transferred",
    "Messages": "outcome=message",
    "Hung up": "outcome=hung_up",
    "Unhappy": "sentiment=unhappy",
    "Slow answers": "slow=2",
    "Something failed": "trouble=on",
}


def find(filters: CallFilter) -> QuerySet[Call]:
    """The calls that fit, each with its intent. Days are those of each call's own store.

    The newest come first; of those to review, the ones in which something untrue was said.
    """
    wanted = filters.wanted
    calls = Call.objects.filter(_is_wanted(wanted), rooftop__in=filters.rooftops)
    if wanted.get("review"):
        calls = calls.filter(_is_reviewed(wanted["review"], filters.user))
    text = str(wanted.get("q") or "").strip()
    if text:
        calls = calls.filter(_said_or_known(text))
    if wanted.get("advisor"):
        calls = calls.filter(_is_advisors(wanted["advisor"]))
    if wanted.get("hour"):
        calls = calls.alias(hour=hour_of()).filter(hour=int(wanted["hour"]))
    calls = calls.filter(_counted_on_days(wanted))
    calls = calls.select_related("rooftop", "customer", "review", "taken_over_by").defer("conversation")
    calls = calls.annotate(intent=KT("conversation__intent"))
    if wanted.get("review") != "queue":
        return calls.order_by("-started_at", "-pk")
    return calls.annotate(is_untrue=IS_UNTRUE).order_by("-is_untrue", "-started_at", "-pk")


def neighbours(filters: CallFilter, call: Call) -> tuple[int | None, int | None]:
    """The keys of the calls that stand above and below this one in the list of what fits."""
    calls, at = find(filters), call.started_at
    above = Q(started_at__gt=at) | Q(started_at=at, pk__gt=call.pk)
    below = Q(started_at__lt=at) | Q(started_at=at, pk__lt=call.pk)
    if filters.wanted.get("review") == "queue":
        is_untrue = call.contradictions > 0
        above = Q(is_untrue__gt=is_untrue) | Q(is_untrue=is_untrue) & above
        below = Q(is_untrue__lt=is_untrue) | Q(is_untrue=is_untrue) & below
    keys = calls.values_list("pk", flat=True)
    return keys.filter(above).reverse().first(), keys.filter(below).first()


def _is_wanted(wanted: dict[str, Any]) -> Q:
    """What stands in the call's own row."""
    is_wanted = Q()
    for name, column in (
        ("rooftop", "rooftop"),
        ("state", "state"),
        ("direction", "direction"),
        ("sentiment", "sentiment"),
        ("intent", "conversation__intent"),
    ):
        if wanted.get(name):
            is_wanted &= Q(**{column: wanted[name]})
    if version := wanted.get("version"):
        is_wanted &= Q(agent_version="" if version == NO_VERSION else version)
    if outcome := wanted.get("outcome"):
        is_wanted &= Q(outcome__in=NOT_BOOKED if outcome == UNBOOKED else [outcome])
    if wanted.get("slow"):
        is_wanted &= Q(slowest_ms__gte=int(str(wanted["slow"])) * 1000)
    if wanted.get("trouble"):
        is_wanted &= Q(failures__gt=0)
    if wanted.get("untrue"):
        is_wanted &= Q(contradictions__gt=0)
    return is_wanted & _lasted(wanted.get("length", "")) & _is_handed_over(wanted.get("handover", ""))


def _lasted(length: str) -> Q:
    if not length:
        return Q()
    if length == "under":
        return Q(ended_at__lt=F("started_at") + SHORT)
    return Q(ended_at__gte=F("started_at") + timedelta(seconds=int(length)))


def _is_handed_over(handover: str) -> Q:
    was_fetched = Q(conversation__ending=Ending.TRANSFER) | Q(taken_over_by__isnull=False)
    came = Q(outcome=Call.Outcome.TRANSFERRED)
    kinds = {
        "": Q(),
        "asked": was_fetched,
        "reached": came,
        "missed": was_fetched & ~came & Q(ended_at__isnull=False),
        "taken": Q(taken_over_by__isnull=False),
    }
    return kinds[handover]


def _is_advisors(advisor: Staff) -> Q:
    """Calls that wrote or were about a visit of this advisor, or that they took over."""
    wrote = ToolCall.objects.filter(appointment__advisor=advisor)
    return Q(pk__in=wrote.values("call")) | Q(appointment__advisor=advisor) | Q(taken_over_by=advisor)


def _is_reviewed(review: str, user: User | AnonymousUser) -> Q:
    """What is to be reviewed went wrong, or is one of the sample."""
    not_yet = Q(review__isnull=True) | Q(review__state=CallReview.State.UNREVIEWED)
    if review == "mentioned":
        named = Turn.objects.filter(comments__mentioned__user=user.pk)
        return Q(pk__in=named.values("call"))
    if review == CallReview.State.UNREVIEWED:
        return not_yet
    if review != "queue":
        return Q(review__state=review)
    went_wrong = Q(contradictions__gt=0) | Q(failures__gt=0) | Q(outcome="failed") | _is_handed_over("missed")
    is_sampled = Q(Exact(Mod("pk", SAMPLED), 0))
    return not_yet & Q(ended_at__isnull=False) & (went_wrong | is_sampled)


def _counted_on_days(wanted: dict[str, Any]) -> Q:
    since, until, name = wanted.get("since"), wanted.get("until"), wanted.get("counted")
    if name in BY_VISIT:
        visits = booked_visits(name).filter(on_days(since, until, "appointment__arrives_at", "call__rooftop"))
        return Q(pk__in=visits.values("call"))
    return on_days(since, until) & (counted_as(name) if name else Q())


def on_days(
    since: date | None, until: date | None, moment: str = "started_at", rooftop: str = "rooftop"
) -> Q:
    """From the first day to the end of the last, as the store of each row counts days; None: no end."""
    if not (since or until):
        return Q()
    stores: dict[ZoneInfo, list[int]] = {}
    for store in Rooftop.objects.only("time_zone"):
        stores.setdefault(store.zone, []).append(store.pk)
    days = Q(pk__in=[])
    for zone, keys in stores.items():
        theirs = Q(**{f"{rooftop}__in": keys})
        if since:
            theirs &= Q(**{f"{moment}__gte": datetime.combine(since, time(), zone)})
        if until and until < date.max:
            next_day = datetime.combine(until, time(), zone) + timedelta(days=1)
            theirs &= Q(**{f"{moment}__lt": next_day})
        days |= theirs
    return days


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
