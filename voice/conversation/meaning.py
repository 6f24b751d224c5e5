"""What one turn says, and what that puts into the slots. Pure: no tools, no next question."""

import re
from dataclasses import dataclass, replace
from datetime import date

from voice.conversation import assent, choices, intents, names, pickups, questions, vehicles
from voice.conversation.dates import ContradictoryDate, find_wish
from voice.conversation.emails import find_email
from voice.conversation.facts import Store
from voice.conversation.mileage import find_miles
from voice.conversation.states import Conversation, DayWish, Intent, Slots, State, VehicleSlot
from voice.conversation.transports import asks_how, find_transport

# Where "no, that's fine" agrees: nothing is written by a yes.
SUITS = (
    questions.ASK_OFFER,
    questions.ASK_PHONE_CHECK,
    questions.ASK_NUMBER_IS_BEST,
    questions.ASK_VIN_CHECK,
)
# Where it is asked again, for a yes writes.
AGREES = (
    questions.ASK_CONFIRM,
    questions.ASK_MOVE_IT,
    questions.ASK_CANCEL_IT,
    questions.ASK_COUNT_ON,
    questions.ASK_WAITLIST,
)
NO_CAR_EXPECTED = (
    questions.ASK_NAME,
    questions.ASK_FIRST_NAME,
    questions.ASK_PHONE,
    questions.ASK_PHONE_CHECK,
)


AT = re.compile(r"@|\bat\b", re.IGNORECASE)  # every address has one
# What speaks of work without asking for it.
SPEAKS_OF_WORK = {
    *(Intent.SERVICE_INQUIRY, Intent.APPROVE, Intent.DECLINE, Intent.WARRANTY, Intent.HISTORY),
    *(Intent.COMPLAINT, Intent.BILL, Intent.PARTS, Intent.SALES),
}
# Intents that bring nothing to do: an answer that has one of these is only an answer.
NOTHING_TO_DO = {Intent.UNKNOWN, Intent.THANKS, Intent.GREETING, Intent.MAYBE, Intent.GOODBYE}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one turn says, before it is held against the open question."""

    text: str
    intent: Intent
    services: list[str]
    wish: DayWish
    contradiction: ContradictoryDate | None
    is_yes: bool
    is_no: bool
    is_either_way: bool  # "no, that's fine" to a question where it may mean both: neither yes nor no
    person: str  # who was asked for by name, as heard
    transport: str = ""  # how the caller goes on meanwhile, see transports.py

    @property
    def is_empty(self) -> bool:
        return self.intent in NOTHING_TO_DO and self.is_empty_but_for_intent

    @property
    def is_empty_but_for_intent(self) -> bool:
        return not self.services and self.wish.is_empty


def understand(heard: str, conversation: Conversation, store: Store, today: date) -> Meaning:
    """Read one turn by itself; today is the store's calendar day."""
    contradiction = None
    wish = DayWish()
    # A number being dictated is no date, whatever its digits look like.
    if conversation.asked not in (questions.ASK_PHONE, questions.ASK_PHONE_CHECK):
        try:
            wish = find_wish(heard, today)
        except ContradictoryDate as error:
            contradiction = error
    # Sixty thousand on the odometer are no sixty-thousand-mile service.
    is_mileage = conversation.asked == questions.ASK_MILEAGE and find_miles(heard, was_asked=True) is not None
    is_yes, is_no = choices.is_yes(heard), choices.is_no(heard)
    is_either_way = is_no and conversation.asked in (*SUITS, *AGREES) and assent.is_either_way(heard)
    if is_either_way:
        is_yes, is_no = conversation.asked in SUITS, False
    services = [] if is_mileage else intents.find_services(heard, store.menu)
    transport = find_transport(heard, is_about_a_visit=bool(services) or not wish.is_empty)
    intent = Intent.UNKNOWN if is_mileage else intents.find_intent(heard)
    if intent is Intent.RIDE and transport and _is_told(heard, conversation, services, wish):
        intent = Intent.RESCHEDULE if _is_move(conversation) else Intent.BOOK
    return Meaning(
        text=heard,
        intent=intent,
        services=services,
        wish=wish,
        contradiction=contradiction,
        is_yes=is_yes,
        is_no=is_no,
        is_either_way=is_either_way,
        person=intents.named_person(heard),
        transport=transport,
    )


def _is_told(heard: str, conversation: Conversation, services: list[str], wish: DayWish) -> bool:
    """ "I'll wait for it" asks nothing about rides, nor does "can I wait?" where the openings will tell."""
    # What is booked already is told no openings any more.
    filled = conversation.slots if conversation.state is not State.CLOSING else Slots()
    has_day = not (wish.is_empty and filled.wish.is_empty)
    has_work = bool(services or filled.services) or _is_move(conversation)
    return has_work and (has_day or not asks_how(heard))


def _is_move(conversation: Conversation) -> bool:
    return conversation.intent is Intent.RESCHEDULE and conversation.visit is not None


def take_identity(conversation: Conversation, meaning: Meaning) -> None:
    """Hold the turn against "Is this Maria?"."""
    caller = conversation.caller
    said = names.find_name(meaning.text, was_asked=False).split(" ")[0]
    is_other = bool(said) and not names.sounds_like(said, caller.first_name)
    if meaning.is_no or is_other or names.is_somebody_else(meaning.text):
        caller.is_confirmed = False
    elif meaning.is_yes or said or caller.first_name.lower() in meaning.text.lower():
        caller.is_confirmed = True
        conversation.slots.name = ""  # the store knows it better than our ears


def take_pickup(conversation: Conversation, meaning: Meaning) -> None:
    """Hold the turn against "Am I speaking with Maria?", asked of whoever answered her telephone."""
    caller, text = conversation.caller, meaning.text
    if pickups.will_fetch(text):
        return
    said = names.find_name(text, was_asked=False).split(" ")[0]
    is_other = bool(said) and not names.sounds_like(said, caller.first_name)
    is_absent = pickups.is_somebody_elses_phone(text) or pickups.is_not_there(text)
    if is_absent or is_other or meaning.is_no or names.is_somebody_else(text):
        caller.is_confirmed = False
    elif meaning.is_yes or said or pickups.answers_to(text, caller.first_name):
        caller.is_confirmed = True
        conversation.slots.name = ""  # the store knows it better than our ears


def take_name(conversation: Conversation, meaning: Meaning) -> None:
    name = names.find_name(meaning.text, was_asked=True)
    if name:
        conversation.slots.name = name


def take_number_is_best(conversation: Conversation, meaning: Meaning) -> None:
    """Hold the turn against "Is the number you're calling from the best one?"."""
    if meaning.is_yes:
        conversation.slots.phone = conversation.caller.number
    elif meaning.is_no:
        conversation.asked = questions.ASK_PHONE


def take_phone_check(conversation: Conversation, meaning: Meaning) -> None:
    """Hold the turn against "Did I get that number right?"."""
    if meaning.is_no:
        conversation.slots.phone = ""
        conversation.asked = questions.ASK_PHONE


def fill_facts(conversation: Conversation, meaning: Meaning) -> bool:
    """Put service, car and name into their slots, whatever was asked; True when one changed."""
    filled, asked = conversation.slots, conversation.asked
    changed = False
    if meaning.services and set(meaning.services) != set(filled.services):
        is_adding = filled.services and not choices.CORRECTION.search(meaning.text)
        new = [*filled.services, *meaning.services] if is_adding else meaning.services
        filled.services = list(dict.fromkeys(new))
        filled.concern = f"{filled.concern} {meaning.text}".strip()[:1000]
        forget_offers(conversation)
        changed = True
    vehicle = None if asked in NO_CAR_EXPECTED else vehicles.find_vehicle(meaning.text)
    if vehicle and (filled.vehicle is None or vehicle.model or vehicle.make != filled.vehicle.make):
        filled.vehicle = vehicle
        changed = True
    elif (
        filled.vehicle is None and asked == questions.ASK_VEHICLE and meaning.is_empty and conversation.misses
    ):
        changed = _take_unlisted_vehicle(conversation, meaning) or changed
    if AT.search(meaning.text) and (email := find_email(meaning.text)):
        changed = changed or email != filled.email
        filled.email = email
    name = names.find_name(meaning.text, was_asked=False)
    if " " in name:
        filled.proof.name = filled.proof.name or name
    if name and not filled.name and conversation.caller.is_confirmed is not True:
        filled.name = name
        changed = True
    return changed


def fill_wish(conversation: Conversation, meaning: Meaning) -> bool:
    """A new wish for a day or time replaces what was offered or read back."""
    if meaning.wish.is_empty:
        return False
    conversation.slots.wish = merge(conversation.slots.wish, meaning.wish)
    forget_offers(conversation)
    return True


def fill_transport(conversation: Conversation, meaning: Meaning) -> bool:
    """How the caller goes on meanwhile; True when that is new.

    What was offered for another way is looked for anew, where one was chosen at that very time.
    """
    filled, chosen = conversation.slots, conversation.chosen
    if meaning.transport in ("", filled.transport):
        return False
    filled.transport = meaning.transport
    if any(offer.way != meaning.transport for offer in conversation.offers):
        if chosen:
            day = chosen.local.date()
            filled.wish = DayWish(first=day, last=day, exactly=chosen.local.time(), said=filled.wish.said)
        forget_offers(conversation)
    return True


def take_in(conversation: Conversation, meaning: Meaning) -> bool:
    """What was said beside a question: who calls, the facts, and a day where none is known. True when any was new."""
    before = conversation.apart()
    if conversation.asked == questions.ASK_IS_CALLER:
        take_identity(conversation, meaning)
    elif conversation.asked == questions.ASK_NUMBER_IS_BEST and meaning.is_yes:
        take_number_is_best(conversation, meaning)
    asks_for_work = _asks_for_work(conversation, meaning)
    fill_facts(conversation, meaning if asks_for_work else replace(meaning, services=[]))
    fill_transport(conversation, meaning)
    filled = conversation.slots
    if filled.services and (filled.wish.is_empty or choices.CORRECTION.search(meaning.text)):
        fill_wish(conversation, meaning)
    return conversation != before


def _asks_for_work(conversation: Conversation, meaning: Meaning) -> bool:
    """Work that is only spoken of, in a question about its price or its bill, is not asked for."""
    if conversation.intent not in (Intent.UNKNOWN, Intent.BOOK):
        return False
    is_first = not conversation.slots.services and meaning.intent not in SPEAKS_OF_WORK
    return is_first or bool(intents.BOOKING.search(meaning.text.lower()))


def forget_offers(conversation: Conversation) -> None:
    """What was offered or chosen no longer fits."""
    conversation.offers, conversation.chosen = [], None


def _take_unlisted_vehicle(conversation: Conversation, meaning: Meaning) -> bool:
    """Asked for the car twice, any short answer is one: the list of models is never complete."""
    name = names.find_name(f"it's {meaning.text}", was_asked=True)
    if not name or meaning.is_yes or meaning.is_no or choices.names_place(meaning.text):
        return False
    conversation.slots.vehicle = _unlisted_vehicle(meaning.text)
    return True


def _unlisted_vehicle(text: str) -> VehicleSlot:
    """A car that is on no list, as the caller named it: the last words, at most three."""
    words = [word.strip(".,!?") for word in text.split()]
    words = [word for word in words if word and word.lower() not in names.NOT_NAMES and not word.isdigit()][
        -3:
    ]
    return VehicleSlot(
        year=vehicles.find_year(text),
        make=" ".join(words[:-1]).title(),
        model=words[-1].title() if words else "",
    )


def merge(old: DayWish, new: DayWish) -> DayWish:
    """A new day keeps the old time of day, a new time keeps the old day."""
    merged = old.model_copy(deep=True)
    merged.said = new.said
    merged.not_on = new.not_on or (old.not_on if not new.first else [])
    merged.not_days = new.not_days or (old.not_days if not new.first else [])
    merged.days = new.days if new.first else old.days
    merged.moments = new.moments
    if new.first:
        merged.first, merged.last = new.first, new.last
    if new.exactly or new.not_before or new.not_after:
        merged.exactly, merged.not_before, merged.not_after = new.exactly, new.not_before, new.not_after
    return merged
