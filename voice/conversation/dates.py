"""When a caller would like to come: English phrases → days and wall times of the store. Pure.

Rules, because people disagree about them (the desk always reads the date back):
- "Tuesday" and "this Tuesday" are the next one after today; "next Tuesday" is the one in the
  calendar week (from Monday) after this one.
- A bare hour is the one a workshop means: 7 to 11 are before noon, 12 is noon, 1 to 6 after it.
- A day and month that have passed this year are next year's.

date_spelling.py brings the words into one form; day_phrases.py and week_phrases.py read the phrases,
day_wishes.py what they come to together, and clock_words.py and times.py the hours.
"""

import re
from datetime import date, datetime, time, timedelta

from voice.conversation.calendar_days import MONTHS, WEEKDAYS
from voice.conversation.date_spelling import plain
from voice.conversation.day_wishes import ContradictoryDate, find_days
from voice.conversation.states import DayWish
from voice.conversation.times import find_hours, first_clock

__all__ = ["MONTHS", "WEEKDAYS", "ContradictoryDate", "find_clock_time", "find_wish"]

# "Good morning" wishes for no morning.
COURTESY = re.compile(
    r"\b(?:have|enjoy) (?:an?|your|the rest of your)(?: rest of (?:your|the))?(?<!have an)(?<!have a) (?:\w+ )?(?:day|morning|afternoon|evening|night|weekend|week)\b"
    r"|\b(?:very )?(?:good|happy|merry|nice|great|lovely) (?:morning|afternoon|evening|night|day|weekend|thanksgiving|christmas|easter|halloween|new year'?s?|holidays?)\b(?! (?:works?|is|would))"
    r"|^\W*(?:hi|hello|hey|oh|well|uh|um|yes)?[\s,]*(?:morning|afternoon|evening)[,.!]? (?=(?:i|i'm|i'd|can|could|my|this is|how|sir|ma'am|do|we|there|hi|hello|yes|yeah)\b)"
)
DELAY = re.compile(
    r"\b(?:in|within) (?:about |around |like |maybe |just )?(?P<half>half (?:an|a|1) hour)?(?:(?P<hours>\d{1,2}) ?hours?)?(?P<more> and a half)?(?:(?: and)? ?(?P<minutes>\d{1,3}) ?minutes?)?\b"
    r"|\b(?P<half_on>half (?:an|a|1) hour) from now\b|\b(?P<count>\d{1,3}) (?P<unit>hour|minute)s? from now\b"
)


def find_wish(text: str, today: date, now: time | None = None) -> DayWish:
    """The days and times wished for in text; an empty wish when there are none.

    today is the store's calendar day, and now its time of day, from which "in two hours" is counted;
    without it such a wish is for today. Raises ContradictoryDate.
    """
    said = COURTESY.sub(" ", plain(text))
    days, hidden = find_days(said, today)
    hours = find_hours(hidden)
    wish = DayWish(
        said=text,
        first=days.first,
        last=days.last,
        days=days.choices,
        not_on=days.not_on,
        not_days=days.not_days,
        not_before=hours.not_before,
        not_after=hours.not_after,
        exactly=hours.exactly,
    )
    if len(wish.days) > 1 and wish.exactly:
        _give_each_its_time(said, today, wish)
    if now and days.first == today and wish.exactly is None:
        _count_from(now, said, wish)
    return wish


def _give_each_its_time(said: str, today: date, wish: DayWish) -> None:
    """ "Tuesday at 8 or Friday at 9" wishes for two moments; "Tuesday or Friday at 9" for one time on two days."""
    moments = []
    for part in re.split(r"\bor\b", said):
        days, hidden = find_days(part, today)
        hours = find_hours(hidden)
        if days.first not in wish.days or days.first != days.last or hours.exactly is None:
            return
        moments.append(datetime.combine(days.first, hours.exactly))
    wish.moments, wish.exactly = moments, None


def find_clock_time(said: str, *, is_late: bool = False) -> time | None:
    """The clock time in said ("at 10", "10:30", "2 pm", "9 o'clock"); None when there is none.

    Bare numbers count only behind "at", "around" or "about", or where nothing else is said, so that years,
    prices and streets do not. is_late: the caller speaks of the afternoon or evening.
    """
    return first_clock(plain(said), is_late=is_late)


def _count_from(now: time, said: str, wish: DayWish) -> None:
    """ "In two hours" is a time, "within two hours" a span of today."""
    match = DELAY.search(said)
    if not match or not (delay := _delay(match)):
        return
    moment = datetime.combine(date.min, now) + delay  # a wall time of the store, so without a zone
    if moment.date() != date.min:
        return
    if match[0].startswith("within"):
        wish.not_before, wish.not_after = now, moment.time()
    else:
        wish.exactly = moment.time()


def _delay(match: re.Match[str]) -> timedelta:
    if match["count"]:
        return timedelta(**{f"{match['unit']}s": int(match["count"])})
    halves = bool(match["half"]) + bool(match["half_on"]) + bool(match["more"] and match["hours"])
    return timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0) + 30 * halves)
