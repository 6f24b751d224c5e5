"""Words of a running call for whoever watches it, through Redis: fire and forget.

A call hands its words over and goes on. What Redis does not take within PUBLISH_SECONDS is lost to the
watchers and to nobody else; the transcript has it.
"""

import asyncio
import logging
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Any

from channels.layers import get_channel_layer

from voice.conversation.redaction import mask
from voice.models import Call
from voice.ports import Caption, LineCommand, Notice

log = logging.getLogger(__name__)

WAITING_AT_MOST = 50  # captions of one call; the oldest make room
PUBLISH_SECONDS = 1.0
PAUSE_SECONDS = 5.0  # without Redis
GATHER_SECONDS = 0.15  # between two messages about one call

NEWS = "live.news"


def group_of(rooftop_id: int) -> str:
    """Where the words of a store's calls are told."""
    return f"live.{rooftop_id}"


class Captions:
    """Use: `async with Captions(call) as captions`, then tell() from the event loop at any time.

    Leaving takes twice PUBLISH_SECONDS at most.
    """

    def __init__(self, call: Call) -> None:
        self._call_id = call.pk
        self._rooftop_id = call.rooftop_id
        self._waiting: deque[dict[str, Any]] = deque(maxlen=WAITING_AT_MOST)
        self._has_news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_over = False

    async def __aenter__(self) -> "Captions":
        self._task = asyncio.create_task(self._publish_all(), name="captions")
        self._put({"kind": "began"})
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over = True
        if self._task:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=PUBLISH_SECONDS)
        self._put({"kind": "ended"})
        with suppress(Exception):
            await self._publish()

    def tell(self, command: LineCommand) -> None:
        """Take a caption, or leave it; returns at once and never raises."""
        match command:
            case Caption():
                self._say(command)
            case Notice():
                self._put({"kind": command.kind})

    def _say(self, caption: Caption) -> None:
        """An interim caption is replaced by what follows it."""
        if self._waiting and self._waiting[-1].get("is_interim") == caption.speaker == "caller":
            self._waiting.pop()
        self._put(
            {
                "kind": "said",
                "speaker": caption.speaker,
                "text": mask(caption.text, is_final=caption.is_final),
                "is_interim": "" if caption.is_final else caption.speaker,
            }
        )

    def _put(self, news: dict[str, Any]) -> None:
        self._waiting.append(news)
        self._has_news.set()

    async def _publish_all(self) -> None:
        while not self._is_over:  # a cancellation may be lost in Redis's client
            await self._has_news.wait()
            try:
                await self._publish()
                await asyncio.sleep(GATHER_SECONDS)
            except Exception as error:  # whatever Redis and its client raise
                log.info("call %s: captions wait: %s", self._call_id, type(error).__name__)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _publish(self) -> None:
        """Tell everything that waits, in one message. Raises what Redis and its client raise."""
        news = list(self._waiting)
        self._waiting.clear()
        self._has_news.clear()
        message = {"type": NEWS, "rooftop": self._rooftop_id, "call": self._call_id, "news": news}
        async with asyncio.timeout(PUBLISH_SECONDS):
            await get_channel_layer().group_send(group_of(self._rooftop_id), message)
