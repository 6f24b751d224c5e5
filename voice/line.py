"""One open media socket: the carrier's language over ASGI's receive and send."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from voice.budget import Budget
from voice.ports import Carrier, Ignored, LineCommand, LineEvent

log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
SEND_LIMIT_SECONDS = 5.0  # a half-dead socket blocks its sender forever
CLOSE_LIMIT_SECONDS = 2.0
PRIVATE_CODES = 3000  # 1008 becomes 4008 where a server may not send it
POLICY_VIOLATION = 1008

# A call has 50 frames a second and a few marks. At once there is as much as a network that stalled for
# ten seconds brings; whatever is beyond waits in the server's socket, and TCP holds its sender back.
MESSAGES_AT_ONCE = 500
MESSAGES_A_SECOND = 200
CHARACTERS_OF_A_MESSAGE = 1000  # a longer one counts as several; a frame of 20 ms has 250 to 450
POLITE_AFTER = 20  # messages in a row; then others go between
POLITE_SECONDS = 0.001  # so the ten seconds take half a one
HELD_BACK_SECONDS = 30.0  # of a call, in all; then it is no caller's


class LineClosed(Exception):
    """The socket is gone; nothing more can be said."""


class Line:
    """Reads events, writes commands. Counts what it did not understand, by reason.

    held_back counts the messages that came too fast and waited until others had had their turn.
    """

    def __init__(
        self,
        carrier: Carrier,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        self.carrier = carrier
        self.ignored: Counter[str] = Counter()
        self.held_back = 0
        self._held_back_seconds = 0.0
        self._budget = Budget(MESSAGES_AT_ONCE, MESSAGES_A_SECOND)
        self._receive = receive
        self._send = send
        self._is_open = True

    async def receive(self) -> LineEvent:
        """The next event that means something. Raises LineClosed when the socket closed.

        That is also how a line ends that floods us: closed from our side, with 1008.
        """
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                self._is_open = False
                raise LineClosed
            text = message.get("text") or message.get("bytes") or ""
            await self._take_turns(1 + len(text) // CHARACTERS_OF_A_MESSAGE)
            event = self.carrier.parse(text)
            if not isinstance(event, Ignored):
                return event
            if event.reason != "connected":  # the carrier's greeting, with nothing to do
                self.ignored[event.reason] += 1

    async def _take_turns(self, cost: int) -> None:
        """Let nobody wait because this line talks without end. An ordinary call passes at once."""
        owed_seconds = self._budget.spend(cost, asyncio.get_running_loop().time())
        if owed_seconds:
            self.held_back += 1
            self._held_back_seconds += owed_seconds
            if self._held_back_seconds > HELD_BACK_SECONDS:
                log.warning("a media socket that sent too much for too long was closed")
                await self.close(POLICY_VIOLATION)
                raise LineClosed
            await asyncio.sleep(owed_seconds)
        elif self._budget.spent > POLITE_AFTER:
            await asyncio.sleep(POLITE_SECONDS)

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
