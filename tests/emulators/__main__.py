"""The cloud of `make run CLOUD=emulated`: listens where the settings say that the providers are."""

import asyncio
import json
import os
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

WEBHOOKS = "/api/v1/webhooks"


async def serve() -> None:
    from django.conf import settings

    from tests.emulators.cloud import UnderstandingDeepgram, UnderstandingOpenAI
    from tests.emulators.google import Google
    from tests.emulators.window import WindowedTwilio
    from voice.speech.local import warm_up

    stop = asyncio.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(wanted, stop.set)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(UnderstandingDeepgram(port=port_of(settings.DEEPGRAM_BASE_URL)))
        await stack.enter_async_context(UnderstandingOpenAI(port=port_of(settings.OPENAI_BASE_URL)))
        google = await stack.enter_async_context(Google(port=port_of(settings.GOOGLE_TOKEN_URI)))
        google.calendar("primary")
        write_account(Path(settings.GOOGLE_SERVICE_ACCOUNT_FILE), settings.GOOGLE_TOKEN_URI)
        twilio = await stack.enter_async_context(
            WindowedTwilio(
                port=port_of(settings.TWILIO_API_BASE_URL),
                token=settings.TWILIO_AUTH_TOKEN,
                account_sid=settings.TWILIO_ACCOUNT_SID,
                google=google,
            )
        )
        for number in await asyncio.to_thread(own_numbers):
            twilio.serve(
                number,
                voice_url=f"{settings.PUBLIC_BASE_URL}{WEBHOOKS}/inbound-call",
                fallback_url=f"{settings.PUBLIC_BASE_URL}{WEBHOOKS}/fallback",
                status_callback=f"{settings.PUBLIC_BASE_URL}{WEBHOOKS}/call-status",
                sms_url=f"{settings.PUBLIC_BASE_URL}{WEBHOOKS}/sms",
            )
        print(f"Calls, texts and events of the emulated cloud: {twilio.base_url}/", flush=True)
        await asyncio.to_thread(warm_up)
        await stop.wait()


def own_numbers() -> list[str]:
    from crm.models import RooftopNumber

    return list(RooftopNumber.objects.order_by("pk").values_list("number", flat=True))


def write_account(path: Path, token_uri: str) -> None:
    """The key of an account that every emulated calendar is shared with."""
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "client_email": "desk@emulated.example",
        "private_key": key.decode(),
        "token_uri": token_uri,
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(account))


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None, f"{url} names no port"
    return port


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dealership.settings")
    django.setup()
    asyncio.run(serve())
