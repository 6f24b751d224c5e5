"""When to draft an answer, and when the caller's turn is over (pure).

One Listening follows one caller through the call. It is told what happens, as it happens:

    ask(asked, question)      the question that the caller now has to answer
    voice(is_voiced, now)     every frame: what voice.activity makes of it
    words(words, now)         interim and final text
    started(now), ended(now)  the provider's own opinion: SpeechStarted, SpeechEnded
    suspected(now)            … and its eager end of turn, where it has one
    give_back(turn)           a turn that had been taken turns out to go on

and answers two questions:

    draft(now)                the text that a draft should be thinking about now
    over_at()                 when the turn will be over, unless something happens before

now is seconds on the call's clock, as the positions in Words. Nothing here waits or reads a clock.

How it decides: the caller's silence is known at once, from the frames; the words come a third of a
second later. Silence alone cannot tell a breath from an end, but a language model and a voice take
0.6 s anyway. So the answer is drafted at the first sign of silence and kept back, and by the time
it could be heard, a caller who only took a breath is speaking again. How much silence ends a turn
depends on the words and on the question (completeness.py).
"""

from dataclasses import dataclass, replace
from math import inf

from voice.completeness import Completeness, Expected, completeness, expected
from voice.ports import Words
from voice.turns import Assembler, CallerTurn

MERGE_SECONDS = 1.5
# A word's end by the recogniser and the voice's end by the frames are measured by two clocks.
REACH_SECONDS = 0.3
# The least a recogniser needs to tell the last word: from here on the same text again is all there is.
LEAST_DELAY_SECONDS = 0.35


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds of the caller's silence, where nothing else is said."""

    closed: float = 0.6  # "…please", "thank you", "yes" to a yes-or-no question
    whole: float = 0.85
    open: float = 1.3  # "…and", "on the"
    dictating: float = 2.0  # the rest of a number is being looked up
    suspect: float = 0.06  # to a draft: three frames, longer than most stops within a word
    suspect_open: float = 0.6  # an answer takes as long, so a draft is ready when an open sentence is over
    late_words: float = 0.9  # for words that do not reach the pause; then they are taken as they are
    noisy: float = 1.0  # after the provider's pause, while the frames are never quiet
    certain: float = 0.15  # after the provider is sure, as Flux is at its end of turn
    forgotten: float = 25.0  # after the last new word, whatever is heard; recognisers keep 24 s to themselves

    def to_end(self, state: Completeness) -> float:
        match state:
            case Completeness.CLOSED:
                return self.closed
            case Completeness.WHOLE:
                return self.whole
            case Completeness.OPEN:
                return self.open
        return self.dictating


@dataclass(slots=True)
class _Heard:
    """What was recognised of a turn; moments on the call's clock. came_at: when it was told."""

    text: str = ""
    state: Completeness = Completeness.OPEN
    ends_at: float = 0.0
    is_final: bool = False
    is_repeated: bool = False
    changed_at: float = 0.0
    came_at: float = 0.0


class Listening:
    """is_voiced: the frames have a voice, or a noise like one."""

    def __init__(self, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        self.expected = Expected.ANYTHING
        self.is_voiced = False
        self._is_noise = False
        self._hears_frames = False  # a line without sound, or a caller too soft, is left to the provider
        self._taken: Words | None = None  # text that was still interim when its turn was taken
        self._begin()

    def _begin(self) -> None:
        self._assembler = Assembler()
        self._earlier: CallerTurn | None = None
        self._interim: Words | None = None
        self._heard = _Heard()
        self._voice_ends_at = -inf
        self._ended_at: float | None = None
        self._silence = 0.0
        self._is_certain = self._is_suspected = False

    # --- what happens ---------------------------------------------------------------------

    def ask(self, asked: str, question: str = "") -> None:
        """The desk has put a question. asked: its name in phrases.py; question: its wording."""
        self.expected = expected(asked, question)
        self._heard.state = completeness(self.text, self.expected)

    def voice(self, is_voiced: bool, now: float) -> None:
        """A frame ended at now."""
        if is_voiced:
            self._hears_frames = True
            self._voice_ends_at = now
            if not self.is_voiced:
                self.started(now)
        else:
            self._is_noise = False
        self.is_voiced = is_voiced

    def words(self, words: Words, now: float) -> None:
        """Text was recognised; what belonged to the turn before counts no more."""
        fresh = self._without_taken(words)
        if fresh is None:
            return
        self._assembler.add(fresh)
        self._interim = None if fresh.is_final else fresh
        heard, text = self._heard, self.text
        heard.is_repeated = text == heard.text
        if not heard.is_repeated:
            heard.text, heard.changed_at = text, now
            heard.state = completeness(text, self.expected)
            self._is_suspected = self._is_certain = False
        if fresh.text.strip():
            heard.ends_at = min(fresh.ends_at, now)
        heard.is_final, heard.came_at = fresh.is_final, now

    def started(self, now: float) -> None:
        """Speech began, or goes on (Flux: TurnResumed)."""
        self._ended_at = None
        self._is_suspected = self._is_certain = False

    def ended(self, now: float, *, silence: float = 0.64, is_certain: bool = False) -> None:
        """The provider tells a pause of so many seconds; all words before it have been delivered.

        is_certain: its model says that the turn is over (Flux: EndOfTurn).
        """
        self._ended_at, self._silence, self._is_certain = now, silence, is_certain

    def suspected(self, now: float) -> None:
        """The provider thinks that the turn may be over (Flux: EagerEndOfTurn)."""
        self._is_suspected = True

    def give_back(self, turn: CallerTurn) -> None:
        """A turn that was taken goes on: what is heard since belongs to it, and take() returns both."""
        self._earlier = turn
        heard = self._heard
        if not heard.text:
            heard.ends_at = heard.changed_at = heard.came_at = turn.ends_at
            heard.is_final = True
        heard.text = self.text
        heard.state = completeness(heard.text, self.expected)

    # --- what to do -----------------------------------------------------------------------

    @property
    def is_speaking(self) -> bool:
        """May no answer begin? Not so while a noise goes on in which a turn ended."""
        return self.is_voiced and not self._is_noise

    @property
    def text(self) -> str:
        """Everything heard of the turn so far."""
        earlier = self._earlier.text if self._earlier else ""
        return f"{earlier} {self._assembler.text}".strip()

    def draft(self, now: float) -> str | None:
        """The text on which a draft should be thinking; None: begin none, and leave what there is."""
        heard = self._heard
        if not heard.text or heard.state is Completeness.DICTATING:
            return None
        if self._is_suspected or self._is_certain:
            return heard.text
        is_open = heard.state is Completeness.OPEN
        if self.is_voiced:  # in a noise the provider's pause must do
            return None if is_open or self._ended_at is None else heard.text
        quiet_from = self._quiet_from
        if quiet_from is None:
            return None
        needed = self.patience.suspect_open if is_open else self.patience.suspect
        if now < quiet_from + needed or now < min(self._reached_at(quiet_from), self._whole_at(quiet_from)):
            return None
        return heard.text

    def over_at(self) -> float | None:
        """When the turn is over; a moment in the past means now. None: there is no turn."""
        heard, patience = self._heard, self.patience
        if not heard.text:
            return None
        return min(self._over_by_silence(patience.to_end(heard.state)), heard.changed_at + patience.forgotten)

    def take(self) -> CallerTurn | None:
        """The turn so far, and start the next; None when there are no words."""
        turn, earlier = self._assembler.take(), self._earlier
        turn = replace(turn, told_at=self._heard.came_at) if turn else None
        self._taken = self._interim or self._taken
        self._is_noise = self.is_voiced
        self._begin()
        return merged(earlier, turn) if earlier and turn else turn or earlier

    # --- inside ---------------------------------------------------------------------------

    def _over_by_silence(self, wait: float) -> float:
        ended_at, patience = self._ended_at, self.patience
        if ended_at is not None and self._is_certain and self._heard.state is not Completeness.DICTATING:
            return ended_at + patience.certain
        if self.is_voiced:
            return inf if ended_at is None else ended_at + max(patience.noisy, wait - self._silence)
        quiet_from = self._quiet_from
        return inf if quiet_from is None else max(quiet_from + wait, self._whole_at(quiet_from))

    @property
    def _quiet_from(self) -> float | None:
        """Since when the caller has been silent; None while nobody knows."""
        if not self._hears_frames:
            return None if self._ended_at is None else self._ended_at - self._silence
        # Words well behind the last sound were too soft for the frames' ear.
        if self._heard.ends_at > self._voice_ends_at + REACH_SECONDS:
            return self._heard.ends_at
        return self._voice_ends_at

    def _reached_at(self, quiet_from: float) -> float:
        """When words were told that reach as far as the voice did."""
        return self._heard.came_at if self._heard.ends_at >= quiet_from - REACH_SECONDS else inf

    def _whole_at(self, quiet_from: float) -> float:
        """When the words were, or will be, all that was said before the silence."""
        heard = self._heard
        whole_at = quiet_from + self.patience.late_words
        if heard.is_final:
            whole_at = min(whole_at, self._reached_at(quiet_from))
        if heard.is_repeated and heard.came_at >= quiet_from + LEAST_DELAY_SECONDS:
            whole_at = min(whole_at, heard.came_at)
        if self._ended_at is not None and self._ended_at >= quiet_from:
            whole_at = min(whole_at, self._ended_at)
        return whole_at

    def _without_taken(self, words: Words) -> Words | None:
        """What these words add to a turn that was taken before its last segment was final."""
        taken = self._taken
        if taken is None:
            return words
        is_later = words.starts_at >= taken.ends_at
        if words.is_final or is_later:
            self._taken = None
        if is_later:
            return words
        # The final text may differ in a word from the interim one, hardly in their number.
        rest = words.text.split()[len(taken.text.split()) :]
        return replace(words, text=" ".join(rest), starts_at=taken.ends_at) if rest else None


# --- a turn that was cut too early --------------------------------------------------------


def continues(turn: CallerTurn, words: Words) -> bool:
    """Do these words follow a turn so soon that they belong to it?"""
    return words.starts_at - turn.ends_at <= MERGE_SECONDS


def merged(earlier: CallerTurn, later: CallerTurn) -> CallerTurn:
    """Both as the one turn that they were, to be thought about anew."""
    goes_on_at = later.starts_at if earlier.kept == earlier.text else earlier.goes_on_at
    text, told_at = f"{earlier.text} {later.text}", later.told_at or earlier.told_at
    return replace(earlier, text=text, ends_at=later.ends_at, goes_on_at=goes_on_at, told_at=told_at)
