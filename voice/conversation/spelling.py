"""Letters and digits said one by one: "M as in Mary, double A, R", "bravo two one". Pure.

Rules:
- A word says which letter is meant: "D as in boy" was a B misheard. Where the two sound nothing alike, the
  letter stays, and is no surer than by itself.
- "oh" and "o" come out as the letter; where only a digit can stand, the reader of the number makes it zero.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from voice.conversation.alphabets import HOME_MADE, NAMES, NAMES_IN_COMPANY, WORDS, sound_alike
from voice.conversation.digits import LARGE, REPEATS, TEENS, TENS, UNITS, read_group

TOKEN = re.compile(r"(?=[A-Za-z]*\d)[A-Za-z\d]+|[A-Za-z]+(?:'[a-z]+)?|\S")
BETWEEN = {
    "uh", "um", "er", "and", "then", "dash", "hyphen", "space", "comma", "dot", "period", "capital", "uppercase", "lowercase",
    "upper", "lower", "big", "small", "letter", "number", "the", "next", "followed", "by", "okay", "ok", "again", "that's",
    "is", "it's", "let", "me", "pause", "another", "minus", "point", "digit", "case",
}  # fmt: skip
AS_IN = (("as", "in"), ("like", "in"), ("is", "for"), ("as",), ("for",), ("like",))
BEFORE_ARTICLE = {"with", "without", "not", "have", "has", "got", "like"}
WITH_TWO = 3  # of those have two words
VOWELS = set("AEIOUY")
NO_LETTERS = {
    "vin",
    "mm",
    "hm",
    "hmm",
    "mhm",
    "mr",
    "mrs",
    "ms",
    "dr",
    "st",
    "pm",
    "am",
    "tv",
    "pls",
    "th",
    "nd",
    "rd",
}
NUMBER_WORDS = frozenset(UNITS) | set(TEENS) | set(TENS)


@dataclass(frozen=True, slots=True)
class Sign:
    """One letter (upper case) or digit. is_sure: a word was said for it ("B as in boy")."""

    character: str
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Signs with nothing else between them; starts and ends are places in the text."""

    signs: tuple[Sign, ...]
    starts: int
    ends: int

    @property
    def text(self) -> str:
        return "".join(sign.character for sign in self.signs)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str  # as written
    word: str  # lower case
    starts: int
    ends: int


def find_spelling(text: str) -> str:
    """The longest word spelled in text, as "MAAR"; "" when nothing is spelled. At least two letters."""
    words = [
        run.text for run in read_runs(text, takes_groups=False) if run.text.isalpha() and len(run.text) > 1
    ]
    return max(words, key=len, default="")


def read_runs(text: str, *, takes_groups: bool = True) -> list[Run]:
    """Everything spelled in text.

    takes_groups: "HGCM", "82633A" and "eighty two" count as their characters, as in a VIN; without it only
    what is said character by character does.
    """
    tokens = _tokens(text)
    words = [token.word for token in tokens]
    runs: list[Run] = []
    signs: list[Sign] = []
    first = last = at = reads = 0
    while at < len(tokens):
        read, used = _read(tokens, words, at, bool(signs), takes_groups)
        if read:
            first = at if not signs else first
            signs += read
            last, reads = at + used - 1, reads + 1
        elif signs and not _goes_between(
            words[at], takes_groups, is_listed=reads == 1 or "," in words[first:last]
        ):
            runs.append(Run(tuple(signs), tokens[first].starts, tokens[last].ends))
            signs, reads = [], 0
        at += used or 1
    if signs:
        runs.append(Run(tuple(signs), tokens[first].starts, tokens[last].ends))
    return runs


def _tokens(text: str) -> list[_Token]:
    text = re.sub(r"(?<=ty)-(?=[a-z])", " ", text)  # "forty-three"
    text = re.sub(r"\b([Xx])[- ](?=[Rr]ay\b)", r"\1\1", text.replace("’", "'"))  # as long as it was
    return [
        _Token(match[0], match[0].lower().replace("xxray", "xray"), match.start(), match.end())
        for match in TOKEN.finditer(text)
    ]


def _goes_between(word: str, takes_groups: bool, *, is_listed: bool) -> bool:
    """Does the run go on behind this? A comma ends a spelled word, unless commas stand between its letters."""
    if takes_groups:
        return not word[0].isalnum() or word in BETWEEN
    if word in ",;.":
        return is_listed or word == "."
    return not word.isalnum() or word in ("capital", "uh", "um", "letter")


def _read(
    tokens: Sequence[_Token], words: Sequence[str], at: int, is_within: bool, takes_groups: bool
) -> tuple[list[Sign], int]:
    """The signs that begin at a place, and how many tokens they took; ([], 0) for none."""
    word = words[at]
    following = words[at + 1] if at + 1 < len(words) else ""
    if word == "double" and following in ("u", "you", "v", "yu"):
        return [Sign("W")], 2
    if word in REPEATS and following:
        read, used = _read(tokens, words, at + 1, True, takes_groups)
        return [*read[:1] * REPEATS[word], *read[1:]], used + 1 if read else 0
    if word in ("two", "three") and (plural := re.fullmatch(r"([a-z])'?s", following)):
        return [Sign(plural[1].upper())] * (2 if word == "two" else 3), 2
    letter = _letter(tokens, words, at, is_within)
    if letter:
        return _with_its_word(letter, words, at)
    if (
        word in HOME_MADE
        and (is_within or (word in WORDS and _begins_code(words, at + 1)))
        and not _is_digit(word)
    ):
        return [Sign(HOME_MADE[word], True)], 1
    if _is_digit(word):
        return _digits(words, at, takes_groups)
    if takes_groups and _is_group(tokens[at].text, is_within):
        return [Sign(character) for character in tokens[at].text.upper()], 1
    return [], 0


def _letter(tokens: Sequence[_Token], words: Sequence[str], at: int, is_within: bool) -> str:
    word = words[at]
    if len(word) == 1 and "a" <= word <= "z":
        is_word = word in "ai" and not is_within  # "a" and "I" begin sentences, and "with a z" has no A
        if is_word and (not _begins_letter(words, at + 1) or (at and words[at - 1] in BEFORE_ARTICLE)):
            return ""
        return word.upper()
    if word in NAMES:
        return NAMES[word]
    if word in NAMES_IN_COMPANY and (is_within or _begins_letter(words, at + 1)):
        return NAMES_IN_COMPANY[word] if is_within or word == "oh" else ""
    return ""


def _begins_letter(words: Sequence[str], at: int) -> bool:
    """Is the next word, after any sign, a letter or a digit, or does it say which one was meant?"""
    while at < len(words) and not words[at][0].isalnum():
        at += 1
    word = words[at] if at < len(words) else ""
    if word in ("a", "i", "oh"):  # "A, A, R, O, N", but not "oh I have"
        return _begins_letter(words, at + 1)
    link = tuple(words[at : at + 2])
    is_for = word == "for" and link[-1] in HOME_MADE
    return (
        len(word) == 1
        or word in NAMES
        or _is_digit(word)
        or word in REPEATS
        or is_for
        or link in AS_IN[:WITH_TWO]
    )


def _begins_code(words: Sequence[str], at: int) -> bool:
    """A code word begins a spelling in company only: "hotel golf two", but not "a hotel for me"."""
    while at < len(words) and not words[at][0].isalnum():
        at += 1
    return at < len(words) and (words[at] in WORDS or words[at] in ("oh", "as") or _begins_letter(words, at))


def _with_its_word(letter: str, words: Sequence[str], at: int) -> tuple[list[Sign], int]:
    """ "B as in boy", "B for boy", "B boy": the letter, and all the words it took."""
    behind = at + 1
    while behind < len(words) and words[behind] in (",", "-", "."):
        behind += 1
    for link in AS_IN:
        its_word = behind + len(link)
        if tuple(words[behind:its_word]) == link and its_word < len(words):
            if words[its_word] in ("in", "the", "a", "an") and its_word + 1 < len(words):
                its_word += 1
            initial = words[its_word][0].upper()
            if not initial.isalpha():
                continue
            if initial == letter or (sound_alike(letter, initial) and len(words[its_word]) > 1):
                return [Sign(initial, True)], its_word + 1 - at
            if link in (("as", "in"), ("like", "in")):
                return [Sign(letter)], its_word + 1 - at
    if behind < len(words) and HOME_MADE.get(words[behind]) == letter and len(words[behind]) > 2:
        return [Sign(letter, True)], behind + 1 - at
    return [Sign(letter)], 1


def _is_digit(word: str) -> bool:
    return word.isdigit() or (word in NUMBER_WORDS and word not in ("oh", "o"))


def _digits(words: Sequence[str], at: int, takes_groups: bool) -> tuple[list[Sign], int]:
    if not takes_groups and words[at] not in UNITS and len(words[at]) > 1:
        return [], 0
    group, used = read_group(words, at)
    if words[at + used - 1] not in LARGE and not takes_groups:
        group, used = UNITS.get(words[at], words[at]), 1
    return [Sign(digit) for digit in group], used


def _is_group(written: str, is_within: bool) -> bool:
    """Several characters that a recogniser wrote as one: "1HGCM8", "HG", "cm"."""
    if not written.isalnum() or not written.isascii() or written.lower() in NO_LETTERS:
        return False
    has_digit = any(character.isdigit() for character in written)
    if has_digit:
        return not re.fullmatch(r"\d+(?:st|nd|rd|th)", written.lower())
    is_short = 2 <= len(written) <= 5
    return is_short and (written.isupper() or (is_within and not VOWELS & set(written.upper())))
