"""What each group of staff may do; where they may do it, crm/rights.py says.

    read-only       sees their store's pages
    advisor         runs the lane: customers, vehicles, visits, repair orders, tasks
    lead advisor    also books beyond what the lane can keep, and gives blocked time back
    manager         also what the desk says, does and charges: hours, menu, closures, people, numbers,
                    consent; deletes, hears recordings and running calls, takes rows out and in
    administrator   every rooftop, new rooftops, and log-ins

Each migration makes groups that are missing and gives back what this table says and a group lacks. It
takes nothing away: who shall have less goes into a group of another name, who shall have more gets it.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from django.contrib.auth.models import Group, Permission

APPS = ("crm", "scheduling", "voice", "reminders")

SEE = tuple(f"{app}.view_*" for app in APPS)
RUN_THE_LANE = tuple(
    f"{app}.{verb}_{model}"
    for app, models in {
        "crm": (
            *("customer", "phone", "vehicle", "ownership", "followuptask", "repairorder"),
            *("declinedservice", "odometerreading", "recallcheck"),
        ),
        "scheduling": ("appointment", "allocation", "waitlistentry"),
    }.items()
    for model in models
    for verb in ("add", "change")
)
LOG_INS = ("auth.*_user", "auth.view_group")

# What of "*" stays with administrators.
NEW_STORES = ("crm.every_rooftop", "crm.add_rooftop", "crm.delete_rooftop")

# Group → permissions; a star stands for anything, so that a new page is a manager's at once.
MAY: dict[str, tuple[str, ...]] = {
    "read-only": SEE,
    "advisor": (*SEE, *RUN_THE_LANE),
    "lead advisor": (*SEE, *RUN_THE_LANE, "scheduling.overbook", "scheduling.delete_allocation"),
    "manager": tuple(f"{app}.*" for app in APPS),
    "administrator": (*(f"{app}.*" for app in APPS), *LOG_INS),
}


def has(group: str, permission: str) -> bool:
    """Does the table give this group the permission, written as app.codename?"""
    if group != "administrator" and permission in NEW_STORES:
        return False
    return any(fnmatchcase(permission, pattern) for pattern in MAY[group])


def write_groups(**signal: object) -> None:
    """Make the groups, and add what each lacks. Writing them twice is writing them once."""
    found = Permission.objects.filter(content_type__app_label__in=(*APPS, "auth"))
    rows = list(found.values_list("pk", "content_type__app_label", "codename"))
    Group.objects.bulk_create((Group(name=name) for name in MAY), ignore_conflicts=True)
    held = Group.permissions.through  # in one query: tests write the groups hundreds of times
    held.objects.bulk_create(
        (
            held(group_id=group.pk, permission_id=key)
            for group in Group.objects.filter(name__in=MAY)
            for key in _given(group.name, rows)
        ),
        ignore_conflicts=True,
    )


def _given(group: str, rows: Iterable[tuple[int, str, str]]) -> list[int]:
    return [key for key, app, codename in rows if has(group, f"{app}.{codename}")]
