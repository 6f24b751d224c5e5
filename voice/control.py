"""Orders about a call from the event loop: in threads of their own, so that a carrier who is slow to
answer keeps neither other calls nor their database waiting."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from voice import providers
from voice.models import Call
from voice.ports import CallControl, ProviderError

LIMIT_SECONDS = 5.0
_executor = ThreadPoolExecutor(max_workers=8, thread_name_prefix="carrier")


async def hang_up(call: Call) -> None:
    """End the call at the carrier. Raises ProviderError within LIMIT_SECONDS."""
    await _give("hang_up", call.sid)


async def redirect(call: Call, *, path: str = "", twiml: str = "") -> None:
    """End the media stream; the carrier goes on with twiml, or asks path. Raises ProviderError."""
    await _give("redirect", call.sid, path=path, twiml=twiml)


async def _give(order: str, *args: Any, **kwargs: Any) -> None:
    """A cancelled or late order may still be carried out."""

    def run() -> None:
        control: CallControl | None = providers.make_control()
        if control is None:
            raise ProviderError("No carrier's account is configured.", retryable=False)
        getattr(control, order)(*args, **kwargs)

    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            await asyncio.get_running_loop().run_in_executor(_executor, partial(run))
    except TimeoutError:
        raise ProviderError("The carrier did not answer an order in time.") from None
