"""The desk as it runs in production: a server in a process of its own, on the test database."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit, urlunsplit

from aiohttp import ClientSession, CookieJar
from django.db import connection
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from dealership.embedded import die_with_parent
from tests.voice.phone import HungUp, Phone
from voice.database import in_database
from voice.models import Call

SERVERS = {
    # As in the Procfile.
    "uvicorn": "dealership.serve --host 127.0.0.1 --port {port}",
    "daphne": "daphne --bind 127.0.0.1 --port {port} --verbosity 0 dealership.asgi:application",
}
UP_SECONDS = 60.0
DOWN_SECONDS = 60  # Daphne waits for the models that it is still loading


@contextmanager
def served_by(server: str) -> Iterator[str]:
    """Start the named server; give its address once it is healthy, and end it after."""
    with running(server) as (url, _):
        yield url


@contextmanager
def running(server: str, **environment: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Like served_by, with the process, which the test may end itself, and with settings of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", *SERVERS[server].format(port=port).split()],
        env={**own_environment(), "PUBLIC_BASE_URL": url, **environment},
        preexec_fn=die_with_parent(signal.SIGKILL),
    )
    try:
        _wait_until_healthy(process, url)
        yield url, process
    finally:
        process.send_signal(signal.SIGINT)  # at once, whatever is going on
        try:
            process.wait(DOWN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


def own_environment() -> dict[str, str]:
    """Of a process that works on the test database."""
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + connection.settings_dict["NAME"])
    return {**os.environ, "DATABASE_URL": urlunsplit(database)}


def _wait_until_healthy(process: "subprocess.Popen[bytes]", url: str) -> None:
    give_up_at = time.monotonic() + UP_SECONDS
    while time.monotonic() < give_up_at:
        assert process.poll() is None, "the server ended before it was up"
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=3) as response:  # noqa: S310
                assert b"ok" in response.read()
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.1)
    raise TimeoutError(f"{url}/health has not answered")


class Socket:
    """A real socket as a wire."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, message: str | bytes) -> None:
        await self._connection.send(message)

    async def receive(self) -> str:
        try:
            return str(await self._connection.recv())
        except ConnectionClosed as error:
            raise HungUp(error.rcvd.code if error.rcvd else 1006) from error

    async def drop(self) -> None:
        self._connection.transport.abort()


@asynccontextmanager
async def going_on(stream_url: str, lost: Phone, token: str) -> AsyncIterator[Phone]:
    """The line of a call whose socket was lost, opened anew as the carrier does."""
    async with connect(stream_url, max_size=2**20) as connection:
        phone = Phone(Socket(connection), lost.call)
        phone._replies, phone.captions = lost._replies, lost.captions
        listening = asyncio.create_task(phone.listen())
        try:
            await phone.start(customParameters={"token": token})
            yield phone
        finally:
            await phone.wire.drop()
            listening.cancel()
            await asyncio.wait({listening})


@asynccontextmanager
async def phoning(url: str, number: str, *, token: str | None = None) -> AsyncIterator[Phone]:
    """A call from the browser phone: asked for as the page does, then over its socket.

    token replaces the one that the page got. Leaving drops the line.
    """
    call_sid, stream_url, good_token = await _ask_for_a_line(url, number)
    async with connect(stream_url, max_size=2**20) as connection:
        phone = Phone(Socket(connection), await in_database(Call.objects.get, sid=call_sid))
        listening = asyncio.create_task(phone.listen())
        try:
            await phone.start(customParameters={"token": good_token if token is None else token})
            yield phone
        finally:
            await phone.wire.drop()
            listening.cancel()
            await asyncio.wait({listening})


async def _ask_for_a_line(url: str, number: str) -> tuple[str, str, str]:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
        async with browser.get(f"{url}/phone/") as page:
            csrf = page.cookies["csrftoken"].value
        posting = browser.post(f"{url}/phone/call", data={"from": number}, headers={"X-CSRFToken": csrf})
        async with posting as response:
            assert response.status == 200, await response.text()
            opened = await response.json()
    return opened["call_sid"], opened["stream_url"], opened["token"]
