"""Was it read back, and has the caller agreed? Asked by every tool that writes an appointment.

A mind's word is not enough: what counts is what was heard on the line.
"""

from collections.abc import Callable

from voice.conversation.choices import CORRECTION, is_yes
from voice.conversation.spoken_form import spoken_form
from voice.conversation.states import Conversation, State
from voice.ports import ToolResult
from voice.tools.registry import Desk


def agrees_plainly(answer: str) -> bool:
    return is_yes(answer) and not CORRECTION.search(answer)


def refusal(desk: Desk, wanted: str, *, agrees: Callable[[str], bool] = agrees_plainly) -> ToolResult | None:
    """Why this may not be written yet; None when the caller heard these words and said yes.

    agrees tells a yes where the question is answered in other words, too.
    """
    history = desk.conversation.history
    answer = history[-1].text if history and history[-1].speaker == "caller" else ""
    heard = desk.conversation.heard_since_caller_spoke()
    today = desk.store.today(desk.now)
    # In one form, for either mind may have read it back.
    was_read = spoken_form(wanted, today=today) in spoken_form(heard, today=today)
    if was_read and agrees(answer):
        desk.conversation.turn_to(State.CONFIRMATION)  # a model may not have said where it stood
        return None
    return ToolResult("not_agreed", data={"read_back_first": wanted})


def carried_out(conversation: Conversation) -> None:
    """It is written, which nothing can be that refusal() has not let pass. Raises ImpossibleStep."""
    conversation.enter(State.EXECUTION)
