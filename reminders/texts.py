"""Texts to customers: what is written, whether it may be sent, and sending it once.

    pending → sending → queued → sent → delivered | undelivered | failed
       |         └→ unknown                  (what the carrier says: reminders/delivery.py)
       └→ refused

A text is written beside what it tells of, and sent by a task. Sending is committed before the request
leaves; whoever dies then, or hears no answer, leaves a text that is never sent again. A person is asked
to see to it instead.
"""

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from crm import consent, errands, phone
from crm.models import Consent, Customer, Rooftop, RooftopNumber
from reminders import delivery, due, reassigned, visit_links, wording
from reminders.models import Text
from scheduling.models import Appointment
from voice import providers
from voice.ports import OptedOut, ProviderError, Unsure

Kind, Status = Text.Kind, Text.Status

AT_ONCE = 200  # texts that one run looks at
RUN_SECONDS = 60.0  # after which it leaves the rest to the next one
MOST_ANSWERS_A_DAY = 20  # to one number: who writes more often is perhaps a machine, and each one costs
ANSWERS_WITHIN = timedelta(hours=1)  # later nobody remembers the question
REPLIES_WITHIN = timedelta(days=7)  # of their own text, a person may write back
LATE_AFTER = timedelta(minutes=5)
GIVES_UP_AFTER = timedelta(minutes=30)  # of a carrier that cannot be reached

NO_NUMBER = "No telephone number is stored."
NOT_THE_TEST_NUMBER = "YOUR_TEST_NUMBER is set: only that number is texted."
NOT_DIALLED = "Numbers like this one are not texted."
NO_OWN_NUMBER = "The store has no telephone number to text from."
OPTED_OUT = "They want no texts."
NOT_AGREED = "They have not agreed to texts."
NOT_THEIRS = "The number is no longer stored for this customer."
CHANGED = "The appointment was changed after this was written."
TOO_MANY = "This number was answered often enough today."
TOO_LATE = "It was too late for it."


# --- writing ------------------------------------------------------------------------------


@transaction.atomic
def write(appointment: Appointment, kind: Text.Kind, *, key: str, now: datetime) -> Text:
    """Write a text about this appointment, to be sent soon; a repeated key returns the first one.

    Whether it may be sent is asked when it is sent. Raises ValueError for a kind that is no news.
    """
    earlier = Text.objects.filter(key=key).first()
    if earlier:
        return earlier
    number = number_of(appointment.customer)
    body = _body(appointment, kind)
    if number and _is_first(appointment.rooftop, number):
        body = f"{body} {wording.OPT_OUT}"
    return _keep(
        key,
        kind,
        body,
        rooftop=appointment.rooftop,
        customer=appointment.customer,
        appointment=appointment,
        number=number,
        created_at=now,
        status=Status.PENDING if number else Status.REFUSED,
        reason="" if number else NO_NUMBER,
    )


def answer(received: Text, body: str, *, now: datetime) -> Text:
    """Answer a text that came in, once."""
    return _keep(
        f"answer:{received.pk}",
        Kind.ANSWER,
        body,
        rooftop=received.rooftop,
        customer=received.customer,
        appointment=received.appointment,
        number=received.number,
        created_at=now,
    )


def by_hand(rooftop: Rooftop, number: str, body: str, *, author: str, key: str, now: datetime) -> Text:
    """Write what a person of the store typed; a repeated key returns the first one. Raises NotSent.

    Who may not be texted is refused before anything is written, with a sentence for the writer. The same
    rules are asked again when it is sent.
    """
    earlier = Text.objects.filter(key=key).first()
    if earlier:
        return earlier
    draft = Text(rooftop=rooftop, number=number, kind=Kind.BY_HAND, created_at=now)
    if why := refusal(draft, now=now):
        raise NotSent(why)
    if _is_first(rooftop, number):
        body = f"{body} {wording.OPT_OUT}"
    customers = list(rooftop.customers.filter(phones__number=number)[:2])
    only = customers[0] if len(customers) == 1 else None
    return _keep(
        key,
        Kind.BY_HAND,
        body,
        rooftop=rooftop,
        customer=only,
        number=number,
        author=author,
        created_at=now,
    )


def _keep(key: str, kind: Text.Kind, body: str, **fields: object) -> Text:
    text, is_new = Text.objects.get_or_create(
        key=key,
        defaults={
            "direction": Text.Direction.OUTBOUND,
            "kind": kind,
            "body": wording.plain(body),
            **fields,
        },
    )
    if is_new and text.status == Status.PENDING:
        errands.run_soon("reminders.tasks.send_text", text.pk)
    return text


def number_of(customer: Customer) -> str:
    """The stored number to text: one that they agreed to, else the oldest; "" when there is none."""
    numbers = list(customer.phones.order_by("pk").values_list("number", flat=True))
    agreed = (number for number in numbers if consent.latest(customer, number).get(Consent.Channel.SMS))
    return next(agreed, numbers[0] if numbers else "")


def visit_of(appointment: Appointment) -> wording.Visit:
    """What a text may say of an appointment."""
    first_name = appointment.customer.first_name
    return wording.Visit(
        store=appointment.rooftop.name,
        first_name="" if first_name == "Unknown" else first_name,
        arrives_at=appointment.local_arrival,
        link=visit_links.address_of(appointment),
        telephone=telephone_of(appointment.rooftop),
    )


def telephone_of(rooftop: Rooftop) -> str:
    """The store's number as people write it; "" when it has none."""
    number = own_number(rooftop)
    return phone.display(number) if number else ""


def own_number(rooftop: Rooftop) -> str:
    """The number that texts come from, and replies come to; "" when the store has none."""
    ours = rooftop.numbers.order_by("pk").first()
    return ours.number if ours else ""


def _body(appointment: Appointment, kind: Text.Kind) -> str:
    visit = visit_of(appointment)
    match kind:
        case Kind.CONFIRMATION:
            return wording.booked(visit)
        case Kind.REMINDER:
            return wording.reminder(visit)
        case Kind.CHANGE if appointment.status == Appointment.Status.CANCELLED:
            return wording.cancelled(visit)
        case Kind.CHANGE:
            return wording.moved(visit)
        case Kind.CALLBACK:
            return wording.callback(visit)
    raise ValueError(f"{kind} is nothing to write about an appointment")


def _is_first(rooftop: Rooftop, number: str) -> bool:
    never_went = [Status.REFUSED, Status.FAILED]
    earlier = Text.objects.filter(rooftop=rooftop, number=number, direction=Text.Direction.OUTBOUND)
    return not earlier.exclude(status__in=never_went).exists()


class NotSent(Exception):
    """A text that a person typed may not go; the message says why."""


# --- may it be sent? ----------------------------------------------------------------------


def must_wait(text: Text, *, now: datetime) -> bool:
    """Reminders come by day, on every clock that may be theirs; news and answers come at once."""
    is_reminder = text.kind in (Kind.REMINDER, Kind.CALLBACK)
    if not (is_reminder and phone.may_be_dialled(text.number)):
        return False
    zones = [text.rooftop.zone, *due.zones_of(text.number)]
    return due.next_decent(now, now, zones, due.OUTER) != now


def comes_before(appointment: Appointment, number: str, *, now: datetime) -> bool:
    """Is an hour left before the visit at which this number may be sent a reminder?"""
    zones = [appointment.rooftop.zone, *(due.zones_of(number) if number else ())]
    return due.next_decent(now, appointment.arrives_at - due.LEEWAY, zones, due.OUTER) is not None


def refusal(text: Text, *, now: datetime) -> str:
    """Why this text may not be sent as things stand now; "" when it may."""
    if settings.YOUR_TEST_NUMBER not in ("", text.number):
        return NOT_THE_TEST_NUMBER
    # The store's own number stands in many files for "has none": our texts would come back to us.
    is_ours = RooftopNumber.objects.filter(number=text.number).exists()
    if is_ours or not phone.may_be_dialled(text.number):
        return NOT_DIALLED
    if not own_number(text.rooftop):
        return NO_OWN_NUMBER
    if text.kind == Kind.ANSWER:
        return _refusal_of_answer(text, now)
    if text.kind == Kind.BY_HAND:
        return _refusal_by_hand(text, now)
    return _refusal_of_news(text, now)


def _refusal_by_hand(text: Text, now: datetime) -> str:
    """A person writes to whoever agreed to texts, or wrote to the store lately; never after a stop."""
    if consent.is_revoked(text.rooftop, text.number, Consent.Channel.SMS):
        return OPTED_OUT
    said = Consent.objects.filter(
        customer__rooftop=text.rooftop,
        customer__phones__number=text.number,
        phone__number=text.number,
        channel=Consent.Channel.SMS,
    )
    if said.exists():
        return ""  # the newest of them is no stop
    wrote = Text.objects.filter(
        rooftop=text.rooftop,
        number=text.number,
        direction=Text.Direction.INBOUND,
        created_at__gt=now - REPLIES_WITHIN,
    )
    return "" if wrote.exists() else NOT_AGREED


def _refusal_of_answer(text: Text, now: datetime) -> str:
    """Who writes to us is answered, unless they said stop."""
    if consent.is_revoked(text.rooftop, text.number, Consent.Channel.SMS):
        return OPTED_OUT
    if _answers_today(text, now) > MOST_ANSWERS_A_DAY:
        return TOO_MANY
    return TOO_LATE if now > text.created_at + ANSWERS_WITHIN else ""


def _answers_today(text: Text, now: datetime) -> int:
    """Of those that went, or may have gone; this one counts too."""
    today = Text.objects.filter(number=text.number, kind=Kind.ANSWER, created_at__gt=now - timedelta(days=1))
    return today.exclude(status__in=[Status.REFUSED, Status.FAILED]).count()


def _refusal_of_news(text: Text, now: datetime) -> str:
    customer, appointment = text.customer, text.appointment
    if customer is None or not customer.phones.filter(number=text.number).exists():
        return NOT_THEIRS
    is_granted = consent.latest(customer, text.number).get(Consent.Channel.SMS)
    if is_granted is None:
        return NOT_AGREED
    if not is_granted:
        return OPTED_OUT
    if reassigned.may_be_somebodys(customer, text.number, now=now):
        return reassigned.why()
    if appointment is None or not is_still_true(text, appointment):
        return CHANGED
    return TOO_LATE if now >= appointment.arrives_at else ""


def is_still_true(text: Text, appointment: Appointment) -> bool:
    """Does the appointment stand as this text tells it?"""
    if wording.IS_CANCELLED in text.body:
        return appointment.status == Appointment.Status.CANCELLED
    is_ahead = appointment.status in (Appointment.Status.BOOKED, Appointment.Status.CONFIRMED)
    return is_ahead and wording.when(appointment.local_arrival) in text.body


# --- sending ------------------------------------------------------------------------------


def send_due(*, now: datetime) -> None:
    """Send what waits, the oldest first, and see to what nobody has heard of any more.

    A carrier that cannot be reached is asked again by the next run.
    """
    delivery.see_to_unknown(now=now)
    waiting = Text.objects.filter(status=Status.PENDING, created_at__lte=now).order_by("created_at", "pk")
    ends_at = time.monotonic() + RUN_SECONDS
    for pk in waiting.values_list("pk", flat=True)[:AT_ONCE]:
        if time.monotonic() > ends_at or not send(pk, now=now):
            return


def late(*, now: datetime) -> int:
    """How many should have gone LATE_AFTER ago; reminders may be waiting for the morning."""
    waiting = Text.objects.filter(status=Status.PENDING, created_at__lt=now - LATE_AFTER)
    return waiting.exclude(kind__in=[Kind.REMINDER, Kind.CALLBACK]).count()


def send(text_id: int, *, now: datetime) -> bool:
    """Send this text if it still waits and may be sent. False when the carrier cannot be asked now."""
    text = _claim(text_id, now)
    if text is None:
        return True
    try:
        sid = providers.make_texter().text(
            text.number,
            text.body,
            own_number=own_number(text.rooftop),
            status_path=f"{reverse('sms-status')}?text={text.pk}",
        )
    except OptedOut as error:
        _keep_opt_out(text, str(error), now)
    except Unsure as error:
        delivery.settle(text, Status.UNKNOWN, str(error))
    except ProviderError as error:
        return _put_off(text, error, now)
    else:
        delivery.handed_over(text, sid)
    return True


def _claim(text_id: int, now: datetime) -> Text | None:
    """Take the text for sending: committed before the request leaves, and by one process only."""
    with transaction.atomic():
        text = (
            Text.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("rooftop", "customer", "appointment__rooftop")
            .filter(pk=text_id, status=Status.PENDING)
            .first()
        )
        if text is None or must_wait(text, now=now):
            return None
        text.reason = refusal(text, now=now)
        text.status = Status.REFUSED if text.reason else Status.SENDING
        text.sent_at = None if text.reason else now
        text.save(update_fields=["status", "reason", "sent_at"])
        return None if text.reason else text


def _keep_opt_out(text: Text, said: str, now: datetime) -> None:
    """The carrier knows of a STOP that never reached us: it holds for calls, too."""
    with transaction.atomic():
        consent.revoke(text.rooftop, text.number, wording=said, source=f"text {text.pk}", now=now)
        delivery.settle(text, Status.REFUSED, OPTED_OUT)


def _put_off(text: Text, error: ProviderError, now: datetime) -> bool:
    """Certainly not sent. Again later where that may help."""
    if error.retryable and now < text.created_at + GIVES_UP_AFTER:
        delivery.settle(text, Status.PENDING, str(error))
        return False
    with transaction.atomic():
        delivery.settle(text, Status.FAILED, str(error))
        delivery.tell_staff(text.pk, now=now)
    return True
