"""The real Deepgram SDK, pointed at the emulator."""

from typing import Any

from deepgram import AsyncDeepgramClient
from deepgram.environment import DeepgramClientEnvironment
from deepgram.speak.v1.types import SpeakV1Text

from tests.emulators.deepgram import Deepgram

PHONE: dict[str, Any] = {
    "model": "nova-3",
    "encoding": "mulaw",
    "sample_rate": 8000,
    "channels": 1,
    "interim_results": True,
    "endpointing": 300,
    "utterance_end_ms": 1000,
    "vad_events": True,
}
FLUX: dict[str, Any] = {"model": "flux-general-en", "encoding": "mulaw", "sample_rate": 8000}
VOICE: dict[str, Any] = {"model": "aura-2-asteria-en", "encoding": "mulaw", "sample_rate": 8000}


def client(deepgram: Deepgram, key: str = "secret") -> Any:
    sockets = "ws" + deepgram.base_url.removeprefix("http")
    environment = DeepgramClientEnvironment(
        base=deepgram.base_url, production=sockets, agent=sockets, agent_rest=deepgram.base_url
    )
    return AsyncDeepgramClient(api_key=key, environment=environment)


def nova(deepgram: Deepgram, **options: Any) -> Any:
    return client(deepgram).listen.v1.connect(**(PHONE | options))


def flux(deepgram: Deepgram, **options: Any) -> Any:
    return client(deepgram).listen.v2.connect(**(FLUX | options))


def mouth(deepgram: Deepgram, **options: Any) -> Any:
    return client(deepgram).speak.v1.connect(**(VOICE | options))


async def until_closed(socket: Any) -> list[Any]:
    """All messages up to a normal end."""
    return [message async for message in socket]


async def spoken(socket: Any, *texts: str) -> tuple[bytes, Any]:
    """The audio of one flush and what ended it."""
    for text in texts:
        await socket.send_text(SpeakV1Text(text=text))
    await socket.send_flush()
    audio = b""
    while isinstance(message := await socket.recv(), bytes):
        audio += message
    return audio, message
