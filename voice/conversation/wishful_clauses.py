"""Which clauses of a sentence can hold a wish: not those that tell how the car broke down. Pure."""

import re

CLAUSE = re.compile(
    r"[.;?!,]| (?=(?:and|so|but|because|can|could|would|i'd|i'll|i want|i need|let's|please|hoping|wondering) )"
)
WORD_LETTER = re.compile(r"\w")
HAPPENED = re.compile(
    r"\b(?:broke|died|stalled|overheated|quit|blew|noticed|towed|started \w+ing|started to|came on|went (?:off|out|flat|dead)|stopped \w+ing"
    r"|bought|purchased|replaced|serviced|wouldn't (?:start|turn|go|crank)|didn't (?:start|work|go)|been \w+ing|failed|i called|dropped (?:it )?off"
    r"|picked (?:it )?up|had (?:it|an oil|the oil|my|the) (?:done|serviced|changed|in|change|looked|fixed)|got a flat|was (?:in|there|leaking|making|last|due|done)"
    r"|(?:last|previous) (?:\w+ ){1,4}(?:was|were|in|on|at)|(?:came|was|were) (?:in|here|there|on))\b"
)
SYMPTOM = re.compile(
    r"\b(?:noises?|sounds?|squeal\w*|squeak\w*|grind\w*|shak\w+|vibrat\w*|leak\w*|smells?|smok\w+|stall\w*|crank\w*|rattl\w*|clunk\w*|whin\w+|hums?|starts?"
    r"|starting|overheat\w*|sluggish|stiff|cold|jerks?|knock\w*|flicker\w*|dim)\b"
)
# When a car ails is no wish: "in the morning it squeals".
WHEN_IT_AILS = re.compile(
    r"\b(?:first thing )?(?:in the|in|during the|at|mostly|especially(?: in the| at)?|only(?: in the| at)?) (?:early )?(?:morning|afternoon|evening|night)s?\b|\bfirst thing\b|\bovernight\b|\bin the (?:spring|summer|fall|autumn|winter)\b"
)
WISHED = re.compile(
    r"\b(?:book|schedule|appointment|bring|come in|need|want|like|available|opening|slot|can|could|prefer|would|will|i'll|hoping|hope|wondering|looking|thinking|how about|what about)\b"
)


def without_what_happened(said: str) -> str:
    """Plain said, of the same length, with blanks for the times of what has happened or happens again."""
    if not HAPPENED.search(said) and not SYMPTOM.search(said):
        return said
    return "".join(_wishful(clause) for clause in _clauses(said))


def _clauses(said: str) -> list[str]:
    """said in pieces that together are said."""
    ends = [*(match.end() for match in CLAUSE.finditer(said)), len(said)]
    return [said[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


def _wishful(clause: str) -> str:
    """The clause with blanks for what is no wish: "it broke down on Monday", "in the morning it squeals"."""
    if WISHED.search(clause):
        return clause
    if HAPPENED.search(clause):
        return WORD_LETTER.sub(" ", clause)
    if SYMPTOM.search(clause):
        return WHEN_IT_AILS.sub(lambda match: " " * len(match[0]), clause)
    return clause
