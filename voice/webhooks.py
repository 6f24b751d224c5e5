"""Edge: the carrier's HTTP callbacks. Signed, or refused; answered with TwiML."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from voice import calls
from voice.carriers import twilio
from voice.conversation.states import Conversation, Ending
from voice.models import Call
from voice.tools.desk import callback_due
from voice.tools.store import load_store

MEDIA_PATH = "/ws/media"
NOT_CONFIGURED = "This number is not configured."
CUT_OFF = "Sorry, we were cut off. I'll ring our service desk for you."
NOBODY_THERE = "Sorry, we were cut off, and nobody is at our service desk right now. We will call you back by {when}. Goodbye."


def signed(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Only a POST that the carrier signed passes; everything else is 403."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        signature = request.headers.get("X-Twilio-Signature")
        if not twilio.is_signed(request.get_full_path(), request.POST, signature):
            return HttpResponse("The signature is missing or wrong.", status=403, content_type="text/plain")
        return view(request)

    return checked


def twiml(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/xml")


@signed
def inbound_call(request: HttpRequest) -> HttpResponse:
    """A call comes in: open its row and connect its audio. A repeated webhook is answered the same."""
    try:
        call = calls.open_call(
            carrier=Call.Carrier.TWILIO,
            sid=request.POST.get("CallSid", ""),
            caller_number=request.POST.get("From", ""),
            called_number=request.POST.get("To", ""),
            now=timezone.now(),
        )
    except calls.UnknownNumber:
        return twiml(twilio.say_and_hang_up(NOT_CONFIGURED))
    return twiml(twilio.connect_stream(MEDIA_PATH, calls.stream_token(call), reverse("after-stream")))


@signed
def after_stream(request: HttpRequest) -> HttpResponse:
    """Our side closed the media socket: leave, ring the desk, or apologise, as the call stands."""
    call = Call.objects.select_related("rooftop").filter(sid=request.POST.get("CallSid", "")).first()
    if call is None:
        return twiml(twilio.say_and_hang_up(NOT_CONFIGURED))
    ending = Conversation.model_validate(call.conversation).ending if call.conversation else None
    if ending is Ending.GOODBYE:
        return twiml(twilio.say_and_hang_up())
    now = timezone.now()
    store = load_store(call.rooftop, now=now)
    due_at = callback_due(call.rooftop, now=now)
    if store.is_open_at(now) and call.rooftop.front_desk_number:
        calls.promise_callback(call, "The call was handed to the service desk.", due_at=due_at)
        text = "" if ending is Ending.TRANSFER else CUT_OFF
        return twiml(twilio.say_and_dial(text, call.rooftop.front_desk_number))
    calls.promise_callback(call, "The call was cut off.", due_at=due_at)
    local = due_at.astimezone(store.zone)
    return twiml(twilio.say_and_hang_up(NOBODY_THERE.format(when=f"{local:%A} at {local:%-I:%M %p}")))
