"""Telephone audio: µ-law to samples and back, resampling, level (pure).

mulaw is always bytes, 8 kHz mono, one byte a sample, 160 bytes per 20 ms frame. Samples are
float32 arrays between -1 and 1. numpy and soxr come with local speech only, so they are imported
when first needed: a server that leaves speech to the cloud has neither.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

SAMPLE_RATE = 8000
SILENCE = b"\xff"
QUIETEST_DB = -96.0

_BIAS = 132  # G.711 adds it so that every magnitude has a leading one to find
_LOUDEST = 32635


def duration_seconds(mulaw: bytes) -> float:
    return len(mulaw) / SAMPLE_RATE


def level_db(mulaw: bytes) -> float:
    """The loudness (RMS) of a piece, in decibels below full scale: 0 is loudest, -96 silence."""
    if not mulaw:
        return QUIETEST_DB
    power = sum(map(_squares().__getitem__, mulaw)) / len(mulaw)
    return max(QUIETEST_DB, 10 * math.log10(power / 32768**2)) if power else QUIETEST_DB


def decode(mulaw: bytes) -> Samples:
    import numpy as np

    return _decoding_table()[np.frombuffer(mulaw, dtype=np.uint8)]


def encode(samples: Samples) -> bytes:
    """Turn samples at 8 kHz into mulaw; what exceeds full scale is clipped."""
    import numpy as np

    pcm = np.clip(np.rint(samples * 32768), -32768, 32767).astype(np.int16)
    return _encoding_table()[pcm.view(np.uint16)].tobytes()


class Resampler:
    """Changes the rate of one stream, fed piece by piece without a seam between the pieces.

    Output lags a few milliseconds behind the input but keeps its clock: sample n of the output
    is always at n / to_hz. Needs soxr.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        import soxr

        self._stream: Any = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="MQ")

    def push(self, samples: Samples, *, is_last: bool = False) -> Samples:
        resampled: Samples = self._stream.resample_chunk(samples, last=is_last)
        return resampled


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Change the rate of one complete sound."""
    return Resampler(from_hz, to_hz).push(samples, is_last=True)


def _linear(code: int) -> int:
    """The 16-bit sample that one mulaw byte stands for (G.711)."""
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + _BIAS << (code >> 4 & 0x07)) - _BIAS
    return -magnitude if code & 0x80 else magnitude


@cache
def _squares() -> list[int]:
    return [_linear(code) ** 2 for code in range(256)]


@cache
def _decoding_table() -> Samples:
    import numpy as np

    return np.array([_linear(code) for code in range(256)], dtype=np.float32) / np.float32(32768)


@cache
def _encoding_table() -> NDArray[np.uint8]:
    """The mulaw byte of every 16-bit sample, indexed by the sample's bits read as unsigned."""
    import numpy as np

    pcm = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    magnitude = np.minimum(np.abs(pcm), _LOUDEST) + _BIAS
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = magnitude >> (exponent + 3) & 0x0F
    sign = np.where(pcm < 0, 0x80, 0)
    table: NDArray[np.uint8] = (~(sign | exponent << 4 | mantissa) & 0xFF).astype(np.uint8)
    return table
