"""What does the caller want? One intent for each turn, from free speech. Pure.

The order of reading: acts of the conversation itself, then what is plainly another trade's business, then
errands from the most to the least particular, then a booking, a symptom, and manners. What was asked for
and belongs to none of these is OTHER; what was said and points nowhere is UNKNOWN.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from voice.conversation.booking_words import (
    ABOUT_MINE,
    ASKS,
    BOOKING,
    TO_KNOW,
    WANTS_WORK,
    WORK_ON_CAR,
    is_bare_job,
)
from voice.conversation.dialogue_acts import (
    ACTS,
    DONE,
    FIRST,
    GOODBYE,
    LANGUAGES,
    LAST,
    MACHINE,
    NO_RECORDING,
    REPEAT,
    find_act,
)
from voice.conversation.errands import ERRANDS, Needs
from voice.conversation.makes import MAKE_ALIASES, MODELS, words_of
from voice.conversation.scope import asks_for_something_else, is_foreign, speaks_of_trade
from voice.conversation.services import COMPLAINT, NEEDS_COMPLAINT, find_services
from voice.conversation.states import Intent
from voice.conversation.symptoms import Topic, plain_words, topics_in

__all__ = [
    "ACTS",
    "BOOKING",
    "DONE",
    "GOODBYE",
    "MACHINE",
    "NO_RECORDING",
    "REPEAT",
    "find_intent",
    "find_services",
    "named_person",
]

ROLE = (
    r"(?:person|human(?: being)?|representative|rep|operator|somebody|someone|anybody|anyone|agent|"
    r"receptionist|advis[oe]r|manager|technician|"
    r"mechanic|supervisor|service writer|front desk|boss|owner|real people|customer (?:service|care)|"
    r"live (?:one|body))"
)
WANTS_PERSON = re.compile(
    rf"\b(?:speak|talk|connect|transfer|patch|switch|forward|put)\b.{{0,40}}\b{ROLE}\b|"
    r"\b(?:want|need|i'?d like|would like|get|give|prefer)\b(?: me)?(?: to)?(?: an?| the|"
    r" your)?(?: (?:real|live|actual|human|service|different))* (?:person|human(?: being)?|"
    r"representative|operator|agent|receptionist|advis[oe]r|manager|supervisor|front desk)\b(?! (?:to|"
    r"who|that) (?:look|check|fix|deal|work))|"
    r"^(?:(?:uh|um|please|just|no|yes),? )*(?:an? |the )?(?:real |live |human )*(?:person|"
    r"human(?: being)?|representative|rep|operator|agent|receptionist|front desk|service advis[oe]r|"
    r"manager)(?: please)?$|"
    rf"\b(?:is there|are there) (?:an?|any)? ?(?:real |live |actual )*{ROLE}\b.{{0,20}}\b(?:talk|speak|"
    r"there|available|help)\b|\b(?:transfer|connect) me\b|\bput me through\b|"
    r"\b(?:speak|talk) (?:to|with) (?:the |your )?(?:service|parts|sales|body shop|finance|"
    r"billing) ?(?:department|desk|team|dept)?\b|"
    r"\b(?:speak|talk) (?:to|with) (?!you\b|me\b|my\b|your\b|yours\b|the\b|an?\b|him\b|her\b|them\b|it\b|"
    r"that\b|this\b|us\b|each|slow|fast|anyone|someone|somebody|people)[a-z]+(?:$| (?:in|at|about|please|"
    r"from|from the)\b)"
)
OTHER_DEPARTMENT = re.compile(
    r"\b(parts|sales)\b(?= (?:department|dept|counter|desk|team|manager|person|rep)\b| please|$)"
)
# "Talk to Mike", "get me Mr. Chen": recognisers write names with a capital.
NAMED_PERSON = re.compile(
    r"\b(?i:speak|talk|connect|transfer|get|give|put|reach|ask for)\b(?i: me)?(?i: through|"
    r" over)?(?i: (?:to|with|for))?"
    r" (?P<name>(?:(?i:mr|mister|mrs|ms|miss)\.? )?[A-Z][a-z'’-]+(?: [A-Z][a-z'’-]+)?)(?!\w)|"
    r"\b(?i:is) (?P<there>(?:(?i:mr|mister|mrs|ms|"
    r"miss)\.? )?[A-Z][a-z'’-]+(?: [A-Z][a-z'’-]+)?) (?i:there|in|available|around|working)\b"
)
NOT_A_PERSON = words_of(
    "i monday tuesday wednesday thursday friday saturday sunday january february march april may june "
    "july august september october "
    "november december otto service parts sales something anything it that this") | {make.lower() for make in MODELS} | {*MAKE_ALIASES, *LANGUAGES.split("|")}  # fmt: skip
# "I don't want to cancel, I want to move it": what is denied is not what is wanted.
DENIED = re.compile(
    r"\b(?:(?:i |we |i'm |we're )?(?:don'?t|do not|didn'?t|did not|am not|not|"
    r"never)(?: \w+){0,3}? (?:want(?:ing)?|wanna|need|mean|trying|looking|like|here|calling|going|asking|"
    r"saying|wish)(?: \w+)? (?:to |for |an? )?|"
    r"instead of|rather than|without|no need to|not (?:to )?(?=cancel|resched|book|move|speak|talk))\s*"
    r"(?=(?:\w+ )?(?:cancel\w*|resched\w*|mov(?:e|ing)|chang(?:e|ing)|book\w*|schedul\w*|appointment|"
    r"speak\w*|talk\w*|a person|buy\w*|complain\w*|know|quote|price))"
    r"[^,.;]*?(?=[,.;]|\bbut\b|\bjust\b|\bonly\b|\bi(?:'d| want| need| would|'m)\b|\bcan (?:i|we|you)\b|$)"
)
# Denying the appointment itself is no denial of wanting something.
NO_LONGER = re.compile(r"\b(?:any ?more|any longer|no longer|after all)\b")


# What only a complaint speaks of: "why is it shaking" tells of a symptom, however it is put.
SIGNS = {
    Topic.NOISE,
    Topic.VIBRATION,
    Topic.SMELL,
    Topic.SMOKE,
    Topic.LEAK,
    Topic.STALLING,
    Topic.RUNNING,
    Topic.STARTING,
    Topic.WARNING_LIGHT,
    Topic.COOLING,
    Topic.TROUBLE,
    Topic.STEERING,
}


@dataclass(frozen=True, slots=True)
class _Turn:
    said: str
    topics: list[Topic]
    is_trade: bool
    is_foreign: bool

    @property
    def is_ours(self) -> bool:
        """It speaks of the trade, or of nothing in particular."""
        return self.is_trade or not asks_for_something_else(self.said)


# Nobody else is meant by these, whatever else the sentence speaks of.
PLAINLY_OURS = (
    (Intent.LATE, re.compile(r"\b(?:i'?m|i am|we'?re|i'?ll be) (?:\w+ ){0,4}late\b(?! (?:at|on|with))")),
    (Intent.PARTS, re.compile(r"\bparts (?:department|counter|desk)\b")),
    (Intent.DUE, re.compile(r"\bwhat(?:'?s| is)\b.{0,25}\bdue for\b")),
    # "I can't make it on Tuesday, please cancel": no other day is asked for.
    (
        Intent.CANCEL,
        re.compile(
            r"^(?!.*\b(?:re ?schedul|move|chang|instead|another|different|not cancel|n'?t (?:\w+ )?cancel)).*"
            r"\b(?:please|to) cancel (?:my|the|that|our) (?:\w+ )?appointment\b"
        ),
    ),
)


@lru_cache(maxsize=512)  # a turn is read when it is drafted, when it is answered, and by whoever answers
def find_intent(text: str) -> Intent:
    """The plainest reading of one turn; OTHER for what is no business of a service desk, else UNKNOWN."""
    said = plain_words(text).strip(" .,")
    act = find_act(said, FIRST)
    if act:
        return act
    for intent, pattern in PLAINLY_OURS:
        if pattern.search(said):
            return intent
    wanted = said if NO_LONGER.search(said) else DENIED.sub(" ", said)
    topics = topics_in(wanted)
    turn = _Turn(wanted, topics, speaks_of_trade(wanted, topics), is_foreign(wanted))
    if not turn.is_foreign and (WANTS_PERSON.search(wanted) or (wanted == said and named_person(text))):
        return _department(wanted) or Intent.PERSON
    return _errand(turn) or _rest(turn)


def _department(said: str) -> Intent | None:
    """Which other department is asked for by its name; None when it is a person or our own."""
    match = OTHER_DEPARTMENT.search(said)
    return None if match is None else Intent.PARTS if match[1] == "parts" else Intent.SALES


def _errand(turn: _Turn) -> Intent | None:
    """What the caller came for, the most particular first."""
    if turn.is_foreign:
        return Intent.OTHER
    speaks_of = Needs.TRADE if turn.is_trade else Needs.OURS if turn.is_ours else Needs.NOTHING
    for intent, pattern, needs in ERRANDS:
        if needs <= speaks_of and pattern.search(turn.said):
            return intent
    if BOOKING.search(turn.said) and turn.is_ours:
        return Intent.BOOK
    if not turn.topics:
        return Intent.BOOK if turn.is_trade and WORK_ON_CAR.search(turn.said) else None
    if ABOUT_MINE.search(turn.said) and not SIGNS & set(turn.topics):
        return Intent.DUE
    if TO_KNOW.search(turn.said) or (ASKS.search(turn.said) and not SIGNS & set(turn.topics)):
        return Intent.CAR_QUESTION
    if WANTS_WORK.search(turn.said) or is_bare_job(turn.said, turn.topics):
        return Intent.BOOK
    return Intent.SYMPTOM if _is_plain(turn) else None


def _is_plain(turn: _Turn) -> bool:
    """A part that is named in passing, in a question about nothing that is wrong, is no symptom."""
    return bool(set(turn.topics) - NEEDS_COMPLAINT or COMPLAINT.search(turn.said))


def _rest(turn: _Turn) -> Intent:
    act = find_act(turn.said, LAST)
    if act:
        return act
    return Intent.OTHER if not turn.is_trade and asks_for_something_else(turn.said) else Intent.UNKNOWN


def named_person(text: str) -> str:
    """The name of the person asked for, as heard; "" when nobody is named."""
    match = NAMED_PERSON.search(text)
    name = (match["name"] or match["there"]) if match else ""
    return "" if name.lower().split(" ")[0] in NOT_A_PERSON else name
