"""The steps of opening a store, and how far one is."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Exists, OuterRef, Q, QuerySet

from crm.models import Rooftop, RooftopNumber, Staff
from crm.rights import EVERY_ROOFTOP, rooftops_of
from scheduling.models import Bay, OpCode, OpeningHours, Shift

CHECK = "check"


@dataclass(frozen=True)
class Step:
    """name stands in the address; a store is done with it when has_<name> is true: see with_progress."""

    name: str
    title: str
    permission: str
    intro: str


STEPS = (
    Step("store", "Name and clock", "crm.change_rooftop", "What callers hear, and the clock that rules it."),
    Step("numbers", "Numbers", "crm.add_rooftopnumber", "The numbers that customers dial to reach the desk."),
    Step("hours", "Hours", "scheduling.change_openinghours", "When the service department takes cars in."),
    Step("people", "People", "crm.add_staff", "Who writes cars up, and who repairs them."),
    Step("bays", "Bays", "scheduling.add_bay", "Where the work is done: nothing is promised without a bay."),
    Step("menu", "Menu", "scheduling.add_opcode", "What can be booked, how long it takes, what it costs."),
    Step("desk", "Transfer desk", "crm.change_rooftop", "Who rings when a caller wants a person."),
)
BY_NAME = {step.name: step for step in STEPS}


def stores_of(user: User | AnonymousUser) -> QuerySet[Rooftop]:
    """The stores that a person may set up, each with what it has."""
    of_store = {"rooftop": OuterRef("pk")}
    advisors = Staff.objects.filter(role=Staff.Role.ADVISOR, **of_store)
    shifts = Shift.objects.filter(technician__rooftop=OuterRef("pk"))
    return rooftops_of(user).annotate(
        has_store=Q(name__gt=""),
        has_numbers=Exists(RooftopNumber.objects.filter(**of_store)),
        has_hours=Exists(OpeningHours.objects.filter(**of_store)),
        has_people=Exists(advisors) & Exists(shifts),
        has_bays=Exists(Bay.objects.filter(**of_store)),
        has_menu=Exists(OpCode.objects.filter(is_bookable_by_phone=True, **of_store)),
        has_desk=~Q(front_desk_number=""),
    )


def is_done(step: Step, store: Rooftop) -> bool:
    """store: one of stores_of."""
    return bool(getattr(store, f"has_{step.name}"))


def first_open(store: Rooftop) -> str:
    """The name of the step to go on with; CHECK when all are done."""
    return next((step.name for step in STEPS if not is_done(step, store)), CHECK)


def after(name: str) -> str:
    names = [*BY_NAME, CHECK]
    return names[names.index(name) + 1]


def may_open_stores(user: User | AnonymousUser) -> bool:
    """Whoever opens a store must see it afterwards."""
    return user.has_perms(("crm.add_rooftop", EVERY_ROOFTOP))
