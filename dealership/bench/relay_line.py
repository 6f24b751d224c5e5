"""The carrier's end of one media socket for relay.py: frames, playout on a clock, marks and clear."""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from dealership.bench.relay_cloud import BYTES_PER_SECOND, Turn
from dealership.bench.relay_wire import TEXT, Peer, frame, opening
from voice.carriers import twilio

FRAME = 160  # bytes of mulaw: 20 ms
SILENCE = b"\xff" * FRAME
VOICE = (b"\x90" * 20 + b"\x10" * 20) * (FRAME // 40)
MEDIA_PATH = "/ws/media"
ACCOUNT = "AC" + "0" * 32


@dataclass(slots=True)
class Log:
    """What was measured; milliseconds, but greetings in seconds."""

    greetings: list[float] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    clears: list[float] = field(default_factory=list)  # since the recogniser told the onset
    voice_clears: list[float] = field(default_factory=list)  # since the first frame with a voice
    pauses: list[float] = field(default_factory=list)  # the longest within each answer
    late: list[float] = field(default_factory=list)  # how late this side was itself, at each of its ticks
    failures: list[str] = field(default_factory=list)


class Line(Peer):
    """One media socket, with what the carrier has buffered for the caller's ear."""

    is_client = True

    def __init__(self, url: str, sid: str, number: int, log: Log) -> None:
        super().__init__()
        self.sid = sid
        self.number = number
        self.is_voiced = False
        self.is_open = asyncio.Event()
        self.has_sounded = asyncio.Event()
        self.has_answered = asyncio.Event()
        self.is_cleared = asyncio.Event()
        self.clear_at = 0.0
        self.first_frame_at = 0.0
        self._url = url
        self.log = log
        self._turn: Turn | None = None  # waits for its answer
        self._stream = f"MZ{sid[2:]}"
        self._loop = asyncio.get_running_loop()
        self._ends_at = 0.0  # when the last buffered byte will have been played
        self._utterance = ""
        self._gaps: list[float] = []
        self._longest = 0.0
        self._marks: dict[str, asyncio.TimerHandle] = {}
        self._voices = (_media(self._stream, SILENCE), _media(self._stream, VOICE))
        self._first = _media(self._stream, f"{number:08}".encode().ljust(FRAME, b"\xff"))

    # --- towards the desk -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        fields = {"X-Twilio-Signature": twilio.sign_socket(MEDIA_PATH)}
        self.transport.write(opening(self._url.removeprefix("http://"), MEDIA_PATH, fields))

    def start(self, token: str) -> None:
        start = {
            "streamSid": self._stream,
            "callSid": self.sid,
            "accountSid": ACCOUNT,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"token": token},
        }
        self.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}).encode())
        self._event("start", start)
        self.transport.write(self._first)

    def push(self) -> None:
        """The next 20 ms of the caller's line."""
        if not self.is_lost:
            self.transport.write(self._voices[self.is_voiced])

    def expect(self, turn: Turn) -> None:
        """The next audio is the answer to this turn."""
        self._turn = turn
        self.has_answered.clear()

    def stop(self) -> None:
        self._event("stop", {"accountSid": ACCOUNT, "callSid": self.sid})
        for timer in self._marks.values():
            timer.cancel()
        self.leave()

    # --- from the desk ----------------------------------------------------------------------

    def head(self, head: bytes, body: bytes) -> bytes | None:
        if b" 101 " not in head:
            self.transport.close()
            return None
        self.is_socket = True
        self.is_open.set()
        return body

    def message(self, opcode: int, payload: bytes) -> None:
        now = self._loop.time()
        message = json.loads(payload)
        match message["event"]:
            case "media":
                self._hear(now, len(message["media"]["payload"]) * 3 // 4)
            case "mark":
                self._mark(message["mark"]["name"])
            case "clear":
                self.clear_at = now
                self._clear(now)
                self.is_cleared.set()

    def lost(self) -> None:
        for event in (self.is_open, self.has_sounded, self.has_answered, self.is_cleared):
            event.set()

    def _hear(self, now: float, size: int) -> None:
        self.first_frame_at = self.first_frame_at or now
        self.has_sounded.set()
        if self._turn is not None:
            self._turn.heard_at, self._turn = now, None
            self.has_answered.set()
        self._gaps.append(max(0.0, now - self._ends_at))
        self._ends_at = max(now, self._ends_at) + size / BYTES_PER_SECOND

    def _mark(self, name: str) -> None:
        """Marks are named after their answer and what was sent of it since it began or went on."""
        utterance = name.rpartition("-")[0]
        if utterance != self._utterance:
            self._end_utterance()
            self._utterance = utterance
            self._gaps = self._gaps[1:]  # silence before an answer is none in it
        self._longest = max(self._longest, *self._gaps, 0.0)
        self._gaps.clear()
        self._marks[name] = self._loop.call_at(self._ends_at, self._return, name)

    def _end_utterance(self) -> None:
        if self._utterance:
            self.log.pauses.append(self._longest * 1000)
        self._longest = 0.0

    def _clear(self, now: float) -> None:
        self._ends_at = min(self._ends_at, now)
        for name, timer in list(self._marks.items()):
            timer.cancel()
            self._return(name)

    def _return(self, name: str) -> None:
        self._marks.pop(name, None)
        self._event("mark", {"name": name})

    def _event(self, event: str, content: Mapping[str, object]) -> None:
        message = {"event": event, "sequenceNumber": "1", "streamSid": self._stream, event: content}
        self.send(json.dumps(message).encode())

    @property
    def seconds_to_play(self) -> float:
        return max(0.0, self._ends_at - self._loop.time())


def _media(stream: str, mulaw: bytes) -> bytes:
    """A frame of the socket with a media message, numbered as if it were the only one."""
    media = {"track": "inbound", "chunk": "1", "timestamp": "20", "payload": base64.b64encode(mulaw).decode()}
    message = {"event": "media", "sequenceNumber": "3", "media": media, "streamSid": stream}
    return frame(TEXT, json.dumps(message).encode(), is_masked=True)
