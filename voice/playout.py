"""What has the caller heard so far? Pure: the playout clock of one desk utterance.

The carrier buffers what we send and plays it in order; a mark comes back when all before it was
played. Between marks we trust the clock, but only a little: a line that stalls plays nothing.
Positions are bytes of mulaw (8 per millisecond) from the start of the utterance; now is a
monotonic clock in seconds.
"""

from dataclasses import dataclass, field

BYTES_PER_SECOND = 8000
UNHURRIED = 720  # bytes a character, 90 ms; digits and short words take the longest
TRUSTED_WITHOUT_MARK = 0.6  # seconds; marks come every 0.2 s, the rest is the line's delay


@dataclass(slots=True)
class Playout:
    sent_bytes: int = 0
    _acked: int = 0
    _since: float = 0.0  # when _acked was known to be heard
    _has_marks: bool = False
    _marks: dict[str, int] = field(default_factory=dict)
    _frozen: int | None = None

    def sent(self, count: int, now: float) -> None:
        """count more bytes were handed to the carrier."""
        if self.ahead(now) == 0:  # the buffer had run empty: playing starts anew, now
            self._acked, self._since = self.sent_bytes, now
        self.sent_bytes += count

    def mark(self, name: str) -> None:
        """A mark was sent behind everything sent so far."""
        self._marks[name] = self.sent_bytes

    def reached(self, name: str, now: float) -> bool:
        """The carrier returned a mark. False when it proves nothing: unknown, or after a clear."""
        position = self._marks.pop(name, None)
        if position is None or self._frozen is not None:
            return False
        self._has_marks = True
        if position >= self._acked:
            self._acked, self._since = position, now
        return True

    def clear(self, now: float) -> None:
        """The carrier was told to drop its buffer: what was heard by now is all that ever will be."""
        if self._frozen is None:
            self._frozen = self.heard(now)

    def heard(self, now: float) -> int:
        """Bytes that the caller has heard: acknowledged ones, and a bounded guess since."""
        if self._frozen is not None:
            return self._frozen
        elapsed = now - self._since
        if self._has_marks:
            elapsed = min(elapsed, TRUSTED_WITHOUT_MARK)
        return min(self.sent_bytes, self._acked + int(max(0.0, elapsed) * BYTES_PER_SECOND))

    def ahead(self, now: float) -> int:
        """Bytes still in the carrier's buffer, by the clock; for pacing, so marks may be lost."""
        if self._frozen is not None:
            return 0
        played = self._acked + int(max(0.0, now - self._since) * BYTES_PER_SECOND)
        return max(0, self.sent_bytes - played)

    @property
    def is_acknowledged(self) -> bool:
        """Did the carrier confirm that the last byte was played?"""
        return self._acked >= self.sent_bytes and not self._marks


@dataclass(slots=True)
class Script:
    """The text behind the bytes of one utterance, clause by clause."""

    _clauses: list[tuple[str, int, int]] = field(default_factory=list)

    def add(self, text: str, start: int, end: int, *, is_whole: bool = True) -> None:
        """The clause's audio begins at byte start and has come as far as end.

        Of audio that is not whole yet the rest is guessed, for a slow voice: sooner say a word twice
        than believe that a date was heard.
        """
        if self._clauses and self._clauses[-1][:2] == (text, start):
            self._clauses.pop()
        if not is_whole and end > start:
            end = max(end, start + len(text) * UNHURRIED)
        self._clauses.append((text, start, end))

    def read(self, sent: int) -> tuple[str, str]:
        """Return (read, not read) for somebody who reads each clause on a screen as its audio begins."""
        begun = [text for text, start, _ in self._clauses if start < sent]
        rest = [text for text, start, _ in self._clauses if start >= sent]
        return " ".join(begun), " ".join(rest)

    def clause_at(self, position: int) -> str:
        """The clause whose audio begins exactly here; "" when none does."""
        return next((text for text, start, end in self._clauses if start == position < end), "")

    def clause_end(self, position: int, most: int) -> int:
        """Where the audio of the clause at this position ends, as far as it has come."""
        ends = (end for _, start, end in self._clauses if start <= position < end)
        return min(next(ends, most), most)

    def word_before(self, heard: int) -> int:
        """Where the word began that was being heard: from there the rest makes sense."""
        for text, start, end in self._clauses:
            if start <= heard < end:
                words = text.split()
                whole = _words_within(words, (heard - start) / (end - start) * len(text))
                characters = sum(len(word) + 1 for word in words[:whole])
                return start + int(characters / len(text) * (end - start))
        return heard

    def split(self, heard: int) -> tuple[str, str]:
        """Return (what was heard, what was not), cut at a word."""
        said: list[str] = []
        unsaid: list[str] = []
        for text, start, end in self._clauses:
            words = text.split()
            # A clause whose audio has no length yet was not heard.
            share = max(0.0, min(1.0, (heard - start) / (end - start))) if end > start else 0.0
            count = _words_within(words, share * len(text))
            said += words[:count]
            unsaid += words[count:]
        return " ".join(said), " ".join(unsaid)


def _words_within(words: list[str], characters: float) -> int:
    """How many whole words fit in the first so many characters of the text."""
    used = 0
    for count, word in enumerate(words):
        used += len(word)
        if used > characters:
            return count
        used += 1
    return len(words)
