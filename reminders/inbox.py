"""Texts that customers send: kept once, acted upon, and answered by texts of ours."""

from datetime import datetime, timedelta

from django.db import transaction

from crm import consent, phone
from crm.models import Consent, Customer, FollowUpTask, Phone, Rooftop
from reminders import replies, texts, wording
from reminders.models import Text
from reminders.replies import Reply
from scheduling import booking
from scheduling.models import Appointment
from scheduling.refusals import Refusal
from voice.callbacks import callback_due

Status = Text.Status

ACTOR = "customer, by text"
BY_TEXT = "text "  # how the source of what a text said begins, in the ledger of consent
THANKED_EVERY = timedelta(hours=1)
LONGEST_KEPT = 2000  # characters; a text of many segments has fewer
QUOTED = 200  # characters that a task repeats


@transaction.atomic
def receive(
    own_number: str, number: str, body: str, *, sid: str, answered_by_carrier: bool = False, now: datetime
) -> Text | None:
    """Keep a text to one of our numbers and do what it asks; a repeated SID changes nothing.

    None when it is for no store, or from what is no telephone. answered_by_carrier: the carrier
    has its own answer to stop, start and help words. All of it is written, or nothing is.
    """
    rooftop = Rooftop.objects.filter(numbers__number=own_number).first()
    if rooftop is None or not phone.is_valid(number) or not sid:
        return None
    about = _latest_sent(rooftop, number)
    customer = about.customer if about and about.customer else _only_customer(rooftop, number)
    text, is_new = Text.objects.get_or_create(
        key=f"received:{sid}"[:120],
        defaults={
            "rooftop": rooftop,
            "customer": customer,
            "appointment": about.appointment if about else _next_visit(customer),
            "direction": Text.Direction.INBOUND,
            "kind": Text.Kind.RECEIVED,
            "number": number,
            "body": body[:LONGEST_KEPT],
            "status": Status.RECEIVED,
            "sid": sid[:64],
            "created_at": now,
        },
    )
    if is_new:
        Phone.objects.get_or_create(number=number)  # under which staff find what was written
        _act(text, about, answered_by_carrier, now)
    return text


def _act(text: Text, about: Text | None, answered_by_carrier: bool, now: datetime) -> None:
    match replies.read(text.body):
        case Reply.STOP_WORD | Reply.STOP:
            _stop(text, now)
        case Reply.START:
            _start(text, now)
        case Reply.HELP if not answered_by_carrier:
            texts.answer(text, wording.help_(text.rooftop.name, texts.telephone_of(text.rooftop)), now=now)
        case Reply.HELP:
            pass
        case Reply.CONFIRM:
            _confirm(text, about, now)
        case Reply.CHANGE:
            _change(text, now)
        case Reply.OTHER:
            _pass_on(text, now)


# --- whom and what it is about ------------------------------------------------------------


def _latest_sent(rooftop: Rooftop, number: str) -> Text | None:
    """The last text about an appointment that went to this number: "1" is an answer to that one."""
    went = Text.objects.filter(
        rooftop=rooftop, number=number, direction=Text.Direction.OUTBOUND, appointment__isnull=False
    ).exclude(status__in=[Status.PENDING, Status.REFUSED, Status.FAILED])
    return went.select_related("customer", "appointment__rooftop").order_by("-sent_at", "-pk").first()


def _only_customer(rooftop: Rooftop, number: str) -> Customer | None:
    """Whose number it is; None when nobody's or a household's."""
    owners = list(Customer.objects.filter(rooftop=rooftop, phones__number=number)[:2])
    return owners[0] if len(owners) == 1 else None


def _next_visit(customer: Customer | None) -> Appointment | None:
    if customer is None:
        return None
    waiting = [Appointment.Status.BOOKED, Appointment.Status.CONFIRMED]
    return customer.appointments.filter(status__in=waiting).order_by("arrives_at").first()


# --- what it asks -------------------------------------------------------------------------


def _stop(text: Text, now: datetime) -> None:
    """No call and no text from now on, not even an answer to this one."""
    consent.revoke(text.rooftop, text.number, wording=text.body, source=f"{BY_TEXT}{text.sid}", now=now)


def _start(text: Text, now: datetime) -> None:
    """The carrier lets our texts through again, and says so itself.

    In a household it speaks for those who had stopped, not for who never agreed. It gives back what a STOP by
    text took, calls too; a no that was spoken stands.
    """
    owners = list(Customer.objects.filter(rooftop=text.rooftop, phones__number=text.number))
    for customer in owners:
        has_stopped = consent.latest(customer, text.number).get(Consent.Channel.SMS) is False
        if has_stopped or len(owners) == 1:
            consent.note(
                customer,
                text.number,
                True,
                wording=text.body,
                source=f"{BY_TEXT}{text.sid}",
                now=now,
                channels=_given_back(customer, text.number),
            )


def _given_back(customer: Customer, number: str) -> list[Consent.Channel]:
    of_calls = Consent.objects.filter(customer=customer, phone__number=number, channel=Consent.Channel.VOICE)
    before = of_calls.exclude(is_granted=False, source__startswith=BY_TEXT).order_by("-at", "-pk").first()
    if before and before.is_granted:
        return [Consent.Channel.SMS, Consent.Channel.VOICE]
    return [Consent.Channel.SMS]


def _confirm(text: Text, about: Text | None, now: datetime) -> None:
    appointment = text.appointment
    if appointment is None or not _is_ahead(appointment, now):
        _pass_on(text, now)
        return
    if about and about.appointment_id == appointment.pk and not texts.is_still_true(about, appointment):
        texts.answer(text, wording.as_it_stands(texts.visit_of(appointment)), now=now)
        return
    try:
        booking.confirm(appointment, actor=ACTOR, now=now, version=appointment.version)
    except Refusal:
        _pass_on(text, now)
        return
    texts.answer(text, wording.confirmed(texts.visit_of(appointment)), now=now)


def _change(text: Text, now: datetime) -> None:
    """They find another time on the page of their appointment, or cancel there."""
    appointment = text.appointment
    if appointment is None or not _is_ahead(appointment, now):
        _promise_callback(text, now)
        _thank(text, wording.nothing_to_change(text.rooftop.name), now)
        return
    texts.answer(text, wording.change_here(texts.visit_of(appointment)), now=now)


def _is_ahead(appointment: Appointment, now: datetime) -> bool:
    waits = appointment.status in (Appointment.Status.BOOKED, Appointment.Status.CONFIRMED)
    return waits and now < appointment.arrives_at


def _pass_on(text: Text, now: datetime) -> None:
    """A person reads it."""
    _promise_callback(text, now)
    _thank(text, wording.somebody_will_call(text.rooftop.name), now)


def _promise_callback(text: Text, now: datetime) -> None:
    """One open task a number: what is texted on is added to it."""
    said = f"Texted: “{text.body[:QUOTED]}”" if text.body.strip() else "Texted a picture."
    task = (
        FollowUpTask.objects.select_for_update(of=("self",))
        .filter(
            rooftop=text.rooftop,
            kind=FollowUpTask.Kind.CALLBACK,
            phone_number=text.number,
            call_sid="",
            done_at=None,
        )
        .first()
    )
    if task:
        task.summary = f"{task.summary} {said}"[:500]
        task.save(update_fields=["summary"])
        return
    FollowUpTask.objects.create(
        rooftop=text.rooftop,
        kind=FollowUpTask.Kind.CALLBACK,
        phone_number=text.number,
        customer=text.customer,
        summary=said,
        due_at=callback_due(text.rooftop, now=now),
    )


def _thank(text: Text, body: str, now: datetime) -> None:
    """Politely, but not at every message: what answers may be a machine, too."""
    recent = Text.objects.filter(
        rooftop=text.rooftop,
        number=text.number,
        kind=Text.Kind.ANSWER,
        created_at__gt=now - THANKED_EVERY,
    )
    if not recent.exists():
        texts.answer(text, body, now=now)
