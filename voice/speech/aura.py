"""Deepgram speaks with Aura (speak v1), over two sockets, so that losing one is not heard.

Both stay open over the call. A text is one flush on one of them; when that one is lost, refused or
silent, the other speaks what is still to be said.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import suppress

from voice.ports import ProviderError
from voice.speech.mouth import Mouth, Reply

log = logging.getLogger(__name__)

READY_SECONDS = 2.0  # until a socket is there
AUDIO_SECONDS = 2.0  # until the first byte of a text, and between two pieces of it
HEDGE_SECONDS = 1.0  # then the other socket is asked too
ATTEMPTS = 2
SPARE_AFTER_SECONDS = 0.5  # the first one is connected first: the caller waits for the greeting


class DeepgramSynthesizer:
    """A Synthesizer. Entering returns at once and connects behind; speak() waits for it.

    The flush limit is the connection's: a socket that has spent it is replaced while the other speaks,
    so that clauses need not be counted.
    """

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._spare_is_wanted = asyncio.Event()
        self._mouths = [Mouth(self._has_changed), Mouth(self._has_changed)]
        self._tasks: list[asyncio.Task[None]] = []
        self._reply: Reply | None = None

    async def __aenter__(self) -> "DeepgramSynthesizer":
        first, spare = self._mouths
        jobs = (first.stay_open(), self._keep_spare(spare))
        self._tasks = [asyncio.create_task(job, name="speaking") for job in jobs]
        return self

    async def __aexit__(self, *exc: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if unknown := sum((mouth.unknown for mouth in self._mouths), Counter[str]()):
            log.info("messages not understood by %s: %s", type(self).__name__, dict(unknown))

    async def speak(self, text: str) -> AsyncGenerator[bytes, None]:
        if not text.strip():
            return
        if self._reply is not None:  # the last iterator was left open
            await self._leave(self._reply)
        reply = self._reply = Reply(text)
        try:
            while (piece := await self._next(reply)) is not None:
                yield piece
        finally:
            await self._leave(reply)

    # --- one text -------------------------------------------------------------------------

    async def _next(self, reply: Reply) -> bytes | None:
        """The next piece that was not spoken yet; None after the last. Raises ProviderError."""
        while True:
            if not reply.mouths:
                await self._ask(reply, await self._ready_mouth())
            elif (mouth := await self._hear_from(reply)) is None:
                continue
            else:
                piece = reply.unspoken(mouth)
                if piece != b"":
                    await self._leave(reply, but=mouth)
                    return piece

    async def _hear_from(self, reply: Reply) -> Mouth | None:
        """Wait for something from a mouth; None when it only changed who is speaking."""
        spare = None
        if reply.attempts < ATTEMPTS:
            spare = next((mouth for mouth in self._usable() if mouth not in reply.mouths), None)
        patience = HEDGE_SECONDS if spare else AUDIO_SECONDS
        try:
            async with asyncio.timeout_at(reply.waits_since + patience):
                return await reply.arrival()
        except ProviderError as error:
            log.warning("speaking: %s", error)
            if reply.attempts >= ATTEMPTS and not reply.mouths:
                raise
        except TimeoutError as error:
            if spare is None:
                raise ProviderError(f"Deepgram sent no audio for {AUDIO_SECONDS:.0f} s") from error
            await self._ask(reply, spare)
        return None

    async def _ask(self, reply: Reply, mouth: Mouth) -> None:
        reply.attempts += 1
        reply.waits_since = asyncio.get_running_loop().time()
        reply.begin(mouth)
        await mouth.speak(reply)

    async def _leave(self, reply: Reply, *, but: Mouth | None = None) -> None:
        """Fence every other mouth that was asked for this; a silent one is replaced."""
        for mouth in [mouth for mouth in reply.mouths if mouth is not but]:
            await mouth.leave(reply)
            reply.mouths.remove(mouth)
        if but is None and self._reply is reply:
            self._reply = None
            self._replace_spent()

    # --- two mouths -----------------------------------------------------------------------

    async def _ready_mouth(self) -> Mouth:
        """The first one that can speak now, or soon. Raises ProviderError when there is none in time."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not (usable := self._usable()):
                    if all(mouth.is_refused for mouth in self._mouths):
                        break
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            usable = []
        if usable:
            return usable[0]
        raise self._mouths[0].error or ProviderError("Deepgram did not connect in time")

    def _usable(self) -> list[Mouth]:
        """The mouths that may be asked now, the best first."""
        now = time.monotonic()
        for mouth in self._mouths:
            mouth.replace_if_stuck(now)
        ready = [mouth for mouth in self._mouths if mouth.is_ready and mouth.flushes_left(now)]
        return sorted(ready, key=lambda mouth: mouth.is_fenced)

    def _replace_spent(self) -> None:
        """A socket without a flush left is exchanged for a new one; the other can speak meanwhile."""
        now = time.monotonic()
        for mouth in self._mouths:
            if mouth.is_ready and not mouth.flushes_left(now):
                mouth.replace()

    async def _keep_spare(self, spare: Mouth) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(SPARE_AFTER_SECONDS):
                await self._spare_is_wanted.wait()
        await spare.stay_open()

    def _has_changed(self) -> None:
        self._changed.set()
        if self._mouths[0].error:
            self._spare_is_wanted.set()
