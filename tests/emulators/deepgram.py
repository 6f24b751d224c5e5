"""Deepgram on loopback: listen v1 (Nova), listen v2 (Flux) and speak v1.

    deepgram.say("I need an oil change.")            what the newest connection will hear, one
    deepgram.say("Yes.", at=3)                       sentence a voice; at: the third connection
    audio = utter("I need an oil change.")           or audio that tells its words itself (speech.py)

Faults know the places "listen" (both versions) and "speak".
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from aiohttp import WSMsgType, web

from tests.emulators import base
from tests.emulators.base import Emulator, Fault, Lost
from tests.emulators.deepgram_voice import Voice, carried_tone
from tests.emulators.ear import Ear, Said
from tests.emulators.flux import FluxEar, thresholds_complaint
from tests.emulators.nova import NovaEar
from tests.emulators.wire import Wire

Query = Mapping[str, str]
Serve = Callable[[Wire], Awaitable[None]]

FLUX_OPTIONS = {
    "model", "encoding", "sample_rate", "eot_threshold", "eager_eot_threshold", "eot_timeout_ms", "keyterm",
    "language_hint", "numerals", "redact", "profanity_filter", "mip_opt_out", "tag",
}  # fmt: skip
FLUX_ONLY = ("eot_threshold", "eager_eot_threshold", "eot_timeout_ms")


@dataclass(slots=True)
class Deepgram(Emulator):
    """sentences: what every connection's caller will say, one for each stretch of voice. pause_ms: the
    silence that ends a sentence, when the client's endpointing is too short for the audio played.
    result_seconds, first_audio_seconds: how long the provider takes, without holding anything up."""

    sentences: Iterable[str | Said] = ()
    pause_ms: int | None = None
    segment_ms: int = 5000
    idle_seconds: float = 10.0
    key: str = ""  # "" accepts any
    result_seconds: float = 0.0
    first_audio_seconds: float = 0.0
    render: Callable[[str], bytes] = carried_tone
    audio_after_clear: int = 2  # chunks that were already on the wire
    ears: list[Ear] = field(default_factory=list)  # of all listen connections, in order
    audio_bytes: int = 0  # heard on all listen sockets
    _to_come: list[str | Said] = field(default_factory=list)  # said before anybody listened

    def say(self, *sentences: str | Said, at: int | None = None) -> None:
        """What the newest connection hears next, or the first one if there is none yet."""
        if at is None and not self.ears:
            self._to_come += sentences
            return
        self.ears[-1 if at is None else at].script += _script(sentences)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/listen", self.listen),
            web.get("/v2/listen", self.listen_with_flux),
            web.get("/v1/speak", self.speak),
        ]

    async def listen(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(
            request, "listen", _nova_complaint, lambda wire: self.hear(wire, self._nova(request.query))
        )

    async def listen_with_flux(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(
            request, "listen", _flux_complaint, lambda wire: self.hear(wire, self._flux(request.query))
        )

    async def speak(self, request: web.Request) -> web.StreamResponse:
        model = request.query.get("model", "")
        return await self._serve(
            request, "speak", _speak_complaint, lambda wire: Voice(self, wire, model).serve()
        )

    async def sound_of(self, text: str) -> bytes:
        return self.render(text)

    # --- connecting -----------------------------------------------------------------------

    async def _serve(
        self, request: web.Request, where: str, complain: Callable[[Query], str], serve: Serve
    ) -> web.StreamResponse:
        fault = self.record(where, request)
        if refusal := await self._refusal(request, fault, complain(request.query)):
            return refusal
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        wire = Wire(self, where, socket, partial(base.abort, request), fault)
        wire.latency = self.result_seconds if where == "listen" else 0.0
        with suppress(Lost, ConnectionError):
            async with wire:
                await serve(wire)
        return socket

    async def _refusal(
        self, request: web.Request, fault: Fault | None, complaint: str
    ) -> web.StreamResponse | None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if fault and fault.kind == "refuse":
            if fault.status == 0:
                base.drop(request)
            return _error(fault.status, fault.code or _USUAL.get(fault.status, "INTERNAL"))
        if scheme.lower() not in ("token", "bearer") or not key or self.key not in ("", key):
            return _error(401, "INVALID_AUTH")
        if complaint:
            return _error(400, complaint)
        if fault and fault.kind == "stall" and fault.after == 0:
            await self.stall()
            return _error(503, "CLOSING")
        return None

    # --- hearing --------------------------------------------------------------------------

    async def hear(self, wire: Wire, ear: Ear) -> None:
        ear.script += _script([*self.sentences, *self._to_come])
        self._to_come.clear()
        self.ears.append(ear)
        for message in ear.opening():
            await wire.send(message)
        await self.listen_to(wire, ear)

    def _nova(self, query: Query) -> NovaEar:
        endpointing = query.get("endpointing", "10")
        end_ms = query.get("utterance_end_ms")
        return NovaEar(
            endpointing_ms=None if endpointing == "false" else self.pause_ms or int(endpointing),
            utterance_end_ms=int(end_ms) if end_ms else None,
            interim=query.get("interim_results") == "true",
            vad_events=query.get("vad_events") == "true",
            model=query["model"],
            segment_ms=self.segment_ms,
        )

    def _flux(self, query: Query) -> FluxEar:
        eager = query.get("eager_eot_threshold")
        return FluxEar(
            eot_threshold=float(query.get("eot_threshold", "0.7")),
            eager_eot_threshold=float(eager) if eager else None,
            eot_timeout_ms=int(query.get("eot_timeout_ms", "5000")),
        )

    async def listen_to(self, wire: Wire, ear: Ear) -> None:
        while True:
            try:
                async with asyncio.timeout(self.idle_seconds):
                    message = await self._audio_or_sign_of_life(wire, ear)
            except TimeoutError:
                await wire.close(1011, "NET-0001")
            if not message:  # an empty frame ends the stream, as CloseStream does
                await self._end(wire, ear)
            if message == b"KeepAlive":
                continue
            self.audio_bytes += len(message)
            self.tell()
            for answer in ear.feed(message):
                await wire.send(answer)

    async def _audio_or_sign_of_life(self, wire: Wire, ear: Ear) -> bytes:
        """The next audio, obeying messages before it; they do not count as a sign of life."""
        while True:
            message = await wire.receive()
            if message.type == WSMsgType.BINARY:
                if message.data.startswith(b'{"type"'):
                    await wire.close(1008, "DATA-0000")
                return bytes(message.data)
            if await self._obey(message.data, wire, ear) == "KeepAlive":
                return b"KeepAlive"

    async def _obey(self, text: str, wire: Wire, ear: Ear) -> str:
        kind, command = await wire.command(text)
        if kind == "CloseStream":
            await self._end(wire, ear)
        answers = ear.obey(kind, command)
        if answers is None:
            if isinstance(ear, FluxEar):
                await wire.send(ear.error("UNPARSABLE_CLIENT_MESSAGE"))
            await wire.close(1008, "DATA-0000")
        for answer in answers or ():
            await wire.send(answer)
        return kind

    async def _end(self, wire: Wire, ear: Ear) -> None:
        await ear.finish()
        for answer in ear.close():
            await wire.send(answer)
        if isinstance(ear, NovaEar):
            await wire.send(ear.metadata())
        await wire.close()


_USUAL = {400: "BAD_REQUEST", 401: "INVALID_AUTH", 402: "PAYMENT_REQUIRED", 403: "FORBIDDEN", 429: "TOO_MANY"}


def _error(status: int, code: str) -> web.Response:
    body = {"err_code": code, "err_msg": "refused", "request_id": "emulated"}
    return web.json_response(body, status=status, headers={"dg-error": code, "dg-request-id": "emulated"})


def _script(sentences: Iterable[str | Said]) -> list[Said]:
    return [Said(entry) if isinstance(entry, str) else entry for entry in sentences]


def _nova_complaint(query: Query) -> str:
    model = query.get("model", "")
    if not model or model.startswith("flux"):
        return "BAD_MODEL"
    if not _is_phone_audio(query):
        return "BAD_ENCODING"
    if "keyterm" in query and not model.startswith("nova-3"):
        return "BAD_KEYTERM"
    if "keywords" in query and model.startswith("nova-3"):
        return "BAD_KEYWORDS"
    if any(name in query for name in FLUX_ONLY):
        return "BAD_OPTION"
    if "utterance_end_ms" in query:
        is_allowed = query.get("interim_results") == "true" and int(query["utterance_end_ms"]) >= 1000
        return "" if is_allowed else "BAD_UTTERANCE_END"
    return ""


def _flux_complaint(query: Query) -> str:
    if not query.get("model", "").startswith("flux-"):
        return "BAD_MODEL"
    if not _is_phone_audio(query):
        return "BAD_ENCODING"
    if unknown := sorted(set(query) - FLUX_OPTIONS):
        return f"BAD_OPTION_{unknown[0].upper()}"
    return thresholds_complaint({name: query[name] for name in FLUX_ONLY if name in query})


def _speak_complaint(query: Query) -> str:
    return "" if _is_phone_audio(query) and "container" not in query else "BAD_ENCODING"


def _is_phone_audio(query: Query) -> bool:
    return query.get("encoding") == "mulaw" and query.get("sample_rate") == "8000"
