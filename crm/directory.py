"""Whom a caller means by a name: the store's people, as they are called on the telephone."""

import re

from crm.models import Rooftop, Staff

TITLES = {"mr", "mister", "mrs", "missus", "ms", "miss", "missis", "doctor", "dr"}


def find(rooftop: Rooftop, spoken: str) -> list[Staff]:
    """The people of this rooftop who may be meant, by name; several when spoken fits several.

    A whole name or alias goes before a part of one: "Mike Chen" is not every Mike.
    """
    wanted = _words(spoken)
    if not wanted:
        return []
    people = list(Staff.objects.filter(rooftop=rooftop))
    whole = [person for person in people if any(name == wanted for name in _names(person))]
    return whole or [person for person in people if any(set(wanted) <= set(name) for name in _names(person))]


def manager(rooftop: Rooftop) -> Staff | None:
    """Whose business a complaint is; None where no manager stands on the staff."""
    return Staff.objects.filter(rooftop=rooftop, role=Staff.Role.MANAGER).order_by("name").first()


def _names(person: Staff) -> list[list[str]]:
    return [words for name in (person.name, *person.aliases) if (words := _words(name))]


def _words(name: str) -> list[str]:
    """ "Mr. Chen" and "Mister Chen" → ["chen"]."""
    return [word for word in re.findall(r"[^\W\d_]+", name.casefold()) if word not in TITLES]
