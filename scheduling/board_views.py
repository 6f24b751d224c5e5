"""The day board's pages: the day itself, a card put down, a column blocked; and the way there."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from crm import days
from crm.models import Rooftop
from crm.rights import rooftops_of
from scheduling import booking, changes, closing, day_board
from scheduling.board_forms import BlockForm, PlaceForm
from scheduling.models import Appointment
from scheduling.refusals import Refusal, local_time
from scheduling.slots import Slot

SEE = "scheduling.view_appointment"
MOVE = "scheduling.change_appointment"
BLOCK = "scheduling.add_allocation"
GIVE_BACK = "scheduling.delete_allocation"
OVERBOOK = "scheduling.overbook"
# What another time can mend, and what a person who may overbook can decide to bear.
MENDED_BY_TIME = {
    *("slot_taken", "transport_full", "too_soon", "closed", "cannot_wait", "beyond_horizon"),
    "already_booked_that_day",
}
BEYOND_CAPACITY = {"slot_taken", "transport_full", "too_soon", "closed", "cannot_wait"}
LOOK_AGAIN = "The board shows it as it is now: move it again if it still has to be."


@dataclass(frozen=True, slots=True)
class Asked:
    """Which board: of the stores that this person sees one, a day there, and by what its columns are."""

    stores: list[Rooftop]
    rooftop: Rooftop
    date: date
    way: str
    now: datetime

    @property
    def query(self) -> str:
        return urlencode({"rooftop": self.rooftop.pk, "by": self.way})


@dataclass(frozen=True, slots=True)
class Clash:
    """Why a card cannot stand where it was put, and where else it could."""

    visit: Appointment
    sentence: str
    arrives_at: datetime
    wanted: dict[str, Any] = field(default_factory=dict)  # advisor and bay, as they were sent
    openings: list[Slot] = field(default_factory=list)
    may_overbook: bool = False


@staff_member_required
def home(request: HttpRequest) -> HttpResponse:
    """The staff site begins with today's board, for those who may see visits."""
    if request.user.has_perm(SEE):
        return HttpResponseRedirect(reverse("day-board"))
    return admin.site.index(request)


@require_GET
@staff_member_required
@permission_required(SEE, raise_exception=True)
def day(request: HttpRequest, text: str = "") -> HttpResponse:
    """A day of a store. Asked by the open board itself: 204 while it shows what is true."""
    asked = _asked(request, text)
    if asked is None:
        context = {**admin.site.each_context(request), "title": "Day board"}
        return render(request, "scheduling/no_store.html", context)
    seen = request.GET.get("seen")
    if seen and seen == day_board.fingerprint(asked.rooftop, asked.date, asked.now):
        return HttpResponse(status=204)
    if request.htmx:  # type: ignore[attr-defined]
        return _drawn(request, asked)
    context = {**admin.site.each_context(request), **_page(request, asked), **_context(request, asked)}
    return render(request, "scheduling/day_board.html", context)


@require_POST
@staff_member_required
@permission_required([SEE, MOVE], raise_exception=True)
def place(request: HttpRequest, text: str, pk: int) -> HttpResponse:
    """A card was put down: the board as it is now, and a word about it."""
    asked = _asked_or_404(request, text)
    visit = get_object_or_404(Appointment.objects.select_related("rooftop"), pk=pk, rooftop=asked.rooftop)
    form = PlaceForm(asked.rooftop, request.POST)
    if not form.is_valid():
        return _drawn(request, asked, clash=Clash(visit, form.sentence, visit.arrives_at))
    wanted = form.cleaned_data
    try:
        placed = booking.reschedule(
            visit, actor=request.user.get_username(), by=request.user, now=asked.now, **wanted
        )
    except Refusal as refusal:
        return _drawn(request, asked, clash=_clash(request, asked, visit, wanted, refusal))
    return _drawn(request, asked, says=f"{placed.customer}: {_where(placed)}.", found=f"visit-{placed.pk}-0")


@require_POST
@staff_member_required
@permission_required([SEE, BLOCK], raise_exception=True)
def block(request: HttpRequest, text: str) -> HttpResponse:
    asked = _asked_or_404(request, text)
    form = BlockForm(asked.rooftop, request.POST)
    if not form.is_valid():
        return _drawn(request, asked, not_blocked=form.sentence)
    starts_at, ends_at = form.span(asked.date, asked.rooftop)
    try:
        row = closing.block(
            asked.rooftop,
            starts_at,
            ends_at,
            reason=form.cleaned_data["reason"],
            now=asked.now,
            **form.resource,
        )
    except Refusal as refusal:
        return _drawn(request, asked, not_blocked=refusal.sentence)
    return _drawn(request, asked, says=f"{row} is blocked.", is_blocked=True)


@require_POST
@staff_member_required
@permission_required([SEE, GIVE_BACK], raise_exception=True)
def unblock(request: HttpRequest, text: str, pk: int) -> HttpResponse:
    asked = _asked_or_404(request, text)
    closing.unblock(asked.rooftop, pk)
    return _drawn(request, asked, says="The block is lifted.")


# --- what was asked -----------------------------------------------------------------------


def _asked(request: HttpRequest, text: str) -> Asked | None:
    """None for somebody who belongs to no store. Raises Http404 for a store of others, or no day."""
    stores, now = list(rooftops_of(request.user)), timezone.now()
    if not stores:
        return None
    chosen = request.GET.get("rooftop") or str(stores[0].pk)
    rooftop = next((store for store in stores if str(store.pk) == chosen), None)
    if rooftop is None:
        raise Http404
    way = request.GET.get("by", "")
    today = now.astimezone(rooftop.zone).date()
    date_ = _day(text) if text else today
    return Asked(stores, rooftop, date_, way if way in day_board.WAYS else day_board.ADVISORS, now)


def _asked_or_404(request: HttpRequest, text: str) -> Asked:
    asked = _asked(request, text)
    if asked is None:
        raise Http404
    return asked


def _day(text: str) -> date:
    """A day with a neighbour on each side. Raises Http404."""
    try:
        found = days.parse(text)
    except ValueError:
        raise Http404 from None
    if found.year == date.max.year:
        raise Http404
    return found


# --- what is answered ---------------------------------------------------------------------


def _drawn(request: HttpRequest, asked: Asked, **news: Any) -> HttpResponse:
    """The board alone, for the page that is open; with what there is to say about it."""
    answer = render(request, "scheduling/_board.html", {**_context(request, asked), **news, "is_news": True})
    answer["Cache-Control"] = "private, no-store"
    return answer


def _context(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    board = day_board.build(asked.rooftop, asked.date, way=asked.way, now=asked.now)
    return {
        "board": board,
        "query": asked.query,
        "may_move": request.user.has_perm(MOVE),
        "may_block": request.user.has_perm(BLOCK),
        "may_give_back": request.user.has_perm(GIVE_BACK),
        "may_book": request.user.has_perm("scheduling.add_appointment"),
    }


def _page(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    """What stands around the board."""
    today = asked.now.astimezone(asked.rooftop.zone).date()
    return {
        "title": "Day board",
        "is_today": asked.date == today,
        "before": asked.date - timedelta(days=1),
        "after": asked.date + timedelta(days=1),
        "today": today,
        "ways": day_board.WAYS,
        "stores": asked.stores,
        "block_form": BlockForm(asked.rooftop),
        "clock": f"{asked.now.astimezone(asked.rooftop.zone):%H:%M}",
    }


def _clash(
    request: HttpRequest, asked: Asked, visit: Appointment, wanted: dict[str, Any], refusal: Refusal
) -> Clash:
    arrives_at = wanted["arrives_at"].astimezone(UTC)
    if refusal.code in ("stale_version", "not_active"):
        return Clash(visit, f"{changes.last_change(visit, asked.now)} {LOOK_AGAIN}", arrives_at)
    advisor = wanted["advisor"].pk if wanted["advisor"] else None
    is_offered = refusal.code in MENDED_BY_TIME
    return Clash(
        visit,
        refusal.sentence,
        arrives_at,
        wanted={name: wanted[name].pk for name in ("advisor", "bay") if wanted[name]},
        openings=day_board.nearest_openings(visit, arrives_at, now=asked.now, advisor=advisor)
        if is_offered
        else [],
        may_overbook=refusal.code in BEYOND_CAPACITY and request.user.has_perm(OVERBOOK),
    )


def _where(visit: Appointment) -> str:
    advisor = f", {visit.advisor}" if visit.advisor else ""
    return f"{local_time(visit.rooftop, visit.arrives_at)}{advisor}"
