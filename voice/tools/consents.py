"""Tools about automated calls and texts: agreed to, or stopped at once."""

from pydantic import BaseModel, ConfigDict, Field

from crm import consent
from crm.models import Customer
from voice.calls import promise_callback
from voice.conversation import phrases, questions
from voice.conversation.choices import is_yes
from voice.conversation.numbers import find_phone
from voice.conversation.states import Conversation
from voice.models import Call
from voice.ports import ToolResult
from voice.tools import agreement
from voice.tools.desk import Text
from voice.tools.registry import Desk, tool

LONGEST_ANSWER = 300


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    is_granted: bool = Field(description="Whether the caller agreed.")


@tool(
    "Keep the caller's answer to whether an automated call and text may remind them, right after they were asked. "
    "Ask once, after a booking.",
    is_write=True,
    is_lasting=False,
)
def keep_consent(desk: Desk, answer: Answer) -> ToolResult:
    """What was asked and answered is what was heard on the line, whatever a mind makes of it."""
    question, said = questions.QUESTIONS[questions.ASK_CONSENT], agreement.last_answer(desk)
    if not said or not agreement.was_heard(desk, question):
        return ToolResult("not_asked", question)
    if answer.is_granted and not is_yes(said):
        return ToolResult("not_agreed", data={"then_ask": question})
    customer = _customer(desk)
    number = desk.conversation.slots.phone or desk.call.caller_number
    if customer is None or not number:
        return ToolResult("nobody", phrases.ALL_RIGHT)
    consent.note(
        customer,
        number,
        answer.is_granted,
        wording=f"{question} Customer: {said[:LONGEST_ANSWER]}",
        source=f"call {desk.call.sid}",
        now=desk.now,
    )
    desk.conversation.has_consent = answer.is_granted
    return ToolResult("ok", phrases.WILL_REMIND if answer.is_granted else phrases.WILL_NOT_REMIND)


@tool(
    "Stop automated calls and texts to the caller's number, at once, whenever they want none. The code "
    "which_number: ask which number we call them on, read it back, then use this again.",
    is_write=True,
)
def opt_out(desk: Desk, said: Text) -> ToolResult:
    """The call's own number, where a customer has it; else the one that the caller has said in this call."""
    call, conversation = desk.call, desk.conversation
    conversation.has_consent = False
    if _revoke(desk, call.caller_number, said.text) or call.direction == Call.Direction.OUTBOUND:
        return ToolResult("ok", phrases.OPTED_OUT)
    number = _said_number(conversation)
    if not number:
        return ToolResult("which_number", phrases.WHICH_NUMBER)
    if not _revoke(desk, number, said.text):
        # The same words for a number that nobody has: who it belongs to is not told.
        promise_callback(
            call, f"Wants no calls to {number}, which no customer has: {said.text}", due_at=desk.now
        )
    return ToolResult("ok", phrases.OPTED_OUT_OF)


def _revoke(desk: Desk, number: str, words: str) -> int:
    """How many customers' it was."""
    source = f"call {desk.call.sid}"
    return consent.revoke(
        desk.call.rooftop, number, wording=f"Customer: {words}", source=source, now=desk.now
    )


def _said_number(conversation: Conversation) -> str:
    """The last that the caller said themselves: no mind can name another. E.164, "" for none."""
    said = [message.text for message in conversation.history if message.speaker == "caller"]
    return next((number for text in reversed(said) if (number := find_phone(text))), "")


def _customer(desk: Desk) -> Customer | None:
    call = Call.objects.select_related("customer").get(pk=desk.call.pk)
    return call.customer
