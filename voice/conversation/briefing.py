"""What a person hears, or reads, of a caller who is handed over: who it is, and all they have said so far. Pure."""

from voice.conversation.facts import Store
from voice.conversation.saying import say_date, say_moment, say_services, say_time
from voice.conversation.states import Conversation, Visit


def for_a_task(why: str, conversation: Conversation, store: Store) -> str:
    """Why somebody is to call back, then who it is, what about, and the caller's own words for that."""
    concern = conversation.slots.concern
    words = f'In their words: "{concern}"' if concern and concern not in why else ""
    parts = (why.strip(), who_calls(conversation), summary(conversation, store), words)
    return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts if part)


def who_calls(conversation: Conversation) -> str:
    """A name, as far as the caller has said it or agreed to it; "" otherwise."""
    caller = conversation.caller
    return conversation.slots.name or (caller.first_name if caller.is_confirmed else "")


def summary(conversation: Conversation, store: Store) -> str:
    """What it is about: "About an oil change for the 2020 Ford Escape on Tuesday, November 24th."; "" where that is unknown."""
    visit = conversation.visit or (conversation.about if conversation.is_reached else None)
    what = _of_visit(visit) if visit else _work(conversation, store)
    when = _when(conversation)
    if not what:
        return f"Wishes to come {when}." if when else ""
    return f"About {what}{', rather' if visit and when else ''}{f' {when}' if when else ''}."


def _of_visit(visit: Visit) -> str:
    what = say_services(visit.names) or "an appointment"
    return f"{what} for the {visit.vehicle} on {say_moment(visit.local)}"


def _work(conversation: Conversation, store: Store) -> str:
    slots = conversation.slots
    names = {item.code: item.name for item in store.menu}
    work = say_services([names[code] for code in slots.services if code in names])
    car = f"the {slots.vehicle}" if slots.vehicle else ""
    miles = f"with {slots.miles:,} miles" if slots.miles else ""
    return " ".join(filter(None, (work, "for" if work and car else "", car, miles)))


def _when(conversation: Conversation) -> str:
    """The opening that was chosen, else the days and the time that were wished for."""
    wish = conversation.slots.wish
    if conversation.chosen:
        return f"on {say_moment(conversation.chosen.local)}"
    days = f"on {say_date(wish.first)}" if wish.first else ""
    if wish.first and wish.last and wish.last != wish.first:
        days = f"between {say_date(wish.first)} and {say_date(wish.last)}"
    return f"{days} at {say_time(wish.exactly)}".strip() if wish.exactly else days
