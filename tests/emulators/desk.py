"""A server for emulated Twilio to call, in a test's hands: TwiML by path, and a media socket.

desk.answers["/voice"] = '<Connect><Stream url="{ws}/media"/></Connect><Say>After.</Say>'
desk.talk = some_coroutine_function(socket)
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from twilio.request_validator import RequestValidator

from tests.emulators.base import Emulator
from tests.emulators.twilio import TOKEN

Talk = Callable[["Line"], Awaitable[None]]


@dataclass(slots=True)
class Line:
    """The desk's end of a media socket. start is the start message."""

    socket: web.WebSocketResponse
    start: dict[str, Any] = field(default_factory=dict)
    received: list[dict[str, Any]] = field(default_factory=list)

    @property
    def sid(self) -> str:
        return str(self.start["streamSid"])

    async def next(self, event: str) -> dict[str, Any]:
        """Read on until a message of this kind."""
        while True:
            message = json.loads(await self.socket.receive_str())
            self.received.append(message)
            if message["event"] == event:
                return dict(message)

    async def send(self, event: str, **content: Any) -> None:
        body = {event: content} if content else {}
        await self.socket.send_str(json.dumps({"event": event, "streamSid": self.sid, **body}))


async def listen_to_the_end(line: Line) -> None:
    await line.next("stop")


@dataclass(slots=True)
class Desk(Emulator):
    """Refuses what is not signed, as the SDK's own validator sees it. public: the origin it believes
    to have; empty for its real one."""

    public: str = ""
    answers: dict[str, str | Callable[[dict[str, str]], str]] = field(default_factory=dict)
    talk: Talk = listen_to_the_end
    posts: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    refused: int = 0

    @property
    def origin(self) -> str:
        return self.public or self.base_url

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/media", self.media), web.route("*", "/{path:.*}", self.webhook)]

    async def webhook(self, request: web.Request) -> web.StreamResponse:
        fields = {name: str(value) for name, value in (await request.post()).items()}
        fault = self.record(request.path, request, fields)
        if not self._is_signed(request, self.origin, fields):
            self.refused += 1
            return web.Response(status=403)
        self.posts.append((request.path, fields))
        if fault and fault.kind == "stall":
            await self.stall()
        if fault and fault.kind == "refuse":
            return web.Response(status=fault.status)
        answer = self.answers.get(request.path, "")
        twiml = answer(fields) if callable(answer) else answer
        ws = "ws" + self.origin.removeprefix("http")
        body = f"<Response>{twiml.replace('{ws}', ws)}</Response>"
        return web.Response(text=body, content_type="text/xml")

    async def media(self, request: web.Request) -> web.StreamResponse:
        if not self._is_signed(request, "ws" + self.origin.removeprefix("http"), {}):
            self.refused += 1
            return web.Response(status=403)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        line = Line(socket)
        self.lines.append(line)
        line.start = await line.next("start")
        await self.talk(line)
        await socket.close()
        return socket

    def posted(self, path: str) -> list[dict[str, str]]:
        return [fields for where, fields in self.posts if where == path]

    def _is_signed(self, request: web.Request, origin: str, fields: dict[str, str]) -> bool:
        signature = request.headers.get("X-Twilio-Signature", "")
        return bool(RequestValidator(TOKEN).validate(origin + request.path_qs, fields, signature))
