"""Edge: the phone page as the telephone of a number: texts to it, and calls that ring there.

Only while no account carries calls and texts, and for whoever may use the phone page.
"""

import secrets
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from crm import phone
from crm.models import Rooftop, RooftopNumber
from crm.rights import ONLY_LOOKS, may_play_a_customer, rooftops_of
from reminders import inbox, thread
from voice import calls, ringing
from voice.models import Call

NO_CARRIER = {"error": "Texts and calls go over the carrier, not over this page."}


def embedded(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        if not (settings.DEBUG or request.user.is_staff):
            return JsonResponse({"error": "Log in as staff to use the phone."}, status=403)
        if settings.TWILIO_ACCOUNT_SID:
            return JsonResponse(NO_CARRIER, status=404)
        if request.method == "POST" and not may_play_a_customer(request.user):
            return JsonResponse({"error": ONLY_LOOKS}, status=403)
        answer = view(request)
        answer["Cache-Control"] = "no-store"
        return answer

    return checked


@require_GET
@embedded
def phone_line(request: HttpRequest) -> HttpResponse:
    """What the telephone of a number shows now: its texts, and who rings."""
    number, now = phone.parse(request.GET.get("number", "")), timezone.now()
    stores = _stores(request)
    if number is None:
        return JsonResponse({"texts": [], "ringing": None})
    call = ringing.at(number, among=stores, now=now)
    return JsonResponse(
        {
            "texts": thread.of(number, among=stores, now=now),
            "ringing": {"call_sid": call.sid, "store": call.rooftop.name} if call else None,
        }
    )


@require_POST
@embedded
def phone_text(request: HttpRequest) -> HttpResponse:
    """A text from this telephone, taken as the carrier's webhook takes one."""
    number, body = phone.parse(request.POST.get("from", "")), request.POST.get("body", "").replace("\0", "")
    stores = _stores(request)
    store = _store_number(request.POST.get("rooftop", ""), stores)
    if number is None or not store or not body.strip():
        return JsonResponse({"error": "Choose a number, and write something."}, status=400)
    now = timezone.now()
    inbox.receive(store, number, body, sid="SB" + secrets.token_hex(16), now=now)
    return JsonResponse({"texts": thread.of(number, among=stores, now=now)})


@require_POST
@embedded
def phone_answer(request: HttpRequest) -> HttpResponse:
    """Answer what rings: the address and the one-time token of its media stream."""
    call = ringing.answer(_ringing(request), now=timezone.now())
    if call is None:
        return JsonResponse({"error": "The caller has hung up."}, status=409)
    origin = f"{'wss' if request.is_secure() else 'ws'}://{request.get_host()}"
    ticket = {"call_sid": call.sid, "token": calls.stream_token(call), "stream_url": f"{origin}/ws/media"}
    return JsonResponse(ticket)


@require_POST
@embedded
def phone_decline(request: HttpRequest) -> HttpResponse:
    ringing.ended(_ringing(request), Call.CarrierStatus.NO_ANSWER, now=timezone.now())
    return HttpResponse(status=204)


def _stores(request: HttpRequest) -> QuerySet[Rooftop]:
    """Those of the person; all of them for anybody in development."""
    return rooftops_of(request.user) if request.user.is_staff else Rooftop.objects.all()


def _ringing(request: HttpRequest) -> str:
    """The SID that was sent; "" for a call of another store."""
    calls_here = Call.objects.filter(rooftop__in=_stores(request), sid=request.POST.get("call_sid", ""))
    return calls_here.values_list("sid", flat=True).first() or ""


def _store_number(choice: str, stores: QuerySet[Rooftop]) -> str:
    """The number of the chosen store, or of the first."""
    ours = RooftopNumber.objects.filter(rooftop__in=stores).order_by("rooftop_id", "pk")
    chosen = ours.filter(rooftop_id=choice).first() if choice.isdecimal() and len(choice) < 19 else None
    found = chosen or ours.first()
    return found.number if found else ""
