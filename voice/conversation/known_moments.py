"""Which days and times the desk may speak of, and as what: written, offered, or just known. Pure.

"You're booked for Wednesday" has to agree with one appointment, day and time together; "I have nine
o'clock" with one offer. Of anything else the day must be known, and the hour: from the offers, the wish,
the opening hours, what a tool told, what was said before.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from voice.conversation.calendar_days import ONE_DAY, WEEKDAYS
from voice.conversation.facts import Store
from voice.conversation.numbers import words_to_digits
from voice.conversation.said_moments import Said, day_of, find_moments
from voice.conversation.spoken_form import spoken_form
from voice.conversation.statements import claims_in, offers_openings, tells_what_stands
from voice.conversation.states import Conversation, Deed, State, Visit

LONGEST_WISH = 60  # days
# Where another statement begins.
PART = re.compile(
    r"(?:[,;:]\s+(?:(?:and|but|so)\s+)?|\s(?:and|but|so)\s+)"
    r"(?=(?:i|we|you|it|that|they|he|she|please|your|our|is|are|would|does|shall|may|can)\b)"
)
# No statement by itself, but the day of the next one: "on Tuesday, I have 9 AM".
DAY_ALONE = re.compile(
    rf"(?:(?:on|for|at|so|and|then) )*(?:today|tomorrow|{'|'.join(WEEKDAYS)})\b[\w ,]{{0,40}}"
)
GOES_ON = re.compile(r"(?:so |and )?(?:that|it|this)(?:'s| is)\b|(?:on|for|at) ")


def visits(conversation: Conversation) -> list[Visit]:
    """Those that may be spoken of."""
    about = [conversation.about] if conversation.about and conversation.is_reached else []
    return [*conversation.visits, *about]


def standing(conversation: Conversation) -> list[datetime]:
    """When the caller is in the book, as far as this call has read or written it; store-local."""
    booked = conversation.booked
    last = [booked.local] if booked and booked.deed is not Deed.CANCELLED else []
    return [*last, *conversation.written, *(visit.local for visit in visits(conversation))]


def first_unknown(clause: str, conversation: Conversation, store: Store, today: date) -> Said | None:
    """The first day or time that is not as the clause says."""
    said = words_to_digits(spoken_form(clause, today=today))
    known = Known(conversation, store, today)
    is_claim = any(True for _ in claims_in(said))
    for part in _parts(said):
        for each in find_moments(part, today):
            if not known.bears_out(each, part, is_claim=is_claim, is_question=said.rstrip().endswith("?")):
                return each
    return None


def _parts(said: str) -> Iterator[str]:
    day = ""
    for part in PART.split(said):
        if DAY_ALONE.fullmatch(part):
            day += f"{part}, "
        else:
            yield day + part
            day = ""
    if day:
        yield day


@dataclass
class Known:
    """What is known of days and times at one moment of a call."""

    conversation: Conversation
    store: Store
    today: date  # the store's calendar day

    def bears_out(self, said: Said, part: str, *, is_claim: bool, is_question: bool) -> bool:
        """part is the statement that said is from; is_claim: the whole clause says that something is written."""
        if said.is_then and (deeds := self._deeds(part, is_claim=is_claim)):
            return any(map(said.fits, self._cancelled if Deed.CANCELLED in deeds else self.standing))
        if said.is_then and self.standing and tells_what_stands(part):
            chosen = self.conversation.chosen  # "I have you down for …" may be a read-back, too
            return any(map(said.fits, [*self.standing, *([chosen.local] if chosen else [])]))
        if said.at and said.is_then and offers_openings(part):
            return any(map(said.fits, self.open)) or any(told.is_same(said) for told in self.told)
        return self._is_known_day(said, is_question=is_question) and self._is_known_time(said)

    def _deeds(self, part: str, *, is_claim: bool) -> set[Deed]:
        """What the part says was written; "that's Wednesday" says it, too, right behind a booking."""
        deeds = {claim.deed for claim in claims_in(part)} if is_claim else set()
        is_telling = is_claim or self.conversation.state is State.EXECUTION
        booked = self.conversation.booked
        return deeds or ({booked.deed} if booked and is_telling and GOES_ON.match(part) else set())

    def _is_known_day(self, said: Said, *, is_question: bool) -> bool:
        """A weekday alone is any; with its date it has to be right."""
        if said.month is None or said.day is None:
            return True
        near = said.near(self.today)
        if near in self.days:
            return said.weekday in (None, near.weekday())
        return is_question and self._is_ahead(said)

    def _is_ahead(self, said: Said) -> bool:
        """Is there such a day within a year, and is it that weekday?"""
        for year in (self.today.year, self.today.year + 1):
            found = day_of(year, said.month or 0, said.day or 0)
            if found and found >= self.today:
                return said.weekday in (None, found.weekday())
        return False

    def _is_known_time(self, said: Said) -> bool:
        return said.at is None or said.is_half_open or said.at in self.times

    # --- what is known --------------------------------------------------------------------

    @cached_property
    def standing(self) -> list[datetime]:
        return standing(self.conversation)

    @property
    def _cancelled(self) -> list[datetime]:
        booked = self.conversation.booked
        return [booked.local] if booked and booked.deed is Deed.CANCELLED else []

    @cached_property
    def open(self) -> list[datetime]:
        offers = self.conversation.offers
        leave = [offer.leave_until for offer in offers if offer.leave_until]
        return [
            *(offer.local for offer in offers),
            *leave,
            *self.standing,
            *self.conversation.slots.wish.moments,
        ]

    @cached_property
    def told(self) -> list[Said]:
        """By tools; it comes last, for all of it has to be read."""
        texts = map(words_to_digits, self.conversation.told)
        return [said for text in texts for said in find_moments(text, self.today)]

    @cached_property
    def heard(self) -> list[Said]:
        """From either side. What the desk has said was looked at before it was spoken."""
        texts = (words_to_digits(message.text) for message in self.conversation.history)
        return [said for text in texts for said in find_moments(text, self.today)]

    @cached_property
    def times(self) -> set[time]:
        wish = self.conversation.slots.wish
        known = {moment.time() for moment in self.open}
        known |= {at for at in (wish.exactly, wish.not_before, wish.not_after) if at}
        known |= {at for day in self.store.hours for at in (day.opens, day.closes)}
        known |= {at for departures in self.store.rides.values() for at in departures}
        known |= {said.at for said in (*self.told, *self.heard) if said.at}
        return known | {time(12)}

    @cached_property
    def days(self) -> set[date]:
        near = {moment.date() for moment in self.open} | set(self._wished())
        for span in self.store.closures:
            near |= set(_days(span.starts_at.date(), span.ends_at.date()))
        near |= {day for said in (*self.told, *self.heard) if (day := said.near(self.today))}
        return near | {self.today, self.today + ONE_DAY}

    def _wished(self) -> Iterator[date]:
        wish = self.conversation.slots.wish
        yield from (*wish.days, *wish.not_days)
        if wish.first:
            yield from _days(wish.first, wish.last or wish.first)


def _days(first: date, last: date) -> Sequence[date]:
    count = min((last - first).days, LONGEST_WISH) + 1
    return [first + timedelta(days=number) for number in range(count)]
