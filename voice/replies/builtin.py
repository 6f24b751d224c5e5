"""The mind that needs no key and no network: states, slots and plain English.

A real conversation: slots fill in any order from free speech, a question in the middle is
answered and the flow goes on, nothing is written before it was read back and agreed to.
Each turn runs: understand → answer the open question → fill slots → take the next step.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from voice.conversation import intents, phrases, slots
from voice.conversation.dates import WEEKDAYS, ContradictoryDate, find_wish
from voice.conversation.facts import Store
from voice.conversation.numbers import spoken_digits
from voice.conversation.states import Conversation, DayWish, Ending, Intent, Offer, State
from voice.ports import Tools

MISSES_UNTIL_A_PERSON = 3
NO_CAR_EXPECTED = (phrases.ASK_NAME, phrases.ASK_PHONE, phrases.ASK_PHONE_CHECK)
NOT_BY_PHONE_YET = {Intent.CANCEL, Intent.RESCHEDULE, Intent.CHECK}


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

    @property
    def is_empty(self) -> bool:
        return self.intent is Intent.UNKNOWN and not self.services and self.wish.is_empty


class BuiltinReplies:
    """See ports.ReplyModel. Holds no state of its own."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def reply(
        self, conversation: Conversation, heard: str, tools: Tools, *, now: datetime
    ) -> AsyncGenerator[str, None]:
        turn = _Turn(self.store, conversation, tools, self.store.today(now))
        yield await turn.answer(heard) if heard else turn.greet()


@dataclass(slots=True)
class _Turn:
    store: Store
    conversation: Conversation
    tools: Tools
    today: date

    # --- one turn -------------------------------------------------------------------------

    def greet(self) -> str:
        caller = self.conversation.caller
        if caller.first_name:
            self._ask(phrases.ASK_IS_CALLER, State.VERIFICATION)
        else:
            self._ask(phrases.ASK_NEED, State.INTENT)
        return phrases.greeting(self.store, caller.first_name)

    async def answer(self, heard: str) -> str:
        conversation = self.conversation
        if conversation.state is State.EXECUTION and conversation.booked:
            return self._announce()  # written, but the caller spoke before it could be said
        meaning = self._understand(heard)
        special = await self._interlude(meaning)
        if special:
            return special
        if conversation.asked == phrases.ASK_ANYTHING_ELSE:
            if meaning.is_no and meaning.is_empty:
                return await self._say_goodbye()
            self._start_over()
        had_offers = bool(conversation.offers)
        changed = self._fill_facts(meaning)
        before = conversation.model_copy(deep=True)
        reply = await self._take_answer(meaning)
        if reply:
            conversation.misses = 0
            return reply
        if meaning.contradiction:
            return phrases.contradictory(
                meaning.contradiction.day, WEEKDAYS[meaning.contradiction.weekday].title()
            )
        changed = self._fill_wish(meaning) or changed or conversation != before
        if changed or meaning.is_yes or meaning.is_no or meaning.intent is Intent.BOOK:
            conversation.misses = 0
            return await self._next_step(is_new_search=changed and had_offers)
        return await self._not_understood()

    def _understand(self, heard: str) -> Meaning:
        contradiction = None
        wish = DayWish()
        # A number being dictated is no date, whatever its digits look like.
        if self.conversation.asked not in (phrases.ASK_PHONE, phrases.ASK_PHONE_CHECK):
            try:
                wish = find_wish(heard, self.today)
            except ContradictoryDate as error:
                contradiction = error
        return Meaning(
            text=heard,
            intent=intents.find_intent(heard),
            services=intents.find_services(heard, self.store.menu),
            wish=wish,
            contradiction=contradiction,
            is_yes=slots.is_yes(heard),
            is_no=slots.is_no(heard),
        )

    async def _interlude(self, meaning: Meaning) -> str:
        """What may come at any moment and leaves the flow where it was; "" when nothing does."""
        conversation = self.conversation
        if meaning.intent is Intent.PERSON:
            return await self._fetch_person(meaning.text)
        if intents.REPEAT.search(meaning.text):
            return conversation.last_heard_from_desk() or phrases.question(conversation)
        if self._is_goodbye(meaning):
            return await self._say_goodbye()
        if meaning.intent is Intent.HOURS_INQUIRY:
            topic = (
                "address" if "where" in meaning.text.lower() or "address" in meaning.text.lower() else "hours"
            )
            return await self._answer_and_go_on("get_store_info", {"topic": topic})
        if meaning.intent is Intent.SERVICE_INQUIRY and meaning.services:
            item = self.store.item(meaning.services[0])
            return (
                f"{phrases.price(item.name, item.price_min, item.price_max)} {phrases.question(conversation)}"
            )
        if meaning.intent in NOT_BY_PHONE_YET:
            conversation.intent = meaning.intent
            return await self._fetch_person(meaning.text)
        return ""

    def _is_goodbye(self, meaning: Meaning) -> bool:
        """ "That's all" says goodbye only where nothing is under way."""
        if meaning.services or not meaning.wish.is_empty:
            return False
        nothing_open = self.conversation.asked in (phrases.ASK_ANYTHING_ELSE, phrases.ASK_NEED)
        return bool(intents.GOODBYE.search(meaning.text)) or (
            nothing_open and bool(intents.DONE.search(meaning.text))
        )

    # --- the open question ----------------------------------------------------------------

    async def _take_answer(self, meaning: Meaning) -> str:
        """Hold the turn against what was asked; a sentence back ends the turn."""
        match self.conversation.asked:
            case phrases.ASK_IS_CALLER:
                self._take_identity(meaning)
            case phrases.ASK_NAME:
                self._take_name(meaning)
            case phrases.ASK_NUMBER_IS_BEST:
                self._take_number_is_best(meaning)
            case phrases.ASK_PHONE:
                return self._take_phone(meaning)
            case phrases.ASK_PHONE_CHECK:
                self._take_phone_check(meaning)
            case phrases.ASK_OFFER:
                return await self._take_offer(meaning)
            case phrases.ASK_CONFIRM:
                return await self._take_confirmation(meaning)
        return ""

    def _take_identity(self, meaning: Meaning) -> None:
        caller = self.conversation.caller
        said = slots.find_name(meaning.text, was_asked=False).split(" ")[0]
        is_other = bool(said) and not slots.sounds_like(said, caller.first_name)
        if meaning.is_no or is_other:
            caller.is_confirmed = False
        elif meaning.is_yes or said or caller.first_name.lower() in meaning.text.lower():
            caller.is_confirmed = True
            self.conversation.slots.name = ""  # the store knows it better than our ears

    def _take_name(self, meaning: Meaning) -> None:
        name = slots.find_name(meaning.text, was_asked=True)
        if name:
            self.conversation.slots.name = name

    def _take_number_is_best(self, meaning: Meaning) -> None:
        said = slots.find_phone(meaning.text)
        if said:
            self.conversation.slots.phone = said
        elif meaning.is_yes:
            self.conversation.slots.phone = self.conversation.caller.number
        elif meaning.is_no:
            self.conversation.asked = phrases.ASK_PHONE

    def _take_phone(self, meaning: Meaning) -> str:
        number = slots.find_phone(meaning.text)
        if number:
            self.conversation.slots.phone = number
            self._ask(phrases.ASK_PHONE_CHECK, State.SLOTS)
            return phrases.check_phone(number)
        if len(spoken_digits(meaning.text)) > 2:
            return phrases.NUMBER_INCOMPLETE
        return ""

    def _take_phone_check(self, meaning: Meaning) -> None:
        number = slots.find_phone(meaning.text)
        if number and number != self.conversation.slots.phone:
            self.conversation.slots.phone = number
        elif meaning.is_no:
            self.conversation.slots.phone = ""
            self.conversation.asked = phrases.ASK_PHONE

    async def _take_offer(self, meaning: Meaning) -> str:
        conversation = self.conversation
        if not meaning.contradiction:
            chosen = slots.find_choice(meaning.text, conversation.offers, self.today)
            if chosen:
                conversation.chosen = chosen
                return await self._next_step()
        if other := await self._other_times(meaning):
            return other
        if slots.OTHER_DAY.search(meaning.text) or (meaning.is_no and meaning.is_empty):
            conversation.slots.wish = DayWish()
            conversation.offers = []
            return self._ask(phrases.ASK_DAY, State.SLOTS)
        time_of_day = slots.find_bare_time(meaning.text) if meaning.wish.is_empty else None
        if time_of_day:
            conversation.slots.wish.exactly = time_of_day
            return await self._offer()
        if meaning.is_yes and meaning.is_empty:
            return self._say_offers(phrases.say_offers(conversation.offers, self.today))
        return ""

    async def _other_times(self, meaning: Meaning) -> str:
        """ "Anything later?" compares with what was offered; "" when nothing of the kind was said."""
        offers = self.conversation.offers
        if not offers or not meaning.wish.is_empty:
            return ""
        if slots.LATER.search(meaning.text):
            return await self._offer(after=offers[-1].local)
        if slots.EARLIER.search(meaning.text):
            return await self._offer(before=offers[0].local)
        return ""

    async def _take_confirmation(self, meaning: Meaning) -> str:
        conversation = self.conversation
        if other := await self._other_times(meaning):
            conversation.chosen = None
            return other
        is_correcting = not meaning.wish.is_empty or meaning.services or slots.CORRECTION.search(meaning.text)
        if conversation.chosen and not is_correcting:
            if meaning.is_yes:
                return await self._confirmed(conversation.chosen)
            if (
                meaning.is_no
                and not slots.find_vehicle(meaning.text)
                and not slots.find_name(meaning.text, was_asked=False)
            ):
                conversation.chosen = None
                conversation.slots.wish = DayWish()
                return "No problem. " + self._ask(phrases.ASK_DAY, State.SLOTS)
        return ""

    async def _confirmed(self, chosen: Offer) -> str:
        """A yes counts only for what was heard: a read-back that was cut off is read again."""
        if phrases.say_moment(chosen.local) not in self.conversation.heard_since_caller_spoke():
            return phrases.read_back(self.conversation, self.store, chosen)
        return await self._book(chosen)

    # --- slots ----------------------------------------------------------------------------

    def _fill_facts(self, meaning: Meaning) -> bool:
        """Put service, car and name into their slots, whatever was asked; True when one changed."""
        filled, asked = self.conversation.slots, self.conversation.asked
        changed = False
        if meaning.services and set(meaning.services) != set(filled.services):
            is_adding = filled.services and not slots.CORRECTION.search(meaning.text)
            new = [*filled.services, *meaning.services] if is_adding else meaning.services
            filled.services = list(dict.fromkeys(new))
            filled.concern = f"{filled.concern} {meaning.text}".strip()[:1000]
            self._forget_offers()
            changed = True
        vehicle = None if asked in NO_CAR_EXPECTED else slots.find_vehicle(meaning.text)
        if vehicle and (filled.vehicle is None or vehicle.model or vehicle.make != filled.vehicle.make):
            filled.vehicle = vehicle
            changed = True
        elif filled.vehicle is None and asked == phrases.ASK_VEHICLE:
            changed = self._take_unlisted_vehicle(meaning) or changed
        name = slots.find_name(meaning.text, was_asked=False)
        if name and not filled.name and self.conversation.caller.is_confirmed is not True:
            filled.name = name
            changed = True
        return changed

    def _fill_wish(self, meaning: Meaning) -> bool:
        """A new wish for a day or time replaces what was offered or read back."""
        if meaning.wish.is_empty:
            return False
        self.conversation.slots.wish = _merge(self.conversation.slots.wish, meaning.wish)
        self._forget_offers()
        return True

    def _forget_offers(self) -> None:
        self.conversation.offers, self.conversation.chosen = [], None

    def _take_unlisted_vehicle(self, meaning: Meaning) -> bool:
        """Asked for the car, any short answer is one: the list of models is never complete."""
        name = slots.find_name(f"it's {meaning.text}", was_asked=True)
        if not name or meaning.is_yes or meaning.is_no:
            return False
        self.conversation.slots.vehicle = slots.unlisted_vehicle(meaning.text)
        return True

    # --- the next step --------------------------------------------------------------------

    async def _next_step(self, *, is_new_search: bool = False) -> str:
        """Ask for what is missing; with everything there, offer, read back, book."""
        conversation = self.conversation
        filled, caller = conversation.slots, conversation.caller
        if not filled.services:
            return self._ask_again_or(
                phrases.ASK_NEED if not filled.vehicle else phrases.ASK_SERVICE, State.INTENT
            )
        conversation.intent = Intent.BOOK
        if caller.first_name and caller.is_confirmed is None:
            return self._acknowledge() + self._ask(phrases.ASK_IS_CALLER, State.VERIFICATION)
        if filled.vehicle is None:
            return self._acknowledge() + self._ask(phrases.ASK_VEHICLE, State.SLOTS)
        if filled.wish.is_empty:
            return self._acknowledge() + self._ask(phrases.ASK_DAY, State.SLOTS)
        if conversation.chosen is None:
            return await self._offer(is_new_search=is_new_search)
        if not caller.is_confirmed:
            missing = self._missing_contact()
            if missing:
                return missing
        self._ask(phrases.ASK_CONFIRM, State.CONFIRMATION)
        return phrases.read_back(conversation, self.store, conversation.chosen)

    def _missing_contact(self) -> str:
        filled, caller = self.conversation.slots, self.conversation.caller
        if not filled.name:
            return self._ask(phrases.ASK_NAME, State.SLOTS)
        if not filled.phone:
            is_known = caller.number and self.conversation.asked != phrases.ASK_PHONE
            return self._ask(phrases.ASK_NUMBER_IS_BEST if is_known else phrases.ASK_PHONE, State.SLOTS)
        return ""

    async def _offer(
        self, *, after: datetime | None = None, before: datetime | None = None, is_new_search: bool = False
    ) -> str:
        conversation = self.conversation
        wish = conversation.slots.wish
        search: dict[str, Any] = {
            "services": conversation.slots.services,
            "first_day": wish.first,
            "last_day": wish.last,
            "not_before": wish.not_before,
            "not_after": wish.not_after,
            "exactly": wish.exactly,
            "after": after,
            "before": before,
        }
        if after or before:  # the comparison with what was offered replaces the wished time
            search |= {"exactly": None, "not_before": None, "not_after": None}
        result = await self.tools.call("get_available_slots", search)
        if not result.is_ok:
            if result.code == "nothing_open" and (after or before):
                return f"I have nothing {'later' if after else 'earlier'} than that. {self._ask(phrases.ASK_OFFER, State.SLOTS)}"
            return await self._fetch_person(
                f"{result.spoken} Services: {', '.join(conversation.slots.services)}", first=result.spoken
            )
        fits = bool(result.data["fits_the_wish"])
        if len(conversation.offers) == 1 and fits and wish.exactly:
            conversation.chosen = conversation.offers[0]
            return await self._next_step()
        opening = "" if fits or after or before else phrases.NOT_EXACTLY
        return f"{opening} {self._say_offers(result.spoken)}".strip()

    def _say_offers(self, spoken: str) -> str:
        self._ask(phrases.ASK_OFFER, State.SLOTS)
        is_one = len(self.conversation.offers) == 1
        return f"{spoken} {phrases.DOES_IT_WORK if is_one else phrases.QUESTIONS[phrases.ASK_OFFER]}"

    async def _book(self, chosen: Offer) -> str:
        conversation = self.conversation
        filled, vehicle = conversation.slots, conversation.slots.vehicle
        result = await self.tools.call(
            "book_appointment",
            {
                "offer": chosen.handle,
                "services": filled.services,
                "name": filled.name or conversation.caller.first_name,
                "phone": filled.phone,
                "year": vehicle.year if vehicle else None,
                "make": vehicle.make if vehicle else "",
                "model": vehicle.model if vehicle else "",
                "concern": filled.concern,
            },
        )
        if result.is_ok:
            return self._announce()
        if result.code == "unavailable" or result.code == "busy":
            return await self._fetch_person(
                f"Wanted {chosen.local:%c}: {filled.concern}", first=result.spoken
            )
        self._forget_offers()
        if result.code == "already_booked_that_day":
            filled.wish = DayWish()
            return f"{result.spoken} {self._ask(phrases.ASK_DAY, State.SLOTS)}"
        filled.wish.exactly = None
        return f"{result.spoken} {await self._offer()}"

    def _announce(self) -> str:
        """Say that it is booked: only ever reached after the commit."""
        booked = self.conversation.booked
        if booked is None:
            raise RuntimeError("nothing was booked")
        self._ask(phrases.ASK_ANYTHING_ELSE, State.CLOSING)
        return phrases.booked(booked.confirmation_number, booked.local)

    def _start_over(self) -> None:
        """One more wish in the same call: the caller and the car stay, the rest is asked anew."""
        filled = self.conversation.slots
        filled.services, filled.concern, filled.wish = [], "", DayWish()
        self._forget_offers()

    # --- leaving the flow -----------------------------------------------------------------

    async def _fetch_person(self, reason: str, *, first: str = "") -> str:
        conversation = self.conversation
        conversation.state = State.ESCALATION
        result = await self.tools.call("transfer_to_person", {"text": reason[:500]})
        if not result.is_ok:
            conversation.ending = Ending.TRANSFER  # the carrier's own fallback rings the desk
            return f"{first} {phrases.transferring()}".strip()
        if conversation.ending is Ending.TRANSFER:
            return f"{first} {result.spoken}".strip()
        return f"{first} {result.spoken} {self._ask(phrases.ASK_ANYTHING_ELSE, State.CLOSING)}".strip()

    async def _say_goodbye(self) -> str:
        await self.tools.call("end_call", {})
        self.conversation.state, self.conversation.ending = State.CLOSING, Ending.GOODBYE
        has_open_wish = self.conversation.slots.services and not self.conversation.booked
        return phrases.GOODBYE_UNBOOKED if has_open_wish else phrases.GOODBYE

    async def _answer_and_go_on(self, tool: str, arguments: dict[str, Any]) -> str:
        result = await self.tools.call(tool, arguments)
        return f"{result.spoken} {phrases.question(self.conversation)}".strip()

    async def _not_understood(self) -> str:
        self.conversation.misses += 1
        if self.conversation.misses >= MISSES_UNTIL_A_PERSON:
            return await self._fetch_person("The desk could not understand the caller.")
        return f"{phrases.not_understood(self.conversation.misses)} {phrases.question(self.conversation)}"

    # --- small things ---------------------------------------------------------------------

    def _ask(self, question: str, state: State) -> str:
        self.conversation.asked, self.conversation.state = question, state
        return phrases.question(self.conversation)

    def _ask_again_or(self, question: str, state: State) -> str:
        name = self.conversation.caller.first_name if self.conversation.caller.is_confirmed else ""
        thanks = f"Hi {name}. " if name and self.conversation.asked == phrases.ASK_IS_CALLER else ""
        return thanks + self._ask(question, state)

    def _acknowledge(self) -> str:
        """Name the service once, so that the caller hears it was understood."""
        names = [self.store.item(code).name for code in self.conversation.slots.services]
        if any(
            names[-1] in message.text for message in self.conversation.history if message.speaker == "desk"
        ):
            return ""
        return f"Sure, {phrases.say_services(names)}. "


def _merge(old: DayWish, new: DayWish) -> DayWish:
    """A new day keeps the old time of day, a new time keeps the old day."""
    merged = old.model_copy(deep=True)
    merged.said = new.said
    if new.first:
        merged.first, merged.last = new.first, new.last
    if new.exactly or new.not_before or new.not_after:
        merged.exactly, merged.not_before, merged.not_after = new.exactly, new.not_before, new.not_after
    return merged
