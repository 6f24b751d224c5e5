"""Which of the offers: answers to what the desk has read out. Pure; yes and no are in assent.py.

Rules:
- A clause that refuses ("ten doesn't work", "not the first") takes what it names out; the other clauses choose.
- A day or a part of the day narrows the offers, and a place counts among those: "the later one on Wednesday".
- A full hour also means the only offer within that hour. What fits two offers alike chooses none.
- "Anything later?" asks for other offers; "the later one" chooses.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

from voice.conversation.assent import is_no, is_unsure, is_yes
from voice.conversation.dates import ContradictoryDate, find_clock_time, find_wish
from voice.conversation.numbers import words_to_digits
from voice.conversation.states import DayWish, Offer

__all__ = [
    "CORRECTION", "EARLIER", "LATER", "OTHER_DAY", "find_bare_time", "find_choice", "is_no", "is_unsure", "is_yes", "names_place",
]  # fmt: skip

NOON = time(12)
CORRECTION = re.compile(
    r"\b(actually|(?<!ll )(?<!will )(?<!to )(?<!can )(?<!could )(?<!i )(?<!just )wait(?! (?:for (?:it|my|the|her|him)|there|here|while)\b)|i meant?|make (?:it|that)|change (?:it|that) to|instead|rather|sorry)\b",
    re.IGNORECASE,
)
# Not a place: "first thing", "second thoughts", "one second".
NO_PLACE = re.compile(
    r"\b(?:first thing|at first|first of all|first off|first (?:and last )?names?|on second thoughts?|second thoughts?|last (?:name|time|week|month|year|minute)"
    r"|(?:a|one|just a|another) (?:second|sec)|(?:my|our) (?:first|second|last) (?:time|visit|appointment|car|name)|the (?:first|second|last) (?:time|visit)(?= (?:i|we)\b)|the other day)\b",
    re.IGNORECASE,
)
PLACES = (
    (re.compile(r"\b(?:second|next) (?:to|from) (?:the )?last\b|\bsecond last\b"), -2),
    (re.compile(r"\b(?:first|1st|earliest|soonest|earlier|sooner|number (?:1|one)|option (?:1|one|a)|former|early (?:one|time|slot))\b"), 0),
    (re.compile(r"\b(?:second|2nd|number (?:2|two)|option (?:2|two|b))\b(?! (?:to|from) last)"), 1),
    (re.compile(r"\b(?:third|3rd|number (?:3|three)|option (?:3|three|c))\b"), 2),
    (re.compile(r"\b(?:fourth|4th|number (?:4|four)|option (?:4|four|d))\b"), 3),
    (re.compile(r"\b(?:last|latest|later|latter|final|late (?:one|time|slot))\b"), -1),
)  # fmt: skip
MIDDLE = re.compile(r"\b(?:middle|in between|in the middle)\b")
ORDINAL = r"(?:first|second|third|fourth|last|latest|earliest|soonest|later|earlier|sooner|middle|former|latter|1st|2nd|3rd|4th|early|late|other)"
ONE = re.compile(
    rf"\b((?:{ORDINAL}|that|this|morning|afternoon|evening|noon|today|tomorrow|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|o'?clock|[ap]\.?m\.?|thirty|fifteen|forty[ -]five|either|any|which|whichever|neither|no|every)) ones?\b|\bthe ones?\b(?= (?:at|on|in|for|that|which|you)\b)",
    re.IGNORECASE,
)
PLACE_AS_DATE = re.compile(
    rf"\bthe {ORDINAL}\b(?! (?:of|week|day)\b)|\b{ORDINAL} (?=one\b|slot|time|option|appointment|opening|choice)"
)
ANY_OFFER = re.compile(
    r"\b(?:either(?: one| of them| of those| time| day)?(?! way\b)|both (?:work|are|sound|would|will)|whichever|whatever (?:works|is|you|time|'s)|(?:it |that )?(?:doesn'?t|does not|don'?t|do not) (?:really )?(?:matter|care)"
    r"|you (?:pick|choose|decide)|your (?:pick|choice|call)|up to you|no preference|(?:don'?t|do not) have a preference|surprise me|all (?:work|of them|of those|are)"
    r"|any (?:of (?:them|those|these)|one|works?|is fine|will do|would|time works|time is fine|time|day)|any(?=$|[,.!])|makes no difference|i'?m (?:easy|flexible)|no difference)\b",
    re.IGNORECASE,
)
NONE_OF_THEM = re.compile(
    r"\b(?:neither|none(?: of (?:those|these|them|that))?|not (?:any|either) of (?:those|these|them)|(?:can'?t|cannot|couldn'?t|won'?t) (?:do|make|take) (?:any|either) of"
    r"|(?:those|these|they|both|any of (?:those|them)|either of (?:those|them)|all of (?:those|them)) (?:\w+ )?(?:don'?t|do not|won'?t|aren'?t|are no) (?:really )?(?:work|good|do|fit|suit)?)\b",
    re.IGNORECASE,
)
ASKS_FOR_OTHERS = re.compile(
    r"\b(?:do you have|have you got|is there|are there|you got|got|anything|something|what else|any other|others?(?! one)|another|different|else|more options)\b"
    r"|^(?:is|was) (?:that|it|this)\b|^(?:what|how) about (?:later|earlier|sooner)",
    re.IGNORECASE,
)
LATER = re.compile(
    r"\b(any ?thing |something |a (?:bit|little) |got anything |much |way )?later\b(?! (?:one|slot|time|appointment|opening|option)\b)|\banother time\b|\btoo early\b",
    re.IGNORECASE,
)
EARLIER = re.compile(
    r"\b(?:any ?thing |something |a (?:bit|little) |much |way )?(?:earlier|sooner)\b(?! (?:one|slot|time|appointment|opening|option)\b)|\btoo late\b",
    re.IGNORECASE,
)
OTHER_DAY = re.compile(
    r"\b(another|different|other|some other) (?:day|date|week)\b|\b(?:none|neither|not any|not either) of (?:those|these|them)\b|\bdon'?t work\b|\bdo not work\b"
    r"|^\W*(?:neither|none)\b|\b(?:won'?t|can'?t|cannot) (?:do|make|work) (?:any|either|for any)\b",
    re.IGNORECASE,
)
# "Ten, not nine" without the comma: a "not" that no verb stands in front of begins a clause.
CLAUSE = re.compile(
    r"[,.;!?]+\s+|\s+(?:but|so|instead|rather|though)\s+|[,.;!?]+$|\s+(?=(?:what|how) about\b)"
    r"|(?<! do)(?<!does)(?<! did)(?<! is)(?<!'s)(?<!'m)(?<! am)(?<!'re)(?<! are)(?<! can)(?<!ould)(?<!will)(?<! was)(?<!have)(?<! has)(?<! why)(?<! or)(?<! if)(?<!^no)\s+(?=not\b)"
)
REFUSES = re.compile(
    r"\b(?:(?<!why )not(?! (?:a|any) problem)(?! sure)|can'?t|cannot|couldn'?t|won'?t|doesn'?t(?! (?:really )?matter)|don'?t(?! (?:really )?(?:mind|care|matter|have a preference|we|you))|isn'?t|no good|too (?:early|late|soon|far)|anything but|except|other than"
    r"|i have (?:an?|another)\b(?! preference)|i(?:'m| am) (?:busy|working|at work|booked|taken)|conflicts?)\b"
)
# "Not the first the second" has no clause between the two.
REFUSED_PLACE = re.compile(rf"\bnot (?:the )?{ORDINAL}\b(?: (?:one|slot|time|option))?")
THE_HOUR = re.compile(
    r"\bthe (?=(?:1[0-2]|[1-9]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b(?!(?:st|nd|rd|th)\b))"
)  # "the ten" among openings is no day of the month
NUMBERED = re.compile(
    r"\b(?:option|number|choice|slot) (one|two|three|four|[1-4a-d])\b(?! (?:o'?clock|thirty|fifteen|[ap]m))"
)
ORDINALS = {"one": "first", "two": "second", "three": "third", "four": "fourth"} | dict(
    zip("1234abcd", ("first", "second", "third", "fourth") * 2, strict=True)
)
ONLY_ONE = re.compile(
    r"^\W*(?:(?:yes|yeah|okay|ok|sure|i'll take|let's do|take|i'll do|how about)\W+)*(?:that|this|the)(?: one| time| slot)?\W*$"
)
OCLOCK = re.compile(
    r"\b(half past|quarter (?:past|after|to|till|of)|(?:ten|twenty|five|10|20|5) (?:past|after|to|till|of)) (\w+)\b"
)
OF_HOUR = {"half": 30, "quarter": 15, "ten": 10, "10": 10, "twenty": 20, "20": 20, "five": 5, "5": 5}
# A cheap look before the dear one: most answers name a place or an hour.
SPEAKS_OF_DAYS = re.compile(
    r"day|to?morrow|week|month|tonight|morning|afternoon|evening|night|noon|lunch|work\b|before|after|\bby\b|until|till|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"|\b(?:mon|tues?|wed|thurs?|thu|fri|sat|sun)\b|\d(?:st|nd|rd|th)\b|\d/\d|\bthe \d|(?:thir|four|fif|six|seven|eigh|nine|twenty-?|thirty-?)\w*(?:th|first|second|third)\b|christmas|holiday|thanksgiving|eve\b"
)
PART_OF_DAY = {"morning": (time(0), NOON), "afternoon": (NOON, time(17)), "evening": (time(16), time(23, 59))}


@dataclass(frozen=True, slots=True)
class _Pick:
    """The offers that fit some words, and whether the words pick at all."""

    offers: list[Offer]
    has_picked: bool


def find_choice(text: str, offers: Sequence[Offer], today: date) -> Offer | None:
    """Which of the offers is meant: by time ("ten works"), by place ("the second one"), or any."""
    if not offers or NONE_OF_THEM.search(text):
        return None
    plain = _plain(text)
    refused, wanted = _clauses(plain)
    left = [offer for offer in offers if not _is_refused(offer, refused, offers, today)]
    for clause in reversed(wanted):
        pick = _pick(clause, offers, today)
        if pick.has_picked:
            fitting = [offer for offer in pick.offers if offer in left]
            return fitting[0] if len(fitting) == 1 or (fitting and ANY_OFFER.search(clause)) else None
    said = " ".join(wanted)
    if ANY_OFFER.search(said) and not is_no(said):
        return left[0] if left else None
    if len(offers) == 1:
        return offers[0] if (is_yes(text) or ONLY_ONE.search(plain)) and not refused else None
    # "Not the first one" of two is the other.
    is_other = refused and len(left) == 1 and len(left) < len(offers) and not ASKS_FOR_OTHERS.search(plain)
    return left[0] if is_other and len(offers) == 2 else None


def _plain(text: str) -> str:
    """Lower case, without what only looks like a place; "option two" is the second."""
    plain = NO_PLACE.sub(" ", " ".join(text.lower().replace("’", "'").split()))
    plain = plain.replace("anything but", "except")
    return NUMBERED.sub(lambda match: f"the {ORDINALS[match[1]]}", plain)


def _clauses(plain: str) -> tuple[list[str], list[str]]:
    """What refuses, and what does not."""
    refused = [match[0] for match in REFUSED_PLACE.finditer(plain)]
    clauses = [clause for clause in CLAUSE.split(REFUSED_PLACE.sub(" ", plain)) if clause.strip()]
    wanted = [clause for clause in clauses if not REFUSES.search(clause)]
    return [*refused, *(clause for clause in clauses if REFUSES.search(clause))], wanted


def _is_refused(offer: Offer, refused: Sequence[str], offers: Sequence[Offer], today: date) -> bool:
    for clause in refused:
        pick = _pick(clause, offers, today)
        if pick.has_picked and offer in pick.offers:
            return True
    return False


def _pick(clause: str, offers: Sequence[Offer], today: date) -> _Pick:
    """The offers that a clause names: first by day and part of the day, then by time or place."""
    asks = bool(ASKS_FOR_OTHERS.search(clause))
    days = _on_said_days(clause, offers, today)
    among = days.offers
    timed = find_bare_time(_without_one(clause))
    if timed is not None and not _is_bound(clause):
        return _Pick(_at(timed, among), True)
    if asks:
        return _Pick([], False)
    place = _at_place(clause, among)
    if place.has_picked:
        return place
    return days


def _on_said_days(clause: str, offers: Sequence[Offer], today: date) -> _Pick:
    wish = _wish(THE_HOUR.sub("", PLACE_AS_DATE.sub(" ", _without_one(clause))), today)
    if wish is None:
        return _Pick([], True)
    fitting = list(offers)
    has_days = bool(wish.first) and not ANY_OFFER.search(clause) and wish.first != wish.last
    if wish.first and (wish.first == wish.last or has_days):
        fitting = [o for o in fitting if wish.first <= o.local.date() <= (wish.last or wish.first)]
    part = next((part for part in PART_OF_DAY if part in clause), None)
    if part:
        start, end = PART_OF_DAY[part]
        fitting = [offer for offer in fitting if start <= offer.local.time() < end]
    elif _is_bound(clause) and (wish.not_before or wish.not_after):
        fitting = [o for o in fitting if _is_within(o.local.time(), wish, clause)]
    narrows = bool(wish.first or part or (_is_bound(clause) and (wish.not_before or wish.not_after)))
    return _Pick(fitting, narrows)


def _wish(clause: str, today: date) -> DayWish | None:
    """What the clause says of days and times; None when its weekday and date do not fit."""
    if not SPEAKS_OF_DAYS.search(clause):
        return DayWish()
    try:
        return find_wish(clause, today)
    except ContradictoryDate:
        return None


def _is_bound(clause: str) -> bool:
    return bool(
        re.search(
            r"\b(?:before|after|by|until|till|no later than|no earlier than)\b", OCLOCK.sub(" ", clause)
        )
    )


def _is_within(moment: time, wish: DayWish, clause: str) -> bool:
    """ "After ten" is later than ten, "before ten" earlier; "by ten" may be ten."""
    if wish.not_before and moment <= wish.not_before:
        return False
    is_last = moment == wish.not_after and "before" not in clause
    return wish.not_after is None or moment < wish.not_after or is_last


def _at_place(clause: str, offers: Sequence[Offer]) -> _Pick:
    if MIDDLE.search(clause) and len(offers) > 1:
        return _Pick([offers[len(offers) // 2]] if len(offers) % 2 else [], True)
    for pattern, index in PLACES:
        found = pattern.search(clause)
        if not found or (found[0] in ("later", "earlier", "sooner") and not _chooses(clause, found[0])):
            continue
        return _Pick([offers[index]] if -len(offers) <= index < len(offers) else [], True)
    return _Pick([], False)


def _chooses(clause: str, comparison: str) -> bool:
    """ "The later one" chooses, "later would be better" asks."""
    return bool(
        re.search(
            rf"\bthe {comparison}\b|\b{comparison} (?:one|slot|time|appointment|opening|option)\b", clause
        )
    )


def names_place(text: str) -> bool:
    """ "The first one" counts places; its "one" is no o'clock."""
    return bool(re.search(rf"\b(?:{ORDINAL}|that|this) one\b", text, re.IGNORECASE))


def find_bare_time(text: str) -> time | None:
    """A time of day where times have just been read out: a bare "ten" or "ten thirty" counts too."""
    said = OCLOCK.sub(_past_or_to, text.lower())
    said = re.sub(r"\bnoon\b|\bmidday\b", "12:00", words_to_digits(said))
    said = re.sub(r"\b(\d{1,2}) oh (\d)\b", r"\1:0\2", said)
    return find_clock_time(said) or find_clock_time(
        re.sub(r"\b(\d{1,2})(?:[ -]([0-5]\d))?(?:[ -]?ish)?\b(?!th|st|nd|rd|[/:])", _as_clock, said)
    )


def _past_or_to(match: re.Match[str]) -> str:
    """ "quarter past seven" → "7:15", "ten to nine" → "8:50"."""
    amount, _, side = match[1].partition(" ")
    hour = words_to_digits(match[2])
    if not hour.isdigit() or not 1 <= int(hour) <= 12:
        return match[0]
    minutes = OF_HOUR[amount]
    if side in ("past", "after"):
        return f"{hour}:{minutes:02d}"
    return f"{(int(hour) - 2) % 12 + 1}:{60 - minutes:02d}"


def _as_clock(match: re.Match[str]) -> str:
    return f"at {match[1]}:{match[2] or '00'}"


def _without_one(text: str) -> str:
    """The "one" of "the second one" and "the one at ten" is no o'clock."""
    return ONE.sub(lambda match: match[1] or "", text)


def _at(wanted: time, offers: Sequence[Offer]) -> list[Offer]:
    """The offers at that time; a full hour also means the only offer within that hour."""
    exact = [offer for offer in offers if offer.local.time() == wanted]
    return exact or [offer for offer in offers if offer.local.hour == wanted.hour and wanted.minute == 0]
