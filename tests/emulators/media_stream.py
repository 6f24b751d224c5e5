"""Twilio's end of one Media Streams socket: frames out, playout on a clock, marks and clear.

await stream.say("I need an oil change.")    until its last frame is on the line
await stream.hears("goodbye")                until the caller has really heard it
stream.heard, stream.words, stream.marks     what reached the caller's ear, and when
"""

import asyncio
import json
import re
import secrets
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import ClientWebSocketResponse, WSMsgType

from tests.emulators.base import Lost
from tests.emulators.playback import FRAME, SILENCE, Playback
from tests.emulators.speech import Words, utter
from tests.emulators.wire import Wire

if TYPE_CHECKING:
    from tests.emulators.twilio import Twilio

FRAME_SECONDS = 0.02
SILENT_FRAME = b64encode(SILENCE * FRAME).decode()
FIELDS = {"media": {"payload"}, "mark": {"name"}}


@dataclass(frozen=True, slots=True)
class Returned:
    """A mark that went back to the desk; was_played: the caller heard everything before it."""

    name: str
    at: float
    was_played: bool


@dataclass(slots=True, eq=False)
class Stream:
    """One stream. Times are seconds of the line's clock since it began."""

    twilio: "Twilio"
    account_sid: str
    call_sid: str
    parameters: dict[str, str]
    sid: str = field(default_factory=lambda: "MZ" + secrets.token_hex(16))
    heard: bytearray = field(default_factory=bytearray)  # mulaw from the beginning, with its silences
    spoken: bytearray = field(default_factory=bytearray)  # what the caller's side sent
    words: list[tuple[float, str]] = field(default_factory=list)
    marks: list[Returned] = field(default_factory=list)
    clears: list[float] = field(default_factory=list)
    arrivals: list[tuple[float, int]] = field(default_factory=list)  # (time, bytes) of each media message
    rejected: list[str] = field(default_factory=list)  # what Twilio would warn about
    close_code: int | None = None  # of the desk
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    playback: Playback = field(default_factory=Playback)
    began: float = 0.0  # on the line's clock
    _to_say: deque[bytes] = field(default_factory=deque)
    _wire: Wire | None = None
    _sequence: int = 0
    _chunk: int = 0
    _words: Words = field(default_factory=Words)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    # --- the caller's part ----------------------------------------------------------------

    def queue(self, sound: str | bytes) -> None:
        """Put words, or mulaw, on the line, frame by frame behind what waits already."""
        mulaw = utter(sound) if isinstance(sound, str) else sound
        padded = mulaw + SILENCE * (-len(mulaw) % FRAME)
        self._to_say.extend(padded[at : at + FRAME] for at in range(0, len(padded), FRAME))

    async def say(self, sound: str | bytes) -> None:
        """The same, until the last frame is on the line."""
        self.queue(sound)
        await self.until(lambda: not self._to_say, within=None)

    async def press(self, digit: str) -> None:
        await self._send("dtmf", {"track": "inbound_track", "digit": digit})

    async def hears(self, pattern: str, *, within: float = 20.0, after: int = 0) -> str:
        """Wait until the words heard so far, from number after on, match; return them."""
        await self.until(lambda: bool(re.search(pattern, self.text(after), re.IGNORECASE)), within)
        return self.text(after)

    def text(self, after: int = 0) -> str:
        return " ".join(word for _, word in self.words[after:])

    async def until(self, condition: Callable[[], bool], within: float | None = 5.0) -> None:
        """Wait for what a message or the clock makes true. Raises Lost when the stream is over."""
        async with asyncio.timeout(within):
            while not condition():
                if self.is_over:
                    raise Lost(f"the stream ended first: {self.text()}")
                await self._news.wait()

    @property
    def is_open(self) -> bool:
        return self._wire is not None and not self.is_over

    @property
    def is_over(self) -> bool:
        return self.close_code is not None

    @property
    def now(self) -> float:
        return self.twilio.clock.now() - self.began

    async def send_raw(self, text: str) -> None:
        """Whatever a broken or hostile other side might say."""
        await self._open_wire().socket.send_str(text)

    def drop(self) -> None:
        """Lose the connection without a stop, as when a data centre does."""
        self._open_wire().abort()

    # --- the carrier's part ---------------------------------------------------------------

    async def run(self, socket: ClientWebSocketResponse) -> None:
        """Stream until the desk closes the socket. Cancelling sends stop, as a hang-up does."""
        fault = self.twilio.next_fault("stream")
        abort = socket._response.connection.transport.abort  # type: ignore[union-attr]
        try:
            async with Wire(self.twilio, "stream", socket, abort, fault) as self._wire:
                await self._begin()
                ticking = asyncio.create_task(self._tick())
                try:
                    while True:
                        await self._take()
                except asyncio.CancelledError:
                    with suppress(Lost, ConnectionError):
                        await self._stop()
                    raise
                finally:
                    ticking.cancel()
                    await asyncio.wait([ticking])
        except (Lost, ConnectionError):
            pass
        finally:
            self.close_code = socket.close_code or 1006
            self.begun.set()
            self._tell()

    async def _begin(self) -> None:
        wire = self._open_wire()
        self.began = self.twilio.clock.now()
        await wire.send({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        start = {
            "accountSid": self.account_sid,
            "callSid": self.call_sid,
            "streamSid": self.sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": self.parameters,
        }
        await self._send("start", start)
        self.begun.set()

    async def _stop(self) -> None:
        wire = self._open_wire()
        if wire.fault and wire.fault.kind == "stall":
            wire.abort()
            return
        await self._send("stop", {"accountSid": self.account_sid, "callSid": self.call_sid})
        await wire.close()

    async def _tick(self) -> None:
        """The clock of the line: every 20 ms one frame out, one frame played."""
        with suppress(Lost, ConnectionError):
            while True:
                self._chunk += 1
                await self.twilio.clock.sleep_until(self.began + self._chunk * FRAME_SECONDS)
                await self._send_frame()
                await self._play_frame()

    async def _send_frame(self) -> None:
        frame = self._to_say.popleft() if self._to_say else b""
        media = {
            "track": "inbound",
            "chunk": str(self._chunk),
            "timestamp": str(self._chunk * 20),
            "payload": b64encode(frame).decode() if frame else SILENT_FRAME,
        }
        await self._send("media", media)
        if self.twilio.keeps_audio:
            self.spoken += frame or SILENCE * FRAME
        if frame and not self._to_say:
            self._tell()

    async def _play_frame(self) -> None:
        was_playing = self.playback.buffered > 0
        audio, marks = self.playback.play()
        if self.twilio.keeps_audio:
            self.heard += audio
        if was_playing:
            self.words += [(self.now, word) for word in self._words.feed(audio)]
        for name in marks:
            await self._return(name, was_played=True)
        if was_playing:
            self._tell()

    async def _return(self, name: str, *, was_played: bool) -> None:
        await self._send("mark", {"name": name})
        self.marks.append(Returned(name, self.now, was_played))
        self._tell()

    async def _take(self) -> None:
        message = await self._open_wire().receive()
        complaint = "not text"
        if message.type == WSMsgType.TEXT:
            complaint, content = _read(message.data, self.sid)
        if complaint:
            # Twilio warns once in a stream and drops each such message.
            self.twilio.warn("31951" if message.type == WSMsgType.TEXT else "31924", complaint, once=self.sid)
            self.rejected.append(complaint)
            return
        self.twilio.counts[content["event"]] += 1
        match content["event"]:
            case "media":
                mulaw = b64decode(content["media"]["payload"])
                self.arrivals.append((self.now, len(mulaw)))
                self.playback.add(mulaw)
            case "mark":
                for name in self.playback.mark(content["mark"]["name"]):
                    await self._return(name, was_played=True)
            case "clear":
                self.clears.append(self.now)
                for name in self.playback.clear():
                    await self._return(name, was_played=False)
        self._tell()
        self.twilio.tell()

    async def _send(self, event: str, content: dict[str, Any]) -> None:
        self._sequence += 1
        await self._open_wire().send(
            {"event": event, "sequenceNumber": str(self._sequence), "streamSid": self.sid, event: content}
        )

    def _open_wire(self) -> Wire:
        if self._wire is None:
            raise Lost("the stream has not begun")
        return self._wire

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


def _read(text: str, stream_sid: str) -> tuple[str, dict[str, Any]]:
    """(why Twilio would not take this message or "", the message)."""
    try:
        message = json.loads(text)
    except ValueError:
        return "bad JSON", {}
    if not isinstance(message, dict):
        return "no object", {}
    event = message.get("event")
    if event not in ("media", "mark", "clear"):
        return f"unknown event {event}", message
    wanted = {"event", "streamSid"} if event == "clear" else {"event", "streamSid", event}
    if set(message) != wanted:
        return f"fields of {event}: {sorted(message)}", message
    if message["streamSid"] != stream_sid:
        return "wrong streamSid", message
    if event != "clear" and (not isinstance(message[event], dict) or set(message[event]) != FIELDS[event]):
        return f"content of {event}", message
    if event == "media":
        try:
            b64decode(message["media"]["payload"], validate=True)
        except (ValueError, TypeError):
            return "payload is no base64", message
    return "", message
