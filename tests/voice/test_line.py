"""One socket may say much at once, and no more than so much a second for long."""

import asyncio
import json
import selectors
from base64 import b64encode
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from voice.budget import Budget
from voice.carriers.browser import BrowserCarrier
from voice.line import (
    HELD_BACK_SECONDS,
    MESSAGES_A_SECOND,
    MESSAGES_AT_ONCE,
    POLITE_AFTER,
    POLITE_SECONDS,
    Line,
    LineClosed,
    Message,
)

FRAME_SECONDS = 0.02


def media(size: int = 160) -> str:
    """As Twilio writes it, late in a long call."""
    content = {
        "track": "inbound",
        "chunk": "44990",
        "timestamp": "899800",
        "payload": b64encode(bytes(size)).decode(),
    }
    return json.dumps(
        {"event": "media", "sequenceNumber": "45000", "media": content, "streamSid": "MZ" + "0" * 32}
    )


def mark(number: int) -> str:
    return json.dumps({"event": "mark", "streamSid": "MZ" + "0" * 32, "mark": {"name": f"12-{number}"}})


class JumpingLoop(asyncio.SelectorEventLoop):
    """Time does not pass; it jumps to the next timer when there is nothing else to do."""

    def __init__(self) -> None:
        super().__init__(_Impatient(self))
        self.now = 0.0

    def time(self) -> float:
        return self.now


class _Impatient(selectors.DefaultSelector):
    def __init__(self, loop: JumpingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout:
            self._loop.now += timeout
        return ready


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(coroutine)


@dataclass
class Sender:
    """The other side: (moment, message) in order of time. answered: what the desk sent it."""

    plan: Iterable[tuple[float, str | bytes]]
    answered: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._plan = iter(self.plan)

    async def receive(self) -> Message:
        for moment, message in self._plan:
            if (ahead := moment - asyncio.get_running_loop().time()) > 0:  # else it is in the queue already
                await asyncio.sleep(ahead)
            return {"type": "websocket.receive", "text" if isinstance(message, str) else "bytes": message}
        return {"type": "websocket.disconnect"}

    async def send(self, message: Message) -> None:
        self.answered.append(message)


async def arrivals(sender: Sender) -> tuple[Line, list[float]]:
    """When each message came through, until the line was closed."""
    line, moments = Line(BrowserCarrier(), sender.receive, sender.send), []
    try:
        while True:
            await line.receive()
            moments.append(asyncio.get_running_loop().time())
    except LineClosed:
        return line, moments


def ordinary_call(seconds: float, began: float = 0.0) -> list[tuple[float, str | bytes]]:
    """Frames, five marks a second, and now and then the marks of an answer that was cleared."""
    frames = [(began + at * FRAME_SECONDS, media()) for at in range(round(seconds / FRAME_SECONDS))]
    marks = [(began + at * 0.2, mark(at)) for at in range(round(seconds * 5))]
    cleared = [(began + at * 3.0, mark(number)) for at in range(round(seconds / 3)) for number in range(10)]
    return sorted([*frames, *marks, *cleared])


def test_an_ordinary_call_never_waits() -> None:
    async def call() -> None:
        plan = ordinary_call(900.0)
        line, moments = await arrivals(Sender(plan))
        assert moments == pytest.approx([moment for moment, _ in plan])
        assert line.held_back == 0

    run(call())


@pytest.mark.parametrize("stalled_seconds", [2.0, 5.0, 8.0])
def test_what_a_stalled_network_brings_at_once_is_taken_in_half_a_second(stalled_seconds: float) -> None:
    async def call() -> None:
        late = [(max(moment, stalled_seconds), message) for moment, message in ordinary_call(60.0)]
        line, moments = await arrivals(Sender(late))
        lags = [came - sent for came, (sent, _) in zip(moments, late, strict=True)]
        assert max(lags) < 0.06 * stalled_seconds + 0.1
        assert max(lags[-1000:]) == 0.0
        assert line.held_back == 0

    run(call())


def test_after_half_a_minute_without_a_network_the_call_soon_catches_up() -> None:
    async def call() -> None:
        late = [(max(moment, 30.0), message) for moment, message in ordinary_call(60.0)]
        line, moments = await arrivals(Sender(late))
        assert len(moments) == len(late)
        lags = [came - sent for came, (sent, _) in zip(moments, late, strict=True)]
        assert max(lags) < 9.0
        assert max(lags[-1000:]) == 0.0
        assert not line.ignored

    run(call())


def test_a_flood_is_held_to_its_rate_and_then_ended() -> None:
    async def flood() -> None:
        sender = Sender((0.0, media()) for _ in range(100_000))
        line, moments = await arrivals(sender)
        assert moments[MESSAGES_AT_ONCE - 1] < 0.6
        for second in range(2, 29):
            passed = sum(second <= moment < second + 1 for moment in moments)
            assert passed == pytest.approx(MESSAGES_A_SECOND, abs=1)
        assert line.held_back == pytest.approx(len(moments) - MESSAGES_AT_ONCE, abs=0.7 * MESSAGES_A_SECOND)
        assert moments[-1] == pytest.approx(HELD_BACK_SECONDS, abs=1)
        assert sender.answered == [{"type": "websocket.close", "code": 1008}]

    run(flood())


@pytest.mark.parametrize("message", ["{", b"\xff", "", "[" * 900, '{"event":"weather"}'])
def test_nonsense_costs_as_much_as_sense(message: str | bytes) -> None:
    async def flood() -> None:
        line, moments = await arrivals(Sender((0.0, message) for _ in range(2000)))
        assert moments == []
        assert line.ignored.total() == 2000
        assert asyncio.get_running_loop().time() == pytest.approx(
            (2000 - MESSAGES_AT_ONCE) / MESSAGES_A_SECOND
        )

    run(flood())


def test_long_messages_cost_more() -> None:
    async def flood() -> None:
        _, moments = await arrivals(Sender((0.0, media(8000)) for _ in range(150)))
        assert sum(moment < 1.0 for moment in moments) < 70

    run(flood())


def test_who_sends_much_at_once_lets_others_go_between() -> None:
    async def flood() -> None:
        line, moments = await arrivals(Sender((0.0, media()) for _ in range(MESSAGES_AT_ONCE)))
        assert line.held_back == 0
        assert moments[POLITE_AFTER - 1] == 0.0
        pauses = [later - moment for moment, later in pairwise(moments[POLITE_AFTER:])]
        assert min(pauses) >= POLITE_SECONDS * 0.99
        assert moments[-1] < 0.6

    run(flood())


def test_a_budget_fills_no_further_than_full() -> None:
    budget = Budget(at_once=10, a_second=5)
    assert budget.spend(10, now=100.0) == 0.0
    assert budget.spend(1, now=100.0) == pytest.approx(0.2)
    assert budget.spend(0, now=100.2) == pytest.approx(0.0)
    assert budget.spend(11, now=1000.0) == pytest.approx(0.2)
