"""The desk's ear: the caller's frames and the transcriber's events become turns, and signs of them.

Whether the caller makes a sound is known from the frames at once, what it means a third of a second
later from the transcriber. Listening decides; this module owns the clock and the timer.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from voice.activity import Activity
from voice.listening import Listening
from voice.playout import BYTES_PER_SECOND
from voice.ports import (
    HearingBack,
    HearingEvent,
    HearingLost,
    SpeechEnded,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Transcriber,
    Words,
)
from voice.turns import CallerTurn

# After a sound, words may still come; what is over without any was a cough.
WORDS_LATE_SECONDS = 0.9
# But when hearing is lost soon after, it may have been words.
LOST_WORDS_SECONDS = 4.0

STALLED_SECONDS = 1.0


class Owner(Protocol):
    """Who is told. All are called on the event loop, in the order in which things happen."""

    async def speech_began(self, at: float) -> None:
        """Speech sounds began, or something like them; at that moment on the call's clock."""

    async def words_came(self, words: Words) -> None: ...

    async def draft(self, text: str) -> None:
        """The turn may be over with these words."""

    def turn_is_over(self, turn: CallerTurn) -> None: ...

    def only_noise(self) -> None:
        """What seemed to be speech brought no words."""

    def hearing_lost(self) -> None:
        """The recogniser is away for a moment."""

    def was_not_heard(self) -> None:
        """And the caller said something meanwhile."""

    def clock_is_late(self, seconds: float) -> None:
        """There is so much more sound than time has passed: the call began earlier."""


class Ears:
    """Hears one call. now() is the call's clock, in seconds since the media stream began."""

    def __init__(self, transcriber: Transcriber, owner: Owner, now: Callable[[], float]) -> None:
        self.transcriber = transcriber
        self.listening = Listening()
        self.floor_is_free = asyncio.Event()
        self.floor_is_free.set()
        self._owner = owner
        self._now = now
        self._activity = Activity()
        self._hears_frames = False
        self._heard_bytes = 0
        self._frame_at = self._voiced_at = self._worded_at = 0.0
        self._provider_hears_speech = False
        self._is_unclear_since: float | None = None  # a sound without words, so far
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._drafted = ""
        self._is_held = False
        self._is_away = False  # the recogniser

    @property
    def is_speaking(self) -> bool:
        """Does the caller make speech sounds now? The frames know best, where there are any."""
        return self.listening.is_speaking if self._hears_frames else self._provider_hears_speech

    @property
    def seconds_heard(self) -> float:
        """How much audio the transcriber was given."""
        return self._heard_bytes / BYTES_PER_SECOND

    async def tick(self) -> None:
        """Call it now and then: a line that stalls in the middle of a sound is silent."""
        if self.listening.is_voiced and self._now() - self._frame_at > STALLED_SECONDS:
            self._activity = Activity()
            self.listening.voice(False, self._now())
            await self._look()

    async def frame(self, mulaw: bytes) -> None:
        """Take the next piece of the line's audio."""
        await self.transcriber.send(mulaw)
        self._heard_bytes += len(mulaw)
        if (ahead := self.seconds_heard - self._now()) > 0:
            self._owner.clock_is_late(ahead)
        was_voiced, is_voiced = self._activity.is_voiced, self._activity.push(mulaw)
        now = self._frame_at = self._now()
        self.listening.voice(is_voiced, now)
        if is_voiced:
            self._voiced_at = now
        if is_voiced and not was_voiced:
            self._hears_frames = True
            await self._sound_began(now - (self._activity.position - self._activity.voice_begins_at))
        if is_voiced != was_voiced or self._is_unclear_since is not None or self.listening.text:
            await self._look()

    async def listen(self) -> None:
        """Follow the transcriber until it ends. Raises ProviderError when hearing is lost for good."""
        async for event in self.transcriber.events():
            await self._take(event)
            await self._look()

    def take(self) -> CallerTurn | None:
        """What was heard so far; the next turn begins."""
        self.stop()
        self._drafted = ""
        self._is_unclear_since = None
        self._is_held = False
        self.floor_is_free.set()
        return self.listening.take()

    def turn_goes_on(self, turn: CallerTurn) -> None:
        """A turn that had been told was not over: what follows belongs to it."""
        self.listening.give_back(turn)

    def hold(self) -> None:
        """The caller goes on by pressing keys: the turn does not end before take() or let_go()."""
        self._is_held = True

    async def let_go(self) -> None:
        """The keys came to nothing: the turn ends when its words say so."""
        self._is_held = False
        await self._look()

    def stop(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None

    # --- what happens ---------------------------------------------------------------------

    async def _take(self, event: HearingEvent) -> None:
        now = self._now()
        match event:
            case SpeechStarted():
                self._provider_hears_speech = True
                self.listening.started(now)
                await self._sound_began(now)
            case Words():
                self._is_away = False
                self.listening.words(event, now)
                if self.listening.text:
                    self._is_unclear_since = None
                    self._worded_at = now
                    await self._owner.words_came(event)
            case SpeechPaused():
                self.listening.suspected(now)
            case SpeechResumed():
                self.listening.started(now)
            case SpeechEnded():
                self._provider_hears_speech = False
                self.listening.ended(now, silence=event.silence, is_certain=event.is_certain)
                if not self.listening.text and not self.is_speaking:
                    self._nothing_said()
            case HearingLost():
                self._is_away = True
                self._owner.hearing_lost()
                if self.is_speaking or self.listening.text or self._has_unheard_voice(now):
                    self._tell_of_loss()
            case HearingBack():
                self._is_away = False

    async def _sound_began(self, at: float) -> None:
        if not self.listening.text:
            self._is_unclear_since = self._now()
        self.floor_is_free.clear()
        await self._owner.speech_began(at)

    def _nothing_said(self) -> None:
        self._is_unclear_since = None
        self.floor_is_free.set()
        self._owner.only_noise()
        if self._is_away:
            self._tell_of_loss()

    def _has_unheard_voice(self, now: float) -> bool:
        """Was there a voice just now without words? A recogniser that is late has not told them yet."""
        is_recent = self._voiced_at > now - LOST_WORDS_SECONDS
        return self._is_unclear_since is not None or (is_recent and self._voiced_at > self._worded_at)

    def _tell_of_loss(self) -> None:
        """Once for each: who said nothing meanwhile need not know of it."""
        self._is_away = False
        self._owner.was_not_heard()

    # --- what to do -----------------------------------------------------------------------

    async def _look(self) -> None:
        """Draft, end the turn, or look again when that may be due."""
        now = self._now()
        if self.is_speaking:
            self._is_unclear_since = None if self.listening.text else now
        elif self._is_unclear_since is not None and now > self._is_unclear_since + WORDS_LATE_SECONDS:
            self._nothing_said()
        text = self.listening.draft(now)
        if text and text != self._drafted:
            self._drafted = text
            await self._owner.draft(text)
        over_at = self._over_at()
        if over_at is not None and over_at <= now:
            self._end_turn()
        else:
            self._look_again(over_at, now)

    def _over_at(self) -> float | None:
        return None if self._is_held else self.listening.over_at()

    def _end_turn(self) -> None:
        if turn := self.take():
            self._owner.turn_is_over(turn)

    def _look_again(self, over_at: float | None, now: float) -> None:
        """Frames bring us back every 20 ms, but a line may fall silent altogether."""
        at = over_at if over_at is not None else (self._is_unclear_since or -1.0) + WORDS_LATE_SECONDS
        if at == self._timer_at and self._timer:
            return
        self.stop()
        if now < at < float("inf"):
            self._timer_at = at
            self._timer = asyncio.get_running_loop().call_later(at - now + 0.001, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        now = self._now()
        if self._is_unclear_since is not None and not self.is_speaking and not self.listening.text:
            self._nothing_said()
        over_at = self._over_at()
        if over_at is not None and over_at <= now:
            self._end_turn()
        else:
            self._look_again(over_at, now)
