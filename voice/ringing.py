"""Calls of the desk to the phone page: they ring there until somebody answers, declines, or nobody does.

The call's row is the ringing telephone, and the order to ring is kept beside it with the addresses that
a carrier would call. Who placed the call listens to `news`, which tells the same as a carrier's
callbacks would: the status, and the address that they would have gone to.
"""

import json
import secrets
from datetime import datetime, timedelta

from django.db import models, transaction
from django.dispatch import Signal

from crm.models import Rooftop
from voice import progress
from voice.models import Call, CarrierStep

Status = Call.CarrierStatus

RINGS_FOR = timedelta(seconds=30)
ORDER = "ring"

# Sent with call, status, path and now; within the transaction that changes the call.
news = Signal()


class NobodyThere(Exception):
    """No store has this number."""


@transaction.atomic
def begin(
    number: str, *, own_number: str, answer_path: str, status_path: str, machine_path: str, now: datetime
) -> str:
    """Let the page of this number ring; returns the call's SID. Raises NobodyThere."""
    rooftop = Rooftop.objects.filter(numbers__number=own_number).first()
    if rooftop is None:
        raise NobodyThere
    call = Call.objects.create(
        rooftop=rooftop,
        carrier=Call.Carrier.BROWSER,
        direction=Call.Direction.OUTBOUND,
        sid="CB" + secrets.token_hex(16),
        caller_number=number,
        called_number=own_number,
        carrier_status=Status.RINGING,
        started_at=now,
    )
    paths = {"answer": answer_path, "status": status_path, "machine": machine_path}
    CarrierStep.objects.create(call=call, name=ORDER, answer=json.dumps(paths), at=now)
    return call.sid


def at(number: str, *, among: models.QuerySet[Rooftop], now: datetime) -> Call | None:
    """The call of one of these stores that rings at this number now."""
    ringing = _ringing().filter(caller_number=number, rooftop__in=among, started_at__gt=now - RINGS_FOR)
    return ringing.select_related("rooftop").order_by("started_at").first()


@transaction.atomic
def answer(sid: str, *, now: datetime) -> Call | None:
    """Somebody answers; None when the call rings no more. Of several pages one gets it.

    The call begins now, and with it the life of its stream's token.
    """
    call = _ringing().select_for_update(of=("self",)).select_related("rooftop").filter(sid=sid).first()
    if call is None or now >= call.started_at + RINGS_FOR:
        return None
    call.carrier_status, call.started_at = Status.IN_PROGRESS, now
    call.save(update_fields=["carrier_status", "started_at"])
    _tell(call, "answer", now)
    call.refresh_from_db()
    return call


@transaction.atomic
def ended(sid: str, status: str, *, now: datetime) -> None:
    """It rings no more, with one of the carrier's last words; a call that was answered goes on."""
    call = _ringing().select_for_update(of=("self",)).filter(sid=sid).first()
    if call is None:
        return
    progress.note_call(sid, {"CallStatus": status}, now=now)
    call.refresh_from_db()
    _tell(call, "status", now)


def stop_old(*, now: datetime) -> None:
    """Nobody has answered these."""
    for sid in _ringing().filter(started_at__lte=now - RINGS_FOR).values_list("sid", flat=True):
        ended(sid, Status.NO_ANSWER, now=now)


def rung(number: str, *, since: datetime) -> list[str]:
    """The SIDs of calls to this number since then, newest first."""
    placed = Call.objects.filter(
        carrier=Call.Carrier.BROWSER,
        direction=Call.Direction.OUTBOUND,
        caller_number=number,
        carrier_steps__name=ORDER,
        carrier_steps__at__gte=since,
    )
    return list(placed.order_by("-started_at").values_list("sid", flat=True))


def _ringing() -> models.QuerySet[Call]:
    return Call.objects.filter(
        carrier=Call.Carrier.BROWSER, direction=Call.Direction.OUTBOUND, carrier_status=Status.RINGING
    )


def _tell(call: Call, path: str, now: datetime) -> None:
    order = call.carrier_steps.get(name=ORDER)
    news.send(Call, call=call, status=call.carrier_status, path=json.loads(order.answer)[path], now=now)
