"""Messages that no carrier would send, each with what the desk must make of it.

Everything comes from one random.Random, so a seed gives the same messages again.
"""

import json
import string
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

LIMIT = 65_536  # bytes of the longest message that the server takes
LONGEST_TEXT = 20_000
LONGEST_AUDIO = 8000
SILENCE = b"\xff" * 160
WORDS = [
    "",
    "weather",
    "event",
    "__class__",
    "MEDIA",
    "media ",
    "\ud800",
    "\0",
    "clear",
    "\U0001f697",
    "null",
]


@dataclass(frozen=True, slots=True)
class Message:
    """reason: the word by which it must be counted; "" for what is understood."""

    data: str | bytes
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Nonsense:
    random: Random
    stream_sid: str

    # --- what is in a call of any kind -----------------------------------------------------

    def message(self) -> Message:
        """Any one that does not end a call, nor is a turn of its caller. A few are long."""
        kinds: list[Callable[[], Message]] = [
            *(self.broken, self.no_object, self.no_event, self.unknown, self.bad_media, self.bad_base64),
            *(self.bad_length, self.other_track, self.bad_mark, self.bad_dtmf, self.bad_text, self.bad_start),
            *(self.media, self.media, self.mark, self.second_start, self.connected),
        ]
        message = self.random.choice(kinds)()
        data = message.data.encode() if isinstance(message.data, str) else message.data
        if len(data) > LIMIT:
            return self.message()
        if self.random.random() < 0.2:
            return Message(data, message.reason)  # as a binary frame
        return message

    def ignored(self) -> Message:
        """Any one that means nothing even before the start, when the desk knows of no typed text."""
        while (message := self.message()).reason in ("", "bad_text"):
            pass
        return message

    # --- not understood ---------------------------------------------------------------------

    def broken(self) -> Message:
        choose, number = self.random.choice, self.random.randint
        kinds: list[str | bytes] = [
            self.write("media", {"payload": "/" * number(0, 200)})[: -number(1, 40)],
            "~" + self.text(60),
            b"\x80" + self.random.randbytes(number(0, 80)),
            "",
            "\ufeff[",
            choose(["[", '{"event":', '{"media":{"media":', '[{"a":']) * self.length(8000),
            '{"event":"mark","mark":{"name":' + "9" * number(5000, 9000) + "}}",
            "{'event': 'stop'}",
            '{"event":"stop"}{"event":"stop"}',
            "\0" * number(1, 9),
        ]
        return Message(choose(kinds), "bad_json")

    def no_object(self) -> Message:
        depth = self.random.randint(0, 300)
        values = [
            "null",
            "true",
            "NaN",
            "-Infinity",
            "1e999",
            "-1",
            "9" * 4000,
            '"stop"',
            '["stop"]',
            "0.1e-999",
        ]
        return Message(self.random.choice([*values, "[" * depth + "[]" + "]" * depth]), "not_an_object")

    def no_event(self) -> Message:
        fields = self.random.choice(
            [{}, {"Event": "stop"}, {"stop": {}}, {"event": self.no_text()}, {"media": {"payload": "//8="}}]
        )
        return Message(json.dumps(fields), "no_event")

    def unknown(self) -> Message:
        event = self.random.choice([*WORDS, self.text(30) + "?"])
        fields = {"event": event, event: self.random.choice([{}, self.value()])}
        return Message(json.dumps(fields | {"event": event}), "unknown_event")

    def bad_media(self) -> Message:
        payload = self.random.choice(
            [self.no_text(), "/" * self.length(60_000, at_least=20_001), "\0", "é" * 8]
        )
        return self.bad("media", {"payload": payload})

    def bad_base64(self) -> Message:
        payload = self.random.choice(
            ["#" * 8, "A" * self.random.choice([1, 5, 213]), "AB-_", "= =", " /8=", "/\n8="]
        )
        return Message(self.write("media", self.media_with(payload)), "bad_base64")

    def bad_length(self) -> Message:
        audio = bytes(self.random.choice([0, 0, 0, LONGEST_AUDIO + self.random.randint(1, 3000)]))
        return Message(self.write("media", self.media_with(b64encode(audio).decode())), "bad_length")

    def other_track(self) -> Message:
        track = self.random.choice(["outbound", "", "INBOUND", self.no_text(), self.text(20) + "?"])
        return Message(self.write("media", self.media_with("//8=") | {"track": track}), "other_track")

    def bad_mark(self) -> Message:
        return self.bad(
            "mark",
            {"name": self.random.choice([self.no_text(), "\0", "x" * self.length(60_000, at_least=20_001)])},
        )

    def bad_dtmf(self) -> Message:
        digit = self.random.choice(
            ["", "10", "A", "\uff11", " 1", "1" * self.length(30_000, at_least=2), self.no_text()]
        )
        return self.bad("dtmf", {"digit": digit})

    def bad_text(self) -> Message:
        return self.bad(
            "text", {"body": self.random.choice([self.no_text(), "", " \n\t", "\0", "hours?\0", "\udfff"])}
        )

    def bad_start(self) -> Message:
        good = {"streamSid": self.stream_sid, "callSid": "CA" + "0" * 32, "customParameters": {"token": "x"}}
        name = self.random.choice([*good])
        other = {"customParameters": [[1], "ab", 7, {"token": self.no_text()}, {"token": "\0"}]}
        wrong = self.random.choice(other.get(name, [self.no_text(), "\0"]))
        return self.bad("start", good | {name: wrong})

    # --- understood, and of no use ----------------------------------------------------------

    def media(self) -> Message:
        """Audio: silence, or noise of any length up to a second; with any number and any stream's name."""
        size = self.random.choice([1, 160, 160, 160, 399, self.length(LONGEST_AUDIO)])
        audio = self.random.choice([bytes([255]) * size, self.random.randbytes(size)])
        fields = self.media_with(b64encode(audio).decode())
        if self.random.random() < 0.1:
            del fields["track"]
        return Message(self.write("media", fields))

    def silence(self) -> Message:
        return Message(self.write("media", self.media_with(b64encode(SILENCE).decode())))

    def mark(self) -> Message:
        """Never asked for."""
        name = self.random.choice(
            ["", "1-1", "-1", "NaN", f"{self.random.randint(0, 9)}-{10**30}", self.text(LONGEST_TEXT // 4)]
        )
        return Message(self.write("mark", {"name": name}))

    def second_start(self) -> Message:
        start = {
            "streamSid": self.random.choice([self.stream_sid, "MZ" + "f" * 32, self.text(300)]),
            "callSid": self.random.choice(["CA" + "f" * 32, self.text(300)]),
            "customParameters": self.random.choice([{}, None, {"token": self.text(300)}]),
        }
        return Message(self.write("start", start))

    def connected(self) -> Message:
        return Message(json.dumps({"event": "connected", "connected": self.value()}))

    # --- what a caller may do ---------------------------------------------------------------

    def key(self) -> Message:
        return Message(self.write("dtmf", {"digit": self.random.choice("0123456789*#")}))

    def sentence(self) -> Message:
        return Message(self.write("text", {"body": "?" + self.text(self.length(900))}))

    def stop(self) -> Message:
        return Message(self.write("stop", {"callSid": self.value()}))

    # --- on the wire, below any message -----------------------------------------------------

    def octets(self) -> bytes:
        """A frame of the socket that breaks its protocol."""
        random = self.random
        return random.choice(
            [
                random.randbytes(random.randint(2, 300)),
                _masked(0x81, b"\xff\xfe\xc0"),  # no UTF-8
                _masked(0x83, b"{}"),  # an opcode that is not there
                _masked(0xF1, b"{}"),  # compressed, they say
                _masked(0x80, b"{}"),  # goes on with nothing
                bytes([0x81, 2]) + b"{}",  # not masked
                bytes([0x81, 0xFF]) + (2**62).to_bytes(8, "big") + bytes(4),  # without end
                _masked(0x89, b"x" * 126),  # a ping that is too long
                _masked(0x88, b"\x00"),  # half a close code
            ]
        )

    def too_long(self) -> bytes:
        return _masked(0x81, b" " * (LIMIT + 1))

    # --- parts ------------------------------------------------------------------------------

    def write(self, event: str, content: Any) -> str:
        sid = self.random.choice([self.stream_sid, self.stream_sid, "MZ" + "e" * 32, self.value()])
        number = self.random.choice([1, "1", -1, 10**300, None, "NaN", self.value()])
        fields = {"event": event, "sequenceNumber": number, "streamSid": sid, event: content}
        names = [*fields]
        self.random.shuffle(names)
        return json.dumps({name: fields[name] for name in names}, ensure_ascii=self.random.random() < 0.5)

    def bad(self, event: str, content: dict[str, Any]) -> Message:
        """content, or nothing in its place, or something else than an object."""
        anything = self.random.choice([content, content, content, {}, [content], "x", None, 1e308])
        data = self.write(event, anything)
        return Message(data if is_encodable(data) else json.dumps(json.loads(data)), f"bad_{event}")

    def media_with(self, payload: str) -> dict[str, Any]:
        number = self.random.choice(["1", "-1", "9" * 40, "", None, 1e99, self.random.randint(0, 10**9)])
        return {"track": "inbound", "chunk": number, "timestamp": number, "payload": payload}

    def text(self, longest: int) -> str:
        """Without halves of characters and without NUL."""
        alphabet = self.random.choice(
            [
                string.printable,
                "a",
                "{}%s$\\'\";--<>&",
                "äßçñ",
                "\u202e\u200b\u0301",
                "\U0001f697\u4e2d",
                "0123456789",
            ]
        )
        return "".join(self.random.choices(alphabet, k=self.random.randint(0, longest)))

    def no_text(self) -> Any:
        numbers = [0, -1, 10**400, 1.5, float("nan"), float("inf")]
        return self.random.choice([None, True, [], {}, ["1"], {"a": "b"}, [[[[[]]]]], *numbers])

    def value(self) -> Any:
        return self.random.choice([self.no_text(), self.text(20)])

    def length(self, longest: int, *, at_least: int = 1) -> int:
        """Mostly the shortest ones; one in ten up to the longest."""
        if self.random.random() < 0.9:
            return self.random.randint(at_least, min(longest, at_least + 400))
        return self.random.randint(at_least, longest)


def is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _masked(first: int, payload: bytes) -> bytes:
    """A frame of the socket as a client writes it, its mask being zero."""
    if len(payload) < 126:
        size = bytes([0x80 | len(payload)])
    elif len(payload) < 65_536:
        size = bytes([0xFE]) + len(payload).to_bytes(2, "big")
    else:
        size = bytes([0xFF]) + len(payload).to_bytes(8, "big")
    return bytes([first]) + size + bytes(4) + payload
