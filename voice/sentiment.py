"""How the caller took a call, told by a plain rule from what is kept of it; no model guesses."""

import re
from collections.abc import Sequence

from voice import counted
from voice.conversation.errands import UPSET
from voice.conversation.intents import find_intent
from voice.conversation.states import Intent
from voice.models import Call

MEANING = (
    "Unhappy: the caller complained, spoke angrily, asked for a person twice, or hung up before anything came "
    "of the call. Content: they thanked the desk and got what they called for. Neutral: every other call. "
    "Told from their words by fixed rules, within a minute after the call."
)
ASKED_TOO_OFTEN = 2
THANKS = re.compile(r"\bthanks?\b|\bthank you\b|\bappreciate\b", re.IGNORECASE)


def sentiment_of(call: Call, said: Sequence[str], errand: str) -> str:
    """said: the caller's turns; errand: what the caller wanted. "" where nobody spoke and nobody hung up."""
    has_hung_up = call.outcome == Call.Outcome.HUNG_UP
    if has_hung_up or errand == Intent.COMPLAINT or _is_upset(said):
        return Call.Sentiment.UNHAPPY
    if not said:
        return ""
    if _has_got_it(call, errand) and any(THANKS.search(text) for text in said):
        return Call.Sentiment.CONTENT
    return Call.Sentiment.NEUTRAL


def _has_got_it(call: Call, errand: str) -> bool:
    was_answered = call.outcome == Call.Outcome.NO_BOOKING and errand in counted.ANSWERED_BY_WORDS
    return was_answered or call.outcome in counted.WRITTEN


def _is_upset(said: Sequence[str]) -> bool:
    wishes = [find_intent(text) for text in said]
    return (
        Intent.COMPLAINT in wishes
        or wishes.count(Intent.PERSON) >= ASKED_TOO_OFTEN
        or any(UPSET.search(text) for text in said)
    )
