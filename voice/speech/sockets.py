"""The socket to a speech provider: it opens quickly or fails, and closes quickly whatever happens.

The Deepgram SDK opens its own connection with fixed limits of ten seconds and offers compression
that costs time on every frame. It accepts another transport instead; this is ours.
"""

from collections.abc import AsyncIterator

from websockets.asyncio.client import ClientConnection, connect

CONNECT_SECONDS = 2.0
CLOSE_SECONDS = 0.3
PING_SECONDS = 5.0


class ProviderSocket:
    """A WebSocket client that is made with an address and connected later, by open()."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._url = url
        self._headers = headers
        self._connection: ClientConnection | None = None

    async def open(self) -> None:
        """Connect within CONNECT_SECONDS. Raises OSError, TimeoutError or WebSocketException."""
        self._connection = await connect(
            self._url,
            additional_headers=self._headers,
            user_agent_header=None,  # the SDK sends its own
            compression=None,
            open_timeout=CONNECT_SECONDS,
            close_timeout=CLOSE_SECONDS,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
        )

    async def send(self, data: str | bytes) -> None:
        await self._opened().send(data)

    async def recv(self) -> str | bytes:
        return await self._opened().recv()

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        async for message in self._opened():
            yield message

    async def close(self) -> None:
        """Say goodbye if the other side listens; gone within about CLOSE_SECONDS even if not.

        Cancelling leaves without a goodbye.
        """
        if self._connection is None:
            return
        try:
            await self._connection.close()
        finally:
            self._connection.transport.abort()

    def _opened(self) -> ClientConnection:
        if self._connection is None:
            raise RuntimeError("open() comes first")
        return self._connection
