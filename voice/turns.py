"""A caller's turn, joined from what was recognised (pure). When it is over: listening.py."""

import re
from dataclasses import dataclass, field

from voice.ports import Words

BACKCHANNEL = re.compile(r"^(?:(?:uh[- ]?huh|m+[- ]?h?m+|mhm|hm+|um+|uh+|ah+|oh)[\s,.!]*)+$", re.IGNORECASE)

AGREEMENT = re.compile(
    r"^(?:(?:okay|ok|all right|alright|yes|yeah|sure|great|perfect|good|fine|please|thanks?|thank you|that's fine)"
    r"(?: so much| very much| a lot)?[\s,.!]*)+$",
    re.IGNORECASE,
)


def is_backchannel(text: str) -> bool:
    """Is this only a sign of listening ("mm-hmm"), no answer?"""
    return bool(BACKCHANNEL.match(text.strip()))


def is_agreement(text: str) -> bool:
    """Does the caller only go along with what was said ("okay, thanks")?"""
    return bool(AGREEMENT.match(text.strip())) or is_backchannel(text)


def same(one: str, other: str) -> bool:
    """Do two transcripts hold the same words? Recognisers punctuate and capitalise anew each time."""
    return _plain(one) == _plain(other)


def _plain(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


@dataclass(frozen=True, slots=True)
class CallerTurn:
    """One finished turn; positions in seconds on the call's clock."""

    text: str
    starts_at: float
    ends_at: float
    is_typed: bool = False  # or keyed in: whole as it is
    kept: str = ""  # the beginning that is in the record already
    goes_on_at: float = 0.0  # where the rest begins
    told_at: float = 0.0  # when the recogniser told the last of it


@dataclass(slots=True)
class Assembler:
    """Collects the final segments of one turn; the newest interim text stands in until then."""

    _final: list[Words] = field(default_factory=list)
    _interim: Words | None = None

    def add(self, words: Words) -> None:
        if not words.is_final:
            self._interim = words
            return
        self._interim = None
        if words.text.strip():
            self._final.append(words)

    @property
    def text(self) -> str:
        """Everything heard of this turn so far."""
        pieces = [*self._final, *([self._interim] if self._interim else [])]
        return " ".join(piece.text.strip() for piece in pieces if piece.text.strip())

    def take(self) -> CallerTurn | None:
        """The turn so far, and start the next; None when there are no words."""
        pieces = [*self._final, *([self._interim] if self._interim else [])]
        text = self.text
        self._final, self._interim = [], None
        if not text:
            return None
        return CallerTurn(text, pieces[0].starts_at, pieces[-1].ends_at)
