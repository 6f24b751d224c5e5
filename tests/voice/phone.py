"""A telephone in the test's hand: types, listens, and plays as fast or as slowly as it is told.

It speaks the browser carrier's messages over any wire: the ASGI application in this process, or a
socket to a running server.
"""

import asyncio
import json
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Protocol

from django.utils import timezone

from tests.talking import OTTO_NUMBER
from voice import calls
from voice.consumers import media_stream
from voice.database import in_database
from voice.models import Call, Turn

Application = Callable[[Any, Any, Any], Awaitable[None]]
SCOPE = {"type": "websocket", "path": "/ws/media", "headers": [], "query_string": b"", "subprotocols": []}


class HungUp(Exception):
    """The desk closed the socket; code says how."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Wire(Protocol):
    """A media socket. receive raises HungUp when the desk closed it."""

    async def send(self, message: str | bytes) -> None: ...

    async def receive(self) -> str: ...

    async def drop(self) -> None: ...


class InProcess:
    """The application, run by this event loop. desk is its task, sent all that it ever said."""

    def __init__(self, application: Application = media_stream, **scope: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        self.stalls = False  # takes nothing more, and does not say so
        self._inward: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._outward: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._inward.put_nowait({"type": "websocket.connect"})
        self.desk = asyncio.ensure_future(application(SCOPE | scope, self._inward.get, self._take))

    async def send(self, message: str | bytes) -> None:
        kind = "text" if isinstance(message, str) else "bytes"
        self._inward.put_nowait({"type": "websocket.receive", kind: message})

    async def _take(self, message: dict[str, Any]) -> None:
        if self.stalls:
            await asyncio.Event().wait()
        self.sent.append(message)
        self._outward.put_nowait(message)

    async def receive(self) -> str:
        while True:
            message = await self._outward.get()
            if message["type"] == "websocket.send":
                return str(message["text"])
            if message["type"] == "websocket.close":
                raise HungUp(message["code"])

    async def drop(self) -> None:
        """Gone without a stop, as when a mobile phone loses its network."""
        self._inward.put_nowait({"type": "websocket.disconnect", "code": 1006})


class Phone:
    """One call. `async with ringing(…) as phone:`, then say() and reply()."""

    def __init__(self, wire: Wire, call: Call) -> None:
        self.wire = wire
        self.call = call
        self.plays_at_once = True  # else marks wait in `held` for play()
        self.held: list[str] = []
        self.audio = b""
        self.captions: list[tuple[str, str]] = []
        self.notices: list[str] = []
        self.clears = 0
        self.closed: int | None = None
        self._replies = 0
        self._news = asyncio.Condition()

    # --- the line -------------------------------------------------------------------------

    async def start(self, **start: Any) -> None:
        """Send the first two messages of a stream; start replaces fields of the second."""
        content = {
            "streamSid": f"MZ{self.call.sid}",
            "callSid": self.call.sid,
            "tracks": ["inbound"],
            "customParameters": {"token": calls.stream_token(self.call)},
        }
        await self.send("connected", protocol="Call", version="1.0.0")
        await self.send("start", **(content | start))

    async def send(self, event: str, **content: Any) -> None:
        await self.wire.send(json.dumps({"event": event, event: content}))

    async def send_audio(self, mulaw: bytes) -> None:
        await self.send("media", track="inbound", payload=b64encode(mulaw).decode())

    async def listen(self) -> None:
        """Take in what comes until the desk hangs up."""
        try:
            while True:
                await self._take(json.loads(await self.wire.receive()))
        except HungUp as end:
            self.closed = end.code
        async with self._news:
            self._news.notify_all()

    async def _take(self, message: dict[str, Any]) -> None:
        match message["event"]:
            case "media":
                self.audio += b64decode(message["media"]["payload"])
            case "mark" if self.plays_at_once:
                await self.send("mark", name=message["mark"]["name"])
            case "mark":
                self.held.append(message["mark"]["name"])
            case "clear":
                self.clears += 1
            case "caption":
                self.captions.append((message["caption"]["speaker"], message["caption"]["text"]))
            case "notice":
                self.notices.append(message["notice"]["kind"])
        async with self._news:
            self._news.notify_all()

    async def until(self, condition: Callable[[], bool], within: float = 20.0) -> None:
        """Wait for what a message of the desk makes true."""
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(condition)

    async def play(self, marks: int | None = None) -> None:
        """The caller has heard so many of the held pieces (200 ms each), or all of them."""
        played, self.held = self.held[:marks], self.held[len(self.held[:marks]) :]
        for name in played:
            await self.send("mark", name=name)

    # --- the person -----------------------------------------------------------------------

    async def say(self, text: str) -> str:
        """Type a sentence, and return what the desk answers."""
        await self.send("text", body=text)
        return await self.reply()

    async def reply(self, within: float = 20.0) -> str:
        """The desk's next words, once it has said and kept them."""
        await self.until(lambda: self._captions_of_desk() > self._replies, within)
        pause = 0.03
        async with asyncio.timeout(within):
            while len(said := await self.said_by_desk()) <= self._replies:
                await asyncio.sleep(pause)
                pause = min(1.5 * pause, 0.3)
        self._replies += 1
        return said[self._replies - 1]

    def _captions_of_desk(self) -> int:
        return sum(speaker == "desk" for speaker, _ in self.captions)

    async def said_by_desk(self) -> list[str]:
        return [turn.text for turn in await self.turns() if turn.speaker == Turn.Speaker.DESK]

    async def turns(self) -> list[Turn]:
        return await in_database(lambda: list(Turn.objects.filter(call=self.call).order_by("number")))

    async def row(self) -> Call:
        return await in_database(Call.objects.get, pk=self.call.pk)

    async def converse(self, opening: str, answers: Iterable[tuple[str, str]], *, limit: int = 20) -> None:
        """Hold the conversation until the desk hangs up: the first pattern that fits answers."""
        heard = await self.say(opening)
        for _ in range(limit):
            if re.search("goodbye", heard, re.IGNORECASE):
                await self.until(lambda: self.closed is not None)
                return
            heard = await self.say(answer_to(heard, answers))
        raise AssertionError(f"no end in sight: {heard}")


def answer_to(heard: str, answers: Iterable[tuple[str, str]]) -> str:
    for pattern, answer in answers:
        if re.search(pattern, heard, re.IGNORECASE):
            return answer
    raise AssertionError(f"no answer to: {heard}")


async def open_call(number: str) -> Call:
    """The row that a webhook or the page would have made for this caller."""
    return await in_database(
        calls.open_call,
        carrier=Call.Carrier.BROWSER,
        sid="CB" + secrets.token_hex(16),
        caller_number=number,
        called_number=OTTO_NUMBER,
        now=timezone.now(),
    )


@asynccontextmanager
async def ringing(
    number: str, wire: Wire | None = None, *, plays_at_once: bool = True
) -> AsyncIterator[Phone]:
    """A call that was let in. Leaving drops the line, as a caller who just goes away."""
    wire = wire or InProcess()
    phone = Phone(wire, await open_call(number))
    phone.plays_at_once = plays_at_once
    listening = asyncio.create_task(phone.listen())
    try:
        await phone.start()
        yield phone
    finally:
        await wire.drop()
        listening.cancel()
        await asyncio.wait({listening})
        if isinstance(wire, InProcess):
            await wire.desk
