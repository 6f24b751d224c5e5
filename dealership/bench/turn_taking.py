"""How soon does the desk answer, and how often too soon? Spoken turns on a clock that costs no time.

The product's own policy (voice.activity, voice.listening), wired as a session wires it, against
waiting for the provider's silence: the same callers, the same providers. The providers are delays;
a recogniser tells a word when it was said, or most of it, and never what comes next.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count, zip_longest
from math import ceil, inf
from pathlib import Path

from django.conf import settings

from dealership.bench.callers import FILE, FRAME_SECONDS, REPORT, SpokenTurn, SpokenWord, spoken_turns
from dealership.bench.figures import Figure
from voice.activity import Activity
from voice.listening import Listening, continues
from voice.ports import Words
from voice.turns import CallerTurn

DATA = settings.BASE_DIR.parent / "shared" / "data"
TURNS_A_ROUND = 50
SEED = 4
AFTER_SPEECH_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Providers:
    """Delays in seconds, as in issue 4, section 6."""

    final: float = 0.3  # from the silence that ends a segment to its text
    interim_every: float = 0.25
    interim: float = 0.3  # from the last audio that an interim text knows to that text
    first_token: float = 0.4
    first_audio: float = 0.2
    silence: float = 0.01  # the provider's endpointing
    # These two are what a bare relay was measured to wait beyond all of the above: 1.29 s with 300 ms
    # of silence, 1.00 s with 10 ms. How they share the 90 ms is a guess.
    until_silence: float = 0.06  # the provider notices silence later than it begins
    first_clause: float = 0.03  # from the first token to as many as can be spoken
    # An interim text has a word when so much of it was said. 1.0 is the strictest: when it is over.
    told: float = 0.75

    @property
    def thinking(self) -> float:
        """From the caller's words to the first audio of the answer."""
        return self.first_token + self.first_clause + self.first_audio


# --- what reaches the desk ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Frame:
    level: float  # as voice.activity measures it


@dataclass(frozen=True, slots=True)
class Pause:
    """The provider's speech_final."""


Event = Frame | Words | Pause
Segment = tuple[float, Sequence[SpokenWord]]  # and when the provider noticed the silence behind it


def events(turn: SpokenTurn, providers: Providers, rng: random.Random) -> list[tuple[float, Event]]:
    """Everything that reaches the desk over one turn, in order, each with its time in seconds."""
    segments = list(_segments(turn, providers))
    told = chain(_frames(turn, rng), _interims(segments, providers), _finals(segments, providers))
    return sorted(told, key=lambda pair: pair[0])


def _frames(turn: SpokenTurn, rng: random.Random) -> Iterator[tuple[float, Event]]:
    levels = turn.levels(rng, until=turn.ends_at + AFTER_SPEECH_SECONDS)
    return ((number * FRAME_SECONDS, Frame(level)) for number, level in enumerate(levels, 1))


def _segments(turn: SpokenTurn, providers: Providers) -> Iterator[Segment]:
    """The words between the pauses that the provider notices."""
    pieces, segment = list(turn.pieces()), list[SpokenWord]()
    for piece, following in zip_longest(pieces, pieces[1:]):
        segment = segment + piece
        noticed_at = piece[-1].ends_at + providers.silence + providers.until_silence
        if not following or noticed_at < following[0].starts_at:
            yield noticed_at, segment
            segment = []


def _finals(segments: Sequence[Segment], providers: Providers) -> Iterator[tuple[float, Event]]:
    for noticed_at, segment in segments:
        yield noticed_at + providers.final, _text(segment, is_final=True)
        yield noticed_at + providers.final, Pause()


def _interims(segments: Sequence[Segment], providers: Providers) -> Iterator[tuple[float, Event]]:
    every = providers.interim_every
    first = segments[0][1][0].starts_at
    for noticed_at, segment in segments:
        for number in count(ceil((segment[0].starts_at - first) / every)):
            known = first + number * every
            if known >= noticed_at:
                break
            told = [word for word in segment if word.has_been_said(providers.told, by=known)]
            if told:
                text = _text(told, is_final=False)
                yield known + providers.interim, replace(text, ends_at=min(text.ends_at, known))


def _text(words: Sequence[SpokenWord], *, is_final: bool) -> Words:
    return Words(" ".join(word.text for word in words), is_final, words[0].starts_at, words[-1].ends_at)


# --- desks --------------------------------------------------------------------------------


@dataclass(slots=True)
class Answer:
    text: str
    ready_at: float  # its first audio
    is_draft: bool = False


@dataclass(slots=True)
class Desk:
    """Is told events, and acts when due() says. first_frames: when its answers began to be heard."""

    providers: Providers
    first_frames: list[float] = field(default_factory=list)
    drafts: int = 0
    has_answered_by_draft: bool = False  # the last time
    _answer: Answer | None = None

    def take(self, event: Event, now: float) -> None:
        raise NotImplementedError

    def due(self) -> float:
        return self._answer.ready_at if self._answer else inf

    def act(self, now: float) -> None:
        self.first_frames.append(now)
        self.has_answered_by_draft = self._answer is not None and self._answer.is_draft
        self._answer = None


class WaitingDesk(Desk):
    """Answers every pause that the provider tells, unless more words come before it is heard."""

    def take(self, event: Event, now: float) -> None:
        match event:
            case Words():
                self._answer = None
            case Pause():
                self._answer = Answer("", now + self.providers.thinking)


@dataclass(slots=True)
class ListeningDesk(Desk):
    """As voice.session is wired."""

    listening: Listening = field(default_factory=Listening)
    _activity: Activity = field(default_factory=Activity)
    _draft: Answer | None = None
    _turn: CallerTurn | None = None  # the last one

    def take(self, event: Event, now: float) -> None:
        match event:
            case Frame(level=level):
                self.listening.voice(self._activity.push_level(level, FRAME_SECONDS), now)
            case Words():
                self.listening.words(event, now)
                self._repair(event)
            case Pause():
                self.listening.ended(now, silence=self.providers.silence)
        wanted = self.listening.draft(now)
        if wanted and (self._draft is None or self._draft.text != wanted):
            self._draft = Answer(wanted, now + self.providers.thinking, is_draft=True)
            self.drafts += 1

    def due(self) -> float:
        return min(self._over_at, self._heard_at)

    def act(self, now: float) -> None:
        if self._over_at <= now:
            self._turn_is_over(now)
        else:
            Desk.act(self, now)

    @property
    def _over_at(self) -> float:
        over_at = self.listening.over_at()
        return inf if over_at is None else over_at

    @property
    def _heard_at(self) -> float:
        return self._answer.ready_at if self._answer and not self.listening.is_speaking else inf

    def _turn_is_over(self, now: float) -> None:
        turn = self._turn = self.listening.take()
        draft, self._draft = self._draft, None
        text = turn.text if turn else ""
        is_hit = draft is not None and draft.text == text
        self._answer = draft if is_hit else Answer(text, now + self.providers.thinking)

    def _repair(self, words: Words) -> None:
        """The rest of a turn that was thought over: think again, about all of it."""
        if self._turn and self.listening.text and (self._answer or continues(self._turn, words)):
            self.listening.give_back(self._turn)
            self._turn = self._answer = None


def converse(desk: Desk, turn: SpokenTurn, rng: random.Random) -> None:
    """Let one caller say one turn to a desk."""
    if isinstance(desk, ListeningDesk):
        desk.listening.ask("", turn.question)
    now = 0.0
    for at, event in events(turn, desk.providers, rng):
        while (due := desk.due()) <= at:
            now = max(now, due)
            desk.act(now)
        now = at
        desk.take(event, now)


# --- the figures --------------------------------------------------------------------------


@dataclass(slots=True)
class Result:
    """waits_ms: from the end of a turn to the first frame of its answer. early: turns that were cut."""

    turns: int = 0
    waits_ms: list[float] = field(default_factory=list)
    early: int = 0
    drafts: int = 0
    drafts_used: int = 0  # for the answer that was heard out

    @property
    def early_percent(self) -> float:
        return 100 * self.early / self.turns


def play(turns: Sequence[SpokenTurn], make_desk: Callable[[], Desk]) -> Result:
    """Every turn to a desk of its own. A turn that was cut still has its answer's wait counted."""
    result = Result(len(turns))
    for number, turn in enumerate(turns):
        desk = make_desk()
        converse(desk, turn, random.Random(f"{SEED} {number}"))
        waits = [(at - turn.ends_at) * 1000 for at in desk.first_frames if at >= turn.ends_at]
        result.early += desk.first_frames[0] < turn.ends_at
        result.waits_ms.append(waits[0])
        result.drafts += desk.drafts
        result.drafts_used += desk.has_answered_by_draft
    return result


def desks() -> dict[str, Callable[[], Desk]]:
    """Ours, and what there is to compare with."""
    providers = Providers()
    strict = replace(providers, told=1.0)
    cautious = replace(providers, silence=0.3)
    return {
        "our policy": lambda: ListeningDesk(providers),
        "our policy, words told when over": lambda: ListeningDesk(strict),
        "provider's 10 ms of silence": lambda: WaitingDesk(providers),
        "provider's 300 ms of silence": lambda: WaitingDesk(cautious),
    }


async def measure(*, rounds: int, data: Path = DATA) -> list[Figure]:
    """A round is 50 turns of the part that no rule was tuned on. No figures when data is not there."""
    if not (data / FILE).exists():
        return []
    turns = spoken_turns(data, REPORT, random.Random(SEED))[: rounds * TURNS_A_ROUND]
    return list(chain.from_iterable(_figures(name, play(turns, desk)) for name, desk in desks().items()))


def _figures(name: str, result: Result) -> Iterator[Figure]:
    sample = f"all {result.turns} turns"
    yield Figure(f"end of speech to first frame, {name}", "ms", result.waits_ms, "a caller's turn")
    yield Figure(f"begun too early, {name}", "%", [result.early_percent], sample)
    if result.drafts:
        wasted = (result.drafts - result.drafts_used) / result.turns
        yield Figure(
            f"turns answered by a draft, {name}", "%", [100 * result.drafts_used / result.turns], sample
        )
        yield Figure(f"drafts thrown away in 100 turns, {name}", "", [100 * wasted], sample)
