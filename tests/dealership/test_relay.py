"""The relay question of `make bench`, in small: a few calls on a real server, and what it prints of them."""

import asyncio
from pathlib import Path

import pytest
from django.utils import timezone

from dealership.bench import relay, relay_caller, spoken_calls
from dealership.bench.callers import FILE
from dealership.bench.figures import Figure, table
from dealership.bench.relay_cloud import Turn
from dealership.bench.relay_wire import TEXT, Peer, frame
from dealership.bench.turn_taking import DATA
from tests.factories import make_demo_store
from voice.models import Call

CALLS = 2
GENEROUS = 5  # times the goal, for a machine on which other tests run


class Heard(Peer):
    def __init__(self) -> None:
        super().__init__()
        self.is_socket = True
        self.messages: list[bytes] = []

    def message(self, opcode: int, payload: bytes) -> None:
        self.messages.append(payload)


@pytest.mark.parametrize("size", [0, 125, 126, 70_000])
@pytest.mark.parametrize("is_masked", [True, False])
def test_a_frame_is_read_however_it_is_cut(size: int, is_masked: bool) -> None:
    payload = bytes(range(256)) * (size // 256) + bytes(size % 256)
    data = frame(TEXT, payload, is_masked=is_masked) + frame(TEXT, b"next", is_masked=is_masked)
    for cut in (1, 3, 9, len(data) - 2):
        heard = Heard()
        heard.data_received(data[:cut])
        heard.data_received(data[cut:])
        assert heard.messages == [payload, b"next"]


def test_the_providers_own_time_is_not_ours() -> None:
    turn = Turn("key", "answer", final_at=1.0, asked_at=1.1, told_at=1.5, texted_at=1.6, sounded_at=1.8)
    turn.heard_at = 2.0
    assert turn.added_seconds == pytest.approx(0.4)


@pytest.fixture
def quick(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything as short as it can be, on a demo store."""
    make_demo_store(timezone.now())
    monkeypatch.setattr(relay_caller, "GREETING_SECONDS", 0.3)
    for name, value in {"WARM_UP": 1, "ROWS": 1, "SETTLING_SECONDS": 0.3, "WINDOW_SECONDS": 1.0}.items():
        monkeypatch.setattr(relay, name, value)


def measured(monkeypatch: pytest.MonkeyPatch, *, in_a_row: int) -> dict[str, Figure]:
    monkeypatch.setattr(relay, "IN_A_ROW", in_a_row)
    return {figure.name: figure for figure in asyncio.run(relay.measure(rounds=3, levels=(CALLS,)))}


@pytest.mark.integration
def test_a_few_calls_are_measured_and_none_fails(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = measured(monkeypatch, in_a_row=1)
    for name in ("added latency", "voice begins to clear", "pause within an answer", "server CPU"):
        assert figures[f"{name}, {CALLS} calls"].samples, name
    for name in ("tasks left", "memory left", "session read from Redis", "2 sessions set up at once"):
        assert figures[name].samples, name
    failed = figures["calls or answers that failed"]
    assert failed.is_met, failed.sample
    assert "added latency, 2 calls" in table(figures.values())
    assert not Call.objects.exists()


@pytest.mark.performance
def test_the_desk_adds_little_to_an_answer(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = measured(monkeypatch, in_a_row=0)
    assert figures["added latency, 2 calls"].percentile(0.5) < 20 * GENEROUS
    assert figures["call start to greeting, 2 calls"].percentile(0.5) < 0.5 * GENEROUS
    assert figures["pause within an answer, 2 calls"].percentile(0.95) < 20 * GENEROUS


@pytest.mark.performance
@pytest.mark.proofs  # alone on the machine for half a minute
@pytest.mark.skipif(not (DATA / FILE).exists(), reason=f"the development dialogues ({FILE}) are not here")
def test_turns_are_answered_in_time_over_real_sockets_too(
    quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spoken_calls, "CALLS", 5)
    figures = {figure.name: figure for figure in asyncio.run(spoken_calls.measure(rounds=1))}
    waits = figures["end of speech to first frame, over sockets, 5 calls"]
    assert len(waits.samples) == 10
    assert waits.percentile(0.5) < 1200  # 950 on a quiet machine
    failed = figures["calls that failed, over sockets, 5 calls"]
    assert failed.is_met, failed.sample


def test_nothing_is_measured_over_sockets_without_the_data(tmp_path: Path) -> None:
    assert asyncio.run(spoken_calls.measure(rounds=1, data=tmp_path)) == []
