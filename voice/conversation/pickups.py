"""What people say who were rung: who they are, who is not there, and when to ring again. Pure.

Yes and no are in assent.py, machines in machines.py.
"""

import re
from datetime import date, datetime, time, timedelta

from voice.conversation.choices import CORRECTION, is_no, is_yes
from voice.conversation.numbers import words_to_digits
from voice.conversation.states import DayWish

NOBODY_OF_THAT_NAME = re.compile(
    r"\bwrong (?:number|person|phone)\b|"
    r"\b(?:there(?:'s| is)|we have|got)\b[^.?!]{0,12}\b(?:no|nobody|no one|noone|no-one)\b|"
    r"\b(?:nobody|no one|noone|no-one)\b[^.?!]{0,15}\b(?:name|called)\b|"
    r"\b(?:doesn'?t|does not|don'?t|no longer) (?:live|work) (?:here|there)\b|\bdon'?t know (?:any|an?|her|him|who (?:that|she|he))\b|"
    r"\bi(?:'ve| have)? never heard of\b|\bnot (?:her|his|their|\w+'s) (?:number|phone)\b|"
    r"\b(?:this|that|it) (?:isn'?t|is not) \w+'s (?:number|phone)\b|\bnew number\b|\bhad this number\b",
    re.IGNORECASE,
)
NOT_THERE = re.compile(
    r"\b(?:take|leave|give (?:him|her|them)) (?:a|your) message\b|"
    r"\b(?:she|he|they)(?:'s|'re| is| are)? (?:not|out|away|gone|asleep|sleeping|busy|at work|at the \w+|in the shower|"
    r"driving|unavailable)\b|\b(?:she|he) (?:isn'?t|just left|stepped out|went out|can'?t (?:talk|come))\b|"
    r"\b(?:isn'?t|is not|not) (?:home|here|in|around|available)\b(?! (?:today )?(?:on|for|at|that|then))",
    re.IGNORECASE,
)
FETCHES = re.compile(
    r"\b(?:let me|i'?ll|i will|i can|i'?m going to|gonna)\b[^.?!]{0,12}\b(?:get|grab|find|fetch|put|see if|pass|hand|give)\b"
    r"[^.?!]{0,25}\b(?:him|her|them|on|over|you|here|there|around|phone)\b|"
    r"\b(?:hold on|hang on|one (?:second|sec|moment|minute)|just a (?:second|sec|moment|minute)|wait)\b[^?]*$|"
    r"\bhere (?:she|he) (?:is|comes)\b",
    re.IGNORECASE,
)
LATER = re.compile(
    r"\bcall (?:me |us |her |him |again )*(?:back|later|again|another time|tomorrow|in (?:a|an|\d)|at \d|on (?:mon|tues|wednes|thurs|fri|satur)|"
    r"after|tonight|this (?:after|even))|"
    r"\b(?:try|ring|phone|reach) (?:me |us |her |him )?(?:back|later|again|another time|tomorrow)\b|"
    r"\b(?:not a good|(?:a )?bad|not the best|not really a good|isn'?t a good) (?:time|moment)\b|"
    r"\b(?:i'?m|i am) (?:\w+ )?(?:driving|in a meeting|in the middle of|at work|busy (?:right )?(?:now|at the moment)|with a (?:client|customer|patient)|at the doctor)\b|"
    r"\bcan'?t (?:really )?talk(?: right)?(?: now)?\b|\bcatch me (?:later|another)\b",
    re.IGNORECASE,
)
COMES = re.compile(
    r"\bcount (?:on|me in)\b|\b(?:i|we)(?:'ll| will|'m going to| am going to| plan to| intend to|'re going to)? (?:definitely |still |surely )?"
    r"(?:be there|come|coming|make it|see you)\b|\b(?:i'?m|we'?re|still|definitely) coming\b|\bshould be able to (?:make it|come)\b|"
    r"\b(?:it'?s|i'?ve got it|that'?s) (?:in|on) my calendar\b|\bconfirm(?:ed)?\b",
    re.IGNORECASE,
)
DOES_NOT_COME = re.compile(
    r"\b(?:can'?t|cannot|can not|won'?t|will not|won't be able to|not going to|not able to|unable to|not gonna)\b"
    r"(?! (?:hear|talk|understand|wait))",
    re.IGNORECASE,
)
MAKES_IT = re.compile(
    r"\b(?<=to )make it\b|\b(?<=can )make it\b|\b(?<=ll )make it\b", re.IGNORECASE
)  # no correction
STOP = re.compile(
    r"^\W*(?:please |just )?(?:stop|unsubscribe|opt (?:me )?out|remove me|take me off)\b[^.?!]{0,25}[.!]*$",
    re.IGNORECASE,
)
WENT_WELL = re.compile(
    r"\b(?:good|great|fine|well|okay|ok|perfect\w*|excellent|happy|wonderful|awesome|smooth\w*|no (?:problems?|complaints?|issues?))\b",
    re.IGNORECASE,
)
NOT_WELL = re.compile(
    r"\b(?:not|n't|but|still|again|worse|bad|terrible|awful|wrong|problem|unhappy|broke\w*)\b(?<!no problem)|n't\b",
    re.IGNORECASE,
)
IN_A_WHILE = re.compile(
    r"\bin (?:about |like |maybe )?(?P<count>an?|half an|\d{1,3})(?: or so)? ?(?P<unit>hours?|minutes?|mins?)\b"
)
MORNING = time(10)  # where a day is named without an hour
WHO_AND_WHY = re.compile(
    r"\b(?:who(?:'s| is) (?:this|that|it|there|calling|speaking)|who are you|what(?:'s| is) (?:this|it|that) (?:about|regarding|"
    r"concerning|for)|why are you calling|what do you want|where are you calling from|calling about)\b",
    re.IGNORECASE,
)
BESIDE_A_NAME = re.compile(
    r"\b(?:yes|yeah|yep|hi|hello|hey|this is|it'?s|i'?m|i am|that'?s|speaking|here|me)\b|[^\w'-]+",
    re.IGNORECASE,
)


def answers_to(text: str, first_name: str) -> bool:
    """ "Maria speaking", "yes, this is Maria": the name, and nothing but what goes with it."""
    if "?" in text:
        return False
    return BESIDE_A_NAME.sub("", text.replace("’", "'")).lower() == first_name.lower()


def is_somebody_elses_phone(text: str) -> bool:
    return bool(NOBODY_OF_THAT_NAME.search(text.replace("’", "'")))


def is_not_there(text: str) -> bool:
    return bool(NOT_THERE.search(text.replace("’", "'")))


def will_fetch(text: str) -> bool:
    return bool(FETCHES.search(text.replace("’", "'")))


def asks_who_and_why(text: str) -> bool:
    return bool(WHO_AND_WHY.search(text.replace("’", "'")))


def wants_a_later_call(text: str) -> bool:
    return bool(LATER.search(text.replace("’", "'")))


def went_well(text: str) -> bool:
    """The answer to "How did it go?": praise without a but."""
    return bool(WENT_WELL.search(text)) and not NOT_WELL.search(text.replace("’", "'"))


def wants_no_calls(text: str) -> bool:
    return bool(STOP.search(text))


def does_not_come(text: str) -> bool:
    return bool(DOES_NOT_COME.search(text.replace("’", "'")))


def agrees_to_come(text: str) -> bool:
    """The answer to "Can we count on you?": "yes", "I'll be there", but not "yes, but I can't at nine"."""
    said = MAKES_IT.sub("come", text.replace("’", "'"))
    if does_not_come(said) or CORRECTION.search(said):
        return False
    return is_yes(said) or (bool(COMES.search(said)) and not is_no(said))


def when_to_ring(text: str, wish: DayWish, *, local: datetime) -> datetime | None:
    """The store-local moment, later than local (now), at which somebody wants to be rung; None if unsaid."""
    if match := IN_A_WHILE.search(words_to_digits(text.lower())):
        return (local + _length(match["count"], match["unit"])).replace(second=0, microsecond=0)
    at = wish.exactly or wish.not_before
    if wish.first is None and at is None:
        return None
    day = wish.first or local.date()
    moment = _at(day, at or MORNING, local)
    if moment > local:
        return moment
    return _at(day + timedelta(days=1), at or MORNING, local) if wish.first is None else None


def _length(count: str, unit: str) -> timedelta:
    if count == "half an":
        return timedelta(minutes=30)
    number = int(count) if count.isdigit() else 1
    return timedelta(hours=number) if unit.startswith("hour") else timedelta(minutes=number)


def _at(day: date, at: time, local: datetime) -> datetime:
    return datetime.combine(day, at, tzinfo=local.tzinfo)
