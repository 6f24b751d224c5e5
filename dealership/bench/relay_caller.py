"""Callers for relay.py: they ring, say a sentence, hear the answer, say the next one.

Every other answer is interrupted: by a voice, or by what the recogniser alone takes for one.
"""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, product
from string import ascii_lowercase

import httpx
from django.urls import reverse

from dealership.bench.relay_cloud import Cloud, Turn
from dealership.bench.relay_line import Line, Log
from voice.carriers import twilio

FRAME_SECONDS = 0.02
SLOTS = 10  # callers' frames are spread over so many moments of the 20 ms
ONSET_SECONDS = 0.06  # of voice, before the recogniser tells of it
INTERIM_SECONDS = 0.25
# From the caller's last word to its transcript: later than the desk's patience with a sentence that is
# closed by a "please", and sooner than it takes late words as they are (voice/listening.py). So the
# turn is over at the moment when the transcript comes.
FINAL_SECONDS = 0.75
PATIENCE_SECONDS = 10.0
GREETING_SECONDS = 2.0  # until the caller interrupts it
TOKEN = re.compile(r'name="token" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Manner:
    """How callers talk. hears: seconds of an answer until an interruption; rests: after an answer that
    was heard out."""

    opening: str = "Hello, I would like to bring in my {key} this week, please."
    answer: str = "I have your {key} down for that. Does Tuesday at ten in the morning work for you?"
    hears: float = 1.5
    rests: float = 1.0


BRISK = Manner("A {key}, please.", "Sure, one {key}. When do you need it?", hears=0.5, rests=0.2)
WORDS_A_SECOND = 3


class Failed(Exception):
    """A call that did not go as it should; the message is counted."""


class Callers:
    """All callers at once, and the clock of their frames."""

    def __init__(self, url: str, cloud: Cloud, called_number: str, sids: Iterator[str]) -> None:
        self.url = url
        self.cloud = cloud
        self.log = Log()
        self._called_number = called_number
        self._sids = sids
        self._slots: list[set[Line]] = [set() for _ in range(SLOTS)]

    async def __aenter__(self) -> "Callers":
        self._webhooks = httpx.AsyncClient(base_url=self.url, timeout=PATIENCE_SECONDS)
        self._ticking = asyncio.create_task(self._tick())
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._ticking.cancel()
        for line in [line for slot in self._slots for line in slot]:
            self.hang_up(line)
        await self._webhooks.aclose()

    async def _tick(self) -> None:
        began = time.monotonic()
        for tick in count(1):
            for line in self._slots[tick % SLOTS]:
                line.push()
            due = began + tick * FRAME_SECONDS / SLOTS
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self.log.late.append((time.monotonic() - due) * 1000)

    # --- a call -----------------------------------------------------------------------------

    async def ring(self) -> tuple[str, str]:
        """The carrier asks what to do with a call: its SID, and the token of its media stream."""
        sid, path = next(self._sids), reverse("inbound-call")
        fields = {"CallSid": sid, "From": "+12025550199", "To": self._called_number, "CallStatus": "ringing"}
        signature = {"X-Twilio-Signature": twilio.sign(path, fields)}
        response = await self._webhooks.post(path, data=fields, headers=signature)
        found = TOKEN.search(response.text)
        if found is None:
            raise Failed("no answer to inbound-call with a token")
        return sid, found[1]

    async def connect(self, sid: str, token: str) -> Line:
        """Open the media stream of a call and start it."""
        number = next(_numbers)
        line = Line(self.url, sid, number, self.log)
        address, _, port = self.url.removeprefix("http://").partition(":")
        await asyncio.get_running_loop().create_connection(lambda: line, address, int(port))
        await _until(line.is_open, line, "a media socket was refused")
        line.start(token)
        self._slots[number % SLOTS].add(line)
        return line

    async def begin(self, sid: str, token: str) -> Line | None:
        """As far as the greeting's first frame; None when it does not come."""
        try:
            line = await self.connect(sid, token)
            await _until(line.has_sounded, line, "no greeting")
        except (Failed, OSError) as error:
            self.log.failures.append(str(error) or type(error).__name__)
            return None
        return line

    def hang_up(self, line: Line) -> None:
        self._slots[line.number % SLOTS].discard(line)
        line.stop()

    async def call(self, manner: Manner, until: float) -> None:
        """One whole call, which goes on until then (monotonic). Whatever goes wrong is in the log."""
        began, line = time.monotonic(), None
        try:
            line = await self.connect(*await self.ring())
            await _until(line.has_sounded, line, "no greeting")
            self.log.greetings.append(line.first_frame_at - began)
            await Caller(line, self.cloud, manner).talk(until)
        except (Failed, OSError, httpx.HTTPError) as error:
            self.log.failures.append(str(error) or type(error).__name__)
        finally:
            if line is not None:
                self.hang_up(line)


class Caller:
    def __init__(self, line: Line, cloud: Cloud, manner: Manner) -> None:
        self._line = line
        self._cloud = cloud
        self._manner = manner

    async def talk(self, until: float) -> None:
        line, manner = self._line, self._manner
        async with asyncio.timeout(PATIENCE_SECONDS):
            self._ear = await self._cloud.ear_of(line.number)
        await asyncio.sleep(GREETING_SECONDS)
        for number in count():
            match number % 4:  # the greeting is interrupted too, by a voice
                case 0:
                    await self._interrupt_by_voice()
                case 2:
                    await self._interrupt_by_onset()
                case _:
                    await asyncio.sleep(line.seconds_to_play + manner.rests)
            await self._say()
            if time.monotonic() > until:
                return
            await asyncio.sleep(manner.hears)

    async def _interrupt_by_voice(self) -> None:
        line = self._line
        line.is_cleared.clear()
        line.is_voiced = True
        began = time.monotonic()
        await asyncio.sleep(ONSET_SECONDS)
        self._ear.starts(self._ear.position)
        await _until(line.is_cleared, line, "a voice did not stop the desk")
        line.log.voice_clears.append((line.clear_at - began) * 1000)

    async def _interrupt_by_onset(self) -> None:
        line = self._line
        line.is_cleared.clear()
        began = time.monotonic()
        self._ear.starts(self._ear.position)
        await _until(line.is_cleared, line, "an onset did not stop the desk")
        line.log.clears.append((line.clear_at - began) * 1000)

    async def _say(self) -> None:
        """Say a sentence, and wait for the first frame of its answer."""
        line, ear = self._line, self._ear
        key = next(_keys)
        texts = self._manner.opening.format(key=key).split()
        turn = self._cloud.turns[key] = Turn(key, self._manner.answer.format(key=key))
        begins = ear.position
        if not line.is_voiced:
            line.is_voiced = True
            await asyncio.sleep(ONSET_SECONDS)
            ear.starts(begins)
        seconds, next_at = len(texts) / WORDS_A_SECOND, 0.0
        # By what the recogniser was given: a server that is late with it is not asked to hurry.
        while (said := ear.position - begins) < seconds:
            # Without the last words, so that nothing can be answered before the final transcript.
            words = texts[: min(round(said * WORDS_A_SECOND), len(texts) - 2)]
            if words and said >= next_at:
                ear.hears(" ".join(words), begins, begins + len(words) / WORDS_A_SECOND, is_final=False)
                next_at = said + INTERIM_SECONDS
            await asyncio.sleep(max(FRAME_SECONDS, min(INTERIM_SECONDS, seconds - said)))
        line.is_voiced = False
        ends = ear.position
        await asyncio.sleep(FINAL_SECONDS)
        line.expect(turn)
        turn.final_at = time.monotonic()
        ear.hears(" ".join(texts), begins, ends, is_final=True)
        await _until(line.has_answered, line, "no answer")
        line.log.turns.append(turn)
        del self._cloud.turns[key]


async def _until(event: asyncio.Event, line: Line, otherwise: str) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            await event.wait()
    if not event.is_set() or line.is_lost:
        raise Failed(otherwise if not event.is_set() else f"the line was lost: {otherwise}")


_numbers = count(1)
# Words that no store knows and no recogniser's text has: cloud.KEY.
_keys = (f"q{''.join(letters)}z" for letters in product(ascii_lowercase, repeat=4))
