"""The browser phone, and the calls as staff read them afterwards."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from crm import phone as numbers
from crm.models import Customer, Phone, Rooftop
from crm.rights import ONLY_LOOKS, may_play_a_customer, rooftops_of
from voice import call_export, call_search, listening_in, recordings, sentiment, taking_over
from voice.calls import open_call, stream_token
from voice.costs import cost_of
from voice.models import Call, CallReview, RecordingAccess
from voice.review_forms import ReviewForm
from voice.transcript import transcript

CALLS_PER_PAGE = 50
CALLERS_OFFERED = 50
ACCESSES_SHOWN = 20


@require_GET
def phone(request: HttpRequest) -> HttpResponse:
    """The telephone in the page."""
    if not _may_phone(request):
        return redirect_to_login(request.get_full_path())
    stores, first = _stores(request), request.GET.get("rooftop")
    known = Customer.objects.filter(rooftop__in=stores)
    page = render(
        request,
        "voice/phone.html",
        {
            "rooftops": sorted(stores.prefetch_related("numbers"), key=lambda store: str(store.pk) != first),
            "callers": Phone.objects.filter(customers__in=known)
            .distinct()
            .order_by("pk")
            .prefetch_related(Prefetch("customers", known))[:CALLERS_OFFERED],
            "is_carrier": not settings.TWILIO_ACCOUNT_SID,
            "only_looks": "" if may_play_a_customer(request.user) else ONLY_LOOKS,
        },
    )
    page["Content-Security-Policy"] = (
        "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
        f"connect-src 'self' {_socket_origin(request)}"
    )
    return page


@require_POST
def phone_call(request: HttpRequest) -> JsonResponse:
    """Open a call and hand out the address and the one-time token of its media stream."""
    if not _may_phone(request):
        return _refused("Log in as staff to use the phone.", status=403)
    if not may_play_a_customer(request.user):
        return _refused(ONLY_LOOKS, status=403)
    typed = request.POST.get("from", "").strip()
    caller_number = numbers.parse(typed) if typed else ""
    if caller_number is None:
        return _refused(f"{typed} is not a telephone number. Write it like (212) 555-0143.", status=400)
    rooftop = _rooftop(request)
    called = rooftop.numbers.order_by("pk").first() if rooftop else None
    if called is None:
        return _refused("No store has a telephone number yet. Add one in the staff site.", status=409)
    opened = open_call(
        carrier=Call.Carrier.BROWSER,
        sid="CB" + secrets.token_hex(16),
        caller_number=caller_number,
        called_number=called.number,
        now=timezone.now(),
    )
    return JsonResponse(
        {
            "call_sid": opened.sid,
            "token": stream_token(opened),
            "stream_url": f"{_socket_origin(request)}/ws/media",
        }
    )


@require_GET
@staff_member_required
@permission_required("voice.view_call", raise_exception=True)
def calls(request: HttpRequest) -> HttpResponse:
    """Calls, newest first: all of them, or those that were searched for."""
    filters = call_search.CallFilter(request.GET, request.user)
    page = Paginator(call_search.find(filters), CALLS_PER_PAGE).get_page(request.GET.get("page"))
    found = call_search.snippets(page.object_list, str(filters.wanted.get("q") or ""))
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "voice/calls.html",
        {
            **admin.site.each_context(request),
            "title": "Calls",
            "page": page,
            "filters": filters,
            "views": call_search.VIEWS,
            "sentiment": sentiment.MEANING,
            "query": query.urlencode(),
            "rows": [(each, found.get(each.pk, "")) for each in page.object_list],
        },
    )


@require_GET
@staff_member_required
@permission_required(("voice.view_call", "voice.export_call"), raise_exception=True)
def calls_export(request: HttpRequest) -> StreamingHttpResponse:
    """The same calls, for a spreadsheet."""
    found = call_search.find(call_search.CallFilter(request.GET, request.user))
    answer = StreamingHttpResponse(
        call_export.rows(found.iterator(chunk_size=500)), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = 'attachment; filename="calls.csv"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_GET
@staff_member_required
@permission_required("voice.view_call", raise_exception=True)
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """One call: what was said, what was done, and what was written."""
    opened = get_object_or_404(
        _calls_of(request).select_related("rooftop", "customer", "taken_over_by", "appointment__rooftop"),
        pk=pk,
    )
    filters = call_search.CallFilter(request.GET, request.user)
    newer, older = call_search.neighbours(filters, opened)
    review = CallReview.objects.select_related("reviewer").filter(call=opened).first()
    return render(
        request,
        "voice/call.html",
        {
            **admin.site.each_context(request),
            "title": _call_title(opened),
            "call": opened,
            "query": request.GET.urlencode(),
            "newer": newer,
            "older": older,
            **_heard(opened),
            **_live(request, opened),
            "form": ReviewForm(instance=review),
            "cost": cost_of(opened),
            "kept_days": settings.TRANSCRIPT_RETENTION_DAYS,
            **transcript(opened),
        },
    )


@require_GET
@staff_member_required
@permission_required("voice.hear_recording", raise_exception=True)
def recording(request: HttpRequest, pk: int) -> FileResponse:
    """The audio of a call, for those who may hear it; kept by no browser and no proxy."""
    opened = get_object_or_404(_calls_of(request), pk=pk)
    kept = recordings.audio_of(opened)
    if kept is None:
        raise Http404
    try:
        audio = kept.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    RecordingAccess.objects.create(recording=kept, user_id=request.user.pk)
    answer = FileResponse(audio, content_type="audio/mpeg", filename=f"call-{pk}.mp3")
    answer["Cache-Control"] = "private, no-store"
    return answer


def _heard(call: Call) -> dict[str, Any]:
    """The call's audio, where it begins, and who was handed it or listened."""
    shown: dict[str, Any] = {"accesses": _accesses(call)}
    kept = recordings.audio_of(call)
    if kept is None:
        return shown
    return {**shown, "recording": kept, "recording_offset_ms": recordings.offset_ms(call, kept)}


def _accesses(call: Call) -> list[RecordingAccess]:
    """The newest first. Two queries: one for both would read everybody's."""
    found = [
        access
        for accesses in (RecordingAccess.objects.filter(recording__call=call), call.live_accesses.all())
        for access in accesses.select_related("user")[:ACCESSES_SHOWN]
    ]
    return sorted(found, key=lambda access: access.at, reverse=True)[:ACCESSES_SHOWN]


def _live(request: HttpRequest, call: Call) -> dict[str, Any]:
    """Who would take a running call over, what stands against it, and against listening."""
    if call.ended_at or not isinstance(request.user, User):
        return {}
    person = taking_over.person_of(request.user, call)
    return {
        "person": person,
        "hindrance": taking_over.hindrance(call, person),
        "silence": listening_in.hindrance(call),
    }


def _calls_of(request: HttpRequest) -> QuerySet[Call]:
    """The calls of one's own stores."""
    return Call.objects.filter(rooftop__in=rooftops_of(request.user))


def _call_title(call: Call) -> str:
    return f"Call of {call.started_at.astimezone(call.rooftop.zone):%a, %b %-d, %-I:%M %p}"


def _may_phone(request: HttpRequest) -> bool:
    return settings.DEBUG or request.user.is_staff


def _stores(request: HttpRequest) -> QuerySet[Rooftop]:
    """The stores that this person can call, the first one first; in development anybody all of them."""
    everybody_s = settings.DEBUG and not request.user.is_staff
    stores = Rooftop.objects.order_by("pk") if everybody_s else rooftops_of(request.user)
    return stores.filter(numbers__isnull=False).distinct()


def _rooftop(request: HttpRequest) -> Rooftop | None:
    choice, stores = request.POST.get("rooftop", ""), _stores(request)
    return (stores.filter(pk=choice).first() if choice.isdigit() else None) or stores.first()


def _socket_origin(request: HttpRequest) -> str:
    return f"{'wss' if request.is_secure() else 'ws'}://{request.get_host()}"


def _refused(sentence: str, *, status: int) -> JsonResponse:
    return JsonResponse({"error": sentence}, status=status)
