"""Whose pages show which stores.

What somebody may do is a permission of Django's; where they may do it is decided here, and every
page of the staff site asks: a page shows the rows of `rooftops_of(request.user)`, or their number is
wrong. Which group has which permission stands in dealership/rights.py.
"""

from typing import TYPE_CHECKING, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet

from crm.models import Rooftop, Staff

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

EVERY_ROOFTOP = "crm.every_rooftop"
PLAYS_CUSTOMERS = "scheduling.add_appointment"
ONLY_LOOKS = "Your log-in may look, but not call or text as a customer. Ask an administrator for more."

Row = TypeVar("Row", bound=Model)


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


def rows_of(user: "User | AnonymousUser", rows: QuerySet[Row], path: str = "rooftop") -> QuerySet[Row]:
    """Those of the rows that belong to a person's stores. path leads from a row to its store.

    The stores are asked for once a request, and named in the query: a list of millions stays one range
    of its index.
    """
    if user.has_perm(EVERY_ROOFTOP):
        return rows
    return rows.filter(**{f"{path}__in": _keys(user)})


def may_play_a_customer(user: "User | AnonymousUser") -> bool:
    """On the phone page, which can book and cancel in anybody's name; in development anybody may."""
    return bool(settings.DEBUG or user.has_perm(PLAYS_CUSTOMERS))


def _keys(user: "User | AnonymousUser") -> list[int]:
    """Kept on the user for as long as Django keeps the permissions there: one request."""
    kept: list[int] | None = getattr(user, "_rooftop_keys", None)
    if kept is None:
        kept = list(rooftops_of(user).values_list("pk", flat=True))
        user._rooftop_keys = kept  # type: ignore[union-attr]
    return kept
