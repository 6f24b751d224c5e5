"""What a language model writes → what is to be read aloud, one clause at a time. Pure.

Models are told to write as people speak, and mostly do. The rest is done here, before anybody else
sees the text: a synthesizer gets words, the same that the transcript and the history keep, and what
was heard of a clause can be told from its length. The desk's own sentences need none of it.
"""

import re
import unicodedata
from datetime import date

from voice.conversation.spoken_dates import say_dates, say_times
from voice.conversation.spoken_figures import say_amounts, say_codes, say_money, say_phones

MOST_PASSES = 8
# A clause of words and commas is spoken as it is.
IS_WRITTEN = re.compile(r"[^\w\s,?!'’.]|[0-9_]|\.(?=.)|[^\x00-\u024f‘’]", re.DOTALL)

SPACES = {ord(space): " " for space in "\u00a0\u2007\u2009\u202f"} | {ord("\u2010"): "-", ord("\u2011"): "-"}
LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
BULLETS = re.compile(r"^(?:\s*(?:[-*+•·–—]\s+|#{1,6}\s+|>\s+|[0-9]{1,2}[.)]\s+(?=\S)|-{3,}\s*$))+")
EMPHASIS = re.compile(r"[*`~]{2,}|[*`]|(?<!\w)_+|_+(?!\w)")
ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.)?((?:[\w.+-]+@)?[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.(?:com|org|net|us|biz|info|io|gov|edu)\b"
    r"(?:/[\w/.-]*\w)?)/?",
    re.IGNORECASE,
)
IN_AN_ADDRESS = {".": " dot ", "/": " slash ", "@": " at ", "-": " dash ", "_": " underscore "}

STREETS = {
    "St": "Street", "Ave": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Dr": "Drive", "Ln": "Lane",
    "Ct": "Court", "Pkwy": "Parkway", "Hwy": "Highway",
}  # fmt: skip
NUMBERED_STREET = re.compile(
    rf"\b([0-9]+ (?:[NSEW]\.? )?(?:(?:[A-Z]\w*|\w+(?:st|nd|rd|th)) ){{1,3}})({'|'.join(STREETS)})\b\.?(?![\w'])"
)
STREET = re.compile(r"\b([A-Z][a-z]+ )(St|Ave|Blvd|Rd|Ln|Pkwy|Hwy)\.(?!\w)")
WORDS = (
    (re.compile(r"\bDr\.(?= [A-Z])"), "Doctor"),
    (re.compile(r"(?<![A-Za-z] )\bSt\.(?= [A-Z])|\b(?<=in )St\.(?= [A-Z])"), "Saint"),
    (re.compile(r"\bMr\.(?= [A-Z])"), "Mister"),
    (re.compile(r"\bMrs\.(?= [A-Z])"), "Missus"),
    (re.compile(r"\be\.g\.,?", re.IGNORECASE), "for example"),
    (re.compile(r"\bi\.e\.,?", re.IGNORECASE), "that is"),
    (re.compile(r"\bapprox\.(?= )", re.IGNORECASE), "approximately"),
    (re.compile(r"\bvs\.(?= )"), "versus"),
    (re.compile(r"\bappt\b\.?(?= )", re.IGNORECASE), "appointment"),
    (re.compile(r"\b[Nn]o\. ?(?=[0-9])|# ?(?=[0-9])"), "number "),
    (re.compile(r"\bext\. ?(?=[0-9])", re.IGNORECASE), "extension "),
    (re.compile(r"\bw/o\b"), "without"),
    (re.compile(r"\bw/ ?(?=\w)"), "with "),
    (re.compile(r"\band/or\b"), "and or"),
    (re.compile(r"~ ?(?=[0-9])"), "about "),
    (re.compile(r" ?° ?F\b| ?°"), " degrees"),
    (re.compile(r"&amp;|&"), " and "),
    (re.compile(r"(?<=[\w)])(?: ?\+)+(?!\w)|(?: \+)+ ?(?=\w)"), " plus "),
    (re.compile(r" = "), " equals "),
    (re.compile(r" ?(?:→|->|=>) ?"), " to "),
    (re.compile(r"(?<=[0-9]) ?× ?(?=[0-9])"), " by "),
    (re.compile(r"@"), " at "),
)
MARKS = re.compile(r"[*#^|<>{}\[\]\\`~_=•·×→]+")
PICTURES = {"So", "Sk", "Cs", "Co", "Cn", "Cf", "Cc"}


def spoken_form(text: str, *, today: date) -> str:
    """The clause in words; "" when nothing in it can be spoken. today is the store's calendar day.

    Words alone come back as they are, and so does what has been through here.
    """
    if not IS_WRITTEN.search(text):
        return text
    for _ in range(MOST_PASSES):
        said = _say(text, today)
        if said == text:
            break
        text = said
    return text if any(map(str.isalnum, text)) else ""


def _say(text: str, today: date) -> str:
    text = _without_markup(text.translate(SPACES))
    text = ADDRESS.sub(_say_address, text)
    text = say_times(say_dates(say_money(say_phones(text)), today))
    text = NUMBERED_STREET.sub(lambda m: f"{m[1]}{STREETS[m[2]]}{_stop(m)}", text)
    text = STREET.sub(lambda m: f"{m[1]}{STREETS[m[2]]}{_stop(m)}", text)
    text = say_amounts(say_codes(text))
    for pattern, words in WORDS:
        text = pattern.sub(words, text)
    return _tidy("".join(map(_pictures_away, MARKS.sub(" ", text))))


def _without_markup(text: str) -> str:
    text = TAG.sub(" ", LINK.sub(r"\1", text))
    return EMPHASIS.sub("", BULLETS.sub("", EMPHASIS.sub(_keep_bullet, text)))


def _keep_bullet(match: re.Match[str]) -> str:
    """A star before a space at the beginning is a bullet, which is taken away as one."""
    is_bullet = match[0] == "*" and not match.string[: match.start()].strip()
    return "*" if is_bullet and match.string[match.end() : match.end() + 1].isspace() else ""


def _say_address(match: re.Match[str]) -> str:
    said = match[1]
    for sign, word in IN_AN_ADDRESS.items():
        said = said.replace(sign, word)
    return said


def _pictures_away(character: str) -> str:
    is_picture = unicodedata.category(character) in PICTURES or "\ufe00" <= character <= "\ufe0f"
    return (
        (" " if character.isspace() or unicodedata.category(character) == "So" else "")
        if is_picture
        else character
    )


def _tidy(text: str) -> str:
    text = re.sub(r"\(\s*\)|\"\s*\"", " ", text)
    return re.sub(r"\s+(?=[,.;:?!)])", "", re.sub(r"\s+", " ", text)).strip()


def _stop(match: re.Match[str]) -> str:
    return "." if match[0].endswith(".") and not match.string[match.end() :].strip() else ""
