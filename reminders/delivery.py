"""What became of a text: the carrier's words, in whatever order they come, and a person where it failed."""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from crm import consent
from crm.models import FollowUpTask
from reminders import wording
from reminders.models import Text
from voice.callbacks import callback_due

log = logging.getLogger(__name__)

Status = Text.Status
UNHEARD_OF_AFTER = timedelta(minutes=10)
OPTED_OUT = "21610"  # the carrier's: they texted STOP
PERHAPS = "Perhaps not sent. Staff were asked to call."
# The carrier's words, as ours.
SAYS = {
    "accepted": Status.QUEUED,
    "scheduled": Status.QUEUED,
    "queued": Status.QUEUED,
    "sending": Status.QUEUED,
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.DELIVERED,
    "undelivered": Status.UNDELIVERED,
    "failed": Status.FAILED,
    "canceled": Status.FAILED,
}
# A status replaces only one of a lower rank: callbacks overtake each other. No end follows another.
RANK = {
    Status.PENDING: 0,
    Status.SENDING: 0,
    Status.UNKNOWN: 0,
    Status.QUEUED: 1,
    Status.SENT: 2,
    Status.DELIVERED: 3,
    Status.UNDELIVERED: 3,
    Status.FAILED: 3,
    Status.REFUSED: 3,
    Status.RECEIVED: 3,
}
NEWS = (
    *(Text.Kind.CONFIRMATION, Text.Kind.REMINDER, Text.Kind.CHANGE, Text.Kind.CALLBACK),
    Text.Kind.BY_HAND,
)


def settle(text: Text, status: Text.Status, reason: str) -> None:
    """Keep how sending ended, unless the carrier was quicker to tell."""
    Text.objects.filter(pk=text.pk, status=Status.SENDING).update(
        status=status,
        reason=reason[:200],
        sent_at=None if status == Status.PENDING else text.sent_at,
    )
    log.info("text %s: %s", text.pk, status)


def handed_over(text: Text, sid: str) -> None:
    """The carrier has it, under this SID."""
    Text.objects.filter(pk=text.pk, sid="").update(sid=sid[:64])
    settle(text, Status.QUEUED, "")


def note(sid: str, word: str, *, text_id: str = "", error_code: str = "", now: datetime) -> None:
    """Keep what the carrier says of a text. Words that make no sense are left out.

    text_id stood in the address that we gave: it finds a text whose sender died before it knew the SID.
    """
    status = SAYS.get(word)
    if status is None or not sid:
        return
    with transaction.atomic():
        text = _found(sid, text_id)
        if text is None or RANK[status] <= RANK[Status(text.status)]:
            return
        text.sid, text.status = sid[:64], status
        text.reason = f"The carrier's error {error_code}."[:200] if error_code else ""
        text.save(update_fields=["sid", "status", "reason"])
        if error_code == OPTED_OUT:
            consent.revoke(text.rooftop, text.number, wording=text.reason, source=f"text {text.sid}", now=now)
        elif status in (Status.UNDELIVERED, Status.FAILED):
            tell_staff(text.pk, now=now)


def _found(sid: str, text_id: str) -> Text | None:
    ours = Text.objects.select_for_update().filter(direction=Text.Direction.OUTBOUND)
    known = ours.filter(sid=sid).first()
    if known or not (text_id.isascii() and text_id.isdigit() and len(text_id) < 19):
        return known
    return ours.filter(pk=int(text_id), sid="", status__in=[Status.SENDING, Status.UNKNOWN]).first()


def see_to_unknown(*, now: datetime) -> None:
    """Nobody knows whether these were sent, and nothing has told for a while: a person calls instead."""
    lost = Text.objects.filter(
        status__in=[Status.SENDING, Status.UNKNOWN], sent_at__lt=now - UNHEARD_OF_AFTER
    ).exclude(reason=PERHAPS)
    for pk in lost.values_list("pk", flat=True)[:100]:
        with transaction.atomic():
            text = lost.select_for_update(skip_locked=True).filter(pk=pk).first()
            if text is None:
                continue
            text.status, text.reason = Status.UNKNOWN, PERHAPS
            text.save(update_fields=["status", "reason"])
            tell_staff(pk, now=now)


@transaction.atomic
def tell_staff(text_id: int, *, now: datetime) -> None:
    """Ask a person to say by telephone what a text did not; once an appointment and time."""
    text = Text.objects.select_related("rooftop", "customer", "appointment__rooftop").get(pk=text_id)
    if text.kind not in NEWS:
        return
    about = f" about {wording.when(text.appointment.local_arrival)}" if text.appointment else ""
    summary = f"A text{about} may not have arrived: call instead."
    same = {
        "rooftop": text.rooftop,
        "kind": FollowUpTask.Kind.REMINDER,
        "customer": text.customer,
        "summary": summary,
    }
    if FollowUpTask.objects.filter(**same, done_at=None).exists():
        return
    due_at = callback_due(text.rooftop, now=now)
    FollowUpTask.objects.create(**same, phone_number=text.number, due_at=due_at)
