"""What a sentence of the desk claims: that something is written, what stands in the book, what is open. Pure.

A wish, a condition or a question claims nothing: "once it's booked", "I can get that booked", "is it
booked?". What follows the claim takes none of it back: "it's booked, and you will get a text".
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from voice.conversation.states import Deed

WORD = r"booked|scheduled|confirmed|reserved|moved|rescheduled|cancell?ed"
SUBJECT = (
    r"\b(?:you(?:'re| are| have been|'ve been)|it(?:'s| is| has been)|that(?:'s| is| has been)|i(?:'ve| have)|we(?:'ve| have)|"
    r"(?:your|the) (?:appointment|booking|visit|oil change|service)(?:'s| is| has been)|"
    r"your\b[^.?!]{0,70}? (?:is|are|has been|have been))\b"
)
DONE = re.compile(
    rf"{SUBJECT}[^.?!]{{0,40}}?\b({WORD}|set)\b"
    # "I booked it", "we just moved that".
    rf"|\b(?:i|we) (?:(?:just|already|also|now|have|went ahead and) )*({WORD})\b"
    r"|\ball (set)\b"
    # "Great, booked for ten": it is not said by whom, but that it is done.
    rf"|(?:^|[.!;:]\s+|\s[–—-]\s+)(?:(?:[\w'-]+ ){{0,8}}[\w'-]+[,!:]\s+)*(?:(?:all|now|and|so|then|okay|great|perfect|alright|done) )*"
    rf"({WORD})\b(?!\s+(?:appointments?|visits?|times?|by|out|up|solid|full)\b)",
    re.IGNORECASE,
)
# Wherever in front of the claim it stands, with a comma between them or not …
CONDITION = re.compile(r"\b(?:once|if|until|unless|whether|as soon as)\b", re.IGNORECASE)
# … and what is about the same words only.
NOT_DONE = re.compile(
    r"\b(?:not|nothing|none|never|can(?! (?:confirm|see|say|tell|promise))|could|would|will(?! confirm)|shall|should|to be|"
    r"get(?:ting)?|want|yet|when|before|let|no(?! (?:problem|worries)))\b|n't\b|'(?:ll|d)\b",
    re.IGNORECASE,
)
PART = re.compile(r"[,;:.!]\s+|\s[–—-]\s+|\s(?:and|but|so)\s+", re.IGNORECASE)
DEEDS = {
    "moved": Deed.MOVED,
    "rescheduled": Deed.MOVED,
    "cancelled": Deed.CANCELLED,
    "canceled": Deed.CANCELLED,
    "confirmed": Deed.CONFIRMED,
}
STANDS = re.compile(
    r"\byour (?:[\w'-]+ ){0,4}?(?:appointment|booking|visit)(?:'s| is| was)\b|\b(?:i|we)(?:'ve got| have) you (?:down|in|set|on|for|coming)\b"
    r"|\bsee you\b|\byou(?:'re| are) (?:coming|down|due|expected|on the (?:calendar|schedule|books))\b"
    r"|\byou have (?:an?|your) (?!(?:choice|chance|couple|few|lot)\b)",
    re.IGNORECASE,
)
OFFERS = re.compile(
    r"\b(?:i|we)(?:'ve| have| can do| can offer| could do| can (?:get|fit|see) you)\b|\b(?:how|what) about\b"
    r"|\b(?:is|are|'s) (?:still )?(?:available|open|free)\b|\bopenings?\b|\b(?:would|does|do|will)\b.{0,60}\b(?:work|suit)\b",
    re.IGNORECASE,
)
# These speak of a clock, too, and offer nothing.
OFFERS_NOTHING = re.compile(
    r"\b(?:not|no|nothing|none|shuttle|hours|opens|open (?:at|from|until)|(?:'re|are) open|closes?|closed|loaner|message)\b|n't\b",
    re.IGNORECASE,
)


class Claim(NamedTuple):
    """That something is written. is_set: only that all is set, which may be said of anything."""

    deed: Deed
    is_set: bool


def claims_in(text: str) -> Iterator[Claim]:
    """Every claim that something was written; text is one clause or sentence, with its stop."""
    plain = text.replace("’", "'").strip()
    if plain.endswith("?"):
        return
    for match in DONE.finditer(plain):
        if not _is_hedged(plain, match):
            word = next(filter(None, match.groups())).lower()
            yield Claim(DEEDS.get(word, Deed.BOOKED), word == "set")


def _is_hedged(plain: str, match: re.Match[str]) -> bool:
    before = plain[: match.start()]
    same_part = PART.split(before)[-1] if not PART.match(match[0]) else ""
    return bool(
        CONDITION.search(before + match[0]) or NOT_DONE.search(same_part) or NOT_DONE.search(match[0])
    )


def tells_what_stands(text: str) -> bool:
    """Does it tell of an appointment that is in the book: "see you on Tuesday", "your appointment is at ten"?"""
    plain = text.replace("’", "'")
    match = STANDS.search(plain)
    return match is not None and not NOT_DONE.search(PART.split(plain[: match.start()])[-1])


def offers_openings(text: str) -> bool:
    """Does it offer a time: "I have ten o'clock", "would nine work for you?"?"""
    plain = text.replace("’", "'")
    return bool(OFFERS.search(plain)) and not OFFERS_NOTHING.search(plain)
