"""Speaking with Aura over two sockets: the real Deepgram SDK against its wire protocol."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

import pytest
from pytest_django import Settings

from tests.emulators.base import Fault
from tests.emulators.deepgram import Deepgram
from tests.emulators.deepgram_voice import carried_tone
from tests.voice.leaks import nothing_left_running
from voice.ports import ProviderError
from voice.speech import aura, mouth, sockets
from voice.speech.aura import DeepgramSynthesizer

pytestmark = pytest.mark.integration

LETTER_BYTES = 480
TEXT = "Good morning, how can I help you?"
HEDGE_SECONDS = 0.15


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (aura.AUDIO_SECONDS, aura.READY_SECONDS, aura.ATTEMPTS) == (2.0, 2.0, 2)
    monkeypatch.setattr(aura, "SPARE_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(aura, "HEDGE_SECONDS", HEDGE_SECONDS)
    monkeypatch.setattr(aura, "AUDIO_SECONDS", 2 * HEDGE_SECONDS)
    monkeypatch.setattr(mouth, "BACKOFF_SECONDS", 0.01)


def first_letter(text: str) -> bytes:
    """Audio that tells which text it belongs to."""
    return text[:1].encode() * 20_000


async def spoken(voice: DeepgramSynthesizer, text: str) -> bytes:
    return b"".join([piece async for piece in voice.speak(text)])


@asynccontextmanager
async def speaking(deepgram: Deepgram, sockets_open: int = 2) -> AsyncIterator[DeepgramSynthesizer]:
    """A synthesizer whose sockets are connected."""
    async with nothing_left_running(), DeepgramSynthesizer() as voice:
        await deepgram.until(lambda: deepgram.open_connections >= sockets_open)
        await until(lambda: sum(m.is_ready for m in voice._mouths) >= sockets_open)
        yield voice


async def until(condition: Callable[[], bool], within: float = 2.0) -> None:
    """Wait for something inside the client, which tells nobody."""
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.005)


# --- in good times ------------------------------------------------------------------------


async def test_each_text_is_one_flush_over_one_socket(deepgram: Deepgram) -> None:
    async with speaking(deepgram) as voice:
        first, second = await spoken(voice, "Good morning."), await spoken(voice, "See you.")

    assert (first, second) == (carried_tone("Good morning."), carried_tone("See you."))
    assert [message["text"] for message in deepgram.said("Speak")] == ["Good morning.", "See you."]
    assert len(deepgram.said("Flush")) == 2
    assert len(deepgram.requests) == 2  # one of them the spare
    assert deepgram.requests[0].query == {
        "model": "aura-2-asteria-en",
        "encoding": "mulaw",
        "sample_rate": "8000",
    }


async def test_entering_does_not_wait_and_speaking_does(deepgram: Deepgram) -> None:
    began = time.monotonic()
    async with nothing_left_running(), DeepgramSynthesizer() as voice:
        assert time.monotonic() - began < 0.05
        assert await spoken(voice, TEXT) == carried_tone(TEXT)


async def test_nothing_to_say_is_not_sent(deepgram: Deepgram) -> None:
    async with speaking(deepgram) as voice:
        assert await spoken(voice, "  ") == b""

    assert deepgram.messages == []


async def test_a_text_too_long_for_one_message_is_sent_in_several(deepgram: Deepgram) -> None:
    text = " ".join(["tomorrow"] * 300)
    async with speaking(deepgram) as voice:
        assert len(await spoken(voice, text)) >= len(text) * LETTER_BYTES

    assert len(deepgram.said("Flush")) == 1
    assert "".join(message["text"] for message in deepgram.said("Speak")).split() == text.split()


# --- interruptions ------------------------------------------------------------------------


async def test_after_an_interruption_no_stale_audio_is_heard(deepgram: Deepgram) -> None:
    deepgram.render = first_letter
    deepgram.audio_after_clear = 5
    async with speaking(deepgram) as voice:
        async with aclosing(voice.speak("A long story.")) as story:
            assert set(await anext(story)) == {ord("A")}

        assert await spoken(voice, "Brief.") == b"B" * 20_000
        assert await spoken(voice, "Clear.") == b"C" * 20_000

    assert len(deepgram.said("Clear")) == 1
    assert len(deepgram.requests) == 2


async def test_many_interruptions_cost_no_socket(deepgram: Deepgram) -> None:
    deepgram.render = first_letter
    async with speaking(deepgram) as voice:
        for _ in range(12):
            async with aclosing(voice.speak("A long story.")) as story:
                await anext(story)
        assert await spoken(voice, "Brief.") == b"B" * 20_000

    assert len(deepgram.requests) == 2


async def test_a_draft_dropped_before_its_first_sound_is_fenced(deepgram: Deepgram) -> None:
    deepgram.render = first_letter
    deepgram.first_audio_seconds = 0.05
    async with speaking(deepgram) as voice:
        draft = asyncio.create_task(spoken(voice, "A long story."))
        await deepgram.until(lambda: bool(deepgram.said("Flush")))
        draft.cancel()
        await asyncio.wait([draft])

        assert await spoken(voice, "Brief.") == b"B" * 20_000
        assert await spoken(voice, "Clear.") == b"C" * 20_000
    assert len(deepgram.requests) == 2


async def test_a_reply_left_open_is_fenced_by_the_next_one(deepgram: Deepgram) -> None:
    deepgram.render = first_letter
    async with speaking(deepgram) as voice:
        left_open = voice.speak("A long story.")
        await anext(left_open)

        assert await spoken(voice, "Brief.") == b"B" * 20_000


async def test_a_socket_that_never_says_cleared_is_replaced(
    deepgram: Deepgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mouth, "CLEARED_SECONDS", 0.0)
    deepgram.faults.append(Fault("stall", "speak", after=3, times=1))
    async with speaking(deepgram) as voice:
        async with aclosing(voice.speak(TEXT)) as story:
            await anext(story)
        assert await spoken(voice, TEXT) == carried_tone(TEXT)
        await deepgram.until(lambda: len(deepgram.requests) == 3)


# --- the flush limit ----------------------------------------------------------------------


async def test_brisk_dialogue_never_meets_the_flush_limit(deepgram: Deepgram) -> None:
    async with speaking(deepgram) as voice:
        for _ in range(65):
            assert await spoken(voice, "Yes.") == carried_tone("Yes.")

    assert len(deepgram.said("Flush")) == 65  # none in vain


async def test_a_flush_that_is_refused_all_the_same_goes_to_the_other_socket(
    deepgram: Deepgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else may have spent it, if the limit should be the account's."""
    monkeypatch.setattr(mouth, "FLUSHES", 1_000)
    async with speaking(deepgram) as voice:
        for _ in range(25):
            assert await spoken(voice, "Yes.") == carried_tone("Yes.")


# --- when it fails ------------------------------------------------------------------------


@pytest.mark.parametrize("after", [1, 3, 8], ids=["first byte", "early", "late"])
@pytest.mark.parametrize("kind", ["drop", "cut", "error", "stall"])
async def test_a_socket_lost_in_the_middle_is_not_heard(deepgram: Deepgram, kind: str, after: int) -> None:
    deepgram.faults.append(Fault(kind, "speak", after=after, times=1))  # type: ignore[arg-type]
    async with speaking(deepgram) as voice:
        assert await spoken(voice, TEXT) == carried_tone(TEXT)
        assert await spoken(voice, "Again.") == carried_tone("Again.")


async def test_a_socket_lost_between_replies_costs_no_handshake(deepgram: Deepgram) -> None:
    async with speaking(deepgram) as voice:
        await spoken(voice, "Good morning.")
        await deepgram.wires[0].strike(Fault("drop"))
        deepgram.faults.append(Fault("refuse", "speak"))
        assert await spoken(voice, TEXT) == carried_tone(TEXT)


async def test_both_sockets_come_back(deepgram: Deepgram) -> None:
    async with speaking(deepgram) as voice:
        await deepgram.strike(Fault("drop"))
        assert await spoken(voice, TEXT) == carried_tone(TEXT)
        await deepgram.until(lambda: deepgram.open_connections == 2)


@pytest.mark.parametrize("kind", ["drop", "cut", "error", "stall"])
async def test_after_two_failures_the_caller_of_speak_is_told(deepgram: Deepgram, kind: str) -> None:
    deepgram.faults.append(Fault(kind, "speak", after=3))  # type: ignore[arg-type]
    async with speaking(deepgram) as voice:
        began = time.monotonic()
        with pytest.raises(ProviderError):
            await spoken(voice, TEXT)

    assert time.monotonic() - began < 1.5
    assert len(deepgram.said("Flush")) == 2


async def test_a_voice_that_was_lost_for_a_while_speaks_again(deepgram: Deepgram) -> None:
    async with speaking(deepgram) as voice:
        deepgram.faults.append(Fault("stall", "speak"))
        await deepgram.strike(Fault("stall", after=1))
        with pytest.raises(ProviderError):
            await spoken(voice, TEXT)

        deepgram.faults.clear()
        await deepgram.strike(Fault("drop"))
        assert await spoken(voice, "Again.") == carried_tone("Again.")


async def test_a_slow_voice_is_waited_for(deepgram: Deepgram) -> None:
    deepgram.first_audio_seconds = 1.5 * HEDGE_SECONDS
    async with speaking(deepgram) as voice:
        assert await spoken(voice, TEXT) == carried_tone(TEXT)
        deepgram.first_audio_seconds = 0.0
        assert await spoken(voice, "Again.") == carried_tone("Again.")


async def test_garbage_between_the_audio_is_passed_over(
    deepgram: Deepgram, caplog: pytest.LogCaptureFixture
) -> None:
    deepgram.faults.append(Fault("garbage", "speak"))
    with caplog.at_level("INFO", logger="voice"):
        async with speaking(deepgram) as voice:
            assert await spoken(voice, TEXT) == carried_tone(TEXT)

    (line,) = [record.getMessage() for record in caplog.records]
    assert "'Weather': " in line
    assert "grey" not in caplog.text


# --- when a call begins -------------------------------------------------------------------


async def test_a_refused_voice_says_so_at_once(deepgram: Deepgram) -> None:
    deepgram.faults.append(Fault("refuse", "speak", status=401))
    began = time.monotonic()

    with pytest.raises(ProviderError, match="401") as caught:
        async with nothing_left_running(), DeepgramSynthesizer() as voice:
            await spoken(voice, TEXT)

    assert not caught.value.retryable
    assert time.monotonic() - began < 1.0
    assert len(deepgram.requests) == 2


@pytest.mark.parametrize("status", [429, 503, 0])
async def test_a_provider_that_refuses_at_first_speaks_soon(deepgram: Deepgram, status: int) -> None:
    deepgram.faults.append(Fault("refuse", "speak", status=status, times=3))
    async with nothing_left_running(), DeepgramSynthesizer() as voice:
        assert await spoken(voice, TEXT) == carried_tone(TEXT)


@pytest.mark.parametrize("kind", ["refuse", "stall"])
async def test_a_provider_that_is_away_is_given_up_in_time(
    deepgram: Deepgram, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aura, "READY_SECONDS", 0.3)
    monkeypatch.setattr(sockets, "CONNECT_SECONDS", 0.1)
    deepgram.faults.append(Fault(kind, "speak"))  # type: ignore[arg-type]
    began = time.monotonic()

    with pytest.raises(ProviderError) as caught:
        async with nothing_left_running(), DeepgramSynthesizer() as voice:
            await spoken(voice, TEXT)

    assert caught.value.retryable
    assert time.monotonic() - began < 1.0


async def test_no_server_at_all_is_a_provider_error(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aura, "READY_SECONDS", 0.3)
    async with Deepgram() as gone:
        settings.DEEPGRAM_BASE_URL, settings.DEEPGRAM_API_KEY = gone.base_url, "secret"

    with pytest.raises(ProviderError):
        async with nothing_left_running(), DeepgramSynthesizer() as voice:
            await spoken(voice, TEXT)


# --- leaving ------------------------------------------------------------------------------


async def test_leaving_in_the_middle_of_a_reply_frees_everything(deepgram: Deepgram) -> None:
    deepgram.faults.append(Fault("stall", "speak", after=3))
    async with nothing_left_running(within=0):
        async with DeepgramSynthesizer() as voice:
            reply = voice.speak(TEXT)
            await anext(reply)
            began = time.monotonic()
        assert time.monotonic() - began < 1.0


async def test_leaving_while_connecting_frees_everything(deepgram: Deepgram) -> None:
    deepgram.faults.append(Fault("stall", "speak"))
    began = time.monotonic()
    async with nothing_left_running(within=0), DeepgramSynthesizer():
        await deepgram.until(lambda: len(deepgram.requests) == 1)

    assert time.monotonic() - began < 1.0
