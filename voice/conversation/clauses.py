"""Cuts a growing text into pieces that can be spoken by themselves. Pure.

The first piece is kept short, so that speech begins early; after it whole sentences sound better
and cost fewer requests to the synthesizer.
"""

import re

FIRST_CLAUSE_LENGTH = 24  # characters before a comma may end the first piece
LONGEST = 240  # a text without any stop is cut between words

# A stop counts when something follows it: the dots of "2.5" and "a.m" never do.
SENTENCE_STOP = re.compile(r"[.!?…]+[\"')\]*_]*(?=\s)|\n")
# Nor does a comma, a dash or a colon before a figure: "December 1, 2026", "10 - 11 AM".
CLAUSE_STOP = re.compile(r"(?:[,;:]|\s[–—-])(?=\s+[^\s\d$])|[;:](?=\s+[\d$])")
ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:mr|mrs|ms|dr|st|ave|blvd|rd|hwy|ln|pkwy|ste|apt|no|vs|approx|appt|ext|mi|hrs?|mins?|sr|jr|inc"
    r"|mon|tues?|wed|thu|thurs?|fri|sat|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
    r"|e\.g|i\.e|etc|(?:[a-z]\.)*[a-z])\.$",
    re.IGNORECASE,
)
HALF_OF_DAY = re.compile(r"\b[ap]\.m\.$", re.IGNORECASE)
# "10:30 a.m. Tuesday" goes on where "10:30 a.m. Does that work?" has ended.
NEXT_WORD = re.compile(r"([A-Z][\w']*)[^\w']")
OF_A_TIME = re.compile(
    r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August"
    r"|September|October|November|December|Eastern|Central|Mountain|Pacific|[ECMP][SD]?T)$"
)
LIST_NUMBER = re.compile(r"^\s*\d{1,2}\.$")
# A text without any stop is cut before a word, never before a figure or "a.m.".
BEFORE_A_WORD = re.compile(r"\s(?![\d($]|[ap]\.?(?:m\b|$))", re.IGNORECASE)


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
        return self._longest() if len(self._text) > LONGEST else None

    def _longest(self) -> int:
        spaces = [match.start() for match in BEFORE_A_WORD.finditer(self._text)]
        whole = [at for at in spaces if 0 < at <= LONGEST and not ABBREVIATION.search(self._text[:at])]
        return whole[-1] if whole else max(self._text.rfind(" ", 0, LONGEST), 0) or LONGEST

    def _is_stop(self, end: int) -> bool:
        before, after = self._text[:end], self._text[end:].lstrip()
        if HALF_OF_DAY.search(before):
            word = NEXT_WORD.match(after)
            return word is not None and not OF_A_TIME.match(word[1])
        return not ABBREVIATION.search(before) and not LIST_NUMBER.match(before)


def split(text: str) -> list[str]:
    """All pieces of a text that is complete."""
    splitter = ClauseSplitter()
    pieces = [*splitter.push(text), splitter.rest()]
    return [piece for piece in pieces if piece]
