"""Deepgram on loopback: listen v1 (scripted recognition) and speak v1 (quiet tones).

Faults know the places "listen" and "speak".
"""

import asyncio
import json
import math
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.emulators.base import Emulator, Fault, Lost, drop
from tests.emulators.ear import Ear, Said

BYTES_PER_CHARACTER = 480  # 60 ms of mulaw
ODD_CHUNK = 1001  # never a multiple of a phone frame
FLUSHES_PER_MINUTE = 20


def quiet_tone(text: str) -> bytes:
    """mulaw, 8 kHz: 60 ms of a soft 400 Hz tone for each character."""
    period = bytes(_mulaw(int(500 * math.sin(2 * math.pi * place / 20))) for place in range(20))
    return period * (len(text) * BYTES_PER_CHARACTER // len(period))


def _mulaw(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    biased = min(abs(sample), 32635) + 0x84
    exponent = biased.bit_length() - 8
    return ~(sign | exponent << 4 | biased >> exponent + 3 & 0x0F) & 0xFF


@dataclass(slots=True)
class Deepgram(Emulator):
    """sentences is what callers will say, one for each stretch of voice. pause_ms: the silence
    that ends a sentence, when the client's endpointing is too short for the audio played."""

    sentences: Iterable[str | Said] = ()
    pause_ms: int | None = None
    idle_seconds: float = 10.0
    key: str = ""  # "" accepts any
    render: Callable[[str], bytes] = quiet_tone
    audio_after_clear: int = 2  # chunks that were already on the wire
    script: list[Said] = field(default_factory=list)
    audio_bytes: int = 0  # heard on all listen sockets

    def __post_init__(self) -> None:
        self.say(*self.sentences)

    def say(self, *sentences: str | Said) -> None:
        """Add what callers will say next."""
        self.script += [Said(entry) if isinstance(entry, str) else entry for entry in sentences]

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/listen", self.listen), web.get("/v1/speak", self.speak)]

    async def listen(self, request: web.Request) -> web.StreamResponse:
        fault = await self.record("listen", request)
        if refusal := await self._refusal(request, fault, _listen_complaint(request.query)):
            return refusal
        wire = await self._accept(request, fault)
        with suppress(Lost, ConnectionError):
            await self._listen_to(wire, Ear(self.script, **self._ear_options(request)))
        return await self._end(wire)

    async def speak(self, request: web.Request) -> web.StreamResponse:
        fault = await self.record("speak", request)
        if refusal := await self._refusal(request, fault, _speak_complaint(request.query)):
            return refusal
        wire = await self._accept(request, fault)
        with suppress(Lost, ConnectionError):
            await _Voice(self, wire).serve()
        return await self._end(wire)

    async def _refusal(
        self, request: web.Request, fault: Fault | None, complaint: str
    ) -> web.StreamResponse | None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if fault and fault.kind == "refuse":
            return _error(fault.status, fault.code)
        if scheme.lower() not in ("token", "bearer") or not key or self.key not in ("", key):
            return _error(401, "INVALID_AUTH")
        if complaint:
            return _error(400, complaint)
        if fault and fault.kind == "stall" and fault.after == 0:
            await self.stall()
            return _error(503, "CLOSING")
        return None

    async def _accept(self, request: web.Request, fault: Fault | None) -> "Wire":
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        self.open_connections += 1
        return Wire(self, request, socket, fault)

    async def _end(self, wire: "Wire") -> web.WebSocketResponse:
        self.open_connections -= 1
        await self.tell()
        return wire.socket

    def _ear_options(self, request: web.Request) -> dict[str, Any]:
        query = request.query
        return {
            "endpointing_ms": self.pause_ms or int(query.get("endpointing", "10")),
            "utterance_end_ms": int(query.get("utterance_end_ms", "1000000")),
            "interim": query.get("interim_results") == "true",
            "vad_events": query.get("vad_events") == "true",
        }

    async def _listen_to(self, wire: "Wire", ear: Ear) -> None:
        while True:
            try:
                message = await wire.socket.receive(timeout=self.idle_seconds)
            except TimeoutError:
                await wire.socket.close(code=1011, message=b"NET-0001")
                raise Lost from None
            if message.type == WSMsgType.BINARY and message.data:
                self.audio_bytes += len(message.data)
                await self.tell()
                for answer in ear.feed(message.data):
                    await wire.send(answer)
            elif message.type in (WSMsgType.BINARY, WSMsgType.TEXT):
                await self._obey(message.data or '{"type":"CloseStream"}', wire, ear)
            else:
                raise Lost

    async def _obey(self, text: str, wire: "Wire", ear: Ear) -> None:
        kind = await wire.command(text)
        if kind in ("Finalize", "CloseStream"):
            for answer in ear.finalize():
                await wire.send(answer)
        if kind == "CloseStream":
            await wire.send(ear.metadata())
            await wire.socket.close()
            raise Lost


@dataclass(slots=True)
class Wire:
    """One socket, with what goes wrong on it."""

    emulator: Deepgram
    request: web.Request
    socket: web.WebSocketResponse
    fault: Fault | None
    sent: int = 0

    async def send(self, message: dict[str, Any] | bytes) -> None:
        if self.fault is not None and self.sent >= self.fault.after:
            await self._suffer(self.fault)
        self.sent += 1
        if isinstance(message, bytes):
            await self.socket.send_bytes(message)
        else:
            await self.socket.send_str(json.dumps(message))

    async def command(self, text: str) -> str:
        """Note a client's text message and return its type. Nonsense ends the socket with 1008."""
        try:
            message = json.loads(text)
            kind = message["type"]
        except (ValueError, KeyError, TypeError):
            await self.socket.close(code=1008, message=b"DATA-0000")
            raise Lost from None
        await self.emulator.note(kind, message)
        return str(kind)

    async def _suffer(self, fault: Fault) -> None:
        match fault.kind:
            case "slow":
                await asyncio.sleep(fault.seconds)
            case "stall":
                await self.emulator.stall()
                raise Lost
            case "drop":
                drop(self.request)
            case "cut":
                await self.socket.close()
                raise Lost
            case "error":
                report = {"type": "Error", "variant": fault.code, "code": fault.code, "description": "-"}
                await self.socket.send_str(json.dumps(report))
            case "garbage":
                for nonsense in ('{"type":"Weather","sky":"grey"}', "{not json", '{"type":"Results"}', "[]"):
                    await self.socket.send_str(nonsense)


@dataclass(slots=True)
class _Voice:
    """One speak socket: text gathers until Flush, then sounds."""

    emulator: Deepgram
    wire: Wire
    text: str = ""
    flushes: int = 0
    flushed_at: deque[float] = field(default_factory=deque)
    sounding: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        await self.wire.send(
            {
                "type": "Metadata",
                "request_id": "emulated",
                "model_name": self.wire.request.query.get("model", ""),
                "model_version": "1",
                "model_uuid": "emulated",
            }
        )
        try:
            async for message in self.wire.socket:
                if message.type == WSMsgType.TEXT:
                    await self._obey(message.data)
        finally:
            await self._hush()

    async def _obey(self, data: str) -> None:
        kind = await self.wire.command(data)
        if kind == "Speak":
            self.text += self.emulator.messages[-1][1]["text"]
        elif kind == "Flush":
            await self._flush()
        elif kind == "Clear":
            await self._clear()
        elif kind == "Close":
            await self._hush()
            await self.wire.socket.close()
            raise Lost

    async def _flush(self) -> None:
        now = asyncio.get_running_loop().time()
        while self.flushed_at and now - self.flushed_at[0] > 60:
            self.flushed_at.popleft()
        if len(self.flushed_at) >= FLUSHES_PER_MINUTE:
            await self.wire.send({"type": "Warning", "description": "-", "code": "FLUSH_LIMIT"})
            return
        self.flushed_at.append(now)
        before, text, self.text = self.sounding, self.text, ""
        self.sounding = asyncio.create_task(self._sound(text, self.flushes, before))
        self.flushes += 1

    async def _sound(self, text: str, sequence: int, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        audio = self.emulator.render(text)
        with suppress(Lost, ConnectionError):
            for at in range(0, len(audio), ODD_CHUNK):
                await self.wire.send(audio[at : at + ODD_CHUNK])
                await asyncio.sleep(0)
            await self.wire.send({"type": "Flushed", "sequence_id": sequence})

    async def _clear(self) -> None:
        await self._hush()
        self.text = ""
        for _ in range(self.emulator.audio_after_clear):
            await self.wire.send(b"\x00" * ODD_CHUNK)
        await self.wire.send({"type": "Cleared", "sequence_id": self.flushes})

    async def _hush(self) -> None:
        if self.sounding is not None:
            self.sounding.cancel()
            await asyncio.wait([self.sounding])


def _error(status: int, code: str) -> web.Response:
    body = {"err_code": code, "err_msg": "refused", "request_id": "emulated"}
    return web.json_response(body, status=status, headers={"dg-error": code})


def _listen_complaint(query: Any) -> str:
    if query.get("encoding") != "mulaw" or query.get("sample_rate") != "8000":
        return "BAD_ENCODING"
    if "keyterm" in query and not query.get("model", "").startswith("nova-3"):
        return "BAD_KEYTERM"
    if any(name in query for name in ("eot_threshold", "eager_eot_threshold", "eot_timeout_ms")):
        return "BAD_OPTION"
    if "utterance_end_ms" in query:
        is_allowed = query.get("interim_results") == "true" and int(query["utterance_end_ms"]) >= 1000
        return "" if is_allowed else "BAD_UTTERANCE_END"
    return ""


def _speak_complaint(query: Any) -> str:
    return "" if query.get("encoding") == "mulaw" and query.get("sample_rate") == "8000" else "BAD_ENCODING"
