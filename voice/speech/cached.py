"""What the desk says again and again is synthesized once for the whole process.

The greeting, fillers, re-prompts and the apology come at once from here, and come even when the
provider is down.
"""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from threading import Lock

from voice.ports import ProviderError, Synthesizer

# A greeting with the store's name has some 230; longer texts are never said twice alike.
LONGEST_TEXT = 320
MOST_BYTES = 8_000_000  # 1000 s of speech


class SpokenTexts:
    """mulaw by (voice, text), the least recently used forgotten first. Any thread may use it."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._lock = Lock()
        self._spoken: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def get(self, voice: str, text: str) -> bytes | None:
        with self._lock:
            mulaw = self._spoken.get((voice, text))
            if mulaw is not None:
                self._spoken.move_to_end((voice, text))
            return mulaw

    def keep(self, voice: str, text: str, mulaw: bytes) -> None:
        if not mulaw or len(text) > LONGEST_TEXT:
            return
        with self._lock:
            self._bytes += len(mulaw) - len(self._spoken.pop((voice, text), b""))
            self._spoken[voice, text] = mulaw
            while self._bytes > self._most_bytes:
                self._bytes -= len(self._spoken.popitem(last=False)[1])

    def clear(self) -> None:
        with self._lock:
            self._spoken.clear()
            self._bytes = 0


spoken_texts = SpokenTexts()


class CachedSynthesizer:
    """A CountingSynthesizer that asks another one only for what no call has said before.

    voice names everything the sound depends on. A provider that fails on entering is reported by the
    first speak() that needs it.
    """

    def __init__(self, synthesizer: Synthesizer, voice: str, kept: SpokenTexts = spoken_texts) -> None:
        self._synthesizer = synthesizer
        self._voice = voice
        self._kept = kept
        self._entered: Synthesizer | None = None
        self._failure: ProviderError | None = None
        self.characters = 0

    async def __aenter__(self) -> "CachedSynthesizer":
        try:
            self._entered = await self._synthesizer.__aenter__()
        except ProviderError as error:
            self._failure = error
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._entered is not None:
            await self._entered.__aexit__(*exc)

    async def speak(self, text: str) -> AsyncGenerator[bytes, None]:
        if kept := self._kept.get(self._voice, text):
            yield kept
            return
        if self._failure is not None:
            raise self._failure
        self.characters += len(text)
        pieces = []
        async with aclosing(self._synthesizer.speak(text)) as speech:
            async for piece in speech:
                pieces.append(piece)
                yield piece
        # Only what was spoken to its end: an interruption leaves this by GeneratorExit.
        self._kept.keep(self._voice, text, b"".join(pieces))

    async def warm(self, texts: Iterable[str]) -> None:
        """Have these texts ready, in this order. Raises ProviderError at the first that cannot be spoken.

        Cancelling keeps those that were spoken.
        """
        for text in texts:
            if not self._kept.get(self._voice, text):
                async with aclosing(self.speak(text)) as speech:
                    async for _ in speech:
                        pass
