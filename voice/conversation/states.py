"""Where a conversation stands: one serialisable value, apart from sockets and tasks.

Both minds (the language model and the built-in replies) read and change the same value, so
either can go on where the other stopped.
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class State(StrEnum):
    GREETING = "greeting"
    VERIFICATION = "verification"
    INTENT = "intent_detection"
    SLOTS = "slot_collection"
    CONFIRMATION = "confirmation"
    EXECUTION = "execution"
    CLOSING = "closing"
    ESCALATION = "escalation"


# What may follow what; a state may always follow itself. No appointment is written but in EXECUTION, and
# that follows CONFIRMATION alone. From anywhere a caller may say goodbye or ask for a person. Whatever else
# comes up, also after either, is a new intent: that is where every other step begins, see turn_to.
_ANYWHERE = frozenset({State.CLOSING, State.ESCALATION})
TRANSITIONS: dict[State, frozenset[State]] = {
    State.GREETING: _ANYWHERE | {State.VERIFICATION, State.INTENT},
    State.VERIFICATION: _ANYWHERE | {State.INTENT, State.SLOTS, State.CONFIRMATION},
    State.INTENT: _ANYWHERE | {State.VERIFICATION, State.SLOTS, State.CONFIRMATION},
    State.SLOTS: _ANYWHERE | {State.INTENT, State.CONFIRMATION},
    State.CONFIRMATION: _ANYWHERE | {State.INTENT, State.SLOTS, State.EXECUTION},
    State.EXECUTION: _ANYWHERE,
    State.CLOSING: frozenset({State.INTENT, State.ESCALATION}),
    State.ESCALATION: frozenset({State.INTENT, State.CLOSING}),
}


class ImpossibleStep(ValueError):
    """A step that TRANSITIONS does not have: an error of ours, never of the caller."""


class Intent(StrEnum):
    """What a turn is for. OTHER is no business of a service desk; UNKNOWN points nowhere."""

    BOOK = "book"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    CHECK = "check_appointment"
    SERVICE_INQUIRY = "service_inquiry"  # what a service costs
    HOURS_INQUIRY = "hours_inquiry"  # hours, holidays and the way to the store
    PERSON = "speak_to_human"
    OTHER = "other"
    UNKNOWN = "unknown"

    READY = "car_ready"
    SYMPTOM = "symptom"
    RECALL = "recall"
    TOW = "tow_in"  # and the key drop
    RIDE = "ride"  # loaner, shuttle, or waiting for the car
    LATE = "running_late"
    APPROVE = "approve_work"
    DECLINE = "decline_work"
    DUE = "whats_due"
    WARRANTY = "under_warranty"
    HISTORY = "service_history"
    CAR_QUESTION = "car_question"  # about cars as such: fuel, mileage, how it is done
    PARTS = "parts"
    SALES = "sales"
    BILL = "bill"
    COMPLAINT = "complaint"
    STOP_CALLING = "stop_calling"
    WAITLIST = "waitlist"
    MESSAGE = "leave_message"

    # Acts of the conversation itself: they leave the caller's errand what it was.
    REPEAT = "repeat"
    HOLD_ON = "hold_on"
    LANGUAGE = "another_language"
    SLOWER = "slower"
    FASTER = "faster"
    LOUDER = "louder"
    STOP_TALKING = "stop_talking"
    GREETING = "greeting"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    MAYBE = "maybe"
    WHO_ARE_YOU = "who_are_you"
    ABILITIES = "what_can_you_do"


class Ending(StrEnum):
    """How the desk itself ends the call once its last words were heard."""

    GOODBYE = "goodbye"
    TRANSFER = "transfer"


class Message(BaseModel):
    """One turn as both sides experienced it. Desk text holds only what was heard."""

    model_config = ConfigDict(frozen=True)

    speaker: Literal["caller", "desk"]
    text: str


class VehicleSlot(BaseModel):
    """A vehicle as the caller named it. handle is set when it is one of the caller's own."""

    year: int | None = None
    make: str = ""
    model: str = ""
    colour: str = ""  # only to tell two cars of one caller apart: "the black one"
    handle: str = ""

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.year, self.make, self.model) if part)


class DayWish(BaseModel):
    """When the caller would like to come, as dates and wall times of the store.

    first and last bound the days (equal for one day); not_before and not_after bound the time of
    day; exactly is a wished time; said keeps the caller's words for reading back. days are the only
    ones meant where several were named ("Monday or Thursday"); not_on then holds the weekdays between.
    moments are they where each has a time of its own ("Tuesday at 8 or Friday at 9").
    """

    first: date | None = None
    last: date | None = None
    not_before: time | None = None
    not_after: time | None = None
    exactly: time | None = None
    days: list[date] = Field(default_factory=list)
    moments: list[datetime] = Field(default_factory=list)  # store-local, naive
    not_on: list[int] = Field(default_factory=list)  # weekdays refused, 0 is Monday
    not_days: list[date] = Field(default_factory=list)  # other days refused
    said: str = ""

    @property
    def is_empty(self) -> bool:
        """A refusal is a wish too: "not Wednesday" leaves the other days."""
        return not (
            self.first or self.not_before or self.not_after or self.exactly or self.not_on or self.not_days
        )


class Proof(BaseModel):
    """What the caller has said to prove who they are; see crm/identity.py for what is enough."""

    name: str = ""
    vin_end: str = ""  # the last six
    plate: str = ""
    date_of_birth: date | None = None
    zip_code: str = ""

    @property
    def has_secret(self) -> bool:
        """Something that a stranger does not know; beside it one more fact is enough, see crm/identity.py."""
        return bool(self.vin_end or self.plate or self.date_of_birth)


class Slots(BaseModel):
    """What a booking needs, filled in any order from free speech."""

    services: list[str] = Field(default_factory=list)  # op codes
    concern: str = ""  # the caller's own words
    vehicle: VehicleSlot | None = None
    wish: DayWish = Field(default_factory=DayWish)
    name: str = ""
    phone: str = ""  # E.164, confirmed by the caller
    email: str = ""  # only when the caller offers it
    proof: Proof = Field(default_factory=Proof)
    miles: int | None = None  # on the odometer, as said
    transport: str = ""  # how the caller goes on meanwhile, see transports.py; "" when unsaid


class Offer(BaseModel):
    """A real opening that was offered in this call. handle is all that a mind may pass back."""

    handle: str
    arrives_at: datetime  # aware UTC
    local: datetime  # the same moment in the store's zone
    leave_until: datetime | None = None  # store-local; None when the caller may wait for it
    transport: str = ""  # that it was looked for with; "" where the services decide

    @property
    def way(self) -> str:
        """How the caller goes on while the car is here, see transports.py."""
        return self.transport or ("waiter" if self.leave_until is None else "drop_off")


class Caller(BaseModel):
    """Who seems to be calling. Found by number: a candidate, until two facts have proved who it is.

    Only voice/tools/caller.py sets is_verified, and customer_id with it.
    """

    number: str = ""  # E.164, "" when withheld
    customer_id: int | None = None  # the only customer with this number, or who was proved
    first_name: str = ""
    is_confirmed: bool | None = None  # the caller's answer to "Is this Maria?"
    is_verified: bool = False

    @property
    def proved_id(self) -> int | None:
        """Whose appointments may be told and changed: a Customer id."""
        return self.customer_id if self.is_verified else None


class Visit(BaseModel):
    """An appointment of the verified caller, as read in this call. handle is all that a mind may pass back."""

    handle: str
    appointment_id: int
    version: int
    local: datetime  # in the store's zone
    services: list[str] = Field(default_factory=list)  # op codes
    names: list[str] = Field(default_factory=list)  # the same as customers say them
    vehicle: str = ""


class Order(BaseModel):
    """How far the work on a car is. Moments are store-local."""

    vehicle: str
    status: str  # of crm.RepairOrder
    promised: datetime | None = None
    is_late: bool = False


class Deed(StrEnum):
    """What became of an appointment."""

    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    CONFIRMED = "confirmed"


class Purpose(StrEnum):
    """Why the desk rings somebody."""

    REMINDER = "reminder"
    FOLLOW_UP = "follow_up"


class CameOf(StrEnum):
    """What came of a call that the desk placed, where nothing was written to an appointment."""

    VOICEMAIL = "voicemail"
    CALL_LATER = "call_later"
    WRONG_PERSON = "wrong_person"


class Booked(BaseModel):
    """What this call has written last."""

    confirmation_number: str
    local: datetime
    deed: Deed = Deed.BOOKED


class Unsent(BaseModel):
    """What a caller wants to be called back for, who withholds their number."""

    text: str
    name: str = ""  # of whom the caller asked for
    is_message: bool = False


class Conversation(BaseModel):
    """Everything that must survive for the conversation to go on elsewhere."""

    call_sid: str
    state: State = State.GREETING
    intent: Intent = Intent.UNKNOWN
    caller: Caller = Field(default_factory=Caller)
    slots: Slots = Field(default_factory=Slots)
    offers: list[Offer] = Field(default_factory=list)
    chosen: Offer | None = None
    visits: list[Visit] = Field(default_factory=list)  # what the verified caller has ahead
    visit: Visit | None = None  # the one that is talked about
    purpose: Purpose | None = None  # the desk rang; None: it was rung
    about: Visit | None = None  # why the desk rang; told once they say that they are who it rang for
    is_settled: bool = False  # what the desk rang about is dealt with
    is_being_fetched: bool = False  # who the desk rang for; whoever speaks next may be somebody else
    order: Order | None = None  # the work on the car that a follow-up is about
    recommended: list[str] = Field(
        default_factory=list
    )  # what was not wanted on the last visit, as it was written
    came_of: CameOf | None = None
    has_offered_move: bool = False  # before a cancellation, once
    earlier: Slots | None = None  # what a call of this number, cut off minutes ago, had come to
    earlier_intent: Intent = Intent.UNKNOWN  # and what it was for
    goes_on: bool = False  # with that, once the caller is verified
    told: list[str] = Field(default_factory=list)  # what tools told a model
    asked: str = ""  # the question that waits for an answer: a name in phrases.py
    misses: int = 0  # turns in a row that brought nothing
    repeats: int = 0  # how often in a row the same question was asked again all the same
    silences: int = 0  # re-prompts since the caller last spoke
    booked: Booked | None = None
    written: list[datetime] = Field(default_factory=list)  # where this call's writing stands, store-local
    vin: str = ""  # as understood, until the caller has said that it is right
    has_left_message: bool = False
    unsent: Unsent | None = None  # kept as a task, and to be promised once there is a number
    was_number_asked: bool = False  # of a caller who withholds theirs, to be called back
    has_consent: bool | None = None  # to automated calls and texts; None: not known, and not asked yet
    is_holding: bool = False  # the caller asked for a moment
    ending: Ending | None = None
    transfer_to: int | None = None  # a Staff id that a tool looked up; None is the front desk
    transfer_reason: str = ""  # what the person who answers hears before the caller does
    history: list[Message] = Field(default_factory=list)
    saves: int = 0  # how often it was kept; where two places disagree the higher one is right

    def enter(self, state: State) -> None:
        """Step on. Raises ImpossibleStep."""
        if state is not self.state and state not in TRANSITIONS[self.state]:
            raise ImpossibleStep(f"{state} does not follow {self.state}")
        self.state = state

    def turn_to(self, state: State) -> None:
        """Step on, by way of INTENT where this is something new. Raises ImpossibleStep."""
        if state is not self.state and state not in TRANSITIONS[self.state]:
            if self.state is State.EXECUTION:
                self.enter(State.CLOSING)
            self.enter(State.INTENT)
        self.enter(state)

    def apart(self) -> "Conversation":
        """A copy that goes its own way. What was said does not change, so only the list of it is copied."""
        copied = self.model_copy(update={"history": []}).model_copy(deep=True)
        copied.history = list(self.history)
        return copied

    def known(self) -> dict[str, object]:
        """The slots that are filled, by their dotted names; without what proves the caller."""
        return dict(_flat(self.slots.model_dump(mode="json", exclude_defaults=True, exclude={"proof"})))

    def changes_since(self, before: "Conversation") -> dict[str, list[object]]:
        """Every slot, and the intent, that is another now: its name → [before, now]."""
        old = {"intent": before.intent, **before.known()}
        new = {"intent": self.intent, **self.known()}
        names = [*new, *(name for name in old if name not in new)]
        return {name: [old.get(name), new.get(name)] for name in names if old.get(name) != new.get(name)}

    def note_written(self, booked: Booked, *, was: datetime | None = None) -> None:
        """Keep what a tool has just written; was: the moment that holds no longer."""
        self.booked = booked
        self.written = [moment for moment in self.written if moment not in (was, booked.local)]
        if booked.deed is not Deed.CANCELLED:
            self.written.append(booked.local)

    @property
    def is_reached(self) -> bool:
        """Has the person whom the desk rang said that it is them?"""
        return self.purpose is not None and self.caller.is_confirmed is True

    def last_heard_from_desk(self) -> str:
        """The desk's latest words, as far as they were played; "" at the start."""
        for message in reversed(self.history):
            if message.speaker == "desk":
                return message.text
        return ""

    def heard_since_caller_spoke(self) -> str:
        """All that was played since the caller's last words: an answer and the re-prompts after it."""
        heard: list[str] = []
        for message in reversed(self.history):
            if message.speaker == "caller" and heard:
                break
            if message.speaker == "desk":
                heard.insert(0, message.text)
        return " ".join(heard)


def _flat(values: dict[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
