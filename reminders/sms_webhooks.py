"""Edge: the carrier's callbacks about texts. Signed, or refused.

    sms          a text comes in             → kept and acted upon; the answer says nothing
    sms-status   what became of one of ours

Every callback may come twice, late, or in another order. While the database is away they are answered
with an error: the carrier's log shows it, and nothing is half-written.
"""

from collections.abc import Callable
from functools import wraps

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from crm import faults
from crm.patience import patience
from reminders import delivery, inbox
from voice.carriers import twilio

# Twilio waits for 15 s; confirming an appointment may have to wait for its day.
ANSWER_SECONDS = 8.0


def signed(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Only a POST that the carrier signed passes; everything else is 403."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        signature = request.headers.get("X-Twilio-Signature")
        if not twilio.is_signed(request.get_full_path(), request.POST, signature):
            return HttpResponse("The signature is missing or wrong.", status=403, content_type="text/plain")
        try:
            with patience(ANSWER_SECONDS):
                return view(request)
        except (DatabaseError, InterfaceError):
            faults.record(faults.Source.DATABASE, "sms_webhook", "A text's callback found no database.")
            return HttpResponse("Not now.", status=503, content_type="text/plain")

    return checked


def field(request: HttpRequest, name: str) -> str:
    """PostgreSQL stores no NUL, and nothing that is ours has one."""
    return request.POST.get(name, "").replace("\0", "")


@signed
def sms(request: HttpRequest) -> HttpResponse:
    """A text to one of our numbers. Our own answers are texts of their own, so this one is empty."""
    inbox.receive(
        field(request, "To"),
        field(request, "From"),
        field(request, "Body"),
        sid=field(request, "MessageSid"),
        answered_by_carrier=bool(field(request, "OptOutType")),
        now=timezone.now(),
    )
    return HttpResponse(twilio.go_on(), content_type="text/xml")


@signed
def sms_status(request: HttpRequest) -> HttpResponse:
    delivery.note(
        field(request, "MessageSid"),
        field(request, "MessageStatus"),
        text_id=request.GET.get("text", ""),
        error_code=field(request, "ErrorCode")[:10],
        now=timezone.now(),
    )
    return HttpResponse(status=204)
