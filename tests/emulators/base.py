"""What every emulated provider has: a random port, a record of requests, and faults on demand.

An emulator is a real server on loopback that speaks the provider's wire protocol:

    async with Deepgram(sentences=["I need an oil change."]) as deepgram:
        settings.DEEPGRAM_BASE_URL = deepgram.base_url
        deepgram.faults.append(Fault("drop", where="listen", after=3))
        await deepgram.strike(Fault("stall", where="listen"))  # what is open now
        async with deepgram.unreachable(): ...  # connection refused
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, TypeVar

from aiohttp import web

if TYPE_CHECKING:
    from tests.emulators.wire import Wire

Kind = Literal["refuse", "slow", "stall", "drop", "cut", "garbage", "error"]


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong.

    refuse   answer with status instead of serving; status 0 hangs up without an answer
    slow     wait seconds before each message             cut      end cleanly, too early
    stall    say nothing more, keep the connection        garbage  nonsense before each message
    drop     lose the connection                          error    the provider's own error message
    """

    kind: Kind
    where: str = ""  # "" everywhere, else a place the emulator names, like "listen" or a model
    after: int = 0  # messages served well before
    seconds: float = 0.0
    status: int = 503
    code: str = ""  # "" for the provider's usual one
    times: int = 1_000_000  # requests it spoils
    skip: int = 0  # requests served well before those


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request as it arrived; body is the JSON or the form of a POST."""

    where: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any = None


@dataclass(slots=True)
class Emulator:
    """The common base. Subclasses add routes and behaviour.

    counts: requests by place and socket messages by type. bytes_in and bytes_out: over sockets.
    """

    port: int = 0
    requests: list[Recorded] = field(default_factory=list)
    messages: list[tuple[str, Any]] = field(default_factory=list)  # what clients said over sockets
    counts: Counter[str] = field(default_factory=Counter)
    bytes_in: int = 0
    bytes_out: int = 0
    faults: list[Fault] = field(default_factory=list)
    wires: "list[Wire]" = field(default_factory=list)  # the sockets open now, oldest first
    peers: set[Any] = field(default_factory=set)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None
    _site: web.TCPSite | None = None

    def routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many TCP connections the requests came over."""
        return len(self.peers)

    @property
    def open_connections(self) -> int:
        return len(self.wires)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes(self.routes())
        # Without cancellation a stalled handler would outlive the client that left it.
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.2, handle_signals=False, handler_cancellation=True
        )
        await self._runner.setup()
        await self._listen_on_port()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.closing.set()
        assert self._runner is not None
        await self._runner.cleanup()

    async def _listen_on_port(self) -> None:
        assert self._runner is not None
        self._site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await self._site.start()

    # --- what was asked -------------------------------------------------------------------

    def said(self, name: str) -> list[Any]:
        """What clients sent over sockets under this name, e.g. said("Flush")."""
        return [message for kind, message in self.messages if kind == name]

    async def until(self, condition: Callable[[], bool], within: float = 5.0) -> None:
        """Wait for something that an arriving request or message makes true."""
        async with asyncio.timeout(within):
            while not condition():
                await self._news.wait()

    def note(self, name: str, message: Any) -> None:
        self.messages.append((name, message))
        self.counts[name] += 1
        self.tell()

    def tell(self) -> None:
        """Let every until() look again."""
        news, self._news = self._news, asyncio.Event()
        news.set()

    def record(self, where: str, request: web.Request, body: Any = None) -> Fault | None:
        """Count a request; return the fault that spoils it, if any."""
        self.peers.add(request.transport and request.transport.get_extra_info("peername"))
        self.requests.append(Recorded(where, request.path, dict(request.query), dict(request.headers), body))
        self.counts[where] += 1
        self.tell()
        return self.next_fault(where)

    # --- what goes wrong ------------------------------------------------------------------

    def next_fault(self, where: str) -> Fault | None:
        for fault in self.faults:
            if fault.where in ("", where) and fault.times > 0:
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                return fault
        return None

    async def strike(self, fault: Fault) -> None:
        """Spoil the sockets that are open now; fault.after counts their messages from now on."""
        for wire in list(self.wires):
            if fault.where in ("", wire.where):
                await wire.strike(fault)

    async def stall(self) -> None:
        """Say nothing until the client has gone (which cancels the handler) or the emulator ends."""
        await self.closing.wait()

    @asynccontextmanager
    async def unreachable(self) -> AsyncIterator[None]:
        """Nobody listens: new connections are refused, open ones live on."""
        assert self._site is not None
        await self._site.stop()
        try:
            yield
        finally:
            await self._listen_on_port()


class Lost(Exception):
    """The emulator dropped or ended the connection on purpose."""


def drop(request: web.Request) -> NoReturn:
    """Lose the connection without a goodbye."""
    abort(request)
    raise Lost


def abort(request: web.Request) -> None:
    with suppress(AttributeError):
        request.transport.abort()  # type: ignore[union-attr]


EmulatorT = TypeVar("EmulatorT", bound=Emulator)
SERVED_SECONDS = 10.0  # until it stands, or is gone


@contextmanager
def served(emulator: EmulatorT) -> Iterator[EmulatorT]:
    """On a thread and a loop of its own, for tests whose loop opens no sockets (see tests/virtual.py)."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="emulator", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(emulator.__aenter__(), loop).result(SERVED_SECONDS)
        yield emulator
        asyncio.run_coroutine_threadsafe(emulator.__aexit__(), loop).result(SERVED_SECONDS)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(SERVED_SECONDS)
        loop.close()
