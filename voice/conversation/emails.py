"""E-mail addresses as people say them: "maria dot lopez at gmail dot com". Pure.

Rules:
- The last "at" that a domain follows divides the address; what leads up to it ("my email is") is left out.
- Letters said one by one and "M as in Mary" are letters. A word followed by its own spelling counts once, as
  spelled: "smith, that's s m y t h".
- Numbers are figures, in the groups they are said in: "nineteen eighty two" is 1982, "oh" beside a figure 0.
"""

import re

from voice.conversation.alphabets import HOME_MADE, NAMES
from voice.conversation.digits import LARGE, REPEATS, TEENS, TENS, UNITS, read_group
from voice.conversation.spelling import read_runs

WRITTEN = re.compile(r"[a-z0-9][\w.+-]*@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", re.IGNORECASE)
SIGNS = {
    "dot": ".", "period": ".", "point": ".", "underscore": "_", "dash": "-", "hyphen": "-", "minus": "-", "plus": "+", ".": ".",
    "_": "_", "-": "-", "+": "+",
}  # fmt: skip
ENDINGS = "com|net|org|edu|gov|us|io|co|info|biz|me|mil|tv|ai|dev|app|ca|uk|de|fr|mx|es|it|in|au|jp|nl|law|auto|cars|shop|online"
# Where a recogniser writes a word for the end of a domain.
MISHEARD_ENDINGS = {
    "calm": "com",
    "come": "com",
    "con": "com",
    "comm": "com",
    "nett": "net",
    "work": "org",
    "or g": "org",
}
DOMAINS = {
    "g mail": "gmail", "gee mail": "gmail", "jee mail": "gmail", "hot mail": "hotmail", "i cloud": "icloud", "eye cloud": "icloud",
    "out look": "outlook", "proton mail": "protonmail", "y mail": "ymail", "at and t": "att", "at & t": "att", "a t t": "att",
    "a o l": "aol", "s b c global": "sbcglobal", "com cast": "comcast", "ya hoo": "yahoo", "m s n": "msn", "road runner": "roadrunner",
    "fast mail": "fastmail", "rocket mail": "rocketmail", "g m x": "gmx", "z o ho": "zoho", "opt online": "optonline",
}  # fmt: skip
DOMAIN = re.compile(
    r"(?:\bat\b|@)\s*(?:the\s+)?(?P<domain>[a-z0-9][a-z0-9 '&-]*?(?:(?:\s+|\b)(?:dot|point|period|\.)\s*[a-z0-9-]+(?:\s+[a-z](?=\s|$))*?)*?)"
    rf"\s*(?:\bdot\b|\bpoint\b|\bperiod\b|\.)\s*(?P<ending>(?:co\s*(?:dot|\.)\s*uk)|{ENDINGS}|{'|'.join(MISHEARD_ENDINGS)}|c o m|n e t|o r g|e d u)\b(?!\s*(?:dot|\.)\s*[a-z]{{2}})"
)
LEAD = re.compile(
    r"^.*\b(?:e-? ?mail(?: address)?(?:'s| is| would be| should be| to)?|address is|it'?s|it is|that'?s|that would be|that'll be|send (?:it|that)(?: over)? to"
    r"|(?:reach|e-?mail|write|contact|send) (?:to )?me (?:back )?at|(?:send|forward|mail) (?:\w+ ){0,4}to|use|try|you can (?:use|email|write)|this is|is)\s+(?=\S)"
)
FILLERS = {
    "uh", "um", "er", "and", "then", "so", "well", "okay", "ok", "yes", "yeah", "sure", "all", "one", "word", "lowercase",
    "lower", "case", "uppercase", "upper", "capital", "the", "letter", "letters", "number", "my", "name", "no", "spaces", "space",
    "together", "spelled", "with", "a", "like", "sign", "symbol", "please", "again", "first", "last", "in", "small", "caps",
}  # fmt: skip
HESITATION = {"uh", "um", "er"}
ASIDE = re.compile(
    r"\b(?:all (?:one word|lower ?case|together|small letters)|one word|no spaces?|(?:in )?lower ?case|the (?:letter|number|word|digit|symbol)"
    r"|capital|with no spaces?|followed by|and then|then|symbol|sign)\b"
)
WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[._+-]")
NUMBER_WORDS = (frozenset(UNITS) | set(TEENS) | set(TENS)) - {"oh", "o"}


def find_email(text: str) -> str | None:
    """The address said or written in text, lower case; None when there is no whole one."""
    if written := WRITTEN.findall(text):
        return str(written[-1]).lower()
    plain = re.sub(r"\bunder score\b", "underscore", text.lower().replace("’", "'"))
    plain = ASIDE.sub(" ", re.sub(r"[,;:!?\"]|\.(?=\s|$)", " ", plain))
    plain = re.sub(r"\bdotcom\b", "dot com", plain)
    found = list(DOMAIN.finditer(plain))
    for match in reversed(found):
        local = _local_part(plain[: match.start()])
        domain = _domain(match["domain"])
        if local and domain:
            return f"{local}@{domain}.{_ending(match['ending'])}"
    return None


def _domain(said: str) -> str:
    plain = " ".join(said.split())
    for spoken, name in DOMAINS.items():
        plain = re.sub(rf"^{spoken}$", name, plain)
    plain = re.sub(r"\s*\b(?:dot|point|period)\b\s*|\s*\.\s*", ".", plain)
    parts = [_joined(part, is_domain=True) for part in plain.split(".")]
    return ".".join(parts) if all(parts) else ""


def _ending(said: str) -> str:
    plain = re.sub(r"\bdot\b", ".", said).replace(" ", "")
    return MISHEARD_ENDINGS.get(plain, plain)


def _local_part(before: str) -> str:
    """The words in front of "at", without what leads up to them."""
    return _joined(LEAD.sub("", before), is_domain=False).strip(".")


def _joined(said: str, *, is_domain: bool) -> str:
    said = _spelled_out(said)
    words = WORD.findall(said)
    parts: list[str] = []
    at = 0
    while at < len(words):
        part, used = _part(words, at, is_domain)
        # Nothing can be left in front of the address but talk.
        if part is None:
            at += 1
            continue
        parts.append(part)
        at += used
    joined = "".join(parts)
    is_whole = re.fullmatch(r"[a-z0-9](?:[\w.+-]*[a-z0-9_])?", joined) and ".." not in joined
    return joined if is_whole and (is_domain or len(joined) <= 64) else ""


def _part(words: list[str], at: int, is_domain: bool) -> tuple[str | None, int]:
    word = words[at]
    if word in SIGNS:
        return SIGNS[word], 1
    is_beside_figures = _is_figure(words, at - 1) or _is_figure(words, at + 1)
    if word == "oh" and is_beside_figures:
        return "0", 1
    if word in REPEATS and at + 1 < len(words):
        following = words[at + 1]
        if len(following) == 1 and following.isalpha():
            return following * REPEATS[word], 2
    if word.isdigit() or word in NUMBER_WORDS or word in REPEATS:
        figures, used = read_group(words, at, adds_up=at + 1 < len(words) and words[at + 1] in LARGE)
        if figures:
            return figures, used
    if word in FILLERS and len(word) > 1 and (not is_domain or word in HESITATION):
        return None, 1
    return word.replace("'", ""), 1


def _is_figure(words: list[str], at: int) -> bool:
    return 0 <= at < len(words) and (
        words[at].isdigit() or words[at] in NUMBER_WORDS or words[at] in ("oh", "double")
    )


def _spelled_out(said: str) -> str:
    """Spelled runs become words of their own; the word they spell, said in front of them, goes."""
    spelled = said
    for run in reversed(read_runs(said, takes_groups=False)):
        letters = run.text.lower()
        if not letters.isalpha() or (len(run.signs) < 2 and not run.signs[0].is_sure):
            continue
        before = spelled[: run.starts].rstrip()
        before = re.sub(r"\b(?:that's|that is|spelled|which is|it's)$", "", before).rstrip()
        its_word = before.split(" ")[-1] if before else ""
        if (
            len(its_word) > 1
            and its_word[0] == letters[0]
            and its_word not in HOME_MADE
            and its_word not in NAMES
        ):
            before = before[: -len(its_word)]
        spelled = f"{before} {letters} {spelled[run.ends :]}"
    return spelled
