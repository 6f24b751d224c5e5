"""From a caller's words to lines of the store's menu. Pure.

What the menu names is taken at its word, the longest name first. What is left is read as symptoms, and
each topic goes to the line that looks after it; a complaint that no line fits goes to diagnosis. Lines
are told apart by their own names and synonyms, so that any store's menu will do.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from voice.conversation.facts import MenuItem
from voice.conversation.symptoms import PATTERNS, Topic, plain_words, topics_in

UNSURE = (Topic.DIAGNOSIS, Topic.WARNING_LIGHT, Topic.ELECTRICAL, Topic.ENGINE, Topic.CHECKUP)
# Who looks after a topic, first choice first. What is not listed looks for itself, then for UNSURE.
LOOKED_AFTER_AS: dict[Topic, tuple[Topic, ...]] = {
    Topic.ROTATION: (Topic.ROTATION, Topic.TIRES),
    Topic.TIRE_AIR: (Topic.TIRE_AIR, Topic.CHECKUP),
    Topic.ALIGNMENT: (Topic.ALIGNMENT, Topic.STEERING),
    Topic.BATTERY: (Topic.BATTERY, Topic.STARTING),
    Topic.STARTING: (Topic.STARTING, Topic.BATTERY),
    Topic.NOISE: (Topic.NOISE, Topic.VIBRATION),
    Topic.VIBRATION: (Topic.VIBRATION, Topic.NOISE),
    Topic.SUSPENSION: (Topic.SUSPENSION, Topic.NOISE),
    Topic.HEATING: (Topic.HEATING, Topic.AIR_CONDITIONING),
    Topic.AIR_CONDITIONING: (Topic.AIR_CONDITIONING, Topic.HEATING),
    Topic.TUNE_UP: (Topic.TUNE_UP, Topic.CHECKUP),
    Topic.MAINTENANCE: (Topic.CHECKUP, Topic.OIL_CHANGE),
    Topic.FLUIDS: (Topic.CHECKUP, Topic.OIL_CHANGE),
    Topic.STEERING: UNSURE,
    Topic.COOLING: UNSURE,
    Topic.TRANSMISSION: UNSURE,
}
# Work that is asked for by name: the plainest line does it. For all else a line that looks first is better.
JOBS = {
    Topic.OIL_CHANGE,
    Topic.ROTATION,
    Topic.TIRES,
    Topic.ALIGNMENT,
    Topic.FILTERS,
    Topic.RECALL,
    Topic.INSPECTION,
    Topic.TUNE_UP,
}
VAGUE = {Topic.INSPECTION, Topic.CHECKUP, Topic.DIAGNOSIS, Topic.TROUBLE, Topic.MAINTENANCE, Topic.ENGINE}
SIGNS = {Topic.NOISE, Topic.VIBRATION, Topic.SMELL, Topic.SMOKE}
# In one clause the first explains the second: a noise of the brakes is a matter of the brakes.
EXPLAINS: dict[Topic, set[Topic]] = {
    Topic.RECALL: set(Topic) - {Topic.RECALL, Topic.OIL_CHANGE},
    Topic.BRAKES: SIGNS | {Topic.WARNING_LIGHT, Topic.LIGHTS, Topic.LEAK, Topic.STARTING, Topic.FLUIDS},
    Topic.AIR_CONDITIONING: SIGNS | {Topic.HEATING, Topic.LEAK, Topic.TUNE_UP, Topic.STARTING, Topic.ELECTRICAL},
    Topic.BATTERY: {Topic.STARTING, Topic.WARNING_LIGHT, Topic.ELECTRICAL, Topic.STALLING, Topic.NOISE},
    Topic.STARTING: {Topic.NOISE, Topic.RUNNING, Topic.STALLING},
    Topic.WARNING_LIGHT: {Topic.LIGHTS, Topic.RUNNING, Topic.STALLING, Topic.ELECTRICAL},
    Topic.TIRE_AIR: {Topic.TIRES, Topic.LEAK, Topic.WARNING_LIGHT, Topic.LIGHTS, Topic.NOISE},
    Topic.ROTATION: {Topic.TIRES},
    Topic.ALIGNMENT: {Topic.TIRES, Topic.STEERING},
    Topic.TIRES: {Topic.SUSPENSION},
    Topic.VIBRATION: {Topic.STEERING, Topic.NOISE, Topic.SUSPENSION, Topic.TIRES},
    Topic.NOISE: {Topic.SUSPENSION, Topic.STEERING, Topic.RUNNING},
    Topic.OIL_CHANGE: {Topic.FILTERS, Topic.FLUIDS},
    Topic.FILTERS: {Topic.AIR_CONDITIONING},
    Topic.LEAK: {Topic.FLUIDS, Topic.COOLING},
    Topic.COOLING: {Topic.FLUIDS, Topic.LEAK, Topic.SMOKE, Topic.WARNING_LIGHT},
    Topic.TRANSMISSION: {Topic.FLUIDS, Topic.NOISE, Topic.LEAK, Topic.RUNNING},
    Topic.HEATING: SIGNS,
    Topic.ENGINE: {Topic.INSPECTION, Topic.CHECKUP, Topic.DIAGNOSIS, Topic.TROUBLE},
    Topic.CHECKUP: {Topic.INSPECTION},
}  # fmt: skip
# Parts that are also spoken of when nothing is wrong with them: "it has the big engine".
NEEDS_COMPLAINT = {Topic.ELECTRICAL, Topic.ENGINE, Topic.BODY, Topic.GLASS, Topic.DOORS, Topic.FUEL, Topic.LIGHTS, Topic.SUSPENSION, Topic.TIRES, Topic.EXHAUST}  # fmt: skip
COMPLAINT = re.compile(
    r"\b(?:problems?|issues?|trouble|inconsistent|intermittent|wrong|broke\w*|broken|won'?t|wont|"
    r"doesn'?t|isn'?t|aren'?t|don'?t|didn'?t|not|stuck|out|bad|check\w*|look\w*|fix\w*|repair\w*|"
    r"replac\w*|chang\w*|inspect\w*|need\w*|new|want\w*|damag\w*|crack\w*|fail\w*|went|going|keeps?|"
    r"noise|funny|weird|strange|"
    r"overhaul|service\w*|install\w*|mount\w*|loose|leak\w*|worn|due|crazy|shot|"
    r"shredded|streak\w*|peel\w*|fall\w*|hang\w*|torn|ripped|gone|wreck\w*|bent|dent\w*|hit|"
    r"stopped|dead|can'?t|cannot|had to|got a)\b"
)
SHORT = 5  # words of an answer that need no complaint: "the windshield wipers"
NEW_TIRES = re.compile(
    r"\b(?:new|replac\w*|chang\w*|winter|snow|summer|set of|mount\w*|install\w*|buy|four|all season|worn|"
    r"bald|swap\w*|desperate\w*)\b"
)
STATE_INSPECTION = re.compile(
    r"\b(?:(?:state|annual|yearly|safety|registration) inspect\w*|smog|inspection sticker|new sticker|sticker (?:is|has|expire\w*)|"
    r"emissions? (?:test|check|inspect\w*))\b"
)
SERVICED = re.compile(r"^(?!.*\bleak).*\b(?:fluid|flush\w*|exchange\w*|service\w*|drain\w*)\b")
LOOKS_FIRST = re.compile(r"\b(?:inspect\w*|check\w*|test\w*|diagnos\w*|analysis|performance)\b")
BRAKE_LAMP = re.compile(r"\bbrake lights?\b(?!.{0,25}\b(?:on|dash\w*|flash\w*)\b)")
CLAUSES = re.compile(
    r"[.;]+ ?|,? and also |,? also |, and |,? plus |,? as well as |"
    r", (?=(?!i think|its?\b|it's|maybe|probably|when|but|like|because|so\b|then|which|or\b)\w+ \w)"
)
NOT_WANTED = re.compile(
    r"\b(?:(?:don'?t|do not|didn'?t|did not) (?:really )?(?:need|want|mean|ask(?:ing)? for|say)|"
    r"not (?:for )?(?:an?|the|my|looking for)|"
    r"instead of|rather than|forget(?: about)?|skip|never ?mind|without|except(?: for)?|"
    r"not (?:going to|gonna) do|not doing|hold(?:ing)? off on|"
    r"already (?:had|did|got)) "
    r"(?!to (?:wait|miss|come|drive|pay|lose))[^,.;]*?(?=[,.;]|\bbut\b|\bjust\b|\bonly\b|"
    r"\bi(?:'d| just| need| want| would| think)\b|\band\b|\bbecause\b|$)"
)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the menu with what its words speak of."""

    code: str
    named: frozenset[Topic]  # by its name
    also: frozenset[Topic]  # by its synonyms
    looks_first: bool
    has_number: bool


@dataclass(frozen=True, slots=True)
class _Menu:
    phrases: tuple[tuple[re.Pattern[str], str, frozenset[Topic]], ...]  # longest first
    lines: tuple[_Line, ...]

    def named(self, code: str) -> frozenset[Topic]:
        """What the line with this code speaks of by its name."""
        return next(line.named for line in self.lines if line.code == code)

    def line_for(self, topic: Topic, *, is_job: bool) -> str:
        """The code of the line that looks after the topic by its name, else by a synonym; "" if none."""
        by_name = [line for line in self.lines if topic in line.named]
        lines = by_name or [line for line in self.lines if topic in line.also]
        if not lines:
            return ""
        best = min(lines, key=lambda line: (line.has_number, line.looks_first is is_job, len(line.named)))
        return best.code


@lru_cache(maxsize=64)
def _read(menu: tuple[MenuItem, ...]) -> _Menu:
    """The menu with its patterns compiled, once for each menu."""
    phrases = sorted(
        {(plain_words(phrase), item.code) for item in menu for phrase in (item.name, *item.synonyms)},
        key=lambda pair: (-len(pair[0]), pair),
    )
    return _Menu(
        phrases=tuple(
            (_pattern(phrase), code, frozenset(topics_in(phrase))) for phrase, code in phrases if phrase
        ),
        lines=tuple(_line(item) for item in menu),
    )


def _pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9]){re.escape(phrase)}(?![a-z0-9])".replace("'", "'?"))


def _line(item: MenuItem) -> _Line:
    name = plain_words(item.name)
    return _Line(
        code=item.code,
        named=frozenset(topics_in(name)),
        also=frozenset(topic for synonym in item.synonyms for topic in topics_in(plain_words(synonym))),
        looks_first=bool(LOOKS_FIRST.search(name)),
        has_number=bool(re.search(r"\d|\b(?:thousand|mile)\b", name)),
    )


def find_services(text: str, menu: tuple[MenuItem, ...]) -> list[str]:
    """Op codes of the services that text names or describes, in the order spoken of.

    "oil change and a tire rotation" is two services even where the menu has both in one line.
    """
    said = NOT_WANTED.sub(" ", plain_words(text))
    read = _read(menu)
    codes: list[str] = []
    for clause in CLAUSES.split(said):
        if clause and clause.strip():
            codes += _in_clause(clause, read)
    return list(dict.fromkeys(codes))


def _in_clause(clause: str, menu: _Menu) -> list[str]:
    topics = _explained(topics_in(clause), clause)
    found: dict[str, int] = {}
    rest, covered = clause, set[Topic]()
    for pattern, code, its_topics in menu.phrases:
        match = pattern.search(rest)
        if not match:
            continue
        # What was understood is taken out, so that "front brakes" is not also "brakes".
        rest = rest[: match.start()] + "_" * len(match[0]) + rest[match.end() :]
        if its_topics and not its_topics & set(topics):
            continue  # something else in the clause explains it
        found.setdefault(code, match.start())
        covered |= its_topics | menu.named(code)
    for topic in topics:
        begin = _where(topic, clause)
        if (
            topic in covered
            or (covered and topic in VAGUE)
            or any(topic in EXPLAINS.get(t, ()) for t in covered)
        ):
            continue
        code = _line_for(topic, clause, menu)
        if code:
            found.setdefault(code, begin)
    return sorted(found, key=lambda code: found[code])


def _where(topic: Topic, clause: str) -> int:
    match = PATTERNS[topic].search(clause)
    return match.start() if match else len(clause)


def _explained(topics: list[Topic], clause: str) -> list[Topic]:
    """The topics that are no mere sign or part of another one in the same clause."""
    said = set(topics)
    if BRAKE_LAMP.search(clause):
        said -= {Topic.BRAKES, Topic.WARNING_LIGHT}
    if not (COMPLAINT.search(clause) or len(clause.split()) <= SHORT):
        said -= NEEDS_COMPLAINT
    explained = {
        other for topic in said for other in EXPLAINS.get(topic, ()) if topic not in EXPLAINS.get(other, ())
    }
    said -= explained
    if STATE_INSPECTION.search(clause):
        said.add(Topic.INSPECTION)
        said.discard(Topic.CHECKUP)
    if said - VAGUE:
        said -= VAGUE - ({Topic.INSPECTION} if STATE_INSPECTION.search(clause) else set())
    return [topic for topic in topics if topic in said]


def _line_for(topic: Topic, clause: str, menu: _Menu) -> str:
    """The menu's line for one topic of a clause; "" when the menu has nothing of the kind."""
    as_topics = LOOKED_AFTER_AS.get(topic, (topic,))
    if topic in (Topic.COOLING, Topic.TRANSMISSION) and SERVICED.search(clause):
        as_topics = (topic,)
    if topic is Topic.TIRES and not NEW_TIRES.search(clause):
        as_topics = (Topic.TIRE_AIR, Topic.CHECKUP, Topic.TIRES)
    for wanted in (*as_topics, *UNSURE):
        is_job = wanted in JOBS or (wanted is topic and bool(SERVICED.search(clause)))
        code = menu.line_for(wanted, is_job=is_job)
        if code:
            return code
    return ""
