"""What does the caller want? Intent and services from free speech. Pure."""

import re

from voice.conversation.facts import MenuItem
from voice.conversation.states import Intent

WANTS_PERSON = re.compile(
    r"\b(speak|talk|connect|transfer|get|give|put|want|need|like)\b.{0,40}\b(person|human|representative|operator|"
    r"somebody|someone|agent|receptionist|advisor|manager)\b|^\W*(a |the )?(real |live )?"
    r"(person|human|representative|operator|agent|receptionist)\b",
    re.IGNORECASE,
)
# "Talk to Mike", "get me Mr. Chen": recognisers write names with a capital.
NAMED_PERSON = re.compile(
    r"\b(?i:speak|talk|connect|transfer|get|give|put)\b(?i: me)?(?i: through| over)?(?i: (?:to|with))?"
    r" (?P<name>(?:(?i:mr|mister|mrs|ms|miss)\.? )?[A-Z][a-z'’-]+(?: [A-Z][a-z'’-]+)?)(?!\w)"
)
NOT_A_PERSON = {
    "i",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "otto",
    "honda",
}
NO_RECORDING = re.compile(
    r"\b(?:don'?t|do not|not|stop|rather not|without)\b.{0,30}\brecord(?:ed|ing)?\b|\bno recording\b",
    re.IGNORECASE,
)
CANCEL = re.compile(r"\bcancel(?:l?ing|l?ed|lation)?\b|\bcall off\b", re.IGNORECASE)
RESCHEDULE = re.compile(
    r"\breschedul|\b(move|change|push|switch)\b.{0,20}\b(appointment|booking)\b|\bappointment\b.{0,30}\b(moved|changed)\b",
    re.IGNORECASE,
)
CHECK = re.compile(
    r"\b(when is my|do i have an?|check (on )?my|what time is my|confirm my)\b.{0,20}\b(appointment|booking)\b|"
    r"\b(is|if) my (car|vehicle|truck)\b.{0,15}\b(ready|done|finished)\b",
    re.IGNORECASE,
)
HOURS = re.compile(
    r"\b(what|your|business|service|opening)\b.{0,15}\bhours\b|\b(are|when are|what time) (you|do you|are you)\b.{0,12}"
    r"\b(open|close|closed)\b|\bare you (guys )?open\b|\bwhen do you (open|close)\b|\bwhere are you\b|\b(your|the) address\b",
    re.IGNORECASE,
)
PRICE = re.compile(r"\bhow much\b|\b(price|cost|charge|quote|estimate)\b", re.IGNORECASE)
BOOK = re.compile(
    r"\b(book|schedule|appointment|bring (it|my|the|her|him)|come in|get (it|my|the)|need|want|due for|drop)\b",
    re.IGNORECASE,
)
GOODBYE = re.compile(r"\b(good ?bye|bye|have a (good|nice|great) (day|one))\b", re.IGNORECASE)
DONE = re.compile(
    r"^\W*(okay,? )?(thank you|thanks)( so much| very much| a lot)?\W*$|\b(that's all|that is all|that's it|that'll be all|nothing else|i'm good|all set|no thanks|no thank you)\b",
    re.IGNORECASE,
)
MACHINE = re.compile(
    r"\b(are you|is this|am i (talking|speaking) (to|with)) (a |an )?(real |actual |live )?"
    r"(robot|machine|computer|bot|ai|recording|human|person|automated)\b",
    re.IGNORECASE,
)
REPEAT = re.compile(
    r"\b(repeat|say (that|it) again|come again|pardon|didn't (catch|hear|get) (that|you)|what did you say|what was that|"
    r"one more time)\b|^\W*(sorry|what|huh|excuse me)\W*$",
    re.IGNORECASE,
)


def find_intent(text: str) -> Intent:
    """The plainest reading of one turn; UNKNOWN when nothing points anywhere."""
    if WANTS_PERSON.search(text) or named_person(text):
        return Intent.PERSON
    for pattern, intent in (
        (CANCEL, Intent.CANCEL),
        (RESCHEDULE, Intent.RESCHEDULE),
        (CHECK, Intent.CHECK),
        (HOURS, Intent.HOURS_INQUIRY),
        (PRICE, Intent.SERVICE_INQUIRY),
        (BOOK, Intent.BOOK),
    ):
        if pattern.search(text):
            return intent
    return Intent.UNKNOWN


def named_person(text: str) -> str:
    """The name of the person asked for, as heard; "" when nobody is named."""
    match = NAMED_PERSON.search(text)
    name = match["name"] if match else ""
    return "" if name.lower().split(" ")[0] in NOT_A_PERSON else name


def find_services(text: str, menu: tuple[MenuItem, ...]) -> list[str]:
    """Op codes of the services that text names, in the order named; the longest name wins.

    "oil change and a tire rotation" is two services even where the menu has both in one line.
    """
    # A recogniser writes the word it knows better.
    text = re.sub(r"\bbreak(s?)\b", r"brake\1", text, flags=re.IGNORECASE)
    spoken = f" {re.sub(r'[^a-z0-9/,]+', ' ', text.lower().replace('-', ' '))} "
    phrases = sorted(
        (
            (phrase.lower().replace("-", " ").replace("'", " "), item.code)
            for item in menu
            for phrase in (item.name, *item.synonyms)
        ),
        key=lambda pair: -len(pair[0]),
    )
    found: dict[str, int] = {}
    for phrase, code in phrases:
        match = re.search(rf"(?<![a-z]){re.escape(phrase)}(?![a-z])", spoken)
        if match:
            found.setdefault(code, match.start())
            # What was understood is taken out, so that "front brakes" is not also "brakes".
            spoken = spoken[: match.start()] + "_" * len(match[0]) + spoken[match.end() :]
    return sorted(found, key=lambda code: found[code])
