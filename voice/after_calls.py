"""After a call: what it was about and what came of it, in two or three sentences, and what was wrong.

All of it from what is kept. No model writes the summary, so nothing stands in it that did not happen.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from crm.models import FollowUpTask, SystemFault
from scheduling.models import Appointment, AppointmentLine, OpCode
from voice import calls, claim_check, counted, sentiment, transfers, watchdog
from voice.conversation import saying
from voice.conversation.redaction import mask_cards_across
from voice.conversation.states import Conversation, Ending, Intent
from voice.costs import cost_of
from voice.models import Call, ToolCall, Turn
from voice.tools.registry import UNSURE
from voice.tools.store import load_store
from voice.transcript import slowest_of

AT_ONCE = 200
LOOKED_BACK = timedelta(days=2)
WON_BACK_WITHIN = timedelta(days=1)
LONGEST = 600  # characters

WANTED = {
    Intent.BOOK: "Wanted an appointment",
    Intent.CANCEL: "Wanted to cancel",
    Intent.RESCHEDULE: "Wanted another day",
    Intent.CHECK: "Asked about an appointment",
    Intent.SERVICE_INQUIRY: "Asked for a price",
    Intent.HOURS_INQUIRY: "Asked for hours or the address",
    Intent.PERSON: "Asked for a person",
    Intent.READY: "Asked whether the car is ready",
    Intent.SYMPTOM: "Something is wrong with the car",
    Intent.RECALL: "Asked about recalls",
    Intent.TOW: "Asked about a tow or the key drop",
    Intent.RIDE: "Asked how to get around meanwhile",
    Intent.LATE: "Runs late",
    Intent.APPROVE: "Called about work to be approved",
    Intent.DECLINE: "Called about work to be declined",
    Intent.DUE: "Asked what is due",
    Intent.WARRANTY: "Asked about the warranty",
    Intent.HISTORY: "Asked about past work",
    Intent.CAR_QUESTION: "Had a question about cars",
    Intent.PARTS: "Asked for parts",
    Intent.SALES: "Asked for sales",
    Intent.BILL: "Called about a bill",
    Intent.COMPLAINT: "Complained",
    Intent.STOP_CALLING: "Wants no calls",
    Intent.WAITLIST: "Wanted to be on the waitlist",
    Intent.MESSAGE: "Left a message",
    Intent.LANGUAGE: "Asked for another language",
}
ENDED = {
    Call.Outcome.HUNG_UP: "Hung up.",
    Call.Outcome.FAILED: "The call broke off.",
}


def look_back(*, now: datetime) -> int:
    """Look at every call that has ended and has no summary yet; how many that were."""
    waiting = _waiting(now)[:AT_ONCE]
    for call in waiting:
        _mask_cards(call)
        wrong = claim_check.contradictions(call)
        Call.objects.filter(pk=call.pk).update(
            summary=summary_of(call),
            slowest_ms=slowest_of(call.turns.all()),
            failures=failures(call),
            contradictions=len(wrong),
            false_confirmations=sum(each.kind == claim_check.VISIT for each in wrong),
            **_counts(call),
        )
    won_back(now=now)
    return len(waiting)


def _mask_cards(call: Call) -> None:
    """Each turn was masked as it was kept; a number may have been said in two."""
    turns = list(call.turns.filter(speaker=Turn.Speaker.CALLER).order_by("number"))
    for turn, text in zip(turns, mask_cards_across([turn.text for turn in turns]), strict=True):
        if text != turn.text:
            call.turns.filter(pk=turn.pk).update(text=text)


def _counts(call: Call) -> dict[str, Any]:
    """What the dashboard counts the call as: kept beside it, for what was said is forgotten one day."""
    conversation = transfers.conversation_of(call)
    is_open = load_store(call.rooftop, now=call.started_at).is_open_at(call.started_at)
    said = [turn.text for turn in call.turns.all() if turn.speaker == Turn.Speaker.CALLER]
    return {
        "errand": conversation.intent,
        "has_booked": _booked_by(call).exists(),
        "wanted_person": conversation.ending is Ending.TRANSFER or watchdog.is_transferred(call),
        "was_after_hours": not is_open,
        "cost": Decimal(cost_of(call).dollars).quantize(Decimal("0.0001")),
        "revenue": _worth(call),
        "sentiment": sentiment.sentiment_of(call, said, conversation.intent),
    }


def _booked_by(call: Call) -> QuerySet[ToolCall]:
    return call.tool_calls.filter(name="book_appointment", code="ok")


def _worth(call: Call) -> Decimal | None:
    """The middle of the prices of what it booked, in US dollars; None when that is nothing with a price."""
    lines = AppointmentLine.objects.filter(appointment__in=_booked_by(call).values("appointment"))
    prices = lines.aggregate(least=Sum("price_min"), most=Sum("price_max"))
    if prices["most"] is None:
        return None
    return Decimal(prices["least"] + prices["most"]) / 2


def failures(call: Call) -> int:
    """How often something failed this call: a provider, a tool, or a model that said what is not so."""
    faults = SystemFault.objects.filter(call_sid=call.sid).count()
    tools = call.tool_calls.filter(code__in=UNSURE).count()
    return faults + tools + call.usages.exclude(error="").count() + call.defects.count()


def won_back(*, now: datetime) -> int:
    """Note of calls that came to nothing whose caller was won back since, within a day; how many those are."""
    later = Call.objects.filter(
        counted.is_settled(),
        rooftop=OuterRef("rooftop"),
        caller_number=OuterRef("caller_number"),
        started_at__gt=OuterRef("ended_at"),
        started_at__lt=OuterRef("ended_at") + WON_BACK_WITHIN,
    ).exclude(Q(caller_number="") | Q(purpose=Call.Purpose.REMINDER))
    booked = Appointment.objects.filter(
        customer=OuterRef("customer"),
        created_at__gt=OuterRef("ended_at"),
        created_at__lt=OuterRef("ended_at") + WON_BACK_WITHIN,
    )
    missed = Call.objects.filter(
        counted.counted_as("missed"), was_recovered=False, started_at__gt=now - LOOKED_BACK
    )
    return missed.filter(Exists(later) | Exists(booked)).update(was_recovered=True)


def _waiting(now: datetime) -> QuerySet[Call]:
    ended = Call.objects.filter(summary="", ended_at__gt=now - LOOKED_BACK)
    return ended.select_related("rooftop", "customer", "appointment__rooftop").order_by("ended_at")


def summary_of(call: Call) -> str:
    conversation = transfers.conversation_of(call)
    sentences = [
        _rung_about(call),
        _wanted(call, conversation),
        *(_written(appointment) for appointment in calls.written_by(call)),
        *_promised(call),
        ENDED.get(Call.Outcome(call.outcome), ""),
    ]
    return " ".join(sentence for sentence in sentences if sentence)[:LONGEST] or "Nothing was said."


def _rung_about(call: Call) -> str:
    if call.direction != Call.Direction.OUTBOUND:
        return ""
    visit = call.appointment
    about = f" about {saying.say_moment(visit.local_arrival)}" if visit else ""
    return f"We rang{about}: {call.get_outcome_display().lower()}."


def _wanted(call: Call, conversation: Conversation) -> str:
    slots = conversation.slots
    codes = OpCode.objects.filter(rooftop=call.rooftop, code__in=slots.services).order_by("code")
    about = [saying.say_list([item.name for item in codes])] if codes else []
    if slots.vehicle:
        about.append(str(slots.vehicle))
    wanted = WANTED.get(conversation.intent, "")
    if not (wanted or about):
        return ""
    said = f"{wanted or 'Talked'}{': ' if about else ''}{', '.join(about)}."
    return f"{said} “{slots.concern.strip()}”" if slots.concern else said


def _written(appointment: Appointment) -> str:
    """As it stands now: a call may book and then move."""
    deed = "Cancelled" if appointment.status == Appointment.Status.CANCELLED else "Booked"
    moment = saying.say_moment(appointment.local_arrival)
    return f"{deed}: {moment}, number {appointment.confirmation_number}."


def _promised(call: Call) -> list[str]:
    tasks = FollowUpTask.objects.filter(call_sid=call.sid).order_by("pk")
    return [f"{task.get_kind_display()}: {task.summary.rstrip('. ')}." for task in tasks]
