"""Edge: the pages of set-up. Each shows one step of one store, which is in the address."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from crm.models import Rooftop
from dealership.doctor import Level
from dealership.setup import checks as findings
from dealership.setup import steps
from dealership.setup.forms import DeskForm, HoursForm, NumbersForm, StepForm, StoreForm
from dealership.setup.menu import MenuForm
from dealership.setup.people import AdvisorForm, BaysForm, TechnicianForm

FORMS: dict[str, tuple[type[StepForm], ...]] = {
    "store": (StoreForm,),
    "numbers": (NumbersForm,),
    "hours": (HoursForm,),
    "people": (AdvisorForm, TechnicianForm),
    "bays": (BaysForm,),
    "menu": (MenuForm,),
    "desk": (DeskForm,),
}


@require_GET
@staff_member_required
@permission_required("crm.change_rooftop", raise_exception=True)
def stores(request: HttpRequest) -> HttpResponse:
    """Every store of the person, and how far each is."""
    rows = [
        {"store": store, "done": sum(steps.is_done(step, store) for step in steps.STEPS)}
        for store in steps.stores_of(request.user)
    ]
    may_open = steps.may_open_stores(request.user)
    extra = {"title": "Set-up", "rows": rows, "of": len(steps.STEPS), "may_open": may_open}
    return _page(request, "stores", extra)


@require_http_methods(["GET", "POST"])
@staff_member_required
def new_store(request: HttpRequest) -> HttpResponse:
    if not steps.may_open_stores(request.user):
        raise PermissionDenied
    return _step(request, steps.BY_NAME["store"], Rooftop(), {"title": "Open a store"})


@require_GET
@staff_member_required
@permission_required("crm.change_rooftop", raise_exception=True)
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    store = get_object_or_404(steps.stores_of(request.user), pk=pk)
    return redirect("setup-step", store.pk, steps.first_open(store))


@require_http_methods(["GET", "POST"])
@staff_member_required
@permission_required("crm.change_rooftop", raise_exception=True)
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    store = get_object_or_404(steps.stores_of(request.user), pk=pk)
    extra: dict[str, Any] = {"title": f"Set up {store}", "progress": _progress(store), "name": name}
    if name == steps.CHECK:
        answers_calls = bool(settings.TWILIO_ACCOUNT_SID)
        extra |= {"store": store, "webhooks": findings.webhooks(), "answers_calls": answers_calls}
        return _page(request, "check", extra)
    if name not in steps.BY_NAME:
        raise Http404
    if not request.user.has_perm(steps.BY_NAME[name].permission):
        raise PermissionDenied
    return _step(request, steps.BY_NAME[name], store, extra)


@require_GET
@staff_member_required
@permission_required("crm.change_rooftop", raise_exception=True)
def checks(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the last page that takes some seconds."""
    store = get_object_or_404(steps.stores_of(request.user), pk=pk)
    found = list(findings.all_findings(store, now=timezone.now()))
    broken = sum(each.level == Level.BROKEN for each in found)
    return render(request, "dealership/setup/_checks.html", {"findings": found, "broken": broken})


def _step(request: HttpRequest, step: steps.Step, store: Rooftop, extra: dict[str, Any]) -> HttpResponse:
    """The forms of a step; the one that was sent is saved, or shows what is wrong with it."""
    wanted = request.POST.get("form", "")
    forms = [
        form(request.POST, request.FILES, store=store) if wanted == form.__name__ else form(store=store)
        for form in FORMS[step.name]
    ]
    sent = next((form for form in forms if form.is_bound), None)
    if sent and sent.is_valid():
        messages.success(request, sent.save())
        return redirect("setup-step", store.pk, step.name if sent.adds_one else steps.after(step.name))
    following = steps.after(step.name) if store.pk else ""
    return _page(request, "step", {**extra, "step": step, "forms": forms, "store": store, "next": following})


def _progress(store: Rooftop) -> list[tuple[str, str, bool]]:
    """Name, title, is it done?"""
    done = [(each.name, each.title, steps.is_done(each, store)) for each in steps.STEPS]
    return [*done, (steps.CHECK, "Check and test call", False)]


def _page(request: HttpRequest, name: str, extra: dict[str, Any]) -> HttpResponse:
    context = {**admin.site.each_context(request), **extra}
    return render(request, f"dealership/setup/{name}.html", context)
