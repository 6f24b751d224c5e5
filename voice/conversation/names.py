"""Who speaks? Names from free speech. Pure."""

import re
from difflib import SequenceMatcher

from voice.conversation.vehicles import find_vehicle

NAME_BEHIND = re.compile(
    r"\b(?i:my name is|name'?s|my name'?s|this is|i am|i'm|it'?s|it is|call me|under|name of)\s+"
    r"(?P<name>[A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+){0,2})"
)
NOT_NAMES = {
    "the", "a", "an", "my", "for", "about", "calling", "looking", "just", "not", "here", "yes", "no", "okay", "good",
    "fine", "sure", "it", "that", "this", "and", "is", "name", "hi", "hello", "uh", "um", "well", "so", "please",
    "first", "last", "sorry", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "i",
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december", "am", "pm", "thanks", "thank", "you", "speaking", "correct", "right", "perfect",
}  # fmt: skip
SOMEBODY_ELSE = re.compile(
    r"\b(?:her|his|their|my)? ?(?:husband|wife|son|daughter|mother|mom|father|dad|brother|sister|roommate|neighbor|assistant)\b"
    r"|\b(?:on|in) behalf of\b|\bcalling for\b",
    re.IGNORECASE,
)


def find_name(text: str, *, was_asked: bool) -> str:
    """The speaker's name; a bare answer counts only when the name had been asked for. "" if none."""
    match = NAME_BEHIND.search(text)
    if match:
        name = " ".join(word for word in match["name"].split() if word.lower() not in NOT_NAMES)
        if name and find_vehicle(name) is None:
            return name
    if not was_asked:
        return ""
    bare = re.sub(
        r"^\W*(?:(?:uh+|um+|yeah|yes|sure|okay|hi|hello|it'?s|this is|my name is|i'?m|the name is|name is)\W+)+",
        "",
        text,
        flags=re.IGNORECASE,
    )
    words = [word.strip(".,!?") for word in bare.split()]
    words = [word for word in words if word and word.lower() not in NOT_NAMES]
    if not 0 < len(words) <= 4 or any(not re.fullmatch(r"[A-Za-zÀ-ÿ'’-]+", word) for word in words):
        return ""
    return " ".join(word[0].upper() + word[1:] for word in words)


def sounds_like(said: str, name: str) -> bool:
    """Could said be a misheard name? "Mario" for "Maria" is; "Pedro" is not."""
    return SequenceMatcher(None, said.lower(), name.lower()).ratio() >= 0.6


def is_somebody_else(text: str) -> bool:
    """Does a relative or helper speak: "this is her husband", "I'm calling for my mother"?"""
    return bool(SOMEBODY_ELSE.search(text))
