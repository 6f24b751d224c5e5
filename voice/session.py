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
import time
import traceback
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from voice import calls, control
from voice.audience import Audience
from voice.captions import Captions
from voice.completeness import Expected
from voice.conversation import phrases
from voice.conversation.states import Conversation, Ending
from voice.dialogue import Dialogue, Silence, TimeIsShort, TimeUp
from voice.line import Line, LineClosed
from voice.models import Call
from voice.ports import (
    CountingSynthesizer,
    Digit,
    LineCommand,
    MarkReached,
    Media,
    Notice,
    ProviderError,
    ReplyModel,
    Stopped,
    Transcriber,
    Typed,
)
from voice.record import Record
from voice.tools.registry import Toolbox
from voice.turns import CallerTurn

log = logging.getLogger(__name__)

SILENCE_SECONDS = 8.0
HOLD_SECONDS = 60.0  # "hold on a second"
WARNING_SECONDS = 13 * 60.0
LONGEST_CALL_SECONDS = 15 * 60.0
LEAVE_TAKING_SECONDS = 15.0  # from the longest call to its end, however much is still being said
LAST_WORDS_SECONDS = 0.8
# While what was said is written, the caller hears nothing: longer than this they do not wait for it.
FAREWELL_SECONDS = 1.0
KEYS_PAUSE_SECONDS = 2.0
NUMBERS = (Expected.PHONE, Expected.VIN, Expected.BIRTH_DATE, Expected.SPELLING)  # what keys may answer


class Session:
    """Owns the call's providers and conversation from the first frame to the last word."""

    def __init__(
        self,
        call: Call,
        line: Line,
        conversation: Conversation,
        *,
        transcriber: Transcriber,
        synthesizer: CountingSynthesizer,
        mind: ReplyModel,
        tools: Toolbox,
        record: Record,
        captions: Captions | None = None,
        seconds: float = 0.0,
        wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.call = call
        self.line = line
        self.dialogue = Dialogue(
            conversation,
            transcriber=transcriber,
            synthesizer=synthesizer,
            mind=mind,
            tools=tools,
            record=record,
            send=self._send,
            wall_clock=wall_clock,
        )
        self.transcriber = transcriber
        self.synthesizer = synthesizer
        self.tools = tools
        self.record = record
        self.captions = captions or Captions(call)
        self.audience = Audience(call)
        self.seconds_before = seconds  # of this call, in a process that was lost
        self.wall_clock = wall_clock
        self._outcome = ""
        self._over = asyncio.Event()
        self._keys_timer: asyncio.TimerHandle | None = None
        self._keys = ""

    # --- the call's life ------------------------------------------------------------------

    async def run(self, began: float) -> None:
        """Hold the conversation until either side ends it. Cancelling ends it at once.

        began: when the media stream did (monotonic). Its audio, from which the recogniser's positions
        are counted, came since then; a later zero would take the caller's words for later than they were.
        """
        self.dialogue.begin(began)
        self.record.start()
        try:
            await self._run_tasks()
        except* Exception as errors:
            self._outcome = self._outcome or Call.Outcome.FAILED
            for error in errors.exceptions:
                log.error("call %s failed: %s", self.call.pk, _place(error))
        finally:
            self._stop_timers()
            await self.dialogue.stop()
            saving = asyncio.create_task(self._save_the_end(), name="save")
            if not (await asyncio.wait({saving}, timeout=FAREWELL_SECONDS))[0]:
                await self._leave_the_line()
            await saving

    async def _run_tasks(self) -> None:
        async with AsyncExitStack() as providers:
            await providers.enter_async_context(self.transcriber)
            await providers.enter_async_context(self.synthesizer)
            async with asyncio.TaskGroup() as group:
                self._group = group
                tasks = [
                    group.create_task(job, name=name)
                    for name, job in (
                        ("hear", self._hear()),
                        ("listen", self.dialogue.ears.listen()),
                        ("answer", self._converse()),
                        ("watch", self._watch()),
                    )
                ]
                await self._over.wait()
                self._stop_timers()
                tasks[0].cancel()
                tasks[2].cancel()
                tasks[3].cancel()
                await self.dialogue.stop()
                # The words under way when the line went dead belong to the transcript.
                with suppress(TimeoutError):
                    async with asyncio.timeout(LAST_WORDS_SECONDS):
                        await self.transcriber.finish()
                        await asyncio.wait({tasks[1]})
                tasks[1].cancel()

    async def _leave_the_line(self) -> None:
        """Before all is written: the carrier will ask what is next, and may find nothing of this call.

        After a goodbye it needs not ask.
        """
        is_goodbye = self.dialogue.conversation.ending is Ending.GOODBYE
        if is_goodbye and self.call.carrier == Call.Carrier.TWILIO:
            with suppress(ProviderError):
                await control.hang_up(self.call)
        await self.line.close()

    async def _save_the_end(self) -> None:
        self.dialogue.keep_unanswered_turns()
        if self._keys:
            now = self.dialogue.clock()
            self.dialogue.keep_turn(CallerTurn(self._keys, now, now), self.dialogue.conversation.state)
        await self.tools.settle()
        conversation = self.dialogue.conversation
        outcome = calls.outcome_of(conversation, self._outcome or Call.Outcome.HUNG_UP)
        self.record.finish(
            partial(
                calls.finish,
                self.call,
                conversation,
                outcome,
                now=self.wall_clock(),
                seconds_transcribed=round(self.dialogue.ears.seconds_heard),
                characters_synthesized=self.synthesizer.characters,
            )
        )
        await self.record.close()
        if self.line.ignored:
            log.info("call %s: messages not understood: %s", self.call.pk, dict(self.line.ignored))
        if self.line.held_back:
            log.info("call %s: messages held back: %d", self.call.pk, self.line.held_back)

    # --- hear -----------------------------------------------------------------------------

    async def _hear(self) -> None:
        try:
            while True:
                match await self.line.receive():
                    case Media(mulaw=mulaw):
                        if self.audience.is_there:
                            self.audience.hear_caller(mulaw)
                        await self.dialogue.ears.frame(mulaw)
                    case MarkReached(name=name):
                        self.dialogue.speaker.mark_reached(name)
                    case Typed(text=text):
                        await self.dialogue.say_for_caller(text, is_reading=True)
                    case Digit(digit=digit):
                        await self._key_pressed(digit)
                    case Stopped():
                        break
        except LineClosed:
            pass
        self._outcome = self._outcome or Call.Outcome.HUNG_UP
        self._over.set()

    async def _key_pressed(self, digit: str) -> None:
        """0 asks for a person, 9 stops calls of ours; other keys collect into a number.

        Where a number was asked for, a first 0 or 9 may belong to it: then only a key that stays alone counts.
        """
        said = phrases.for_key(digit, self.dialogue.conversation)
        if said and not self._keys and self.dialogue.ears.listening.expected not in NUMBERS:
            await self.dialogue.say_for_caller(said)
            return
        self._keys += digit
        self.dialogue.ears.hold()  # "my number is", and then the keys
        if self._keys_timer:
            self._keys_timer.cancel()
        self._keys_timer = self._after(KEYS_PAUSE_SECONDS, self._keys_done)

    def _keys_done(self) -> None:
        keys, self._keys = self._keys.strip("*#"), ""
        if keys:
            said = phrases.for_key(keys, self.dialogue.conversation) or keys
            self._spawn(self.dialogue.say_for_caller(said))
        else:
            self._spawn(self.dialogue.ears.let_go())

    # --- the end of it -----------------------------------------------------------------

    async def _converse(self) -> None:
        """Until the last words were heard; then leave the line. The carrier asks after-stream what is next."""
        await self.dialogue.answer_all()
        is_transfer = self.dialogue.conversation.ending is Ending.TRANSFER
        text = phrases.RINGING if is_transfer else phrases.CALL_ENDED
        await self._send(Notice("ringing" if is_transfer else "ended", text))
        self._outcome = Call.Outcome.NO_BOOKING
        self._over.set()

    # --- watch ----------------------------------------------------------------------------

    async def _watch(self) -> None:
        dialogue, is_warned = self.dialogue, False
        while True:
            await asyncio.sleep(0.1)
            now = time.monotonic()
            lasted = self.seconds_before + dialogue.clock()
            if lasted > LONGEST_CALL_SECONDS:
                return await self._take_leave()
            if lasted > WARNING_SECONDS and not is_warned:
                is_warned = True
                self.dialogue.put(TimeIsShort())
            await dialogue.ears.tick()
            if dialogue.is_busy or self._keys:
                dialogue.quiet_since = now
            elif now - dialogue.quiet_since > self._patience():
                dialogue.quiet_since = now
                self.dialogue.put(Silence())

    def _patience(self) -> float:
        """Seconds of silence until the desk says something; more for a caller who asked to hold on."""
        return HOLD_SECONDS if self.dialogue.conversation.is_holding else SILENCE_SECONDS

    async def _take_leave(self) -> None:
        """Say that the time is up. A caller who talks on is heard out only so long."""
        await self.dialogue.interrupt()
        self.dialogue.put(TimeUp())
        await asyncio.sleep(LEAVE_TAKING_SECONDS)
        self._over.set()

    # --- small things ---------------------------------------------------------------------

    async def _send(self, command: LineCommand) -> None:
        """A line that is gone ends the call; what was on its way to it is nobody's error."""
        self.captions.tell(command)
        if self.audience.is_there:
            self.audience.hear_desk(command, self.dialogue.speaker.ahead)
        try:
            await self.line.send(command)
        except LineClosed:
            self._outcome = self._outcome or Call.Outcome.HUNG_UP
            self._over.set()

    def _after(self, seconds: float, then: Callable[[], None]) -> asyncio.TimerHandle | None:
        if self._over.is_set():
            return None
        return asyncio.get_running_loop().call_later(seconds, then)

    def _stop_timers(self) -> None:
        self.dialogue.ears.stop()
        if self._keys_timer:
            self._keys_timer.cancel()

    def _spawn(self, job: Coroutine[Any, Any, None]) -> None:
        self._group.create_task(job)


def _place(error: BaseException) -> str:
    """What went wrong and where, without the message: it may hold a caller's words."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
