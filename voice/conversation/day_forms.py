"""What day phrases are made of: the shape of a reading, and the pieces their patterns share. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from voice.conversation.date_spelling import MONTH


@dataclass(frozen=True, slots=True)
class Days:
    """The days from first to last that a phrase names.

    weekday is set where one was named: with another day, or within a span, it is checked or looked up.
    is_loose: only a weekday or a day of some month was said, which words near it may place elsewhere.
    is_vague: any day soon, which a day named beside it makes plain.
    is_range: both ends were said, "from" and "until" before it add nothing.
    choices are the only ones meant of a span ("March 5 or 7"); not_on are weekdays never meant.
    """

    first: date
    last: date
    weekday: int | None = None
    is_loose: bool = False
    is_vague: bool = False
    is_range: bool = False
    choices: tuple[date, ...] = ()
    not_on: tuple[int, ...] = ()

    @property
    def is_one(self) -> bool:
        return self.first == self.last


NOT_READ = Days(date.min, date.min)  # what a reading returns to leave the words to later patterns


class Phrase(NamedTuple):
    """hints are pieces of text of which a match holds at least one: looked for first, for speed."""

    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    read: Callable[[re.Match[str], date], Days | None]  # None: the words name no day to come


def phrase(hints: str, pattern: str, read: Callable[[re.Match[str], date], Days | None]) -> Phrase:
    return Phrase(tuple(hints.split()), re.compile(pattern), read)


def one(day: date | None) -> Days | None:
    return Days(day, day) if day else None


def no_wish(match: re.Match[str], today: date) -> Days | None:
    """Days that have been, or that come again and again: no other pattern reads words in them."""
    return None


NUMBERS = {"first": 1, "second": 2, "third": 3, "last": -1, "final": -1}


def number(word: str) -> int:
    """ "24th" → 24, "first" → 1, "last" → -1."""
    return NUMBERS.get(word) or int(word.rstrip("stndrh"))


# --- pieces -------------------------------------------------------------------------------

DAY = r"(?:\d{1,2}(?:st|nd|rd|th)?|first|second|third)"
NTH = r"(?:\d{1,2}(?:st|nd|rd|th)|first|second|third)"
YEAR = (
    r"(?:,? ?(?:of )?(?P<year>(?:19|20)\d\d|20 [1-4]\d)\b(?! ?[ap]m)|,? (?:of )?(?P<which>this|next) year\b)?"
)
NO_CLOCK = r"(?![:.]\d| ?[ap]m\b| ?o'clock|/\d|\d| ?#)"
UNIT = r"(?P<unit>(?:business |working |week ?)?day|week|month|fortnight|year)s?"
# "May" is a verb behind these.
SUBJECTS = ("i", "we", "it", "you", "they", "that", "there", "he", "she", "which", "this", "who", "car")
LINKS = ("and", "or", "but", "like", "say", "maybe")
NO_SUBJECT = "".join(rf"(?<!\b{word} )" for word in SUBJECTS)
NO_LINK = "".join(rf"(?<!\b{word} )" for word in LINKS)
MONTH_HERE = rf"(?P<month>(?!may\b){MONTH}|(?:(?<=make it )|{NO_SUBJECT})may)"
MONTH_ALONE = rf"(?P<month>(?!may\b){MONTH}|{NO_SUBJECT}{NO_LINK}may)"
# "By Friday" is a bound, "come by Friday" none.
BY = (
    "".join(
        rf"(?<!\b{verb} )" for verb in ("come", "stop", "swing", "drop", "drive", "pop", "go", "be", "coming")
    )
    + "by"
)
# What may stand behind "the 24th"; a noun there would make it the 24th of something else.
BEHIND_A_DAY = (
    r"(?=\s*(?:$|[,.;:?!)~#]|(?:at|in|on|around|about|after|before|or|and|to|through|until|please|would|works?|is|if|for|but"
    r"|this|next|then|sounds|should|will|also|too|maybe|instead|because|so|since|that|sometime|any|from|between|by|noon"
    r"|morning|afternoon|evening|night|early|late|first|as|do|can|could|we|i|you|it|say|like|see|preferably|hopefully|either|okay|yes|yeah|possible|available|open|good|fine"
    r"|better|with|when|not|thanks|thank|\d{1,2}(?::\d\d| [ap]m| o'clock))\b))"
)
