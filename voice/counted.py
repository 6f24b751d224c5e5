"""What calls count as: one table for the dashboard's figures and for the list of calls behind each.

Only calls that have ended count. `counted_as(name)` selects exactly the calls that a figure has counted.
"""

from django.db.models import DateField, DateTimeField, F, Func, IntegerField, Q, QuerySet
from django.db.models.functions import Cast

from scheduling.models import Appointment
from voice.conversation.states import Intent
from voice.models import Call, ToolCall

# Errands that an answer settles; the others need something to be written.
ANSWERED_BY_WORDS = (
    *(Intent.CHECK, Intent.SERVICE_INQUIRY, Intent.HOURS_INQUIRY, Intent.READY, Intent.RECALL, Intent.TOW),
    *(Intent.RIDE, Intent.DUE, Intent.WARRANTY, Intent.HISTORY, Intent.CAR_QUESTION, Intent.LATE),
    *(Intent.WAITLIST, Intent.STOP_CALLING),
)
WRITTEN = (Call.Outcome.BOOKED, Call.Outcome.MOVED, Call.Outcome.CANCELLED, Call.Outcome.CONFIRMED)
CAME_TO_NOTHING = (Call.Outcome.HUNG_UP, Call.Outcome.FAILED)
CAME = (Appointment.Status.CHECKED_IN, Appointment.Status.COMPLETED)
# Names that count by the visits which calls have booked, on the days of those visits.
BY_VISIT = {"due": (*CAME, Appointment.Status.NO_SHOW), "came": CAME}

NO_VERSION = "none"  # nobody answered, or the process ended before it was noted

_ENDED = Q(ended_at__isnull=False)
_CALLERS = _ENDED & Q(direction=Call.Direction.INBOUND)
_ANSWERED = _CALLERS & Q(stream_opened_at__isnull=False)
_BOOKED = _ANSWERED & (Q(has_booked=True) | Q(outcome=Call.Outcome.BOOKED))
_GOAL_MET = Q(outcome__in=WRITTEN) | Q(outcome=Call.Outcome.NO_BOOKING, errand__in=ANSWERED_BY_WORDS)
_HANDED_OVER = _ANSWERED & (Q(wanted_person=True) | Q(outcome=Call.Outcome.TRANSFERRED))
_UNANSWERED = Q(stream_opened_at__isnull=True) & ~Q(outcome=Call.Outcome.TRANSFERRED)
_MISSED = _CALLERS & (Q(outcome__in=CAME_TO_NOTHING) | _UNANSWERED)
_REMINDED = _ENDED & Q(direction=Call.Direction.OUTBOUND, purpose=Call.Purpose.REMINDER)

LABELS = {
    "ended": "Every call that ended",
    "callers": "Callers",
    "answered": "Answered",
    "contained": "Settled without a person",
    "bookable": "Could have booked",
    "booked": "Booked a visit",
    "handed_over": "To be put through",
    "put_through": "Put through",
    "abandoned": "Hung up early",
    "missed": "Came to nothing",
    "recovered": "Came to nothing, then won back",
    "after_hours": "Booked while closed",
    "due": "Booked visit is over",
    "came": "Booked visit came",
    "reminded": "Reminder calls",
    "confirmed": "Reminder confirmed",
    "untrue": "Booking confirmed falsely",
    "valued": "Booked for a price",
    "measured": "Answer was timed",
    "priced": "Cost is known",
}


def counted_as(name: str) -> Q:
    """The rule of a name in LABELS, but for those in BY_VISIT."""
    rules = {
        "ended": _ENDED,
        "callers": _CALLERS,
        "answered": _ANSWERED,
        "contained": _ANSWERED & Q(wanted_person=False) & _GOAL_MET,
        "bookable": _BOOKED | _ANSWERED & Q(errand=Intent.BOOK),
        "booked": _BOOKED,
        "handed_over": _HANDED_OVER,
        "put_through": _HANDED_OVER & Q(outcome=Call.Outcome.TRANSFERRED),
        "abandoned": _CALLERS & Q(outcome=Call.Outcome.HUNG_UP),
        "missed": _MISSED,
        "recovered": _MISSED & Q(was_recovered=True),
        "after_hours": _BOOKED & Q(was_after_hours=True),
        "reminded": _REMINDED,
        "confirmed": _REMINDED & Q(outcome=Call.Outcome.CONFIRMED),
        "untrue": _ANSWERED & Q(false_confirmations__gt=0),
        "valued": _BOOKED & Q(revenue__isnull=False),
        "measured": _ENDED & Q(slowest_ms__isnull=False),
        "priced": _ENDED & Q(cost__isnull=False),
    }
    return rules[name]


def is_settled() -> Q:
    """Calls, of either side's making, that came to what was wanted or to a person."""
    return _ENDED & (_GOAL_MET | Q(outcome=Call.Outcome.TRANSFERRED))


def booked_visits(name: str) -> QuerySet[ToolCall]:
    """What calls have written that count as a name in BY_VISIT."""
    return ToolCall.objects.filter(
        name="book_appointment",
        code="ok",
        call__ended_at__isnull=False,
        appointment__status__in=BY_VISIT[name],
    )


def day_of(call: str = "", moment: str = "started_at") -> Cast:
    """The day of a moment on the clock of the call's store; call is the way to it, like "call__"."""
    return Cast(_store_time(call, moment), DateField())


def hour_of(call: str = "") -> Func:
    """The hour at which a call began on its store's clock, 0 to 23; call as for day_of."""
    template = "EXTRACT(hour FROM %(expressions)s)::int"
    return Func(_store_time(call, f"{call}started_at"), template=template, output_field=IntegerField())


def _store_time(call: str, moment: str) -> Func:
    zone = F(f"{call}rooftop__time_zone")
    return Func(zone, F(moment), function="timezone", output_field=DateTimeField())
