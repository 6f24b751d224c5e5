"""What does the desk itself add to a call, at 1, 50 and 100 calls at once, on one core?

The real server on a core of its own; callers and emulated providers without any delay of their own in
this process, on another core; everything between them over the real protocols. What is left of an
answer's time is ours.
"""

import asyncio
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import inf

from django.test import override_settings

from dealership.bench.figures import NONE, Figure, Goal, milliseconds
from dealership.bench.relay_caller import BRISK, Callers, Manner
from dealership.bench.relay_cloud import Cloud
from dealership.bench.relay_line import Log
from dealership.bench.relay_server import Server, Use, serving
from dealership.bench.store import at_leisure, first_rooftop
from voice import live
from voice.conversation.states import Conversation, Message, State
from voice.database import in_database
from voice.models import Call

LEVELS = (1, 50, 100)
WARM_UP = 20  # calls; what a process loads and keeps then belongs to no call
RAMP_SECONDS = 0.1  # between the beginnings of two calls
WINDOW_SECONDS = 5.0  # of server time in one sample
SETTLING_SECONDS = 4.0  # after the last call
IN_A_ROW, IN_A_ROW_FULL = 100, 1000  # calls
ROWS, CALLS_OF_A_ROW = 5, 50  # side by side: five or more, of fifty calls at most
SESSIONS = 200

ADDED = {1: Goal("p95", 10), 50: Goal("p95", 20), 100: Goal("p95", 50)}
CLEAR = {1: Goal("p95", 2), 50: Goal("p95", 20)}
CPU = {100: Goal("median", 0.55)}
MEMORY_LEFT = Goal("max", 5)  # MiB, after all those calls


async def measure(*, rounds: int, full: bool = False, levels: Sequence[int] = LEVELS) -> list[Figure]:
    """A round is a second of every level. full: a thousand calls in a row, not a hundred."""
    called_number = await in_database(lambda: first_rooftop().numbers.all()[0].number)
    prefix = f"CA{secrets.token_hex(8)}"
    everywhere = os.sched_getaffinity(0)
    ours, theirs = halves(everywhere)
    os.sched_setaffinity(0, ours)
    try:
        async with Cloud() as cloud, serving(theirs, **cloud_settings(cloud)) as server:
            sids = (f"{prefix}{number:016x}" for number in count())
            bench = _Bench(server, cloud, called_number, sids)
            with override_settings(PUBLIC_BASE_URL=server.url):  # the carrier signs addresses
                figures = await bench.measure(levels, rounds, IN_A_ROW_FULL if full else IN_A_ROW)
        return [*figures, *await in_database(_sessions, prefix)]
    finally:
        os.sched_setaffinity(0, everywhere)
        await at_leisure(Call.objects.filter(sid__startswith=prefix).delete)


def halves(cores: set[int]) -> tuple[set[int], set[int]]:
    """(ours, the server's): one core for the server; a machine with a single one shares it."""
    *rest, last = sorted(cores)
    return set(rest) or cores, {last}


def cloud_settings(cloud: Cloud) -> dict[str, str]:
    return {
        "DEEPGRAM_API_KEY": "bench",
        "DEEPGRAM_BASE_URL": cloud.base_url,
        "DEEPGRAM_STT_MODEL": "nova-2-phonecall",
        "OPENAI_API_KEY": "bench",
        "OPENAI_BASE_URL": f"{cloud.base_url}/v1",
    }


@dataclass(slots=True)
class _Bench:
    server: Server
    cloud: Cloud
    called_number: str
    sids: Iterator[str]
    failures: list[str] = field(default_factory=list)

    def callers(self) -> Callers:
        return Callers(self.server.url, self.cloud, self.called_number, self.sids)

    async def measure(self, levels: Sequence[int], rounds: int, in_a_row: int) -> list[Figure]:
        await self.warm_up()
        figures = [figure for level in levels for figure in await self.talk(level, rounds)]
        figures.append(await self.begin_at_once(max(levels)))
        figures += await self.in_a_row(in_a_row)
        return [*figures, self.failed()]

    async def warm_up(self) -> None:
        async with self.callers() as callers, asyncio.TaskGroup() as calls:
            for _ in range(WARM_UP):
                calls.create_task(callers.call(BRISK, 0))
        self.failures += callers.log.failures
        await asyncio.sleep(SETTLING_SECONDS)

    async def talk(self, level: int, rounds: int) -> list[Figure]:
        """So many calls talk at once, for so many rounds once the last one has begun."""
        # One call alone: three answers a round, for of twenty the 95th percentile is a single one.
        manner, round_seconds = (BRISK, 9) if level == 1 else (Manner(), 1)
        empty = self.server.mebibytes()
        ends_at = time.monotonic() + level * RAMP_SECONDS + rounds * round_seconds
        async with self.callers() as callers, asyncio.TaskGroup() as calls:
            for _ in range(level):
                calls.create_task(callers.call(manner, ends_at))
                await asyncio.sleep(RAMP_SECONDS)
            uses = await self._uses(level, ends_at)
            each = (self.server.mebibytes() - empty) / level
        await asyncio.sleep(SETTLING_SECONDS)
        self.failures += callers.log.failures
        figures = [*_heard(callers.log, level), *_used(uses, level)]
        if level == max(LEVELS):
            figures.append(
                Figure("memory of a call", "MiB", [each], f"the mean of {level}", Goal("max", 1.5))
            )
        return [figure for figure in figures if figure.samples]

    async def _uses(self, calls: int, ends_at: float) -> list[tuple[float, float]]:
        """In turn: CPU seconds for each minute of a call, and the share of time without the core, in %."""
        samples: list[tuple[float, float]] = []
        while not samples or time.monotonic() + WINDOW_SECONDS < ends_at:
            began, cpu, waited = (
                time.monotonic(),
                self.server.cpu_seconds(),
                self.server.kept_waiting_seconds(),
            )
            await asyncio.sleep(WINDOW_SECONDS)
            seconds = time.monotonic() - began
            samples.append(
                (
                    (self.server.cpu_seconds() - cpu) / (seconds / 60 * calls),
                    100 * (self.server.kept_waiting_seconds() - waited) / seconds,
                )
            )
        return samples

    async def begin_at_once(self, count: int) -> Figure:
        """Media streams that open at the same moment, after their webhooks."""
        async with self.callers() as callers:
            rung = [await callers.ring() for _ in range(count)]
            began = time.monotonic()
            lines = await asyncio.gather(*(callers.begin(sid, token) for sid, token in rung))
            took = [line.first_frame_at - began for line in lines if line]
        self.failures += callers.log.failures
        await asyncio.sleep(SETTLING_SECONDS)
        return Figure(
            f"{count} sessions set up at once",
            "s",
            took or [inf],
            "media socket opened to greeting",
            Goal("max", 2),
        )

    async def in_a_row(self, calls: int) -> list[Figure]:
        """Whole calls one after the other, and what is left of them."""
        rows = max(ROWS, calls // CALLS_OF_A_ROW)
        await self._rows(rows, min(rows * 4, calls))
        before = await self.server.use()
        await self._rows(rows, calls)
        after = await self.server.use()
        return list(_left(before, after, calls))

    async def _rows(self, rows: int, calls: int) -> None:
        async with self.callers() as callers, asyncio.TaskGroup() as group:

            async def row() -> None:
                for _ in range(calls // rows):
                    await callers.call(BRISK, 0)

            for _ in range(rows):
                group.create_task(row())
        self.failures += callers.log.failures
        await asyncio.sleep(SETTLING_SECONDS)

    def failed(self) -> Figure:
        failures = [*self.failures, *self.server.errors()]
        what = "; ".join(sorted(set(failures))[:5]) or "of all calls above"
        return Figure("calls or answers that failed", "", [float(len(failures))], what, NONE)


def _heard(log: Log, level: int) -> Iterator[Figure]:
    """What the carrier's end met."""
    at_once = f"{level} call{'s' * (level > 1)}"
    yield Figure(
        f"added latency, {at_once}",
        "ms",
        [turn.added_seconds * 1000 for turn in log.turns],
        "last word's transcript told to answer's first frame; less providers' time, patience is over",
        ADDED.get(level),
    )
    yield Figure(
        f"onset told to clear, {at_once}",
        "ms",
        log.clears,
        "recogniser's SpeechStarted to clear received",
        CLEAR.get(level),
    )
    yield Figure(
        f"voice begins to clear, {at_once}",
        "ms",
        log.voice_clears,
        "first loud frame sent to clear received; the recogniser tells after 60 ms",
        Goal("median", 60),
    )
    yield Figure(
        f"pause within an answer, {at_once}",
        "ms",
        log.pauses,
        "an answer's longest, on the carrier's playout clock",
        Goal("max", 20),
    )
    yield Figure(
        f"call start to greeting, {at_once}",
        "s",
        log.greetings,
        "inbound-call posted to first frame received",
        Goal("p95", 0.5),
    )
    yield Figure(f"measuring side late, {at_once}", "ms", log.late, "its own tick; part of all the above")


def _used(uses: list[tuple[float, float]], level: int) -> Iterator[Figure]:
    """What the server took, and what it was not given."""
    at_once = f"{level} call{'s' * (level > 1)}"
    sample = f"{WINDOW_SECONDS:.0f} s of all calls"
    yield Figure(f"server CPU, {at_once}", "s/call-min", [cpu for cpu, _ in uses], sample, CPU.get(level))
    others = f"{sample}: ready, and its core taken by others"
    yield Figure(f"server kept waiting, {at_once}", "%", [share for _, share in uses], others)


def _left(before: Use, after: Use, calls: int) -> Iterator[Figure]:
    sample = f"more after {calls:,} calls in a row"
    yield Figure("memory left", "MiB", [after.mebibytes - before.mebibytes], sample, MEMORY_LEFT)
    for what in ("tasks", "threads", "sockets"):
        yield Figure(f"{what} left", "", [float(getattr(after, what) - getattr(before, what))], sample, NONE)


def _sessions(sid: str) -> list[Figure]:
    """Reads and writes of where a call stands."""
    history = [Message(speaker="caller", text="Could I bring it in on Tuesday at ten?") for _ in range(20)]
    conversation = Conversation(call_sid=sid, state=State.INTENT, history=history)
    live.save(conversation, epoch=0)
    writes = [milliseconds(lambda: live.save(conversation, epoch=0)) for _ in range(SESSIONS)]
    reads = [milliseconds(lambda: live.load(sid)) for _ in range(SESSIONS)]
    return [
        Figure("session written to Redis", "ms", writes, "20 messages long", Goal("p95", 5)),
        Figure("session read from Redis", "ms", reads, "20 messages long", Goal("p95", 5)),
    ]
