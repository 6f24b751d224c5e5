"""The sweep: every half minute, whoever runs it and however many at once, what is due is handed out.

Due times are rows. A sweep plans, claims what is due for a while, and gives the ids to the workers; it
rings nobody itself. A claim whose worker died lapses, and the next sweep hands it out again. Celery
only delivers: a task that is lost, late or doubled changes nothing but the time.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from reminders import outcomes, planning
from reminders.models import Reminder

State = Reminder.State
LEASE = timedelta(minutes=10)
CHUNK = 500
HANDFUL = 10  # calls of one task: each may wait for the carrier for 5 s, and a task has 120 s
HandOut = Callable[[list[int]], object]


def sweep(now: datetime, *, hand_out: HandOut, look_for: Callable[[int], object]) -> int:
    """Claim, plan, and end what is over; returns how many reminders were handed out.

    hand_out is given ids of claimed rows, look_for the id of an attempt that left no evidence.
    """
    handed = _claim_all(now, hand_out)
    outcomes.settle(now)
    for pk in outcomes.without_evidence(now):
        look_for(pk)
    # After what is due already, which must not wait for thousands of new bookings.
    planning.plan_all(now)
    return handed + _claim_all(now, hand_out)


def _claim_all(now: datetime, hand_out: HandOut) -> int:
    handed = 0
    while found := claim(now, hand_out=hand_out):
        handed += found
    return handed


def claim(now: datetime, *, hand_out: HandOut) -> int:
    """Claim one chunk of what is due, and hand it out once that is committed; how many rows."""
    is_due = Q(state=State.PENDING, due_at__lte=now)
    has_lapsed = Q(state=State.CLAIMED, due_at__lte=now, claimed_until__lt=now)
    with transaction.atomic():
        ids = [pk for condition in (is_due, has_lapsed) for pk in _lock(condition)]
        Reminder.objects.filter(pk__in=ids).update(state=State.CLAIMED, claimed_until=now + LEASE)
        for start in range(0, len(ids), HANDFUL):
            transaction.on_commit(lambda handful=ids[start : start + HANDFUL]: hand_out(handful))  # type: ignore[misc]
    return len(ids)


def _lock(condition: Q) -> list[int]:
    rows = Reminder.objects.select_for_update(skip_locked=True).filter(condition)
    return list(rows.order_by("due_at").values_list("pk", flat=True)[:CHUNK])
