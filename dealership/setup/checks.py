"""What still keeps callers from a booking, in the doctor's words; and the addresses that a carrier wants."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from crm.models import Rooftop
from dealership.doctor import Finding, Level, examine
from dealership.setup.steps import STEPS, is_done
from scheduling import booking
from voice.models import Call

LOOKS_AHEAD = timedelta(days=14)

# Where Twilio's console asks for it → the name of our address.
WEBHOOKS = {
    "A call comes in": "inbound-call",
    "Primary handler fails": "fallback",
    "Call status changes": "call-status",
    "A message comes in": "sms",
}


def webhooks() -> dict[str, str]:
    """What Twilio's console asks for → the address to paste there, all of them with HTTP POST."""
    return {label: settings.PUBLIC_BASE_URL + reverse(name) for label, name in WEBHOOKS.items()}


def all_findings(store: Rooftop, *, now: datetime) -> Iterator[Finding]:
    """The store's own, then the installation's. store: one of stores_of. Takes five seconds at most."""
    yield from of_store(store, now=now)
    yield from examine([])


def of_store(store: Rooftop, *, now: datetime) -> Iterator[Finding]:
    undone = [step for step in STEPS if not is_done(step, store)]
    for step in undone:
        yield Finding(Level.BROKEN, step.title, f"is not done. {step.intro}")
    if not undone:
        yield Finding(Level.OK, "Steps", "are all done.")
    yield from _unable(store)
    yield _opening(store, now)
    yield _last_call(store)


def _unable(store: Rooftop) -> Iterator[Finding]:
    """Services that nobody can do, or that have no place."""
    skills = {skill for person in store.technicians.all() for skill in person.skills}
    bays = set(store.bays.values_list("bay_type", flat=True))
    menu = list(store.op_codes.filter(is_bookable_by_phone=True))
    if unskilled := [line.name for line in menu if line.skill not in skills]:
        sentence = f"has nobody for: {_some(unskilled)}. Add a technician with the skill."
        yield Finding(Level.WARNING, "Menu", sentence)
    if homeless := [line.name for line in menu if not bays.intersection(line.bay_types)]:
        yield Finding(Level.WARNING, "Menu", f"has no bay for: {_some(homeless)}. Add a bay of its kind.")
    if not store.transport_options.exists():
        sentence = "is not offered, so nothing can be booked. Add who waits and who drops off."
        yield Finding(Level.BROKEN, "Transport", sentence)


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _opening(store: Rooftop, now: datetime) -> Finding:
    """The proof: an opening that a caller would be offered."""
    today = now.astimezone(store.zone).date()
    for service in store.op_codes.filter(is_bookable_by_phone=True).order_by("minutes", "pk")[:3]:
        openings = booking.openings(store, [service], today, today + LOOKS_AHEAD, now=now)
        if openings:
            first = openings[0].arrives_at.astimezone(store.zone)
            when = f"{first:%A, %B %-d, %-I:%M %p}"
            return Finding(Level.OK, "Openings", f"are there: {service.name}, {when}, is the first.")
    return Finding(
        Level.BROKEN, "Openings", "are not there for the next two weeks. See what is missing above."
    )


def _last_call(store: Rooftop) -> Finding:
    call = Call.objects.filter(rooftop=store, turns__speaker="caller").order_by("-started_at").first()
    if call is None:
        return Finding(Level.NOTE, "Test call", "has not been made: nobody has talked to the desk here yet.")
    began = call.started_at.astimezone(store.zone)
    ended = call.get_outcome_display().lower()
    return Finding(Level.OK, "Test call", f"was heard on {began:%A, %B %-d, %-I:%M %p}: {ended}.")
