"""Could one name be another, misheard or shortened? Pure.

Names that sound alike are written alike here: a rough key of the consonants, as American English speaks them.
"""

import re
from difflib import SequenceMatcher

from voice.conversation.given_names import are_one_name, is_given_name

ALIKE = 0.6  # how much two spellings must share
TITLE = re.compile(r"^(?:mr|mrs|ms|miss|mister|missus|dr|doctor|prof|sir|ma'am)\.?$")
# In this order: how letters are spoken → one letter for each sound.
SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^(?:kn|gn|pn)", "n"), (r"^wr", "r"), (r"^ps", "s"), (r"^x", "s"), (r"^wh", "w"), (r"^ng", "n"),
        (r"mc|mac(?=[a-z]{3})", "mk"), (r"tch|cz", "x"), (r"sch(?=[lmnrtw])", "x"), (r"sch", "sk"), (r"ch(?=r)", "k"), (r"sh|ch|ti(?=on)|ci(?=[ao])", "x"),
        (r"ph|gh(?=$)(?<=ugh)|v", "f"), (r"ght", "t"), (r"gh", ""), (r"(?<=[a-z])th|^th|dt", "t"), (r"dg(?=e)|g(?=[ei])|j", "j"),
        (r"ck|qu|q|c(?![eiy])|g", "k"), (r"c(?=[eiy])|z", "s"), (r"x", "x"), (r"(?<=m)b$|(?<=m)p(?=[ts])", ""), (r"h(?=[^aeiouy]|$)", ""), (r"d", "t"), (r"b", "p"),
    )
)  # fmt: skip


def sounds_like(said: str, name: str) -> bool:
    """Could said be a misheard or short form of name? "Mario" for "Maria" is, and "Bob" for "Robert"; "Pedro" is not.

    Every word of the shorter must be like one of the longer, in any order; a title alone is like any name.
    """
    one, other = _words(said), _words(name)
    if not one or not other:
        return bool(said.strip()) and bool(name.strip())
    fewer, more = sorted((one, other), key=len)
    return all(any(_are_alike(word, candidate) for candidate in more) for word in fewer)


def sound_of(word: str) -> str:
    """The key of a name: "smith" and "smyth" have one, "thompson" and "tomson" too."""
    key = re.sub(r"(.)\1+", r"\1", re.sub(r"[^a-z]", "", word.lower()))
    for pattern, sound in SOUNDS:
        key = pattern.sub(sound, key)
    first, rest = key[:1], re.sub(r"[aeiouyhw]", "", key[1:])
    return re.sub(r"(.)\1+", r"\1", ("a" if first in "aeiouyh" else first) + rest)


def _words(name: str) -> list[str]:
    words = re.findall(r"[a-zà-ÿ'.-]+", name.lower().replace("’", "'"))
    return [word.strip(".-'") for word in words if not TITLE.match(word) and word.strip(".-'")]


def _are_alike(one: str, other: str) -> bool:
    if are_one_name(one, other):
        return True
    is_short = min(len(one), len(other)) < 3
    if not is_short and sound_of(one) == sound_of(other):
        return True
    # A recogniser that hears "Mark" for "Mary" is rarer than two people with one telephone.
    if is_given_name(one) and is_given_name(other):
        return False
    return SequenceMatcher(None, one, other).ratio() >= ALIKE
