"""What the caller hears where somebody is to call back. Pure."""

from datetime import datetime

from voice.conversation.saying import say_moment

NOBODY_IN = "Nobody is at the desk right now, but a colleague can call you back."
CAN_CALL_BACK = "A colleague can call you back about that."
WITHOUT_NUMBER = (
    "I've passed that on, but without a number nobody can call you back; please call again when we're open."
)


def passed_on(local: datetime) -> str:
    """A message was taken; local is store-local."""
    return f"I've passed that on, and a colleague will call you back by {say_moment(local)}."
