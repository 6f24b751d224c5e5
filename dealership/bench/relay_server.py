"""The server that relay.py measures: `python -m dealership.serve` on one core, and what it uses.

    python -m dealership.bench.relay_server GAUGE --port 8000

is that very server, which on SIGUSR1 writes to the file GAUGE how many asyncio tasks it has, and on
SIGUSR2 begins to profile its event loop, or ends it and writes the profile to GAUGE.prof.
"""

import asyncio
import cProfile
import json
import os
import signal
import socket
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

UP_SECONDS = 60.0
DOWN_SECONDS = 5.0
GAUGE_SECONDS = 5.0
GAUGE, LOG = "gauge", "log"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Use:
    """What a process holds at one moment."""

    mebibytes: float
    threads: int
    sockets: int
    tasks: int


class Server:
    """A running server; url is its address."""

    def __init__(self, url: str, pid: int, folder: Path) -> None:
        self.url = url
        self._pid = pid
        self._proc = Path(f"/proc/{pid}")
        self._gauge = folder / GAUGE
        self._log = folder / LOG

    def cpu_seconds(self) -> float:
        """So far, all threads, by user and system."""
        fields = (self._proc / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def kept_waiting_seconds(self) -> float:
        """So far, its main thread was ready and another process had the core."""
        return int((self._proc / "schedstat").read_text().split()[1]) / 1e9

    def mebibytes(self) -> float:
        """Of memory that is its own."""
        lines = (self._proc / "smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024

    async def use(self) -> Use:
        return Use(
            self.mebibytes(),
            len(list((self._proc / "task").iterdir())),
            sum(_is_socket(link) for link in (self._proc / "fd").iterdir()),
            await self._tasks(),
        )

    def errors(self) -> list[str]:
        """What it has logged as such."""
        lines = self._log.read_text(errors="replace").splitlines()
        return [line.partition(" ERROR ")[2] for line in lines if " ERROR " in line]

    def toggle_profile(self) -> None:
        os.kill(self._pid, signal.SIGUSR2)

    async def _tasks(self) -> int:
        self._gauge.unlink(missing_ok=True)
        os.kill(self._pid, signal.SIGUSR1)
        async with asyncio.timeout(GAUGE_SECONDS):
            while not self._gauge.exists():
                await asyncio.sleep(0.02)
        return int(json.loads(self._gauge.read_text())["tasks"])


def _is_socket(link: Path) -> bool:
    with suppress(OSError):
        return os.readlink(link).startswith("socket:")
    return False


@asynccontextmanager
async def serving(cores: set[int], module: str = __name__, **variables: str) -> AsyncIterator[Server]:
    """A server on these cores, with these variables over the present settings, until the block ends.

    module is run in its place, with the same arguments.
    """
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="service-desk-bench-") as name:
        folder = Path(name)
        with (folder / LOG).open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", module, str(folder / GAUGE), "--port", str(port)),
                cwd=settings.BASE_DIR,
                env={**os.environ, **_present(), "PUBLIC_BASE_URL": url, **variables},
                stderr=log,
                preexec_fn=partial(os.sched_setaffinity, 0, cores),
            )
        try:
            await _wait_until_healthy(url, process)
            yield Server(url, process.pid, folder)
        finally:
            await _end(process)


def _present() -> dict[str, str]:
    """What the server must share with this process, and what only a developer's server has."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + str(connection.settings_dict["NAME"]))
    return {"DATABASE_URL": urlunsplit(url), "DEBUG": "0", "ALLOWED_HOSTS": "*", "TWILIO_ACCOUNT_SID": ""}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _wait_until_healthy(url: str, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(UP_SECONDS):
        while not await asyncio.to_thread(_is_healthy, url):
            if process.returncode is not None:
                raise OSError(f"the server ended at its start with status {process.returncode}")
            await asyncio.sleep(0.1)


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=3) as response:  # noqa: S310
            return bool(response.status == 200)
    except OSError:
        return False


async def _end(process: asyncio.subprocess.Process) -> None:
    """At once, whatever is going on."""
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        async with asyncio.timeout(DOWN_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


# --- in the server ----------------------------------------------------------------------------


def main() -> None:
    gauge = Path(sys.argv.pop(1))
    profile: list[cProfile.Profile] = []

    def tell(*_: Any) -> None:
        part = gauge.with_suffix(".part")
        part.write_text(json.dumps({"tasks": len(asyncio.all_tasks(asyncio.get_event_loop()))}))
        part.replace(gauge)

    def toggle(*_: Any) -> None:
        if profile:
            profile[0].disable()
            profile.pop().dump_stats(f"{gauge}.prof")
        else:
            profile.append(cProfile.Profile(time.thread_time))
            profile[0].enable()

    signal.signal(signal.SIGUSR1, tell)
    signal.signal(signal.SIGUSR2, toggle)
    from dealership import serve

    serve.main()


if __name__ == "__main__":
    main()
