"""Speak v1: text gathers until Flush, then sounds."""

import asyncio
import math
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import WSMsgType

from tests.emulators.base import Lost
from tests.emulators.speech import carry
from tests.emulators.wire import Wire

if TYPE_CHECKING:
    from tests.emulators.deepgram import Deepgram

BYTES_PER_CHARACTER = 480  # 60 ms of mulaw
ODD_CHUNK = 1001  # never a multiple of a phone frame
FLUSHES_PER_MINUTE = 20
MAX_CHARACTERS = 2000


def quiet_tone(text: str) -> bytes:
    """mulaw, 8 kHz: 60 ms of a soft 400 Hz tone for each character."""
    period = bytes(_mulaw(int(500 * math.sin(2 * math.pi * place / 20))) for place in range(20))
    return period * (len(text) * BYTES_PER_CHARACTER // len(period))


def carried_tone(text: str) -> bytes:
    """The same tone, telling its words to whoever can read them (speech.py)."""
    return carry(quiet_tone(text), text.split())


def _mulaw(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    biased = min(abs(sample), 32635) + 0x84
    exponent = biased.bit_length() - 8
    return ~(sign | exponent << 4 | biased >> exponent + 3 & 0x0F) & 0xFF


@dataclass(slots=True)
class Voice:
    """One speak socket. Audio that was on its way still comes after Clear, as at Deepgram."""

    emulator: "Deepgram"
    wire: Wire
    model: str
    text: str = ""
    flushes: int = 0
    clears: int = 0
    flushed_at: deque[float] = field(default_factory=deque)
    sounding: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        await self.wire.send(
            {
                "type": "Metadata",
                "request_id": "emulated",
                "model_name": self.model,
                "model_version": "1",
                "model_uuid": "emulated",
            }
        )
        try:
            while True:
                message = await self.wire.receive()
                if message.type == WSMsgType.TEXT:
                    await self._obey(message.data)
        finally:
            await self._hush()

    async def _obey(self, data: str) -> None:
        kind, command = await self.wire.command(data)
        match kind:
            case "Speak" if len(command["text"]) > MAX_CHARACTERS:
                await self._warn("Error", "TEXT_TOO_LONG")
            case "Speak":
                self.text += command["text"]
            case "Flush":
                await self._flush()
            case "Clear":
                await self._clear()
            case "Close":
                if self.sounding is not None:
                    await asyncio.wait([self.sounding])
                await self.wire.close()
            case _:
                await self._warn("Error", "UNKNOWN_MESSAGE")

    async def _warn(self, kind: str, code: str) -> None:
        await self.wire.send({"type": kind, "description": "refused", "code": code})

    async def _flush(self) -> None:
        now = asyncio.get_running_loop().time()
        while self.flushed_at and now - self.flushed_at[0] > 60:
            self.flushed_at.popleft()
        if len(self.flushed_at) >= FLUSHES_PER_MINUTE:
            await self._warn("Warning", "FLUSH_LIMIT")
            return
        self.flushed_at.append(now)
        before, text, self.text = self.sounding, self.text, ""
        self.sounding = asyncio.create_task(self._sound(text, self.flushes, before))
        self.flushes += 1

    async def _sound(self, text: str, sequence: int, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        await asyncio.sleep(self.emulator.first_audio_seconds)
        audio = await self.emulator.sound_of(text)
        with suppress(Lost, ConnectionError):
            for at in range(0, len(audio), ODD_CHUNK):
                await self.wire.send(audio[at : at + ODD_CHUNK])
                await asyncio.sleep(0)
            await self.wire.send({"type": "Flushed", "sequence_id": sequence})

    async def _clear(self) -> None:
        await self._hush()
        self.text = ""
        for _ in range(self.emulator.audio_after_clear):
            await self.wire.send(b"\x00" * ODD_CHUNK)
        await self.wire.send({"type": "Cleared", "sequence_id": self.clears})
        self.clears += 1

    async def _hush(self) -> None:
        if self.sounding is not None:
            self.sounding.cancel()
            await asyncio.wait([self.sounding])
