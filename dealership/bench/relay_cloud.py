"""Deepgram (listen v1, speak v1) and OpenAI for relay.py and spoken_calls.py, on one port.

They understand nothing, and have no delay but the one they are given. A caller tells its Ear what to
have heard; the first bytes of the audio say which caller it is. A caller's words may hold a word of
their own (a Turn's key), by which the answer and its sound are known to be that turn's.
"""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dealership.bench.relay_wire import BINARY, Peer, acceptance, fields_of

BYTES_PER_SECOND = 8000
BYTES_PER_CHARACTER = 480  # 60 ms of speech
PIECE = 2000  # bytes of sound in one message
DELTA = 4  # characters in a token
OTHERWISE = "Could you say that again for me, please?"
KEY = re.compile(r"\bq[a-z]{4}z\b")
TONE = b"\xa5\x25" * 1_000_000


@dataclass(slots=True)
class Turn:
    """One thing a caller says, and when its answer passed by; seconds by the loop's clock."""

    key: str
    answer: str
    final_at: float = 0.0  # the last word's final transcript left the recogniser
    asked_at: float = 0.0  # the model was asked
    told_at: float = 0.0  # and had answered
    texted_at: float = 0.0  # the voice was given the first clause
    sounded_at: float = 0.0  # and had spoken it
    heard_at: float = 0.0  # the caller got the first frame

    @property
    def added_seconds(self) -> float:
        """What the desk itself took."""
        providers = self.told_at - self.asked_at + self.sounded_at - self.texted_at
        return self.heard_at - self.final_at - providers


class Cloud:
    """`async with Cloud() as cloud:`; base_url is both providers' address. Delays are seconds.

    answers: to a caller's very words, where they hold no key.
    """

    def __init__(self, *, first_token: float = 0.0, first_audio: float = 0.0) -> None:
        self.first_token = first_token
        self.first_audio = first_audio
        self.turns: dict[str, Turn] = {}
        self.answers: dict[str, str] = {}
        self.base_url = ""
        self._ears: dict[int, asyncio.Future[Ear]] = {}

    def ear_of(self, number: int) -> "asyncio.Future[Ear]":
        """Whoever listens to the caller of this number, once the first audio has come."""
        if number not in self._ears:
            self._ears[number] = asyncio.get_running_loop().create_future()
        return self._ears[number]

    def turn_in(self, text: str) -> Turn | None:
        """The turn whose key stands last in the text."""
        keys = KEY.findall(text)
        return self.turns.get(keys[-1]) if keys else None

    async def __aenter__(self) -> "Cloud":
        self._server = await asyncio.get_running_loop().create_server(lambda: _Connection(self), "127.0.0.1")
        self.base_url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()


class Ear:
    """One listen socket. position: seconds of audio it was given."""

    def __init__(self, connection: "_Connection") -> None:
        self._connection = connection
        self._bytes = 0

    @property
    def position(self) -> float:
        return self._bytes / BYTES_PER_SECOND

    def take(self, mulaw: bytes) -> None:
        if not self._bytes and mulaw[:8].isdigit():
            future = self._connection.cloud.ear_of(int(mulaw[:8]))
            if not future.done():
                future.set_result(self)
        self._bytes += len(mulaw)

    def starts(self, at: float) -> None:
        self._connection.tell({"type": "SpeechStarted", "channel": [0, 1], "timestamp": at})

    def hears(self, text: str, begins: float, ends: float, *, is_final: bool) -> None:
        """Words, spread over these seconds of audio; with the final ones the speech is over."""
        texts = text.split()
        step = (ends - begins) / len(texts)
        words = [
            {
                "word": word.lower().strip(".,"),
                "start": begins + step * at,
                "end": begins + step * (at + 1),
                "confidence": 0.98,
                "punctuated_word": word,
            }
            for at, word in enumerate(texts)
        ]
        self._connection.tell(
            {
                "type": "Results",
                "channel_index": [0, 1],
                "start": begins,
                "duration": (self.position if is_final else ends) - begins,
                "is_final": is_final,
                "speech_final": is_final,
                "from_finalize": False,
                "channel": {"alternatives": [{"transcript": text, "confidence": 0.98, "words": words}]},
                "metadata": {
                    "request_id": "bench",
                    "model_info": {"name": "bench", "version": "1", "arch": "bench"},
                    "model_uuid": "bench",
                },
            }
        )


class _Connection(Peer):
    """Whatever connects: a listen or speak socket, or a client of the completions."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self.cloud = cloud
        self._ear: Ear | None = None
        self._text = ""

    def tell(self, message: dict[str, Any]) -> None:
        self.send(json.dumps(message).encode())

    def head(self, head: bytes, body: bytes) -> bytes | None:
        fields = fields_of(head)
        if "sec-websocket-key" in fields:
            self.is_socket = True
            self.transport.write(acceptance(fields["sec-websocket-key"]))
            if b"/v1/listen" in head:
                self._ear = Ear(self)
            else:
                self.tell({"type": "Metadata", "request_id": "bench", "model_name": "bench"})
            return body
        length = int(fields.get("content-length", 0))
        if len(body) < length:
            return None
        asked_at = asyncio.get_running_loop().time()
        self._complete(json.loads(body[:length]), asked_at)
        return body[length:]

    def message(self, opcode: int, payload: bytes) -> None:
        if self._ear is None:
            self._speak(json.loads(payload))
        elif opcode == BINARY:
            self._ear.take(payload)
        elif payload == b'{"type":"CloseStream"}' or json.loads(payload).get("type") == "CloseStream":
            self.tell({"type": "Metadata", "request_id": "bench", "duration": self._ear.position})
            self.leave()

    def _after(self, seconds: float, work: Callable[..., None], *args: Any) -> None:
        if seconds:
            asyncio.get_running_loop().call_later(seconds, self._unless_left, work, *args)
        else:
            work(*args)

    def _unless_left(self, work: Callable[..., None], *args: Any) -> None:
        if not self.transport.is_closing():
            work(*args)

    # --- speaking -----------------------------------------------------------------------------

    def _speak(self, command: dict[str, Any]) -> None:
        match command["type"]:
            case "Speak":
                self._text += command["text"]
            case "Flush":
                text, self._text = self._text, ""
                self._after(self.cloud.first_audio, self._sound, text)
            case "Clear":
                self.tell({"type": "Cleared", "sequence_id": 0})
            case "Close":
                self.leave()

    def _sound(self, text: str) -> None:
        turn = self.cloud.turn_in(text)
        now = asyncio.get_running_loop().time
        if turn and not turn.texted_at:
            turn.texted_at = now()
        size = len(text) * BYTES_PER_CHARACTER
        self.send(TONE[: min(PIECE, size)], BINARY)
        if turn and not turn.sounded_at:
            turn.sounded_at = now()
        for at in range(PIECE, size, PIECE):
            self.send(TONE[: min(PIECE, size - at)], BINARY)
        self.tell({"type": "Flushed", "sequence_id": 0})

    # --- thinking -----------------------------------------------------------------------------

    def _complete(self, body: dict[str, Any], asked_at: float) -> None:
        heard = next((each["content"] for each in reversed(body["messages"]) if each["role"] == "user"), "")
        turn = self.cloud.turn_in(heard)
        answer = turn.answer if turn else self.cloud.answers.get(heard, OTHERWISE)
        self._after(self.cloud.first_token, self._stream, answer, body["model"])
        if turn:
            turn.asked_at, turn.told_at = asked_at, asyncio.get_running_loop().time()

    def _stream(self, text: str, model: str) -> None:
        frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model}
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "", "refusal": None}]
        deltas += [{"content": text[at : at + DELTA]} for at in range(0, len(text), DELTA)]
        choices: list[dict[str, Any]] = [
            {"index": 0, "delta": delta, "finish_reason": None} for delta in deltas
        ]
        choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
        events = [json.dumps({**frame, "choices": [choice]}) for choice in choices]
        events.append("[DONE]")
        chunks = [f"data: {event}\n\n".encode() for event in events]
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
            + b"0\r\n\r\n"
        )
