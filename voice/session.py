"""One call's life as one task group: hear, think, speak, watch; and be interrupted.

    hear    frames from the line → ears; marks → playout clock
    listen  the ears' transcriber → drafts and finished turns; speech while we talk → interruption
    answer  a finished turn → the mind's clauses → synthesizer → paced frames and marks
    watch   silence and the longest call

Whatever way a call ends, leaving run() frees all its tasks and sockets within a second and has
the transcript saved up to the last word.
"""

import asyncio
import logging
import re
import time
import traceback
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from voice import calls, recordings
from voice.answers import Answer
from voice.conversation import phrases
from voice.conversation.states import Conversation, Ending, Message, State
from voice.ears import Ears
from voice.line import Line, LineClosed
from voice.listening import continues, merged
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
    Stopped,
    Synthesizer,
    Tools,
    Transcriber,
    Typed,
    Words,
)
from voice.record import Record
from voice.speaker import Speaker
from voice.tools.registry import Toolbox
from voice.turns import CallerTurn, is_backchannel, same

log = logging.getLogger(__name__)

SILENCE_SECONDS = 8.0
WARNING_SECONDS = 13 * 60.0
LONGEST_CALL_SECONDS = 15 * 60.0
LEAVE_TAKING_SECONDS = 15.0  # from the longest call to its end, however much is still being said
LAST_WORDS_SECONDS = 0.8
KEYS_PAUSE_SECONDS = 2.0
LONGEST_WAIT_FOR_THE_FLOOR = 8.0


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody has said anything for SILENCE_SECONDS."""


@dataclass(frozen=True, slots=True)
class TimeIsShort:
    """The call has lasted WARNING_SECONDS: say so."""


@dataclass(frozen=True, slots=True)
class TimeUp:
    """The call has lasted LONGEST_CALL_SECONDS: take leave."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """Hearing is lost and may come back: say so."""


ToDo = CallerTurn | Silence | TimeIsShort | TimeUp | BadLine


class _Sentence:
    """A mind that says one fixed sentence. See ports.ReplyModel."""

    def __init__(self, text: str) -> None:
        self._text = text

    async def reply(
        self, conversation: Conversation, heard: str, tools: Tools, *, now: datetime
    ) -> AsyncGenerator[str, None]:
        yield self._text


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
        seconds: float = 0.0,
        wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.call = call
        self.line = line
        self.conversation = conversation
        self.ears = Ears(transcriber, self, self._clock)
        self.speaker = Speaker(synthesizer, self._send)
        self.mind = mind
        self.tools = tools
        self.record = record
        self.seconds_before = seconds  # of this call, in a process that was lost
        self.wall_clock = wall_clock
        self._outcome = ""
        self._began = time.monotonic()
        self._over = asyncio.Event()
        self._todo: asyncio.Queue[ToDo] = asyncio.Queue()
        self._keys_timer: asyncio.TimerHandle | None = None
        self._keys = ""
        self._answer: Answer | None = None  # being spoken, or about to be
        self._draft: Answer | None = None  # for a turn that may not be over
        self._unanswered: CallerTurn | None = None
        self._barge_in: dict[str, int] = {}
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
            await self._drop(self._draft, self._answer)
            await self._save_the_end()

    async def _run_tasks(self) -> None:
        async with AsyncExitStack() as providers:
            await providers.enter_async_context(self.ears.transcriber)
            await providers.enter_async_context(self.speaker.synthesizer)
            async with asyncio.TaskGroup() as group:
                self._group = group
                tasks = [
                    group.create_task(job, name=name)
                    for name, job in (
                        ("hear", self._hear()),
                        ("listen", self.ears.listen()),
                        ("answer", self._answer_all()),
                        ("watch", self._watch()),
                    )
                ]
                await self._over.wait()
                self._stop_timers()
                tasks[0].cancel()
                tasks[2].cancel()
                tasks[3].cancel()
                await self._drop(self._draft, self._answer)
                # The words under way when the line went dead belong to the transcript.
                with suppress(TimeoutError):
                    async with asyncio.timeout(LAST_WORDS_SECONDS):
                        await self.ears.transcriber.finish()
                        await asyncio.wait({tasks[1]})
                tasks[1].cancel()

    async def _save_the_end(self) -> None:
        self._keep_unanswered_turns()
        if self._keys:
            self._keep_turn(CallerTurn(self._keys, self._clock(), self._clock()), self.conversation.state)
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
                        await self.ears.frame(mulaw)
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
        turn = CallerTurn(text, now, now, is_typed=True)
        begun = self.ears.take()  # "my number is", and then the keys
        self._todo.put_nowait(merged(begun, turn) if begun else turn)

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

    # --- what the ears tell: see ears.Owner -------------------------------------------------

    async def speech_began(self) -> None:
        await self._suspend()

    async def words_came(self, words: Words) -> None:
        text = self.ears.listening.text
        await self._send(Caption("caller", text, is_final=False))
        if self._is_suspended and not is_backchannel(text):
            await self._interrupt()
        await self._reopen(words)

    async def draft(self, text: str) -> None:
        """Begin to think about a turn that may not be over; nothing of it is heard or written yet."""
        if self._over.is_set() or self.speaker.current or not self._todo.empty():
            return
        if self._draft and same(self._draft.heard, text):
            return
        await self._drop(self._draft)
        self._draft = self._new_answer(text)
        self._start(self._draft, self.mind)

    def turn_is_over(self, turn: CallerTurn) -> None:
        if self._is_suspended and is_backchannel(turn.text):
            self.only_noise()
            return
        self._spawn(self._send(Caption("caller", turn.text, is_final=True)))
        self._todo.put_nowait(turn)

    def only_noise(self) -> None:
        """A cough, or "mm-hmm": go on talking."""
        self._quiet_since = time.monotonic()
        if self._is_suspended and self.speaker.current:
            self.speaker.current.go_on()

    async def hearing_lost(self) -> None:
        self._todo.put_nowait(BadLine())

    async def _reopen(self, words: Words) -> None:
        """The turn that is being answered was cut too early: think again about all of it."""
        answer = self._answer
        turn = answer.turn if answer else None
        if answer is None or turn is None or turn.is_typed or answer.tools.has_written:
            return
        if answer.has_begun and not (answer.was_cut_off and continues(turn, words)):
            return
        if answer.has_begun:
            self.conversation = self.tools.conversation = answer.before
        answer.turn = None
        await self._drop(answer)
        self.ears.turn_goes_on(turn)

    # --- answer ---------------------------------------------------------------------------

    async def _answer_all(self) -> None:
        """One thing at a time: the greeting, then whatever comes up, until the call ends."""
        was_heard = await self._greet()
        while not (self.conversation.ending and was_heard and self._todo.empty()):
            was_heard = await self._answer_one(await self._todo.get())
        await self._say_farewell()

    async def _greet(self) -> bool:
        if self.conversation.history:  # a lost socket's call goes on
            return await self._utter(phrases.cut_off(self.conversation), must_be_said=True)
        answer = self._new_answer("", must_be_said=True)
        answer.release(time.monotonic())
        was_heard = await self._speak(answer, self.mind)
        if was_heard and answer.utterance.playout.is_acknowledged:
            self.record.note(partial(recordings.notice_was_heard, self.call, now=self.wall_clock()))
        return was_heard

    async def _answer_one(self, todo: ToDo) -> bool:
        """Whether the answer was heard to its end."""
        match todo:
            case CallerTurn():
                await self.tools.settle()  # a write that an interruption overtook comes first
                return await self._answer_turn(todo)
            case Silence():
                return await self._utter(phrases.after_silence(self.conversation))
            case BadLine():
                return await self._utter(phrases.BAD_LINE)
            case TimeIsShort():
                return await self._utter(phrases.TIME_IS_SHORT)
            case TimeUp():
                self.conversation.state, self.conversation.ending = State.CLOSING, Ending.GOODBYE
                return await self._utter(phrases.TIME_LIMIT, must_be_said=True)

    async def _answer_turn(self, turn: CallerTurn) -> bool:
        if self._unanswered:
            turn, self._unanswered = merged(self._unanswered, turn), None
        answer = await self._drafted(turn.text) or self._new_answer(turn.text)
        answer.turn = turn
        answer.release(self._began + turn.ends_at)
        return await self._speak(answer, self.mind)

    async def _utter(self, sentence: str, *, must_be_said: bool = False) -> bool:
        """Say a fixed sentence, without the mind."""
        answer = self._new_answer("", must_be_said=must_be_said)
        answer.release(time.monotonic())
        return await self._speak(answer, _Sentence(sentence))

    def _new_answer(self, heard: str, *, must_be_said: bool = False) -> Answer:
        utterance = self.speaker.new_utterance(must_be_said=must_be_said)
        return Answer(heard, self.conversation, self.tools, utterance, self._begin)

    def _begin(self, answer: Answer) -> None:
        """The point of no return: from now on this is what has happened."""
        self.conversation = self.tools.conversation = answer.conversation
        self._keep_caller_turn(answer)
        self.record.save_state(self.conversation)

    def _start(self, answer: Answer, mind: ReplyModel) -> asyncio.Task[bool]:
        if answer.task is None:
            work = answer.run(mind, self.speaker, self._has_the_floor, self.wall_clock())
            answer.task = asyncio.create_task(work, name="answer")
        return answer.task

    async def _speak(self, answer: Answer, mind: ReplyModel) -> bool:
        """Whether it was heard to its end: neither interrupted nor withdrawn."""
        self._answer = answer
        task = self._start(answer, mind)
        try:
            await asyncio.wait({task})
        finally:
            self._settle(answer)
        if task.cancelled():
            return False
        if not task.result():
            self._unanswered = answer.turn
            return False
        answer.begin()  # an answer without a sound counts too
        return not answer.was_cut_off

    # --- drafts and turns ------------------------------------------------------------------

    async def _drafted(self, heard: str) -> Answer | None:
        """The draft, when it answers exactly this and nothing has happened since; else none."""
        draft, self._draft = self._draft, None
        if draft is None:
            return None
        if same(draft.heard, heard) and draft.before == self.conversation and not _has_failed(draft):
            return draft
        await self._drop(draft)
        return None

    async def _drop(self, *answers: Answer | None) -> None:
        tasks = [answer.task for answer in answers if answer and answer.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _keep_caller_turn(self, answer: Answer) -> None:
        """The turn counts as it was answered, whole and once."""
        if answer.turn:
            self._keep_turn(answer.turn, answer.before.state)
            answer.turn = replace(answer.turn, is_kept=True)

    def _keep_unanswered_turns(self) -> None:
        """What the caller said and nobody came to answer belongs to the transcript."""
        turns = [self._answer.turn if self._answer and not self._answer.has_begun else None, self._unanswered]
        while not self._todo.empty():
            todo = self._todo.get_nowait()
            turns.append(todo if isinstance(todo, CallerTurn) else None)
        for turn in [*turns, self.ears.take()]:
            if turn and not turn.is_kept:
                self._keep_turn(turn, self.conversation.state)

    def _keep_turn(self, turn: CallerTurn, state: str) -> None:
        self.record.add_turn(
            Turn.Speaker.CALLER,
            turn.text,
            starts_at=turn.starts_at,
            ends_at=turn.ends_at,
            state=state,
            latencies=self._barge_in,
        )
        self._barge_in = {}

    # --- being interrupted ----------------------------------------------------------------

    async def _has_the_floor(self) -> bool:
        """May the answer begin? Not when the caller went on speaking and nothing was written yet."""
        try:
            async with asyncio.timeout(LONGEST_WAIT_FOR_THE_FLOOR):
                await self.ears.floor_is_free.wait()
        except TimeoutError:
            return True  # endless noise must not silence the desk
        utterance = self.speaker.current
        return self._todo.empty() or (utterance is not None and utterance.must_be_said)

    @property
    def _is_suspended(self) -> bool:
        return self.speaker.current is not None and self.speaker.current.is_paused

    async def _suspend(self) -> None:
        """Speech sounds while we talk: be silent at once, and see whether words follow."""
        utterance = self.speaker.current
        if utterance is None or not utterance.has_begun or utterance.is_paused:
            return
        onset = time.monotonic()
        utterance.pause()
        await self._send(Clear())
        self._barge_in = {"clear": round((time.monotonic() - onset) * 1000)}

    async def _interrupt(self, *, is_reading: bool = False) -> None:
        """The caller speaks: drop the answer. What was not heard (or read) was not said."""
        await self._suspend()
        answer = self._answer
        if answer is None or not self._is_suspended:
            return
        self._settle(answer, is_reading=is_reading)  # before the caller's words are kept
        if answer.task:
            answer.task.cancel()

    def _settle(self, answer: Answer, *, is_reading: bool = False) -> None:
        """The answer is over: history and record keep what was heard of it, once."""
        utterance = answer.utterance
        if self.speaker.current is not utterance:
            return
        self.speaker.current = None
        self._quiet_since = time.monotonic()
        if utterance.starts_at is None:
            return
        heard = utterance.heard
        script = utterance.script
        said, cut_off = script.read(utterance.sent) if is_reading else script.split(heard)
        answer.was_cut_off = bool(cut_off)
        self._await_answer_to(said)
        if said:
            self.conversation.history.append(Message(speaker="desk", text=said))
        begins = utterance.starts_at - self._began
        self.record.add_turn(
            Turn.Speaker.DESK,
            said,
            cut_off=cut_off,
            starts_at=begins,
            ends_at=begins + heard / BYTES_PER_SECOND,
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

    def _await_answer_to(self, said: str) -> None:
        """Tell the ears what was asked: by its name, where the words are those of that question."""
        is_as_asked = phrases.question(self.conversation) in said
        questions = re.findall(r"[^.!?]+\?", said)
        self.ears.listening.ask(
            self.conversation.asked if is_as_asked else "", questions[-1] if questions else ""
        )

    # --- watch ----------------------------------------------------------------------------

    async def _watch(self) -> None:
        is_warned = False
        while True:
            await asyncio.sleep(0.1)
            now = time.monotonic()
            lasted = self.seconds_before + self._clock()
            if lasted > LONGEST_CALL_SECONDS:
                return await self._take_leave()
            if lasted > WARNING_SECONDS and not is_warned:
                is_warned = True
                self._todo.put_nowait(TimeIsShort())
            if self.ears.is_speaking or self.speaker.current or not self._todo.empty():
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
        self.ears.stop()
        if self._keys_timer:
            self._keys_timer.cancel()

    def _spawn(self, job: Coroutine[Any, Any, None]) -> None:
        self._group.create_task(job)


def _has_failed(answer: Answer) -> bool:
    """A draft that failed is thought again: its error is told when it counts."""
    task = answer.task
    return task is None or (task.done() and (task.cancelled() or task.exception() is not None))


def _place(error: BaseException) -> str:
    """What went wrong and where, without the message: it may hold a caller's words."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
