"""Who may see and change what is stored: two facts that fit, and a lock on whoever guesses.

Caller ID finds a candidate, it never proves. After three failures within an hour the number gets no
further try, and the customers whom they pointed at cannot be proved by telephone either, by nobody:
a thief with two telephones is one thief. A withheld number is known in one call only; what holds it
for longer is the second lock alone, so its facts must point at somebody.

Whom the desk itself rings it rings on their stored number. Who answers there and says yes to the name
has given two facts, the number and the name, for the one appointment that the call is about: that one
they may hear of, confirm, move and cancel. Anything else that is stored needs the usual proof.
"""

from datetime import datetime, timedelta

from django.db import transaction

from crm import identity
from crm.identity import Facts
from crm.models import Customer
from voice.conversation.states import Conversation, Visit
from voice.models import Call, FailedCheck

MOST_FAILURES = 3
LOCKED_FOR = timedelta(hours=1)


def is_locked(call: Call, *, now: datetime) -> bool:
    """Has this caller failed too often? A withheld number is known by its call alone."""
    failures = FailedCheck.objects.filter(at__gt=now - LOCKED_FOR)
    if call.caller_number:
        failures = failures.filter(caller_number=call.caller_number)
    else:
        failures = failures.filter(call=call)
    return failures.count() >= MOST_FAILURES


def points_at_somebody(call: Call, facts: Facts) -> bool:
    """Can a failure with these facts be held against the number, or against whom they mean?"""
    return bool(call.caller_number or facts.name or facts.vin_end or facts.plate)


def was_rung_about(call: Call, conversation: Conversation, visit: Visit) -> bool:
    """Did the desk ring somebody about this appointment, and have they said that it is them?"""
    is_outbound = call.direction == Call.Direction.OUTBOUND
    return is_outbound and conversation.is_reached and call.appointment_id == visit.appointment_id


def verify(call: Call, facts: Facts, *, now: datetime) -> Customer | None:
    """The customer whom the facts prove. None is the same answer whether anybody exists or not.

    A failure is kept. Not to be asked when is_locked(), nor when the facts are not enough.
    """
    found = identity.prove(call.rooftop, facts)
    if found and not _is_target(found, now):
        Call.objects.filter(pk=call.pk).update(customer=found)
        return found
    _note_failure(call, facts, now)
    return None


def _is_target(customer: Customer, now: datetime) -> bool:
    return customer.failed_checks.filter(at__gt=now - LOCKED_FOR).count() >= MOST_FAILURES


@transaction.atomic
def _note_failure(call: Call, facts: Facts, now: datetime) -> None:
    failed = FailedCheck.objects.create(call=call, caller_number=call.caller_number, at=now)
    failed.customers.set(identity.meant(call.rooftop, facts))
