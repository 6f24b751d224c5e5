"""Measure the built-in speech on this machine: how well and how fast it hears and speaks."""

import asyncio
import math
import statistics
import time
from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from voice import audio
from voice.speech import local, measure
from voice.speech.measure import SpokenNumber

SENTENCES = [
    "Thanks for calling. I'm the automated assistant, and this call is transcribed.",
    "I have Tuesday at nine fifteen, Tuesday at ten thirty, or Wednesday at eight.",
    "That is five five five, zero one four two, is that right?",
    "You are booked. Your confirmation number is four, seven, one, nine.",
]


class Command(BaseCommand):
    help = "Print digit error, latency and real-time factors of the built-in speech."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--data",
            type=Path,
            default=settings.BASE_DIR.parent / "shared" / "data",
            help="folder with audio_dev.jsonl and its recordings",
        )
        parser.add_argument("--clips", type=int, default=None, help="only the first so many recordings")

    def handle(self, *, data: Path, clips: int | None, **options: object) -> None:
        if not (data / "audio_dev.jsonl").exists():
            raise CommandError(f"{data} has no audio_dev.jsonl; name its folder with --data.")
        numbers = measure.spoken_numbers(data)[:clips]
        self.stdout.write(f"Playing {len(numbers)} recordings in real time...")
        local.warm_up()
        for name, figure in asyncio.run(_figures(numbers)):
            self.stdout.write(f"{name:<32}{figure:>8}")


async def _figures(numbers: list[SpokenNumber]) -> list[tuple[str, str]]:
    errors, waits = [], []
    for number in numbers:
        heard = await measure.listen(local.LocalTranscriber(), number.mulaw, in_real_time=True)
        errors.append(measure.edits(number.digits, measure.digits_in(measure.final_words(heard))))
        waits.append(measure.final_after(heard) - number.speech_ends_at)
    said = sum(len(number.digits) for number in numbers)
    return [
        ("numbers (n)", f"{len(numbers)}"),
        ("digit error", f"{sum(errors) / said:.3f}"),
        ("numbers exact", f"{errors.count(0)}"),
        ("final text after voice, p50", f"{statistics.median(waits):.2f} s"),
        ("final text after voice, p95", f"{_p95(waits):.2f} s"),
        ("speech in, share of real time", f"{await _hearing_pace(numbers):.3f}"),
        ("speech out, share of real time", f"{await _speaking_pace():.3f}"),
        ("speech out, first sound", f"{await _first_sound():.3f} s"),
    ]


def _p95(waits: list[float]) -> float:
    return sorted(waits)[math.ceil(0.95 * len(waits)) - 1]


async def _hearing_pace(numbers: list[SpokenNumber]) -> float:
    """Seconds of work for a second of audio, all decodes included, played as fast as it goes."""
    began = time.monotonic()
    for number in numbers:
        await measure.listen(local.LocalTranscriber(), number.mulaw)
    return (time.monotonic() - began) / sum(audio.duration_seconds(number.mulaw) for number in numbers)


async def _speaking_pace() -> float:
    began, mulaw = time.monotonic(), b""
    async with local.LocalSynthesizer() as desk:
        for sentence in SENTENCES:
            mulaw += b"".join([piece async for piece in desk.speak(sentence)])
    return (time.monotonic() - began) / audio.duration_seconds(mulaw)


async def _first_sound() -> float:
    """From the text of a reply never spoken before to its first sentence."""
    began = time.monotonic()
    async with local.LocalSynthesizer() as desk:
        await anext(desk.speak("Let me look that up for you. I have three openings that day."))
    return time.monotonic() - began
