"""What a model says about bookings, times, dates and prices, held against what is known to be so. Pure.

A model may make up what it was not told. Each clause is looked at before anybody hears it: a statement
that no tool, no offer and no fact of the store bears out is replaced by what is true, and kept as a
defect. What the caller wished for may be said back; questions about doing something claim nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Literal

from voice.conversation import phrases, store_phrases
from voice.conversation.facts import Store
from voice.conversation.numbers import words_to_digits
from voice.conversation.states import Conversation, Deed, Visit

Kind = Literal["deed", "time", "date", "price", "name"]

DONE = re.compile(
    r"\b(?:you(?:'re| are| have been)|it(?:'s| is| has been)|that(?:'s| is)|i(?:'ve| have)|we(?:'ve| have)|"
    r"(?:your|the) (?:appointment|booking|visit|oil change|service)(?:'s| is| has been)|all)\b[^.?!]{0,40}?"
    r"\b(booked|scheduled|confirmed|reserved|moved|rescheduled|cancell?ed|set)\b",
    re.IGNORECASE,
)
NOT_DONE = re.compile(
    r"\b(?:not|n't|once|when|if|before|until|can|could|would|will|shall|should|to be|get(?:ting)?|want|yet|already)\b|\?",
    re.IGNORECASE,
)
DEEDS = {
    "moved": Deed.MOVED,
    "rescheduled": Deed.MOVED,
    "cancelled": Deed.CANCELLED,
    "canceled": Deed.CANCELLED,
}
CLOCK = re.compile(r"\b(\d{1,2})(?:[: ](\d{2}))?\s*([ap])\.?\s?m\b", re.IGNORECASE)
NOON = re.compile(r"\bnoon\b", re.IGNORECASE)
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
DATE = re.compile(
    rf"\b(?:({'|'.join(WEEKDAYS)}),? (?:the )?)?({'|'.join(MONTHS)}) (?:the )?(\d{{1,2}})(?:st|nd|rd|th)?\b",
    re.IGNORECASE,
)
DOLLARS = re.compile(r"\$\s?(\d[\d,]*)|\b(\d[\d,]*)(?:\.\d\d)? ?dollars\b", re.IGNORECASE)
RANGE = re.compile(r"\b(\d[\d,]*) (?:to|and|or) (?=\$?\d[\d,]* ?dollars\b)", re.IGNORECASE)
GREETED = re.compile(r"\b(?i:hi|hello|thanks|thank you|under the name(?: of)?),? ([A-Z][a-zà-ÿ'’-]+)\b")
NO_NAMES = {
    "There",
    "Again",
    "You",
    "So",
    "For",
    "Very",
    "And",
    "Thank",
    "Thanks",
    "Okay",
    "I",
    "Let",
    "Sure",
}


@dataclass(frozen=True, slots=True)
class Defect:
    """A statement that was not so. said is as the model wrote it, truth is what is spoken in its place."""

    kind: Kind
    said: str
    truth: str


def check(clause: str, conversation: Conversation, store: Store, today: date) -> Defect | None:
    """The first untrue statement of the clause; None when it may be spoken as it is."""
    said = words_to_digits(clause)
    if _claims_a_deed(clause, conversation):
        return Defect("deed", clause, phrases.not_done(conversation))
    if any(moment not in _known_times(conversation, store) for moment in _times(said)):
        return Defect("time", clause, _true_times(conversation, today))
    if any(not _fits_the_calendar(*each, today) for each in _dates(said)):
        return Defect("date", clause, _true_times(conversation, today))
    if any(amount not in _known_amounts(conversation, store) for amount in _amounts(said)):
        return Defect("price", clause, _true_price(conversation, store))
    if (name := GREETED.search(clause)) and not _is_known_name(name[1], conversation):
        return Defect("name", clause, clause.replace(f" {name[1]}", "", 1).replace(" ,", ","))
    return None


# --- deeds --------------------------------------------------------------------------------


def _claims_a_deed(clause: str, conversation: Conversation) -> bool:
    match = DONE.search(clause)
    if match is None or NOT_DONE.search(clause):
        return False
    if match[0].lower().startswith("all") and match[1].lower() != "set":
        return False
    booked = conversation.booked
    if match[1].lower() == "confirmed" and booked is None and conversation.about:
        return True  # that it is in the book does not say that they come
    wanted = DEEDS.get(match[1].lower(), Deed.BOOKED)
    if booked is None:
        return wanted is not Deed.BOOKED or not _visits(conversation)  # "you're booked for" what was read
    return wanted is not Deed.BOOKED and booked.deed is not wanted


# --- times and dates ----------------------------------------------------------------------


def _times(said: str) -> Iterator[time]:
    for match in CLOCK.finditer(said):
        hour, minute = int(match[1]) % 12, int(match[2] or 0)
        if minute < 60:
            yield time(hour + (12 if match[3].lower() == "p" else 0), minute)
    if NOON.search(said):
        yield time(12)


def _known_times(conversation: Conversation, store: Store) -> set[time]:
    known = {offer.local.time() for offer in conversation.offers}
    known |= {offer.leave_until.time() for offer in conversation.offers if offer.leave_until}
    known |= {visit.local.time() for visit in _visits(conversation)}
    known |= {moment for day in store.hours for moment in (day.opens, day.closes)}
    if conversation.booked:
        known.add(conversation.booked.local.time())
    wish = conversation.slots.wish
    known |= {moment for moment in (wish.exactly, wish.not_before, wish.not_after) if moment}
    # What the desk has said was looked at before it was spoken.
    for text in (*conversation.told, *(message.text for message in conversation.history)):
        known |= set(_times(words_to_digits(text)))
    return known | {time(12)}


def _visits(conversation: Conversation) -> list[Visit]:
    """Those that may be spoken of."""
    about = [conversation.about] if conversation.about and conversation.is_reached else []
    return [*conversation.visits, *about]


def _dates(said: str) -> Iterator[tuple[str, int, int]]:
    for match in DATE.finditer(said):
        yield (match[1] or "").lower(), MONTHS.index(match[2].lower()) + 1, int(match[3])


def _fits_the_calendar(weekday: str, month: int, day: int, today: date) -> bool:
    """Is there such a day within a year, and is it that weekday?"""
    for year in (today.year, today.year + 1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return not weekday or WEEKDAYS[found.weekday()] == weekday
    return False


def _true_times(conversation: Conversation, today: date) -> str:
    if conversation.booked:
        return phrases.written(conversation.booked)
    if conversation.offers:
        return phrases.say_offers(conversation.offers, today)
    return phrases.LET_ME_CHECK


# --- prices -------------------------------------------------------------------------------


def _amounts(said: str) -> Iterator[int]:
    for match in DOLLARS.finditer(said):
        yield _number(match[1] or match[2])
    for match in RANGE.finditer(said):
        yield _number(match[1])


def _known_amounts(conversation: Conversation, store: Store) -> set[int]:
    known = {amount for item in store.menu for amount in (item.price_min, item.price_max)}
    for text in conversation.told:
        known |= set(_amounts(words_to_digits(text)))
    return known


def _true_price(conversation: Conversation, store: Store) -> str:
    for code in conversation.slots.services:
        item = next((item for item in store.menu if item.code == code), None)
        if item:
            return store_phrases.price(item.name, item.price_min, item.price_max)
    return phrases.ASK_THE_DESK


def _number(text: str) -> int:
    return int(text.replace(",", ""))


# --- names --------------------------------------------------------------------------------


def _is_known_name(name: str, conversation: Conversation) -> bool:
    if name in NO_NAMES:
        return True
    said = " ".join(message.text for message in conversation.history if message.speaker == "caller")
    known = f"{conversation.caller.first_name} {conversation.slots.name} {said} {' '.join(conversation.told)}"
    return name.lower() in known.lower()


# --- afterwards ---------------------------------------------------------------------------


def says_it_is_written(sentence: str) -> bool:
    """Does it say that an appointment was written? "All set" and "all right" may go with anything."""
    match = DONE.search(sentence)
    if match is None or match[1].lower() == "set" or match[0].lower().startswith("all"):
        return False
    return not NOT_DONE.search(sentence)


def times_in(text: str) -> set[time]:
    """The times of day that are spoken of."""
    return set(_times(words_to_digits(text)))


def days_in(text: str) -> set[tuple[int, int]]:
    """The days that are spoken of, as month and day."""
    return {(month, day) for _, month, day in _dates(words_to_digits(text))}


def amounts_in(text: str) -> set[int]:
    """The dollars that are spoken of."""
    return set(_amounts(words_to_digits(text)))
