"""OpenAI's chat completions on loopback: scripted replies as server-sent events.

Faults know models as places, e.g. Fault("stall", where="gpt-4o").
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from aiohttp import web

from tests.emulators.base import Emulator, Fault, Lost, drop

PIECE = 5  # characters in a delta


@dataclass(frozen=True, slots=True)
class Use:
    """A tool call. arguments: a dict, or text to be sent as it is, for instance broken JSON."""

    name: str
    arguments: dict[str, Any] | str = field(default_factory=dict)

    @property
    def json(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True, slots=True)
class Reply:
    """One completion: text, then tool calls, whose pieces come interleaved."""

    text: str = ""
    uses: tuple[Use, ...] = ()
    finish_reason: str = ""  # "" for the usual one


Script = Callable[[dict[str, Any]], "Reply | str"]


@dataclass(slots=True)
class OpenAI(Emulator):
    """Answers each request with the next of replies, or with what script makes of its body."""

    replies: Sequence[Reply | str] = ()
    script: Script | None = None
    key: str = ""  # "" accepts any
    cancelled: int = 0  # streams that the client left early
    left: list[Reply | str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.left = list(self.replies)

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/v1"

    @property
    def bodies(self) -> list[Any]:
        return [request.body for request in self.requests]

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/chat/completions", self.complete)]

    async def complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        fault = await self.record(body.get("model", ""), request, body)
        if refusal := self._refusal(request, body, fault):
            return refusal
        if fault and fault.kind == "stall" and fault.after == 0:
            await self.stall()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "x-request-id": "req_1"})
        await response.prepare(request)
        try:
            with suppress(Lost):
                await self._stream(request, response, body, fault)
                await response.write_eof()
        except ConnectionError:
            self.cancelled += 1
            await self.tell()
        return response

    def _refusal(
        self, request: web.Request, body: dict[str, Any], fault: Fault | None
    ) -> web.StreamResponse | None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if fault and fault.kind == "refuse":
            return _error(fault.status, fault.code)
        if scheme != "Bearer" or not key or self.key not in ("", key):
            return _error(401, "invalid_api_key")
        if not body.get("stream"):
            return _error(400, "only_streams_here")
        if _has_orphans(body["messages"]):
            return _error(400, "unanswered_tool_call")
        return None

    def _next_reply(self, body: dict[str, Any]) -> Reply:
        reply = self.script(body) if self.script else self.left.pop(0) if self.left else ""
        return Reply(reply) if isinstance(reply, str) else reply

    async def _stream(
        self, request: web.Request, response: web.StreamResponse, body: dict[str, Any], fault: Fault | None
    ) -> None:
        await response.write(b": emulated\r\n\r\n")
        for sent, chunk in enumerate(_chunks(self._next_reply(body), body, len(self.requests))):
            if fault and sent >= fault.after:
                await self._suffer(fault, request, response)
            await response.write(f"data: {json.dumps(chunk)}\r\n\r\n".encode())
        await response.write(b"data: [DONE]\n\n")

    async def _suffer(self, fault: Fault, request: web.Request, response: web.StreamResponse) -> None:
        match fault.kind:
            case "slow":
                await asyncio.sleep(fault.seconds)
            case "stall":
                await self.stall()
                raise Lost
            case "drop":
                drop(request)
            case "cut":
                await response.write_eof()
                raise Lost
            case "error":
                report = {"error": {"message": "-", "type": "server_error", "code": fault.code}}
                await response.write(f"data: {json.dumps(report)}\n\n".encode())
            case "garbage":
                await response.write(b"data: {not json\n\n")


def _chunks(reply: Reply, body: dict[str, Any], number: int) -> Iterator[dict[str, Any]]:
    frame = {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": body["model"],
        "service_tier": "default",
        "system_fingerprint": None,
    }
    wants_usage = (body.get("stream_options") or {}).get("include_usage")
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "", "refusal": None}]
    deltas += [{"content": reply.text[at : at + PIECE]} for at in range(0, len(reply.text), PIECE)]
    deltas += _tool_deltas(reply.uses)
    for delta in deltas:
        yield {**frame, "choices": [_choice(delta)], "usage": None}
    reason = reply.finish_reason or ("tool_calls" if reply.uses else "stop")
    yield {**frame, "choices": [_choice({}, reason)], "usage": None}
    if wants_usage:
        usage = {"prompt_tokens": 9, "completion_tokens": len(deltas), "total_tokens": 9 + len(deltas)}
        yield {**frame, "choices": [], "usage": usage}


def _choice(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _tool_deltas(uses: Sequence[Use]) -> list[dict[str, Any]]:
    begun = [
        {"index": at, "id": f"call_{at}", "type": "function", "function": {"name": use.name, "arguments": ""}}
        for at, use in enumerate(uses)
    ]
    pieces = [
        [
            {"index": at, "function": {"arguments": use.json[cut : cut + PIECE]}}
            for cut in range(0, len(use.json), PIECE)
        ]
        for at, use in enumerate(uses)
    ]
    interleaved = [piece for row in zip_longest(*pieces) for piece in row if piece]
    return [{"tool_calls": [piece]} for piece in [*begun, *interleaved]]


def _has_orphans(messages: list[dict[str, Any]]) -> bool:
    """Is there a tool call without a result right behind it, or a result without a call?"""
    waiting: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                return True
            waiting.discard(message["tool_call_id"])
        elif waiting:
            return True
        waiting |= {call["id"] for call in message.get("tool_calls") or ()}
    return bool(waiting)


def _error(status: int, code: str) -> web.Response:
    body = {"error": {"message": "refused", "type": "invalid_request_error", "param": None, "code": code}}
    # A client that obeys this waits for minutes while the caller hears nothing.
    headers = {"x-request-id": "req_1", **({"Retry-After": "100"} if status == 429 else {})}
    return web.json_response(body, status=status, headers=headers)
