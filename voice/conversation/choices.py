"""Yes, no, and which of the offers: answers to what the desk has asked. Pure."""

import re
from collections.abc import Sequence
from datetime import date, time

from voice.conversation.dates import find_clock_time, find_wish
from voice.conversation.numbers import words_to_digits
from voice.conversation.states import Offer

YES = re.compile(
    r"^\W*(?:(?:um+|uh+|oh|well|okay|ok|so)[\s,]+)*(?:yes|yeah|yea|yep|yup|ya|sure|correct|right|exactly|absolutely|definitely|"
    r"of course|please do|go ahead|sounds good|sounds great|that works|that'?s (?:right|correct|fine|good|great|perfect|me|it)|"
    r"perfect|great|fine|works for me|book it|do it|i am|it is|this is (?:she|he|her|him)(?!\s+\w)|speaking|mm-?hm+|uh-?huh|ok|okay|let'?s do (?:it|that))\b",
    re.IGNORECASE,
)
NO = re.compile(
    r"^\W*(?:(?:um+|uh+|oh|well|actually)[\s,]+)*(?:no|nope|nah|not (?:really|quite|exactly|now|yet)|wrong|incorrect|neither|none|"
    r"that'?s (?:not|wrong)|it'?s not|it isn'?t|i'?m not|don'?t|never ?mind)\b",
    re.IGNORECASE,
)
CORRECTION = re.compile(
    r"\b(actually|wait|i meant?|make (?:it|that)|change (?:it|that) to|instead|rather|sorry)\b", re.IGNORECASE
)
CHOICES = (
    (re.compile(r"\b(first|1st|earliest|earlier one|number 1|number one|former)\b", re.IGNORECASE), 0),
    (re.compile(r"\b(second|2nd|middle|number 2|number two)\b", re.IGNORECASE), 1),
    (re.compile(r"\b(third|3rd|number 3|number three)\b", re.IGNORECASE), 2),
    (re.compile(r"\b(last|latest|later one|latter)\b", re.IGNORECASE), -1),
)
ANY_OFFER = re.compile(r"\b(any|either|whichever|doesn'?t matter|you pick|you choose)\b", re.IGNORECASE)
LATER = re.compile(
    r"\b(any ?thing |something |a (?:bit|little) |got anything )?later\b(?! one)|\banother time\b",
    re.IGNORECASE,
)
EARLIER = re.compile(
    r"\b(?:any ?thing |something |a (?:bit|little) )?(?:earlier|sooner)\b(?! one)", re.IGNORECASE
)
OTHER_DAY = re.compile(
    r"\b(another|different|other|some other) day\b|\bnone of (?:those|these|them)\b|\bdon'?t work\b",
    re.IGNORECASE,
)


def is_yes(text: str) -> bool:
    return bool(YES.search(text)) and not is_no(text)


def is_no(text: str) -> bool:
    return bool(NO.search(text))


def find_choice(text: str, offers: Sequence[Offer], today: date) -> Offer | None:
    """Which of the offers is meant: by time ("ten works"), by place ("the second one"), or any."""
    if not offers:
        return None
    timed = _offers_at_said_time(
        re.sub(r"\bone\b", "", text, flags=re.IGNORECASE) if names_place(text) else text, offers
    )
    wish = find_wish(text, today)
    if wish.first:
        timed = [
            offer
            for offer in timed or offers
            if wish.first <= offer.local.date() <= (wish.last or wish.first)
        ]
    if len(timed) == 1:
        return timed[0]
    if timed and wish.exactly:
        return None
    for pattern, index in CHOICES:
        if pattern.search(text) and -len(offers) <= index < len(offers):
            return offers[index]
    if ANY_OFFER.search(text):
        return offers[0]
    if len(offers) == 1 and is_yes(text):
        return offers[0]
    return None


def names_place(text: str) -> bool:
    """ "The first one" counts places; its "one" is no o'clock."""
    return bool(
        re.search(
            r"\b(first|second|third|last|latest|earliest|later|earlier|middle|that|this|other) one\b",
            text,
            re.IGNORECASE,
        )
    )


def find_bare_time(text: str) -> time | None:
    """A time of day where times have just been read out: a bare "ten" or "ten thirty" counts too."""
    said = words_to_digits(text)
    return find_clock_time(said) or find_clock_time(
        re.sub(r"\b(\d{1,2})(?: ([0-5]\d))?\b(?!th|st|nd|rd|[/:])", _as_clock, said)
    )


def _as_clock(match: re.Match[str]) -> str:
    return f"at {match[1]}:{match[2] or '00'}"


def _offers_at_said_time(text: str, offers: Sequence[Offer]) -> list[Offer]:
    """The offers at that time; a full hour also means the only offer within that hour."""
    wanted = find_bare_time(text)
    if wanted is None:
        return []
    exact = [offer for offer in offers if offer.local.time() == wanted]
    return exact or [offer for offer in offers if offer.local.hour == wanted.hour and wanted.minute == 0]
