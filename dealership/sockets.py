"""uvicorn's sockets, with an end to what they read without being asked.

While a message waits to be taken uvicorn reads no further, and voice/line.py takes them at a bearable rate.
Two things it reads regardless: frames that are no message by themselves (pings, pongs, pieces), and whatever
comes after our close, for ten seconds. More of either than any carrier sends cuts the connection.
"""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from voice.budget import Budget

FRAMES_AT_ONCE, FRAMES_A_SECOND = 500, 50  # pings and such
LATE_BYTES = 128 * 1024  # five seconds of frames, on their way when we closed
SLICE = 16 * 1024  # bytes looked at in one go, of which asyncio reads up to 256 KiB


class MediaSocket(WebSocketsSansIOProtocol):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._budget = Budget(FRAMES_AT_ONCE, FRAMES_A_SECOND)
        self._late_bytes = 0

    def data_received(self, data: bytes) -> None:
        if self.close_sent:
            self._late_bytes += len(data)
            if self._late_bytes > LATE_BYTES:
                self.transport.abort()
        for at in range(0, len(data), SLICE):
            if self.transport.is_closing():
                return
            super().data_received(data[at : at + SLICE] if len(data) > SLICE else data)

    def handle_ping(self) -> None:
        if self._has_budget():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        if self._has_budget():
            super().handle_pong(event)

    def handle_cont(self, event: Frame) -> None:
        if self._has_budget():
            super().handle_cont(event)

    def _has_budget(self) -> bool:
        if self._budget.spend(1, self.loop.time()):
            self.transport.abort()
        return not self.transport.is_closing()
