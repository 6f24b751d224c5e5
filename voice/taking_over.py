"""Somebody of the staff takes a running call: the caller is put through to their own telephone.

The row says so before the carrier is asked: when the carrier then asks what follows the media stream
(webhooks.what_comes_next), it is told to ring that person, whatever the conversation had come to.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from crm.models import Staff
from voice import progress, providers, transfers, watchdog
from voice.models import Call
from voice.ports import CallIsOver, ProviderError


class CannotTakeOver(Exception):
    """Why not, as a sentence for whoever wanted to."""

    @property
    def sentence(self) -> str:
        return str(self)


def person_of(user: User, call: Call) -> Staff | None:
    """As whom this log-in works at the call's store, one with a telephone first."""
    return Staff.objects.filter(user=user, rooftop=call.rooftop_id).order_by("-phone_number", "pk").first()


def hindrance(call: Call, person: Staff | None) -> str:
    """Why the call cannot be put through to this person; "" when it can."""
    if call.ended_at or call.stream_opened_at is None or call.carrier_status in progress.OVER:
        return "The call is over."
    if call.taken_over_by:
        return f"{call.taken_over_by} has taken this call over already."
    if call.carrier != Call.Carrier.TWILIO:
        return "This call is on the browser phone, which cannot be put through to a telephone."
    if person is None:
        return "You do not stand on this store's staff. A manager can enter you there, with your telephone."
    if not person.phone_number:
        return f"{person} has no telephone number in the staff list. Enter it there first."
    if not transfers.may_ring(person.phone_number):
        return f"The number of {person} is not one that may be rung. Look at it in the staff list."
    return ""


def take_over(call_id: int, user: User, *, now: datetime) -> Staff:
    """Have the call put through to this person. Asks the carrier, 5 s at most. Raises CannotTakeOver."""
    person = _claim(call_id, user)
    call = Call.objects.get(pk=call_id)
    control = providers.make_control()
    try:
        if control is None:
            raise ProviderError("no account", retryable=False)
        control.redirect(call.sid, path=watchdog.path_after(call))
    except CallIsOver:
        _give_back(call_id)
        progress.note_line_is_free(call, now=now)
        raise CannotTakeOver("The caller has hung up.") from None
    except ProviderError:
        _give_back(call_id)
        raise CannotTakeOver("The carrier did not take the order. The call goes on; try once more.") from None
    return person


@transaction.atomic
def _claim(call_id: int, user: User) -> Staff:
    """One person takes a call, and only one."""
    calls = Call.objects.select_for_update(of=("self",)).select_related("taken_over_by")
    call = calls.get(pk=call_id)
    person = person_of(user, call)
    why_not = hindrance(call, person)
    if person is None or why_not:
        raise CannotTakeOver(why_not)
    Call.objects.filter(pk=call.pk).update(taken_over_by=person)
    return person


def _give_back(call_id: int) -> None:
    Call.objects.filter(pk=call_id).update(taken_over_by=None)
