"""Tools about automated calls and texts: agreed to, or stopped at once."""

from pydantic import BaseModel, ConfigDict, Field

from crm import consent
from crm.models import Customer
from voice.conversation import phrases, questions
from voice.models import Call
from voice.ports import ToolResult
from voice.tools.desk import Text
from voice.tools.registry import Desk, tool


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    is_granted: bool = Field(description="Whether the caller agreed.")
    words: str = Field(max_length=300, description="The caller's answer, word for word.")


@tool(
    "Keep the caller's answer to whether an automated call and text may remind them. Ask once, after a booking.",
    is_write=True,
    is_lasting=False,
)
def keep_consent(desk: Desk, answer: Answer) -> ToolResult:
    customer = _customer(desk)
    number = desk.conversation.slots.phone or desk.call.caller_number
    if customer is None or not number:
        return ToolResult("nobody", phrases.ALL_RIGHT)
    consent.note(
        customer,
        number,
        answer.is_granted,
        wording=f"{questions.QUESTIONS[questions.ASK_CONSENT]} Customer: {answer.words}",
        source=f"call {desk.call.sid}",
        now=desk.now,
    )
    desk.conversation.has_consent = answer.is_granted
    return ToolResult("ok", phrases.WILL_REMIND if answer.is_granted else phrases.WILL_NOT_REMIND)


@tool(
    "Stop automated calls and texts to the caller's number, at once, whenever they want none.", is_write=True
)
def opt_out(desk: Desk, said: Text) -> ToolResult:
    number = desk.call.caller_number
    consent.revoke(
        desk.call.rooftop,
        number,
        wording=f"Customer: {said.text}",
        source=f"call {desk.call.sid}",
        now=desk.now,
    )
    desk.conversation.has_consent = False
    return ToolResult("ok", phrases.OPTED_OUT)


def _customer(desk: Desk) -> Customer | None:
    call = Call.objects.select_related("customer").get(pk=desk.call.pk)
    return call.customer
