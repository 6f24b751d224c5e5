"""The clock times of a sentence, each brought into one form where it stands. Pure.

A time becomes "@hour:minute" and how its half of the day is known: "a" before noon, "p" after it, "z" as
written (by a clock of 24 hours), "x" not at all. "half past 2" → "@2:30x", "10:15 am" → "@10:15a".
"""

import re
from datetime import time

from voice.conversation.day_mentions import HIDDEN

CLOCK = r"@(\d{1,2}):(\d\d)([apxz])"
A_CLOCK = re.compile(CLOCK)
HOUR = r"(?:1[0-2]|[1-9])"
FULL_MINUTE = r"(?: ([1-5]\d)(?! ?(?:st|nd|rd|th|days?|weeks?|minutes?)\b))?"
# A figure in front of these is no hour.
NO_HOUR = (
    r"(?![\d/:%#@]|,\d|\.\d|st\b|nd\b|rd\b|th\b| ?(?:days?|weeks?|months?|hours?|minutes?|fortnights?|of\b|point|or \d+ (?:days?|weeks?)"
    r"|to \d+ (?:days?|weeks?|months?|hours?|minutes?)|separate|different|new|old|tire|oil|weight|things?|guys|issues?|problems?|questions?"
    r"|appointments?|business|working|speeds?|places?|locations?|spots?|corners?|ways?"
    r"|(?:night|morning|afternoon|evening) (?!works|sounds|suits|thanks|is\b|was\b|this\b)\w+s\b))"
)
# What may stand behind a bare hour that has no "at" in front of it.
BEHIND_AN_HOUR = (
    rf"(?=\s*(?:$|[,.;?!{HIDDEN}]|(?:on|in the|this|next|would|works?|is|are|please|or|for me|if|sharp|and(?! \d)|to(?! \d)|then|thanks|thank|sounds"
    r"|should|will|when|at night|because|so|but|instead|tomorrow|today|tonight|morning|afternoon|evening|works|good|if|maybe"
    r"|ish|can|could|do you|did you)\b))"
)
AN_HOUR_ENDS = re.compile(BEHIND_AN_HOUR)
FILLERS = (
    r"(?:(?:um+|uh+|oh|well|so|and|yes|yeah|yep|sure|no|okay|ok|alright|hmm+|like|maybe|probably|perhaps|actually|then|let's|let us|how|what"
    r"|about|do|say|try|go with|make|it|that|i'd like|i would like|i'll take|i'll do|i want|i'd prefer|i prefer|can|could|we|you|i|the|for|is|are"
    r"|please|works|work|would|will|be|good|great|fine|best|better|perfect|ideal|sounds|me|with|us|thanks|thank|sharp|ish|be there|just|if|possible"
    r"|there|come|in|there's|preferably|hopefully|should|okay)\b[\s,.!?]*)"
)

ONLY_FILLERS = re.compile(rf"\W*{FILLERS}*")

NOON = re.compile(
    r"\b(?:12(?::00)?(?: o'clock)?,? )?(?:noon|midday)(?: ?ish)?\b(?:,? 12(?::00)?\b)?(?: pm\b)?"
)
MIDNIGHT = re.compile(r"\b(?:12(?::00)? )?midnight\b")
PAST_OR_TO = re.compile(
    r"(?<!from )(?<!between )\b(?P<at>at |around |about |by |before |after )?(?:a )?(?P<much>half|quarter|\d{1,2})(?P<unit> minutes?)? (?P<side>past|after|to|before|of|until)"
    r" (?P<hour>2[0-4]|1\d|\d|@12:00p|@0:00z)(?: o'clock)?(?: (?P<half>[ap])m)?\b(?!:\d|/| \d\d\b)"
)
WRITTEN = re.compile(r"(?<![\d:/.,$#@-])(2[0-3]|[01]?\d):([0-5]\d)(?::[0-5]\d)?(?: ?([ap])m\b)?(?![\d:/])")
WITH_HALF = re.compile(r"(?<![\d:/.,$#@])\b(1[0-2]|0?[1-9])(?:[ .]?([0-5]\d))?(?: o'clock)? ([ap])m\b")
ON_THE_HOUR = re.compile(r"(?<![\d:/.,$#@])\b(2[0-3]|1\d|0?\d) o'clock(?: ([ap])m\b)?")
HOURS_SAID = re.compile(r"(?<![\d:/.,$#@])\b(2[0-3]|[01]\d)([0-5]\d) hours\b")
AT_DOTTED = re.compile(
    r"\b(at|around|about|before|after|by) (1[0-2]|[1-9])\.([0-5]\d)\b(?!\.?\d| ?(?:percent|%|#))"
)
QUARTERS = re.compile(rf"(?<!\d )(?<!\d, )(?<![#@/:.$-])\b({HOUR}) (15|30|45)\b(?! ?\d){NO_HOUR}")
ISH = re.compile(rf"\b({HOUR}){FULL_MINUTE} ?-?ish\b")
MILITARY = re.compile(
    rf"\b(at|around|about|before|after|by|from|until|between|say|like|maybe|for) (1[0-2]|0?[1-9]|1[3-8])([0-5]\d)(?: hours)?\b{NO_HOUR}"
)
RANGE = re.compile(
    rf"\b(?P<lead>from |between |anywhere from |anywhere between |at |{HIDDEN} |^)?"
    rf"(?P<first>{HOUR}(?: [0-5]\d)?|{CLOCK}) (?P<link>to|and|until|through|or) (?:like |maybe |around |about )?"
    rf"(?P<last>{HOUR}(?: [0-5]\d)?|{CLOCK})\b{NO_HOUR}"
)
CUED = re.compile(
    rf"\b(at|around|about|before|after|past) (?:like |around |about |maybe |say |exactly |or around |or before |or after )?({HOUR}){FULL_MINUTE}\b{NO_HOUR}"
)
WEAKLY_CUED = re.compile(
    rf"\b(say|like|maybe|(?<!\d )by|from|until|for|near|or|than|closer to|as early as|as late as|starting|latest|earliest|do|make it|take|prefer|toward|towards|and)"
    rf" (?:like |around |about )?({HOUR}){FULL_MINUTE}\b{NO_HOUR}{BEHIND_AN_HOUR}"
)
WITH_BOUND = re.compile(
    rf"(?<![#@/:.$\d-])\b({HOUR}){FULL_MINUTE} (?=(?:or|and) (?:later|after|earlier|before|sooner|onwards?)\b|onwards?\b|sharp\b|on the dot\b)"
)
PART_FIRST = re.compile(
    rf"\b(morning|afternoon|evening|night),? (?:at |around |about )?({HOUR}|0){FULL_MINUTE}\b{NO_HOUR}"
)
PART_LAST = re.compile(
    rf"\b({HOUR}){FULL_MINUTE} (?=(?:o'clock )?(?:in the|at|{HIDDEN}+) ?(?:early |late )?(?:morning|afternoon|evening|night)\b)"
)
BEHIND_DAY = re.compile(rf"(?<={HIDDEN})(,? )({HOUR}){FULL_MINUTE}\b{NO_HOUR}{BEHIND_AN_HOUR}")
BEFORE_DAY = re.compile(
    rf"(?:^|(?<=[,.;?!] )|(?<=\bdo )|(?<=\bof )|(?<=\bis )|(?<=make it )|(?<=about )|(?<=maybe )|(?<=\bor )|(?<=like )|(?<=take )|(?<=want )|(?<=say ))({HOUR}){FULL_MINUTE} (?=(?:on )?{HIDDEN})"
)
ALONE = re.compile(rf"^\W*{FILLERS}*({HOUR}|1[3-8](?=[0-5]\d))(?:[ .]?([0-5]\d))?\W*{FILLERS}*\W*$")
AFTER_ALL = re.compile(
    rf"\b(?:no|wait|actually|i mean|i meant|make (?:it|that)|rather|sorry)\b[,. ]+{FILLERS}*({HOUR})(?:[ .]?([0-5]\d))?\W*{FILLERS}*\W*$"
)
SHIFTED = re.compile(r"\b(?:shift\w*|gears?|goes|going|jump\w*|drop(?:s|ped)|switch\w*|row|page)(?: \w+)? ?$")
ROUND_MINUTES = {5, 10, 20, 25}


def with_clocks(said: str) -> str:
    """said, plain and with its days hidden, with every clock time in the one form."""
    said = said.replace("@", " ")
    if "n" in said:
        said = NOON.sub("@12:00p", said)
        said = MIDNIGHT.sub("@0:00z", said)
    if not any(character.isdigit() for character in said):
        return said
    said = PAST_OR_TO.sub(_past_or_to, said)
    said = WRITTEN.sub(lambda match: _clock(match[1], match[2], match[3]), said)
    said = WITH_HALF.sub(lambda match: _clock(match[1], match[2], match[3]), said)
    said = HOURS_SAID.sub(lambda match: _clock(match[1], match[2]), said)
    said = ON_THE_HOUR.sub(lambda match: _clock(match[1], None, match[2]), said)
    said = ISH.sub(lambda match: _clock(match[1], match[2]), said)
    said = AT_DOTTED.sub(lambda match: f"{match[1]} {_clock(match[2], match[3])}", said)
    said = RANGE.sub(_range, said)
    said = QUARTERS.sub(lambda match: _clock(match[1], match[2]), said)
    for pattern in (CUED, MILITARY, WEAKLY_CUED, PART_FIRST, BEHIND_DAY):
        said = pattern.sub(_behind_its_cue, said)
    for pattern in (WITH_BOUND, PART_LAST, BEFORE_DAY):
        said = pattern.sub(lambda match: f"{_clock(match[1], match[2])} ", said)
    said = AFTER_ALL.sub(lambda match: f"no {_clock(match[1], match[2])}", said)
    return ALONE.sub(lambda match: _clock(match[1], match[2]), said)


def _clock(hour: str, minute: str | None, half: str | None = None) -> str:
    is_as_written = not half and (hour.startswith("0") or int(hour) > 12)
    return f"@{int(hour)}:{int(minute or 0):02}{half or ('z' if is_as_written else 'x')}"


def _past_or_to(match: re.Match[str]) -> str:
    """ "half past 2", "20 to 9"; "10 to 11" alone is from ten to eleven."""
    much, side, hour = match["much"], match["side"], match["hour"]
    minutes = {"half": 30, "quarter": 15}.get(much) or int(much if much.isdigit() else 0)
    is_before = side in {"to", "before", "of", "until"}
    half = match["half"]
    if hour.startswith("@"):
        whole, half = (12, "p") if hour == "@12:00p" else (0, "z")
    else:
        whole = int(hour)
    if not _is_minutes(match, minutes, whole) or minutes > 59 or whole > 24 or (much == "half" and is_before):
        return match[0]
    if is_before:
        whole, minutes = whole - 1, 60 - minutes
        if whole == 11 and half == "p":
            half = "a"
        whole = whole or 12
    return f"{match['at'] or ''}{_clock(str(whole % 24), str(minutes), half)}"


def _is_minutes(match: re.Match[str], minutes: int, hour: int) -> bool:
    """Whether "10 to 11" says minutes and an hour, and no two hours."""
    if match["much"] in {"half", "quarter"} or match["unit"]:
        return True
    if match["side"] == "of" or (match["side"] in {"after", "before"} and not match["at"]):
        return match["side"] == "after" and minutes in ROUND_MINUTES and minutes != 5
    if match["side"] == "past":
        return True
    if minutes not in ROUND_MINUTES:
        return False
    is_rising = minutes < hour < 12 or (minutes - 7) % 12 < (hour - 7) % 12  # as hours, those of a workshop
    return minutes > 12 or (match["at"] or "").strip() in {"at", "around", "about", "by"} or not is_rising


def _range(match: re.Match[str]) -> str:
    """ "between 9 and 11", "8 to 10:30": both ends become times; "2 and 3" without a cue stay figures."""
    lead, link = match["lead"] or "", match["link"]
    first, last = match["first"], match["last"]
    has_time = "@" in first or "@" in last
    if (
        not lead
        and link == "or"
        and ONLY_FILLERS.fullmatch(match.string, 0, match.start())
        and AN_HOUR_ENDS.match(match.string, match.end())
    ):
        return f"{_end(first)} {link} {_end(last)}"
    if not has_time and SHIFTED.search(match.string, 0, match.start()):
        return f"{lead}# {link} #"  # gears
    if not has_time and link in {"and", "or"} and not lead.startswith(("between", "anywhere", "at")):
        return match[0]
    if not has_time and not lead.startswith("between") and not AN_HOUR_ENDS.match(match.string, match.end()):
        return match[0]
    return f"{lead}{_end(first)} {link} {_end(last)}"


def _end(figure: str) -> str:
    if figure.startswith("@"):
        return figure
    hour, _, minute = figure.partition(" ")
    return _clock(hour, minute or None)


def _behind_its_cue(match: re.Match[str]) -> str:
    """What stands before the second group stays; that group is the hour, the third the minute."""
    return match[0][: match.start(2) - match.start()] + _clock(match[2], match[3])


def as_time(match: re.Match[str], part: str, *, group: int = 1) -> time:
    """The time of a token whose hour is that group of the match, in that part of the day ("" unknown).

    Bare hours are those of a workshop: 7 to 11 are before noon, 12 is noon, 1 to 6 after it.
    """
    hour, minute, half = int(match[group]), int(match[group + 1]), match[group + 2]
    if half == "z":
        return time(hour % 24, minute)
    if half == "x":
        half = _half(hour, part)
    return time(hour % 12 + (12 if half == "p" else 0), minute)


def _half(hour: int, part: str) -> str:
    if part == "morning":
        return "a"
    if part == "night":
        return "p" if 6 <= hour < 12 else "a"
    if part in {"afternoon", "evening"}:
        return "p"
    return "a" if 7 <= hour < 12 else "p"
