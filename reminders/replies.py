"""What an inbound text means. Pure.

Carriers have words of their own for stopping and starting, which count only as the whole message and
which they act upon and answer themselves. Anybody who asks in other words not to be texted is heard too.
"""

import re
from enum import Enum

from voice.conversation.errands import STOP_CALLING

STOP_WORDS = {"stop", "stopall", "stop all", "quit", "end", "revoke", "opt out", "optout", "opt-out", "cancel",
              "unsubscribe"}  # fmt: skip
START_WORDS = {"start", "unstop"}
HELP_WORDS = {"help", "info"}
CONFIRM_WORDS = {
    "1", "one", "confirm", "confirmed", "confirming", "c", "y", "yes", "yep", "yeah", "yup", "ok", "okay", "k",
    "sure", "i confirm", "i'll be there", "ill be there", "will be there", "see you then", "see you there",
    "sounds good", "that works", "works for me", "perfect", "great", "👍",
}  # fmt: skip
CHANGE_WORDS = {"2", "two", "change", "move", "reschedule", "resched"}
# "Can I change my appointment?", but not "did you change my oil?"
CHANGE = re.compile(
    r"\b(?:re-?schedule|cancel)\b|\b(?:change|move|switch|push|postpone)\b.{0,25}\b(?:appointment|appt|time|day|it)\b|"
    r"\b(?:another|different|other|later|earlier) (?:day|time|date|slot)\b|"
    r"\b(?:can'?t|cannot|can not|won'?t|not able to|unable to) (?:make (?:it|that)|come|be there)\b"
)
POLITE = re.compile(r"\b(?:please|pls|plz|thanks|thank you|thx)\b|[.!,?\s]+$|^[.!,?\s]+")


class Reply(Enum):
    STOP_WORD = "a carrier's word for stopping"
    STOP = "wants no more calls and texts"
    START = "wants texts again"
    HELP = "asks who this is"
    CONFIRM = "will come"
    CHANGE = "wants another time, or none"
    OTHER = "for a person to read"


def read(body: str) -> Reply:
    """What a text says, in the order in which it matters: stopping comes first."""
    words = _folded(body)
    if words in STOP_WORDS:
        return Reply.STOP_WORD
    if STOP_CALLING.search(words):
        return Reply.STOP
    if words in START_WORDS:
        return Reply.START
    if words in HELP_WORDS:
        return Reply.HELP
    bare = _bare(words)
    if bare in STOP_WORDS:
        return Reply.STOP
    if bare in CONFIRM_WORDS:
        return Reply.CONFIRM
    if bare in CHANGE_WORDS or CHANGE.search(words):
        return Reply.CHANGE
    return Reply.OTHER


def _folded(body: str) -> str:
    """Small letters, one kind of apostrophe, single spaces, no full stop at the end."""
    return " ".join(body.lower().replace("’", "'").split()).strip(" .!\"'")


def _bare(words: str) -> str:
    """Without the words of politeness: "1 please" is 1, "Yes, thank you!" is yes."""
    return " ".join(POLITE.sub(" ", words).replace(",", " ").split()).strip(" .!?")
