"""Who speaks? Names from free speech. Pure.

Rules:
- Behind "my name is" every word may be a name; behind "this is" or "I'm" only a capital or a common first name
  makes one; a bare answer counts only when the name had been asked for.
- A name is kept as it was said: with its particles, initials and hyphens. "Smith, John" is John Smith, a title
  stays only in front of a single name, and what is spelled behind a name replaces it.
- A car, a day, a service or a filler is no name, unless people are called so: "Lincoln", "June".
"""

import re
from collections.abc import Sequence

from voice.conversation.given_names import is_given_name
from voice.conversation.likeness import sounds_like
from voice.conversation.name_words import (
    CAR_SHORT_FORMS,
    CARS_AND_PEOPLE,
    MONTHS_AND_NAMES,
    NOT_NAMES,
    PARTICLES,
    SHORT_SURNAMES,
    SUFFIXES,
    TITLES,
    WORDS_TOO,
)
from voice.conversation.relatives import is_somebody_else
from voice.conversation.spelling import Run, read_runs
from voice.conversation.vehicles import find_vehicle

__all__ = ["NOT_NAMES", "find_name", "is_somebody_else", "sounds_like"]

DOT = "․"  # stands for the full stop of "M." and "Mr.", which ends no sentence
LONGEST = 5  # words of a name
STRONG = re.compile(
    r"\b(?:my (?:full |whole |last |first |given )?name(?:'s| is| would be)|the name(?:'s| is| would be| on it is)|(?:first|last|sur) ?name(?:'s| is)?|name(?:'s| is)|under the name(?: of)?"
    r"|name of|call me|(?:i|i'd|people|they) (?:go|call me|goes) by|by the name of|you(?:'re| are) (?:talking|speaking) (?:to|with))\s+",
    re.IGNORECASE,
)
WEAK = re.compile(
    r"\b(?P<lead>this is|i am|i'm|im|it'?s|it is|that'?s|that would be|under|speaking with|we are|we're)\s+",
    re.IGNORECASE,
)
FIRST_AND_LAST = re.compile(
    r"\b(?P<which>first|given|last|sur|family)(?: ?name(?:'s| is| would be)?| is)[\s,:]+", re.IGNORECASE
)
NAMES_HERE = re.compile(
    r"^\W*(?:(?:yes|yeah|hi|hello|hey|good (?:morning|afternoon|evening)|uh|um|there)\W+)*(?P<name>[a-zà-ÿ'․-]+(?:\s+[a-zà-ÿ'․-]+){0,3}?)\s+(?:here|speaking|calling)\b",
    re.IGNORECASE,
)
ABBREVIATION = re.compile(r"\b(mr|mrs|ms|dr|prof|jr|sr|st|[a-z])\.", re.IGNORECASE)
WITH_LETTER = re.compile(
    r",?\s+\(?(?:(?:spelled )?with(?:out)?|no)(?: an?| the| one| two| double)* (?:[a-z]|ph|ie|ey|double \w)(?:'s|s)?\b(?: at the (?:end|beginning)| in the middle)?(?:,? not (?:an? )?[a-z]\b)?(?=\W|$)",
    re.IGNORECASE,
)
MAY_SPELL = re.compile(r"\b[a-z]\b\W+\b[a-z]\b|\bas in\b|\b[a-z] for\b|\bdouble\b", re.IGNORECASE)
CORRECTION = re.compile(
    r"\b(?:no,? wait|wait|sorry|i mean|i meant|scratch that|correction|actually|excuse me)\b[\s,.!]*",
    re.IGNORECASE,
)
COMMA_SAID = re.compile(r"\s+comma\s+", re.IGNORECASE)
SEGMENT = re.compile(r"[,.;:!?()\"]+\s*|\s+-+\s+")
WORD = re.compile(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ'-]*․?")
CONTRACTION = re.compile(r"(?:n't|'(?:d|ll|re|ve|m))$")
FILLERS = frozenset({"uh", "um", "er", "uhh", "umm", "ah", "hmm", "like", "well"})
BEFORE_NAME = frozenset(
    {
        "the",
        "my",
        "and",
        "yes",
        "yeah",
        "hi",
        "hello",
        "um",
        "uh",
        "sure",
        "okay",
        "ok",
        "well",
        "first",
        "last",
        "full",
        "so",
    }
)
BEHIND_A_NAME = frozenset(
    {
        "please",
        "thanks",
        "thank",
        "you",
        "sir",
        "ma'am",
        "here",
        "speaking",
        "calling",
        "again",
        "too",
        "then",
    }
)


def find_name(text: str, *, was_asked: bool) -> str:
    """The speaker's name; a bare answer counts only when the name had been asked for. "" if none."""
    plain = _prepared(text)
    parts = [part for part in CORRECTION.split(plain) if part.strip()]
    for part in reversed(parts):
        name = (
            _first_and_last(part)
            or _behind_a_lead(part, was_asked)
            or (_bare(part) if was_asked else _announced(part))
        )
        if name:
            return name
    return ""


# --- before reading -----------------------------------------------------------------------


def _prepared(text: str) -> str:
    """One kind of apostrophe, spelled names as words, and no full stop but at the end of a sentence."""
    plain = " ".join(text.replace("’", "'").replace("`", "'").split())
    plain = COMMA_SAID.sub(", ", WITH_LETTER.sub("", plain))
    if MAY_SPELL.search(plain):
        plain = _with_spelled_words(plain)
    return ABBREVIATION.sub(rf"\1{DOT}", plain)


def _with_spelled_words(text: str) -> str:
    """ "Lopez, L O P E S" → "Lopes"."""
    for run in reversed(read_runs(text, takes_groups=False)):
        if not _is_spelled(run, text):
            continue
        before = re.sub(
            r"(?:\s+(?:that's|that is|it's|spelled|which is|as in))+$",
            "",
            text[: run.starts].rstrip(" ,.:-("),
        )
        word = before.rstrip(" ,.").rpartition(" ")[2]
        spelled = run.text.capitalize()
        if len(word) > 1 and word.lower() not in NOT_NAMES and sounds_like(spelled, word):
            before = before.rstrip(" ,.")[: -len(word)]
        elif before.strip():
            before += " "
        text = f"{before}{spelled} {text[run.ends :].lstrip(' .')}"
    return text


def _is_spelled(run: Run, text: str) -> bool:
    """Initials are no spelling, nor are "Mike" and "Victor" by themselves."""
    said = text[run.starts : run.ends]
    singles = len(re.findall(r"\b[A-Za-z]\b", said))
    is_initials = len(run.signs) < 3 and not re.search(r"\bas in\b", said)
    return run.text.isalpha() and not is_initials and singles >= 2


# --- where a name may stand ---------------------------------------------------------------


def _first_and_last(text: str) -> str:
    """ "Last name Lopez, first name Maria" → "Maria Lopez"; "" unless both are said."""
    found = {
        "first" if match["which"].lower() in ("first", "given") else "last": _leading(
            text[match.end() :], is_sure=True
        )
        for match in FIRST_AND_LAST.finditer(text)
    }
    if len(found) < 2 or not all(found.values()):
        return ""
    return _finished([*found["first"], *found["last"]])


def _behind_a_lead(text: str, was_asked: bool) -> str:
    for match in STRONG.finditer(text):
        if _names_a_thing(text, match):
            continue
        words = _with_surname_first(text[match.end() :], _leading(text[match.end() :], is_sure=True))
        if name := _finished(words):
            return name
    for match in WEAK.finditer(text):
        behind = text[match.end() :]
        words = _leading(behind, is_sure=was_asked)
        if words and (was_asked or _is_introduced(words, match["lead"].lower(), behind)):
            words = _with_surname_first(behind, words) if was_asked else words
            if name := _finished(words, is_sure=was_asked and "it" not in match["lead"].lower()):
                return name
    return ""


def _names_a_thing(text: str, match: re.Match[str]) -> bool:
    """ "The dealer's name is …": only a bare "name is" may follow some words."""
    before = re.findall(r"[a-z']+(?=\W*$)", text[: match.start()].lower())
    return match[0].lower().startswith("name") and bool(before) and before[0] not in BEFORE_NAME


def _announced(text: str) -> str:
    """ "Maria Lopez here, hi": who says so without a lead."""
    match = NAMES_HERE.search(text)
    if not match:
        return ""
    words = _words(match["name"])
    if not words or not all(map(_may_be_name, words)):
        return ""
    return _finished(words) if _is_person(words[0]) or (len(words) > 1 and _is_person(words[1])) else ""


def _bare(text: str) -> str:
    """The answer to "may I have your name": the parts of it that hold nothing else."""
    names: list[list[str]] = []
    for segment in SEGMENT.split(text):
        words = [word for word in _words(segment) if word.lower() not in FILLERS]
        while words and words[-1].lower() in BEHIND_A_NAME:
            words.pop()
        if words and (name := _names_only(words, has_number=bool(re.search(r"\d", segment)))):
            names.append(name)
    if not names:
        return ""
    if len(names) > 1 and len(names[0]) == 1:
        return _finished(_in_order(names[0], names[1]))
    return _finished(names[0])


def _names_only(words: list[str], *, has_number: bool) -> list[str]:
    """The whole segment, or its beginning or end where a person's name stands there."""
    if has_number:  # "Maria Lopez and my number is …", but not "Route 9"
        beginning = _while_names(words)
        return beginning if len(beginning) < len(words) and any(map(_is_person, beginning)) else []
    if (
        len(words) == 2
        and words[1].lower() in SHORT_SURNAMES
        and words[1][0].isupper()
        and _is_person(words[0])
    ):
        return words
    if all(map(_may_be_name, words)) and (len(words) <= LONGEST):
        return words
    if len(words) == 1:
        return words if words[0].lower() in MONTHS_AND_NAMES else []
    if words[0].lower() in MONTHS_AND_NAMES and all(map(_may_be_name, words[1:])):
        return words
    beginning = _while_names(words)
    if any(map(_is_person, beginning)):
        return beginning
    ending = list(reversed(_while_names(list(reversed(words)))))
    while ending and not _is_person(ending[0]):
        ending = ending[1:]
    return ending[:LONGEST]


def _leading(text: str, *, is_sure: bool) -> list[str]:
    """The words of a name at the very beginning of text."""
    segment = SEGMENT.split(text, maxsplit=1)[0] if not text.startswith((",", ".")) else ""
    words = [word for word in _words(segment) if word.lower() not in FILLERS]
    if is_sure and words and words[0].lower() in MONTHS_AND_NAMES and not re.search(r"\d", segment):
        return [words[0], *_while_names(words[1:])]
    names = _while_names(words)
    if len(names) == 1 and len(words) == 2 and words[1].lower() in SHORT_SURNAMES and words[1][0].isupper():
        return words
    if len(names) > 1 and len(names) < len(words) and names[-1].endswith("ing") and names[-1].islower():
        names.pop()  # "this is maria wondering if"
    return names


def _while_names(words: Sequence[str]) -> list[str]:
    names: list[str] = []
    for word in words:
        if not _may_be_name(word) or len(names) == LONGEST:
            break
        names.append(word)
    while names and names[-1].lower() in PARTICLES and len(names) > 1:
        names.pop()
    return names


def _with_surname_first(text: str, words: list[str]) -> list[str]:
    """Behind the lead: "Smith, John" and "Maria, Lopez" go on behind the comma."""
    if len(words) != 1 or not re.match(rf"\W*{re.escape(words[0])}\s*,", text):
        return words
    behind = _leading(text.partition(",")[2].lstrip(), is_sure=True)
    if not behind or (behind[0].islower() and not is_given_name(behind[0].lower())):
        return words
    return _in_order(words, behind)


def _in_order(first: list[str], second: list[str]) -> list[str]:
    """ "Smith, John" → John Smith; "Maria, Lopez" as it is; "Bond, James Bond" once."""
    if {word.lower() for word in first} <= {word.lower() for word in second}:
        return second
    is_turned = is_given_name(second[0].lower()) and not is_given_name(first[0].lower())
    return [*second, *first] if is_turned else [*first, *second]


# --- what a name is made of ---------------------------------------------------------------


def _words(segment: str) -> list[str]:
    """Words of a segment; one with a digit makes it none."""
    return [] if re.search(r"^\W*\d", segment) else WORD.findall(segment)


def _may_be_name(word: str) -> bool:
    plain = word.lower().rstrip(DOT)
    if plain in TITLES or plain in SUFFIXES or plain in PARTICLES:
        return True
    if CONTRACTION.search(plain):
        return False
    if len(plain) == 1:
        return plain not in "ai" or (word[0].isupper() and (plain != "i" or DOT in word))
    return plain not in NOT_NAMES and plain.removesuffix("'s") not in NOT_NAMES and "''" not in plain


def _is_person(word: str) -> bool:
    """By its capital or by what it is; "will" and "may" begin questions."""
    plain = word.lower()
    return (plain not in WORDS_TOO and (word[0].isupper() or is_given_name(plain))) or plain in TITLES


def _is_introduced(words: Sequence[str], lead: str, behind: str) -> bool:
    """Not asked for a name: does "this is …" say one? A capital or a common first name does."""
    first = words[0].lower()
    is_capital = words[0][0].isupper()
    if lead not in ("this is", "i am", "i'm", "im", "speaking with"):  # "it's Rivian" is no introduction
        is_known = (
            is_given_name(first) and (first not in WORDS_TOO or is_capital) and first not in CARS_AND_PEOPLE
        )
        return (
            is_known
            or first in TITLES
            or (lead == "under" and is_capital)
            or (is_capital and len(words) > 1 and words[1][0].isupper())
        )
    if is_capital or first in TITLES:
        return True
    if first in WORDS_TOO:
        covered = " ".join(words).lower()
        return SEGMENT.split(behind, maxsplit=1)[0].lower().strip() == covered and first != "rusty"
    return is_given_name(first)


def _finished(words: Sequence[str], *, is_sure: bool = True) -> str:
    """The name as it is written; "" when it is a car."""
    kept = _without_car([_without_possessive(word) for word in words])
    named = [word for word in kept if word.lower().rstrip(DOT) not in TITLES]
    if all(len(word.rstrip(DOT)) == 1 for word in named) or (
        not is_sure and len(kept) == 1 and kept[0].lower() in CARS_AND_PEOPLE
    ):
        return ""
    if len([word for word in named if len(word.rstrip(DOT)) > 1]) > 1:
        kept = named
    return " ".join(_written(word, at, kept) for at, word in enumerate(kept))


def _without_car(words: list[str]) -> list[str]:
    """Up to the first word that names a car and no person: "John Smith Honda" is John Smith."""
    if not words:
        return words
    vehicle = find_vehicle(" ".join(words))
    named = set(re.findall(r"[a-z0-9]+", f"{vehicle.make} {vehicle.model}".lower())) if vehicle else set()
    cars = [at for at, word in enumerate(words) if word.lower() in CAR_SHORT_FORMS or word.lower() in named]
    if all(words[at].lower() in CARS_AND_PEOPLE for at in cars):
        return words
    return words[: cars[0]]


def _without_possessive(word: str) -> str:
    return re.sub(r"'s?$", "", word)


def _written(word: str, at: int, words: Sequence[str]) -> str:
    plain = word.lower().rstrip(DOT)
    if plain in TITLES:
        return TITLES[plain]
    if plain in SUFFIXES and at:
        return SUFFIXES[plain]
    if at and at + 1 < len(words) and plain in PARTICLES and word.islower():
        return word
    if len(plain) == 1:
        return word.upper().replace(DOT, ".")
    is_shouted = word.isupper() and len(plain) > 2
    if not (word.islower() or is_shouted):
        return word.replace(DOT, ".")
    written = re.sub(r"(?:^|(?<=[-'])(?=\w{2}))[a-zà-ÿ]", lambda initial: initial[0].upper(), plain)
    return re.sub(r"^Mc([a-z])", lambda initial: f"Mc{initial[1].upper()}", written)
