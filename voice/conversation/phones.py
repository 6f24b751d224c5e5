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
EXTENSION = re.compile(r"\b(?:extension|ext)\b.*$", re.IGNORECASE | re.DOTALL)
CORRECTION = re.compile(
    r"\b(?:(?:no|sorry|wait|oops|actually|scratch that|strike that|correction|excuse me|my bad|let me correct that|i mean|i meant"
    r"|i'm sorry|not that|make that|rather|that's wrong)\b[\s,.!-]*)+"
    # … and goes on to say it: "sorry, I'm late" corrects nothing.
    r"(?=(?:(?:it's|it is|it|that's|the|last|four|three|digits?|numbers?|area|code|is|are|should|be|use|ends?|in|with|uh|um)\W+){0,7}"
    r"(?:\d+|zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|double|triple)\b|[^a-z]*\d)"
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
AREA, FAR = "area", "far"
MUCH_TALK = 2  # words between two strings of digits that belong to different numbers


def find_phone(text: str) -> str | None:
    """A whole North American number said in text, as E.164; None when it has another length."""
    plain = EXTENSION.sub("", text.lower().replace("’", "'"))
    digits = _written(plain) or _spoken(plain)
    return phone.parse(digits) if digits else None


def joined_runs(words: Sequence[str]) -> list[str]:
    """Every string of digits in words that nothing else interrupts."""
    return [run for run in _runs(words, adds_up=False) if run.isdigit()]


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
    """Digits without another word between them; AREA where the caller names the area code, FAR behind much talk."""
    run, at, talk = "", 0, 0
    while at < len(words):
        group, used = read_group(words, at, adds_up=adds_up)
        is_area = words[at] == "area" and words[at + 1 : at + 2] == ["code"]
        is_talk = not group and words[at][0].isalpha() and words[at] not in BETWEEN
        if run and (is_area or is_talk):
            yield run
            run = ""
        talk = talk + 1 if is_talk else 0
        if is_area or talk == MUCH_TALK:
            yield AREA if is_area else FAR
        run += group
        at += 2 if is_area else used or 1
    if run:
        yield run


def _whole(parts: list[list[str]]) -> str:
    """Ten digits out of what was said before and after each correction; "" when they do not add up."""
    before = ""
    for runs in parts:
        said = _one_number(runs)
        if AREA in runs and len(said) == 3 and len(before) == WHOLE:
            before = said + before[3:]
        elif len(said) == 3 and len(before) == WHOLE:
            return ""  # the area code, or the middle, or the end
        elif len(before) + len(said) > WHOLE:
            before = before[: max(0, WHOLE - len(said))] + said
        else:
            before += said
    return before if len(before) == WHOLE else ""


def _one_number(runs: list[str]) -> str:
    """The run that is a number by itself, the last if there are several; else what stands close together."""
    for run in reversed(runs):
        if run.isdigit() and len(number := _national(run)) == WHOLE:
            return number
    has_area = AREA in runs
    digits = [run for run in _last_group(runs) if run.isdigit()]
    if has_area and [len(run) for run in digits] == [7, 3]:
        return digits[1] + digits[0]
    return _national("".join(digits))


def _last_group(runs: list[str]) -> list[str]:
    """The runs behind the last long talk that digits follow."""
    while runs and runs[-1] == FAR:
        runs = runs[:-1]
    return runs[len(runs) - runs[::-1].index(FAR) :] if FAR in runs else runs


def _national(digits: str) -> str:
    """Without the country code, and once where it was said twice."""
    half = len(digits) // 2
    if len(digits) in (20, 22) and digits[:half] == digits[half:]:
        digits = digits[:half]
    return digits[1:] if len(digits) == WHOLE + 1 and digits.startswith("1") else digits
