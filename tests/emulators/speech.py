"""Speech that carries its own words, so that a machine can hear exactly what was said (pure).

    utter("I need an oil change.")   mulaw that is a voice to anything that measures loudness
    carry(mulaw, words)              any sound, a synthesized voice for instance, with its words
    Words().feed(mulaw)              the words that ended in this piece of audio

The words hide in the lowest bits of the mulaw bytes, where a listener hears next to nothing. The
product passes mulaw on byte for byte in both directions, so what an emulated recogniser is given,
and what an emulated telephone has played, tell their words by themselves. Fifty callers need no
scripts, and a frame that was lost is a word that was lost.
"""

from collections.abc import Sequence

SECOND = 8000
WORD_MS = 300
MARK_BITS = 160  # a mark takes one byte of audio for each bit: 20 ms
PIECE_BYTES = 15  # of text in one mark
LONGEST_MARKS = 8
SYNC = "000110110001111000010111"  # none of it in silence, whose lowest bits are all 1
LAST = 0x80

LOUD = (b"\x90" * 20 + b"\x10" * 20) * (SECOND // 40)  # one second of a loud 200 Hz square wave

_BITS = bytes.maketrans(bytes(range(256)), bytes(48 + (value & 1) for value in range(256)))


def utter(text: str, *, word_ms: int = WORD_MS) -> bytes:
    """A loud voice saying text, word_ms for each word."""
    words = text.split()
    length = len(words) * word_ms * SECOND // 1000
    return carry((LOUD * (length // SECOND + 1))[:length], words)


def carry(mulaw: bytes, words: Sequence[str]) -> bytes:
    """The same sound, with words spread evenly over it, each told at its end.

    It opens with an empty mark, by which a listener knows early that words will come. A word for
    which the sound is too short is left out.
    """
    share = len(mulaw) / max(1, len(words))
    spoken = b""
    for place, word in enumerate(words):
        piece = mulaw[len(spoken) : round((place + 1) * share)]
        opening = [_mark(b"", is_last=True)] if place == 0 else []
        closing = _marks(word)
        if len(piece) >= (len(opening) + len(closing)) * MARK_BITS:
            begins, ends = len(opening) * MARK_BITS, len(piece) - len(closing) * MARK_BITS
            piece = _with(piece[:begins], opening) + piece[begins:ends] + _with(piece[ends:], closing)
        spoken += piece
    return spoken or mulaw


class Words:
    """Listens to one stream of mulaw, cut anywhere. has_marks: it has told something at all."""

    def __init__(self) -> None:
        self.has_marks = False
        self._bits = ""
        self._text = b""

    def feed(self, mulaw: bytes) -> list[str]:
        """The words that are complete with this piece."""
        self._bits += mulaw.translate(_BITS).decode()
        words: list[str] = []
        while (at := self._bits.find(SYNC)) >= 0 and len(self._bits) >= at + MARK_BITS:
            is_mark = self._take(self._bits[at + len(SYNC) : at + MARK_BITS], words)
            self._bits = self._bits[at + (MARK_BITS if is_mark else 1) :]
        if at < 0:
            self._bits = self._bits[1 - len(SYNC) :]
        return words

    def _take(self, bits: str, words: list[str]) -> bool:
        """Read one mark; False when chance only made it look like one."""
        *content, checksum = int(bits, 2).to_bytes(len(bits) // 8, "big")
        if sum(content) % 251 != checksum:
            return False
        self.has_marks = True
        self._text += bytes(content[1:]).rstrip(b"\0")
        if content[0] & LAST:
            if self._text:
                words.append(self._text.decode(errors="replace"))
            self._text = b""
        return True


def heard_in(mulaw: bytes) -> str:
    """Everything that is said in a recording."""
    return " ".join(Words().feed(mulaw))


def _marks(word: str) -> list[str]:
    text = word.encode()[: PIECE_BYTES * LONGEST_MARKS]
    cuts = range(0, len(text), PIECE_BYTES)
    return [_mark(text[at : at + PIECE_BYTES], is_last=at == cuts[-1]) for at in cuts]


def _mark(text: bytes, *, is_last: bool) -> str:
    content = bytes([LAST if is_last else 0]) + text.ljust(PIECE_BYTES, b"\0")
    return SYNC + "".join(f"{value:08b}" for value in (*content, sum(content) % 251))


def _with(mulaw: bytes, marks: Sequence[str]) -> bytes:
    bits = "".join(marks).encode()
    return bytes(value & 0xFE | bit & 1 for value, bit in zip(mulaw, bits, strict=True))
