"""Pages of whoever watches and reviews calls: calls in progress, remarks, tasks, how good a call was."""

from datetime import timedelta
from typing import cast

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.rights import rooftops_of
from voice import reviews, taking_over
from voice.callbacks import callback_due
from voice.models import Call, CallReview, Turn
from voice.review_forms import CommentForm, FollowUpForm, ReviewForm
from voice.transcript import said_in

LONGEST_CALL = timedelta(minutes=20)  # what seems to run for longer has lost its process


@require_GET
@staff_member_required
@permission_required("voice.view_call", raise_exception=True)
def live(request: HttpRequest) -> HttpResponse:
    """Calls in progress; their words come over a socket: see consumers.live_calls."""
    began = timezone.now() - LONGEST_CALL
    running = Call.objects.filter(
        rooftop__in=rooftops_of(request.user), ended_at__isnull=True, stream_opened_at__isnull=False
    ).filter(started_at__gt=began)
    calls = list(running.select_related("rooftop", "customer").order_by("-started_at"))
    last = Turn.objects.filter(call__in=calls).order_by("call_id", "-number").distinct("call_id")
    said = {turn.call_id: turn for turn in last}
    page = {"title": "Live calls", "calls": [(call, said.get(call.pk)) for call in calls]}
    return render(request, "voice/live.html", {**admin.site.each_context(request), **page})


@require_POST
@staff_member_required
@permission_required("voice.take_over_call", raise_exception=True)
def take_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a running call put through to one's own telephone."""
    call = get_object_or_404(Call.objects.filter(rooftop__in=rooftops_of(request.user)), pk=pk)
    try:
        person = taking_over.take_over(call.pk, _user(request), now=timezone.now())
    except taking_over.CannotTakeOver as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, f"Your telephone rings now, {person}. Press 1 to take the call.")
    return HttpResponseRedirect(reverse("call", args=[pk]))


def _ended(request: HttpRequest) -> QuerySet[Call]:
    """The calls that may be reviewed: over, and of one's own stores."""
    calls = Call.objects.filter(rooftop__in=rooftops_of(request.user), ended_at__isnull=False)
    return calls.select_related("rooftop", "customer")


def _turn(request: HttpRequest, pk: int) -> Turn:
    return get_object_or_404(
        Turn.objects.select_related("call__rooftop", "call__customer").filter(call__in=_ended(request)), pk=pk
    )


def _user(request: HttpRequest) -> User:
    """Who asks; the decorators let nobody else in."""
    return cast(User, request.user)


@require_POST
@staff_member_required
@permission_required("voice.change_callreview", raise_exception=True)
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep scores, note and state of a call's review."""
    call = get_object_or_404(_ended(request), pk=pk)
    form = ReviewForm(
        request.POST, instance=CallReview.objects.filter(call=call).first() or CallReview(call=call)
    )
    if form.is_valid():
        reviews.keep(form.save(commit=False), by=_user(request), now=timezone.now())
    if not _is_htmx(request):
        return HttpResponseRedirect(reverse("call", args=[pk]))
    return render(request, "voice/_review.html", {"call": call, "form": form, "is_saved": form.is_valid()})


@require_http_methods(["GET", "POST"])
@staff_member_required
@permission_required("voice.add_turncomment", raise_exception=True)
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Remark on a turn."""
    turn = _turn(request, pk)
    form = CommentForm(request.POST or None)
    if not form.is_valid():
        return _turn_form(request, turn, form)
    reviews.comment(turn, form.cleaned_data["text"], by=_user(request), now=timezone.now())
    return _remarks(request, turn)


@require_http_methods(["GET", "POST"])
@staff_member_required
@permission_required("crm.add_followuptask", raise_exception=True)
def follow_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a task out of a turn."""
    turn = _turn(request, pk)
    rooftop = turn.call.rooftop
    with timezone.override(rooftop.zone):
        due_at = callback_due(rooftop, now=timezone.now())
        form = FollowUpForm(request.POST or None, rooftop=rooftop, initial={"due_at": due_at})
        if not form.is_valid():
            return _turn_form(request, turn, form)
    reviews.follow_up(form.save(commit=False), turn)
    return _remarks(request, turn, task=form.instance)


def _turn_form(request: HttpRequest, turn: Turn, form: CommentForm | FollowUpForm) -> HttpResponse:
    """The form below its turn; a page of its own without htmx."""
    if form.is_bound and _is_htmx(request):
        return _remarks(request, turn, turn_form=form)
    shown = {"turn": turn, "turn_form": form}
    if _is_htmx(request):
        return render(request, "voice/_turn_form.html", shown)
    page = {**admin.site.each_context(request), "title": form.title, **shown}
    return render(request, "voice/turn_form.html", page)


def _remarks(request: HttpRequest, turn: Turn, **shown: object) -> HttpResponse:
    """What was remarked on the turn, as it stands below it."""
    if not _is_htmx(request):
        return HttpResponseRedirect(f"{reverse('call', args=[turn.call_id])}#turn-{turn.pk}")
    fresh = Turn.objects.prefetch_related("comments__author").get(pk=turn.pk)
    (said,) = said_in(turn.call, [fresh])
    return render(request, "voice/_remarks.html", {"moment": said, "call": turn.call, **shown})


def _is_htmx(request: HttpRequest) -> bool:
    """Does a part of a page ask, and not a page?"""
    return bool(request.htmx)  # type: ignore[attr-defined]
