"""A language model thinks; when every model of it fails, the built-in replies go on in its place.

Both minds share the conversation's state, so the caller keeps what was said and can still book.
"""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime

from crm import faults
from voice.breaker import Breaker
from voice.conversation.states import Conversation
from voice.ports import ProviderError, ReplyModel, Tools

breaker = Breaker()


class FallbackReplies:
    """See ports.ReplyModel. Each answer is begun by the first mind and finished by whichever can."""

    def __init__(self, first: ReplyModel, second: ReplyModel) -> None:
        self.first = first
        self.second = second

    async def reply(
        self, conversation: Conversation, heard: str, tools: Tools, *, now: datetime
    ) -> AsyncGenerator[str, None]:
        before = conversation.apart()
        if breaker.allows(time.monotonic()):
            try:
                async with aclosing(self.first.reply(conversation, heard, tools, now=now)) as clauses:
                    async for clause in clauses:
                        yield clause
                breaker.succeeded()
                return
            except ProviderError as error:
                breaker.failed(time.monotonic())
                faults.record(
                    faults.Source.THINKING,
                    "model_failed",
                    f"{error}. The built-in replies went on.",
                    call_sid=conversation.call_sid,
                )
        _go_back(conversation, before)
        async with aclosing(self.second.reply(conversation, heard, tools, now=now)) as clauses:
            async for clause in clauses:
                yield clause


def _go_back(conversation: Conversation, before: Conversation) -> None:
    """Forget what the first mind noted of this turn, but not what it did."""
    if conversation.booked != before.booked or conversation.ending != before.ending:
        return
    offers = conversation.offers
    for name in type(before).model_fields:
        setattr(conversation, name, getattr(before, name))
    if offers != before.offers:  # the caller may have heard them
        conversation.offers, conversation.chosen = offers, None
