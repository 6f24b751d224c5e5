"""Leaving the flow: a person, a message for one, a goodbye, no recording."""

from voice.conversation import phrases, questions
from voice.conversation.states import Ending, State
from voice.ports import ToolResult
from voice.replies.flows.turn import GO_ON, Turn

NEEDS_NUMBER = "needs_number"


async def fetch_person(turn: Turn, reason: str, *, name: str = "", first: str = "", ringing: str = "") -> str:
    """Whoever was named, when that is one person; else anybody.

    first is said before; ringing in place of the usual words, when somebody is rung.
    """
    conversation = turn.conversation
    conversation.enter(State.ESCALATION)
    result = await turn.use("transfer_to_person", text=reason[:500], name=name[:60])
    if result.code == NEEDS_NUMBER:
        return ask_number(turn, result, first=first)
    if result.code == "which_person" and conversation.asked != questions.ASK_WHICH_PERSON:
        conversation.asked = questions.ASK_WHICH_PERSON
        return result.spoken
    if name and result.code in ("which_person", "unknown_person"):
        return await fetch_person(turn, reason, ringing=phrases.UNKNOWN_PERSON)
    if not result.is_ok:
        conversation.ending = Ending.TRANSFER  # the carrier's own fallback rings the desk
        return f"{first} {ringing or phrases.transferring()}".strip()
    if conversation.ending is Ending.TRANSFER:
        return f"{first} {ringing or result.spoken}".strip()
    return turn.ask_anything_else(f"{first} {result.spoken}".strip())


async def leave_message(turn: Turn, text: str, *, first: str = "") -> str:
    """first is said before."""
    result = await turn.use("take_message", text=text[:500])
    if result.code == NEEDS_NUMBER:
        return ask_number(turn, result, first=first)
    return turn.ask_anything_else(f"{first} {result.spoken}".strip())


def ask_number(turn: Turn, result: ToolResult, *, first: str = "") -> str:
    """To call back; first is said before."""
    return f"{first} {result.spoken} {turn.ask(questions.ASK_PHONE, State.ESCALATION)}".strip()


async def send(turn: Turn, *, has_number: bool = True) -> str:
    """What has waited for a number to call back; GO_ON when nothing has."""
    unsent = turn.conversation.unsent
    if unsent is None:
        return GO_ON
    if has_number and not turn.conversation.slots.phone:
        return turn.ask(questions.ASK_PHONE, State.ESCALATION)
    turn.conversation.unsent = None
    if unsent.is_message:
        return await leave_message(turn, unsent.text)
    return await fetch_person(turn, unsent.text, name=unsent.name)


async def say_goodbye(turn: Turn) -> str:
    conversation = turn.conversation
    await turn.use("end_call")
    conversation.enter(State.CLOSING)
    conversation.ending = Ending.GOODBYE
    return phrases.goodbye(conversation)


async def stop_recording(turn: Turn) -> str:
    if not turn.store.records_calls:
        return turn.and_the_question(phrases.NEVER_RECORDED)
    result = await turn.use("stop_recording")
    return turn.and_the_question(result.spoken)
