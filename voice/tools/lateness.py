"""A tool for callers who run late: their advisor learns of it now."""

from datetime import datetime, time, timedelta

from pydantic import BaseModel, ConfigDict, Field

from scheduling.models import Appointment
from voice.calls import promise_callback
from voice.conversation import lane_phrases
from voice.conversation.states import Unsent
from voice.ports import ToolResult
from voice.tools.desk import number_first
from voice.tools.registry import Desk, tool

GRACE_MINUTES = 15


class Lateness(BaseModel):
    model_config = ConfigDict(extra="forbid")

    minutes: int = Field(ge=0, le=1440, description="How late they will be.")
    text: str = Field(max_length=400, description="What they said, word for word.")


@tool(
    "The caller will be late for an appointment of today: has it passed on at once. Needs no proof. Whether "
    "it is within_grace tells if their place is kept; if not, offer another time. The code needs_number: ask for "
    "a phone number, then use it again.",
    is_write=True,
)
def report_lateness(desk: Desk, late: Lateness) -> ToolResult:
    visit = _visit_of_today(desk)
    about = f" for {visit.local_arrival:%-I:%M %p} (number {visit.confirmation_number})" if visit else ""
    summary = f"Runs {late.minutes} minutes late{about}: {late.text}"
    task = promise_callback(desk.call, summary, due_at=desk.now, owner=visit.advisor if visit else None)
    if task.due_at > desk.now:  # a callback was promised before, for later
        task.due_at = desk.now
        task.save(update_fields=["due_at"])
    if not_yet := number_first(desk, task, Unsent(text=summary[:500], is_message=True)):
        return not_yet
    is_within_grace = late.minutes <= GRACE_MINUTES
    spoken = lane_phrases.LATE_IS_FINE if is_within_grace else lane_phrases.TOO_LATE
    return ToolResult("ok", spoken, {"within_grace": is_within_grace})


def _visit_of_today(desk: Desk) -> Appointment | None:
    """That of whom the number belongs to, the next one; only for staff to see, for a number proves nothing."""
    caller, zone = desk.conversation.caller, desk.store.zone
    if caller.customer_id is None or caller.is_confirmed is False:
        return None
    midnight = datetime.combine(desk.store.today(desk.now), time(0), tzinfo=zone)
    visits = (
        Appointment.objects.filter(
            rooftop=desk.call.rooftop,
            customer_id=caller.customer_id,
            status__in=(Appointment.Status.BOOKED, Appointment.Status.CONFIRMED),
            arrives_at__gte=midnight,
            arrives_at__lt=midnight + timedelta(days=1),
        )
        .select_related("advisor", "rooftop")
        .order_by("arrives_at")
    )
    still_open = [visit for visit in visits if visit.arrives_at >= desk.now - timedelta(hours=2)]
    return next(iter(still_open or visits), None)
