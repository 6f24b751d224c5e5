"""The page at the counter: who, what, when and one button. Parts of it follow what is typed."""

from datetime import date, datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from crm.models import Customer, Rooftop
from crm.rights import rooftops_of
from scheduling import counter, counter_page
from scheduling.counter_form import CounterForm
from scheduling.refusals import Refusal, local_time

may_book = permission_required(["scheduling.add_appointment", "crm.view_customer"], raise_exception=True)


@require_http_methods(["GET", "POST"])
@staff_member_required
@may_book
def book(request: HttpRequest) -> HttpResponse:
    """Everything on one screen; a refusal shows the same screen again with the nearest openings."""
    refusal = None
    if request.method == "POST":
        form = _form(request)
        if form.is_valid():
            try:
                return _take(request, form)
            except Refusal as problem:
                if problem.code == "refused_before":
                    form.add_error("reminders", problem.sentence)
                else:
                    refusal = problem
    else:
        rooftop = _rooftop(request)
        form = CounterForm(rooftop=rooftop, by=_user(request), initial=_asked_for(request, rooftop))
    context = {
        **admin.site.each_context(request),
        "title": "Book a visit",
        "rooftop": form.rooftop,
        "rooftops": rooftops_of(request.user),
        "form": form,
        "refusal": refusal,
        **counter_page.menu(form),
        **counter_page.people(
            form, asked=form.customer.pk if form.customer else form.initial.get("customer")
        ),
        **counter_page.openings(form, now=timezone.now(), is_refused=refusal is not None),
    }
    return render(request, "scheduling/book.html", context)


@require_POST
@staff_member_required
@may_book
def people(request: HttpRequest) -> HttpResponse:
    """Part of the page: who fits what was typed, and what they drive."""
    form = _form(request)
    return render(request, "scheduling/_people.html", counter_page.people(form))


@require_POST
@staff_member_required
@may_book
def openings(request: HttpRequest) -> HttpResponse:
    """Part of the page: the total, and the openings of a day for the services that are chosen."""
    form = _form(request)
    return render(request, "scheduling/_openings.html", counter_page.openings(form, now=timezone.now()))


def _take(request: HttpRequest, form: CounterForm) -> HttpResponse:
    now = timezone.now()
    visit = counter.take(form.rooftop, form.wish(now), by=_user(request), now=now)
    done = "Checked in" if form.cleaned_data["is_here"] else "Booked"
    when = local_time(form.rooftop, visit.arrives_at)
    messages.success(request, f"{done}: {visit.customer}, {when}. Number {visit.confirmation_number}.")
    return HttpResponseRedirect(reverse("admin:scheduling_appointment_change", args=[visit.pk]))


# --- what was asked for -------------------------------------------------------------------


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 — the decorators let nobody else in
    return request.user


def _form(request: HttpRequest) -> CounterForm:
    """What is filled in so far. Sent as POST always: numbers and names have no place in an address."""
    return CounterForm(request.POST, rooftop=_rooftop(request), by=_user(request))


def _rooftop(request: HttpRequest) -> Rooftop:
    """The store that is asked for, else the customer's, else the person's first; 404 for another's."""
    stores = rooftops_of(request.user)
    asked = request.POST.get("rooftop") or request.GET.get("rooftop") or ""
    customer = request.GET.get("customer", "")
    if asked:
        stores = stores.filter(pk=_key(asked))
    elif customer:
        stores = stores.filter(customers=_key(customer))
    store = stores.first()
    if store is None:
        raise Http404
    return store


def _key(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0  # nobody's


def _asked_for(request: HttpRequest, rooftop: Rooftop) -> dict[str, Any]:
    """What the address says already: customer, day, time of day, walk-in."""
    today = timezone.now().astimezone(rooftop.zone).date()
    asked: dict[str, Any] = {"is_here": bool(request.GET.get("walk_in")), "day": today}
    try:
        asked["day"] = date.fromisoformat(request.GET.get("day", ""))
        wished = datetime.fromisoformat(f"{asked['day']}T{request.GET.get('time', '')}")
        asked["wished"] = wished.replace(tzinfo=rooftop.zone).isoformat()
    except ValueError:
        pass  # no day, or no time
    key = _key(request.GET.get("customer", ""))
    customer = Customer.objects.filter(rooftop=rooftop, pk=key).first()
    if customer:
        number = customer.phones.order_by("pk").first()
        asked |= {"who": str(number or customer), "customer": customer.pk}
    return asked
