"""What the dashboard tells, and what each of its figures means."""

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings


class Kind(StrEnum):
    SHARE = "share"  # so many calls of so many
    WAIT = "wait"  # milliseconds
    MONEY = "money"  # US dollars
    COUNT = "count"  # so many calls, of which each one matters


@dataclass(frozen=True, slots=True)
class Definition:
    """of and hit are names in voice/counted.py: all calls that are looked at, and those that count.

    adds_up is the column of Call that money is the sum of.
    """

    key: str
    name: str
    of: str
    hit: str
    meaning: str
    kind: Kind = Kind.SHARE
    adds_up: str = ""


DEFINITIONS = (
    Definition(
        "answered",
        "Answered",
        "callers",
        "answered",
        "Of all callers, those whose call the desk took. Calls that are still going on are not counted, "
        "here and below.",
    ),
    Definition(
        "containment",
        "Settled without a person",
        "answered",
        "contained",
        "Of all answered calls, those that came to what the caller wanted: a visit was booked, moved, "
        "cancelled or confirmed, or a question was answered and both said goodbye. Nobody was fetched and "
        "no callback was promised.",
    ),
    Definition(
        "bookings",
        "Bookings per bookable call",
        "bookable",
        "booked",
        "Of the answered calls in which the caller wanted an appointment, those that booked one. "
        "Moving a visit is no booking.",
    ),
    Definition(
        "handovers",
        "Handovers that worked",
        "handed_over",
        "put_through",
        "Of the calls for which somebody's telephone was rung, those in which they took the call. "
        "Each line rings for 20 seconds; then the caller is promised a callback.",
    ),
    Definition(
        "abandoned",
        "Abandoned",
        "callers",
        "abandoned",
        "Of all callers, those who hung up before anything came of the call, or before it was answered.",
    ),
    Definition(
        "recovered",
        "Missed, then won back",
        "missed",
        "recovered",
        "Of the callers who hung up, were cut off or were not answered, those who were won back within a day: "
        "a later call with their number came to what they wanted or to a person, or a visit was booked for them.",
    ),
    Definition(
        "after_hours",
        "After-hours bookings",
        "booked",
        "after_hours",
        "Of the calls that booked a visit, those that began while the store was closed.",
    ),
    Definition(
        "shows",
        "Show rate",
        "due",
        "came",
        "Of the calls that booked a visit for these days, those whose car came. Visits count once they are "
        "checked in, completed or marked as a no-show; cancelled ones do not count. "
        f"Known for {settings.TRANSCRIPT_RETENTION_DAYS} days after the call.",
    ),
    Definition(
        "reminders",
        "Reminders confirmed",
        "reminded",
        "confirmed",
        "Of the calls with which the desk reminded customers, those in which they said that they will come. "
        "Calls that nobody took are among them; answers to texts are not.",
    ),
    Definition(
        "false_confirmations",
        "False confirmations",
        "answered",
        "untrue",
        "Answered calls in which the caller heard that a visit is booked, moved or cancelled, and the book says "
        "otherwise. The target is zero: each one leads the list of calls to review.",
        Kind.COUNT,
    ),
    Definition(
        "waits",
        "Wait for an answer, p95",
        "ended",
        "measured",
        "Of a hundred answers of the desk, ninety-five began within this time after the caller's last word. "
        f"Known for {settings.TRANSCRIPT_RETENTION_DAYS} days after the call.",
        Kind.WAIT,
    ),
    Definition(
        "revenue",
        "Estimated revenue",
        "booked",
        "valued",
        "An estimate, not what was billed: for each visit that a call booked, the middle of its services' prices "
        "on the day of the call. Nobody knows yet who comes, or what the work will be; visits that were "
        "cancelled later are among them.",
        Kind.MONEY,
        "revenue",
    ),
    Definition(
        "cost",
        "Estimated cost",
        "ended",
        "priced",
        "Line, hearing, thinking and speaking of all calls in US dollars, by list prices. "
        "What is done on this machine costs nothing.",
        Kind.MONEY,
        "cost",
    ),
)
BY_KEY = {definition.key: definition for definition in DEFINITIONS}
