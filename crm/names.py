"""What people who log in are called. Rows keep the log-in name, pages show the person's."""

from collections.abc import Iterable

from django.contrib.auth.models import User


def of(log_ins: Iterable[str]) -> dict[str, str]:
    """Log-in name → the name on the staff of a store, else the log-in's own. What is nobody's is absent.

    One query.
    """
    people = User.objects.filter(username__in=set(log_ins)).order_by("-staff__pk")
    rows = people.values_list("username", "first_name", "last_name", "staff__name")
    return {log_in: on_staff or f"{first} {last}".strip() or log_in for log_in, first, last, on_staff in rows}
