"""The server half of media_socket.py: takes media messages two ways and tells what they cost it.

Both ways parse every message as a call does and then drop it.
"""

import json
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from voice.carriers.media_streams import MediaStreams
from voice.line import Line, LineClosed, Message
from voice.ports import Media

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dealership.settings")

Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_taken = 0  # media messages so far


def _take(event: object) -> None:
    global _taken
    _taken += isinstance(event, Media)


async def own_loop(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """As voice.consumers.media_stream reads."""
    await receive()
    await send({"type": "websocket.accept"})
    line = Line(MediaStreams(), receive, send)
    try:
        while True:
            _take(await line.receive())
    except LineClosed:
        return


class GenericConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """As Channels' documentation writes it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.carrier = MediaStreams()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        _take(self.carrier.parse(text_data or bytes_data or ""))


async def clock(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer any message with this process's CPU seconds, all threads, and the messages taken."""
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] == "websocket.receive":
        reading = {"cpu_seconds": time.process_time(), "taken": _taken}
        await send({"type": "websocket.send", "text": json.dumps(reading)})


_generic = GenericConsumer.as_asgi()


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] != "websocket":
        raise NotImplementedError(scope["type"])  # as uvicorn's lifespan expects
    way = {"/own": own_loop, "/generic": _generic, "/clock": clock}[scope["path"]]
    await way(scope, receive, send)
