"""One answer of the desk: thought, synthesized and played at the same time.

An answer may start as a draft, while it is not sure yet that the caller has finished. Until it is
released nothing of it is heard and nothing written; until it has begun (its first sound, or a
write that lasts) it can be withdrawn without a trace, for it works on its own copy of the
conversation.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime

from crm import faults
from voice.conversation import phrases
from voice.conversation.intents import find_intent
from voice.conversation.states import Conversation, Ending, Intent, Message
from voice.ports import ProviderError, ReplyModel
from voice.speaker import Speaker, Utterance
from voice.tools.registry import AnswerTools, Toolbox
from voice.turns import CallerTurn

LOOK_EVERY_SECONDS = 0.1
# A tool that takes this long, a mind that takes that long, and between two fillers.
TOOL_SECONDS, MIND_SECONDS, FILLER_SECONDS = 0.7, 1.6, 3.0


class Answer:
    """heard is what it answers, "" for the greeting. begin is called once, at the point of no return."""

    def __init__(
        self,
        heard: str,
        before: Conversation,
        box: Toolbox,
        utterance: Utterance,
        begin: Callable[["Answer"], None],
    ) -> None:
        self.heard = heard
        self.before = before.apart()  # it may change after, by a write that was under way
        self.conversation = before.apart()
        self.utterance = utterance
        self.tools = AnswerTools(box, self.conversation, self.begin, self._token_came)
        self.has_begun = False
        self.was_cut_off = False
        self.turn: CallerTurn | None = None  # that it answers; None when that was not over after all
        self.task: asyncio.Task[bool] | None = None
        self._begin = begin
        self._fillers = 0
        self._quiet_since = 0.0
        if heard:
            self._take_turn(heard)

    def _take_turn(self, heard: str) -> None:
        conversation = self.conversation
        conversation.silences = 0
        conversation.is_holding = find_intent(heard) is Intent.HOLD_ON
        conversation.history.append(Message(speaker="caller", text=heard))
        if conversation.ending is Ending.GOODBYE:
            conversation.ending = None  # the caller had one more thing to say

    @property
    def is_released(self) -> bool:
        return self.utterance.released.is_set()

    def release(self, since: float, told_at: float | None = None) -> None:
        """The caller has finished, at since; told_at is when the words were all known (monotonic)."""
        self._quiet_since = time.monotonic()
        self.utterance.release(since, told_at)
        self.tools.release()

    def _token_came(self) -> None:
        self.utterance.stamp("first_token")

    def begin(self) -> None:
        if not self.has_begun:
            self.has_begun = True
            self._begin(self)

    async def run(
        self, mind: ReplyModel, speaker: Speaker, may_begin: Callable[[], Awaitable[bool]], now: datetime
    ) -> bool:
        """Think and speak until the last word was heard; False when it was not to begin.

        Cancelling stops both; a write that has begun goes on. Raises ProviderError.
        """

        async def may_be_heard() -> bool:
            # After a lasting write the answer waits for the floor, too, but it must be said.
            if not (await may_begin() or self.has_begun):
                return False
            self.begin()
            return True

        playing = asyncio.create_task(speaker.play(self.utterance, may_be_heard), name="play")
        thinking = asyncio.create_task(self._think(mind, speaker, now), name="think")
        try:
            await asyncio.wait({playing, thinking}, return_when=asyncio.FIRST_COMPLETED)
            if not playing.done():
                thinking.result()
                self.utterance.complete()
            return await playing
        finally:
            playing.cancel()
            thinking.cancel()
            await asyncio.gather(playing, thinking, return_exceptions=True)

    async def _think(self, mind: ReplyModel, speaker: Speaker, now: datetime) -> None:
        reply = mind.reply(self.conversation, self.heard, self.tools, now=now)
        async with aclosing(reply), aclosing(self._with_fillers(reply)) as clauses:
            async for clause in clauses:
                await self._say(speaker, clause)

    async def _say(self, speaker: Speaker, clause: str) -> None:
        try:
            await speaker.say(self.utterance, clause)
        except ProviderError as error:
            faults.record(
                faults.Source.SPEAKING,
                "voice_failed",
                f"{error}. A call was given to the front desk, or to a promise to call back.",
                call_sid=self.conversation.call_sid,
            )
            raise

    async def _with_fillers(self, reply: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
        """The reply's clauses, and a few words that promise nothing where they take too long."""
        pending = asyncio.ensure_future(_next(reply))
        try:
            while True:
                done, _ = await asyncio.wait({pending}, timeout=LOOK_EVERY_SECONDS)
                if not done:
                    if self._needs_a_filler():
                        yield phrases.filler(self._fillers)
                        self._fillers += 1
                        self._quiet_since = time.monotonic()  # it may be over before the next look
                    continue
                clause = pending.result()
                if clause is None:
                    return
                self._token_came()  # a mind without tokens: its first clause is the first
                self.utterance.stamp("first_clause")
                pending = asyncio.ensure_future(_next(reply))
                yield clause
        finally:
            pending.cancel()
            await asyncio.gather(pending, return_exceptions=True)

    def _needs_a_filler(self) -> bool:
        now = time.monotonic()
        if not self.is_released or self.utterance.is_paused or not self.utterance.is_silent:
            self._quiet_since = now
            return False
        if self._fillers:
            return now - self._quiet_since > FILLER_SECONDS
        since = self.tools.running_since
        return (since is not None and now - max(since, self._quiet_since) > TOOL_SECONDS) or (
            now - self._quiet_since > MIND_SECONDS
        )


async def _next(reply: AsyncIterator[str]) -> str | None:
    return await anext(reply, None)
