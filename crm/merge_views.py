"""Merging duplicates: two customers side by side, what would move, and which one stays."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from crm import finding, merging
from crm.models import Customer
from crm.rights import rooftops_of

FOUND = 8


@require_http_methods(["GET", "POST"])
@staff_member_required
@permission_required("crm.change_customer", raise_exception=True)
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Of one customer: choose the other (q finds them), look at both, decide which row stays."""
    first = get_object_or_404(_mine(request), pk=pk)
    second = _second(request, first)
    refused = ""
    if request.method == "POST" and second:
        keep, other = (second, first) if request.POST.get("keep") == str(second.pk) else (first, second)
        try:
            return _merge(request, keep, other)
        except merging.MergeRefused as refusal:
            refused = refusal.sentence
    query = request.GET.get("q", "").strip()
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"Merge {first} with another record",
        "customer": first,
        "second": second,
        "both": [_side(each) for each in (first, second) if each] if second else [],
        "refused": refused,
        "query": query,
        "found": [] if second else _candidates(first, query),
    }
    return render(request, "crm/merge.html", context)


def _mine(request: HttpRequest) -> QuerySet[Customer]:
    return finding.with_vehicles(Customer.objects.filter(rooftop__in=rooftops_of(request.user)))


def _second(request: HttpRequest, first: Customer) -> Customer | None:
    asked = request.POST.get("with") or request.GET.get("with") or ""
    if not asked.isdecimal():
        return None
    same_store = _mine(request).filter(rooftop=first.rooftop_id).exclude(pk=first.pk)
    return get_object_or_404(same_store, pk=asked)


def _merge(request: HttpRequest, keep: Customer, other: Customer) -> HttpResponse:
    name = str(other)
    merging.merge(keep, other, by=request.user.get_username(), now=timezone.now())
    messages.success(request, f"Merged: everything of the other record of {name} is here now.")
    return HttpResponseRedirect(reverse("admin:crm_customer_change", args=[keep.pk]))


def _candidates(first: Customer, query: str) -> list[Customer]:
    if not query:
        return merging.likely_twins(first)
    found = finding.customers([first.rooftop_id], query, most=FOUND)
    return [each for each in found if each.pk != first.pk]


def _side(customer: Customer) -> dict[str, Any]:
    return {
        "customer": customer,
        "phones": customer.phones.all(),
        "vehicles": [owned.vehicle for owned in finding.present(customer)],
        "moves": merging.what_moves(customer),
    }
