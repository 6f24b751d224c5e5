"""A recogniser that knows what will be said: it listens for voice and answers from a script (pure).

It counts time in the audio it was given, as Deepgram does, so a test may play faster than the
clock. Voice followed by silence is one sentence of the script.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

WINDOW = 160  # bytes of mulaw: 20 ms
VOICE_LEVEL = 300  # mean of the absolute 16-bit samples
ONSET_MS = 60
INTERIM_MS = 250
WORD_MS = 300
EMPTY_RESULT_MS = 1000


def _linear(byte: int) -> int:
    code = ~byte & 0x7F
    return (((code & 0x0F) << 3) + 0x84 << (code >> 4)) - 0x84


MAGNITUDES = [_linear(byte) for byte in range(256)]


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the script, and how the provider reports its end.

    by_fallback: noise hides the pause, so speech_final never comes and UtteranceEnd does.
    """

    text: str
    by_fallback: bool = False


@dataclass(slots=True)
class Ear:
    """One listening connection. script is consumed, so that a second connection goes on with it."""

    script: list[Said]
    endpointing_ms: int = 300
    utterance_end_ms: int = 1000
    interim: bool = True
    vad_events: bool = True
    _rest: bytes = b""
    _now_ms: int = 0
    _voiced_ms: int = 0
    _quiet_ms: int = 0
    _onset_ms: int | None = None
    _voice_until_ms: int = 0
    _segment_from_ms: int = 0
    _next_interim_ms: int = 0
    _sentence: Said = field(default_factory=lambda: Said(""))
    _owes_utterance_end: bool = False

    def feed(self, mulaw: bytes) -> Iterator[dict[str, Any]]:
        """Take audio; yield the messages it causes."""
        audio = self._rest + mulaw
        whole = len(audio) - len(audio) % WINDOW
        self._rest = audio[whole:]
        for at in range(0, whole, WINDOW):
            window = audio[at : at + WINDOW]
            self._now_ms += 20
            loudness = sum(map(MAGNITUDES.__getitem__, window)) / WINDOW
            yield from self._voiced() if loudness > VOICE_LEVEL else self._quiet()

    def finalize(self) -> Iterator[dict[str, Any]]:
        """What is buffered becomes final now; nothing when nothing is."""
        if self._onset_ms is not None:
            yield self._final(is_end=False, from_finalize=True)

    def metadata(self) -> dict[str, Any]:
        return {
            "type": "Metadata",
            "transaction_key": "deprecated",
            "request_id": "emulated",
            "sha256": "0" * 64,
            "created": "2026-01-01T00:00:00Z",
            "duration": self._now_ms / 1000,
            "channels": 1,
            "models": ["emulated"],
            "model_info": {},
        }

    def _voiced(self) -> Iterator[dict[str, Any]]:
        self._voiced_ms += 20
        self._quiet_ms = 0
        self._voice_until_ms = self._now_ms
        if self._onset_ms is None and self._voiced_ms >= ONSET_MS:
            self._onset_ms = self._now_ms - self._voiced_ms
            self._next_interim_ms = self._onset_ms + INTERIM_MS
            self._owes_utterance_end = False
            self._sentence = self.script.pop(0) if self.script else Said("")
            if self.vad_events:
                yield {"type": "SpeechStarted", "channel": [0, 1], "timestamp": self._onset_ms / 1000}
        if self._onset_ms is not None and self.interim and self._now_ms >= self._next_interim_ms:
            self._next_interim_ms += INTERIM_MS
            yield self._results(self._words_so_far(), is_final=False)

    def _quiet(self) -> Iterator[dict[str, Any]]:
        self._voiced_ms = 0
        self._quiet_ms += 20
        if self._onset_ms is not None and self._quiet_ms >= self.endpointing_ms:
            yield self._final(is_end=not self._sentence.by_fallback)
        if self._owes_utterance_end and self._quiet_ms >= self.utterance_end_ms:
            self._owes_utterance_end = False
            last = self._voice_until_ms / 1000
            yield {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": last}
        if self._quiet_ms % EMPTY_RESULT_MS == 0:
            yield self._results([], is_final=True)

    def _final(self, *, is_end: bool, from_finalize: bool = False) -> dict[str, Any]:
        words = self._sentence.text.split()
        message = self._results(words, is_final=True, is_end=is_end, from_finalize=from_finalize)
        self._onset_ms = None
        self._segment_from_ms = self._now_ms
        self._owes_utterance_end = bool(words)
        return message

    def _words_so_far(self) -> list[str]:
        assert self._onset_ms is not None
        heard = 1 + (self._now_ms - self._onset_ms) // WORD_MS
        return self._sentence.text.split()[:heard]

    def _results(
        self, words: list[str], *, is_final: bool, is_end: bool = False, from_finalize: bool = False
    ) -> dict[str, Any]:
        begin = self._onset_ms if self._onset_ms is not None else self._now_ms
        until = self._voice_until_ms if words else self._now_ms
        step = max(until - begin, 1) / max(len(words), 1)
        timed = [
            {
                "word": word.lower().strip(".,?!"),
                "start": (begin + step * place) / 1000,
                "end": (begin + step * (place + 1)) / 1000,
                "confidence": 0.98,
                "punctuated_word": word,
            }
            for place, word in enumerate(words)
        ]
        return {
            "type": "Results",
            "channel_index": [0, 1],
            "start": self._segment_from_ms / 1000,
            "duration": (self._now_ms - self._segment_from_ms) / 1000,
            "is_final": is_final,
            "speech_final": is_end,
            "from_finalize": from_finalize,
            "channel": {
                "alternatives": [
                    {"transcript": " ".join(words), "confidence": 0.98 if words else 0.0, "words": timed}
                ]
            },
            "metadata": {
                "request_id": "emulated",
                "model_info": {"name": "emulated", "version": "1", "arch": "emulated"},
                "model_uuid": "emulated",
            },
        }
