"""One turn of the built-in replies: what every flow works on, and the little they share."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from voice.conversation import questions
from voice.conversation.facts import Store
from voice.conversation.meaning import forget_offers
from voice.conversation.states import Conversation, DayWish, Intent, State
from voice.ports import ToolResult, Tools

GO_ON = ""


@dataclass(slots=True)
class Turn:
    store: Store
    conversation: Conversation
    tools: Tools
    local: datetime  # now, in the store's zone
    was_aside: bool = False  # the caller asked something in between
    took_in: bool = False  # and said something new beside it
    goes_on: bool = False  # it is answered, and leaves the flow where it was

    @property
    def today(self) -> date:
        """In the store's calendar."""
        return self.local.date()

    async def use(self, tool: str, **arguments: Any) -> ToolResult:
        return await self.tools.call(tool, arguments)

    def ask(self, question: str, state: State) -> str:
        """Open a question, by its name in phrases.py; its words."""
        self.conversation.turn_to(state)
        self.conversation.asked = question
        return questions.question(self.conversation)

    def ask_anything_else(self, said: str) -> str:
        """The wish is dealt with."""
        return f"{said} {self.ask(questions.ASK_ANYTHING_ELSE, State.CLOSING)}".strip()

    def and_the_question(self, said: str) -> str:
        """Something in between; the open question is asked again."""
        return f"{said} {questions.question(self.conversation)}".strip()

    def start_over(self) -> None:
        """One more wish in the same call: the caller and the car stay, the rest is asked anew."""
        conversation = self.conversation
        filled = conversation.slots
        filled.services, filled.concern, filled.wish, filled.transport = [], "", DayWish(), ""
        conversation.intent = Intent.UNKNOWN
        conversation.visit, conversation.has_offered_move = None, False
        forget_offers(conversation)
