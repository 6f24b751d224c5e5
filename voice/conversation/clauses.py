"""Cuts a growing text into pieces that can be spoken by themselves. Pure.

The first piece is kept short, so that speech begins early; after it whole sentences sound better
and cost fewer requests to the synthesizer.
"""

import re

FIRST_CLAUSE_LENGTH = 24  # characters before a comma may end the first piece
LONGEST = 240  # a text without any stop is cut between words

# A stop counts when something follows it: the dots of "2.5" and "a.m" never do.
SENTENCE_STOP = re.compile(r"[.!?…]+[\"')\]]*(?=\s)|\n")
CLAUSE_STOP = re.compile(r"(?:[,;:]|\s[–—-])(?=\s)")
ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:mr|mrs|ms|dr|st|ave|blvd|rd|no|vs|approx|e\.g|i\.e|etc|[a-z])\.$", re.IGNORECASE
)
HALF_OF_DAY = re.compile(r"\b[ap]\.m\.$", re.IGNORECASE)
LIST_NUMBER = re.compile(r"^\s*\d{1,2}\.$")


class ClauseSplitter:
    """Push text as it arrives; take the pieces that are complete; ask for the rest at the end."""

    def __init__(self) -> None:
        self._text = ""
        self._is_first = True

    def push(self, text: str) -> list[str]:
        """The pieces that this text completes, in order, without surrounding space."""
        self._text += text
        pieces = []
        while (end := self._find_end()) is not None:
            piece, self._text = self._text[:end].strip(), self._text[end:].lstrip()
            if piece:
                pieces.append(piece)
                self._is_first = False
        return pieces

    def rest(self) -> str:
        """What is left when the text has ended; "" when nothing is."""
        rest, self._text = self._text.strip(), ""
        return rest

    def _find_end(self) -> int | None:
        ends = [match.end() for match in SENTENCE_STOP.finditer(self._text) if self._is_stop(match.end())]
        if self._is_first:
            commas = (match.end() for match in CLAUSE_STOP.finditer(self._text))
            ends += [end for end in commas if end >= FIRST_CLAUSE_LENGTH]
        if ends:
            return min(ends)
        if len(self._text) > LONGEST:
            return max(self._text.rfind(" ", 0, LONGEST), 0) or LONGEST
        return None

    def _is_stop(self, end: int) -> bool:
        before, after = self._text[:end], self._text[end:].lstrip()
        if HALF_OF_DAY.search(before):
            return after[:1].isupper()
        return not ABBREVIATION.search(before) and not LIST_NUMBER.match(before)


def split(text: str) -> list[str]:
    """All pieces of a text that is complete."""
    splitter = ClauseSplitter()
    pieces = [*splitter.push(text), splitter.rest()]
    return [piece for piece in pieces if piece]
