"""How soon does the desk answer over real sockets, with providers as slow as real ones?

The callers and delays of turn_taking.py, which knows the policy alone, against the server, sockets and
providers of relay.py: what the two add to each other shows here.
"""

import asyncio
import os
import random
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, pairwise
from math import inf
from pathlib import Path

from django.test import override_settings

from dealership.bench import relay, turn_taking
from dealership.bench.callers import FILE, REPORT, SpokenTurn, spoken_turns
from dealership.bench.figures import NONE, Figure, Goal
from dealership.bench.relay_caller import Callers, Failed
from dealership.bench.relay_cloud import Cloud, Ear
from dealership.bench.relay_cloud import Turn as Exchange
from dealership.bench.relay_line import Line
from dealership.bench.relay_server import serving
from dealership.bench.store import at_leisure, first_rooftop
from dealership.bench.turn_taking import Frame, Providers
from voice.database import in_database
from voice.models import Call, ToolCall, Turn, Usage
from voice.ports import Words
from voice.transcript import STAGES

SEED = 5
CALLS = 20  # at once
TURNS_A_ROUND = 10
VOICED_LEVEL = 35.0  # between the noise and the voice of callers.py
GREETING_SECONDS = 30.0
PATIENCE_SECONDS = 6.0  # for an answer
RESTS_SECONDS = 0.4


@dataclass(slots=True)
class Heard:
    """waits: seconds from the end of a turn to the first frame of its answer."""

    waits: list[float] = field(default_factory=list)
    early: int = 0
    pauses: list[float] = field(default_factory=list)  # milliseconds, the longest within each answer
    failures: list[str] = field(default_factory=list)


async def measure(*, rounds: int, data: Path = turn_taking.DATA) -> list[Figure]:
    """A round is ten turns. No figures when data is not there."""
    if not (data / FILE).exists():
        return []
    turns = spoken_turns(data, REPORT, random.Random(SEED))[: rounds * TURNS_A_ROUND]
    called_number = await in_database(lambda: first_rooftop().numbers.all()[0].number)
    prefix = f"CA{secrets.token_hex(8)}"
    providers, heard = Providers(), Heard()
    everywhere = os.sched_getaffinity(0)
    ours, theirs = relay.halves(everywhere)
    os.sched_setaffinity(0, ours)
    try:
        cloud = Cloud(
            first_token=providers.first_token, first_audio=providers.first_clause + providers.first_audio
        )
        async with cloud, serving(theirs, **relay.cloud_settings(cloud)) as server:
            with override_settings(PUBLIC_BASE_URL=server.url):
                sids = (f"{prefix}{number:016x}" for number in count())
                ringing = Callers(server.url, cloud, called_number, sids)
                async with ringing as callers, asyncio.TaskGroup() as calls:
                    for share in _shares(turns, CALLS):
                        calls.create_task(_call(callers, cloud, share, providers, heard))
                heard.pauses += callers.log.pauses
            heard.failures += server.errors()
        stored = await at_leisure(_stored, prefix)
    finally:
        os.sched_setaffinity(0, everywhere)
        await at_leisure(Call.objects.filter(sid__startswith=prefix).delete)
    return [*_figures(heard), *stored]


def _shares(turns: Sequence[SpokenTurn], calls: int) -> Iterator[Sequence[SpokenTurn]]:
    return (share for number in range(calls) if (share := turns[number::calls]))


async def _call(
    callers: Callers, cloud: Cloud, turns: Sequence[SpokenTurn], providers: Providers, heard: Heard
) -> None:
    """Each answer is the question to which the next turn is an answer."""
    for turn, following in pairwise([*turns, turns[0]]):
        cloud.answers[_text(turn)] = following.question or "All right. What else can I do for you?"
    line = None
    try:
        line = await callers.connect(*await callers.ring())
        async with asyncio.timeout(GREETING_SECONDS):
            await line.has_sounded.wait()
            ear = await cloud.ear_of(line.number)
            await _quiet(line)
        for number, turn in enumerate(turns):
            await _say(line, ear, turn, providers, random.Random(f"{SEED} {line.number} {number}"), heard)
            await _quiet(line)
    except (Failed, OSError, TimeoutError) as error:
        heard.failures.append(str(error) or type(error).__name__)
    finally:
        if line is not None:
            callers.hang_up(line)


def _text(turn: SpokenTurn) -> str:
    return " ".join(word.text for word in turn.words)


async def _quiet(line: Line) -> None:
    """Until the desk has said what it has to say."""
    while True:
        seconds = line.seconds_to_play
        await asyncio.sleep(seconds + RESTS_SECONDS)
        if not line.seconds_to_play:
            return


async def _say(
    line: Line, ear: Ear, turn: SpokenTurn, providers: Providers, rng: random.Random, heard: Heard
) -> None:
    """Say one turn, and wait for the first frame of its answer; one that comes before its end is early."""
    loop = asyncio.get_running_loop()
    began, position = loop.time(), ear.position
    ends_at = began + turn.ends_at
    answer = Exchange("", "")
    line.expect(answer)
    for at, event in turn_taking.events(turn, providers, rng):
        if answer.heard_at >= ends_at:
            break  # the rest is silence
        await asyncio.sleep(began + at - loop.time())
        match event:
            case Frame(level=level):
                line.is_voiced = level > VOICED_LEVEL
            case Words(text=text, is_final=is_final, starts_at=starts_at, ends_at=until):
                ear.hears(text, position + starts_at, position + until, is_final=is_final)
        if 0.0 < answer.heard_at < ends_at <= loop.time():
            heard.early += 1
            answer = Exchange("", "")
            line.expect(answer)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await line.has_answered.wait()
    heard.waits.append(answer.heard_at - ends_at)


def _figures(heard: Heard) -> Iterator[Figure]:
    at_once = f"over sockets, {CALLS} calls"
    turns = len(heard.waits)
    waits = [1000 * wait for wait in heard.waits] or [inf]
    for goal in (Goal("median", 950), Goal("p95", 1200)):
        yield Figure(f"end of speech to first frame, {at_once}", "ms", waits, "a caller's turn", goal)
    if heard.pauses:
        what = "an answer's longest, on the carrier's playout clock"
        yield Figure(f"pause within an answer, {at_once}", "ms", heard.pauses, what)
    early = 100 * heard.early / max(1, turns)
    yield Figure(f"begun too early, {at_once}", "%", [early], f"all {turns} turns", Goal("max", 2))
    what = "; ".join(sorted(set(heard.failures))[:5]) or "of all calls above"
    yield Figure(f"calls that failed, {at_once}", "", [float(len(heard.failures))], what, NONE)


def _stored(prefix: str) -> list[Figure]:
    """What the calls' own rows say of the same turns: see voice/transcript.py, STAGES."""
    spoken = Turn.objects.filter(call__sid__startswith=prefix)
    latencies = list(spoken.values_list("latencies", flat=True))
    stages = [(key, f"stored: {name}") for key, name in STAGES] + [("clear", "stored: interrupted to clear")]
    figures = [
        Figure(name, "ms", [turn[key] for turn in latencies if key in turn], "after the caller's last word")
        for key, name in stages
    ]
    tools = ToolCall.objects.filter(call__sid__startswith=prefix).values_list("duration_ms", flat=True)
    errors = Usage.objects.filter(call__sid__startswith=prefix).exclude(error="").count()
    return [
        *(
            figure
            for figure in (*figures, Figure("stored: a tool", "ms", list(tools), "one use"))
            if figure.samples
        ),
        Figure("stored: providers' errors", "", [float(errors)], "of all calls above", NONE),
    ]
