"""What every callback of the carrier about a call goes through: signed, or refused; answered in time.

For the webhooks of all apps. While the database is away there is an answer all the same.
"""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from crm import faults, phone
from crm.patience import patience
from voice import calls, watchdog
from voice.carriers import twilio
from voice.conversation import phrases
from voice.models import Call

MEDIA_PATH = "/ws/media"
# The carrier would wait for 15 s, and the caller with it, hearing nothing. See also consumers.py.
ANSWER_SECONDS = 1.8


View = Callable[..., HttpResponse]


def signed_within(seconds: float, while_away: Callable[[], HttpResponse]) -> Callable[[View], View]:
    """Only a POST that the carrier signed passes; everything else is 403.

    while_away answers when the database does not, or not within so many seconds.
    """

    def guard(view: View) -> View:
        @csrf_exempt
        @require_POST
        @wraps(view)
        def checked(request: HttpRequest, **route: str) -> HttpResponse:
            signature = request.headers.get("X-Twilio-Signature")
            if not twilio.is_signed(request.get_full_path(), request.POST, signature):
                sentence = "The signature is missing or wrong."
                return HttpResponse(sentence, status=403, content_type="text/plain")
            try:
                with patience(seconds):
                    return view(request, **route)
            except (DatabaseError, InterfaceError):
                return while_away()

        return checked

    return guard


def _apologise() -> HttpResponse:
    """An apology, and a person if may be."""
    faults.record(
        faults.Source.DATABASE, "webhook", "A call's callback found no database; it heard an apology."
    )
    return out_of_order()


signed = signed_within(ANSWER_SECONDS, _apologise)


def twiml(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/xml")


def field(request: HttpRequest, name: str) -> str:
    """PostgreSQL stores no NUL, and nothing that is ours has one."""
    return request.POST.get(name, "").replace("\0", "")


def fields(request: HttpRequest) -> dict[str, str]:
    return {name: field(request, name) for name in request.POST}


def open_stream(call: Call) -> str:
    """TwiML: connect the call's audio, and ask us what comes next when it ends."""
    return twilio.connect_stream(
        MEDIA_PATH, calls.stream_token(call), watchdog.path_after(call), reverse("stream-status")
    )


def out_of_order() -> HttpResponse:
    """Apologise, and ring the number that needs no looking up, if there is one."""
    number = settings.FALLBACK_NUMBER
    if not phone.may_be_dialled(number) or settings.YOUR_TEST_NUMBER not in ("", number):
        return twiml(twilio.say_and_dial_anyhow(phrases.OUT_OF_ORDER_CALL_AGAIN, ""))
    return twiml(twilio.say_and_dial_anyhow(phrases.OUT_OF_ORDER_RINGING, number))
