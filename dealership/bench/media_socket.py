"""What does one media message cost the server? Our own loop against Channels' generic consumer.

40 callers at once send one message each 20 ms over loopback to uvicorn and to Daphne, each in a
process of its own that reads its own CPU clock; the sender's work does not count.
"""

import asyncio
import base64
import json
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from django.conf import settings
from websockets.asyncio.client import ClientConnection, connect

from dealership import serve
from dealership.bench.figures import Figure

CALLERS = 40
FRAME_SECONDS = 0.02
MESSAGES = 1000  # in a round: half a second
START_SECONDS = 20.0

APPLICATION = "dealership.bench.media_server:application"
UVICORN = tuple(
    word
    for name, value in serve.SOCKETS.items()
    for word in (f"--{name.replace('_', '-')}", str(value) if isinstance(value, str) else str(value).lower())
)
SERVERS = {
    "uvicorn": ("uvicorn", APPLICATION, *UVICORN, "--log-level", "warning", "--no-access-log", "--port"),
    "Daphne": ("daphne", APPLICATION, "--verbosity", "0", "--port"),
}
WAYS = {"own": "own loop", "generic": "Channels consumer"}
MESSAGE = json.dumps(
    {
        "event": "media",
        "sequenceNumber": "3",
        "media": {
            "track": "inbound",
            "chunk": "1",
            "timestamp": "20",
            "payload": base64.b64encode(bytes(range(160))).decode(),
        },
        "streamSid": "MZ" + "0" * 32,
    }
)


async def measure(*, rounds: int) -> list[Figure]:
    """One figure for each server and way. Their rounds take turns; a first one of each warms up."""
    async with AsyncExitStack() as stack:
        benches = [
            await stack.enter_async_context(_bench(url, server, way))
            for server in SERVERS
            for url in [await stack.enter_async_context(_serve(SERVERS[server]))]
            for way in WAYS
        ]
        for turn in range(rounds + 1):
            for bench in benches:
                cost = await bench.play()
                if turn:
                    bench.costs.append(cost)
        return [
            Figure(bench.name, "µs CPU", bench.costs, f"the mean of {MESSAGES:,} messages")
            for bench in benches
        ]


class _Bench:
    """The open sockets of one row."""

    def __init__(self, name: str, clock: ClientConnection, callers: list[ClientConnection]) -> None:
        self.name = name
        self.costs: list[float] = []
        self._clock = clock
        self._callers = callers

    async def play(self) -> float:
        """Send one round at the pace of a telephone; return µs of server CPU for each message."""
        before, taken = await self._read()
        began = time.monotonic()
        for number in range(MESSAGES):
            due = began + number * FRAME_SECONDS / len(self._callers)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await self._callers[number % len(self._callers)].send(MESSAGE)
        while (reading := await self._read())[1] < taken + MESSAGES:
            await asyncio.sleep(FRAME_SECONDS)
        return (reading[0] - before) / MESSAGES * 1e6

    async def _read(self) -> tuple[float, int]:
        await self._clock.send("?")
        reading = json.loads(await self._clock.recv())
        return reading["cpu_seconds"], reading["taken"]


@asynccontextmanager
async def _bench(url: str, server: str, way: str) -> AsyncIterator[_Bench]:
    async with AsyncExitStack() as stack:
        clock = await stack.enter_async_context(connect(f"{url}/clock", compression=None))
        callers = [
            await stack.enter_async_context(connect(f"{url}/{way}", compression=None)) for _ in range(CALLERS)
        ]
        yield _Bench(f"media message, {server}, {WAYS[way]}", clock, callers)


@asynccontextmanager
async def _serve(command: tuple[str, ...]) -> AsyncIterator[str]:
    """Run a server until the block ends; yield its address."""
    port = _free_port()
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *command, str(port), cwd=settings.BASE_DIR
    )
    try:
        url = f"ws://127.0.0.1:{port}"
        await _wait_until_open(url, server)
        yield url
    finally:
        if server.returncode is None:
            server.kill()
        await server.wait()


async def _wait_until_open(url: str, server: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            if server.returncode is not None:
                raise OSError(f"a server ended at its start with status {server.returncode}")
            try:
                async with connect(f"{url}/clock", compression=None):
                    return
            except OSError:
                await asyncio.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
