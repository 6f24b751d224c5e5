"""Who waits for hours to come free."""

from datetime import datetime, timedelta

from crm.models import FollowUpTask
from scheduling.load import load_lane, visit_for
from scheduling.models import Appointment, WaitlistEntry
from scheduling.slots import open_slots

OFFER_WITHIN = timedelta(hours=1)
MOST_TRIED = 20  # under the lock of the day; who waits longest comes first


def tell_waitlist(cancelled: Appointment, now: datetime) -> None:
    """Make a task for the first on the waitlist who could come on the day that has room now."""
    rooftop, day = cancelled.rooftop, cancelled.local_arrival.date()
    waiting = WaitlistEntry.objects.filter(
        rooftop=rooftop, served_at__isnull=True, first_day__lte=day, last_day__gte=day
    ).select_related("customer")
    entries = waiting.prefetch_related("op_codes")[:MOST_TRIED]
    if not entries:
        return
    lane = load_lane(rooftop, day - timedelta(days=1), day, now=now)
    for entry in entries:
        op_codes = list(entry.op_codes.all())
        if op_codes and any(open_slots(visit_for(op_codes), lane, day, day, now=now)):
            FollowUpTask.objects.create(
                rooftop=rooftop,
                kind=FollowUpTask.Kind.WAITLIST,
                customer=entry.customer,
                summary=f"Hours came free on {day:%A, %B %-d}: offer them to {entry.customer}.",
                due_at=now + OFFER_WITHIN,
            )
            return
