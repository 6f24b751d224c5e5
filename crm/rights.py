"""Whose pages show which stores.

What somebody may do is a permission of Django's; where they may do it is decided here, and every
page of the staff site asks: a page shows the rows of `rooftops_of(request.user)`, or their number is
wrong.
"""

from typing import TYPE_CHECKING

from django.db.models import QuerySet

from crm.models import Rooftop, Staff

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

EVERY_ROOFTOP = "crm.every_rooftop"


def rooftops_of(user: "User | AnonymousUser") -> QuerySet[Rooftop]:
    """The stores whose staff a person belongs to, or all of them; in the order they were set up."""
    stores = Rooftop.objects.order_by("pk")
    if user.has_perm(EVERY_ROOFTOP):
        return stores
    return (
        stores.filter(pk__in=Staff.objects.filter(user=user.pk).values("rooftop"))
        if user.pk
        else stores.none()
    )
