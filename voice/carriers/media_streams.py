"""Twilio's Media Streams messages: JSON ↔ events. Pure; the browser phone speaks them too.

Field for field as in https://www.twilio.com/docs/voice/media-streams/websocket-messages.
"""

import base64
import binascii
import json
from typing import Any

from voice.ports import (
    Clear,
    Digit,
    Ignored,
    LineCommand,
    LineEvent,
    Mark,
    MarkReached,
    Media,
    Play,
    Started,
    Stopped,
)

LONGEST_AUDIO = 8000  # bytes of mulaw in one message: a second; a phone sends 160


class MediaStreams:
    """One stream. Remembers only its own name, which every message to the carrier must carry."""

    def __init__(self) -> None:
        self.stream_sid = ""

    def open(self, stream_sid: str) -> None:
        self.stream_sid = stream_sid

    def parse(self, message: str | bytes) -> LineEvent:
        """Read one message. Never raises: whatever is not understood comes back as Ignored."""
        try:
            fields = json.loads(message)
        except (ValueError, RecursionError):
            return Ignored("bad_json")
        if not isinstance(fields, dict):
            return Ignored("not_an_object")
        event = fields.get("event")
        if not isinstance(event, str):
            return Ignored("no_event")
        content = fields.get(event)
        try:
            return self.read(event, content if isinstance(content, dict) else {})
        except (KeyError, TypeError, ValueError):
            return Ignored(
                f"bad_{event}" if event in {"start", "media", "mark", "dtmf", "text"} else "unknown_event"
            )

    def read(self, event: str, content: dict[str, Any]) -> LineEvent:
        """Turn one event's content into ours. May raise KeyError, TypeError or ValueError."""
        match event:
            case "media":
                return _media(content)
            case "mark":
                return MarkReached(storable_text(content["name"]))
            case "dtmf":
                return Digit(_digit(content["digit"]))
            case "start":
                return self._start(content)
            case "stop":
                return Stopped()
            case "connected":
                return Ignored("connected")
        return Ignored("unknown_event")

    def render(self, command: LineCommand) -> str | None:
        """Write one of the three messages that Twilio takes; None for anything else."""
        match command:
            case Play(mulaw=mulaw):
                return self.message("media", {"payload": base64.b64encode(mulaw).decode()})
            case Mark(name=name):
                return self.message("mark", {"name": name})
            case Clear():
                return json.dumps({"event": "clear", "streamSid": self.stream_sid})
        return None

    def message(self, event: str, content: dict[str, Any]) -> str:
        return json.dumps({"event": event, "streamSid": self.stream_sid, event: content})

    def _start(self, content: dict[str, Any]) -> Started:
        stream_sid = storable_text(content["streamSid"])
        call_sid = storable_text(content["callSid"])
        parameters = content.get("customParameters") or {}
        return Started(
            call_sid, stream_sid, {storable_text(key): storable_text(parameters[key]) for key in parameters}
        )


def _media(content: dict[str, Any]) -> LineEvent:
    if content.get("track", "inbound") != "inbound":
        return Ignored("other_track")
    try:
        mulaw = base64.b64decode(storable_text(content["payload"]), validate=True)
    except binascii.Error:
        return Ignored("bad_base64")
    if not mulaw or len(mulaw) > LONGEST_AUDIO:
        return Ignored("bad_length")
    return Media(mulaw)


def storable_text(value: object) -> str:
    """A string that a database and a socket can take: no NUL, no half of a surrogate pair."""
    if not isinstance(value, str) or len(value) > 20_000 or "\0" in value:
        raise ValueError("text expected")
    value.encode()
    return value


def _digit(value: object) -> str:
    if value not in set("0123456789*#"):
        raise ValueError("no key of a telephone")
    return str(value)
