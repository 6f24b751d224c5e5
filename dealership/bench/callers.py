"""Callers who say the sentences of a data file at the pace of speech (pure, but for reading it).

Each dialogue belongs to one part: rules are tuned on TUNING and reported on REPORT. A rate of 150
to 190 words a minute, longer words for longer, a quarter of the turns with one pause of 0.3 to 0.9 s
between two words, wherever those are.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from zlib import crc32

FILE = "sgd_appointments_dev.jsonl"
TUNING, REPORT = 0, 1

WORDS_A_MINUTE = (150, 190)
PAUSING_SHARE = 0.25
PAUSE_SECONDS = (0.3, 0.9)
LEAD_IN_SECONDS = 0.5
# Some words are parted by a stop ("that car"): silence in which nobody pauses.
STOPS_SHARE = 0.3
STOP_SECONDS = (0.02, 0.06)
# As voice.activity measures them, on a line with a little noise.
VOICE_LEVEL, NOISE_LEVEL = (62.0, 8.0), (9.0, 1.0)
FRAME_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """Positions are seconds of the line's audio; voiced_until excludes a stop behind the word."""

    text: str
    starts_at: float
    ends_at: float
    voiced_until: float

    def has_been_said(self, share: float, *, by: float) -> bool:
        return self.starts_at + share * (self.ends_at - self.starts_at) <= by


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    question: str
    words: Sequence[SpokenWord]

    @property
    def ends_at(self) -> float:
        return self.words[-1].ends_at

    def pieces(self) -> Iterator[list[SpokenWord]]:
        """The words between pauses."""
        piece = [self.words[0]]
        for before, word in pairwise(self.words):
            if word.starts_at > before.ends_at:
                yield piece
                piece = []
            piece.append(word)
        yield piece

    def levels(self, rng: random.Random, *, until: float) -> Iterator[float]:
        """The loudness of every frame of the line, from 0."""
        spans = [(word.starts_at, word.voiced_until) for word in self.words]
        at, first = 0.0, 0
        while at < until:
            while first < len(spans) and spans[first][1] <= at:
                first += 1
            voiced = sum(
                max(0.0, min(end, at + FRAME_SECONDS) - max(start, at))
                for start, end in spans[first : first + 3]
            )
            share = voiced / FRAME_SECONDS
            yield max(0.0, share * rng.gauss(*VOICE_LEVEL) + (1 - share) * rng.gauss(*NOISE_LEVEL))
            at += FRAME_SECONDS


def spoken_turns(data: Path, part: int, rng: random.Random) -> list[SpokenTurn]:
    """Every caller's turn of one part, in a random order. data is the folder of FILE."""
    sentences = list(_sentences(data / FILE, part))
    rng.shuffle(sentences)
    return [speak(text, question, rng) for text, question in sentences]


def speak(text: str, question: str, rng: random.Random) -> SpokenTurn:
    """One turn, as one caller might say it. Words lose their punctuation: nobody pronounces it."""
    texts = [word for word in (raw.strip('.,;:!?"') for raw in text.split()) if word]
    weights = [2 + len(word) + 3 * sum(map(str.isdigit, word)) for word in texts]
    seconds = len(texts) * 60 / rng.uniform(*WORDS_A_MINUTE)
    bounds = [0.0, *accumulate(weight * seconds / sum(weights) for weight in weights)]
    pause_before, pause = len(texts), 0.0
    if len(texts) > 1 and rng.random() < PAUSING_SHARE:
        pause_before, pause = rng.randrange(1, len(texts)), rng.uniform(*PAUSE_SECONDS)
    begin = LEAD_IN_SECONDS + rng.uniform(0, FRAME_SECONDS)
    words = []
    for index, (word, (start, end)) in enumerate(zip(texts, pairwise(bounds), strict=True)):
        shift = begin + (pause if index >= pause_before else 0.0)
        stop = rng.uniform(*STOP_SECONDS) if rng.random() < STOPS_SHARE else 0.0
        is_last = index == len(texts) - 1 or index == pause_before - 1
        words.append(SpokenWord(word, shift + start, shift + end, shift + end - (0.0 if is_last else stop)))
    return SpokenTurn(question, words)


def _sentences(file: Path, part: int) -> Iterator[tuple[str, str]]:
    """What the callers of one part say, and the question before it."""
    with file.open() as lines:
        for dialogue in map(json.loads, lines):
            if crc32(dialogue["id"].encode()) % 2 != part:
                continue
            question = ""
            for turn in dialogue["turns"]:
                if turn["speaker"] == "USER":
                    yield turn["text"], question
                else:
                    question = turn["text"].rpartition(". ")[2]
