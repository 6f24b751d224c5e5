"""Who says what next: turns are answered one at a time, drafted early, and interrupted.

The session puts in what happens (typed turns, silences, limits), the ears what is heard; out come
answers on the line, and turns and state in the record.
"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from crm import faults
from voice import recordings
from voice.answers import Answer
from voice.conversation import phrases, questions
from voice.conversation.intents import find_intent
from voice.conversation.states import Conversation, Ending, Intent, Message, State
from voice.ears import Ears
from voice.listening import continues, merged
from voice.models import Turn
from voice.ports import Caption, Clear, LineCommand, ReplyModel, Synthesizer, Tools, Transcriber, Words
from voice.record import Record
from voice.speaker import Speaker
from voice.tools.registry import Toolbox
from voice.turns import CallerTurn, is_agreement, is_backchannel, same

LONGEST_WAIT_FOR_THE_FLOOR = 8.0
LATEST_SECONDS = 2.0  # that a process takes the first sound after it came


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


class Dialogue:
    """One call's conversation, from the greeting to the last word. Is the ears' Owner.

    Positions are seconds since the media stream began.
    """

    def __init__(
        self,
        conversation: Conversation,
        *,
        transcriber: Transcriber,
        synthesizer: Synthesizer,
        mind: ReplyModel,
        tools: Toolbox,
        record: Record,
        send: Callable[[LineCommand], Awaitable[None]],
        wall_clock: Callable[[], datetime],
    ) -> None:
        self.conversation = conversation
        self.ears = Ears(transcriber, self, self.clock)
        self.speaker = Speaker(synthesizer, send)
        self.tools = tools
        self.quiet_since = time.monotonic()  # nobody has said anything
        self._mind = mind
        self._record = record
        self._send = send
        self._wall_clock = wall_clock
        self._began = self._started_at = time.monotonic()
        self._late_by = 0.0
        self._is_over = False
        self._todo: asyncio.Queue[ToDo] = asyncio.Queue()
        self._answer: Answer | None = None  # being spoken, or about to be
        self._is_answering = False
        self._draft: Answer | None = None  # for a turn that may not be over
        self._unanswered: CallerTurn | None = None
        self._barge_in: dict[str, int] = {}

    def begin(self, began: float) -> None:
        """The media stream began then (monotonic); nobody could be answered before now."""
        self._began = self._started_at = began
        self.quiet_since = time.monotonic()

    def clock(self) -> float:
        return time.monotonic() - self._began

    def clock_is_late(self, seconds: float) -> None:
        """The recogniser's positions count from the first sound, and a busy process may take that late.

        With a clock that began later, the caller's words seem so much later than they were, and so do our answers.
        """
        self._late_by = min(LATEST_SECONDS, self._late_by + seconds)
        self._began = self._started_at - self._late_by

    def put(self, todo: ToDo) -> None:
        """Something to be answered, when its turn comes."""
        self._todo.put_nowait(todo)

    async def say_for_caller(self, text: str, *, is_reading: bool = False) -> None:
        """A whole turn at once: typed by somebody who reads the captions, or keyed in."""
        now = self.clock()
        await self._send(Caption("caller", text, is_final=True))
        await self.interrupt(is_reading=is_reading)
        turn = CallerTurn(text, now, now, is_typed=True)
        begun = self.ears.take()  # "my number is", and then the keys
        self.put(merged(begun, turn) if begun else turn)

    @property
    def is_busy(self) -> bool:
        """Does somebody speak, or is something about to be said?"""
        is_desks_turn = self._is_answering or not self._todo.empty()
        return self.ears.is_speaking or self.speaker.current is not None or is_desks_turn

    async def stop(self) -> None:
        """Nothing more is said or thought; what was written goes on."""
        self._is_over = True
        self.ears.stop()
        await self._drop(self._draft, self._answer)

    # --- what the ears tell: see ears.Owner -------------------------------------------------

    async def speech_began(self, at: float) -> None:
        await self._suspend(at)

    async def words_came(self, words: Words) -> None:
        text = self.ears.listening.text
        await self._send(Caption("caller", text, is_final=False))
        if self._is_talking and not self._only_listens(text):
            await self.interrupt()
        await self._reopen(words)

    async def draft(self, text: str) -> None:
        """Begin to think about a turn that may not be over; nothing of it is heard or written yet."""
        if self._draft and same(self._draft.heard, text):
            return
        stale, self._draft = self._draft, None
        await self._drop(stale)
        if self._is_over or self._draft or self.speaker.current or not self._todo.empty():
            return
        self._draft = self._new_answer(text)
        self._start(self._draft, self._mind)

    def turn_is_over(self, turn: CallerTurn) -> None:
        if self._is_talking and self._only_listens(turn.text):
            self.only_noise()
            return
        self.put(turn)

    def _only_listens(self, text: str) -> bool:
        """ "Mm-hmm"; and the "hello?" of somebody who picks up, while we say who rings."""
        is_hello = self.conversation.purpose is not None and find_intent(text) is Intent.GREETING
        return is_hello or is_backchannel(text)

    def only_noise(self) -> None:
        """A cough, or "mm-hmm": go on talking."""
        self._barge_in = {}
        self.quiet_since = time.monotonic()
        if self._is_suspended and self.speaker.current:
            self.speaker.current.go_on()

    def hearing_lost(self) -> None:
        faults.record(
            faults.Source.HEARING,
            "connection_lost",
            "A call's connection to the recogniser was lost; it is made again and the audio sent once more.",
            call_sid=self.conversation.call_sid,
        )

    def was_not_heard(self) -> None:
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

    async def answer_all(self) -> None:
        """One thing at a time: the greeting, then whatever comes up; returns when the last word was heard."""
        was_heard = await self._greet()
        while not (self.conversation.ending and was_heard and self._todo.empty()):
            todo = await self._todo.get()
            self._is_answering = True
            was_heard = await self._answer_one(todo)
            self._is_answering = False
            if self._unanswered and self._todo.empty():  # what withdrew it was no turn
                self._todo.put_nowait(self._unanswered)
                self._unanswered = None

    async def _greet(self) -> bool:
        if self.conversation.history:  # a lost socket's call goes on
            return await self._utter(phrases.cut_off(self.conversation), must_be_said=True)
        answer = self._new_answer("", must_be_said=True)
        answer.release(time.monotonic())
        was_heard = await self._speak(answer, self._mind)
        if was_heard and answer.utterance.playout.is_acknowledged:
            self._record.note(partial(recordings.notice_was_heard, self._record.call, now=self._wall_clock()))
        return was_heard

    async def _answer_one(self, todo: ToDo) -> bool:
        """Whether the answer was heard to its end."""
        match todo:
            case CallerTurn():
                if not todo.is_typed:
                    await self._send(Caption("caller", todo.text, is_final=True))
                await self.tools.finish_writing()  # one that an interruption overtook comes first
                return await self._answer_turn(todo)
            case Silence():
                return await self._utter(phrases.after_silence(self.conversation))
            case BadLine():
                return await self._utter(phrases.BAD_LINE)
            case TimeIsShort():
                return await self._utter(phrases.TIME_IS_SHORT)
            case TimeUp():
                self.conversation.enter(State.CLOSING)
                self.conversation.ending = Ending.GOODBYE
                return await self._utter(phrases.TIME_LIMIT, must_be_said=True)

    async def _answer_turn(self, turn: CallerTurn) -> bool:
        if self._unanswered:
            turn, self._unanswered = merged(self._unanswered, turn), None
        if self.conversation.ending is Ending.TRANSFER:
            if is_agreement(turn.text):
                self.keep_turn(turn, self.conversation.state)
                return await self._utter(phrases.CONNECTING)
            self.conversation.ending = None  # the caller had one more thing to say
        answer = await self._drafted(turn.text) or self._new_answer(turn.text)
        answer.turn = turn
        told_at = self._began + turn.told_at if turn.told_at else None
        answer.release(self._began + turn.ends_at, told_at)
        return await self._speak(answer, self._mind)

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
        self._record.save_state(self.conversation)

    def _start(self, answer: Answer, mind: ReplyModel) -> asyncio.Task[bool]:
        if answer.task is None:
            work = answer.run(mind, self.speaker, self._has_the_floor, self._wall_clock())
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
            self._unanswered = answer.turn or self._unanswered
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
            self.keep_turn(answer.turn, answer.before.state)
            answer.turn = replace(answer.turn, kept=answer.turn.text)

    def keep_unanswered_turns(self) -> None:
        """What the caller said and nobody came to answer belongs to the transcript."""
        turns = [self._answer.turn if self._answer and not self._answer.has_begun else None, self._unanswered]
        while not self._todo.empty():
            todo = self._todo.get_nowait()
            turns.append(todo if isinstance(todo, CallerTurn) else None)
        turns.append(self.ears.take())
        for turn in dict.fromkeys(turns):
            if turn:
                self.keep_turn(turn, self.conversation.state)

    def keep_turn(self, turn: CallerTurn, state: str) -> None:
        fresh = turn.text.removeprefix(turn.kept).strip()
        if not fresh:
            return
        self._record.add_turn(
            Turn.Speaker.CALLER,
            fresh,
            starts_at=turn.goes_on_at if turn.kept else turn.starts_at,
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
    def _is_talking(self) -> bool:
        return self.speaker.current is not None and self.speaker.current.has_begun

    @property
    def _is_suspended(self) -> bool:
        return self.speaker.current is not None and self.speaker.current.is_paused

    async def _suspend(self, since: float) -> None:
        """Speech sounds while we talk, since then: be silent at once, and see whether words follow."""
        utterance = self.speaker.current
        if utterance is None or not utterance.has_begun or utterance.is_paused:
            return
        utterance.pause()
        await self._send(Clear())
        self._barge_in = {"clear": round((self.clock() - since) * 1000)}

    async def interrupt(self, *, is_reading: bool = False) -> None:
        """The caller speaks: drop the answer. What was not heard (or read) was not said."""
        await self._suspend(self.clock())
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
        self.quiet_since = time.monotonic()
        if utterance.starts_at is None:
            return
        heard = utterance.heard
        script = utterance.script
        said, cut_off = script.read(utterance.sent) if is_reading else script.split(heard)
        answer.was_cut_off = bool(cut_off)
        self._await_answer_to(said)
        if said:
            self.conversation.history.append(Message(speaker="desk", text=said))
        ends_at = utterance.paused_at if utterance.is_paused else time.monotonic()
        self._record.add_turn(
            Turn.Speaker.DESK,
            said,
            cut_off=cut_off,
            starts_at=utterance.starts_at - self._began,
            ends_at=ends_at - self._began,
            state=_state_of(answer),
            latencies=utterance.latencies,
            intent=self.conversation.intent,
            slots=self.conversation.known(),
            changes=self.conversation.changes_since(answer.before),
        )
        self._record.save_state(self.conversation)

    def _await_answer_to(self, said: str) -> None:
        """Tell the ears what was asked: by its name, where the words are those of that question."""
        if "?" not in said:
            return  # what was asked before still stands
        is_as_asked = questions.is_asked(self.conversation, said)
        words = re.findall(r"[^.!?]+\?", said)
        self.ears.listening.ask(self.conversation.asked if is_as_asked else "", words[-1] if words else "")


def _state_of(answer: Answer) -> State:
    """What the desk did in it: an answer that wrote an appointment goes on to what is next in the same breath."""
    has_written = answer.conversation.booked != answer.before.booked
    return State.EXECUTION if has_written else answer.conversation.state


def _has_failed(answer: Answer) -> bool:
    """A draft that failed is thought again: its error is told when it counts."""
    task = answer.task
    return task is None or (task.done() and (task.cancelled() or task.exception() is not None))
