"""Reviews of calls: what is remarked on a turn, whom it names, and who has looked at a call."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from crm.models import FollowUpTask, Staff
from voice.models import CallReview, Turn, TurnComment


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a comment; is_person when it names somebody of the store."""

    text: str
    is_person: bool


@transaction.atomic
def comment(turn: Turn, text: str, *, by: User, now: datetime) -> TurnComment:
    """Keep a remark, with whom it names: "@Mike Chen, call her back"."""
    written = TurnComment.objects.create(turn=turn, author=by, text=text, at=now)
    written.mentioned.set(named_in(text, list(turn.call.rooftop.staff.all())))
    return written


def keep(review: CallReview, *, by: User, now: datetime) -> None:
    """Save what was changed in a review, under the name of who changed it."""
    review.reviewer, review.changed_at = by, now
    review.save()


def follow_up(task: FollowUpTask, turn: Turn) -> FollowUpTask:
    """Keep a task that somebody makes out of a turn."""
    call = turn.call
    task.rooftop, task.customer, task.call_sid = call.rooftop, call.customer, call.sid
    task.kind, task.phone_number = FollowUpTask.Kind.OUTREACH, call.caller_number
    task.save()
    return task


def named_in(text: str, people: Iterable[Staff]) -> list[Staff]:
    """Who stands behind an @ in a text; a first name that two have names nobody."""
    known = _names(people)
    return list(
        dict.fromkeys(
            known[found[1].casefold()]
            for found in _pattern(known).finditer(text)
            if found[1].casefold() in known
        )
    )


def pieces(text: str, people: Iterable[Staff]) -> list[Piece]:
    """A text, cut where it names somebody."""
    parts = re.split(f"({_pattern(_names(people)).pattern})", text, flags=re.IGNORECASE)
    return [Piece(part, is_person=at % 3 == 1) for at, part in enumerate(parts) if part and at % 3 != 2]


def _names(people: Iterable[Staff]) -> dict[str, Staff]:
    """By what they may be called: the whole name, an alias, or a first name that is theirs alone."""
    known: dict[str, list[Staff]] = {}
    for person in people:
        for name in {person.name, person.name.split()[0], *person.aliases}:
            known.setdefault(name.casefold(), []).append(person)
    return {name: persons[0] for name, persons in known.items() if len(persons) == 1}


def _pattern(known: Iterable[str]) -> re.Pattern[str]:
    """The longest name first: "@Mike Chen" is not "@Mike"."""
    names = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True)) or r"(?!)"
    return re.compile(rf"@({names})\b", re.IGNORECASE)
