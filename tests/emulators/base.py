"""What every emulated provider has: a random port, a record of requests, and faults on demand.

An emulator is a real server on loopback that speaks the provider's wire protocol:

    async with Deepgram(sentences=["I need an oil change."]) as deepgram:
        settings.DEEPGRAM_BASE_URL = deepgram.base_url
        deepgram.faults.append(Fault("drop", where="listen", after=3))
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from aiohttp import web

Kind = Literal["refuse", "slow", "stall", "drop", "cut", "garbage", "error"]


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong.

    refuse   answer with status instead of serving        drop     lose the connection
    slow     wait seconds before each message             cut      end cleanly, too early
    stall    say nothing more, keep the connection        garbage  nonsense before each message
    error    the provider's own error message
    """

    kind: Kind
    where: str = ""  # "" everywhere, else "listen", "speak" or a model's name
    after: int = 0  # messages served well before
    seconds: float = 0.0
    status: int = 503
    code: str = "server_error"
    times: int = 1_000_000  # requests it spoils


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request as it arrived; body is the JSON of a POST."""

    where: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any = None


@dataclass(slots=True)
class Emulator:
    """The common base. Subclasses add routes and behaviour."""

    port: int = 0
    requests: list[Recorded] = field(default_factory=list)
    messages: list[tuple[str, Any]] = field(default_factory=list)  # what clients said over sockets
    faults: list[Fault] = field(default_factory=list)
    open_connections: int = 0
    peers: set[Any] = field(default_factory=set)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _runner: web.AppRunner | None = None

    def routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handle_signals=False)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.closing.set()
        assert self._runner is not None
        await self._runner.cleanup()

    def said(self, name: str) -> list[Any]:
        """What clients sent over sockets under this name, e.g. said("Flush")."""
        return [message for kind, message in self.messages if kind == name]

    @property
    def connections(self) -> int:
        """How many TCP connections the requests came over."""
        return len(self.peers)

    async def until(self, condition: Callable[[], bool], within: float = 5.0) -> None:
        """Wait for something that an arriving request or message makes true."""
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(condition)

    async def note(self, name: str, message: Any) -> None:
        self.messages.append((name, message))
        await self.tell()

    async def tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def record(self, where: str, request: web.Request, body: Any = None) -> Fault | None:
        """Count a request; return the fault that spoils it, if any."""
        self.peers.add(request.transport and request.transport.get_extra_info("peername"))
        self.requests.append(Recorded(where, request.path, dict(request.query), dict(request.headers), body))
        await self.tell()
        for fault in self.faults:
            if fault.where in ("", where) and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    async def stall(self) -> None:
        """Say nothing until the emulator ends."""
        await self.closing.wait()


class Lost(Exception):
    """The emulator dropped or ended the connection on purpose."""


def drop(request: web.Request) -> None:
    """Lose the connection without a goodbye."""
    with suppress(AttributeError):
        request.transport.abort()  # type: ignore[union-attr]
    raise Lost
