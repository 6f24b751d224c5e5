"""How well and how fast does a transcriber hear? Plays recordings to it and scores what comes back."""

import asyncio
import json
import math
import re
import time
import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voice import audio
from voice.ports import HearingEvent, Transcriber, Words

FRAME_BYTES = 160
_NAMES = {
    "zero": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "oh": "0",
    "o": "0",
}


@dataclass(frozen=True, slots=True)
class SpokenNumber:
    """One recording of a number read aloud; speech_ends_at in seconds from its beginning."""

    digits: str
    mulaw: bytes
    speech_ends_at: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event, and when it came: seconds since the first frame was sent."""

    event: HearingEvent
    after: float


def spoken_numbers(folder: Path) -> list[SpokenNumber]:
    """The recordings that audio_dev.jsonl lists in folder (8 kHz mono PCM16)."""
    rows = [json.loads(line) for line in (folder / "audio_dev.jsonl").read_text().splitlines()]
    return [SpokenNumber(row["digits"], read_wav(folder / row["file"]), row["speech_end_s"]) for row in rows]


def read_wav(path: Path) -> bytes:
    with wave.open(str(path)) as recording:
        pcm = np.frombuffer(recording.readframes(recording.getnframes()), dtype="<i2")
    return audio.encode(pcm.astype(np.float32) / np.float32(32768))


async def listen(transcriber: Transcriber, mulaw: bytes, *, in_real_time: bool = False) -> list[Arrival]:
    """Play mulaw to a fresh transcriber as a line would, finish, and return all it heard."""
    began = time.monotonic()

    async def play() -> None:
        for at in range(0, len(mulaw), FRAME_BYTES):
            frame = mulaw[at : at + FRAME_BYTES]
            due = began + audio.duration_seconds(mulaw[:at]) + audio.duration_seconds(frame)
            await asyncio.sleep(due - time.monotonic() if in_real_time else 0)
            await transcriber.send(frame)
        await transcriber.finish()

    async with transcriber, asyncio.TaskGroup() as line:
        line.create_task(play())
        return [Arrival(event, time.monotonic() - began) async for event in transcriber.events()]


def final_words(arrivals: Iterable[Arrival]) -> str:
    return " ".join(a.event.text for a in arrivals if isinstance(a.event, Words) and a.event.is_final)


def final_after(arrivals: Iterable[Arrival]) -> float:
    """When the last final words came; infinity when there were none."""
    times = [a.after for a in arrivals if isinstance(a.event, Words) and a.event.is_final]
    return max(times, default=math.inf)


def digits_in(text: str) -> str:
    words = re.findall(r"\d|[a-z]+", text.lower())
    return "".join(word if word.isdigit() else _NAMES.get(word, "") for word in words)


def edits(wanted: Sequence[str], heard: Sequence[str]) -> int:
    """The fewest insertions, deletions and replacements that turn one into the other."""
    row = list(range(len(heard) + 1))
    for i, want in enumerate(wanted, 1):
        above, row = row, [i]
        for j, got in enumerate(heard, 1):
            row.append(min(row[-1] + 1, above[j] + 1, above[j - 1] + (want != got)))
    return row[-1]
