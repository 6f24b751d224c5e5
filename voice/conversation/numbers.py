"""Spoken numbers → digits, so that the other readers meet only one form. Pure."""

from voice.conversation.digits import spoken_digits
from voice.conversation.phones import find_phone

__all__ = ["find_phone", "spoken_digits", "words_to_digits"]

UNITS = {
    "zero": 0, "oh": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14,
    "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19,
    "twentieth": 20, "thirtieth": 30,
}  # fmt: skip


def words_to_digits(text: str) -> str:
    """Lower-case text with numbers up to 99 and ordinals up to 31st as digits.

    "the twenty fourth at ten thirty" → "the 24th at 10 30". A lone "first", "second" or "third"
    stays a word: it usually chooses.
    """
    words = text.lower().replace("-", " ").split()
    out: list[str] = []
    index = 0
    while index < len(words):
        word, tail = _bare(words[index])
        following = _bare(words[index + 1])[0] if index + 1 < len(words) and not tail else ""
        if word in TENS:
            if following in ORDINALS and ORDINALS[following] < 10:
                out.append(f"{TENS[word] + ORDINALS[following]}th{_bare(words[index + 1])[1]}")
                index += 2
                continue
            if following in UNITS and 0 < UNITS[following] < 10:
                out.append(f"{TENS[word] + UNITS[following]}{_bare(words[index + 1])[1]}")
                index += 2
                continue
            out.append(f"{TENS[word]}{tail}")
        elif word in UNITS and word != "oh":
            out.append(f"{UNITS[word]}{tail}")
        elif word in ORDINALS and ORDINALS[word] > 3:
            out.append(f"{ORDINALS[word]}th{tail}")
        else:
            out.append(words[index])
        index += 1
    return " ".join(out)


def _bare(word: str) -> tuple[str, str]:
    """A word without the punctuation behind it, and that punctuation."""
    bare = word.rstrip(".,;:!?")
    return bare, word[len(bare) :]
