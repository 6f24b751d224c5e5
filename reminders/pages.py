"""Edge: the page of one appointment, for whoever has its link. No log-in, and it works without JavaScript.

a/<token>            see it                  (GET changes nothing: telephones open links by themselves)
a/<token>/confirm    POST
a/<token>/move       choose another time     POST: move it there
a/<token>/cancel     asked once more         POST: cancel it
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import wraps
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reminders import limits, self_service, texts, visit_links
from scheduling.models import Appointment
from scheduling.refusals import Refusal

A_MINUTE = 40  # times that one address may open one appointment
HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    # Other sites are told nothing. With "no-referrer" browsers would send our own forms with no origin either.
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
}
# The refusal's own sentence is for staff: it may name another customer.
WHY_NOT = {
    "stale_version": "Your appointment was changed in the meantime. This is how it stands now.",
    "not_active": "This appointment can no longer be changed here.",
    "wrong_status": "This appointment can no longer be changed here.",
    "already_booked_that_day": "This car comes in on that day already. Please pick another day.",
    "too_soon": "That is too soon for us. Please pick a later time.",
    "busy": "We are busy right now. Please try again in a moment.",
}
TAKEN = "Sorry, that time has just been taken. These are the nearest ones."
DONE = {
    "confirmed": "Thank you, you're confirmed.",
    "moved": "Your appointment has been moved.",
    "cancelled": "Your appointment has been cancelled.",
}

View = Callable[[HttpRequest, Appointment, datetime], HttpResponse]


def of_one_visit(view: View) -> Callable[..., HttpResponse]:
    """Find the appointment that the link names, for who does not ask too often."""

    @csrf_protect
    @wraps(view)
    def found(request: HttpRequest, token: str) -> HttpResponse:
        answer = _answer(view, request, token)
        for name, value in HEADERS.items():
            answer[name] = value
        return answer

    return found


def _answer(view: View, request: HttpRequest, token: str) -> HttpResponse:
    now = timezone.now()
    if limits.is_over("visit-page", token, request.META.get("REMOTE_ADDR", ""), a_minute=A_MINUTE):
        return _instead(request, "One moment", "This page was opened very often. Please wait a minute.", 429)
    try:
        appointment = visit_links.appointment_of(token, now=now)
    except visit_links.Expired:
        return _instead(request, "This link has expired", "The appointment was a while ago.", 410)
    if appointment is None:
        sentence = "Please open the link exactly as it was texted to you."
        return _instead(request, "This link leads nowhere", sentence, 404)
    try:
        return view(request, appointment, now)
    except Refusal as refusal:
        return _refused(request, appointment, refusal, now)


def _instead(request: HttpRequest, title: str, sentence: str, status: int) -> HttpResponse:
    context = {"title": title, "sentence": sentence}
    return render(request, "reminders/no_visit.html", context, status=status)


# --- the pages ----------------------------------------------------------------------------


@require_safe
@of_one_visit
def visit(request: HttpRequest, appointment: Appointment, now: datetime) -> HttpResponse:
    return _show(request, appointment, now, done=DONE.get(request.GET.get("done", ""), ""))


@require_POST
@of_one_visit
def confirm(request: HttpRequest, appointment: Appointment, now: datetime) -> HttpResponse:
    seen_at = _moment(request.POST.get("arrives_at", ""))
    self_service.confirm(appointment, seen_at=seen_at, now=now)
    return _back(appointment, "confirmed")


@require_http_methods(["GET", "HEAD", "POST"])
@of_one_visit
def move(request: HttpRequest, appointment: Appointment, now: datetime) -> HttpResponse:
    if request.method != "POST":
        if not self_service.is_ahead(appointment, now=now):
            return _back(appointment)
        return _openings(request, appointment, now, day=_day(request.GET.get("day", "")))
    if not request.POST.get("arrives_at"):
        return _openings(request, appointment, now, problem="Please choose a time first.", status=400)
    wanted = _moment(request.POST["arrives_at"])
    try:
        self_service.move(appointment, wanted, version=_version(request), now=now)
    except Refusal as refusal:
        if refusal.code in ("stale_version", "not_active", "wrong_status"):
            raise
        problem = WHY_NOT.get(refusal.code, TAKEN)
        return _openings(request, appointment, now, near=wanted, problem=problem, status=409)
    return _back(appointment, "moved")


@require_http_methods(["GET", "HEAD", "POST"])
@of_one_visit
def cancel(request: HttpRequest, appointment: Appointment, now: datetime) -> HttpResponse:
    """Moving is offered first."""
    if request.method == "POST":
        self_service.cancel(appointment, version=_version(request), now=now)
        return _back(appointment, "cancelled")
    if not self_service.is_ahead(appointment, now=now):
        return _back(appointment)
    return render(request, "reminders/cancel_visit.html", _facts(appointment, now))


# --- what they show -----------------------------------------------------------------------


def _show(
    request: HttpRequest, appointment: Appointment, now: datetime, *, status: int = 200, **more: str
) -> HttpResponse:
    return render(request, "reminders/visit.html", _facts(appointment, now) | more, status=status)


def _openings(
    request: HttpRequest,
    appointment: Appointment,
    now: datetime,
    *,
    day: date | None = None,
    near: datetime | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """The two or three times that the phone desk would offer, or all of one day."""
    slots = self_service.openings_ahead(appointment, now=now)
    zone = appointment.rooftop.zone
    local = [slot.arrives_at.astimezone(zone) for slot in slots]
    days = [found for found, _ in groupby(local, key=datetime.date)]
    if day in days:
        times = [moment for moment in local if moment.date() == day]
    else:
        day, times = None, self_service.offers(appointment, slots, near=near)
    context = {"times": times, "days": days, "day": day, "problem": problem}
    return render(request, "reminders/move_visit.html", _facts(appointment, now) | context, status=status)


def _facts(appointment: Appointment, now: datetime) -> dict[str, Any]:
    """This appointment and its store, and nothing else."""
    services = [line.op_code.name for line in appointment.lines.select_related("op_code")]
    return {
        "visit": appointment,
        "token": visit_links.token_of(appointment.pk),
        "store": appointment.rooftop,
        "services": services,
        "vehicle": appointment.vehicle,
        "number": texts.own_number(appointment.rooftop),
        "telephone": texts.telephone_of(appointment.rooftop),
        "is_ahead": self_service.is_ahead(appointment, now=now),
        "was_moved": appointment.events.filter(kind="change", what__startswith="moved to").exists(),
    }


def _refused(request: HttpRequest, appointment: Appointment, refusal: Refusal, now: datetime) -> HttpResponse:
    appointment.refresh_from_db()
    problem = WHY_NOT.get(refusal.code, WHY_NOT["busy"])
    return _show(request, appointment, now, status=409, problem=problem)


def _back(appointment: Appointment, done: str = "") -> HttpResponse:
    query = f"?done={done}" if done else ""
    return redirect(f"{visit_links.path_to(appointment)}{query}")


# --- what a form says ---------------------------------------------------------------------


def _moment(text: str) -> datetime:
    """Raises Refusal for what our own page would not have sent."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal("stale_version", "No time that we know.") from None
    if moment.tzinfo is None or not 2000 <= moment.year <= 2200:
        raise Refusal("stale_version", "No time that we know.")
    return moment.astimezone(UTC)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _version(request: HttpRequest) -> int:
    """0 fits no appointment."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
