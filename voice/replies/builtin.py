"""The mind that needs no key and no network: states, slots and plain English.

A real conversation: slots fill in any order from free speech, a question in the middle is
answered and the flow goes on, nothing is written before it was read back and agreed to.
Each turn runs: understand → answer the open question → fill slots → take the next step.
"""

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from voice.conversation import choices, intents, names, numbers, phrases, vehicles
from voice.conversation.dates import WEEKDAYS
from voice.conversation.facts import Store
from voice.conversation.meaning import (
    Meaning,
    fill_facts,
    fill_wish,
    forget_offers,
    take_identity,
    take_name,
    take_number_is_best,
    take_phone_check,
    understand,
)
from voice.conversation.spoken_form import spoken_form
from voice.conversation.states import Conversation, DayWish, Ending, Intent, Offer, State
from voice.ports import ToolResult, Tools

MISSES_UNTIL_A_PERSON = 3
NOT_BY_PHONE_YET = {Intent.CANCEL, Intent.RESCHEDULE, Intent.CHECK}


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
        meaning = understand(heard, conversation, self.store, self.today)
        special = await self._interlude(meaning)
        if special:
            return special
        if conversation.asked == phrases.ASK_ANYTHING_ELSE:
            if meaning.is_no and meaning.is_empty:
                return await self._say_goodbye()
            self._start_over()
        asked = conversation.asked
        changed = fill_facts(conversation, meaning)
        before = conversation.model_copy(deep=True)
        reply = await self._take_answer(meaning)
        if reply:
            conversation.misses = 0
            return reply
        if meaning.contradiction:
            return phrases.contradictory(
                meaning.contradiction.day, WEEKDAYS[meaning.contradiction.weekday].title()
            )
        changed = fill_wish(conversation, meaning) or changed or conversation != before
        if changed or conversation.asked != asked:
            conversation.misses = 0
            return await self._next_step()
        if meaning.is_yes or meaning.is_no or meaning.intent is Intent.BOOK:
            return await self._not_yet()
        return await self._not_understood()

    async def _interlude(self, meaning: Meaning) -> str:
        """What may come at any moment and leaves the flow where it was; "" when nothing does."""
        conversation = self.conversation
        if intents.MACHINE.search(meaning.text):
            return f"{phrases.I_AM_A_MACHINE} {phrases.question(conversation)}"
        if intents.NO_RECORDING.search(meaning.text):
            return await self._stop_recording()
        if meaning.intent is Intent.PERSON:
            return await self._fetch_person(meaning.text, name=intents.named_person(meaning.text))
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
            return self._say_price(meaning)
        if meaning.intent in NOT_BY_PHONE_YET:
            conversation.intent = meaning.intent
            return await self._fetch_person(meaning.text)
        return ""

    def _say_price(self, meaning: Meaning) -> str:
        """The menu's range; a caller who had no wish yet is asked whether this is one."""
        item = self.store.item(meaning.services[0])
        answer = phrases.price(item.name, item.price_min, item.price_max)
        if not self.conversation.slots.services:
            fill_facts(self.conversation, meaning)
            self._ask(phrases.ASK_WANTS_IT, State.INTENT)
        return f"{answer} {phrases.question(self.conversation)}"

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
                take_identity(self.conversation, meaning)
            case phrases.ASK_NAME:
                take_name(self.conversation, meaning)
            case phrases.ASK_NUMBER_IS_BEST | phrases.ASK_PHONE | phrases.ASK_PHONE_CHECK:
                return self._take_phone(meaning)
            case phrases.ASK_OFFER:
                return await self._take_offer(meaning)
            case phrases.ASK_CONFIRM:
                return await self._take_confirmation(meaning)
            case phrases.ASK_CHANGE:
                return self._take_change(meaning)
            case phrases.ASK_WHICH_PERSON:
                name = names.find_name(meaning.text, was_asked=True)
                return await self._fetch_person(meaning.text, name=name or meaning.text)
            case phrases.ASK_WANTS_IT if meaning.is_no and meaning.is_empty:
                self._start_over()
                return self._ask(phrases.ASK_ANYTHING_ELSE, State.INTENT)
        return ""

    def _take_phone(self, meaning: Meaning) -> str:
        """Every number that is said is read back; a wrong length is asked for again in groups."""
        conversation = self.conversation
        number = numbers.find_phone(meaning.text)
        if number and number != conversation.slots.phone:
            conversation.slots.phone = number
            self._ask(phrases.ASK_PHONE_CHECK, State.SLOTS)
            return phrases.check_phone(number)
        if conversation.asked == phrases.ASK_NUMBER_IS_BEST:
            take_number_is_best(conversation, meaning)
        elif conversation.asked == phrases.ASK_PHONE_CHECK:
            take_phone_check(conversation, meaning)
        elif not number and len(numbers.spoken_digits(meaning.text)) > 2:
            return phrases.NUMBER_INCOMPLETE
        return ""

    async def _take_offer(self, meaning: Meaning) -> str:
        conversation = self.conversation
        if not meaning.contradiction:
            chosen = choices.find_choice(meaning.text, conversation.offers, self.today)
            if chosen:
                conversation.chosen = chosen
                return await self._next_step()
        if other := await self._other_times(meaning):
            return other
        if choices.OTHER_DAY.search(meaning.text) or (meaning.is_no and meaning.is_empty):
            conversation.slots.wish = DayWish()
            conversation.offers = []
            return self._ask(phrases.ASK_DAY, State.SLOTS)
        time_of_day = choices.find_bare_time(meaning.text) if meaning.wish.is_empty else None
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
        if choices.LATER.search(meaning.text):
            return await self._offer(after=offers[-1].local)
        if choices.EARLIER.search(meaning.text):
            return await self._offer(before=offers[0].local)
        return ""

    async def _take_confirmation(self, meaning: Meaning) -> str:
        conversation = self.conversation
        if times := await self._other_times(meaning):
            conversation.chosen = None
            return times
        offers = [] if meaning.contradiction else conversation.offers
        other = choices.find_choice(meaning.text, offers, self.today)
        if other and other != conversation.chosen:
            conversation.chosen = other
            return await self._next_step()
        if not meaning.wish.is_empty or meaning.services or conversation.chosen is None:
            return ""
        is_correcting = bool(choices.CORRECTION.search(meaning.text))
        if meaning.is_yes and not is_correcting:
            return await self._confirmed(conversation.chosen)
        names_a_slot = vehicles.find_vehicle(meaning.text) or names.find_name(meaning.text, was_asked=False)
        if names_a_slot or not (meaning.is_no or is_correcting):
            return ""
        return self._ask(phrases.ASK_CHANGE, State.CONFIRMATION)

    def _take_change(self, meaning: Meaning) -> str:
        """What is to be changed, when only its name was said; a new value is read like anywhere else."""
        conversation = self.conversation
        if not meaning.wish.is_empty or meaning.services or vehicles.find_vehicle(meaning.text):
            return ""
        text = meaning.text.lower()
        if re.search(r"\b(car|vehicle|truck)\b", text):
            conversation.slots.vehicle = None
            return self._ask(phrases.ASK_VEHICLE, State.SLOTS)
        if re.search(r"\bname\b", text) and not names.find_name(meaning.text, was_asked=False):
            conversation.slots.name = ""
            return self._ask(phrases.ASK_NAME, State.SLOTS)
        if re.search(r"\bservice\b", text):
            conversation.slots.services = []
            forget_offers(self.conversation)
            return self._ask(phrases.ASK_SERVICE, State.SLOTS)
        if re.search(r"\b(time|day|date|when)\b", text):
            conversation.slots.wish = DayWish()
            forget_offers(self.conversation)
            return self._ask(phrases.ASK_DAY, State.SLOTS)
        return ""

    async def _confirmed(self, chosen: Offer) -> str:
        """A yes counts only for what was heard: a read-back that was cut off is read again."""
        wanted, heard = phrases.say_moment(chosen.local), self.conversation.heard_since_caller_spoke()
        # In one form, for a model may have read it back.
        if spoken_form(wanted, today=self.today) not in spoken_form(heard, today=self.today):
            return phrases.read_back(self.conversation, self.store, chosen)
        return await self._book(chosen)

    # --- slots ----------------------------------------------------------------------------

    # --- the next step --------------------------------------------------------------------

    async def _next_step(self) -> str:
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
            return await self._offer()
        if not caller.is_confirmed:
            missing = self._missing_contact()
            if missing:
                return missing
        return await self._read_back(conversation.chosen)

    async def _read_back(self, chosen: Offer) -> str:
        """Keep the opening while the caller thinks; when it is gone already, offer another at once."""
        keeping = {"offer": chosen.handle, "services": self.conversation.slots.services}
        result = await self.tools.call("hold_offer", keeping)
        # A calendar that cannot be reached is told of at the booking: nothing is promised here.
        if result.is_ok or result.code in ("unavailable", "busy"):
            self._ask(phrases.ASK_CONFIRM, State.CONFIRMATION)
            return phrases.read_back(self.conversation, self.store, chosen)
        return await self._after_refusal(result)

    def _missing_contact(self) -> str:
        filled, caller = self.conversation.slots, self.conversation.caller
        if not filled.name:
            return self._ask(phrases.ASK_NAME, State.SLOTS)
        if not filled.phone:
            is_known = caller.number and self.conversation.asked != phrases.ASK_PHONE
            return self._ask(phrases.ASK_NUMBER_IS_BEST if is_known else phrases.ASK_PHONE, State.SLOTS)
        return ""

    async def _offer(self, *, after: datetime | None = None, before: datetime | None = None) -> str:
        conversation = self.conversation
        wish = conversation.slots.wish
        search: dict[str, Any] = {
            "services": conversation.slots.services,
            "first_day": wish.first,
            "last_day": wish.last,
            "not_before": wish.not_before,
            "not_after": wish.not_after,
            "exactly": wish.exactly,
            "not_on": wish.not_on,
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
        opening = "" if fits or after or before else self._why_not_exactly(wish)
        return f"{opening} {self._say_offers(result.spoken)}".strip()

    def _why_not_exactly(self, wish: DayWish) -> str:
        if wish.first and wish.first == wish.last and self.store.is_closed_on(wish.first):
            return phrases.closed_on(wish.first)
        return phrases.NOT_EXACTLY

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
        return await self._after_refusal(result)

    async def _after_refusal(self, result: ToolResult) -> str:
        """The opening is not to be had: say so and offer others."""
        filled = self.conversation.slots
        forget_offers(self.conversation)
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
        forget_offers(self.conversation)

    # --- leaving the flow -----------------------------------------------------------------

    async def _stop_recording(self) -> str:
        if not self.store.records_calls:
            return f"{phrases.NEVER_RECORDED} {phrases.question(self.conversation)}"
        return await self._answer_and_go_on("stop_recording", {})

    async def _fetch_person(self, reason: str, *, name: str = "", first: str = "") -> str:
        """Whoever was named, when that is one person; else anybody."""
        conversation = self.conversation
        conversation.state = State.ESCALATION
        result = await self.tools.call("transfer_to_person", {"text": reason[:500], "name": name[:60]})
        if result.code == "which_person" and conversation.asked != phrases.ASK_WHICH_PERSON:
            conversation.asked = phrases.ASK_WHICH_PERSON
            return result.spoken
        if name and result.code in ("which_person", "unknown_person"):
            return await self._fetch_person(reason, first=phrases.UNKNOWN_PERSON)
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

    async def _not_yet(self) -> str:
        """A yes or a no that answers nothing: go on, but not for ever with the same question."""
        asked = self.conversation.asked
        reply = await self._next_step()
        if self.conversation.asked != asked:
            self.conversation.misses = 0
            return reply
        self.conversation.misses += 1
        if self.conversation.misses >= MISSES_UNTIL_A_PERSON:
            return await self._fetch_person("The desk could not understand the caller.")
        return reply

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
        services = [self.store.item(code).name for code in self.conversation.slots.services]
        if any(
            services[-1] in message.text for message in self.conversation.history if message.speaker == "desk"
        ):
            return ""
        return f"Sure, {phrases.say_services(services)}. "
