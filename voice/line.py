"""One open media socket: the carrier's language over ASGI's receive and send."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from voice.ports import Carrier, Ignored, LineCommand, LineEvent

log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
SEND_LIMIT_SECONDS = 5.0  # a half-dead socket blocks its sender forever
CLOSE_LIMIT_SECONDS = 2.0
PRIVATE_CODES = 3000  # 1008 becomes 4008 where a server may not send it


class LineClosed(Exception):
    """The socket is gone; nothing more can be said."""


class Line:
    """Reads events, writes commands. Counts what it did not understand, by reason."""

    def __init__(
        self,
        carrier: Carrier,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        self.carrier = carrier
        self.ignored: Counter[str] = Counter()
        self._receive = receive
        self._send = send
        self._is_open = True

    async def receive(self) -> LineEvent:
        """The next event that means something. Raises LineClosed when the socket closed."""
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                self._is_open = False
                raise LineClosed
            event = self.carrier.parse(message.get("text") or message.get("bytes") or "")
            if not isinstance(event, Ignored):
                return event
            if event.reason != "connected":  # the carrier's greeting, with nothing to do
                self.ignored[event.reason] += 1

    async def send(self, command: LineCommand) -> None:
        """Write one command, where the carrier has such a message. Raises LineClosed."""
        text = self.carrier.render(command)
        if text is None:
            return
        if not self._is_open:
            raise LineClosed
        try:
            async with asyncio.timeout(SEND_LIMIT_SECONDS):
                await self._send({"type": "websocket.send", "text": text})
        except (OSError, RuntimeError, TimeoutError) as error:
            self._is_open = False
            raise LineClosed from error

    async def close(self, code: int = 1000) -> None:
        """Close from our side; after a socket that is gone already, nothing happens."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            async with asyncio.timeout(CLOSE_LIMIT_SECONDS):
                await self._close(code)
        except (OSError, RuntimeError, TimeoutError):
            log.info("the carrier had closed the socket before us")

    async def _close(self, code: int) -> None:
        try:
            await self._send({"type": "websocket.close", "code": code})
        except (OSError, RuntimeError):
            raise
        except Exception:
            # Daphne's Autobahn raises a bare Exception for codes that only a protocol may use.
            await self._send({"type": "websocket.close", "code": PRIVATE_CODES + code})
