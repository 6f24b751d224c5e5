"""What a model says about bookings, times, dates, prices and cars, held against what is known to be so. Pure.

A model may make up what it was not told. Each clause is looked at before anybody hears it: a statement
that no tool, no offer and no fact of the store bears out is replaced by what is true, and kept as a
defect. What the caller wished for may be said back; questions about doing something claim nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Literal

from voice.conversation import advice, known_moments, phrases, store_phrases
from voice.conversation.facts import MenuItem, Store
from voice.conversation.numbers import words_to_digits
from voice.conversation.said_moments import find_moments
from voice.conversation.services import find_services
from voice.conversation.statements import Claim, claims_in, tells_what_stands
from voice.conversation.states import Conversation, Deed

Kind = Literal["deed", "time", "date", "price", "name", "advice"]

DOLLARS = re.compile(r"\$\s?(\d[\d,]*)|\b(\d[\d,]*)(?:\.\d\d)? ?dollars\b", re.IGNORECASE)
RANGE = re.compile(r"\b(\d[\d,]*) (?:to|and|or) (?=\$?\d[\d,]* ?dollars\b)", re.IGNORECASE)
HUNDREDS = re.compile(r"\b(a|\d{1,2}) hundred(?:(?: and)? (\d{1,2})\b(?! hundred| thousand))?")
THOUSANDS = re.compile(r"\b(a|\d{1,3}) thousand(?:(?: and)? (\d{1,3})\b)?")
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
    is_untrue = any(_is_untrue(claim, conversation) for claim in claims_in(clause))
    if is_untrue and not _tells_of_another_visit(clause, conversation):
        return Defect("deed", clause, phrases.not_done(conversation))
    if moment := known_moments.first_unknown(clause, conversation, store, today):
        return Defect("time" if moment.at else "date", clause, _true_times(clause, conversation, today))
    if (amounts := amounts_in(clause)) and (truth := _other_price(clause, amounts, conversation, store)):
        return Defect("price", clause, truth)
    if truth := advice.instead_of(clause, _said_by_caller(conversation)):
        return Defect("advice", clause, truth)
    if (name := GREETED.search(clause)) and not _is_known_name(name[1], conversation):
        return Defect("name", clause, clause.replace(f" {name[1]}", "", 1).replace(" ,", ","))
    return None


def _is_untrue(claim: Claim, conversation: Conversation) -> bool:
    booked = conversation.booked
    if booked is None and claim.deed is Deed.CONFIRMED and conversation.about:
        return True  # that it is in the book does not say that they come
    if claim.deed in (Deed.MOVED, Deed.CANCELLED):
        return booked is None or booked.deed is not claim.deed
    if claim.is_set and (booked or conversation.has_left_message):
        return False
    return not known_moments.standing(conversation)  # "you're booked for" what was read


def _tells_of_another_visit(clause: str, conversation: Conversation) -> bool:
    """ "Your car is already booked that day": so a tool has told, of a visit that may not be read out."""
    is_told = any(phrases.ALREADY_THAT_DAY in told for told in conversation.told)
    return is_told and "already" in clause.lower()


def _true_times(clause: str, conversation: Conversation, today: date) -> str:
    if conversation.booked:
        return phrases.written(conversation.booked)
    visits = known_moments.visits(conversation)
    if visits and (tells_what_stands(clause) or any(True for _ in claims_in(clause))):
        return phrases.say_visits(visits)
    if conversation.offers:
        return phrases.say_offers(conversation.offers, today)
    return phrases.LET_ME_CHECK


# --- prices -------------------------------------------------------------------------------


def amounts_in(text: str) -> set[int]:
    """The whole dollars that are spoken of."""
    said = _figures(words_to_digits(text))
    amounts = {_number(match[1] or match[2]) for match in DOLLARS.finditer(said)}
    return amounts | {_number(match[1]) for match in RANGE.finditer(said)}


def _figures(said: str) -> str:
    """ "a hundred 30" → "130": digits as words_to_digits leaves them."""
    said = HUNDREDS.sub(lambda match: str(_count(match[1]) * 100 + int(match[2] or 0)), said)
    return THOUSANDS.sub(lambda match: str(_count(match[1]) * 1000 + int(match[2] or 0)), said)


def _count(said: str) -> int:
    return 1 if said == "a" else int(said)


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _other_price(clause: str, amounts: set[int], conversation: Conversation, store: Store) -> str:
    """What is true of the services that the clause names, else of those asked for; "" when it says just that."""
    named = _named(clause, store)
    services = named or _asked_for(conversation, store)
    known = _prices(services or store.menu)
    if not named:
        known |= {amount for text in conversation.told for amount in amounts_in(text)}
    if amounts <= known:
        return ""
    if not services:
        return phrases.ASK_THE_DESK
    return store_phrases.price(services[0].name, services[0].price_min, services[0].price_max)


def _named(clause: str, store: Store) -> Sequence[MenuItem]:
    codes, plain = find_services(clause, store.menu), clause.lower()
    return [item for item in store.menu if item.code in codes or item.name in plain]


def _asked_for(conversation: Conversation, store: Store) -> Sequence[MenuItem]:
    said = [message.text for message in conversation.history if message.speaker == "caller"][-1:]
    asked = [code for text in said for code in find_services(text, store.menu)]
    return [item for item in store.menu if item.code in (*conversation.slots.services, *asked)]


def _prices(items: Sequence[MenuItem]) -> set[int]:
    """In whole dollars: of each, and of all together."""
    alone = {amount for item in items for amount in (item.price_min, item.price_max)}
    return alone | {sum(item.price_min for item in items), sum(item.price_max for item in items)}


# --- names --------------------------------------------------------------------------------


def _is_known_name(name: str, conversation: Conversation) -> bool:
    if name in NO_NAMES:
        return True
    known = [conversation.caller.first_name, conversation.slots.name, *conversation.told]
    return name.lower() in f"{_said_by_caller(conversation)} {' '.join(known)}".lower()


def _said_by_caller(conversation: Conversation) -> str:
    return " ".join(message.text for message in conversation.history if message.speaker == "caller")


# --- afterwards ---------------------------------------------------------------------------


def says_it_is_written(sentence: str) -> bool:
    """Does it say that an appointment was written? "All set" may go with anything."""
    return any(not claim.is_set for claim in claims_in(sentence))


def times_in(text: str) -> set[time]:
    """The times of day that are spoken of."""
    return {said.at for said in find_moments(words_to_digits(text)) if said.at and not said.is_half_open}


def days_in(text: str) -> set[tuple[int, int]]:
    """The days that are spoken of, as month and day."""
    found = find_moments(words_to_digits(text))
    return {(said.month, said.day) for said in found if said.month and said.day}
