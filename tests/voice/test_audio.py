"""µ-law, resampling and level."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

from voice import audio


def tone(hz: float, rate: int, seconds: float = 1.0) -> audio.Samples:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate)).astype(np.float32)


def test_every_mulaw_byte_survives_decoding_and_encoding() -> None:
    everything = bytes(range(256))
    # 0x7F is the second zero of G.711; it comes back as the first.
    assert audio.encode(audio.decode(everything)) == everything.replace(b"\x7f", b"\xff")


@pytest.mark.parametrize(
    ("sample", "byte"), [(0, 0xFF), (32767, 0x80), (-32768, 0x00), (1000, 0xCE), (-1000, 0x4E), (8, 0xFE)]
)
def test_samples_become_the_bytes_of_g711(sample: int, byte: int) -> None:
    assert audio.encode(np.array([sample / 32768], np.float32)) == bytes([byte])


def test_what_exceeds_full_scale_is_clipped() -> None:
    assert audio.encode(np.array([3.0, -3.0], np.float32)) == b"\x80\x00"


def test_coding_noise_stays_far_below_the_voice() -> None:
    voice = tone(440, audio.SAMPLE_RATE)
    noise = audio.decode(audio.encode(voice)) - voice
    assert 10 * math.log10(np.mean(voice**2) / np.mean(noise**2)) > 35


def test_pieces_of_any_length_resample_to_the_same_stream_as_the_whole() -> None:
    voice = tone(440, 8000)
    resampler, pieces, at = audio.Resampler(8000, 16000), [], 0
    for length in [160, 1, 7, 999, 160, 6673]:
        pieces.append(resampler.push(voice[at : at + length], is_last=at + length == len(voice)))
        at += length
    together = np.concatenate(pieces)
    assert len(together) == 16000
    np.testing.assert_allclose(together, audio.resample(voice, 8000, 16000), atol=1e-6)


def test_resampling_keeps_the_clock() -> None:
    click = np.zeros(8000, np.float32)
    click[4000] = 1.0
    assert int(np.argmax(audio.resample(click, 8000, 16000))) == 8000


def test_sound_beyond_the_telephone_band_does_not_fold_back() -> None:
    shrill = audio.resample(tone(6000, 24000), 24000, 8000)
    assert audio.level_db(audio.encode(shrill[800:-800])) < -50


def test_level_is_measured_below_full_scale() -> None:
    assert audio.level_db(audio.encode(tone(440, 8000))) == pytest.approx(-9.0, abs=0.1)
    assert audio.level_db(audio.SILENCE * 160) == audio.QUIETEST_DB
    assert audio.level_db(b"") == audio.QUIETEST_DB


def test_a_frame_lasts_twenty_milliseconds() -> None:
    assert audio.duration_seconds(audio.SILENCE * 160) == 0.02


def test_level_needs_neither_numpy_nor_soxr() -> None:
    program = (
        "import sys; sys.modules['numpy'] = sys.modules['soxr'] = None\n"
        "from voice import audio; print(audio.level_db(b'\\xff' * 160))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "-96.0", done.stderr
