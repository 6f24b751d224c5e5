"""The parts of the day: "in the morning", "first thing", "after work", "around lunch". Pure.

Rules: the morning ends at noon, the afternoon is from noon to five, the evening from four on; "early" is
before ten and "first thing" before nine; work is over at four, school at three.
"""

import re
from datetime import time

from voice.conversation.day_mentions import HIDDEN

Bounds = tuple[time | None, time | None]  # not before, not after
NOON = time(12)
MORNING_END = time(11, 59)

# Words, what they bound, and which half of the day a bare hour near them is in. The longer words come first.
SPOKEN: tuple[tuple[str, Bounds, str], ...] = (
    (r"first thing(?: in the morning| in the am)?|(?:right |as soon as |once |when )(?:you(?: guys)?|they|you all) open(?: up)?|at opening"
     r"|opening time|bright and early", (None, time(9)), "morning"),
    (r"before (?:i go to |i start |going to |the )?(?:work|school|class)|on (?:my|the) way to work|(?:very |really )?early(?: in the| on in the)? morning|early (?:in the )?am"
     r"|morning early", (None, time(10)), "morning"),
    (r"mid ?morning", (time(9), time(11)), "morning"),
    (r"late(?:r)?(?: on)?(?: in the)? morning", (time(10), NOON), "morning"),
    (r"early(?: in the)? afternoon|just after noon", (NOON, time(14)), "afternoon"),
    (r"mid ?afternoon", (time(13), time(16)), "afternoon"),
    (r"late(?:r)?(?: on)?(?: in the)? afternoon", (time(15), None), "afternoon"),
    (r"early(?: in the)? evening", (time(16), time(18)), "evening"),
    (r"late(?:r)?(?: on)?(?: in the)? evening", (time(18), None), "evening"),
    (r"after (?:my |i get off |i finish |i'm done with |getting off )?(?:work|shift|the office)|on (?:my|the) way home|when i get off(?: work)?|after hours", (time(16), None), "evening"),
    (r"after (?:school|class)", (time(15), None), "afternoon"),
    (r"after (?:my )?lunch(?: break| hour)?", (time(13), None), "afternoon"),
    (r"before (?:my )?lunch(?: break| hour)?|before noon(?:time)?", (None, NOON), "morning"),
    (r"after (?:my )?breakfast", (time(9), None), ""),
    (r"after (?:dinner|supper)(?: ?time)?", (time(18), None), "evening"),
    (r"(?:by|before|until) (?:the )?(?:end of (?:the |your |my )?(?:business )?day|end of business|close of business|eod|cob|closing(?: time)?)"
     r"|(?:before|until) you(?: guys)? close", (None, time(17)), ""),
    (r"(?:at |towards? )?(?:the )?(?:very )?(?:end of (?:the |your |my )?(?:business )?day|end of business|close of business|eod|cob|closing(?: time)?)|when you(?: guys)? close"
     r"|as late as (?:possible|you can)|late in the day|later? in the day|last (?:thing|appointment|slot)(?: of the day| in the day)?|later on in the day", (time(15), None), "afternoon"),
    (rf"(?:the )?end of (?={HIDDEN})", (time(15), None), "afternoon"),
    (rf"later (?:on )?(?:in )?(?={HIDDEN})", (NOON, None), ""),
    (r"(?:around |over |during |at )?(?:the )?(?:my )?lunch(?: ?time| break| hour)?", (time(11, 30), time(13, 30)), ""),
    (r"(?:the )?middle of the day|mid ?day(?= appointment)", (time(11), time(14)), ""),
    (r"(?<!as )early(?! as)(?: in the day| on)?|as early as (?:possible|you can)|(?:the )?earlier the better", (None, time(10)), ""),
    (r"morning", (None, MORNING_END), "morning"),
    (r"afternoon", (NOON, time(17)), "afternoon"),
    (r"evening", (time(16), None), "evening"),
    (r"night", (time(17), None), "night"),
    (r"in the am|am(?= (?:appointment|slot|works|is|would|or pm))", (None, MORNING_END), "morning"),
    (r"in the pm|(?<!\d )pm(?= (?:appointment|slot|works|is|would))", (NOON, time(17)), "afternoon"),
)  # fmt: skip
PARTS = tuple((re.compile(rf"\b(?:{words})(?!\w)"), bounds, part) for words, bounds, part in SPOKEN)
LOOSE_HALF: dict[str, Bounds] = {"am": (None, MORNING_END), "pm": (NOON, time(17))}
NOT_THIS = re.compile(
    r"(?:\b(?:not|n't|anything but|except|but not|can't do|don't do|never|i work|i'm working)(?: in| on| for| the| do| this| come(?: in)?)* |\b(?:can't|cannot|won't|don't)[^,.;]{0,25} (?:in the )?)$"
)
DOES_NOT_SUIT = re.compile(
    r"^(?:s)?,? (?:doesn't|does not|don't|do not|won't|will not|isn't|is not|aren't|wouldn't|is no|are no|is bad|are bad|is out|are out|is too)\b"
)


def find_part(said: str) -> tuple[Bounds, str, str]:
    """The bounds of the parts of the day in said, said without them, and the part if there is one."""
    if (bare := said.strip(" .,!?")) in LOOSE_HALF:
        return LOOSE_HALF[bare], "", ""
    wanted: list[Bounds] = []
    left: list[Bounds] = []
    parts: set[str] = set()
    for pattern, bounds, part in PARTS:
        match = pattern.search(said)
        if not match:
            continue
        if NOT_THIS.search(said, 0, match.start()) or DOES_NOT_SUIT.search(said[match.end() :]):
            left.append(_other_than(bounds))
        else:
            wanted.append(bounds)
            parts.add(part)
        said = f"{said[: match.start()]}|{said[match.end() :]}"
    parts.discard("")
    return _union(wanted or left), said, parts.pop() if len(parts) == 1 else ""


def _union(parts: list[Bounds]) -> Bounds:
    """ "Morning or early afternoon" is all that lies in one of them; an open side stays open."""
    begins, ends = {begin for begin, _ in parts}, {end for _, end in parts}
    return (
        min((begin for begin in begins if begin), default=None) if None not in begins else None,
        max((end for end in ends if end), default=None) if None not in ends else None,
    )


def _other_than(bounds: Bounds) -> Bounds:
    """What is left of the day: "not in the morning" is from noon on."""
    begin, end = bounds
    if begin is None:
        return NOON if end == MORNING_END else end, None
    return None, begin
