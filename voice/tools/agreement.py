"""Was it read back, and has the caller agreed? Asked by every tool that writes an appointment.

A mind's word is not enough: what counts is what was heard on the line. The desk has said the moment, and
its last question was for this very deed: a yes to "You have an appointment on Tuesday at 9, right?"
cancels nothing.
"""

import re
from collections.abc import Callable, Sequence

from voice.conversation import questions
from voice.conversation.choices import CORRECTION, is_yes
from voice.conversation.facts import MenuItem
from voice.conversation.saying import say_services
from voice.conversation.services import find_services
from voice.conversation.spoken_form import spoken_form
from voice.conversation.states import Conversation, State
from voice.conversation.vehicles import find_vehicle
from voice.ports import ToolResult
from voice.tools.registry import Desk

SENTENCE = re.compile(r"(?<=[.!?])\s+")
# How each deed is asked for. "You're booked, right?" asks for none, nor does "move it, or shall I cancel it?".
DEEDS = {
    questions.ASK_CONFIRM: re.compile(
        r"\b(?:book|schedule|reserve)\b|\b(?:it|that|this|you|all of it) (?:booked|scheduled|reserved)\b"
        r"|\b(?:put|pencil|lock|sign|set) (?:it|that|this|you) (?:in|down|up)\b|\bmake (?:it|that|the|this|your) (?:appointment|booking)\b",
        re.IGNORECASE,
    ),
    questions.ASK_MOVE_IT: re.compile(
        r"\b(?:move|reschedule|change|switch|push|shift)\b|\b(?:it|that|this) (?:moved|rescheduled|changed)\b",
        re.IGNORECASE,
    ),
    questions.ASK_CANCEL_IT: re.compile(
        r"^(?!.*\b(?:move|reschedule|instead|keep)\b).*(?:\bcancel\b|\b(?:it|that|this) cancell?ed\b|\bcall it off\b)",
        re.IGNORECASE | re.DOTALL,
    ),
    questions.ASK_COUNT_ON: re.compile(
        r"\bcount on\b|\bconfirm\b|\bcoming\b|\bmake it\b|\bbe (?:t)?here\b|\byou (?:still )?come\b|\bstill (?:good|works?|on|fine|okay|suits?)\b",
        re.IGNORECASE,
    ),
    questions.ASK_WAITLIST: re.compile(r"\bwait(?:ing)? ?list\b", re.IGNORECASE),
}


def agrees_plainly(answer: str) -> bool:
    return is_yes(answer) and not CORRECTION.search(answer)


def refusal(
    desk: Desk,
    wanted: str,
    asked: str,
    *,
    services: Sequence[str] = (),
    car: str = "",
    agrees: Callable[[str], bool] = agrees_plainly,
) -> ToolResult | None:
    """Why this may not be written yet; None when the caller heard it, was asked for it and said yes.

    wanted are words that must have been heard, asked names the question for the deed, services are the op codes
    that the read-back must have named, and car is the model of which it may not have named another. agrees tells a yes where the question is answered in other
    words, too.
    """
    items = [item for item in desk.store.menu if item.code in services]
    is_asked = bool(DEEDS[asked].search(last_question(desk.conversation.heard_since_caller_spoke())))
    is_read_back = was_heard(desk, wanted) and _were_named(desk, items) and not _was_another_car(desk, car)
    if is_read_back and is_asked and agrees(last_answer(desk)):
        desk.conversation.turn_to(State.CONFIRMATION)  # a model may not have said where it stood
        return None
    what = f"{say_services([item.name for item in items])} on {wanted}" if items else wanted
    what = f"{what}, for the {car}" if car else what
    return ToolResult("not_agreed", data={"read_back_first": what, "then_ask": questions.QUESTIONS[asked]})


def was_heard(desk: Desk, words: str) -> bool:
    """Has the desk said these words since the caller spoke? In one form, for either mind may have said them."""
    today, heard = desk.store.today(desk.now), desk.conversation.heard_since_caller_spoke()
    return spoken_form(words, today=today) in spoken_form(heard, today=today)


def last_answer(desk: Desk) -> str:
    """The caller's words, when they were the last; else nothing."""
    history = desk.conversation.history
    return history[-1].text if history and history[-1].speaker == "caller" else ""


def last_question(heard: str) -> str:
    """What the caller answers: the last question, or what was cut off before it could end as one."""
    sentences = [sentence for sentence in SENTENCE.split(heard.strip()) if not sentence.endswith((".", "!"))]
    return sentences[-1] if sentences else ""


def _were_named(desk: Desk, items: Sequence[MenuItem]) -> bool:
    """Did the desk, when it last named services, name all of these?"""
    for message in reversed(desk.conversation.history):
        if message.speaker == "desk" and (named := _named(message.text, desk.store.menu)):
            return all(item.code in named for item in items)
    return not items


def _was_another_car(desk: Desk, car: str) -> bool:
    """Did the desk, when it last named a model of car, name another one? "Civic" is said of a "Civic LX", too."""
    wanted = _letters(car)
    for message in reversed(desk.conversation.history):
        if message.speaker != "desk":
            continue
        if wanted in _letters(message.text):  # also a model of which we never heard
            return False
        found = find_vehicle(message.text)
        if found and found.model:
            return not wanted.startswith(_letters(found.model))
    return False


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _named(text: str, menu: tuple[MenuItem, ...]) -> set[str]:
    said = text.lower()
    return {item.code for item in menu if re.search(rf"\b{re.escape(item.name)}\b", said)} | set(
        find_services(text, menu)
    )


def carried_out(conversation: Conversation) -> None:
    """It is written, which nothing can be that refusal() has not let pass. Raises ImpossibleStep."""
    conversation.enter(State.EXECUTION)
