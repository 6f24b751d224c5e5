"""A telephone number in a sentence, in whatever groups it is said. Pure.

Rules:
- "no wait, 0143" replaces as many digits at the end as there are too many; three digits behind a whole
  number could be the area code as well, so that is no number, and the desk asks.
- "eight hundred twelve" and "to" for "two" are read in the way that makes ten digits.
- What follows "extension" is left out.
"""

import re
from collections.abc import Iterator, Sequence

from crm import phone
from voice.conversation.digits import SOUND_LIKE_DIGITS, read_group, words_of

WHOLE = 10
WRITTEN = re.compile(r"(?<!\d)(?:\+?1[-. ]?)?\(?([2-9]\d\d)\)?[-. ]{0,2}([2-9]\d\d)[-. ]?(\d{4})(?!\d)")
AREA_CODE = re.compile(r"\barea code\b")
EXTENSION = re.compile(r"\b(?:extension|ext)\b.*$", re.IGNORECASE | re.DOTALL)
CORRECTION = re.compile(
    r"\b(?:(?:no|sorry|wait|oops|actually|scratch that|strike that|correction|excuse me|my bad|let me correct that|i mean|i meant"
    r"|i'm sorry|not that|make that|rather|that's wrong)\b[\s,.!-]*)+"
)
# Words that stand between the groups of one number without ending it.
BETWEEN = {
    "uh", "um", "er", "and", "then", "dash", "hyphen", "dot", "space", "plus", "it", "it's", "is", "that's", "so", "okay",
    "ok", "the", "number", "code", "area", "next", "followed", "by", "comma", "pause", "yeah", "yes", "right", "again",
    "last", "first", "digits", "my", "let", "me", "see", "well", "like", "a", "number's", "be", "ends", "ending", "in",
    "with", "starts",
}  # fmt: skip
NO_NUMBER = re.compile(
    r"\b(?:that|this|which|other|another|only|best|same|the) one\b|\bone (?:moment|second|sec)\b"
)
MARK = "|"


def find_phone(text: str) -> str | None:
    """A whole North American number said in text, as E.164; None when it has another length."""
    plain = EXTENSION.sub("", text.lower().replace("’", "'"))
    digits = _written(plain) or _spoken(plain)
    return phone.parse(digits) if digits else None


def joined_runs(words: Sequence[str]) -> list[str]:
    """Every string of digits in words that nothing else interrupts."""
    return [run for run in _runs(words, adds_up=False) if run != "area"]


def _written(plain: str) -> str:
    """The last number in figures, unless the caller goes on to correct it."""
    found = list(WRITTEN.finditer(plain))
    if not found or CORRECTION.search(plain, found[-1].end()):
        return ""
    return "".join(found[-1].groups())


def _spoken(plain: str) -> str:
    plain = NO_NUMBER.sub(" ; ", plain)
    parts = [words_of(part) for part in _marked(plain).split(MARK)]
    for adds_up, by_sound in ((False, False), (True, False), (False, True), (True, True)):
        runs = [list(_runs(_by_sound(words) if by_sound else words, adds_up)) for words in parts]
        if digits := _whole(runs):
            return digits
    return ""


def _marked(plain: str) -> str:
    """A mark wherever the caller begins to correct a number."""
    return CORRECTION.sub(MARK, plain)


def _by_sound(words: Sequence[str]) -> list[str]:
    """ "five to for" → five 2 4, where a digit stands before or behind."""
    read = list(words)
    for at, word in enumerate(words):
        if word in SOUND_LIKE_DIGITS and (
            (at and read_group(read, at - 1)[0]) or read_group(read, at + 1)[0]
        ):
            read[at] = SOUND_LIKE_DIGITS[word]
    return read


def _runs(words: Sequence[str], adds_up: bool) -> Iterator[str]:
    """Digits without another word between them; "area" where the caller names the area code."""
    run, at = "", 0
    while at < len(words):
        group, used = read_group(words, at, adds_up=adds_up)
        if group:
            run += group
        elif words[at] == "area" and words[at + 1 : at + 2] == ["code"]:
            if run:
                yield run
            run = ""
            yield "area"
            used = 2
        elif words[at][0].isalpha() and words[at] not in BETWEEN:
            if run:
                yield run
            run = ""
        at += used or 1
    if run:
        yield run


def _whole(parts: list[list[str]]) -> str:
    """Ten digits out of what was said before and after each correction; "" when they do not add up."""
    before = ""
    for runs in parts:
        said = _one_number(runs)
        if "area" in runs and len(said) == 3 and len(before) == WHOLE:
            before = said + before[3:]
        elif len(said) == 3 and len(before) == WHOLE:
            return ""  # the area code, or the middle, or the end
        elif len(before) + len(said) > WHOLE:
            before = before[: max(0, WHOLE - len(said))] + said
        else:
            before += said
    return before if len(before) == WHOLE else ""


def _one_number(runs: list[str]) -> str:
    """The run that is a number by itself, the last if there are several; else all of them."""
    digits = [run for run in runs if run != "area"]
    for run in reversed(digits):
        if len(number := _national(run)) == WHOLE:
            return number
    if "area" in runs and len(digits) == 2 and (len(digits[0]), len(digits[1])) == (7, 3):
        return digits[1] + digits[0]
    return _national("".join(digits))


def _national(digits: str) -> str:
    """Without the country code, and once where it was said twice."""
    half = len(digits) // 2
    if len(digits) in (20, 22) and digits[:half] == digits[half:]:
        digits = digits[:half]
    return digits[1:] if len(digits) == WHOLE + 1 and digits.startswith("1") else digits
