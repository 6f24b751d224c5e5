"""How an emulated recogniser listens (pure): voice, pauses and words, in the time of the audio.

It counts time in the audio it was given, as Deepgram does, so a test may play faster than the
clock. What is said is told by the audio itself (see speech.py); a voice that carries no words says
the next sentence of its connection's script. nova.py and flux.py make messages of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.emulators.speech import Words

Message = dict[str, Any]

WINDOW = 160  # bytes of mulaw: 20 ms
WINDOW_MS = 20
VOICE_LEVEL = 300  # mean of the absolute 16-bit samples
ONSET_MS = 60
WORD_MS = 300


def _linear(byte: int) -> int:
    code = ~byte & 0x7F
    return (((code & 0x0F) << 3) + 0x84 << (code >> 4)) - 0x84


MAGNITUDES = [_linear(byte) for byte in range(256)]


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the script, and how the provider reports its end.

    ends: by speech_final; by an empty speech_final after the words; or by UtteranceEnd alone, when
    noise hides the pause. mishears: what interim results make of it.
    """

    text: str
    ends: Literal["speech_final", "empty", "utterance_end"] = "speech_final"
    mishears: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    start_ms: float
    end_ms: float

    @property
    def plain(self) -> str:
        return self.text.lower().strip(".,?!")


@dataclass(slots=True)
class Ear:
    """One listening connection. Subclasses answer to voice and to quiet, 20 ms at a time."""

    script: list[Said] = field(default_factory=list)
    now_ms: int = 0
    voiced_ms: int = 0  # without a pause
    quiet_ms: int = 0
    onset_ms: int | None = None  # of the utterance in progress
    voice_until_ms: int = 0
    sentence: Said | None = None
    told: list[Word] = field(default_factory=list)  # by the audio itself, in this utterance
    _words: Words = field(default_factory=Words)
    _rest: bytes = b""

    def feed(self, mulaw: bytes) -> Iterator[Message]:
        """Take audio; yield the messages it causes."""
        audio = self._rest + mulaw
        whole = len(audio) - len(audio) % WINDOW
        self._rest = audio[whole:]
        for at in range(0, whole, WINDOW):
            yield from self._hear(audio[at : at + WINDOW])

    def opening(self) -> Iterator[Message]:
        """What is said before any audio."""
        yield from ()

    def obey(self, kind: str, command: Message) -> Iterator[Message] | None:
        """Answer a text message; None when there is no such message here."""
        raise NotImplementedError

    def close(self) -> Iterator[Message]:
        """What is still to be said when the stream ends."""
        raise NotImplementedError

    async def finish(self) -> None:
        """No more audio comes: wait for what is still being heard."""

    def voiced(self) -> Iterator[Message]:
        raise NotImplementedError

    def quiet(self) -> Iterator[Message]:
        raise NotImplementedError

    def words(self) -> list[Word]:
        """The words of this utterance up to now."""
        if self.told or self.sentence is None or self.onset_ms is None:
            return list(self.told)
        so_far = 1 + (self.voice_until_ms - self.onset_ms) // WORD_MS
        words = self.sentence.text.split()[:so_far]
        return self._spread(words, self.onset_ms)

    def all_words(self) -> list[Word]:
        """The words of this utterance, now that it is over."""
        if self.told or self.sentence is None or self.onset_ms is None:
            return list(self.told)
        return self._spread(self.sentence.text.split(), self.onset_ms)

    def begin_utterance(self) -> None:
        self.onset_ms = self.now_ms - self.voiced_ms
        if not self._words.has_marks:
            self.sentence = self.script.pop(0) if self.script else Said("")

    def end_utterance(self) -> None:
        self.onset_ms, self.sentence, self.told = None, None, []

    @property
    def is_new_voice(self) -> bool:
        return self.onset_ms is None and self.voiced_ms >= ONSET_MS

    def _hear(self, window: bytes) -> Iterator[Message]:
        self.now_ms += WINDOW_MS
        for text in self._words.feed(window):
            since = self.told[-1].end_ms if self.told else self.now_ms - self.voiced_ms - WINDOW_MS
            self.told.append(Word(text, since, self.now_ms))
        if sum(map(MAGNITUDES.__getitem__, window)) > VOICE_LEVEL * WINDOW:
            self.voiced_ms += WINDOW_MS
            self.quiet_ms = 0
            self.voice_until_ms = self.now_ms
            yield from self.voiced()
        else:
            self.voiced_ms = 0
            self.quiet_ms += WINDOW_MS
            yield from self.quiet()

    def _spread(self, words: list[str], begin_ms: int) -> list[Word]:
        step = max(self.voice_until_ms - begin_ms, 1) / max(len(words), 1)
        return [Word(word, begin_ms + step * at, begin_ms + step * (at + 1)) for at, word in enumerate(words)]
