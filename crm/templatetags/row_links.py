"""Shows what other apps know about a row (crm/links.py)."""

from typing import Any

from django import template
from django.db.models import Model
from django.utils import timezone

from crm import links, records

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
        "merges": customer.merges.all()[: records.LATEST],
        "sections": records.of(customer, request.user, timezone.now()),
        "has_change_permission": request.user.has_perm("crm.change_customer"),
    }
