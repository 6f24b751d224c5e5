"""Where in a sentence days are named, and which days those are. Pure."""

import re
from dataclasses import dataclass, replace
from datetime import date

from voice.conversation import counted_days, date_phrases, day_phrases, week_phrases, weekday_phrases
from voice.conversation.calendar_days import ONE_DAY, monday_of
from voice.conversation.day_forms import NOT_READ, Days

# The more telling phrases come first: what one has read the later ones no longer see.
PHRASES = (
    *day_phrases.NO_WISHES,
    *date_phrases.DATES,
    *counted_days.COUNTED,
    *week_phrases.AROUND_A_DAY,
    *day_phrases.HOLIDAYS_SAID,
    *weekday_phrases.PLACED_WEEKDAYS,
    *week_phrases.WEEKS,
    *weekday_phrases.WEEKDAYS_SAID,
    *week_phrases.MONTHS_SAID,
    *day_phrases.DAY_WORDS,
    *date_phrases.ORDINALS,
    *week_phrases.SOON,
)
WEEK_OF = re.compile(
    r"\bweek(?P<end>end)? (?:of|beginning|starting|commencing|that starts|that begins)(?: on)?(?: the)? $"
)
HIDDEN = "~"  # stands for each letter of what has been read


@dataclass(frozen=True, slots=True)
class Mention:
    """The days that said[start:end] names."""

    start: int
    end: int
    days: Days


def find_mentions(said: str, today: date) -> tuple[list[Mention], str]:
    """Every day phrase of said (in the plain form), in the order spoken, and said with them hidden."""
    found: list[Mention] = []
    for hints, pattern, read in PHRASES:
        if hints and not any(hint in said for hint in hints):
            continue
        for match in pattern.finditer(said):
            days = read(match, today)
            if days is NOT_READ:
                continue
            start, end = match.span()
            said = f"{said[:start]}{HIDDEN * (end - start)}{said[end:]}"
            if days:
                found.append(_widened(Mention(start, end, days), said, today))
    return sorted(found, key=lambda mention: mention.start), said


def _widened(mention: Mention, said: str, today: date) -> Mention:
    """ "The week of the 7th" is all of that week."""
    week = WEEK_OF.search(said, 0, mention.start)
    if not week:
        return mention
    monday = monday_of(mention.days.first)
    first, last = (5, 6) if week["end"] else (0, 6)
    days = Days(max(monday + first * ONE_DAY, today), monday + last * ONE_DAY)
    return replace(mention, start=week.start(), days=days)
