"""Deepgram hears (listen v1) and speaks (speak v1), in the telephone's own mulaw.

The only importer of the Deepgram SDK. Its errors leave as ProviderError. Messages are told apart
by their `type` alone: the SDK gives unknown ones a wrong class or None.
"""

import asyncio
import logging
import textwrap
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from functools import lru_cache
from typing import Any, TypeVar, cast

from deepgram import AsyncDeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from deepgram.listen.v1.socket_client import AsyncV1SocketClient as ListenSocket
from deepgram.speak.v1.socket_client import AsyncV1SocketClient as SpeakSocket
from deepgram.speak.v1.types import SpeakV1Text
from django.conf import settings
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from voice.ports import HearingEvent, ProviderError
from voice.speech.sockets import ProviderSocket
from voice.speech.utterances import Utterances, Word

log = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 4.0
LAST_WORDS_SECONDS = 0.8
AUDIO_SECONDS = 2.0  # until the first byte of a reply, and between two pieces of it
CLEAR_SECONDS = 0.3
MAX_WAITING_PIECES = 500  # 10 s of 20 ms frames
MAX_TEXT = 1900  # of 2000 characters in one message
FLUSHES, FLUSH_WINDOW_SECONDS = 20, 60.0  # the provider's limit; above it nothing is spoken

LISTEN_OPTIONS: dict[str, Any] = {
    "encoding": "mulaw",
    "sample_rate": 8000,
    "channels": 1,
    "interim_results": True,
    "endpointing": 300,
    "utterance_end_ms": 1000,
    "vad_events": True,
    "smart_format": True,
}

Socket = TypeVar("Socket", ListenSocket, SpeakSocket)


class DeepgramTranscriber:
    """Transcriber over one listen socket. Audio is sent by a task; when it falls 10 s behind,
    the oldest is dropped."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._audio: deque[bytes] = deque(maxlen=MAX_WAITING_PIECES)
        self._has_work = asyncio.Event()
        self._is_finishing = False
        self._heard: asyncio.Queue[HearingEvent | ProviderError | None] = asyncio.Queue()

    async def __aenter__(self) -> "DeepgramTranscriber":
        model = settings.DEEPGRAM_STT_MODEL
        if model.startswith("flux"):
            raise ProviderError(f"{model} speaks another protocol; use a nova model", retryable=False)
        connecting = _client().listen.v1.connect(model=model, **LISTEN_OPTIONS)
        socket = await self._stack.enter_async_context(_connected(connecting))
        jobs = (self._read(socket), self._write(socket), _keep_alive(socket))
        self._tasks = [asyncio.create_task(job) for job in jobs]
        return self

    async def __aexit__(self, *exc: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    async def send(self, mulaw: bytes) -> None:
        if mulaw:  # an empty frame would end the provider's stream
            self._audio.append(mulaw)
            self._has_work.set()

    async def finish(self) -> None:
        if self._is_finishing:
            return
        self._is_finishing = True
        self._has_work.set()
        reader = self._tasks[0]
        asyncio.get_running_loop().call_later(LAST_WORDS_SECONDS, reader.cancel)

    async def events(self) -> AsyncIterator[HearingEvent]:
        while (event := await self._heard.get()) is not None:
            if isinstance(event, ProviderError):
                raise event
            yield event

    async def _read(self, socket: ListenSocket) -> None:
        utterances = Utterances()
        loss = ProviderError("Deepgram ended the hearing")
        try:
            with _translated("hearing"):
                async for message in socket:
                    self._deliver(_heard_in(message, utterances))
        except ProviderError as error:
            loss = error
        finally:
            # After finish() the caller's last words count, however the stream came to its end.
            if self._is_finishing:
                self._deliver(utterances.close())
            self._heard.put_nowait(None if self._is_finishing else loss)

    def _deliver(self, events: list[HearingEvent]) -> None:
        for event in events:
            self._heard.put_nowait(event)

    async def _write(self, socket: ListenSocket) -> None:
        # The reader reports a lost socket; here there is nothing left to do.
        with suppress(ProviderError), _translated("hearing"):
            while not self._is_finishing or self._audio:
                await self._has_work.wait()
                self._has_work.clear()
                if waiting := b"".join(self._audio):
                    self._audio.clear()
                    await socket.send_media(waiting)
            await socket.send_finalize()
            await socket.send_close_stream()


class DeepgramSynthesizer:
    """Synthesizer over one speak socket, kept open over the call and opened again when lost.

    Audio carries no name, so a reply that was given up is fenced: after Clear everything is
    dropped until the provider's Cleared.
    """

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._socket: SpeakSocket | None = None
        self._reader: asyncio.Task[None] | None = None
        self._pieces: asyncio.Queue[bytes | ProviderError | None] | None = None  # of the reply in progress
        self._open_clears = 0
        self._flushed_at: deque[float] = deque(maxlen=FLUSHES)

    async def __aenter__(self) -> "DeepgramSynthesizer":
        await self._connect()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._disconnect()

    async def speak(self, text: str) -> AsyncGenerator[bytes, None]:
        if not text.strip():
            return
        if self._pieces is not None:  # the last iterator was left open
            await self._give_up()
        if not self._may_flush():
            await self._connect()
        pieces = self._pieces = asyncio.Queue()
        try:
            await self._request(text)
            while (piece := await self._next(pieces)) is not None:
                yield piece
            self._pieces = None
        finally:
            if self._pieces is pieces:
                await self._give_up()

    def _may_flush(self) -> bool:
        if self._reader is None or self._reader.done():
            return False
        spent = len(self._flushed_at) == FLUSHES
        return not spent or time.monotonic() - self._flushed_at[0] > FLUSH_WINDOW_SECONDS

    def _open_socket(self) -> SpeakSocket:
        if self._socket is None:
            raise ProviderError("Deepgram is not connected")
        return self._socket

    async def _request(self, text: str) -> None:
        with _translated("speaking"):
            socket = self._open_socket()
            for part in textwrap.wrap(text, MAX_TEXT):
                await socket.send_text(SpeakV1Text(text=part))
            await socket.send_flush()
        self._flushed_at.append(time.monotonic())

    async def _next(self, pieces: asyncio.Queue[bytes | ProviderError | None]) -> bytes | None:
        try:
            async with asyncio.timeout(AUDIO_SECONDS):
                piece = await pieces.get()
        except TimeoutError as error:
            await self._disconnect()
            raise ProviderError(f"Deepgram sent no audio for {AUDIO_SECONDS:.0f} s") from error
        if isinstance(piece, ProviderError):
            await self._disconnect()
            raise piece
        return piece

    async def _give_up(self) -> None:
        self._pieces = None
        self._open_clears += 1
        try:
            async with asyncio.timeout(CLEAR_SECONDS):
                with _translated("speaking"):
                    await self._open_socket().send_clear()
        except (TimeoutError, ProviderError):
            await self._disconnect()

    async def _connect(self) -> None:
        await self._disconnect()
        options: dict[str, Any] = {"encoding": "mulaw", "sample_rate": 8000}
        connecting = _client().speak.v1.connect(model=settings.DEEPGRAM_TTS_MODEL, **options)
        self._socket = socket = await self._stack.enter_async_context(_connected(connecting))
        self._reader = asyncio.create_task(self._read(socket))

    async def _disconnect(self) -> None:
        reader, self._reader, self._socket, self._pieces = self._reader, None, None, None
        self._open_clears = 0
        self._flushed_at.clear()
        if reader is not None:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
        await self._stack.aclose()

    async def _read(self, socket: SpeakSocket) -> None:
        # Reads between replies too, so that stale audio never stops the socket's pings.
        loss = ProviderError("Deepgram ended the speaking")
        try:
            with _translated("speaking"):
                async for message in socket:
                    self._take(message)
        except ProviderError as error:
            loss = error
        finally:
            self._put(loss)

    def _take(self, message: Any) -> None:
        kind = getattr(message, "type", None)
        if kind == "Cleared":
            self._open_clears = max(0, self._open_clears - 1)
        elif kind == "Warning":
            log.warning("deepgram speak warning code=%s", getattr(message, "code", None))
        elif self._open_clears:
            return
        elif isinstance(message, bytes):
            self._put(message)
        elif kind == "Flushed":
            self._put(None)
        elif kind == "Error":
            self._put(ProviderError(f"Deepgram speak error {getattr(message, 'code', None)}"))

    def _put(self, piece: bytes | ProviderError | None) -> None:
        if self._pieces is not None:
            self._pieces.put_nowait(piece)


async def _keep_alive(socket: ListenSocket) -> None:
    with suppress(ProviderError), _translated("hearing"):
        while True:
            await asyncio.sleep(KEEP_ALIVE_SECONDS)
            await socket.send_keep_alive()


def _heard_in(message: Any, utterances: Utterances) -> list[HearingEvent]:
    match getattr(message, "type", None):
        case "SpeechStarted":
            return utterances.onset(_seconds(message, "timestamp"))
        case "Results":
            ends_at = _seconds(message, "start") + _seconds(message, "duration")
            return utterances.segment(
                _words(message),
                is_final=bool(message.is_final),
                is_end=bool(message.speech_final),
                ends_at=ends_at,
            )
        case "UtteranceEnd":
            return utterances.fallback_end(_seconds(message, "last_word_end"))
        case "Error":
            raise ProviderError(f"Deepgram listen error {getattr(message, 'variant', None)}")
    return []


def _words(message: Any) -> list[Word]:
    alternatives = getattr(getattr(message, "channel", None), "alternatives", None) or []
    text = (getattr(alternatives[0], "transcript", None) or "").strip() if alternatives else ""
    if not text:
        return []
    words = [
        Word(
            getattr(word, "punctuated_word", None) or getattr(word, "word", None) or "",
            _seconds(word, "start"),
            _seconds(word, "end"),
        )
        for word in getattr(alternatives[0], "words", None) or []
    ]
    if words:
        return words
    starts_at = _seconds(message, "start")
    return [Word(text, starts_at, starts_at + _seconds(message, "duration"))]


def _seconds(message: Any, name: str) -> float:
    value = getattr(message, name, None)
    return float(value) if isinstance(value, int | float) else 0.0


def _client() -> AsyncDeepgramClient:
    return _client_for(settings.DEEPGRAM_API_KEY, settings.DEEPGRAM_BASE_URL.rstrip("/"))


@lru_cache(maxsize=4)
def _client_for(api_key: str, base_url: str) -> AsyncDeepgramClient:
    # One for the process: each builds a TLS context, which takes longer than a frame of audio.
    sockets = "ws" + base_url.removeprefix("http")
    environment = DeepgramClientEnvironment(
        base=base_url, production=sockets, agent=sockets, agent_rest=base_url
    )
    return AsyncDeepgramClient(api_key=api_key, environment=environment, transport_factory=ProviderSocket)


@asynccontextmanager
async def _connected(connecting: AbstractAsyncContextManager[Socket]) -> AsyncIterator[Socket]:
    """Open the SDK's socket; leave it closed within 1 s. Raises ProviderError."""
    with _translated("the connection"):
        async with connecting as socket:
            # The SDK hands out no transport; ours connects only here, under our own limit.
            await cast(ProviderSocket, socket._websocket).open()
            yield socket


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except InvalidStatus as error:
        raise _refusal(what, error.response.status_code) from error
    except ApiError as error:
        raise _refusal(what, error.status_code or 0) from error
    except ConnectionClosed as error:
        code = error.rcvd.code if error.rcvd else 1006
        raise ProviderError(f"Deepgram closed {what}: {code}", retryable=code != 1008) from error
    except (WebSocketException, OSError, TimeoutError) as error:
        raise ProviderError(f"Deepgram failed {what}: {type(error).__name__}") from error


def _refusal(what: str, status: int) -> ProviderError:
    is_temporary = status in (408, 425, 429) or status >= 500
    return ProviderError(f"Deepgram refused {what}: {status}", retryable=is_temporary)
