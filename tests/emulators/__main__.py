"""The cloud of `make run CLOUD=emulated`: listens where the settings say that the providers are."""

import asyncio
import os
import signal
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import django


async def serve() -> None:
    from django.conf import settings

    from tests.emulators.cloud import UnderstandingDeepgram, UnderstandingOpenAI
    from tests.emulators.twilio import Twilio
    from voice.speech.local import warm_up

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(UnderstandingDeepgram(port=port_of(settings.DEEPGRAM_BASE_URL)))
        await stack.enter_async_context(UnderstandingOpenAI(port=port_of(settings.OPENAI_BASE_URL)))
        await stack.enter_async_context(
            Twilio(
                port=port_of(settings.TWILIO_API_BASE_URL),
                token=settings.TWILIO_AUTH_TOKEN,
                account_sid=settings.TWILIO_ACCOUNT_SID,
            )
        )
        await asyncio.to_thread(warm_up)
        await stop.wait()


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None, f"{url} names no port"
    return port


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dealership.settings")
    django.setup()
    asyncio.run(serve())
