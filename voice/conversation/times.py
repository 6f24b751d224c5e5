"""When in the day: "half past two", "before ten", "first thing", "between nine and eleven". Pure.

Rules:
- A bare hour is the one a workshop means: 7 to 11 are before noon, 12 is noon, 1 to 6 after it.
- "By ten" and "until ten" are at ten at the latest; "around ten" wishes for ten.
"""

import re
from dataclasses import dataclass
from datetime import time

from voice.conversation.clock_words import A_CLOCK, CLOCK, as_time, with_clocks
from voice.conversation.day_forms import BY
from voice.conversation.day_mentions import HIDDEN
from voice.conversation.day_wishes import MOVED
from voice.conversation.parts_of_day import find_part


@dataclass(slots=True)
class Hours:
    """A wish within a day: exactly a time, or one not before and not after these."""

    not_before: time | None = None
    not_after: time | None = None
    exactly: time | None = None


# "Nothing before ten" is from ten on; "do you not have anything before ten" is not.
NOTHING = r"(?:nothing|never|cannot|(?<!do )not|(?:can|won|do|could|does)'?n?'t)(?: (?!you\b|there\b|have\b|until\b)\w+){0,4}"
LATEST = rf"(?:before|{BY}|no later than|not later than|earlier than|prior to|at or before|up to|not past|not after|until|the latest|as late as|than)"
EARLIEST = (
    rf"(?:{NOTHING} before|(?<!not )after|(?<!not )past|from|no earlier than|not earlier than|not before|(?<!no )(?<!not )later than|as early as|starting(?: at| from)?|at or after"
    r"|not until|the earliest|(?:get off|get out|finish|leave|off|done)(?: of| with)?(?: work| school| class| the office)"
    r" (?:at|around|by))"
)
SOFTLY = r"(?:like |about |around |maybe |say |at )?"
BETWEEN = re.compile(
    rf"(?P<lead>\b(?:from|between|anywhere from|anywhere between) )?{CLOCK} (?P<link>to|and|until|through|or)(?:(?<!or) {HIDDEN}+)? {SOFTLY}{CLOCK}"
)
UNTIL_FREE = re.compile(
    rf"\b(?:work|working|busy|class|school|away|out|not|tied up|meetings?|booked)(?: \w+)? until {SOFTLY}{CLOCK}"
)
BEFORE = re.compile(
    rf"\b(?:{LATEST}) {SOFTLY}{CLOCK}|{CLOCK},? (?:or|and) (?:earlier|before|sooner)\b(?! @)|{CLOCK} at (?:the )?latest|{CLOCK} is too late|{CLOCK} (?:is|would be) the latest"
)
AFTER = re.compile(
    rf"\b(?:{EARLIEST}) {SOFTLY}{CLOCK}|{CLOCK},? (?:or|and) (?:later|after|on|onwards?|up)\b(?! [@\w])|{CLOCK} onwards?|{CLOCK} at (?:the )?earliest|{CLOCK} is too early|{CLOCK} (?:is|would be) the earliest"
)
NONE_AFTER = re.compile(rf"\b{NOTHING} after {SOFTLY}{CLOCK}")
UNWANTED = re.compile(
    rf"\b(?:not|n't|except|instead of|rather than|can't (?:do|make(?: it)?))(?: at| for| around)? {CLOCK}|{CLOCK} (?:doesn't|does not|won't|will not|isn't|is not|wouldn't|is no good|is bad)(?: \w+)?"
)
MOVED_FROM = re.compile(r"\bfrom [^.,;]{1,30}?(?= to\b)")
TO_WHEN = re.compile(rf"\bto (?=\d|{HIDDEN})")
CORRECTED = re.compile(
    r"\b(?:no|actually|wait|i mean|i meant|make (?:it|that)|rather|sorry|scratch that|instead|better yet)\b"
)


def find_hours(said: str) -> Hours:
    """The time of day wished for; said is plain and has its days hidden."""
    is_moved = MOVED.search(said) is not None
    if is_moved:
        said = TO_WHEN.sub("at ", MOVED_FROM.sub("", said))
    bounds, said, part = find_part(with_clocks(said))
    hours = Hours(*bounds)
    if "@" in said:
        said = _find_bounds(said, hours, part)
        hours.exactly = _find_exact(said, part, is_moved=is_moved)
    if hours.exactly and not _fits(hours, hours.exactly):
        hours.not_before = hours.not_after = None
    return hours


def first_clock(said: str, *, is_late: bool) -> time | None:
    """The first clock time of plain said, be it a wish or a bound; is_late: hours below 12 are past noon."""
    said = with_clocks(said)
    *_, part = find_part(said)
    match = A_CLOCK.search(said)
    return as_time(match, "afternoon" if is_late else part) if match else None


def _find_bounds(said: str, hours: Hours, part: str) -> str:
    """Put "before", "after" and "between" into hours; returns said without them."""
    match = BETWEEN.search(said)
    if match and (match["link"] != "and" or match["lead"]):
        first, last = _both_ends(match, part)
        if first < last:
            hours.not_before, hours.not_after = first, last
            return said[: match.start()] + said[match.end() :]
    for pattern, is_upper in ((UNTIL_FREE, False), (NONE_AFTER, True), (AFTER, False), (BEFORE, True)):
        match = pattern.search(said)
        if not match:
            continue
        group = next(index for index in range(1, len(match.groups()) + 1, 3) if match[index])
        _bound(hours, as_time(match, part, group=group), is_upper=is_upper)
        said = said[: match.start()] + said[match.end() :]
    return said


def _bound(hours: Hours, moment: time, *, is_upper: bool) -> None:
    """A bound that was said outdoes the part of the day that it leaves nothing of."""
    if is_upper:
        hours.not_after = moment
        if hours.not_before and hours.not_before >= moment:
            hours.not_before = None
    else:
        hours.not_before = moment
        if hours.not_after and hours.not_after <= moment:
            hours.not_after = None


def _both_ends(match: re.Match[str], part: str) -> tuple[time, time]:
    """From when to when. Of "2 to 4 pm" both are in the afternoon, of "9 to 5 pm" the first is not."""
    first, last = as_time(match, part, group=2), as_time(match, part, group=6)
    first_half, last_half = match[4], match[8]
    if first_half == "x" and last_half in "ap":
        same = first.replace(hour=first.hour % 12 + (12 if last_half == "p" else 0))
        other = first.replace(hour=first.hour % 12 + (0 if last_half == "p" else 12))
        first = same if same < last else other if other < last else first
    elif last_half == "x" and last <= first and last.hour < 12:
        last = last.replace(hour=last.hour + 12)
    elif (
        last_half == "x"
        and first_half == "a"
        and last.hour >= 12
        and last.hour % 12 > first.hour % 12
        and last.hour != 12
    ):
        last = last.replace(hour=last.hour - 12)
    return first, last


def _find_exact(said: str, part: str, *, is_moved: bool) -> time | None:
    """The time that remains; of an appointment that is moved the one it is moved to, which is said last."""
    said = UNWANTED.sub(" ", said)
    tokens = list(A_CLOCK.finditer(said))
    if not tokens:
        return None
    chosen = tokens[-1 if is_moved else 0]
    for token in tokens[1:]:
        if CORRECTED.search(said[chosen.end() : token.start()]):
            chosen = token
    return as_time(chosen, part)


def _fits(hours: Hours, moment: time) -> bool:
    return (hours.not_before or time.min) <= moment <= (hours.not_after or time.max)
