"""Hearing that outlives its sockets: what Nova and Flux have in common.

A socket that is lost, falls silent or is refused is followed by another, and what the caller said
meanwhile is heard from replay.py, on the call's clock. Whoever listens learns of it by HearingLost
and HearingBack; only when hearing stays away does ProviderError end it.
"""

import asyncio
import logging
import math
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from typing import Generic, Protocol, TypeVar

from voice.ports import HearingBack, HearingEvent, HearingLost, ProviderError
from voice.speech import outage
from voice.speech.messages import Ended, Heard, Results, TurnInfo, Unknown
from voice.speech.outage import Outage, Pace
from voice.speech.replay import BYTES_PER_SECOND, Replay, Timeline

log = logging.getLogger(__name__)

LAST_WORDS_SECONDS = 0.8
# What the last result before the end may leave out.
TAIL_SECONDS = 0.5

# So many loud samples are a voice, and a voice is owed words. Silence may be passed over in silence.
VOICE_BYTES = 1600
LOUD = bytes(int(byte & 0x7F < 0x50) for byte in range(256))  # mulaw above -31 dBFS


class _TooSlow(ProviderError):
    """Results come later and later."""


class Link(Protocol):
    """One connection to a recogniser; see deepgram.py."""

    async def send_audio(self, mulaw: bytes) -> None: ...

    async def finish(self) -> None: ...

    def messages(self) -> AsyncIterator[Heard]: ...


L = TypeVar("L", bound=Link)


class Hearing(ABC, Generic[L]):
    """A Transcriber over one connection after another. Entering returns at once and connects behind.

    Subclasses speak the recogniser's dialect.
    """

    idle_seconds = 4.0  # without audio, then idle() is called, again and again
    least_bytes = 1  # worth sending
    most_bytes = 8000  # in one message
    tells_its_end = True  # by Ended

    def __init__(self, *, lead_in_seconds: float) -> None:
        self.replay = Replay(lead_in_seconds)
        self.timeline = Timeline()
        self._task: asyncio.Task[None] | None = None
        self._has_work = asyncio.Event()
        self._is_finishing = self._is_over = False
        self._heard: asyncio.Queue[HearingEvent | ProviderError | None] = asyncio.Queue()
        self._unknown: Counter[str] = Counter()
        self._outage = Outage()
        self._pace = Pace()
        self._has_ended = False
        self._answered_at = self._sent_at = 0.0  # monotonic

    @abstractmethod
    def connect(self) -> AbstractAsyncContextManager[L]:
        """One try to connect, 2 s at most. Raises ProviderError."""

    @abstractmethod
    def resume(self, missed_from: float, known_until: float) -> None:
        """A new connection begins, at 0.0 the first. Positions on the call's clock.

        It is given what was said from missed_from on, after a lead-in; as far as known_until an earlier
        connection had heard it already, and made guesses.
        """

    @abstractmethod
    def hear(self, message: Heard) -> Sequence[HearingEvent]:
        """What follows from one message; self.seconds() translates its positions."""

    @abstractmethod
    def last_words(self) -> Sequence[HearingEvent]:
        """Nothing more will be heard: what is still open, as final."""

    @abstractmethod
    async def idle(self, link: L) -> None:
        """No audio came for a while: keep the provider from hanging up."""

    def wake(self) -> None:
        """Send what waits, however little."""
        self._has_work.set()

    def seconds(self, connection_seconds: float) -> float:
        """A position on the connection's clock, on the call's."""
        return self.timeline.call_seconds(connection_seconds)

    def cover(self, until: float) -> None:
        """Nothing final can come any more about the call before until."""
        self.replay.cover(until)

    # --- the transcriber ------------------------------------------------------------------

    async def __aenter__(self) -> "Hearing[L]":
        self._task = asyncio.create_task(self._stay(), name="hearing")
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._unknown:
            log.info("messages not understood by %s: %s", type(self).__name__, dict(self._unknown))

    async def send(self, mulaw: bytes) -> None:
        if not mulaw or self._is_finishing:  # an empty frame would end the provider's stream
            return
        self.replay.add(mulaw)
        self._pace.came(self.replay.end / BYTES_PER_SECOND, time.monotonic())
        if self.replay.waiting_bytes >= self.least_bytes:
            self._has_work.set()

    async def finish(self) -> None:
        if self._is_finishing or self._task is None:
            return
        self._is_finishing = True
        self._has_work.set()
        # Also while hearing is away: what comes back until then still counts.
        asyncio.get_running_loop().call_later(LAST_WORDS_SECONDS, self._stop)

    def _stop(self) -> None:
        self._conclude(None)  # first of all: closing a dead socket takes its time
        if self._task is not None:
            self._task.cancel()

    async def events(self) -> AsyncIterator[HearingEvent]:
        while (event := await self._heard.get()) is not None:
            if isinstance(event, ProviderError):
                raise event
            yield event

    def _deliver(self, events: Sequence[HearingEvent]) -> None:
        for event in events if not self._is_over else ():
            self._heard.put_nowait(event)

    # --- one connection after another -----------------------------------------------------

    async def _stay(self) -> None:
        end: ProviderError | None = None
        try:
            while not await self._listen():
                await asyncio.sleep(self._outage.backoff())
        except ProviderError as error:
            end = error
        except Exception as error:  # a listener that has ended must be told so
            end = ProviderError(f"Hearing failed: {type(error).__name__}")
            end.__cause__ = error
        finally:
            self._conclude(end)

    def _conclude(self, error: ProviderError | None) -> None:
        """Nothing follows. After finish() the caller's last words count, whatever became of the stream."""
        if self._is_over:
            return
        if self._is_finishing:
            self._deliver(self.last_words())
        self._is_over = True
        self._heard.put_nowait(None if self._is_finishing else error)

    async def _listen(self) -> bool:
        """Over one connection; True when nothing more is to be heard. Raises ProviderError to give up."""
        async with AsyncExitStack() as stack:
            try:
                link = await self._connected(stack)
            except ProviderError as error:
                if not error.retryable:
                    raise
                self._endure(error)
                return False
            self._begin()
            try:
                await self._converse(link)
            except ProviderError as error:
                self._endure(error)
                return False
        return True

    async def _connected(self, stack: AsyncExitStack) -> L:
        try:
            async with asyncio.timeout(self._outage.seconds_left(time.monotonic())):
                return await stack.enter_async_context(self.connect())
        except TimeoutError as error:
            raise ProviderError("Hearing did not come back in time") from error

    def _begin(self) -> None:
        self._outage.connected()
        self._pace.connected()
        self.timeline = Timeline()
        self.resume(self.replay.rewind(), self._outage.reached)
        self._answered_at = self._sent_at = time.monotonic()
        if self._is_finishing or self.replay.waiting_bytes >= self.least_bytes:
            self._has_work.set()

    def _endure(self, error: ProviderError) -> None:
        """Note a failure, and tell of a loss. Raises error when there is to be no further try."""
        is_lost = self._outage.fell_behind if isinstance(error, _TooSlow) else self._outage.failed
        if is_lost(error, time.monotonic()):
            log.warning("hearing lost: %s", error)
            if not self._is_finishing:
                self._deliver([HearingLost(self._outage.reached)])

    # --- one connection -------------------------------------------------------------------

    async def _converse(self, link: L) -> None:
        """Until the provider ends it after our last audio. Raises ProviderError for any other end."""
        reading = asyncio.create_task(self._read(link))
        watching = asyncio.create_task(self._watch(link))
        writing = asyncio.create_task(self._write(link))
        jobs = (writing, reading, watching)
        try:
            # A write that fails is not waited for: the reader meets the same lost socket.
            await asyncio.wait({reading, watching}, return_when=asyncio.FIRST_COMPLETED)
            for job in jobs:
                if job.done():
                    job.result()
            if not (self._is_finishing and self._is_complete):
                raise ProviderError("Deepgram ended the hearing")
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)

    async def _read(self, link: L) -> None:
        async for message in link.messages():
            if isinstance(message, Unknown):
                self._unknown[message.kind] += 1
                continue
            self._answered_at = time.monotonic()
            self._has_ended = isinstance(message, Ended)
            if isinstance(message, Results | TurnInfo):
                position = self.seconds(message.ends_at)
                if self._outage.progressed(position) and not self._is_finishing:
                    self._deliver([HearingBack(position)])
                if self._pace.falls_behind(position, self._answered_at):
                    raise _TooSlow("Deepgram cannot keep up with the caller")
            self._deliver(self.hear(message))

    async def _write(self, link: L) -> None:
        with suppress(ProviderError):
            while not (self._is_finishing and self.replay.waiting_bytes == 0):
                await self._has_work.wait()
                self._has_work.clear()
                await self._send_waiting(link)
            await link.finish()

    async def _send_waiting(self, link: L) -> None:
        if piece := self.replay.take():
            self._sent_at = math.inf  # nothing may come between
            self.timeline.give(piece.position, len(piece.mulaw))
            for at in range(0, len(piece.mulaw), self.most_bytes):
                await link.send_audio(piece.mulaw[at : at + self.most_bytes])
            self._sent_at = time.monotonic()

    async def _watch(self, link: L) -> None:
        """Notice a provider that falls silent, and keep one that is told nothing."""
        looked_at = time.monotonic()
        unheard_since: float | None = None
        while True:
            now = time.monotonic()
            # Silence may be passed over in silence: patience begins where a voice does.
            if self._behind_seconds < outage.STALL_SECONDS / 2 or self._is_all_heard:
                unheard_since = None
            elif unheard_since is None:
                unheard_since = looked_at
            looked_at = now
            silent_since = max(self._answered_at, now if unheard_since is None else unheard_since)
            silent_at = silent_since + self._outage.patience(silent_since)
            if now >= silent_at:
                raise ProviderError("Deepgram says nothing, though the caller speaks")
            idle_at = self._sent_at + self.idle_seconds
            if now >= idle_at:
                with suppress(ProviderError):
                    await self.idle(link)
                self._sent_at = now
                idle_at = now + self.idle_seconds
            await asyncio.sleep(min(idle_at, silent_at, now + outage.STALL_SECONDS / 5) - now)

    @property
    def _is_complete(self) -> bool:
        """Was everything told, now that the stream has ended without an error?"""
        if self._has_ended or self._is_all_heard:
            return True
        return not self.tells_its_end and self._behind_seconds < TAIL_SECONDS

    @property
    def _behind_seconds(self) -> float:
        """How much of the call came after what the last result told of."""
        return self.replay.end / BYTES_PER_SECOND - self._outage.reached

    @property
    def _is_all_heard(self) -> bool:
        """Is there no voice without a final result?"""
        return self.replay.uncovered().translate(LOUD).count(1) < VOICE_BYTES
