"""Log-ins and calls for tests of the pages on which calls are watched and reviewed."""

import io
import math
import struct
import wave
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.test import Client

from crm.models import Rooftop, Staff
from tests.factories import SATURDAY
from voice.models import Call, Recording, Turn

EVERYTHING = (
    *("view_call", "export_call", "hear_recording", "take_over_call", "view_recordingaccess"),
    *("view_callreview", "change_callreview", "add_turncomment", "add_followuptask", "view_followuptask"),
)


def make_user(rooftop: Rooftop, *permissions: str, name: str = "dana", phone_number: str = "") -> User:
    """Somebody of this store's staff who may do just this."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    Staff.objects.update_or_create(
        rooftop=rooftop,
        name=f"{name.title()} Brooks",
        defaults={"user": user, "role": Staff.Role.MANAGER, "phone_number": phone_number},
    )
    return user


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def make_call(rooftop: Rooftop, sid: str = "CA1", **fields: Any) -> Call:
    return Call.objects.create(
        **{
            "rooftop": rooftop,
            "sid": sid,
            "carrier": "twilio",
            "caller_number": "+12125550143",
            "started_at": SATURDAY,
            "stream_opened_at": SATURDAY,
            "ended_at": SATURDAY + timedelta(seconds=83),
            "outcome": "hung_up",
            **fields,
        }
    )


def say(call: Call, *said: str, seconds: int = 2) -> list[Turn]:
    """The desk and the caller in turn, the desk first; each turn lasts so long."""
    return [
        Turn.objects.create(
            call=call,
            number=number,
            speaker=("desk", "caller")[number % 2],
            text=text,
            starts_ms=number * seconds * 1000,
            ends_ms=(number + 1) * seconds * 1000 - 100,
            state="slot_collection",
        )
        for number, text in enumerate(said)
    ]


def record(call: Call, *, seconds: int = 8, begins_after: float = 1.0) -> Recording:
    """The call's audio: a tone that a browser can play."""
    recording = Recording(
        call=call,
        sid=f"RE{call.pk}",
        status=Recording.Status.STORED,
        seconds=seconds,
        started_at=SATURDAY + timedelta(seconds=begins_after),
    )
    recording.file.save("audio.mp3", ContentFile(tone(seconds)), save=True)
    return recording


def tone(seconds: int) -> bytes:
    """A WAV file at 8 kHz."""
    kept = io.BytesIO()
    with wave.open(kept, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        wobble = (int(9000 * math.sin(at / 4) * math.sin(at / 4000)) for at in range(8000 * seconds))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in wobble))
    return kept.getvalue()
