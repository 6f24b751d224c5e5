"""A caller made of software: signs the webhook and opens the media socket as Twilio would.

It has a voice of its own (the local synthesizer through 8 kHz mulaw), a playout buffer that
returns marks when their audio has really been played, and ears: the transcript in the database.
Used by `make demo-call` and by the tests; it knows nothing of the session's insides.
"""

import asyncio
import json
import re
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from xml.etree import ElementTree

from django.conf import settings
from django.urls import reverse
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from voice.carriers import twilio
from voice.database import in_database
from voice.models import Call, Turn
from voice.ports import Synthesizer

FRAME = 160  # bytes of mulaw: 20 ms
FRAME_SECONDS = 0.02
SILENCE = b"\xff" * FRAME
QUIETEST = 0x5F  # mulaw magnitudes count down: this is about -40 dB


@dataclass(frozen=True, slots=True)
class Script:
    """What the caller says: an opening, then an answer to whatever is asked.

    answers are (pattern in the desk's words, reply), each used once; the first that fits wins.
    """

    name: str
    number: str  # E.164
    opening: str
    answers: tuple[tuple[str, str], ...]
    interrupt: tuple[int, str] | None = (
        None  # (index of an own line, what is said 1.2 s into the reply to it)
    )
    hangs_up_in: int | None = None  # cuts this own line (from 0) in the middle and hangs up


class Refused(Exception):
    """The webhook or the socket did not let the call in."""


class Stuck(Exception):
    """The script has no answer to what the desk said."""


@dataclass(slots=True)
class Caller:
    """One simulated call. `await Caller(script, voice).call()` returns when it is over."""

    script: Script
    voice: Synthesizer
    to: str
    base_url: str = ""
    sid: str = field(default_factory=lambda: "CA" + secrets.token_hex(16))
    answered_after: list[float] = field(default_factory=list)  # seconds: own last word → desk's first sound
    clears: int = 0
    _stream_sid: str = ""
    _speech: deque[bytes] = field(default_factory=deque)
    _buffer: deque[bytes | str] = field(default_factory=deque)
    _said_at: float | None = None
    _quiet: asyncio.Event = field(default_factory=asyncio.Event)
    _desk_talks: asyncio.Event = field(default_factory=asyncio.Event)

    async def call(self, *, limit_seconds: float = 180.0) -> None:
        """Hold the whole call. Raises Refused, Stuck, or TimeoutError after limit_seconds."""
        async with asyncio.timeout(limit_seconds):
            url, token = await asyncio.to_thread(self._ring)
            signature = twilio.sign_socket(urllib.parse.urlparse(url).path)
            async with connect(
                url, max_size=2**20, additional_headers={"X-Twilio-Signature": signature}
            ) as socket:
                await self._send_start(socket, token)
                await self._hold(socket)

    # --- the carrier's part ---------------------------------------------------------------

    def _ring(self) -> tuple[str, str]:
        """Post the signed webhook; return the stream's address and token."""
        path = reverse("inbound-call")
        fields = {
            "CallSid": self.sid,
            "AccountSid": "AC" + "0" * 32,
            "From": self.script.number,
            "To": self.to,
            "CallStatus": "ringing",
            "Direction": "inbound",
            "ApiVersion": "2010-04-01",
        }
        request = urllib.request.Request(  # noqa: S310  our own server
            (self.base_url or settings.PUBLIC_BASE_URL) + path,
            data=urllib.parse.urlencode(fields).encode(),
            headers={"X-Twilio-Signature": twilio.sign(path, fields)},
        )
        try:
            with urllib.request.urlopen(request, timeout=15) as response:  # noqa: S310
                twiml = response.read()
        except urllib.error.HTTPError as error:
            raise Refused(f"The webhook answered {error.code}.") from error
        stream = ElementTree.fromstring(twiml).find("Connect/Stream")  # noqa: S314  our own server's answer
        parameter = stream.find("Parameter") if stream is not None else None
        if stream is None or parameter is None:
            raise Refused(f"The webhook opened no stream: {twiml.decode()}")
        url = stream.get("url", "")
        if self.base_url:
            url = "ws" + self.base_url.removeprefix("http") + urllib.parse.urlparse(url).path
        return url, parameter.get("value", "")

    async def _send_start(self, socket: ClientConnection, token: str) -> None:
        stream_sid = "MZ" + secrets.token_hex(16)
        await socket.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
        await socket.send(
            json.dumps(
                {
                    "event": "start",
                    "sequenceNumber": "1",
                    "streamSid": stream_sid,
                    "start": {
                        "accountSid": "AC" + "0" * 32,
                        "callSid": self.sid,
                        "streamSid": stream_sid,
                        "tracks": ["inbound"],
                        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                        "customParameters": {"token": token},
                    },
                }
            )
        )
        self._stream_sid = stream_sid

    async def _hold(self, socket: ClientConnection) -> None:
        jobs = [
            asyncio.create_task(job)
            for job in (self._listen(socket), self._tick(socket), self._converse(socket))
        ]
        try:
            # The desk hangs up (listen ends), or we do (converse ends).
            done, _ = await asyncio.wait({jobs[0], jobs[2]}, return_when=asyncio.FIRST_COMPLETED)
            if jobs[0] not in done:
                await socket.close()
                await jobs[0]
            for job in done:
                job.result()
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)

    async def _listen(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for text in socket:
                message = json.loads(text)
                match message["event"]:
                    case "media":
                        self._hear(b64decode(message["media"]["payload"]))
                    case "mark":
                        self._buffer.append(message["mark"]["name"])
                    case "clear":
                        self.clears += 1
                        marks = [item for item in self._buffer if isinstance(item, str)]
                        self._buffer.clear()
                        for name in marks:
                            await self._return_mark(socket, name)

    def _hear(self, mulaw: bytes) -> None:
        if self._said_at is not None:
            self.answered_after.append(time.monotonic() - self._said_at)
            self._said_at = None
        self._quiet.clear()
        self._desk_talks.set()
        for offset in range(0, len(mulaw), FRAME):
            self._buffer.append(mulaw[offset : offset + FRAME])

    async def _tick(self, socket: ClientConnection) -> None:
        """The clock of the line: every 20 ms one frame out, one frame played."""
        next_at, chunk = time.monotonic(), 0
        with suppress(ConnectionClosed):
            while True:
                chunk += 1
                await self._send_frame(socket, chunk)
                await self._play_frame(socket)
                next_at += FRAME_SECONDS
                await asyncio.sleep(max(0.0, next_at - time.monotonic()))

    async def _send_frame(self, socket: ClientConnection, chunk: int) -> None:
        frame = self._speech.popleft() if self._speech else SILENCE
        media = {
            "track": "inbound",
            "chunk": str(chunk),
            "timestamp": str(chunk * 20),
            "payload": b64encode(frame).decode(),
        }
        await self._send(socket, {"event": "media", "sequenceNumber": str(chunk + 1), "media": media})

    async def _play_frame(self, socket: ClientConnection) -> None:
        if self._buffer and isinstance(self._buffer[0], bytes):
            self._buffer.popleft()
        while self._buffer and isinstance(self._buffer[0], str):
            await self._return_mark(socket, str(self._buffer.popleft()))
        if not self._buffer:
            self._desk_talks.clear()
            self._quiet.set()

    async def _return_mark(self, socket: ClientConnection, name: str) -> None:
        await self._send(socket, {"event": "mark", "mark": {"name": name}})

    async def _send(self, socket: ClientConnection, message: dict[str, object]) -> None:
        await socket.send(json.dumps({"streamSid": self._stream_sid, **message}))

    # --- the person's part ----------------------------------------------------------------

    async def _converse(self, socket: ClientConnection) -> None:
        """Say the opening, then answer whatever the desk asks, until someone hangs up."""
        lines = [self.script.opening]
        used: set[int] = set()
        seen = 0
        for spoken in range(30):
            seen, heard = await self._next_desk_turn(seen)
            if re.search(r"goodbye", heard, re.IGNORECASE):
                await asyncio.Event().wait()  # the desk hangs up
            if spoken:
                lines.append(self._answer(heard, used))
            if self.script.hangs_up_in == spoken:
                await self._speak(lines[spoken], share=0.5)
                return
            await self._speak(lines[spoken])
            if self.script.interrupt and self.script.interrupt[0] == spoken:
                await self._desk_talks.wait()
                await asyncio.sleep(1.2)
                await self._speak(self.script.interrupt[1])
                seen += 1  # the turn that was cut off needs no answer
        raise Stuck("the conversation did not come to an end")

    def _answer(self, heard: str, used: set[int]) -> str:
        for index, (pattern, reply) in enumerate(self.script.answers):
            if index not in used and re.search(pattern, heard, re.IGNORECASE):
                used.add(index)
                return reply
        raise Stuck(f"the caller had no answer to: {heard}")

    async def _speak(self, text: str, *, share: float = 1.0) -> None:
        """Say text (or its first share), and wait until the last frame is on the line."""
        mulaw = b"".join([piece async for piece in self.voice.speak(text)])
        mulaw = _without_trailing_silence(mulaw[: int(len(mulaw) * share)])
        self._speech.extend(
            mulaw[offset : offset + FRAME] for offset in range(0, len(mulaw) - FRAME + 1, FRAME)
        )
        while self._speech:
            await asyncio.sleep(FRAME_SECONDS)
        self._said_at = time.monotonic()

    async def _next_desk_turn(self, seen: int) -> tuple[int, str]:
        """Wait for the desk's next finished turn: (how many there are now, its words)."""

        def read() -> list[str]:
            turns = Turn.objects.filter(call__sid=self.sid, speaker=Turn.Speaker.DESK).exclude(text="")
            return list(turns.order_by("number").values_list("text", flat=True))

        while len(texts := await in_database(read)) <= seen:
            await asyncio.sleep(0.1)
        await self._quiet.wait()
        return len(texts), texts[-1]


def _without_trailing_silence(mulaw: bytes) -> bytes:
    """Cut at the last audible sample, so that answer times count from the last word."""
    audible = (index for index in range(len(mulaw) - 1, -1, -1) if mulaw[index] & 0x7F < QUIETEST)
    return mulaw[: next(audible, -1) + 1]


async def wait_for_the_end(sid: str, *, limit_seconds: float = 5.0) -> Call:
    """The call's row once it is finished. Raises TimeoutError."""

    def read() -> Call | None:
        return Call.objects.filter(sid=sid, ended_at__isnull=False).first()

    return await _until(lambda: in_database(read), limit_seconds)


async def _until(probe: Callable[[], Awaitable[Call | None]], limit_seconds: float) -> Call:
    async with asyncio.timeout(limit_seconds):
        while (found := await probe()) is None:
            await asyncio.sleep(0.05)
        return found
