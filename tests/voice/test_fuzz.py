"""Thousands of messages that make no sense, over real media sockets, beside a call that goes on.

`make frames` sends 100,000. A failure prints its seed; FRAMES_SEED=… sends the same again.
"""

import asyncio
import gc
import json
import logging
import os
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.factories import make_demo_store
from tests.talking import MARIA, STRANGER
from tests.voice.exchange import served
from tests.voice.leaks import nothing_left_running
from tests.voice.live import Socket
from tests.voice.nonsense import Message, Nonsense
from tests.voice.phone import Phone, open_call
from voice.carriers.media_streams import MediaStreams
from voice.database import in_database
from voice.line import CHARACTERS_OF_A_MESSAGE, MESSAGES_AT_ONCE
from voice.models import Call
from voice.ports import LineEvent

pytestmark = [pytest.mark.integration, pytest.mark.security, pytest.mark.django_db(transaction=True)]

FRAMES = int(os.environ.get("FRAMES", "10000"))  # make frames: 100000
SEED = int(os.environ.get("FRAMES_SEED") or secrets.randbelow(10**9))
AT_ONCE = 6  # calls with nonsense beside the one without
A_STORM = MESSAGES_AT_ONCE - 60  # the rest is for what a call says anyway
# In turns: who asks the same thing three times is given to a person.
HOURS = ("What are your hours?", "When are you open?")
# Whoever sends text that is none is sent away by the server, which says so in its log.
SAID_BY_SERVER = "Invalid UTF-8 sequence received from client."


@pytest.fixture
def otto(transactional_db: None, settings: Settings) -> None:
    settings.TRANSCRIBER = "tests.fakes.FakeTranscriber"
    settings.SYNTHESIZER = "tests.fakes.FakeSynthesizer"
    make_demo_store(timezone.now())


# --- what is watched ----------------------------------------------------------------------


@dataclass
class Watch:
    """All that went wrong without anybody catching it, and how the calls say they ended."""

    sent: int = 0
    errors: list[str] = field(default_factory=list)
    not_understood: dict[int, Counter[str]] = field(default_factory=dict)

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR and record.getMessage() != SAID_BY_SERVER:
            self.errors.append(f"{record.name}: {record.getMessage()} {record.exc_info or ''}")
        match record.args:
            case (int(call), dict(counts)) if "messages not understood" in record.msg:
                self.not_understood[call] = Counter(counts)

    def handle(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.errors.append(f"event loop: {context}")


@contextmanager
def watched() -> Iterator[Watch]:
    """Every log, and the event loop. From inside served(): Django sets the logs up anew there."""
    watch, handler = Watch(), logging.Handler()
    handler.emit = watch.emit  # type: ignore[method-assign]
    known = [logging.getLogger(), *logging.Logger.manager.loggerDict.values()]
    loggers = [logger for logger in known if isinstance(logger, logging.Logger)]
    heard = [logger for logger in loggers if logger.parent is None or not logger.propagate]
    for logger in heard:
        logger.addHandler(handler)
    asyncio.get_running_loop().set_exception_handler(watch.handle)
    try:
        yield watch
    finally:
        for logger in heard:
            logger.removeHandler(handler)


# --- calls that send nonsense -------------------------------------------------------------


class Careless(Socket):
    """What is sent after the desk's close is lost, and nobody minds."""

    async def send(self, message: str | bytes) -> None:
        with suppress(ConnectionClosed):
            await super().send(message)


class Talk:
    """A line with a call's row behind it; sent and expected say what went over it."""

    def __init__(self, connection: ClientConnection, call: Call, random: Random, watch: Watch) -> None:
        self.connection = connection
        self.phone = Phone(Careless(connection), call)
        self.nonsense = Nonsense(random, f"MZ{call.sid}")
        self.random = random
        self.watch = watch
        self.expected: Counter[str] = Counter()
        self.asked = 0

    async def send(self, *messages: Message) -> None:
        """As fast as the desk takes them. When it has closed the line, the rest is lost."""
        try:
            for message in messages:
                await self.connection.send(message.data)
                self.watch.sent += 1
                if message.reason:
                    self.expected[message.reason] += 1
        except ConnectionClosed:
            pass

    async def storm(self, make: Callable[[], Message], *, cost: int = A_STORM) -> None:
        while cost > 0:
            message = make()
            await self.send(message)
            cost -= 1 + len(message.data) // CHARACTERS_OF_A_MESSAGE

    async def answers(self) -> None:
        """The desk understands a question, and says the answer."""
        heard = len(self.phone.captions)
        await self.phone.send("text", body=HOURS[self.asked % len(HOURS)])
        self.asked += 1

        def is_answered() -> bool:
            said = [text for speaker, text in self.phone.captions[heard:] if speaker == "desk"]
            return any("We're open" in text for text in said) or self.phone.closed is not None

        await self.phone.until(is_answered)
        assert self.phone.closed is None, f"the desk closed the line with {self.phone.closed}"

    async def is_closed_with(self, *codes: int) -> None:
        await self.phone.until(lambda: self.phone.closed is not None)
        assert self.phone.closed in codes, self.phone.closed

    async def has_ended(self, *outcomes: Call.Outcome, was_cut: bool = False) -> None:
        """In the database; and the log says what was not understood. What came last before a cut may be lost."""
        async with asyncio.timeout(10):
            while (row := await self.phone.row()).ended_at is None:
                await asyncio.sleep(0.02)
        assert row.outcome in outcomes, row.outcome
        for _ in range(100):
            counted = self.watch.not_understood.get(row.pk, Counter())
            if counted == self.expected or (was_cut and counted <= self.expected):
                return
            await asyncio.sleep(0.02)
        assert counted == self.expected, {
            "too many": counted - self.expected,
            "lost": self.expected - counted,
        }


@asynccontextmanager
async def talking(url: str, number: str, random: Random, watch: Watch) -> AsyncIterator[Talk]:
    """A socket that was opened; what is sent first is the test's affair."""
    address = url.replace("http", "ws", 1) + "/ws/media"
    async with connect(address, max_size=2**20, compression=None, close_timeout=2) as connection:
        talk = Talk(connection, await open_call(number), random, watch)
        listening = asyncio.create_task(talk.phone.listen())
        try:
            yield talk
        finally:
            connection.transport.abort()
            listening.cancel()
            await asyncio.wait({listening})


async def goes_on_through_a_storm(talk: Talk) -> None:
    """Before the start, during the greeting and after it; then the caller asks something, and hangs up."""
    await talk.storm(talk.nonsense.ignored, cost=talk.random.choice([0, 20]))
    await talk.phone.start()
    if talk.random.random() < 0.5:
        await talk.phone.reply()
    await talk.storm(talk.nonsense.message)
    await talk.send(*[talk.nonsense.silence()] * 10)
    await talk.answers()
    await talk.send(*[talk.nonsense.stop()] * talk.random.randint(1, 3))
    await talk.storm(talk.nonsense.media, cost=5)  # after its end
    await talk.is_closed_with(1000)
    await talk.has_ended(Call.Outcome.HUNG_UP)


async def begins_with_anything_but_a_start(talk: Talk) -> None:
    first = talk.random.choice(
        [
            talk.nonsense.media,
            talk.nonsense.mark,
            talk.nonsense.key,
            talk.nonsense.sentence,
            talk.nonsense.stop,
        ]
    )
    await talk.storm(talk.nonsense.ignored, cost=20)
    await talk.send(first())
    await talk.storm(talk.nonsense.message, cost=100)
    await talk.is_closed_with(1008)
    assert (await talk.phone.row()).stream_opened_at is None


async def is_a_stranger(talk: Talk) -> None:
    """A start that is none of a call's; nor do the good ones after it help."""
    await talk.send(talk.nonsense.second_start())
    await talk.storm(talk.nonsense.second_start, cost=20)
    await talk.is_closed_with(1008)
    assert (await talk.phone.row()).stream_opened_at is None


async def presses_many_keys(talk: Talk) -> None:
    await talk.phone.start()
    await talk.phone.reply()
    await talk.storm(talk.nonsense.key, cost=talk.random.randint(1, 300))
    await talk.send(talk.nonsense.stop())
    await talk.is_closed_with(1000)
    await talk.has_ended(*Call.Outcome)


async def types_whatever_comes(talk: Talk) -> None:
    """The desk answers each one, or leaves the caller to a person after so much that it cannot help with."""
    await talk.phone.start()
    await talk.phone.reply()
    await talk.storm(talk.nonsense.sentence, cost=15)
    try:
        await talk.answers()
    except AssertionError:
        assert talk.phone.closed == 1000
    talk.connection.transport.abort()
    await talk.has_ended(*set(Call.Outcome) - {Call.Outcome.FAILED, Call.Outcome.RUNNING})


async def breaks_the_socket(talk: Talk) -> None:
    """Below any message: the server ends the line, and the call with it."""
    await talk.phone.start()
    await talk.phone.reply()
    await talk.storm(talk.nonsense.message, cost=talk.random.choice([0, 50]))
    await asyncio.sleep(0)
    octets = talk.nonsense.too_long() if talk.random.random() < 0.2 else talk.nonsense.octets()
    talk.connection.transport.write(octets)
    talk.watch.sent += 1
    talk.connection.transport.write_eof()
    await talk.phone.until(lambda: talk.phone.closed is not None)
    await talk.has_ended(Call.Outcome.HUNG_UP, was_cut=True)


OTHERS = (
    begins_with_anything_but_a_start,
    is_a_stranger,
    presses_many_keys,
    types_whatever_comes,
    breaks_the_socket,
)


# --- the proof ----------------------------------------------------------------------------


async def a_call_that_goes_on(talk: Talk, others: asyncio.Event) -> None:
    """It has nothing to do with the others, and hears answers as long as they make their noise."""
    await talk.phone.start()
    await talk.phone.reply()
    while not others.is_set():
        await talk.answers()
    await talk.send(Message('{"event":"stop"}'))
    await talk.has_ended(Call.Outcome.HUNG_UP)


async def fuzz(url: str, watch: Watch, *, frames: int, seed: int) -> None:
    """Rounds of calls until so many messages were sent, and everything that was begun has ended."""
    random = Random(seed)
    numbers = iter(range(10**9))

    async def call(number: int) -> None:
        own = Random(f"{seed}-{number}")
        behave = OTHERS[number // 3 % len(OTHERS)] if number % 3 == 2 else goes_on_through_a_storm
        try:
            async with talking(url, STRANGER, own, watch) as talk:
                await behave(talk)
        except BaseException as error:
            error.add_note(f"call {number}: {behave.__name__}, FRAMES_SEED={seed}")
            raise

    async with nothing_left_running(within=5.0):
        while watch.sent < frames:
            is_over = asyncio.Event()
            async with talking(url, MARIA, random, watch) as witness, asyncio.TaskGroup() as going_on:
                going_on.create_task(a_call_that_goes_on(witness, is_over))
                async with asyncio.TaskGroup() as calls:
                    for _ in range(AT_ONCE):
                        calls.create_task(call(next(numbers)))
                is_over.set()
            gc.collect()  # tells of tasks whose error nobody has looked at
            assert not watch.errors, (seed, watch.errors[:3])


@pytest.mark.timeout(120 + FRAMES // 100)
async def test_nonsense_harms_neither_its_own_call_nor_another(otto: None) -> None:
    print(f"FRAMES_SEED={SEED}")
    async with served() as url:
        with watched() as watch:
            await fuzz(url, watch, frames=FRAMES, seed=SEED)
    assert watch.sent >= FRAMES
    assert not await in_database(Call.objects.filter(outcome=Call.Outcome.FAILED).count)


# --- would it notice? ---------------------------------------------------------------------


def reads_without_a_net(carrier: MediaStreams, message: str | bytes) -> LineEvent:
    fields = json.loads(message)
    return carrier.read(fields["event"], fields.get(fields["event"], {}))


GUARDS = {
    "errors of reading are caught": ("voice.carriers.media_streams.MediaStreams.parse", reads_without_a_net),
    "text can be stored": ("voice.carriers.media_streams.storable_text", lambda value: value),
    "what is ignored is counted": ("voice.line.Counter", lambda: Forgetful()),
}


class Forgetful(Counter[str]):
    def __setitem__(self, reason: str, count: int) -> None:
        if reason != "bad_mark":
            super().__setitem__(reason, count)


@pytest.mark.parametrize("guard", GUARDS)
async def test_a_missing_guard_is_noticed(otto: None, monkeypatch: pytest.MonkeyPatch, guard: str) -> None:
    monkeypatch.setattr(*GUARDS[guard])
    async with served() as url:
        with watched() as watch, pytest.raises((AssertionError, BaseExceptionGroup)):
            await fuzz(url, watch, frames=1000, seed=1)
