"""Is the caller making speech sounds? From µ-law frames."""

import json
import math
import random
import time
from pathlib import Path

import pytest
from django.conf import settings

from tests.voice.sound import silence, voice
from voice.activity import Activity

RECORDINGS = Path(settings.BASE_DIR).parent / "shared" / "data"
FRAME = 160


def mulaw(samples: list[float]) -> bytes:
    """G.711 by the book, for samples between -1 and 1."""
    return bytes(map(_mulaw_byte, samples))


def _mulaw_byte(sample: float) -> int:
    magnitude = min(32635, round(abs(sample) * 32768)) + 132
    exponent = magnitude.bit_length() - 8
    code = (0x80 if sample < 0 else 0) | exponent << 4 | magnitude >> exponent + 3 & 0x0F
    return ~code & 0xFF


def hum(seconds: float, loudness: float) -> list[float]:
    """Mains hum with a harmonic, at so many decibels below full scale."""
    peak = 10 ** (loudness / 20) * math.sqrt(2)
    return [
        peak * (math.sin(2 * math.pi * 60 * n / 8000) + 0.3 * math.sin(2 * math.pi * 180 * n / 8000))
        for n in range(int(seconds * 8000))
    ]


def noise(seconds: float, loudness: float) -> list[float]:
    rng = random.Random(1)
    return [rng.gauss(0, 10 ** (loudness / 20)) for _ in range(int(seconds * 8000))]


def heard(sound: bytes, activity: Activity | None = None) -> list[bool]:
    """For every frame: was there a voice?"""
    activity = activity or Activity()
    return [activity.push(sound[at : at + FRAME]) for at in range(0, len(sound), FRAME)]


def test_a_voice_begins_within_three_frames_and_ends_with_its_last() -> None:
    frames = heard(silence(1) + voice(1) + silence(1))
    assert not any(frames[:50])
    assert frames.index(True) == 52
    assert all(frames[52:100])
    assert not any(frames[100:])


def test_its_end_is_known_to_the_frame() -> None:
    activity = Activity()
    heard(silence(1) + voice(1) + silence(0.5), activity)
    assert activity.voice_ends_at == pytest.approx(2.0)
    assert activity.position == pytest.approx(2.5)


def test_a_click_is_no_voice() -> None:
    assert not any(heard(silence(1) + voice(0.04) + silence(1)))


def test_after_a_pause_two_frames_are_enough() -> None:
    frames = heard(silence(1) + voice(1) + silence(0.5) + voice(0.5))
    assert frames[125:].index(True) == 1


@pytest.mark.parametrize("loudness", [-50, -40, -30])
@pytest.mark.parametrize("sound", [hum, noise])
def test_a_steady_noise_is_no_voice_but_a_voice_over_it_is(sound: object, loudness: int) -> None:
    background = sound(5.0, loudness)  # type: ignore[operator]
    assert not any(heard(mulaw(background))[25:])
    spoken = [
        sample + (0.15 * math.sin(2 * math.pi * 300 * n / 8000) if n >= 24000 else 0.0)
        for n, sample in enumerate(background)
    ]
    frames = heard(mulaw(spoken))
    assert not any(frames[25:150])
    assert all(frames[153:])


def test_a_loud_voice_is_a_voice_however_long_it_lasts() -> None:
    assert all(heard(silence(1) + voice(20))[53:])


def test_an_empty_frame_is_silence() -> None:
    assert Activity().push(b"") is False


def test_the_recordings_are_heard_where_they_speak() -> None:
    pytest.importorskip("soxr")
    from voice.speech.measure import spoken_numbers

    if not (RECORDINGS / "audio_dev.jsonl").exists():
        pytest.skip("the development recordings (shared/data/audio_dev.jsonl) are not here")
    clips = [json.loads(line) for line in (RECORDINGS / "audio_dev.jsonl").read_text().splitlines()]
    onsets, ends, false = [], [], 0
    for clip, number in zip(clips, spoken_numbers(RECORDINGS), strict=True):
        frames = heard(number.mulaw)
        begin, end = clip["speech_segments_s"][0][0], clip["speech_end_s"]
        onsets.append((frames.index(True) + 1) * 0.02 - begin)
        ends.append((len(frames) - frames[::-1].index(True)) * 0.02 - end)
        false += sum(frames[: int(begin / 0.02)]) + sum(frames[int(end / 0.02) + 5 :])
    assert false == 0
    assert sorted(onsets)[-2] <= 0.25  # one recording of a "seven" begins with silence
    assert all(-0.15 <= end <= 0.05 for end in ends)


@pytest.mark.performance
def test_a_frame_costs_less_than_20_microseconds() -> None:
    activity, frame = Activity(), voice(0.02)
    rounds = []
    for _ in range(20):
        began = time.perf_counter()
        for _ in range(500):
            activity.push(frame)
        rounds.append((time.perf_counter() - began) / 500)
    assert min(rounds) < 20e-6
