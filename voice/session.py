"""One call's life as one task group: hear, think, speak, watch; and be interrupted.

    hear    frames from the line → transcriber; marks → playout clock
    listen  what was recognised → finished turns; speech while we talk → interruption
    answer  a finished turn → the mind's clauses → synthesizer → paced frames and marks
    watch   silence and the longest call

Whatever way a call ends, leaving run() frees all its tasks and sockets within a second and has
the transcript saved up to the last word.
"""

import asyncio
import logging
import time
import traceback
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from voice import calls
from voice.conversation import phrases
from voice.conversation.states import Conversation, Ending, Message, State
from voice.line import Line, LineClosed
from voice.models import Call, Turn
from voice.playout import BYTES_PER_SECOND
from voice.ports import (
    Caption,
    Clear,
    Digit,
    LineCommand,
    MarkReached,
    Media,
    Notice,
    ReplyModel,
    SpeechEnded,
    SpeechStarted,
    Stopped,
    Synthesizer,
    Transcriber,
    Typed,
    Words,
)
from voice.record import Record
from voice.speaker import Speaker, Utterance
from voice.tools.registry import Toolbox
from voice.turns import Assembler, CallerTurn, is_backchannel, wait_after

log = logging.getLogger(__name__)

SILENCE_SECONDS = 8.0
LONGEST_CALL_SECONDS = 15 * 60.0
LEAVE_TAKING_SECONDS = 15.0  # from the longest call to its end, however much is still being said
LAST_WORDS_SECONDS = 0.8
KEYS_PAUSE_SECONDS = 2.0
LONGEST_WAIT_FOR_THE_FLOOR = 8.0


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody has said anything for SILENCE_SECONDS."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """The caller only coughed or hummed: say the rest."""

    text: str


@dataclass(frozen=True, slots=True)
class TimeUp:
    """The call has lasted LONGEST_CALL_SECONDS: take leave."""


ToDo = CallerTurn | Silence | GoOn | TimeUp


class Session:
    """Owns the call's providers and conversation from the first frame to the last word."""

    def __init__(
        self,
        call: Call,
        line: Line,
        conversation: Conversation,
        *,
        transcriber: Transcriber,
        synthesizer: Synthesizer,
        mind: ReplyModel,
        tools: Toolbox,
        record: Record,
        wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.call = call
        self.line = line
        self.conversation = conversation
        self.transcriber = transcriber
        self.speaker = Speaker(synthesizer, self._send)
        self.mind = mind
        self.tools = tools
        self.record = record
        self.wall_clock = wall_clock
        self._outcome = ""
        self._began = time.monotonic()
        self._over = asyncio.Event()
        self._todo: asyncio.Queue[ToDo] = asyncio.Queue()
        self._assembler = Assembler()
        self._turn_timer: asyncio.TimerHandle | None = None
        self._keys_timer: asyncio.TimerHandle | None = None
        self._caller_is_speaking = False
        self._floor_is_free = asyncio.Event()
        self._floor_is_free.set()
        self._keys = ""
        self._answering: asyncio.Task[None] | None = None
        self._cut_off = ""
        self._unanswered = ""
        self._quiet_since = time.monotonic()

    # --- the call's life ------------------------------------------------------------------

    async def run(self) -> None:
        """Hold the conversation until either side ends it. Cancelling ends it at once."""
        self._began = time.monotonic()
        self.record.start()
        try:
            await self._run_tasks()
        except* Exception as errors:
            self._outcome = self._outcome or Call.Outcome.FAILED
            for error in errors.exceptions:
                log.error("call %s failed: %s", self.call.pk, _place(error))
        finally:
            self._stop_timers()
            await self._save_the_end()

    async def _run_tasks(self) -> None:
        async with AsyncExitStack() as providers:
            await providers.enter_async_context(self.transcriber)
            await providers.enter_async_context(self.speaker.synthesizer)
            async with asyncio.TaskGroup() as group:
                self._group = group
                tasks = [
                    group.create_task(job, name=name)
                    for name, job in (
                        ("hear", self._hear()),
                        ("listen", self._listen()),
                        ("answer", self._answer()),
                        ("watch", self._watch()),
                    )
                ]
                await self._over.wait()
                self._stop_timers()
                tasks[0].cancel()
                tasks[2].cancel()
                tasks[3].cancel()
                if self._answering:
                    self._answering.cancel()
                # The words under way when the line went dead belong to the transcript.
                with suppress(TimeoutError):
                    async with asyncio.timeout(LAST_WORDS_SECONDS):
                        await self.transcriber.finish()
                        await asyncio.wait({tasks[1]})
                tasks[1].cancel()

    async def _save_the_end(self) -> None:
        last = self._assembler.take()
        if last:
            self._keep_caller_turn(last)
        if self._keys:
            self._keep_caller_turn(CallerTurn(self._keys, self._clock(), self._clock()))
        await self.tools.settle()
        outcome = self._outcome or Call.Outcome.HUNG_UP
        conversation = self.conversation
        if conversation.ending is Ending.TRANSFER:
            outcome = Call.Outcome.TRANSFERRED
        elif conversation.booked:
            outcome = Call.Outcome.BOOKED
        elif self.tools.has_taken_message and outcome != Call.Outcome.FAILED:
            outcome = Call.Outcome.MESSAGE
        elif conversation.ending and outcome != Call.Outcome.FAILED:
            outcome = Call.Outcome.NO_BOOKING
        self.record.finish(partial(calls.finish, self.call, conversation, outcome, now=self.wall_clock()))
        await self.record.close()
        if self.line.ignored:
            log.info("call %s: messages not understood: %s", self.call.pk, dict(self.line.ignored))

    # --- hear -----------------------------------------------------------------------------

    async def _hear(self) -> None:
        try:
            while True:
                match await self.line.receive():
                    case Media(mulaw=mulaw):
                        await self.transcriber.send(mulaw)
                    case MarkReached(name=name):
                        self.speaker.mark_reached(name)
                    case Typed(text=text):
                        await self._caller_said(text, is_reading=True)
                    case Digit(digit=digit):
                        await self._key_pressed(digit)
                    case Stopped():
                        break
        except LineClosed:
            pass
        self._outcome = self._outcome or Call.Outcome.HUNG_UP
        self._over.set()

    async def _caller_said(self, text: str, *, is_reading: bool = False) -> None:
        """A whole turn at once: typed by somebody who reads the captions, or keyed in."""
        now = self._clock()
        await self._send(Caption("caller", text, is_final=True))
        await self._interrupt(is_reading=is_reading)
        self._finish_turn(CallerTurn(text, now, now))

    async def _key_pressed(self, digit: str) -> None:
        """0 asks for a person; other keys collect into a number."""
        if digit == "0" and not self._keys:
            await self._caller_said(phrases.KEY_FOR_A_PERSON)
            return
        self._keys += digit
        if self._keys_timer:
            self._keys_timer.cancel()
        self._keys_timer = self._after(KEYS_PAUSE_SECONDS, self._keys_done)

    def _keys_done(self) -> None:
        keys, self._keys = self._keys.strip("*#"), ""
        if keys:
            self._spawn(self._caller_said(keys))

    # --- listen ---------------------------------------------------------------------------

    async def _listen(self) -> None:
        async for event in self.transcriber.events():
            match event:
                case SpeechStarted():
                    await self._speech_started()
                case Words():
                    self._assembler.add(event)
                    await self._caption_caller(is_final=False)
                case SpeechEnded():
                    await self._speech_ended()

    async def _speech_started(self) -> None:
        self._caller_is_speaking = True
        self._floor_is_free.clear()
        if self._turn_timer:
            self._turn_timer.cancel()  # the sentence goes on
        await self._interrupt()

    async def _speech_ended(self) -> None:
        self._caller_is_speaking = False
        self._quiet_since = time.monotonic()
        text = self._assembler.text
        if not text or (is_backchannel(text) and self._cut_off):
            self._assembler.take()
            self._floor_is_free.set()
            if self._cut_off:
                self._todo.put_nowait(GoOn(self._cut_off))
                self._cut_off = ""
            return
        if self._turn_timer:
            self._turn_timer.cancel()
        self._turn_timer = self._after(wait_after(text, self.conversation.asked), self._turn_is_over)

    def _turn_is_over(self) -> None:
        turn = self._assembler.take()
        if turn:
            self._spawn(self._send(Caption("caller", turn.text, is_final=True)))
            self._finish_turn(turn)

    def _finish_turn(self, turn: CallerTurn) -> None:
        self._keep_caller_turn(turn)
        self.conversation.silences = 0
        self._cut_off = ""  # the caller's words are answered instead
        self._todo.put_nowait(turn)
        self._floor_is_free.set()

    def _keep_caller_turn(self, turn: CallerTurn) -> None:
        self.record.add_turn(
            Turn.Speaker.CALLER,
            turn.text,
            starts_at=turn.starts_at,
            ends_at=turn.ends_at,
            state=self.conversation.state,
        )

    async def _caption_caller(self, *, is_final: bool) -> None:
        await self._send(Caption("caller", self._assembler.text, is_final=is_final))

    # --- answer ---------------------------------------------------------------------------

    async def _answer(self) -> None:
        """One thing at a time: the greeting, then whatever comes up, until the call ends."""
        todo: ToDo | None = None
        while True:
            self._answering = self._group.create_task(self._answer_one(todo), name="answering")
            await asyncio.wait({self._answering})
            if self.conversation.ending and not self._cut_off and self._todo.empty():
                await self._say_farewell()
                return
            todo = await self._todo.get()

    async def _answer_one(self, todo: ToDo | None) -> None:
        self._cut_off = ""
        match todo:
            case CallerTurn():
                await self.tools.settle()  # a write that an interruption overtook comes first
                await self._answer_turn(todo)
            case GoOn(text=text):
                await self._utter(text)
            case Silence():
                await self._utter(phrases.after_silence(self.conversation))
            case TimeUp():
                self.conversation.state, self.conversation.ending = State.CLOSING, Ending.GOODBYE
                await self._utter(phrases.TIME_LIMIT, must_be_said=True)
            case None:
                await self._think_and_speak("", since=time.monotonic())

    async def _answer_turn(self, turn: CallerTurn) -> None:
        conversation = self.conversation
        if conversation.ending is Ending.GOODBYE:
            conversation.ending = None  # the caller had one more thing to say
        heard = f"{self._unanswered} {turn.text}".strip()
        if self._unanswered and conversation.history:
            conversation.history.pop()
        self._unanswered = ""
        conversation.history.append(Message(speaker="caller", text=heard))
        await self._think_and_speak(heard, since=self._began + turn.ends_at)

    async def _think_and_speak(self, heard: str, *, since: float) -> None:
        """Answer what was heard, "" for the greeting, which alone is never taken back."""
        before = self.conversation.model_copy(deep=True)
        utterance = self._begin_utterance(since, must_be_said=not heard)
        reply = self.mind.reply(self.conversation, heard, self.tools, now=self.wall_clock())
        try:
            async with aclosing(reply) as clauses:
                async for clause in clauses:
                    utterance.stamp("first_clause")
                    if not await self.speaker.say(utterance, clause, self._has_the_floor):
                        self._take_back(before, heard)
                        return
            await self.speaker.heard_out(utterance)
        finally:
            self._settle(utterance)

    async def _has_the_floor(self) -> bool:
        """May the answer begin? Not when the caller went on speaking and nothing was written yet."""
        try:
            async with asyncio.timeout(LONGEST_WAIT_FOR_THE_FLOOR):
                await self._floor_is_free.wait()
        except TimeoutError:
            return True  # endless noise must not silence the desk
        utterance = self.speaker.current
        must_be_said = self.tools.has_written or (utterance is not None and utterance.must_be_said)
        return must_be_said or self._todo.empty()

    def _take_back(self, before: Conversation, heard: str) -> None:
        """Forget the unspoken answer: the next turn is thought about together with this one."""
        for name in type(before).model_fields:
            setattr(self.conversation, name, getattr(before, name))
        self._unanswered = heard

    async def _utter(self, sentence: str, *, must_be_said: bool = False) -> None:
        """Say a fixed sentence, without the mind."""
        utterance = self._begin_utterance(time.monotonic(), must_be_said=must_be_said)
        try:
            if await self.speaker.say(utterance, sentence, self._has_the_floor):
                await self.speaker.heard_out(utterance)
        finally:
            self._settle(utterance)

    def _begin_utterance(self, since: float, *, must_be_said: bool) -> Utterance:
        self.tools.begin_turn()
        return self.speaker.begin(since, must_be_said=must_be_said)

    async def _interrupt(self, *, is_reading: bool = False) -> None:
        """The caller speaks: stop talking at once. What was not heard (or read) was not said."""
        utterance = self.speaker.current
        if utterance is None or utterance.playout.sent_bytes == 0:
            return
        utterance.playout.clear(time.monotonic())
        self._settle(
            utterance, is_reading=is_reading
        )  # before the caller's words are kept, and however long the rest takes to stop
        if self._answering:
            self._answering.cancel()
        await self._send(Clear())

    def _settle(self, utterance: Utterance, *, is_reading: bool = False) -> None:
        """The utterance is over: history and record keep what was heard of it, once."""
        if self.speaker.current is not utterance:
            return
        self.speaker.current = None
        self._quiet_since = time.monotonic()
        if utterance.starts_at is None:
            return
        heard_bytes = utterance.playout.heard(time.monotonic())
        said, self._cut_off = utterance.script.read() if is_reading else utterance.script.split(heard_bytes)
        if said:
            self.conversation.history.append(Message(speaker="desk", text=said))
        begins = utterance.starts_at - self._began
        self.record.add_turn(
            Turn.Speaker.DESK,
            said,
            cut_off=self._cut_off,
            starts_at=begins,
            ends_at=begins + heard_bytes / BYTES_PER_SECOND,
            state=self.conversation.state,
            latencies=utterance.latencies,
        )
        self.record.save_state(self.conversation)

    async def _say_farewell(self) -> None:
        """The last words were heard: leave the line. The carrier asks after-stream what is next."""
        is_transfer = self.conversation.ending is Ending.TRANSFER
        text = phrases.RINGING if is_transfer else phrases.CALL_ENDED
        await self._send(Notice("ringing" if is_transfer else "ended", text))
        self._outcome = Call.Outcome.NO_BOOKING
        self._over.set()

    # --- watch ----------------------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            now = time.monotonic()
            if now - self._began > LONGEST_CALL_SECONDS:
                return await self._take_leave()
            if self._caller_is_speaking or self.speaker.current or not self._todo.empty():
                self._quiet_since = now
            elif now - self._quiet_since > SILENCE_SECONDS:
                self._quiet_since = now
                self._todo.put_nowait(Silence())

    async def _take_leave(self) -> None:
        """Say that the time is up. A caller who talks on is heard out only so long."""
        await self._interrupt()
        self._todo.put_nowait(TimeUp())
        await asyncio.sleep(LEAVE_TAKING_SECONDS)
        self._over.set()

    # --- small things ---------------------------------------------------------------------

    async def _send(self, command: LineCommand) -> None:
        """A line that is gone ends the call; what was on its way to it is nobody's error."""
        try:
            await self.line.send(command)
        except LineClosed:
            self._outcome = self._outcome or Call.Outcome.HUNG_UP
            self._over.set()

    def _clock(self) -> float:
        """Seconds since the media stream began."""
        return time.monotonic() - self._began

    def _after(self, seconds: float, then: Callable[[], None]) -> asyncio.TimerHandle | None:
        if self._over.is_set():
            return None
        return asyncio.get_running_loop().call_later(seconds, then)

    def _stop_timers(self) -> None:
        for timer in (self._turn_timer, self._keys_timer):
            if timer:
                timer.cancel()

    def _spawn(self, job: Coroutine[Any, Any, None]) -> None:
        self._group.create_task(job)


def _place(error: BaseException) -> str:
    """What went wrong and where, without the message: it may hold a caller's words."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
