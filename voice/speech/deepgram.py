"""Deepgram's sockets, and the only importer of its SDK.

Listen v1 (Nova), listen v2 (Flux) and speak v1 (Aura), all in the telephone's own mulaw. Messages
are read by messages.py, straight from the transport, and the SDK's errors leave as ProviderError. Who listens is in
nova.py and flux.py, who speaks in aura.py.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from functools import lru_cache
from typing import Any, TypeVar, cast

from deepgram import AsyncDeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from deepgram.listen.v1.socket_client import AsyncV1SocketClient as ListenSocket
from deepgram.listen.v2.socket_client import AsyncV2SocketClient as FluxListenSocket
from deepgram.speak.v1.socket_client import AsyncV1SocketClient as SpeakSocket
from deepgram.speak.v1.types import SpeakV1Text
from django.conf import settings
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from voice.ports import ProviderError
from voice.speech.messages import Heard, Spoken, aura_message, flux_message, nova_message
from voice.speech.sockets import ProviderSocket

PHONE_AUDIO: dict[str, Any] = {"encoding": "mulaw", "sample_rate": 8000}

Socket = TypeVar("Socket", ListenSocket, FluxListenSocket, SpeakSocket)


# --- the sockets --------------------------------------------------------------------------
# Every method raises ProviderError. Cancelling a send leaves the socket fit only for closing.


class NovaSocket:
    """Listen v1."""

    def __init__(self, socket: ListenSocket) -> None:
        self._socket = socket

    async def send_audio(self, mulaw: bytes) -> None:
        """mulaw must not be empty: an empty frame would end the stream."""
        with _translated("hearing"):
            await self._socket.send_media(mulaw)

    async def keep_alive(self) -> None:
        with _translated("hearing"):
            await self._socket.send_keep_alive()

    async def finish(self) -> None:
        """No more audio comes; messages() ends after the last words."""
        with _translated("hearing"):
            await self._socket.send_finalize()
            await self._socket.send_close_stream()

    async def messages(self) -> AsyncIterator[Heard]:
        with _translated("hearing"):
            async for message in _transport(self._socket):
                yield nova_message(message)


class FluxSocket:
    """Listen v2. It has no KeepAlive: send silence."""

    def __init__(self, socket: FluxListenSocket) -> None:
        self._socket = socket

    async def send_audio(self, mulaw: bytes) -> None:
        with _translated("hearing"):
            await self._socket.send_media(mulaw)

    async def finish(self) -> None:
        """No more audio comes: the turn in progress is told, and messages() ends."""
        with _translated("hearing"):
            await self._socket.send_force_end_turn()
            await self._socket.send_close_stream()

    async def messages(self) -> AsyncIterator[Heard]:
        with _translated("hearing"):
            async for message in _transport(self._socket):
                yield flux_message(message)


class AuraSocket:
    """Speak v1. Audio carries no name: it belongs to the texts flushed before, in their order."""

    def __init__(self, socket: SpeakSocket) -> None:
        self._socket = socket

    async def speak(self, text: str) -> None:
        """Add a text of at most 2000 characters; it sounds after flush()."""
        with _translated("speaking"):
            await self._socket.send_text(SpeakV1Text(text=text))

    async def flush(self) -> None:
        with _translated("speaking"):
            await self._socket.send_flush()

    async def clear(self) -> None:
        """Stop sounding. What comes until Cleared is stale."""
        with _translated("speaking"):
            await self._socket.send_clear()

    async def messages(self) -> AsyncIterator[Spoken]:
        with _translated("speaking"):
            async for message in _transport(self._socket):
                yield aura_message(message)


@asynccontextmanager
async def nova(**options: Any) -> AsyncIterator[NovaSocket]:
    """Connect within 2 s; leave the socket closed within 1 s. Raises ProviderError."""
    model = settings.DEEPGRAM_STT_MODEL
    if model.startswith("flux"):
        raise ProviderError(f"{model} speaks another protocol; use a nova model", retryable=False)
    connecting = _client().listen.v1.connect(model=model, channels=1, **PHONE_AUDIO, **options)
    async with _connected(connecting) as socket:
        yield NovaSocket(socket)


@asynccontextmanager
async def flux(**options: Any) -> AsyncIterator[FluxSocket]:
    """As nova()."""
    model = settings.DEEPGRAM_STT_MODEL
    connecting = _client().listen.v2.connect(model=model, **PHONE_AUDIO, **options)
    async with _connected(connecting) as socket:
        yield FluxSocket(socket)


@asynccontextmanager
async def aura() -> AsyncIterator[AuraSocket]:
    """As nova()."""
    connecting = _client().speak.v1.connect(model=settings.DEEPGRAM_TTS_MODEL, **PHONE_AUDIO)
    async with _connected(connecting) as socket:
        yield AuraSocket(socket)


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
    async with AsyncExitStack() as stack:
        with _translated("the connection"):
            socket = await stack.enter_async_context(connecting)
            # The SDK hands out no transport; ours connects only here, under our own limit.
            await _transport(socket).open()
        yield socket


def _transport(socket: ListenSocket | FluxListenSocket | SpeakSocket) -> ProviderSocket:
    return cast(ProviderSocket, socket._websocket)


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
