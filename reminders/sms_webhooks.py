"""Edge: the carrier's callbacks about texts. Signed, or refused.

    sms          a text comes in             → kept and acted upon; the answer says nothing
    sms-status   what became of one of ours

Every callback may come twice, late, or in another order. While the database is away they are answered
with an error: the carrier's log shows it, and nothing is half-written.
"""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from crm import faults
from reminders import delivery, inbox
from voice.carriers import twilio
from voice.signed_callbacks import field, signed_within

# Twilio waits for 15 s; confirming an appointment may have to wait for its day.
ANSWER_SECONDS = 8.0


def _not_now() -> HttpResponse:
    faults.record(faults.Source.DATABASE, "sms_webhook", "A text's callback found no database.")
    return HttpResponse("Not now.", status=503, content_type="text/plain")


signed = signed_within(ANSWER_SECONDS, _not_now)


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
