"""A caller who types: holds a conversation with the built-in mind and the real tools, without audio."""

from datetime import datetime

from tests.factories import SATURDAY
from voice import calls
from voice.conversation import saying
from voice.conversation.states import Conversation, Message
from voice.database import in_database
from voice.models import Call
from voice.ports import ReplyModel
from voice.replies.builtin import BuiltinReplies
from voice.tools.registry import Toolbox
from voice.tools.store import load_store

OTTO_NUMBER = "+12125550100"
MARIA = "+12125550143"
STRANGER = "+12125550188"


def agree(
    conversation: Conversation, moment: datetime, what: str = "an oil change", asks: str = "Shall I book it?"
) -> None:
    """The desk has read this moment (store-local) back, and the caller has said yes."""
    read_back = f"So that's {what} on {saying.say_moment(moment)}. {asks}"
    conversation.history.append(Message(speaker="desk", text=read_back))
    conversation.history.append(Message(speaker="caller", text="Yes, please."))


class Talk:
    """`talk = await Talk.begin(MARIA)`, then `await talk.say("…")` returns the desk's words."""

    def __init__(self, call: Call, conversation: Conversation, toolbox: Toolbox, now: datetime) -> None:
        self.call = call
        self.conversation = conversation
        self.toolbox = toolbox
        self.now = now
        self.mind: ReplyModel = BuiltinReplies(toolbox.store)
        self.greeting = ""

    @classmethod
    async def begin(cls, number: str, *, sid: str = "CA1", now: datetime = SATURDAY) -> "Talk":
        def prepare() -> tuple[Call, Conversation, Toolbox]:
            call = calls.open_call(
                carrier="browser", sid=sid, caller_number=number, called_number=OTTO_NUMBER, now=now
            )
            conversation = calls.begin_conversation(call)
            store = load_store(call.rooftop, now=now)
            return call, conversation, Toolbox(call, store, conversation, wall_clock=lambda: now)

        talk = cls(*await in_database(prepare), now)
        talk.greeting = await talk._reply("")
        return talk

    async def say(self, text: str) -> str:
        self.conversation.history.append(Message(speaker="caller", text=text))
        return await self._reply(text)

    async def _reply(self, heard: str) -> str:
        clauses = [
            clause async for clause in self.mind.reply(self.conversation, heard, self.toolbox, now=self.now)
        ]
        reply = " ".join(clauses)
        self.conversation.history.append(Message(speaker="desk", text=reply))
        return reply
