"""One speak socket that comes back by itself, and the text it is speaking."""

import asyncio
import logging
import random
import textwrap
import time
from collections import Counter, deque
from collections.abc import Callable

from voice.ports import ProviderError
from voice.speech import deepgram
from voice.speech.deepgram import AuraSocket
from voice.speech.messages import Audio, Cleared, Flushed, Spoken, Unknown, Warned

log = logging.getLogger(__name__)

CLEAR_SECONDS = 0.3
CLEARED_SECONDS = 1.0
MAX_TEXT = 1900  # of 2000 characters in one message
FLUSHES, FLUSH_WINDOW_SECONDS = 20, 60.0  # the provider's limit; above it nothing is spoken
BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS = 0.1, 1.0


class Reply:
    """A text, and what the mouths that were asked for it have said."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.attempts = 0
        self.waits_since = 0.0  # on the loop's clock
        self.mouths: list[Mouth] = []  # asked, and not done or lost
        self._spoken_bytes = 0
        self._skip: dict[Mouth, int] = {}
        self._piece: bytes | None = None
        self._arrived: asyncio.Queue[tuple[Mouth, bytes | ProviderError | None]] = asyncio.Queue()

    def begin(self, mouth: "Mouth") -> None:
        """The mouth is asked for the text; what was spoken of it by now will not be spoken again."""
        self.mouths.append(mouth)
        self._skip[mouth] = self._spoken_bytes

    def put(self, mouth: "Mouth", piece: bytes | ProviderError | None) -> None:
        self._arrived.put_nowait((mouth, piece))

    async def arrival(self) -> "Mouth":
        """Wait for a piece, to be had by unspoken(). Raises ProviderError when a mouth was lost."""
        while True:
            mouth, piece = await self._arrived.get()
            if mouth not in self.mouths:
                continue
            if isinstance(piece, ProviderError):
                self.mouths.remove(mouth)
                raise piece
            self._piece = piece
            return mouth

    def unspoken(self, mouth: "Mouth") -> bytes | None:
        """The piece that has just arrived from this mouth, without what was spoken before; b"" when
        that is all of it, None at the end of the text.

        The same text in the same voice is all but equally long, so that places are told by bytes.
        """
        self.waits_since = asyncio.get_running_loop().time()
        if self._piece is None:
            return None
        skipped = min(self._skip[mouth], len(self._piece))
        self._skip[mouth] -= skipped
        self._spoken_bytes += len(self._piece) - skipped
        return self._piece[skipped:]


class Mouth:
    """A speak socket, kept open and opened again when lost. Speaks one text at a time.

    Audio carries no name, so a text that was given up is fenced: after Clear everything is dropped
    until the provider's Cleared.
    """

    def __init__(self, has_changed: Callable[[], None]) -> None:
        self.error: ProviderError | None = None  # why it is not open
        self.is_refused = False  # and never will be
        self.unknown: Counter[str] = Counter()
        self._has_changed = has_changed
        self._socket: AuraSocket | None = None
        self._reading: asyncio.Task[None] | None = None
        self._reply: Reply | None = None
        self._has_sounded = False  # for this reply
        self._open_clears = 0
        self._cleared_at = 0.0
        self._failures = 0
        self._flushed_at: deque[float] = deque(maxlen=FLUSHES)

    @property
    def is_ready(self) -> bool:
        return self._socket is not None and self._reply is None

    @property
    def is_fenced(self) -> bool:
        return self._open_clears > 0

    def flushes_left(self, now: float) -> int:
        """now: monotonic."""
        while self._flushed_at and now - self._flushed_at[0] > FLUSH_WINDOW_SECONDS:
            self._flushed_at.popleft()
        return FLUSHES - len(self._flushed_at)

    async def stay_open(self) -> None:
        """Keep a socket open until cancelled, or until the provider refuses for good."""
        while not self.is_refused:
            try:
                async with deepgram.aura() as socket:
                    await self._serve(socket)
            except ProviderError as error:
                self.is_refused = not error.retryable
                self._lose(error)
            if self._failures:
                longest = min(LONGEST_BACKOFF_SECONDS, BACKOFF_SECONDS * 2**self._failures)
                await asyncio.sleep(random.uniform(0, longest))

    async def speak(self, reply: Reply) -> None:
        """Begin with a text; audio, its end or a loss go to reply.put()."""
        self._reply, self._has_sounded = reply, False
        try:
            socket = self._opened()
            for part in _parts(reply.text):
                await socket.speak(part)
            await socket.flush()
            self._flushed_at.append(time.monotonic())
        except ProviderError as error:
            self._lose(error)
            self.replace()

    async def leave(self, reply: Reply) -> None:
        """Stop this text. What the provider still sends of it is dropped."""
        if self._reply is not reply:
            return
        self._reply = None
        self._open_clears += 1
        self._cleared_at = time.monotonic()
        try:
            async with asyncio.timeout(CLEAR_SECONDS):
                await self._opened().clear()
        except (TimeoutError, ProviderError):
            self.replace()

    def replace_if_stuck(self, now: float) -> None:
        """A provider that does not say Cleared says nothing any more. now: monotonic."""
        if self.is_fenced and now - self._cleared_at > CLEARED_SECONDS:
            self.replace()

    def replace(self) -> None:
        """Leave this socket and open another."""
        self._socket = None
        self._open_clears = 0
        if self._reading is not None:
            self._reading.cancel()

    async def _serve(self, socket: AuraSocket) -> None:
        """Read until the socket is lost or replaced, also between texts: stale audio must not stop pings."""
        self._socket, self.error = socket, None
        self._open_clears = 0
        self._flushed_at.clear()
        self._has_changed()
        self._reading = asyncio.create_task(self._read(socket))
        try:
            await asyncio.wait({self._reading})
            if not self._reading.cancelled():
                self._lose(_error_of(self._reading))
        finally:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            self._socket = self._reading = None

    async def _read(self, socket: AuraSocket) -> None:
        async for message in socket.messages():
            self._take(message)

    def _take(self, message: Spoken) -> None:
        match message:
            case Cleared():
                self._open_clears = max(0, self._open_clears - 1)
            case Unknown(kind=kind):
                self.unknown[kind] += 1
            case Warned(code=code):
                log.warning("deepgram speak warning code=%s", code)
                self._refuse_flush(code)
            case _ if self.is_fenced:
                return
            case Audio(mulaw=mulaw):
                self._failures, self._has_sounded = 0, True
                self._put(mulaw)
            case Flushed():
                self._put(None)
                self._reply = None

    def _refuse_flush(self, code: str) -> None:
        """Whatever the warning is, a text that has not sounded yet is better asked of another socket."""
        if self._reply is not None and not self._has_sounded:
            self._lose(ProviderError(f"Deepgram speak warning {code}"))
            self.replace()

    def _put(self, piece: bytes | ProviderError | None) -> None:
        if self._reply is not None:
            self._reply.put(self, piece)

    def _lose(self, error: ProviderError) -> None:
        self._socket, self.error = None, error
        self._failures += 1
        self._put(error)
        self._reply = None
        self._has_changed()

    def _opened(self) -> AuraSocket:
        if self._socket is None:
            raise ProviderError("Deepgram is not connected")
        return self._socket


def _parts(text: str) -> list[str]:
    """The text in messages that are not too long; the provider joins them as they are."""
    if len(text) <= MAX_TEXT:
        return [text]
    return [f"{part} " for part in textwrap.wrap(text, MAX_TEXT)]


def _error_of(reading: "asyncio.Task[None]") -> ProviderError:
    error = reading.exception()
    if error is None:
        return ProviderError("Deepgram ended the speaking")
    return (
        error
        if isinstance(error, ProviderError)
        else ProviderError(f"Speaking failed: {type(error).__name__}")
    )
