"""The desk with cloud settings, served in this process, and emulated Twilio, Deepgram and OpenAI.

    async with exchange(settings, script=Dialogue(…)) as line:
        call = await line.ring(MARIA)
        stream = await call.streaming()
        await stream.say("I need an oil change.")
        await stream.hears("which day")

Everything between the caller's mouth and ear is the product and real sockets.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass

import uvicorn
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from pytest_django import Settings

from dealership.serve import SOCKETS
from tests.emulators.deepgram import Deepgram
from tests.emulators.deepgram_voice import BYTES_PER_CHARACTER, quiet_tone
from tests.emulators.openai import OpenAI
from tests.emulators.openai_script import Script
from tests.emulators.speech import carry, utter
from tests.emulators.twilio import Twilio
from tests.emulators.twilio_call import Call
from tests.talking import OTTO_NUMBER
from voice.replies import openai as openai_replies
from voice.routing import websocket_urlpatterns

WEBHOOKS = "/api/v1/webhooks"
HURRY_MS = 60  # a word


def brisk_voice(text: str) -> bytes:
    """Six times as fast as people speak: nobody here needs to understand it by ear."""
    return carry(quiet_tone(text)[: len(text) * BYTES_PER_CHARACTER // 6], text.split())


def brisk(text: str) -> bytes:
    """A caller in a hurry."""
    return utter(text, word_ms=HURRY_MS)


@dataclass(slots=True)
class Exchange:
    url: str
    twilio: Twilio
    deepgram: Deepgram
    openai: OpenAI

    async def ring(self, number: str) -> Call:
        return await self.twilio.ring(number, OTTO_NUMBER)


@asynccontextmanager
async def exchange(settings: Settings, *, script: Script | None = None) -> AsyncIterator[Exchange]:
    """Everything up; settings point at it for as long as it is."""
    async with AsyncExitStack() as stack:
        deepgram = await stack.enter_async_context(Deepgram(key="dg", render=brisk_voice))
        openai = await stack.enter_async_context(OpenAI(key="oa", script=script))
        twilio = await stack.enter_async_context(Twilio(token=settings.TWILIO_AUTH_TOKEN))
        settings.DEEPGRAM_API_KEY, settings.DEEPGRAM_BASE_URL = "dg", deepgram.base_url
        settings.TRANSCRIBER = "voice.speech.nova.DeepgramTranscriber"
        settings.SYNTHESIZER = "voice.speech.aura.DeepgramSynthesizer"
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "oa", openai.api_url
        settings.REPLY_MODEL = "voice.replies.openai.OpenAIReplies"
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_API_BASE_URL = twilio.account_sid, twilio.base_url
        stack.push_async_callback(openai_replies.close_client)
        settings.PUBLIC_BASE_URL = url = await stack.enter_async_context(served())
        twilio.serve(
            OTTO_NUMBER,
            voice_url=f"{url}{WEBHOOKS}/inbound-call",
            fallback_url=f"{url}{WEBHOOKS}/fallback",
            status_callback=f"{url}{WEBHOOKS}/call-status",
        )
        yield Exchange(url, twilio, deepgram, openai)
        for call in list(twilio.calls.values()):
            await call.end("completed")


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The signals belong to pytest."""
        yield


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    """The application on uvicorn in this event loop, as in production."""
    # Not dealership.asgi, which loads the local models as soon as it is imported.
    application = ProtocolTypeRouter(
        {"http": get_asgi_application(), "websocket": URLRouter(websocket_urlpatterns)}
    )
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            application,
            **SOCKETS,  # type: ignore[arg-type]
            log_level="warning",
            lifespan="off",
            timeout_graceful_shutdown=3,
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            while not server.started:
                await asyncio.sleep(0.01)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
