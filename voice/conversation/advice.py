"""What no desk may say of a car, whoever words it: what is wrong with it, that it is safe, that it is paid for. Pure.

A model is told so in its prompt; here its clauses are held to it. Naming a service is no diagnosis ("a battery
test"), nor is a part that the caller spoke of first; "I can't say whether it's safe" promises nothing.
"""

import re

from voice.conversation import phrases

PARTS = (
    r"alternator|starter|transmission|gear ?box|clutch|(?:head )?gasket|catalytic converter|(?:\w+ )?sensors?|"
    r"spark plugs?|(?:ignition )?coils?|(?:water|fuel) pump|radiator|thermostat|compressor|(?:\w+ )?belt|"
    r"(?:wheel )?bearings?|struts?|shocks?|cv (?:joint|axle)|axle|injectors?|rotors?|calip(?:er|ers)|brake pads?|pads|"
    r"battery|module|master cylinder|solenoid|gas cap|muffler|fuse|relay|wiring|tie rods?|ball joints?|misfire\w*"
)
GUESSES = (
    r"sounds? (?:to me )?like|probably|(?:most )?likely|could be|may be|might be|must be|has to be|usually means|"
    r"typically means|means|caused by|points? to|indicates?|suggests?|the (?:problem|cause|culprit|issue) is"
)
SERVICE = r"(?! (?:test|check|inspection|service|flush|replacement|change|rotation|exchange|diagnos\w*|job|line|today))"
DIAGNOSIS = re.compile(
    rf"\b(?:{GUESSES})\b[^.?!]{{0,40}}?\b(?P<part>{PARTS})\b{SERVICE}"
    rf"|\b(?:your|the) (?P<gone>{PARTS}) (?:is|are|has|have|was|were) "
    r"(?:probably |likely |just )?(?:bad|gone|dead|dying|failing|failed|shot|worn|loose|leaking|low|going)\b",
    re.IGNORECASE,
)
SAFE = re.compile(
    r"\b(?:safe|fine|okay|ok|all ?right|good) (?:for you )?to (?:keep (?:on )?)?driv\w+"
    r"|\byou can (?:still |safely |probably |just )*(?:keep (?:on )?driving|drive (?:it|on|with)\b(?! (?:in|over|here|by)\b))"
    r"|\b(?:no|not any) (?:danger|risk)\b[^.?!]{0,20}\bdriv\w+",
    re.IGNORECASE,
)
PAID_FOR = re.compile(
    r"\b(?:is|are|be|'s|'re|been|fully|still)\b[^.?!]{0,20}\bcovered\b|\bwarranty (?:will |should |does |would )?(?:covers?|pays?)\b"
    r"|\b(?:still )?under (?:the |your |full )?warranty\b(?!\s*\?)",
    re.IGNORECASE,
)
CLEAR = re.compile(
    r"(?:\b(?:no|zero|without any|not)|n't) (?:(?:have|see|find|show|under|any|a|open|known|active|safety|outstanding) )*"
    r"recalls?\b",
    re.IGNORECASE,
)
# "I can't say whether …"
HEDGED = re.compile(
    r"\b(?:not|never|whether|if|unless|until|whatever|cannot|tell you what)\b|n't\b", re.IGNORECASE
)
RULES = ((SAFE, phrases.SAFE_OR_NOT), (PAID_FOR, phrases.COVERED_OR_NOT), (CLEAR, phrases.ONLY_THE_VIN_TELLS))


def instead_of(clause: str, said_by_caller: str) -> str:
    """What may be said in place of such a clause; "" when nothing is wrong with it."""
    plain = clause.replace("’", "'")
    if plain.rstrip().endswith("?"):
        return ""
    for match in DIAGNOSIS.finditer(plain):
        part = (match["part"] or match["gone"]).lower()
        if not _is_hedged(plain, match) and part.rstrip("s") not in said_by_caller.lower():
            return phrases.LOOK_AT_IT_FIRST
    for rule, truth in RULES:
        if any(rule is CLEAR or not _is_hedged(plain, match) for match in rule.finditer(plain)):
            return truth
    return ""


def _is_hedged(plain: str, match: re.Match[str]) -> bool:
    return bool(HEDGED.search(plain[: match.start()]))
