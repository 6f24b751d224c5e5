"""OpenAI's chat completions on loopback: scripted replies as server-sent events.

    OpenAI(replies=["Which car is it?", Reply(uses=(Use("end_call"),))])
    OpenAI(script=Dialogue([("oil change", "For which car?")]))   # openai_script.py

Faults know models as places, e.g. Fault("stall", where="gpt-4o").
"""

import asyncio
import json
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.emulators.base import Emulator, Fault, Lost, drop
from tests.emulators.openai_script import Answer, Body, Dialogue, Reply, Script, Use, per_caller

__all__ = ["Dialogue", "OpenAI", "Reply", "Use", "per_caller"]

PIECE = 5  # characters in a delta
CHARACTERS_PER_TOKEN = 4
# The type and code of an error, by its status.
USUAL = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
    500: ("server_error", None),
    503: ("service_unavailable_error", None),
}


@dataclass(slots=True)
class OpenAI(Emulator):
    """Answers each request with the next of replies, or with what script makes of its body.

    first_token_seconds, token_seconds: how long a model thinks. seed: cuts text and arguments into
    pieces of any length instead of PIECE.
    """

    replies: Sequence[Answer] = ()
    script: Script | None = None
    key: str = ""  # "" accepts any
    first_token_seconds: float = 0.0
    token_seconds: float = 0.0
    seed: int | None = None
    cancelled: int = 0  # streams that the client left early
    left: list[Answer] = field(default_factory=list)

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
        fault = self.record(body.get("model", ""), request, body)
        if refusal := self._refusal(request, body, fault):
            return refusal
        if fault and fault.kind == "stall" and fault.after == 0:
            await self.stall()
        number = len(self.requests)
        try:
            reply = await self.think(body, number)
            await asyncio.sleep(self.first_token_seconds)
            if not body.get("stream"):
                return web.json_response(_whole(reply, body, number), headers={"x-request-id": "req_1"})
            return await self._stream(request, fault, list(_chunks(reply, body, number, self._cuts(number))))
        except asyncio.CancelledError:
            self.cancelled += 1
            self.tell()
            raise

    async def think(self, body: Body, number: int) -> Reply:
        answer = self.script(body) if self.script else self.left.pop(0) if self.left else ""
        return Reply(answer) if isinstance(answer, str) else answer

    def _cuts(self, number: int) -> random.Random | None:
        return None if self.seed is None else random.Random(self.seed + number)

    def _refusal(self, request: web.Request, body: Body, fault: Fault | None) -> web.StreamResponse | None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if fault and fault.kind == "refuse":
            if fault.status == 0:
                drop(request)
            return _error(fault.status, fault.code)
        if scheme != "Bearer" or not key or self.key not in ("", key):
            return _error(401)
        if complaint := _complaint(body):
            return _error(400, complaint)
        return None

    async def _stream(
        self, request: web.Request, fault: Fault | None, chunks: list[dict[str, Any]]
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "x-request-id": "req_1"})
        await response.prepare(request)
        with suppress(Lost, ConnectionError):
            # Comments and \r\n are allowed in an event stream, and proxies send both.
            await response.write(b": emulated\r\n\r\n")
            for sent, chunk in enumerate(chunks):
                if fault and sent >= fault.after:
                    await self._suffer(fault, request, response)
                if sent and self.token_seconds:
                    await asyncio.sleep(self.token_seconds)
                await response.write(f"data: {json.dumps(chunk)}\r\n\r\n".encode())
            await response.write(b"data: [DONE]\n\n")
            await response.write_eof()
        return response

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
                code = fault.code or "server_error"
                report = {"error": {"message": "-", "type": "server_error", "param": None, "code": code}}
                await response.write(f"data: {json.dumps(report)}\n\n".encode())
            case "garbage":
                await response.write(b"data: {not json\n\n")


def _chunks(reply: Reply, body: Body, number: int, cuts: random.Random | None) -> Iterator[dict[str, Any]]:
    frame = _frame(body, number, "chat.completion.chunk")
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "", "refusal": None}]
    deltas += [{"content": piece} for piece in _pieces(reply.text, cuts)]
    deltas += _tool_deltas(reply.uses, number, cuts)
    wants_usage = (body.get("stream_options") or {}).get("include_usage")
    without_usage = {"usage": None} if wants_usage else {}
    for delta in deltas:
        yield {**frame, "choices": [_choice(delta)], **without_usage}
    yield {**frame, "choices": [_choice({}, _finish_reason(reply))], **without_usage}
    if wants_usage:
        yield {**frame, "choices": [], "usage": _usage(reply, body)}


def _whole(reply: Reply, body: Body, number: int) -> dict[str, Any]:
    calls = [_call(use, number, at, use.json) for at, use in enumerate(reply.uses)]
    message = {"role": "assistant", "content": reply.text or None, "refusal": None}
    choice: dict[str, Any] = {"index": 0, "logprobs": None, "finish_reason": _finish_reason(reply)}
    choice["message"] = {**message, "tool_calls": calls} if calls else message
    return {
        **_frame(body, number, "chat.completion"),
        "choices": [choice],
        "usage": _usage(reply, body),
    }


def _frame(body: Body, number: int, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{number}",
        "object": kind,
        "created": 1,
        "model": body["model"],
        "service_tier": "default",
        "system_fingerprint": None,
    }


def _finish_reason(reply: Reply) -> str:
    return reply.finish_reason or ("tool_calls" if reply.uses else "stop")


def _usage(reply: Reply, body: Body) -> dict[str, Any]:
    prompt = len(json.dumps(body["messages"])) // CHARACTERS_PER_TOKEN
    completion = (len(reply.text) + sum(len(use.json) for use in reply.uses)) // CHARACTERS_PER_TOKEN + 1
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def _choice(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _call(use: Use, number: int, at: int, arguments: str) -> dict[str, Any]:
    function = {"name": use.name, "arguments": arguments}
    return {"id": f"call_{number}_{at}", "type": "function", "function": function}


def _tool_deltas(uses: Sequence[Use], number: int, cuts: random.Random | None) -> list[dict[str, Any]]:
    """Each call begins before its arguments; beyond that the calls come interleaved."""
    waiting = [
        [
            {"index": at, **_call(use, number, at, "")},
            *({"index": at, "function": {"arguments": piece}} for piece in _pieces(use.json, cuts)),
        ]
        for at, use in enumerate(uses)
    ]
    pieces: list[dict[str, Any]] = []
    while any(waiting):
        for queue in waiting:
            if queue and (cuts is None or cuts.random() < 0.5):
                pieces.append(queue.pop(0))
    return [{"tool_calls": [piece]} for piece in pieces]


def _pieces(text: str, cuts: random.Random | None) -> Iterator[str]:
    at = 0
    while at < len(text):
        length = PIECE if cuts is None else cuts.randint(1, 12)
        yield text[at : at + length]
        at += length


def _complaint(body: Body) -> str:
    """Why OpenAI would refuse this request; "" when it takes it."""
    if not body.get("model"):
        return "missing_model"
    if not body.get("messages"):
        return "missing_messages"
    return "unanswered_tool_call" if _has_orphans(body["messages"]) else ""


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


def _error(status: int, code: str = "") -> web.Response:
    kind, usual = USUAL.get(status, ("server_error", None))
    if code == "insufficient_quota":
        kind = code
    body = {"error": {"message": "refused", "type": kind, "param": None, "code": code or usual}}
    # A client that obeys Retry-After waits for minutes while the caller hears nothing.
    headers = {"x-request-id": "req_1", **({"Retry-After": "100"} if status == 429 else {})}
    return web.json_response(body, status=status, headers=headers)
