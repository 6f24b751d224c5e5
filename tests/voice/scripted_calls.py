"""Holds a call for a scripted caller: through the session's door, with the real tools and stores.

What is typed goes in as the phone page's keyboard sends it, what interrupts as a recogniser tells it.
The wall clock begins at the caller's own time and goes on with the event loop's.
"""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any

from django.test import override_settings

from crm.models import Customer, DeclinedService, RepairOrder, Rooftop
from scheduling import booking
from scheduling.models import Appointment, Closure, OpCode
from tests.fakes import FakeTranscriber
from tests.talking import OTTO_NUMBER
from tests.voice.handset import Handset
from tests.voice.phone import InProcess, Phone
from tests.voice.scripted import WITHHELD, Answer, Caller, CutOff, StoreAsIs, Visit
from voice import calls, providers
from voice.carriers.media_streams import MediaStreams
from voice.conversation.states import Conversation, DayWish, Slots
from voice.database import in_database
from voice.dialogue import Dialogue
from voice.line import Line
from voice.models import Call
from voice.ports import SpeechEnded, SpeechStarted, Started, Words
from voice.record import Record
from voice.session import Session
from voice.tools.registry import Toolbox
from voice.tools.store import load_store

HEARD_PIECES = 3  # of 200 ms, of an answer that is interrupted
UNHEARD_PIECES = 2
LOOK_SECONDS = 0.02  # of the call's clock
SILENCE_LIMIT_SECONDS = 40.0  # a greeting by voice takes half of that


# Every new customer is asked for it once; who has nothing to say about it agrees.
CONSENTS = Answer(asked="consent", say="Yes, that's fine.")


class Stuck(Exception):
    """The caller has no answer to what the desk said, or too many were needed."""


@dataclass(frozen=True, slots=True)
class DeskTurn:
    """What the caller heard, and where the conversation stood then."""

    text: str
    said: str  # by the caller, before it; "" for silence and the greeting
    conversation: Conversation


@dataclass(slots=True)
class Held:
    """One call, as it is held and after it."""

    call: Call
    before: list[int]  # the appointments that were there, in the caller's order
    customers_before: int
    vehicles_before: int
    turns: list[DeskTurn]

    @property
    def transcript(self) -> str:
        return transcript(self.turns)


def transcript(turns: Sequence[DeskTurn]) -> str:
    """Both sides, with the question that was open after each of the desk's turns."""
    lines = []
    for turn in turns:
        if turn.said:
            lines.append(f"  caller: {turn.said}")
        lines.append(f"  desk:   {turn.text}   [{turn.conversation.asked}]")
    return "\n".join(lines)


# --- the store ----------------------------------------------------------------------------


def aware(local: datetime, rooftop: Rooftop) -> datetime:
    """A store-local naive moment in UTC."""
    return local.replace(tzinfo=rooftop.zone).astimezone(UTC)


def prepare_store(rooftop: Rooftop, as_is: StoreAsIs, *, now: datetime) -> list[int]:
    """Make the demo store this caller's; returns the keys of the visits that are there, in order."""
    if as_is.records_calls:
        Rooftop.objects.filter(pk=rooftop.pk).update(records_calls=True)
    Closure.objects.bulk_create(
        Closure(
            rooftop=rooftop,
            starts_at=aware(closed.since, rooftop),
            ends_at=aware(closed.until, rooftop),
            reason=closed.reason,
        )
        for closed in as_is.closed
    )
    return [_write(rooftop, visit, now=now).pk for visit in as_is.visits]


def _write(rooftop: Rooftop, visit: Visit, *, now: datetime) -> Appointment:
    first_name, _, last_name = visit.customer.partition(" ")
    customer = Customer.objects.get(rooftop=rooftop, first_name=first_name, last_name=last_name)
    vehicles = list(customer.vehicles.order_by("pk"))
    arrives_at = aware(visit.at, rooftop)
    appointment = booking.book(
        rooftop,
        customer,
        next(vehicle for vehicle in vehicles if visit.vehicle in ("", str(vehicle))),
        list(OpCode.objects.filter(rooftop=rooftop, code__in=visit.services)),
        arrives_at,
        actor="staff",
        source=Appointment.Source.STAFF,
        now=min(now, arrives_at - timedelta(days=1)),
    )
    if visit.came:
        booking.check_in(appointment, actor="staff", now=arrives_at)
    if visit.is_ready:
        RepairOrder.objects.filter(appointment=appointment).update(status=RepairOrder.Status.READY)
    for description in visit.declined:
        DeclinedService.objects.create(vehicle=appointment.vehicle, description=description, amount=400)
    return appointment


def write_cut_off(rooftop: Rooftop, number: str, was: CutOff, *, now: datetime) -> None:
    """The call before this one, as it is kept when somebody hangs up in the middle."""
    slots = Slots(services=was.services, wish=DayWish(first=was.day, last=was.day))
    conversation = Conversation(call_sid="CB-before", intent=was.intent, slots=slots)
    ended_at = now - timedelta(minutes=was.minutes)
    Call.objects.create(
        rooftop=rooftop,
        carrier=Call.Carrier.BROWSER,
        sid=conversation.call_sid,
        caller_number=number,
        called_number=OTTO_NUMBER,
        started_at=ended_at - timedelta(minutes=1),
        ended_at=ended_at,
        outcome=Call.Outcome.HUNG_UP,
        conversation=conversation.model_dump(mode="json"),
    )


# --- the line -----------------------------------------------------------------------------


class Door:
    """The session's door without the webhook before it. `session` is there once the call began."""

    def __init__(self, call: Call, now: datetime) -> None:
        self.call = call
        self.session: Session | None = None
        self._now, self._began = now, 0.0

    def wall_clock(self) -> datetime:
        return self._now + timedelta(seconds=time.monotonic() - self._began)

    async def __call__(self, scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        """See voice.consumers.media_stream."""
        await receive()
        await send({"type": "websocket.accept"})
        line = Line(MediaStreams(), receive, send)
        started = await line.receive()
        assert isinstance(started, Started)
        line.carrier = providers.make_carrier(self.call.carrier)
        line.carrier.open(started.stream_sid)
        self._began = time.monotonic()
        self.session = await self._make_session(line)
        try:
            await self.session.run(self._began)
        finally:
            await line.close()

    async def _make_session(self, line: Line) -> Session:
        store = await in_database(load_store, self.call.rooftop, now=self._now)
        conversation = await in_database(calls.begin_conversation, self.call)
        record = Record(self.call)
        tools = Toolbox(self.call, store, conversation, note=record.note, wall_clock=self.wall_clock)
        return Session(
            self.call,
            line,
            conversation,
            transcriber=providers.make_transcriber(),
            synthesizer=providers.make_synthesizer(),
            mind=providers.make_mind(store),
            tools=tools,
            record=record,
            wall_clock=self.wall_clock,
        )


@asynccontextmanager
async def ringing(
    number: str,
    *,
    now: datetime,
    by_voice: bool = False,
    rung: tuple[str, int] | None = None,
    sid: str = "",
) -> AsyncIterator[tuple[Phone, Door]]:
    """A call at this moment (aware), let in. Leaving drops the line and waits until all is written.

    rung: why the desk rings this number, and the key of the appointment.

    by_voice on the virtual clock alone: the phone sends sound all the time, and plays at the pace of speech.
    """

    call_sid = sid or "CB" + secrets.token_hex(16)

    def open_call() -> Call:
        if rung:
            appointment = Appointment.objects.select_related("rooftop", "customer").get(pk=rung[1])
            return calls.open_outbound(
                appointment, number, carrier=Call.Carrier.BROWSER, sid=call_sid, purpose=rung[0], now=now
            )
        return calls.open_call(
            carrier=Call.Carrier.BROWSER,
            sid=call_sid,
            caller_number="anonymous" if number == WITHHELD else number,
            called_number=OTTO_NUMBER,
            now=now,
        )

    call = await in_database(open_call)
    door = Door(call, now)
    wire = InProcess(door)
    phone = Handset(wire, call) if by_voice else Phone(wire, call)
    tasks = {asyncio.create_task(phone.listen())}
    try:
        await phone.start()
        if isinstance(phone, Handset):
            tasks.add(asyncio.create_task(phone.pace()))
        yield phone, door
    finally:
        await wire.drop()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await wire.desk


# --- the caller ---------------------------------------------------------------------------


class OnThePhone:
    """A person with a telephone: says something, and hears what the desk answers."""

    def __init__(self, phone: Phone, door: Door) -> None:
        self.phone = phone
        self.door = door
        self.turns: list[DeskTurn] = []

    @property
    def dialogue(self) -> Dialogue:
        assert self.door.session is not None
        return self.door.session.dialogue

    @property
    def conversation(self) -> Conversation:
        return self.dialogue.conversation

    async def hear_greeting(self) -> None:
        while self.door.session is None:
            await asyncio.sleep(LOOK_SECONDS)
        await self.hear("")

    async def say(self, words: str) -> None:
        await self.phone.send("text", body=words)
        await self.hear(words)

    async def press(self, keys: str) -> None:
        for digit in keys:
            await self.phone.send("dtmf", digit=digit)
        await self.hear(keys)

    async def say_and_interrupt(self, words: str, interruption: str) -> None:
        """The answer is cut off when a part of it was heard; it counts as a turn of the desk, too."""
        phone, clears = self.phone, self.phone.clears
        phone.plays_at_once = False
        await phone.send("text", body=words)
        for _ in range(2):  # the desk sends ahead no more than it must
            await phone.until(lambda: len(phone.held) >= HEARD_PIECES)
            await phone.play(HEARD_PIECES)
        await phone.until(lambda: len(phone.held) >= UNHEARD_PIECES)
        self._speak(interruption)
        await phone.until(lambda: phone.clears > clears)
        phone.plays_at_once = True
        await phone.play()  # after a clear every mark comes back, played or not
        await self.hear(words, interruption)

    def _speak(self, sentence: str) -> None:
        assert self.door.session is not None
        at = self.dialogue.clock()
        ear = self.door.session.transcriber
        assert isinstance(ear, FakeTranscriber)
        ear.hear(
            SpeechStarted(at),
            Words(sentence, is_final=False, starts_at=at, ends_at=at + 1),
            Words(sentence, is_final=True, starts_at=at, ends_at=at + 1),
            SpeechEnded(at + 1),
        )

    async def hear(self, *said: str) -> None:
        """The desk's answers to these, once the last of them was heard and the desk waits again.

        Raises TimeoutError.
        """
        async with asyncio.timeout(SILENCE_LIMIT_SECONDS):
            while len(self._words()) < len(self.turns) + len(said) or self.dialogue.is_busy:
                await asyncio.sleep(LOOK_SECONDS)
        stands = self.conversation.model_copy(deep=True)
        for words, answered in zip(self._words()[len(self.turns) :], said, strict=True):
            self.turns.append(DeskTurn(words, answered, stands))

    def _words(self) -> list[str]:
        """What was heard of each of the desk's turns; asking the database takes far longer."""
        return [message.text for message in self.conversation.history if message.speaker == "desk"]

    async def hear_the_end(self) -> None:
        await self.phone.until(lambda: self.phone.closed is not None)


class OnTheHandset(OnThePhone):
    """Speaks and listens as one does: a breath before an answer, and an interruption when enough was heard."""

    BREATH_SECONDS = 0.6
    INTERRUPTS_AFTER_SECONDS = 1.2

    def __init__(self, handset: Handset, door: Door) -> None:
        super().__init__(handset, door)
        self.handset = handset

    async def say(self, words: str) -> None:
        await self.handset.speak(words, at=self.handset.now + self.BREATH_SECONDS)
        await self.hear(words)

    async def say_and_interrupt(self, words: str, interruption: str) -> None:
        heard = len(self.handset.heard)
        await self.handset.speak(words, at=self.handset.now + self.BREATH_SECONDS)
        while len(self.handset.heard) == heard:
            await asyncio.sleep(LOOK_SECONDS)
        await self.handset.speak(interruption, at=self.handset.heard[-1][0] + self.INTERRUPTS_AFTER_SECONDS)
        await self.hear(words, interruption)


class Stepping:
    """A scripted caller on the phone. asked(turns) names the question that waits for an answer."""

    def __init__(
        self, caller: Caller, person: OnThePhone, asked: Callable[[Sequence[DeskTurn]], str]
    ) -> None:
        self.caller = caller
        self.person = person
        self._asked = asked
        self._used: Counter[int] = Counter()

    async def converse(self) -> None:
        """Until either side ends the call. Raises Stuck, TimeoutError."""
        await self.person.hear_greeting()
        opening = self.caller.opening
        step = Answer(hears=".*", say=opening) if opening else self._next_step()
        while not step.hangs_up:
            await self._do(step)
            if self.person.conversation.ending:
                return await self.person.hear_the_end()
            if len(self.person.turns) >= self.caller.turns_at_most:
                raise Stuck(f"{self.caller.turns_at_most} turns of the desk were not enough")
            step = self._next_step()
        return None

    def _next_step(self) -> Answer:
        asked, heard = self._asked(self.person.turns), self.person.turns[-1].text
        for number, answer in enumerate(self.caller.answers):
            if self._used[number] < answer.times and answer.fits(asked, heard):
                self._used[number] += 1
                return answer
        if asked == "consent":
            return CONSENTS
        raise Stuck(f"no answer is left to {asked!r}: {heard}")

    async def _do(self, step: Answer) -> None:
        if step.keys:
            await self.person.press(step.keys)
        elif step.interrupts_with:
            await self.person.say_and_interrupt(step.say, step.interrupts_with)
        elif step.say:
            await self.person.say(step.say)
        else:
            await self.person.hear("")


def asked_by_state(turns: Sequence[DeskTurn]) -> str:
    """The built-in mind keeps what it asked in the conversation."""
    return turns[-1].conversation.asked


async def hold(
    caller: Caller, rooftop: Rooftop, *, asked: Callable[[Sequence[DeskTurn]], str] = asked_by_state
) -> Held:
    """Hold the caller's whole call, and return it when all of it is written.

    Raises Stuck, with what was said until then.
    """
    now = aware(caller.time, rooftop)
    before = await in_database(prepare_store, rooftop, caller.store, now=now)
    if caller.cut_off:
        await in_database(write_cut_off, rooftop, caller.number, caller.cut_off, now=now)
    people = await in_database(rooftop.customers.count)
    cars = await in_database(rooftop.vehicles.count)
    rung = (caller.rung.purpose, before[caller.rung.visit - 1]) if caller.rung else None
    sid = "CB" + md5(caller.id.encode(), usedforsecurity=False).hexdigest()  # the wording goes by it
    line = ringing(caller.number, now=now, by_voice=caller.by_voice, rung=rung, sid=sid)
    with override_settings(ALLOW_MARKETING=caller.store.allows_marketing):
        async with line as (phone, door):
            person = OnTheHandset(phone, door) if isinstance(phone, Handset) else OnThePhone(phone, door)
            held = Held(phone.call, before, people, cars, person.turns)
            try:
                await Stepping(caller, person, asked).converse()
            except (Stuck, TimeoutError) as error:
                raise Stuck(f"{str(error) or 'the desk kept silent'}\n{held.transcript}") from error
    held.call = await in_database(Call.objects.get, pk=held.call.pk)
    return held
