"""Every service that a call needs, failing in every way, at its start and in its middle.

Judged by the carrier alone: the call ends in an answer, with a person or with a spoken apology, and
there is no long silence while it is the desk's turn. A few cells in `make test`, all by `make faults`.
"""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from crm.models import Rooftop
from crm.postgresql import base
from dealership import demo_call
from scheduling.models import Closure, OpeningHours
from tests.emulators.base import Fault, Kind
from tests.emulators.openai import Dialogue, Reply, Use
from tests.emulators.proxy import Proxy
from tests.factories import make_demo_store
from tests.talking import MARIA
from tests.voice.caller import Caller
from tests.voice.exchange import Exchange, exchange
from tests.voice.leaks import nothing_left_running
from tests.voice.outages import postgresql_behind, proxy_to_postgresql, proxy_to_redis, redis_behind
from voice import answers, database, providers
from voice.database import in_database
from voice.models import Turn
from voice.speech.replay import Replay

pytestmark = [
    pytest.mark.integration,
    pytest.mark.performance,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(150),
]

LONGEST_SILENCE = 4.0
FALLBACK_NUMBER = "+12125550199"
WISH = "I need an oil change for my Civic next Tuesday morning."
IS_OFFERED = rf"(which one|{demo_call.OFFERED})[^?]*\?$"
IS_ASKED_FOR_WISH = r"(help you( with your car)?|do for [^?]*|say that again)\?$"
LINES = (
    (IS_OFFERED, "No, thank you, goodbye."),
    (r"maria\?$", "Yes, this is Maria."),
    (IS_ASKED_FOR_WISH, WISH),
    (r"listening again\.$", WISH),
    (r"(get|catch) (that|it)\. [^?]+\?$", WISH),
    (r"anything else[^?]*\?$", "No, thank you, goodbye."),
)


@dataclass(frozen=True, slots=True)
class Cell:
    service: str
    kind: Kind
    is_mid_call: bool

    def __str__(self) -> str:
        return f"{self.service}-{self.kind}-{'mid-call' if self.is_mid_call else 'start'}"


SERVICES = ("hearing", "thinking", "speaking", "postgresql", "redis")
KINDS: tuple[Kind, ...] = ("refuse", "stall", "drop", "slow", "garbage")
ALL = [Cell(service, kind, mid) for service in SERVICES for kind in KINDS for mid in (False, True)]
USUAL = [
    Cell("hearing", "drop", True),
    Cell("thinking", "refuse", True),
    Cell("speaking", "stall", False),
    Cell("postgresql", "stall", False),
]
IS_WHOLE = os.environ.get("FAULTS") == "all"
CELLS = ALL if IS_WHOLE else USUAL


# --- what goes wrong ----------------------------------------------------------------------

SLOW_SECONDS = {"hearing": 1.0, "thinking": 0.4, "speaking": 0.1, "postgresql": 0.25, "redis": 0.5}


@dataclass(slots=True)
class Trouble:
    """The proxies and emulators behind one call."""

    line: Exchange
    postgresql: Proxy
    redis: Proxy

    async def strike(self, cell: Cell) -> None:
        match cell.service:
            case "hearing":
                await self._strike_deepgram(cell, "listen")
            case "speaking":
                await self._strike_deepgram(cell, "speak")
            case "thinking":
                self._strike_openai(cell)
            case "postgresql":
                await self._strike_proxy(cell, self.postgresql)
            case "redis":
                await self._strike_proxy(cell, self.redis)

    async def _strike_deepgram(self, cell: Cell, where: str) -> None:
        """A drop is over when it has happened; everything else stays."""
        seconds = SLOW_SECONDS[cell.service]
        if cell.is_mid_call:
            kind: Kind = "drop" if cell.kind == "refuse" else cell.kind
            await self.line.deepgram.strike(Fault(kind, where, seconds=seconds))
        if cell.kind != "drop" or not cell.is_mid_call:
            times = 1 if cell.kind == "drop" else 1_000_000
            self.line.deepgram.faults.append(Fault(cell.kind, where, seconds=seconds, times=times))

    def _strike_openai(self, cell: Cell) -> None:
        """In the middle of what is said, where there is something to be cut."""
        after = 8 if cell.is_mid_call and cell.kind in ("stall", "drop", "garbage") else 0
        times = 1 if cell.kind == "drop" else 1_000_000
        seconds = SLOW_SECONDS[cell.service]
        self.line.openai.faults.append(Fault(cell.kind, after=after, seconds=seconds, times=times))

    async def _strike_proxy(self, cell: Cell, proxy: Proxy) -> None:
        times = 1_000_000
        if cell.kind == "drop":
            times = 0 if cell.is_mid_call else 1
        await proxy.strike(Fault(cell.kind, seconds=SLOW_SECONDS[cell.service], times=times))


@asynccontextmanager
async def troubled(settings: Settings) -> AsyncIterator[Trouble]:
    async with AsyncExitStack() as stack:
        postgresql = await stack.enter_async_context(proxy_to_postgresql())
        redis = await stack.enter_async_context(proxy_to_redis(settings))
        await stack.enter_async_context(redis_behind(redis, settings))
        await stack.enter_async_context(postgresql_behind(postgresql))
        line = await stack.enter_async_context(exchange(settings, script=MIND))
        await providers.warm_voice(providers.FIXED_SENTENCES)  # as every process does when it starts
        yield Trouble(line, postgresql, redis)


SEARCH = Use("get_available_slots", {"services": ["LOF"], "not_after": "12:00"})


def offered(result: dict[str, Any]) -> str:
    return f"{result['spoken']} {'Which one' if result['code'] == 'ok' else 'Anything else'}?"


MIND = Dialogue(
    [
        ("oil change", Reply("Let me have a look at what we have open.", (SEARCH,))),
        ("goodbye", Reply(uses=(Use("end_call"),))),
    ],
    after={"get_available_slots": offered},
    otherwise="How can I help you?",
)


# --- the calls ----------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def otto(transactional_db: None, settings: Settings) -> Rooftop:
    settings.FALLBACK_NUMBER = FALLBACK_NUMBER
    rooftop = make_demo_store(timezone.now())
    Rooftop.objects.filter(pk=rooftop.pk).update(records_calls=True)
    Closure.objects.all().delete()
    OpeningHours.objects.all().update(opens="00:00", closes="23:59:59")
    missing = set(range(7)) - set(OpeningHours.objects.values_list("weekday", flat=True))
    for weekday in missing:
        OpeningHours.objects.create(
            rooftop=rooftop,
            weekday=weekday,
            opens="00:00",
            closes="23:59:59",
            first_arrival="07:00",
            last_arrival="17:00",
        )
    connection.close()  # it knows of no pool yet
    return rooftop


@dataclass(frozen=True, slots=True)
class Ended:
    how: str
    silence: float


async def ring(trouble: Trouble, cell: Cell | None) -> Caller:
    before: dict[str, Callable[[], Awaitable[None]]] = {}
    if cell and cell.is_mid_call:
        before[IS_ASKED_FOR_WISH] = lambda: trouble.strike(cell)
    elif cell:
        await trouble.strike(cell)
    caller = Caller(await trouble.line.ring(MARIA), LINES, before)
    await caller.hold()
    assert not before, "the call never came to where it was to be struck"
    return caller


def how_it_ended(caller: Caller) -> str:
    """The best of what happened; "" when nothing good did."""
    if "Dial" in caller.call.verbs:
        return "person"
    if caller.call.said:
        return "apology"
    if len(caller.heard) > 2 and caller.lines[0][1] in caller.said:
        return "answer"
    return ""


async def no_thread_is_stuck() -> None:
    """Everyone who works for calls is free to work again, and nobody else stayed."""
    async with asyncio.timeout(10):
        free = threading.Barrier(database.THREADS)
        await asyncio.gather(*(in_database(free.wait, 10) for _ in range(database.THREADS)))
        for thread in threading.enumerate():
            if thread.name == "errand":
                await asyncio.to_thread(thread.join, 10)
                assert not thread.is_alive()


@pytest.mark.parametrize("cell", CELLS, ids=str)
async def test_a_call_survives(cell: Cell, settings: Settings, results: dict[str, Ended]) -> None:
    async with nothing_left_running(within=7.0), troubled(settings) as trouble:
        caller = await ring(trouble, cell)
        results[str(cell)] = ended = Ended(how_it_ended(caller), caller.longest_silence)
        deepgram = trouble.line.deepgram
        await deepgram.until(lambda: not deepgram.open_connections)
        await no_thread_is_stuck()

    understood = await times_understood(caller)
    assert ended.how, (caller.call.status, caller.said, caller.heard, caller.call.verbs)
    assert ended.silence <= LONGEST_SILENCE, (caller.heard, caller.turns, caller.call.verb_times)
    if cell == Cell("hearing", "drop", True):
        assert understood == caller.said.count(WISH)


async def times_understood(caller: Caller) -> int:
    """How often the wish stands whole in the transcript."""

    def text() -> str:
        turns = Turn.objects.filter(call__sid=caller.call.sid, speaker=Turn.Speaker.CALLER)
        return " ".join(turns.order_by("number").values_list("text", flat=True))

    return (await in_database(text)).count(WISH)


# --- would it be noticed? -----------------------------------------------------------------


async def test_without_replay_words_would_be_lost(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Replay, "rewind", lambda replay: replay.end / 8000)
    async with troubled(settings) as trouble:
        caller = await ring(trouble, Cell("hearing", "drop", True))
        assert await times_understood(caller) < caller.said.count(WISH)


@pytest.mark.faults
async def test_without_fillers_there_would_be_silence(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MIND_SECONDS", 60.0)
    monkeypatch.setattr(answers, "FILLER_SECONDS", 60.0)
    async with troubled(settings) as trouble:
        caller = await ring(trouble, Cell("thinking", "stall", True))
        assert caller.longest_silence > LONGEST_SILENCE


@pytest.mark.faults
async def test_without_patience_threads_would_be_stuck(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "seconds_left", lambda: None)
    async with troubled(settings) as trouble:
        await ring(trouble, Cell("postgresql", "stall", True))
        with pytest.raises(TimeoutError):
            await no_thread_is_stuck()


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest) -> Iterator[dict[str, Ended]]:
    """How each cell ended, printed as a table when all were tried."""
    found: dict[str, Ended] = {}
    yield found
    if IS_WHOLE:
        reporter = request.config.pluginmanager.get_plugin("terminalreporter")
        assert reporter
        for cell, ended in found.items():
            reporter.write_line(f"{cell:28} {ended.how or '-':8} silence {ended.silence:4.1f} s")
