"""One reminder is carried out: its text written, or its call placed.

Whatever was true when it was planned is read again under the claim, immediately before anything leaves.
`dialing` is committed before the carrier is asked, and from then on the attempt is never made again: if
this process dies, or the carrier does not say what it did, a callback or the carrier's list of calls
must show what became of it (outcomes.py).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from crm import consent, faults, phone
from crm.models import Consent, Phone
from reminders import due, outcomes, planning, reassigned, texts
from reminders.models import Reminder, Text
from scheduling.models import Appointment
from voice import providers
from voice.ports import Dialer, ProviderError, Unsure

log = logging.getLogger(__name__)

State = Reminder.State
AGAIN_AFTER = timedelta(minutes=5)  # a carrier that certainly rang nobody
PER_APPOINTMENT = 2
PER_NUMBER = 3
NUMBER_RESTS = timedelta(days=30)
TEXT_KINDS = {
    Reminder.Kind.CONFIRMATION: Text.Kind.CONFIRMATION,
    Reminder.Kind.TEXT: Text.Kind.REMINDER,
    Reminder.Kind.CHANGE: Text.Kind.CHANGE,
}


class Refused(Exception):
    """It must not be told; the sentence says why, for staff. later: but it may be then."""

    def __init__(self, why: str, *, later: datetime | None = None) -> None:
        super().__init__(why)
        self.why, self.later = why, later


class TooLate(Refused):
    """It should have been told, and nobody managed to in time."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the carrier is asked to do for one attempt."""

    reminder: Reminder
    to: str
    own_number: str


def carry_out(pk: int, *, clock: Callable[[], datetime]) -> None:
    """Carry out a claimed reminder; one that is not claimed any more is left alone. Blocks for up to 5 s."""
    order = take(pk, now=clock())
    if order:
        ring(order, now=clock())


# --- under the claim ----------------------------------------------------------------------


def take(pk: int, *, now: datetime) -> Order | None:
    """Write the text, or commit that the call is being dialled; None when nothing is to be rung."""
    with transaction.atomic():
        reminder = claimed(pk)
        if reminder is None:
            return None
        try:
            if reminder.kind == Reminder.Kind.CALL:
                return _to_be_rung(reminder, now)
            _write(reminder, now)
        except TooLate as late:
            outcomes.missed(reminder, late.why, now=now)
        except Refused as refused:
            _put_off(reminder, refused)
    return None


def claimed(pk: int) -> Reminder | None:
    """The reminder, locked; None when it is not claimed, or somebody else is at it."""
    rows = Reminder.objects.select_for_update(skip_locked=True, of=("self",))
    rows = rows.select_related("appointment__rooftop", "appointment__customer", "appointment__vehicle")
    return rows.filter(pk=pk, state=State.CLAIMED).first()


def _to_be_rung(reminder: Reminder, now: datetime) -> Order:
    number = number_for(reminder, now=now)
    reminder.state, reminder.number, reminder.dialed_at = State.DIALING, number, now
    reminder.reason, reminder.claimed_until = "", None
    reminder.save(update_fields=["state", "number", "dialed_at", "reason", "claimed_until"])
    return Order(reminder, number, texts.own_number(reminder.appointment.rooftop))


def number_for(reminder: Reminder, *, now: datetime) -> str:
    """The number that this call may ring now. Within a transaction. Raises Refused."""
    _check_promise(reminder)
    number = number_to_ring(reminder.appointment, now=now)
    # Two visits of one household must not ring it at once: the second waits here, and counts the first.
    Phone.objects.select_for_update().get(number=number)
    _check_attempts(reminder, number, now)
    _check_hour(reminder.appointment, number, now)
    return number


def _check_hour(appointment: Appointment, number: str, now: datetime) -> None:
    """After whether they may be rung at all: nobody is asked to call who wants no calls."""
    until = appointment.arrives_at - due.LAST_CALL_BEFORE
    if now > until:
        raise TooLate("Too late to ring: nobody is rung in the two hours before a visit.")
    decent = due.next_decent(now, until, planning.zones_for(appointment, number), planning.rules().hours)
    if decent is None:
        raise TooLate("Too late to ring: no decent hour was left before the visit.")
    if decent > now:
        raise Refused("It is too early or too late in the day.", later=decent)


def _check_promise(reminder: Reminder) -> None:
    appointment = reminder.appointment
    if appointment.arrives_at != reminder.arrives_at:
        raise Refused("The appointment was moved.")
    expected = list(planning.EXPECTED)
    if reminder.kind == Reminder.Kind.CHANGE:
        expected.append(Appointment.Status.CANCELLED)
    if appointment.status not in expected:
        raise Refused(f"The appointment is {appointment.status}.")


def number_to_ring(appointment: Appointment, *, now: datetime) -> str:
    """The customer's first stored number at which automated calls are welcome. Raises Refused."""
    stored = list(appointment.customer.phones.order_by("pk").values_list("number", flat=True))
    allowed = [number for number in stored if phone.may_be_dialled(number)]
    if not allowed:
        raise Refused("No number is on file that the desk may dial.")
    if settings.YOUR_TEST_NUMBER:
        allowed = [number for number in allowed if number == settings.YOUR_TEST_NUMBER]
        if not allowed:
            raise Refused("YOUR_TEST_NUMBER is set: nobody else is rung.")
    customer = appointment.customer
    said = {number: consent.latest(customer, number).get(Consent.Channel.VOICE) for number in allowed}
    welcome = [number for number, is_welcome in said.items() if is_welcome]
    for number in welcome:
        if not reassigned.may_be_somebodys(customer, number, now=now):
            return number
    if welcome:
        raise Refused(reassigned.why())
    raise Refused("Opted out of calls." if False in said.values() else "No consent to automated calls.")


def _check_attempts(reminder: Reminder, number: str, now: datetime) -> None:
    rung = Reminder.objects.filter(dialed_at__isnull=False).exclude(pk=reminder.pk)
    at_number = rung.filter(number=number)
    zone = reminder.appointment.rooftop.zone
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    if at_number.filter(dialed_at__gte=midnight).exists():
        raise Refused("This number was rung today already; once a day is the most.")
    if rung.filter(appointment=reminder.appointment).count() >= PER_APPOINTMENT:
        raise Refused("This appointment was rung for twice already; that is the most.")
    if at_number.filter(dialed_at__gte=now - NUMBER_RESTS).count() >= PER_NUMBER:
        raise Refused("This number was rung three times in 30 days; that is the most.")


def _write(reminder: Reminder, now: datetime) -> None:
    _check_promise(reminder)
    if now > reminder.appointment.arrives_at:
        raise TooLate("It was too late.")
    kind = TEXT_KINDS[Reminder.Kind(reminder.kind)]
    reminder.text = texts.write(reminder.appointment, kind, key=outcomes.key_of(reminder), now=now)
    reminder.state, reminder.claimed_until = State.WRITTEN, None
    reminder.save(update_fields=["text", "state", "claimed_until"])


def give_up(pk: int, *, now: datetime) -> None:
    """It broke, and the visit is near: it is not tried again. A visit farther off: its claim lapses."""
    with transaction.atomic():
        reminder = claimed(pk)
        if reminder and now > reminder.appointment.arrives_at - due.LAST_CALL_BEFORE:
            outcomes.missed(reminder, "It could not be carried out.", now=now)


def _put_off(reminder: Reminder, refused: Refused) -> None:
    reminder.state = State.PENDING if refused.later else State.SKIPPED
    reminder.due_at = refused.later or reminder.due_at
    reminder.reason, reminder.claimed_until = refused.why, None
    reminder.save(update_fields=["state", "due_at", "reason", "claimed_until"])


# --- the request leaves -------------------------------------------------------------------


def ring(order: Order, *, now: datetime) -> None:
    """Ask the carrier, outside of any transaction, and record what it said."""
    reminder = order.reminder
    dialer = providers.make_dialer()
    try:
        sid = _ring(dialer, order)
    except Unsure as error:
        log.warning("reminder %s: whether it rings is not known: %s", reminder.pk, error)
    except ProviderError as error:
        _not_rung(reminder, error, now)
    else:
        record(reminder, sid)


def _ring(dialer: Dialer, order: Order) -> str:
    return dialer.ring(
        order.to,
        own_number=order.own_number,
        answer_path=_path("outbound-reminder", order.reminder),
        status_path=_path("reminder-status", order.reminder),
        machine_path=_path("amd-result", order.reminder),
    )


def _path(name: str, reminder: Reminder) -> str:
    """An address of ours that names the attempt: whoever is called back there knows that it took place."""
    which = {
        "appointment_id": reminder.appointment_id,
        "attempt": reminder.attempt,
        "token": reminder.token,
    }
    return f"{reverse(name)}?{urlencode(which)}"


def record(reminder: Reminder, sid: str) -> None:
    """The carrier rings; a callback may have told so already."""
    Reminder.objects.filter(pk=reminder.pk, state=State.DIALING).update(state=State.PLACED, sid=sid[:64])


def _not_rung(reminder: Reminder, error: ProviderError, now: datetime) -> None:
    """The carrier certainly rang nobody: again in a while, or never."""
    log.warning("reminder %s was not placed: %s", reminder.pk, error)
    faults.record(
        faults.Source.CARRIER,
        "reminder",
        "The carrier did not place a reminder call.",
        rooftop=reminder.appointment.rooftop,
    )
    if not error.retryable:
        outcomes.never_rung(reminder, "The carrier refused to ring this number.", now=now)
        return
    Reminder.objects.filter(pk=reminder.pk, state=State.DIALING).update(
        state=State.PENDING,
        due_at=now + AGAIN_AFTER,
        dialed_at=None,
        number="",
        reason="The carrier could not be asked; it is tried again.",
    )
