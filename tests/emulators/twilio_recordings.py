"""Recordings at emulated Twilio: what was said on both sides, as a WAV file."""

import secrets
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from tests.emulators.speech import utter
from tests.emulators.twilio_webhooks import Fields

if TYPE_CHECKING:
    from tests.emulators.twilio_call import Call

MULAW = 7  # the format's number in a WAV file
SECOND = 8000


@dataclass(slots=True, eq=False)
class Recording:
    """sound: what a <Record> heard; without it, both sides of the call's streams."""

    call: "Call"
    callback: str
    source: str
    sound: str | bytes = b""
    sid: str = field(default_factory=lambda: "RE" + secrets.token_hex(16))
    status: str = "in-progress"
    started: str = field(default_factory=lambda: format_datetime(datetime.now(UTC)))

    def channels(self) -> list[bytes]:
        if self.source == "RecordVerb":
            return [utter(self.sound) if isinstance(self.sound, str) else self.sound]
        caller = b"".join(stream.spoken for stream in self.call.streams)
        desk = b"".join(stream.heard for stream in self.call.streams)
        return [caller, desk]

    @property
    def seconds(self) -> int:
        return round(max(map(len, self.channels())) / SECOND)

    def fields(self, url: str, account_sid: str) -> Fields:
        return {
            "RecordingSid": self.sid,
            "RecordingUrl": url,
            "RecordingStatus": self.status,
            "RecordingDuration": str(self.seconds),
            "RecordingChannels": str(len(self.channels())),
            "RecordingSource": self.source,
            "RecordingStartTime": self.started,
            "RecordingTrack": "both",
            "CallSid": self.call.sid,
            "AccountSid": account_sid,
        }

    def json(self, account_sid: str) -> dict[str, Any]:
        return {
            "sid": self.sid,
            "call_sid": self.call.sid,
            "account_sid": account_sid,
            "status": self.status,
            "duration": str(self.seconds),
            "channels": len(self.channels()),
            "source": self.source,
        }


def wave(channels: list[bytes]) -> bytes:
    """A mulaw WAV file of one or two channels; the shorter one ends in silence."""
    length = max(map(len, channels))
    padded = [channel.ljust(length, b"\xff") for channel in channels]
    data = bytearray(length * len(padded))
    for place, channel in enumerate(padded):
        data[place :: len(padded)] = channel
    count = len(padded)
    form = struct.pack("<HHIIHHH", MULAW, count, SECOND, SECOND * count, count, 8, 0)
    chunks = b"".join(
        name + struct.pack("<I", len(content)) + bytes(content)
        for name, content in ((b"fmt ", form), (b"fact", struct.pack("<I", length)), (b"data", data))
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks
