"""How a caller goes on while the car is here: waits, leaves it, rides the shuttle or drives a loaner. Pure.

The values are those of scheduling.models.Transport.
"""

import re

from voice.conversation.errands import MY_CAR, either
from voice.conversation.symptoms import plain_words

WAITER, DROP_OFF, SHUTTLE, LOANER = "waiter", "drop_off", "shuttle", "loaner"

SPOKEN_OF = re.compile(r"\b(?:wait|stay|sit|drop|leav|shuttle|loan|ride|courtesy|something to drive)", re.I)
# "Do I need a loaner" wishes for nothing yet.
I_WILL = (
    r"(?<!do )(?<!should )(?<!will )\b(?:i|we)(?:'ll| will|'d| would|'m| am|'re| are)?"
    r"(?: (?:just|also|rather|probably|then|can|could|may|want|need|like|love|prefer|plan|going|gonna|have|to|be))*"
)
MAY_I = r"\b(?:can|could|may|might) (?:i|we)(?: just| also)?"
ME = rf"(?:{I_WILL}|{MAY_I}|\blet me|\blet us)"
GET = (
    rf"{ME}(?: (?:need|want|like|love|take|use|get|have|catch|reserve|prefer|ride))+(?: to)?"
    r"(?: (?:an?|the|your|one|some|on|in|of|seat|spot|for))*"
)
RIDE = r"ride (?:to (?!you)|home|back|from)"
HERE = rf"(?:for {MY_CAR}|on it|there|here|around|while|with it|in (?:the|your)|at (?:the|your))"
THERE = r"(?:with you|there|here|off|for the (?:day|night|weekend)|all day|over ?night|at (?:the|your))"

# The first that is said counts: who leaves the car and takes the shuttle takes the shuttle.
WAYS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        LOANER,
        either(
            rf"{GET} (?:loaner|loner|courtesy (?:car|vehicle)|something to drive)\b",
            r"\bwith an? loaner\b",
        ),
    ),
    (
        SHUTTLE,
        either(
            rf"{GET} (?:(?:\w+ )?shuttle\b|{RIDE}\b)",
            r"\bwith (?:the|your|an?) shuttle\b|\band (?:then )?(?:take|use|ride) (?:the|your) shuttle\b",
        ),
    ),
    (
        WAITER,
        either(
            rf"{ME} (?:wait|sit|stay)(?:ing)? {HERE}\b",
            r"\bwhile (?:i|we)(?:'m| am|'re| are)? wait(?:ing)?\b",
        ),
    ),
    (
        DROP_OFF,
        either(
            rf"{ME} drop(?:ping)? (?:off {MY_CAR}|{MY_CAR} off)\b",
            rf"{ME} leav(?:e|ing) {MY_CAR} {THERE}\b",
            rf"\b(?:won'?t|don'?t|do not|can'?t|cannot|can not|not going to) (?:\w+ ){{0,3}}?(?:wait|stay|sit) {HERE}\b",
        ),
    ),
)
JUST_WAIT = re.compile(rf"{ME} wait(?=$|[.,;!?]| and\b| please\b| if\b| thanks?\b)")
ASKS = re.compile(
    rf"{MAY_I}|\b(?:do|does|would|will) (?:you|y'all|they|it)\b|\b(?:is|are) there\b|\bhow (?:does|do|about)\b|"
    r"\bwhat about\b|\bpossible\b"
)


def find_transport(text: str, *, is_about_a_visit: bool) -> str:
    """How the caller wants to go on meanwhile; "" when that was not said.

    "I'll wait" alone may mean the telephone: it counts where the turn speaks of a visit.
    """
    if not SPOKEN_OF.search(text):
        return ""
    said = plain_words(text)
    for way, pattern in WAYS:
        if pattern.search(said):
            return way
    return WAITER if is_about_a_visit and JUST_WAIT.search(said) else ""


def asks_how(text: str) -> bool:
    """Is it a question about that, beside a wish?"""
    return bool(ASKS.search(plain_words(text)))
