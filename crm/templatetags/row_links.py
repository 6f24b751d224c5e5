"""Shows what other apps know about a row (crm/links.py)."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.db.models import Model
from django.utils import timezone

from crm import links, names, records
from crm.models import CustomerMerge

register = template.Library()


@register.inclusion_tag("crm/_links.html")
def row_links(row: Model | None) -> dict[str, list[links.Link]]:
    return {"links": links.of(row) if row else []}


@register.inclusion_tag("crm/customer_record.html", takes_context=True)
def customer_record(context: dict[str, Any]) -> dict[str, Any]:
    """A customer's page at a glance; nothing for one that is not written yet."""
    customer, request = context.get("original"), context["request"]
    if customer is None:
        return {}
    return {
        "original": customer,
        "links": links.of(customer),
        "merges": _with_names(customer.merges.all()[: records.LATEST]),
        "sections": records.of(customer, request.user, timezone.now()),
        "has_change_permission": request.user.has_perm("crm.change_customer"),
    }


def _with_names(merges: Iterable[CustomerMerge]) -> list[tuple[CustomerMerge, str]]:
    """Each with the name of the person who did it."""
    found = list(merges)
    people = names.of(merge.by for merge in found)
    return [(merge, people.get(merge.by, merge.by)) for merge in found]
