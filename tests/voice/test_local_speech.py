"""The built-in speech from outside: what is said comes back, noise does not, nothing is left behind."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings

from voice import audio
from voice.ports import SpeechEnded, SpeechStarted, Words
from voice.speech import local
from voice.speech.local import LocalSynthesizer, LocalTranscriber
from voice.speech.measure import (
    Arrival,
    SpokenNumber,
    digits_in,
    edits,
    final_after,
    final_words,
    listen,
    spoken_numbers,
)

RECORDINGS = Path(settings.BASE_DIR).parent / "shared" / "data"
SECOND = audio.SILENCE * audio.SAMPLE_RATE


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    local.warm_up()


@pytest.fixture(scope="module")
def numbers() -> list[SpokenNumber]:
    if not (RECORDINGS / "audio_dev.jsonl").exists():
        pytest.skip("the development recordings (shared/data/audio_dev.jsonl) are not here")
    return spoken_numbers(RECORDINGS)


async def say(text: str) -> bytes:
    async with LocalSynthesizer() as desk:
        return b"".join([piece async for piece in desk.speak(text)])


async def hear(mulaw: bytes, *, in_real_time: bool = False) -> list[Arrival]:
    return await listen(LocalTranscriber(), mulaw, in_real_time=in_real_time)


def plain(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum() or c == " ")


# --- there and back -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "sentence",
    [
        "Hi, I need an oil change for my Civic next Tuesday morning.",
        "Can I talk to a person?",
        "The second one.",
        "Yes.",
        "No.",
        "My check engine light is on.",
    ],
)
async def test_what_is_spoken_is_heard(sentence: str) -> None:
    heard = await hear(SECOND + await say(sentence) + SECOND)
    assert plain(final_words(heard)) == plain(sentence)


async def test_a_spoken_phone_number_is_heard() -> None:
    number = "My number is three one two, five five five, zero one four seven."
    heard = await hear(SECOND + await say(number) + SECOND)
    assert edits("3125550147", digits_in(final_words(heard))) <= 1


async def test_events_come_in_order_and_on_the_clock_of_the_call() -> None:
    spoken = await say("I would like to book an oil change.")
    heard = [a.event for a in await hear(2 * SECOND + spoken + SECOND)]
    started, *words, ended = [e for e in heard if not (isinstance(e, Words) and not e.is_final)]
    assert isinstance(started, SpeechStarted)
    assert isinstance(ended, SpeechEnded)
    assert [type(e) for e in words] == [Words]
    voice_ends = 2 + audio.duration_seconds(spoken)
    assert 2 <= started.at < 2.6
    assert voice_ends - 0.6 < ended.at < voice_ends + 0.1


async def test_two_sentences_apart_are_two_utterances() -> None:
    spoken = await say("Tuesday morning."), await say("No, Wednesday.")
    heard = await hear(SECOND + spoken[0] + SECOND + spoken[1] + SECOND)
    kinds = [type(a.event) for a in heard if not isinstance(a.event, Words) or a.event.is_final]
    assert kinds == 2 * [SpeechStarted, Words, SpeechEnded]


async def test_speech_of_half_a_minute_is_heard_in_segments() -> None:
    story = (
        "Hello, my name is Robert and I drive a Toyota Camry. It has been making a loud noise in the morning. "
        "The check engine light came on last Thursday. I also think that it needs an oil change. "
        "My wife says that the brakes are soft, and she is usually right. We are leaving for Boston on Friday. "
        "So I would like to bring it in before that. Tuesday would be best, but Wednesday is fine. "
        "Please tell me what it will cost. I will wait for it if that takes less than an hour."
    )
    without_pauses = (await say(story)).replace(audio.SILENCE * 80, b"")
    heard = await hear(SECOND + without_pauses + SECOND)
    finals = [a.event for a in heard if isinstance(a.event, Words) and a.event.is_final]
    assert len(finals) > 1
    assert all(words.ends_at - words.starts_at < 25 for words in finals)
    words = plain(final_words(heard)).split()
    assert edits(plain(story).split(), words) <= 0.15 * len(plain(story).split())


# --- recordings of people -----------------------------------------------------------------


async def test_digit_error_on_recorded_numbers_is_at_most_one_in_ten(numbers: list[SpokenNumber]) -> None:
    heard = [await hear(number.mulaw) for number in numbers]
    wrong = sum(edits(n.digits, digits_in(final_words(h))) for n, h in zip(numbers, heard, strict=True))
    assert wrong / sum(len(number.digits) for number in numbers) <= 0.10


@pytest.mark.performance
async def test_final_text_comes_soon_after_the_voice_stops(numbers: list[SpokenNumber]) -> None:
    for number in numbers[:2]:
        assert await _shortest_wait(number) <= 0.9


async def _shortest_wait(number: SpokenNumber) -> float:
    """The first wait within the bar, else the best of three: other work may share the processor."""
    waits: list[float] = []
    while len(waits) < 3 and min(waits, default=1.0) > 0.9:
        heard = await hear(number.mulaw, in_real_time=True)
        waits.append(final_after(heard) - number.speech_ends_at)
    return min(waits)


# --- nothing where nothing was said -------------------------------------------------------


def _noise(kind: str) -> audio.Samples:
    at = np.arange(10 * audio.SAMPLE_RATE)
    chance = np.random.default_rng(7)
    sounds = {
        "silence": np.zeros(len(at)),
        "white noise": chance.normal(0, 0.05, len(at)),
        "hum": 0.2 * np.sin(2 * np.pi * 60 * at / audio.SAMPLE_RATE),
        "clicks": 0.8 * (at % 2400 < 6),
        "hum and clicks": 0.1 * np.sin(2 * np.pi * 60 * at / audio.SAMPLE_RATE) + 0.8 * (at % 3100 < 6),
        "bursts of noise": chance.normal(0, 0.1, len(at)) * (at % 8000 < 3000),
        "ringing": 0.3 * np.sin(2 * np.pi * 440 * at / audio.SAMPLE_RATE) * (at % 24000 < 16000),
    }
    return sounds[kind].astype(np.float32)


@pytest.mark.parametrize(
    "kind", ["silence", "white noise", "hum", "clicks", "hum and clicks", "bursts of noise", "ringing"]
)
async def test_no_words_are_invented_from(kind: str) -> None:
    assert [a.event for a in await hear(audio.encode(_noise(kind)))] == []


async def test_sounds_that_are_no_words_end_all_the_same() -> None:
    backwards = audio.decode(await say("Mm."))[::-1]
    heard = [a.event for a in await hear(SECOND + audio.encode(backwards) + SECOND)]
    assert sum(isinstance(e, SpeechStarted) for e in heard) == sum(isinstance(e, SpeechEnded) for e in heard)


# --- many calls, and calls that break off -------------------------------------------------


async def test_two_callers_are_heard_apart() -> None:
    oil, person = await say("I need an oil change."), await say("Can I talk to a person?")
    heard = await asyncio.gather(hear(SECOND + oil + SECOND), hear(SECOND + person + SECOND))
    assert [plain(final_words(h)) for h in heard] == ["i need an oil change", "can i talk to a person"]


async def test_ten_callers_queue_and_one_line_says_so(caplog: pytest.LogCaptureFixture) -> None:
    spoken = await say("I need an oil change.")
    with caplog.at_level(logging.WARNING, logger="voice.speech.local"):
        heard = await asyncio.gather(*[hear_patiently(SECOND + spoken + SECOND) for _ in range(10)])
    assert heard == ["i need an oil change"] * 10
    assert len(caplog.records) == 1
    assert "oil" not in caplog.text


async def hear_patiently(mulaw: bytes) -> str:
    """Stay on the line until the words are there."""
    async with LocalTranscriber() as transcriber:
        await transcriber.send(mulaw)
        async for event in transcriber.events():
            if isinstance(event, Words) and event.is_final:
                return plain(event.text)
    return ""


@pytest.mark.performance
async def test_hanging_up_mid_sentence_delivers_the_last_words_at_once() -> None:
    spoken = await say("Hi, I need an oil change for my Civic next Tuesday morning.")
    loop = asyncio.get_running_loop()
    async with LocalTranscriber() as transcriber:
        await transcriber.send(SECOND + spoken[: len(spoken) // 2])
        hung_up = loop.time()
        await transcriber.finish()
        heard = [event async for event in transcriber.events()]
        assert loop.time() - hung_up <= 0.8
    assert isinstance(heard[-1], SpeechEnded)
    assert "oil change" in plain(" ".join(e.text for e in heard if isinstance(e, Words)))


async def test_finishing_in_silence_ends_the_events() -> None:
    async with LocalTranscriber() as transcriber:
        await transcriber.send(SECOND)
        await transcriber.finish()
        assert [event async for event in transcriber.events()] == []


async def test_leaving_in_the_middle_of_a_decode_leaves_no_task() -> None:
    spoken = await say("I need an oil change.")
    loop = asyncio.get_running_loop()
    async with LocalTranscriber() as transcriber:
        await transcriber.send(SECOND + spoken + SECOND)
        left = loop.time()
    assert loop.time() - left < 1
    assert asyncio.all_tasks() == {asyncio.current_task()}


# --- the desk's voice ---------------------------------------------------------------------


async def test_the_same_text_sounds_the_same_and_fits_the_line() -> None:
    first = await say("Thanks for calling. How can I help?")
    again = await say("Thanks for calling. How can I help?")
    assert first == again
    assert float(np.abs(audio.decode(first)).max()) <= 0.75
    assert -35 < audio.level_db(first) < -15


async def test_speech_comes_sentence_by_sentence() -> None:
    async with LocalSynthesizer() as desk:
        pieces = [piece async for piece in desk.speak("One moment please. I am looking. Here it is.")]
    assert len(pieces) == 3


async def test_interrupting_leaves_the_voice_ready_for_the_next_sentence() -> None:
    async with LocalSynthesizer() as desk:
        speech: AsyncIterator[bytes] = desk.speak("First this. Then that. And then something else entirely.")
        assert await anext(speech)
        await speech.aclose()  # type: ignore[attr-defined]
        assert b"".join([piece async for piece in desk.speak("Go ahead.")]) == await say("Go ahead.")
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("text", ["", "   ", "...", "🙂", "Žižek, naïve – 3½ % of #42!", "a" * 3000])
async def test_odd_text_is_spoken_or_passed_over(text: str) -> None:
    assert isinstance(await say(text), bytes)


# --- what is not installed ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "package", "role"),
    [
        ("faster_whisper", "faster-whisper", "LocalTranscriber"),
        ("hibari", "hibari-tts", "LocalSynthesizer"),
        ("soxr", "soxr", "LocalTranscriber"),
        ("numpy", "soxr", "LocalSynthesizer"),
    ],
)
def test_a_missing_package_is_named(module: str, package: str, role: str) -> None:
    program = f"""
import asyncio, sys
sys.modules[{module!r}] = None
from django.conf import settings
settings.configure(LOCAL_STT_MODEL="")
from voice.ports import MissingPackage
from voice.speech.local import {role}
try:
    asyncio.run({role}().__aenter__())
except MissingPackage as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert f"The package {package} is not installed" in done.stdout, done.stderr
