"""A server that is not ours to break, behind a proxy that is: PostgreSQL, Valkey.

    async with Proxy.to(settings_url) as proxy:   # redis://…:port, or a folder with a Unix socket
        proxy.port                                 # where the product is to connect
        await proxy.strike(Fault("stall"))         # from now on, on open connections and new ones
        proxy.heal()

What clients send always arrives; it is the answers that go wrong, as when a server works on and its
network does not.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from tests.emulators.base import Fault

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]
NONSENSE = b"\x00\xff{not a protocol}\r\n" * 4
PIECE = 65536


@dataclass(slots=True)
class Proxy:
    """refuse closes the port and every connection; drop loses what is open now, or with times the next
    answers; slow waits seconds before each answer; garbage takes its place."""

    upstream: Callable[[], Awaitable[Pair]]
    port: int = 0
    fault: Fault | None = None
    connections: int = 0  # that were ever accepted
    _at: bytes = b""
    _to_come: Fault | None = None
    _links: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)
    _server: asyncio.Server | None = None
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def to_port(cls, port: int) -> Self:
        return cls(lambda: asyncio.open_connection("127.0.0.1", port))

    @classmethod
    def to_socket(cls, path: str) -> Self:
        return cls(lambda: asyncio.open_unix_connection(path))

    @property
    def open_connections(self) -> int:
        return len(self._links)

    async def __aenter__(self) -> Self:
        await self._listen()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._over.set()
        self._close()
        self._abort()
        if self._tasks:
            await asyncio.gather(*self._tasks)

    async def strike(self, fault: Fault, *, at: bytes = b"") -> None:
        """at: only once a client has said this, and from the answer to it on."""
        self._at, self._to_come = at, fault
        if at:
            return
        self.fault = fault
        if fault.kind == "refuse":
            self._close()
        if fault.kind in ("refuse", "drop"):
            self._abort()

    async def heal(self) -> None:
        self.fault = self._to_come = None
        if self._server is None:
            await self._listen()

    # --- inside ---------------------------------------------------------------------------

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _abort(self) -> None:
        for writer in list(self._links):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._links.add(writer)
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            from_server, to_server = await self.upstream()
            try:
                await self._carry(reader, to_server, from_server, writer)
            finally:
                to_server.transport.abort()
        except OSError:
            pass
        finally:
            self._links.discard(writer)
            self._tasks.discard(task)
            writer.transport.abort()

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
        from_server: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Until either side has gone."""
        jobs = [
            asyncio.ensure_future(self._ask(reader, to_server)),
            asyncio.ensure_future(self._answer(from_server, writer)),
        ]
        try:
            await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)

    async def _ask(self, reader: asyncio.StreamReader, to_server: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(PIECE):
                if self._to_come and self._at and self._at in piece:
                    self.fault, self._to_come = self._to_come, None
                to_server.write(piece)
                await to_server.drain()

    async def _answer(self, from_server: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await from_server.read(PIECE):
                writer.write(await self._spoiled(piece, writer))
                await writer.drain()

    async def _spoiled(self, piece: bytes, writer: asyncio.StreamWriter) -> bytes:
        fault = self.fault
        if fault is None or fault.times <= 0:
            return piece
        if fault.after > 0:
            fault.after -= 1
            return piece
        fault.times -= 1
        match fault.kind:
            case "slow":
                await asyncio.sleep(fault.seconds)
            case "stall":
                await self._over.wait()
            case "drop":
                writer.transport.abort()
            case "garbage":
                return NONSENSE
        return piece
