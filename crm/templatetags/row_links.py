"""Shows what other apps know about a row (crm/links.py)."""

from django import template
from django.db.models import Model

from crm import links

register = template.Library()


@register.inclusion_tag("crm/_links.html")
def row_links(row: Model | None) -> dict[str, list[links.Link]]:
    return {"links": links.of(row) if row else []}
