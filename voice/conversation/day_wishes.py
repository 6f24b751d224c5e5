"""The days of a sentence taken together: ranges, alternatives, bounds, refusals, contradictions. Pure."""

import re
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from voice.conversation.calendar_days import ONE_DAY, WEEKDAYS, coming, months_later, next_date
from voice.conversation.date_spelling import WEEKDAY
from voice.conversation.day_forms import BY, Days
from voice.conversation.day_mentions import HIDDEN, Mention, find_mentions
from voice.conversation.week_phrases import SOON_DAYS
from voice.conversation.wishful_clauses import without_what_happened


class ContradictoryDate(ValueError):
    """The weekday and the date that were said do not fit: "Tuesday the 25th" is a Wednesday."""

    def __init__(self, day: date, weekday: int) -> None:
        super().__init__(f"{day} is not a {WEEKDAYS[weekday]}")
        self.day = day
        self.weekday = weekday


@dataclass(slots=True)
class WishedDays:
    """first and last bound the days; choices are the only ones meant where some were named.

    not_on are weekdays refused (0 is Monday), not_days other days refused.
    """

    first: date | None = None
    last: date | None = None
    choices: list[date] = field(default_factory=list)
    not_on: list[int] = field(default_factory=list)
    not_days: list[date] = field(default_factory=list)


# --- between two phrases ------------------------------------------------------------------

PREPOSITIONS = r"(?:on|at|the|this|next|in|for|a|of|by|sometime|around|about|maybe|even|else|either|perhaps)"
THE_SAME_DAY = re.compile(
    rf"[\s,(-]*(?:(?:which|that|it|so|i think|i believe|i mean)(?:'s| is| would be| will be| falls)?\b[\s,]*)*(?:{PREPOSITIONS}[\s,]+)*"
)
RANGE = re.compile(rf",? (?:to|through|until|up to|up until)(?: and including)? (?:{PREPOSITIONS} )*")
BETWEEN_AND = re.compile(rf",? and (?:{PREPOSITIONS} )*")
ALTERNATIVE = re.compile(
    r"(?:\bor\b|\bif not\b|\bor else\b|,\s*and\b|^ and\b|\bas well as\b|^\s*[,/]\s*$|\bother ?wise\b|\band\/or\b)"
)
NEXT_DAY = re.compile(r"(?:the )?(?:day after(?: that)?|(?:next|following) day)")
CORRECTED = re.compile(
    r"\b(?:no|actually|wait|i mean|i meant|make (?:it|that)|rather|sorry|scratch that|instead|better yet|but)\b"
)
# "Change" and "switch" are of an appointment only with one behind them: an oil change is none.
MOVED = re.compile(
    r"\b(?:mov(?:e|ing)|reschedul(?:e|ing)|push(?:ing)?|swap(?:ping)?|bump(?:ing)?|postpon(?:e|ing)|(?:chang(?:e|ing)|switch(?:ing)?)"
    rf" (?:it|that|this|from|to|(?:my|the) (?:appointment|time|slot|day|booking|visit|\d|{HIDDEN}|{WEEKDAY})))(?!\w)"
)
MOVED_TO = re.compile(rf"\b(?:to|until|for|instead,?) (?:{PREPOSITIONS} )*$")

# --- around a phrase ----------------------------------------------------------------------

ARTICLES = r"(?:(?:on|the|about|around|sometime|at|in|end of) )*"
NOTHING = r"(?:nothing|never|cannot|(?<!do )not|(?:can|won|do|could|does)'?n?'t)(?: (?!you\b|there\b|have\b|until\b)\w+){0,4}"
LOWER = re.compile(
    rf"\b(?:{NOTHING} before|(?P<past>(?<!not )after|(?<!no )(?<!not )later than|(?<!not )past|following)|from|starting|beginning|as of|not before|no earlier than|not earlier than|as early as"
    rf"|not until|(?:not|n't|away|gone|out|busy|town|vacation|travell?ing|unavailable|booked|off|wait|waits|waiting|open|back)(?: \w+)? until|on or after) {ARTICLES}$"
)
UPPER = re.compile(
    rf"\b(?:(?P<short>before|prior to|earlier than|sooner than)|{BY}|until|no later than|not later than|not after|up to|not past|at the latest|on or before|expires?|due|runs out) {ARTICLES}$"
)
LOWER_BEHIND = re.compile(
    r"^,? (?:or (?:later|after|thereafter|any ?time after)|onwards?|and (?:after|later|on)|at the earliest|on out)\b"
)
UPPER_BEHIND = re.compile(r"^,? (?:or (?:earlier|before|sooner)|at the latest)\b")
THE_END = re.compile(r"(?:the )?(?:very )?end of")
SINCE = re.compile(
    r"\b(?:since|dating back to|as far back as)(?: about| around| at least| like)? (?:the |on )?$"
)
REFUSED = re.compile(
    r"(?:(?<!why )(?<!if )\bnot|n't|\bcannot|\bnever|\bexcept(?: for)?|\bexcluding|\bother than|\bbesides|\bavoid(?:ing)?|\bapart from|\baside from"
    r"|\binstead of|\brather than|\bbut|\bi(?:'m| am|'ll be)? (?:work|working|busy|booked(?: up)?|away|out of town|gone|unavailable|tied up|travell?ing))"
    r"(?: (?:do|make|it|come|in|be|there|on|for|at|any|a|the|this|want|really|available|free|possible|good|all|day|able|to|have|anything|like))* $"
)
BUT = re.compile(
    r"\b(?:any|every|all|week|time|anything|anytime|day|days|month|whenever|weekday|open|flexible|~)[^.?!]{0,24}\bbut(?: on| for| not| the| this)* $"
)
DOES_NOT_SUIT = re.compile(
    r"^(?:'s|s)?(?: the \w+)?(?: (?:morning|afternoon|evening|night))?,? (?:(?:just |really |probably )?(?:doesn't|does not|don't|do not|won't|will not|isn't|is not|aren't|wouldn't"
    r"|would not)(?! (?:matter|hurt|\w+ to me))|(?:is|are)(?: just| really)? (?:no good|bad|out|too|booked|full|hard|tough|impossible|off)\b|i (?:can't|cannot|work|have to work|am busy)|i'm (?:busy|working|out|away|booked|gone))"
)
BUT_THIS = re.compile(rf"[\s,]*but(?: {PREPOSITIONS}| maybe)*\s*")
ONLY_LINK = re.compile(rf"[\s,]*(?:or|and|nor)(?: {PREPOSITIONS})*\s*")


def find_days(said: str, today: date) -> tuple[WishedDays, str]:
    """The days wished for in plain said, and said with every day phrase hidden. Raises ContradictoryDate."""
    said = without_what_happened(said)
    mentions, hidden = find_mentions(said, today)
    wished = WishedDays()
    if not mentions:
        return wished, hidden
    kept = _keep_wanted(mentions, said, wished, today)
    joined = _join(kept, said, today)
    if joined:
        _settle(joined, said, wished, today)
    return wished, hidden


def _keep_wanted(mentions: list[Mention], said: str, wished: WishedDays, today: date) -> list[Mention]:
    """The mentions without those of the past and those refused, which go into wished."""
    kept: list[Mention] = []
    was_refused, end = False, 0
    for mention in mentions:
        before, after = said[max(0, mention.start - 60) : mention.start], said[mention.end : mention.end + 60]
        is_listed = (
            was_refused
            and ONLY_LINK.fullmatch(said[end : mention.start])
            and not re.match(r" (?:works?|is|would)\b", after)
        )
        is_instead = was_refused and BUT_THIS.fullmatch(said[end : mention.start])
        was_refused = not is_instead and (bool(is_listed) or _is_refused(before, after))
        end = mention.end
        if was_refused and not mention.days.is_vague:
            _refuse(mention.days, wished, today)
        elif not SINCE.search(before):
            kept.append(mention)
    plain = [mention for mention in kept if not mention.days.is_vague]
    for mention in kept:
        wished.not_on.extend(weekday for weekday in mention.days.not_on if weekday not in wished.not_on)
    return [_other_than_refused(mention, wished) for mention in plain] or kept[:1]


def _other_than_refused(mention: Mention, wished: WishedDays) -> Mention:
    """ "Not this Friday but next Friday": the weekday itself is not refused, and a week later is meant."""
    days = mention.days
    if not days.is_one or days.weekday is None or days.weekday not in wished.not_on:
        return mention
    wished.not_on.remove(days.weekday)
    later = days.first if days.is_loose else days.first + timedelta(weeks=1)
    return replace(mention, days=replace(days, first=later, last=later))


def _is_refused(before: str, after: str) -> bool:
    if DOES_NOT_SUIT.search(after):
        return True
    match = REFUSED.search(before)
    return match is not None and (not match[0].startswith("but") or bool(BUT.search(before)))


def _refuse(days: Days, wished: WishedDays, today: date) -> None:
    if days.is_one and days.weekday is not None:
        wished.not_on.append(days.weekday)
    elif (days.last - days.first).days < 7:
        wished.not_days.extend(
            days.first + number * ONE_DAY for number in range((days.last - days.first).days + 1)
        )


# --- joining ------------------------------------------------------------------------------


def _join(mentions: list[Mention], said: str, today: date) -> list[Mention]:
    """Phrases that name one day or one range together are made one; what remains are alternatives."""
    if len(mentions) > 1 and MOVED.search(said):
        target = [mention for mention in mentions if MOVED_TO.search(said, 0, mention.start)]
        mentions = target[-1:] or mentions
    joined: list[Mention] = mentions[:1]
    for mention in mentions[1:]:
        current = joined[-1]
        between = said[current.end : mention.start]
        is_between = "between" in said[max(0, current.start - 12) : current.start]
        if RANGE.fullmatch(between) or (is_between and BETWEEN_AND.fullmatch(between)):
            joined[-1] = replace(current, end=mention.end, days=_from_to(current.days, mention.days))
        elif THE_SAME_DAY.fullmatch(between) and not _is_list(
            current.days, mention.days, said[mention.start : mention.end]
        ):
            joined[-1] = replace(current, end=mention.end, days=_same(current.days, mention.days))
        elif NEXT_DAY.fullmatch(said, mention.start, mention.end) and current.days.is_one:
            day = current.days.first + ONE_DAY
            joined[-1] = replace(
                current,
                end=mention.end,
                days=Days(current.days.first, day, choices=(current.days.first, day)),
            )
        elif _has_bound(current, said) or _has_bound(mention, said):
            joined.append(mention)
        elif ALTERNATIVE.search(between) or THE_SAME_DAY.fullmatch(between):
            joined.append(replace(mention, days=_behind(current.days, mention.days)))
        elif CORRECTED.search(between):
            joined[-1] = mention
        elif placed := _placed(current.days, mention.days):
            joined[-1] = replace(current, end=mention.end, days=placed)
    return joined


def _is_list(one: Days, other: Days, words: str) -> bool:
    """ "Monday, Tuesday", "the 15th, 16th" are two days; "tomorrow, the 15th" is one."""
    if not (one.is_one and other.is_one and other.is_loose and one.first != other.first):
        return False
    if other.weekday is not None:
        return one.weekday is not None
    return not words.startswith(("the", "on", "for", "by")) and one.weekday is None


def _from_to(begin: Days, end: Days) -> Days:
    last = end.last
    if last < begin.first:
        last = _end_behind(begin.first, end)
    return Days(begin.first, max(last, begin.first), is_range=True)


def _end_behind(first: date, end: Days) -> date:
    """The end of a range that would lie before its begin: on the next such day."""
    if not end.is_loose:
        return months_later(end.last, 12)
    return coming(first, end.weekday) if end.weekday is not None else next_date(first, end.last.day) or first


def _behind(current: Days, other: Days) -> Days:
    """ "Next Monday or Tuesday": the Tuesday behind that Monday; "March 15th or 16th": the 16th of March."""
    if not other.is_loose or current.is_loose or (other.first >= current.first and other.weekday is not None):
        return other
    day = (
        coming(current.first, other.weekday)
        if other.weekday is not None
        else next_date(current.first, other.first.day)
    )
    return replace(other, first=day, last=day, is_loose=False) if day else other


def _same(one: Days, other: Days) -> Days:
    """Two phrases for one day. Raises ContradictoryDate."""
    if not (one.is_one and other.is_one):
        return _placed(one, other) or _overlap(one, other)
    if one.first == other.first:
        return replace(one, is_loose=False)
    for named, dated in ((one, other), (other, one)):
        if named.weekday is not None and named.is_loose:
            if dated.first.weekday() != named.weekday:
                raise ContradictoryDate(dated.first, named.weekday)
            return replace(dated, weekday=named.weekday)
    raise ContradictoryDate(other.first, one.first.weekday() if one.weekday is None else one.weekday)


def _placed(one: Days, other: Days) -> Days | None:
    """ "Next week … on Tuesday", "next month … the 5th": the loose one within the span."""
    for span, loose in ((one, other), (other, one)):
        if span.is_one or not loose.is_one:
            continue
        if span.first <= loose.first <= span.last or not loose.is_loose:
            return loose
        if loose.weekday is not None:
            day: date | None = coming(span.first - ONE_DAY, loose.weekday)
        else:
            day = next_date(span.first, loose.first.day)
        return Days(day, day, loose.weekday) if day and day <= span.last else loose
    return None


def _overlap(one: Days, other: Days) -> Days:
    first, last = max(one.first, other.first), min(one.last, other.last)
    return Days(first, last) if first <= last else one


# --- what it comes to ---------------------------------------------------------------------


def _has_bound(mention: Mention, said: str) -> bool:
    return _lower(mention, said) is not None or _upper(mention, said) is not None


def _lower(mention: Mention, said: str) -> date | None:
    """The first day that "after Friday" and "from Friday on" leave."""
    if match := LOWER.search(said, max(0, mention.start - 40), mention.start):
        return mention.days.last + ONE_DAY if match["past"] else mention.days.first
    return mention.days.first if LOWER_BEHIND.search(said[mention.end : mention.end + 30]) else None


def _upper(mention: Mention, said: str) -> date | None:
    """The last day that "before Friday" and "by Friday" leave."""
    begin = max(0, mention.start - 40)
    if LOWER.search(said, begin, mention.start):
        return None  # "not before Friday"
    if match := UPPER.search(said, begin, mention.start):
        is_to_its_end = not match["short"] or THE_END.match(said, mention.start)
        return mention.days.last if is_to_its_end else mention.days.first - ONE_DAY
    return mention.days.last if UPPER_BEHIND.search(said[mention.end : mention.end + 30]) else None


def _settle(joined: list[Mention], said: str, wished: WishedDays, today: date) -> None:
    """Put what was joined into wished. Raises ContradictoryDate."""
    lowest: date | None = None
    highest: date | None = None
    free: list[Days] = []
    for mention in joined:
        days = mention.days
        if days.is_one and days.weekday is not None and days.first.weekday() != days.weekday:
            raise ContradictoryDate(days.first, days.weekday)
        lower, upper = (None, None) if days.is_range else (_lower(mention, said), _upper(mention, said))
        if (lower or upper) and (days.is_one or mention is joined[0] or not free):
            spans = [span for span in free if not span.is_one]
            shift = _shift_into(spans[0], days) if spans else timedelta(0)
            lowest = lower + shift if lower else lowest
            highest = upper + shift if upper else highest
        else:
            free.append(days)
    _bound(free, lowest, highest, wished, today)


def _shift_into(span: Days, days: Days) -> timedelta:
    """How far "Wednesday" lies from that of the span: "next week after Wednesday"."""
    placed = _placed(span, days)
    return placed.first - days.first if placed else timedelta(0)


def _bound(
    free: list[Days], lowest: date | None, highest: date | None, wished: WishedDays, today: date
) -> None:
    if free:
        wished.first, wished.last = min(days.first for days in free), max(days.last for days in free)
        wished.choices = _choices(free)
        if lowest and lowest <= wished.last:
            wished.first = max(lowest, wished.first)
        if highest and highest >= wished.first:
            wished.last = min(highest, wished.last)
    elif lowest:
        wished.first, wished.last = lowest, max(highest or lowest + timedelta(days=SOON_DAYS - 1), lowest)
    elif highest:
        wished.first, wished.last = min(today, highest), highest
    if len(wished.choices) > 1:
        meant = {day.weekday() for day in wished.choices}
        days = [
            wished.choices[0] + number * ONE_DAY
            for number in range((wished.choices[-1] - wished.choices[0]).days)
        ]
        # The search knows days of the week only: those that no choice falls on are not asked for.
        wished.not_on.extend(sorted({day.weekday() for day in days} - meant - set(wished.not_on)))


def _choices(free: list[Days]) -> list[date]:
    """The single days that were named, when there are several and no span is among them."""
    days = {day for one in free for day in (one.choices or ((one.first,) if one.is_one else ()))}
    has_span = any(not one.is_one and not one.choices for one in free)
    return sorted(days) if len(days) > 1 and not has_span else []
