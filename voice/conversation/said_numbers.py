"""Was this telephone number said in the call? A mind may make one up, and somebody would be rung there. Pure."""

from crm import phone
from voice.conversation.phones import find_phone
from voice.conversation.states import Conversation

MOST_TURNS = (
    3  # that a number may be spread over: "five five five, zero one nine two", "area code two one two"
)


def said_number(conversation: Conversation, given: str) -> str | None:
    """given as E.164, when it is the caller's own, confirmed before, or in the caller's words; else None."""
    number = phone.parse(given)
    if number is None:
        return None
    known = (conversation.caller.number, conversation.slots.phone)
    return number if number in known or _is_in_words(number, conversation) else None


def _is_in_words(number: str, conversation: Conversation) -> bool:
    said = [message.text for message in conversation.history if message.speaker == "caller"]
    turns = range(1, MOST_TURNS + 1)
    spans = (" ".join(said[at : at + count]) for count in turns for at in range(len(said) - count + 1))
    return any(find_phone(span) == number for span in spans)
